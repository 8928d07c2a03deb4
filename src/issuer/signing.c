/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/signing.h"

#include <string.h>

#include <gnutls/crypto.h>

#include "base/error_format.h"
#include "issuer/datum.h"

static bool refuse(enum error_reason reason, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    return false;
}

/* An INTEGER's content into 32 bytes: DER may add a zero in front, and drops those that are not needed. */
static bool put_number(const gnutls_datum_t *number, uint8_t to[static P256_BYTES])
{
    const uint8_t *from = number->data;
    size_t len = number->size;

    for (; len > P256_BYTES && *from == 0; len--)
        from++;
    if (len > P256_BYTES)
        return false;
    memset(to, 0, P256_BYTES);
    memcpy(to + P256_BYTES - len, from, len);
    return true;
}

static bool put_signature(const gnutls_datum_t *der, uint8_t signature[static P256_SIGNATURE_BYTES])
{
    gnutls_datum_t r = {.data = NULL}, s = {.data = NULL};
    bool ok = gnutls_decode_rs_value(der, &r, &s) == GNUTLS_E_SUCCESS && put_number(&r, signature) &&
              put_number(&s, signature + P256_BYTES);

    gnutls_free(r.data);
    gnutls_free(s.data);
    return ok;
}

bool signing_sign(gnutls_privkey_t key, gnutls_pubkey_t public_key, struct bytes message,
                  uint8_t signature[static P256_SIGNATURE_BYTES], struct error *err)
{
    const gnutls_datum_t data = datum_of(message);
    gnutls_datum_t der = {.data = NULL};
    int status = gnutls_privkey_sign_data2(key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &der);
    bool ok;

    if (status < 0)
        return refuse(ERROR_ISSUER_AWAY,
                      error_keep_format(err, "the issuer's key does not sign (GnuTLS: %s)", gnutls_strerror(status)),
                      NULL, err);
    ok = (gnutls_pubkey_verify_data2(public_key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &der) >= 0 &&
          put_signature(&der, signature)) ||
         refuse(ERROR_ISSUER_INVALID, "the issuer's key does not belong to its certificate",
                "name the key and the certificate that belong together in the issuers file", err);
    gnutls_free(der.data);
    return ok;
}

bool signing_try(gnutls_privkey_t key, gnutls_pubkey_t public_key, struct error *err)
{
    static const char trial[] = "imprint: trial signature of an issuer, no certificate\n";
    uint8_t signature[P256_SIGNATURE_BYTES];

    /* A token says 0 for the size of a key on a curve; the trial signature tells the curve. */
    if (gnutls_privkey_get_pk_algorithm(key, NULL) != GNUTLS_PK_ECDSA)
        return refuse(ERROR_ISSUER_INVALID, "the issuer's key is not on the curve P-256",
                      "use an issuer with a P-256 key: a chip's certificate is signed with no other", err);
    return signing_sign(key, public_key, bytes_of(trial, sizeof trial - 1), signature, err);
}
