/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS connection of `imprint tls` and of `prove: tls`: Mbed TLS's client, whoever has the key. A chip on this
 * station's bus signs through PSA and its driver (station/tls.h), a board's over the console (station/board_tls.h).
 */
#ifndef IMPRINT_STATION_TLS_CONNECT_H
#define IMPRINT_STATION_TLS_CONNECT_H

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "station/tls.h"

/* Whose connection it is. The functions get `context`. */
struct tls_client {
    mbedtls_pk_context key; /* of PSA (mbedtls_pk_setup_opaque()) */
    mbedtls_x509_crt own;   /* its certificate, then those above it */
    bool sha_256_only;      /* the key signs with SHA-256 alone */
    void *context;
    void (*start)(void *context, mbedtls_ssl_context *ssl); /* the handshake begins */
    uint32_t (*commands)(void *context);                    /* to the chip so far: more of them, and it has signed */
    bool (*failed)(void *context, struct error *err);       /* true with the reason where the key could not sign */
};

/* No key and no certificate yet. tls_client_release() frees both. */
void tls_client_init(struct tls_client *client);
void tls_client_release(struct tls_client *client);

/* Reads certificates, PEM or DER, from a file into `into`. False with ERROR_INPUT_FILE. */
bool tls_read_certificates(const char *path, mbedtls_x509_crt *into, struct error *err);

/*
 * Connects, asks, and judges the answer, as tls_try() does with the same reasons. `result` says who the device is
 * already: key, source, device.
 */
bool tls_connect(struct tls_client *client, const struct tls_settings *settings, struct tls_result *result,
                 struct error *err);

#endif
