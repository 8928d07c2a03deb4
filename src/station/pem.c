/* SPDX-License-Identifier: Apache-2.0 */
#include "station/pem.h"

#include <string.h>

#include <mbedtls/pem.h>

/*
 * SubjectPublicKeyInfo of an uncompressed P-256 point up to the point itself: id-ecPublicKey with the named curve
 * secp256r1, then a BIT STRING of 66 bytes, the first of which counts no unused bits (RFC 5480, section 2).
 */
static const uint8_t spki_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

static bool write_pem(const char *head, const char *foot, struct bytes der, char *pem, size_t size, const char *cause,
                      struct error *err)
{
    size_t len = 0;

    if (mbedtls_pem_write_buffer(head, foot, der.data, der.len, (unsigned char *)pem, size, &len) == 0)
        return true;
    error_set(err, ERROR_UNEXPECTED, cause, NULL);
    return false;
}

bool pem_of_request(struct bytes der, char pem[static PEM_MAX], struct error *err)
{
    return write_pem("-----BEGIN CERTIFICATE REQUEST-----\n", "-----END CERTIFICATE REQUEST-----\n", der, pem, PEM_MAX,
                     "the certificate request cannot be written as PEM", err);
}

bool pem_of_certificate(struct bytes der, char pem[static PEM_CERTIFICATE_MAX], struct error *err)
{
    return write_pem("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", der, pem, PEM_CERTIFICATE_MAX,
                     "the certificate cannot be written as PEM", err);
}

bool pem_of_point(const uint8_t point[static P256_POINT_BYTES], char pem[static PEM_MAX], struct error *err)
{
    uint8_t der[sizeof spki_head + P256_POINT_BYTES];

    memcpy(der, spki_head, sizeof spki_head);
    memcpy(der + sizeof spki_head, point, P256_POINT_BYTES);
    return write_pem("-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n", bytes_of(der, sizeof der), pem,
                     PEM_MAX, "the public key cannot be written as PEM", err);
}
