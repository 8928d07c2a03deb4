/* SPDX-License-Identifier: Apache-2.0 */
#include "web/password.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/bytes.h"
#include "base/hex.h"
#include "base/number.h"

#define SALT_BYTES 16
#define HASH_BYTES 32

/* 32 MiB and three passes: one of the minimum settings of OWASP's Password Storage Cheat Sheet. */
#define LOG2N_USUAL 15
#define R_USUAL 8
#define P_USUAL 3

/* What is computed for a file that somebody wrote: at most 256 MiB. */
#define LOG2N_MOST 17
#define R_MOST 16
#define P_MOST 8

struct cost {
    unsigned log2n, r, p;
};

struct kept {
    struct cost cost;
    uint8_t salt[SALT_BYTES], hash[HASH_BYTES];
};

static bool derive(const char *password, const struct cost *cost, const uint8_t salt[static SALT_BYTES],
                   uint8_t hash[static HASH_BYTES])
{
    uint64_t n = (uint64_t)1 << cost->log2n;
    uint32_t r = cost->r, p = cost->p;
    uint64_t room = 128 * (uint64_t)r * (n + p + 2) + 1024;
    char secret[PASSWORD_MOST + 1];
    uint8_t salt_copy[SALT_BYTES];
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, secret, strlen(password)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_copy, sizeof salt_copy),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &room),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
    EVP_KDF_CTX *context = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
    bool ok = context != NULL;

    (void)snprintf(secret, sizeof secret, "%s", password);
    memcpy(salt_copy, salt, sizeof salt_copy);
    ok = ok && EVP_KDF_derive(context, hash, HASH_BYTES, params) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    bytes_wipe(secret, sizeof secret);
    return ok;
}

/* The number up to the next colon; `*text` is behind it then. */
static bool read_number(const char **text, unsigned most, unsigned *number)
{
    const char *colon = strchr(*text, ':');
    char digits[8];
    uint64_t value;

    if (colon == NULL || (size_t)(colon - *text) >= sizeof digits)
        return false;
    (void)snprintf(digits, sizeof digits, "%.*s", (int)(colon - *text), *text);
    if (number_parse(digits, 1, most, &value) != NUMBER_OK)
        return false;
    *number = (unsigned)value;
    *text = colon + 1;
    return true;
}

static bool read_hex(const char *text, size_t digits, uint8_t *bytes, size_t len)
{
    struct bytes_out out = {.data = bytes, .cap = len};

    return digits == 2 * len && hex_decode(text, digits, &out, NULL) && out.len == len;
}

static bool read_kept(const char *text, struct kept *kept)
{
    static const char scheme[] = "scrypt:";
    const char *colon;

    if (strncmp(text, scheme, strlen(scheme)) != 0)
        return false;
    text += strlen(scheme);
    if (!read_number(&text, LOG2N_MOST, &kept->cost.log2n) || !read_number(&text, R_MOST, &kept->cost.r) ||
        !read_number(&text, P_MOST, &kept->cost.p))
        return false;
    colon = strchr(text, ':');
    return colon != NULL && read_hex(text, (size_t)(colon - text), kept->salt, sizeof kept->salt) &&
           read_hex(colon + 1, strlen(colon + 1), kept->hash, sizeof kept->hash);
}

bool password_is_hash(const char *text)
{
    struct kept kept;

    return read_kept(text, &kept);
}

bool password_hash(const char *password, char hash[static PASSWORD_HASH_SIZE], struct error *err)
{
    const struct cost cost = {LOG2N_USUAL, R_USUAL, P_USUAL};
    char salt_hex[HEX_SIZE(SALT_BYTES)], hash_hex[HEX_SIZE(HASH_BYTES)];
    struct kept kept;

    if (strlen(password) > PASSWORD_MOST || gnutls_rnd(GNUTLS_RND_KEY, kept.salt, sizeof kept.salt) < 0 ||
        !derive(password, &cost, kept.salt, kept.hash)) {
        error_set(err, ERROR_UNEXPECTED, "the password cannot be hashed", NULL);
        return false;
    }
    hex_encode(bytes_of(kept.salt, sizeof kept.salt), salt_hex);
    hex_encode(bytes_of(kept.hash, sizeof kept.hash), hash_hex);
    (void)snprintf(hash, PASSWORD_HASH_SIZE, "scrypt:%u:%u:%u:%s:%s", cost.log2n, cost.r, cost.p, salt_hex, hash_hex);
    return true;
}

bool password_check(const char *password, const char *hash)
{
    struct kept kept = {.cost = {LOG2N_USUAL, R_USUAL, P_USUAL}};
    uint8_t found[HASH_BYTES];
    const bool is_hash = read_kept(hash, &kept);
    bool ok;

    if (!is_hash)
        kept = (struct kept){.cost = {LOG2N_USUAL, R_USUAL, P_USUAL}};
    ok = strlen(password) <= PASSWORD_MOST && derive(password, &kept.cost, kept.salt, found) && is_hash &&
         CRYPTO_memcmp(found, kept.hash, sizeof found) == 0;
    bytes_wipe(found, sizeof found);
    return ok;
}
