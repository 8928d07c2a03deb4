/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/signature.h"

#include <string.h>

#include "cert/der.h"

/* INTEGER without leading zeros, and with one where the top bit would make it negative. Returns its length. */
static size_t der_integer(uint8_t *out, const uint8_t number[static P256_BYTES])
{
    size_t skip = 0, pad;

    while (skip < P256_BYTES - 1 && number[skip] == 0)
        skip++;
    pad = (number[skip] & 0x80) != 0 ? 1 : 0;
    out[0] = DER_INTEGER;
    out[1] = (uint8_t)(P256_BYTES - skip + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, number + skip, P256_BYTES - skip);
    return 2 + pad + P256_BYTES - skip;
}

size_t cert_write_signature(uint8_t out[static CERT_SIGNATURE_MAX],
                            const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    size_t len = der_integer(out + 5, signature);

    len += der_integer(out + 5 + len, signature + P256_BYTES);
    out[0] = DER_BIT_STRING;
    out[1] = (uint8_t)(len + 3);
    out[2] = 0; /* no unused bits */
    out[3] = DER_SEQUENCE;
    out[4] = (uint8_t)len;
    return 5 + len;
}

/* The inverse of der_integer(), of the `len` bytes at `in`. Returns how many it took; 0 if they are none. */
static size_t read_integer(const uint8_t *in, size_t len, uint8_t number[static P256_BYTES])
{
    uint8_t again[2 + 1 + P256_BYTES];
    size_t bytes, pad;

    if (len < 3 || in[0] != DER_INTEGER || in[1] == 0 || in[1] > P256_BYTES + 1 || len < 2 + (size_t)in[1])
        return 0;
    bytes = in[1];
    pad = bytes > 1 && in[2] == 0 ? 1 : 0;
    if (bytes - pad > P256_BYTES)
        return 0;
    memset(number, 0, P256_BYTES);
    memcpy(number + P256_BYTES - (bytes - pad), in + 2 + pad, bytes - pad);
    return der_integer(again, number) == 2 + bytes && memcmp(again, in, 2 + bytes) == 0 ? 2 + bytes : 0;
}

bool cert_read_signature(struct bytes der, uint8_t signature[static P256_SIGNATURE_BYTES])
{
    size_t r, s;

    if (der.len < 5 || der.data[0] != DER_BIT_STRING || der.data[2] != 0 || der.data[3] != DER_SEQUENCE)
        return false;
    r = read_integer(der.data + 5, der.len - 5, signature);
    s = r == 0 ? 0 : read_integer(der.data + 5 + r, der.len - 5 - r, signature + P256_BYTES);
    return s != 0 && der.data[4] == r + s && der.data[1] == r + s + 3 && der.len == 5 + r + s;
}
