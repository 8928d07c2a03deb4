/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of the profile, on their way from the station to the engine. The station issues; the board takes
 * each certificate over its console, piece by piece and whole or not at all, has the engine write it, and reads back
 * what chip and key store hold. What has come stays in RAM until a reset: the station keeps it, and sends it again.
 *
 * The table of a profile with certificates refers to these functions and has the memory; other images have neither.
 */
#ifndef IMPRINT_FIRMWARE_FACTORY_CERTIFICATES_H
#define IMPRINT_FIRMWARE_FACTORY_CERTIFICATES_H

#include "link/line.h"
#include "provision/provision.h"
#include "provision/steps/certificate.h"

struct factory;

/* The certificate in DER, then what each of its slots is to hold: PROVISION_CERTIFICATE_BYTES, in certificate_slots()'s
 * order. */
#define FACTORY_CERTIFICATE_MAX (PROVISION_CERTIFICATE_MAX + CERTIFICATE_SLOTS * PROVISION_CERTIFICATE_BYTES)

/* What has come of one certificate. */
struct factory_certificate {
    size_t len;     /* in whole pieces from the beginning */
    size_t der_len; /* of the certificate alone; 0: it has not come as a whole */
    uint8_t bytes[FACTORY_CERTIFICATE_MAX];
};

struct factory_certificates;

struct factory_certificate_functions {
    /* The command `certificate`: takes a piece, ends one, or forgets all (docs/reference/board-protocol.md). */
    bool (*take)(struct factory_certificates *certificates, const struct link_words *words, struct error *err);

    /* The command `csr`: takes a piece of what to ask for, or has a key sign a request. The platform is started. */
    bool (*request)(struct factory *factory, const struct link_words *words, struct error *err);

    /* Reads back what chip and key store hold of the certificates, and sends it. The platform is started. */
    bool (*report)(struct factory *factory, struct error *err);

    /* For the engine: struct provision_certificates. */
    bool (*get)(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                const uint8_t point[static P256_POINT_BYTES], bool issue, struct bytes *der, struct error *err);
    bool (*slot)(void *context, uint8_t slot, uint8_t content[static PROVISION_CERTIFICATE_BYTES]);
};
extern const struct factory_certificate_functions factory_certificate_functions;

/* In the table: `functions`, as many `rooms` as the profile has certificates, and `handshake`. The rest is
 * factory_serve()'s. */
struct factory_certificates {
    const struct factory_certificate_functions *functions;
    struct factory_certificate *rooms;
    const struct profile *profile;
    struct provision_certificates engine;
    size_t awaited; /* the certificate that the last run stopped for */
    /* The command `report ID HASH`, in the table of a profile with `prove: tls`: factory_sign_handshake(). Else NULL.
     */
    bool (*handshake)(struct factory *factory, const struct link_words *words, struct error *err);
};

/*
 * Has a key sign the handshake of TLS 1.3 with this hash, after a run with a nonce, and sends the signature
 * (handshake.c). The platform is started.
 */
bool factory_sign_handshake(struct factory *factory, const struct link_words *words, struct error *err);

#endif
