/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/slot_source.h"

#include <string.h>

#include "cert/der.h"
#include "crypto/verify.h"

/* Whether the issuer has signed what was put together. */
static bool is_signed(struct bytes der, const uint8_t issuer_key[static CERT_KEY_BYTES],
                      const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    uint8_t point[P256_POINT_BYTES] = {P256_UNCOMPRESSED};
    struct bytes content, tbs;

    memcpy(point + 1, issuer_key, CERT_KEY_BYTES);
    return der_take(&der, DER_SEQUENCE, &content) && der_take_any(&content, &tbs) &&
           crypto_verify_message(point, PSA_ALG_SHA_256, tbs, signature) == PSA_SUCCESS;
}

enum cert_slot_result cert_rebuild_from_slot(const struct cert_slot_source *source,
                                             const uint8_t content[static CERT_COMPRESSED_BYTES],
                                             const uint8_t public_key[static CERT_KEY_BYTES],
                                             const uint8_t chip_serial[static CERT_CHIP_SERIAL_BYTES],
                                             struct bytes_out *der)
{
    const struct cert_subject subject = {
        .public_key = public_key, .issuer_key = source->issuer_key, .chip_serial = chip_serial};
    const size_t start = der->len;
    struct cert_compressed compressed;

    if (!cert_compressed_read(content, &compressed))
        return CERT_SLOT_EMPTY;
    for (size_t i = 0; i < source->template_count; i++) {
        if (cert_rebuild(&source->templates[i], &compressed, &subject, der) &&
            is_signed(bytes_of(der->data + start, der->len - start), source->issuer_key, compressed.signature))
            return CERT_SLOT_REBUILT;
        der->len = start;
    }
    return CERT_SLOT_OTHER;
}
