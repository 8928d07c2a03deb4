/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole certificate of a key from the 72 bytes that a chip's slot keeps of it, for an application that has no copy
 * (a PSA record) of its own. What the 72 bytes do not say is const data of the application, made by
 * `imprint compile PROFILE --certificates`: the templates and the issuer's key.
 *
 * What is put together is returned only if the issuer's signature in the slot is good for it. So a template that is not
 * that certificate's, or another issuer's certificate in the slot, is noticed here and not by a server.
 */
#ifndef IMPRINT_CERT_SLOT_SOURCE_H
#define IMPRINT_CERT_SLOT_SOURCE_H

#include "cert/template.h"

/* The certificate of one key. All const data; read as long as it is used. */
struct cert_slot_source {
    uint32_t key_id;                       /* PSA's, of the key that the certificate is for */
    uint8_t slot;                          /* of the chip, with the 72 bytes */
    const uint8_t *issuer_key;             /* X | Y */
    const struct cert_template *templates; /* one for each way to write its end: UTCTime is until 2049 */
    size_t template_count;
};

enum cert_slot_result {
    CERT_SLOT_REBUILT,
    CERT_SLOT_EMPTY, /* the slot holds no compressed certificate */
    CERT_SLOT_OTHER, /* it holds one, but not of this issuer by these templates, for this key and chip */
};

/*
 * Appends the certificate in DER, at most CERT_MAX bytes. `content` is what the slot holds, `public_key` X | Y. Needs
 * psa_crypto_init(), to verify the signature. Other results leave `der` as it was.
 */
enum cert_slot_result cert_rebuild_from_slot(const struct cert_slot_source *source,
                                             const uint8_t content[static CERT_COMPRESSED_BYTES],
                                             const uint8_t public_key[static CERT_KEY_BYTES],
                                             const uint8_t chip_serial[static CERT_CHIP_SERIAL_BYTES],
                                             struct bytes_out *der);

#endif
