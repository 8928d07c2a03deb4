/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/request.h"

#include <string.h>

#include "cert/algorithm.h"
#include "cert/der.h"
#include "cert/name.h"
#include "cert/signature.h"

static const uint8_t version[] = {DER_INTEGER, 1, 0}; /* version 1 (RFC 2986, section 4.1) */

bool cert_check_subject(const char *subject, struct error *err)
{
    uint8_t der[CERT_NAME_MAX];
    struct bytes_out out = {.data = der, .cap = sizeof der};

    return cert_read_name(subject, &out, err);
}

static bool is_p256_pair(psa_key_id_t key)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    const bool is_pair = psa_get_key_attributes(key, &attributes) == PSA_SUCCESS &&
                         psa_get_key_type(&attributes) == PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1) &&
                         psa_get_key_bits(&attributes) == 256;

    psa_reset_key_attributes(&attributes);
    return is_pair;
}

/* A CertificationRequestInfo at the end of its own header's room. PSA's failure has no reason here. */
static bool put_info(psa_key_id_t key, const char *subject, struct bytes attributes, struct bytes_out *info,
                     struct error *err)
{
    uint8_t point[P256_POINT_BYTES];
    size_t len = 0;

    if (!bytes_append(info, bytes_of(version, sizeof version)) || !cert_read_name(subject, info, err) ||
        psa_export_public_key(key, point, sizeof point, &len) != PSA_SUCCESS || len != sizeof point)
        return false;
    return bytes_append(info, bytes_of(cert_spki_head, sizeof cert_spki_head)) &&
           bytes_append(info, bytes_of(point, sizeof point)) && der_put(info, DER_CONTEXT_0, attributes);
}

/* Whether the key signs `info`; the signature as a BIT STRING into `bits`, with its length. */
static bool sign(psa_key_id_t key, struct bytes info, uint8_t bits[static CERT_SIGNATURE_MAX], size_t *bits_len)
{
    uint8_t hash[PSA_HASH_LENGTH(PSA_ALG_SHA_256)], raw[P256_SIGNATURE_BYTES];
    size_t len = 0;

    if (psa_hash_compute(PSA_ALG_SHA_256, info.data, info.len, hash, sizeof hash, &len) != PSA_SUCCESS ||
        psa_sign_hash(key, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, raw, sizeof raw, &len) != PSA_SUCCESS ||
        len != sizeof raw)
        return false;
    *bits_len = cert_write_signature(bits, raw);
    return true;
}

/*
 * The info is built in `der` with room for two headers before it, hashed where it is, and moved to its place when the
 * length of the whole is known.
 */
static bool put_request(psa_key_id_t key, const char *subject, struct bytes attributes, struct bytes_out *der,
                        struct error *err)
{
    uint8_t bits[CERT_SIGNATURE_MAX];
    struct bytes_out content, header;
    size_t front = 2 * DER_HEADER_MAX, bits_len = 0;
    struct bytes info;

    if (der->cap < front)
        return false;
    content = (struct bytes_out){.data = der->data + front, .cap = der->cap - front};
    if (!put_info(key, subject, attributes, &content, err))
        return false;
    front = der_header_size(content.len);
    header = (struct bytes_out){.data = content.data - front, .cap = front};
    info = bytes_of(header.data, front + content.len);
    if (!der_put_header(&header, DER_SEQUENCE, content.len) || !sign(key, info, bits, &bits_len) ||
        !der_put_header(der, DER_SEQUENCE, info.len + sizeof cert_signature_algorithm + bits_len))
        return false;
    memmove(der->data + der->len, info.data, info.len);
    der->len += info.len;
    return bytes_append(der, bytes_of(cert_signature_algorithm, sizeof cert_signature_algorithm)) &&
           bytes_append(der, bytes_of(bits, bits_len));
}

bool cert_make_request(psa_key_id_t key, const char *subject, struct bytes_out *der, struct error *err)
{
    return cert_make_request_with(key, subject, BYTES_NONE, der, err);
}

bool cert_make_request_with(psa_key_id_t key, const char *subject, struct bytes attributes, struct bytes_out *der,
                            struct error *err)
{
    bool ok = false;

    der->len = 0;
    if (!is_p256_pair(key)) {
        error_set(err, ERROR_KEY_ATTRIBUTES, "a certificate request is signed by a P-256 key pair", NULL);
        error_with_key(err, key);
    } else {
        ok = put_request(key, subject, attributes, der, err);
    }
    if (!ok) {
        der->len = 0;
        error_doing(err, "make the certificate request");
    }
    return ok;
}
