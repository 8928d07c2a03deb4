/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A primary application that connects, an example for a product's own: it opens the key and the certificate that the
 * factory application left, as PSA data or in slots of the chip, and makes a mutually authenticated TLS connection to a
 * server, over a UART that carries bytes to it and back. Like the small primary application it has no code that makes
 * keys of the chip, changes or locks.
 *
 * Whom it trusts is part of the image: the one root whose servers it speaks to. The server's end trusts whoever signed
 * this device's certificate. Neither has to know the other before.
 */
#ifndef IMPRINT_FIRMWARE_PRIMARY_TLS_H
#define IMPRINT_FIRMWARE_PRIMARY_TLS_H

#include "cert/slot_source.h"
#include "firmware/console.h"
#include "firmware/platform.h"

/* The certificate of the root, in DER: made by scripts/trust-table. */
extern const struct bytes primary_tls_root;

/*
 * What certificates in slots of the chip are put together from: made by imprint compile --certificates --name
 * primary_tls_certificates, or no_certificates.c.
 */
extern const struct cert_slot_source primary_tls_certificates[];
extern const size_t primary_tls_certificates_count;

struct primary_tls {
    struct console console;
    struct platform platform;
    bool ended;  /* the command `end` has run */
    bool failed; /* the last `connect` */
};

/* Runs commands from the console until `end`. `primary` is the caller's memory and needs no initialisation. */
void primary_tls_serve(struct primary_tls *primary);

#endif
