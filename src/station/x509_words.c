/* SPDX-License-Identifier: Apache-2.0 */
#include "station/x509_words.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/oid.h>
#include <psa/crypto.h>

#include "base/hex.h"
#include "station/value.h"

#define SHA_256_BYTES 32

static void write_time(const mbedtls_x509_time *at, char text[static X509_WORDS_TIME])
{
    (void)snprintf(text, X509_WORDS_TIME, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)at->year % 10000U,
                   (unsigned)at->mon % 100U, (unsigned)at->day % 100U, (unsigned)at->hour % 100U,
                   (unsigned)at->min % 100U, (unsigned)at->sec % 100U);
}

static void write_number(const mbedtls_x509_buf *serial, char *text, size_t size)
{
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < serial->len && n + 3 <= size; i++)
        n += (size_t)snprintf(text + n, size - n, "%02X", serial->p[i]);
}

static void write_name(const mbedtls_x509_name *name, char text[static X509_WORDS_NAME])
{
    if (mbedtls_x509_dn_gets(text, X509_WORDS_NAME, name) < 0)
        (void)snprintf(text, X509_WORDS_NAME, "(a name that is too long to show)");
}

static void write_key(const mbedtls_pk_context *key, char *text, size_t size)
{
    if (mbedtls_pk_can_do(key, MBEDTLS_PK_ECKEY) && mbedtls_pk_get_bitlen(key) == 256 &&
        mbedtls_pk_get_type(key) == MBEDTLS_PK_ECKEY)
        (void)snprintf(text, size, "EC, 256 bits");
    else
        (void)snprintf(text, size, "%s, %zu bits", mbedtls_pk_get_name(key), mbedtls_pk_get_bitlen(key));
}

bool x509_words_of(const mbedtls_x509_crt *certificate, struct x509_words *words, struct error *err)
{
    uint8_t digest[SHA_256_BYTES];
    size_t len;

    *words = (struct x509_words){.never_ends = false};
    if (psa_hash_compute(PSA_ALG_SHA_256, certificate->raw.p, certificate->raw.len, digest, sizeof digest, &len) !=
        PSA_SUCCESS) {
        error_set(err, ERROR_UNEXPECTED, "PSA Crypto does not hash a certificate", NULL);
        return false;
    }
    hex_encode(bytes_of(digest, sizeof digest), words->sha_256);
    write_name(&certificate->subject, words->subject);
    write_name(&certificate->issuer, words->issuer);
    write_number(&certificate->serial, words->number, sizeof words->number);
    write_time(&certificate->valid_from, words->not_before);
    write_time(&certificate->valid_to, words->not_after);
    words->never_ends = strcmp(words->not_after, "9999-12-31T23:59:59Z") == 0;
    write_key(&certificate->pk, words->key, sizeof words->key);
    return true;
}

bool x509_words_of_der(struct bytes der, struct x509_words *words, struct error *err)
{
    mbedtls_x509_crt certificate;
    bool ok;

    mbedtls_x509_crt_init(&certificate);
    ok = mbedtls_x509_crt_parse_der(&certificate, der.data, der.len) == 0;
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "the certificate cannot be read", NULL);
    ok = ok && x509_words_of(&certificate, words, err);
    mbedtls_x509_crt_free(&certificate);
    return ok;
}

json_t *x509_words_object(const struct x509_words *words)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:b, s:s, s:s}", "subject", value_text(words->subject), "issuer",
                     value_text(words->issuer), "number", words->number, "not_before", words->not_before, "not_after",
                     words->not_after, "never_ends", (int)words->never_ends, "key", words->key, "sha_256",
                     words->sha_256);
}

void x509_words_common_name(const mbedtls_x509_crt *certificate, char *text, size_t size)
{
    text[0] = '\0';
    for (const mbedtls_x509_name *part = &certificate->subject; part != NULL; part = part->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) == 0 && part->val.len < size &&
            memchr(part->val.p, '\0', part->val.len) == NULL) {
            memcpy(text, part->val.p, part->val.len);
            text[part->val.len] = '\0';
        }
    }
}
