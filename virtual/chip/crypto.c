/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcrypto calls of the virtual chip: the only file of this folder that knows OpenSSL. Digest, group and contexts are
 * fetched once; the signing context of each slot is kept until another private key shows up in that slot.
 */
/* SHA256_Update() and its like are all that gives access to a hash in progress, which the SHA command reads out. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "virtual/chip/crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stdlib.h>
#include <string.h>

#define DER_SIGNATURE_MAX 72 /* SEQUENCE of two INTEGERs of at most 33 bytes */

/* The order of the group of P-256 (FIPS 186-4, D.1.2.3). */
static const uint8_t p256_order[32] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

struct kept_key {
    uint8_t scalar[32];
    EVP_PKEY_CTX *signer; /* NULL: nothing kept */
};

struct virtual_crypto {
    EVP_MD *sha256;
    EVP_MD_CTX *once;
    EVP_CIPHER *aes;
    EVP_CIPHER_CTX *cipher;
    SHA256_CTX stream;
    EC_GROUP *group;
    BN_CTX *numbers;
    struct kept_key kept[VIRTUAL_SLOTS];
    bool failed;
};

struct virtual_crypto *virtual_crypto_new(void)
{
    struct virtual_crypto *crypto = calloc(1, sizeof *crypto);

    if (crypto == NULL)
        return NULL;
    crypto->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    crypto->once = EVP_MD_CTX_new();
    crypto->aes = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    crypto->cipher = EVP_CIPHER_CTX_new();
    crypto->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    crypto->numbers = BN_CTX_secure_new();
    if (crypto->sha256 == NULL || crypto->once == NULL || crypto->aes == NULL || crypto->cipher == NULL ||
        crypto->group == NULL || crypto->numbers == NULL) {
        virtual_crypto_free(crypto);
        return NULL;
    }
    return crypto;
}

static void forget_key(struct kept_key *key)
{
    EVP_PKEY_CTX_free(key->signer);
    key->signer = NULL;
    OPENSSL_cleanse(key->scalar, sizeof key->scalar);
}

void virtual_crypto_free(struct virtual_crypto *crypto)
{
    if (crypto == NULL)
        return;
    for (unsigned slot = 0; slot < VIRTUAL_SLOTS; slot++)
        forget_key(&crypto->kept[slot]);
    BN_CTX_free(crypto->numbers);
    EC_GROUP_free(crypto->group);
    EVP_CIPHER_CTX_free(crypto->cipher);
    EVP_CIPHER_free(crypto->aes);
    OPENSSL_cleanse(&crypto->stream, sizeof crypto->stream);
    EVP_MD_CTX_free(crypto->once);
    EVP_MD_free(crypto->sha256);
    free(crypto);
}

bool virtual_crypto_take_failure(struct virtual_crypto *crypto)
{
    const bool failed = crypto->failed;

    crypto->failed = false;
    return failed;
}

void virtual_sha256(struct virtual_crypto *crypto, const void *data, size_t len, uint8_t digest[static 32])
{
    if (EVP_DigestInit_ex2(crypto->once, crypto->sha256, NULL) != 1 || EVP_DigestUpdate(crypto->once, data, len) != 1 ||
        EVP_DigestFinal_ex(crypto->once, digest, NULL) != 1) {
        memset(digest, 0, 32);
        crypto->failed = true;
    }
}

void virtual_hash_start(struct virtual_crypto *crypto)
{
    (void)SHA256_Init(&crypto->stream); /* these three cannot fail */
}

void virtual_hash_update(struct virtual_crypto *crypto, const void *data, size_t len)
{
    (void)SHA256_Update(&crypto->stream, data, len);
}

void virtual_hash_finish(struct virtual_crypto *crypto, uint8_t digest[static 32])
{
    (void)SHA256_Final(digest, &crypto->stream);
}

void virtual_hash_save(const struct virtual_crypto *crypto, struct virtual_hash_state *state)
{
    const SHA256_CTX *stream = &crypto->stream;

    memset(state, 0, sizeof *state);
    for (unsigned i = 0; i < 8; i++)
        state->words[i] = stream->h[i];
    state->total = stream->Nl >> 3; /* kept in bits; a chip never hashes 512 MB */
    memcpy(state->rest, stream->data, stream->num);
}

void virtual_hash_restore(struct virtual_crypto *crypto, const struct virtual_hash_state *state)
{
    SHA256_CTX *stream = &crypto->stream;

    (void)SHA256_Init(stream);
    for (unsigned i = 0; i < 8; i++)
        stream->h[i] = state->words[i];
    stream->Nl = state->total << 3;
    stream->Nh = state->total >> 29;
    stream->num = state->total % 64;
    memcpy(stream->data, state->rest, stream->num);
}

void virtual_hmac(struct virtual_crypto *crypto, const uint8_t *key, size_t key_len, const uint8_t *a, size_t a_len,
                  const uint8_t *b, size_t b_len, uint8_t mac[static 32])
{
    uint8_t message[256];

    memcpy(message, a, a_len);
    if (b_len != 0)
        memcpy(message + a_len, b, b_len);
    if (HMAC(EVP_sha256(), key, (int)key_len, message, a_len + b_len, mac, NULL) == NULL) {
        memset(mac, 0, 32);
        crypto->failed = true;
    }
    OPENSSL_cleanse(message, sizeof message);
}

void virtual_aes(struct virtual_crypto *crypto, bool encrypt, const uint8_t key[static 16], const uint8_t in[static 16],
                 uint8_t out[static 16])
{
    int len = 0;

    if (EVP_CipherInit_ex2(crypto->cipher, crypto->aes, key, NULL, encrypt, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(crypto->cipher, 0) != 1 ||
        EVP_CipherUpdate(crypto->cipher, out, &len, in, 16) != 1 || len != 16) {
        memset(out, 0, 16);
        crypto->failed = true;
    }
    (void)EVP_CIPHER_CTX_reset(crypto->cipher); /* wipes the key */
}

void virtual_secret_bytes(struct virtual_crypto *crypto, uint8_t *data, size_t len)
{
    if (RAND_priv_bytes(data, (int)len) != 1) {
        memset(data, 0, len);
        crypto->failed = true;
    }
}

bool virtual_scalar_is_valid(const uint8_t scalar[static 32])
{
    static const uint8_t zero[32];

    return memcmp(scalar, zero, 32) != 0 && memcmp(scalar, p256_order, 32) < 0;
}

static void with_prefix(const uint8_t point[static 64], uint8_t encoded[static 65])
{
    encoded[0] = 0x04; /* uncompressed, SEC 1 2.3.3 */
    memcpy(encoded + 1, point, 64);
}

void virtual_key_id(struct virtual_crypto *crypto, const uint8_t point[static 64], uint8_t id[static 20])
{
    uint8_t encoded[65];

    with_prefix(point, encoded);
    if (EVP_Digest(encoded, sizeof encoded, id, NULL, EVP_sha1(), NULL) != 1) {
        memset(id, 0, 20);
        crypto->failed = true;
    }
}

bool virtual_point_is_valid(struct virtual_crypto *crypto, const uint8_t point[static 64])
{
    EC_POINT *decoded = EC_POINT_new(crypto->group);
    uint8_t encoded[65];
    bool valid = false;

    with_prefix(point, encoded);
    if (decoded == NULL)
        crypto->failed = true;
    else /* decoding checks that the point is on the curve */
        valid = EC_POINT_oct2point(crypto->group, decoded, encoded, sizeof encoded, crypto->numbers) == 1;
    EC_POINT_free(decoded);
    return valid;
}

bool virtual_public_key(struct virtual_crypto *crypto, const uint8_t scalar[static 32], uint8_t point[static 64])
{
    BIGNUM *number = NULL;
    EC_POINT *product = NULL;
    uint8_t encoded[65];
    bool done = false;

    if (!virtual_scalar_is_valid(scalar))
        return false;
    number = BN_secure_new();
    product = EC_POINT_new(crypto->group);
    if (number != NULL && product != NULL && BN_bin2bn(scalar, 32, number) != NULL &&
        EC_POINT_mul(crypto->group, product, number, NULL, NULL, crypto->numbers) == 1 &&
        EC_POINT_point2oct(crypto->group, product, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded,
                           crypto->numbers) == sizeof encoded) {
        memcpy(point, encoded + 1, 64);
        done = true;
    } else {
        crypto->failed = true;
    }
    EC_POINT_free(product);
    BN_clear_free(number);
    return done;
}

bool virtual_ecdh(struct virtual_crypto *crypto, const uint8_t scalar[static 32], const uint8_t point[static 64],
                  uint8_t secret[static 32])
{
    BIGNUM *number = NULL;
    EC_POINT *peer = NULL;
    uint8_t encoded[65];
    bool done = false;

    if (!virtual_scalar_is_valid(scalar))
        return false;
    with_prefix(point, encoded);
    number = BN_secure_new();
    peer = EC_POINT_new(crypto->group);
    if (number == NULL || peer == NULL || BN_bin2bn(scalar, 32, number) == NULL) {
        crypto->failed = true;
        goto out;
    }
    if (EC_POINT_oct2point(crypto->group, peer, encoded, sizeof encoded, crypto->numbers) != 1)
        goto out; /* not on the curve */
    /* The order is prime: the product of two valid factors is never at infinity. */
    if (EC_POINT_mul(crypto->group, peer, NULL, peer, number, crypto->numbers) == 1 &&
        EC_POINT_point2oct(crypto->group, peer, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded,
                           crypto->numbers) == sizeof encoded) {
        memcpy(secret, encoded + 1, 32);
        done = true;
    } else {
        crypto->failed = true;
    }
out:
    OPENSSL_cleanse(encoded, sizeof encoded);
    EC_POINT_clear_free(peer);
    BN_clear_free(number);
    return done;
}

/* A libcrypto key from a point and, where not NULL, its private scalar. NULL when they are refused. */
static EVP_PKEY *load_key(const uint8_t *scalar, const uint8_t point[static 64])
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    BIGNUM *number = scalar == NULL ? NULL : BN_secure_new();
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY *key = NULL;
    uint8_t encoded[65];

    with_prefix(point, encoded);
    if (builder == NULL || context == NULL ||
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded) != 1)
        goto out;
    if (scalar != NULL && (number == NULL || BN_bin2bn(scalar, 32, number) == NULL ||
                           OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) != 1))
        goto out;
    parameters = OSSL_PARAM_BLD_to_param(builder);
    if (parameters == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, parameters) != 1)
        key = NULL;
out:
    OSSL_PARAM_free(parameters); /* cleanses what came from secure memory */
    BN_clear_free(number);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

/* The signing context of `slot`, made when the kept one is of another key. NULL: libcrypto failed. */
static EVP_PKEY_CTX *signer_of(struct virtual_crypto *crypto, unsigned slot, const uint8_t scalar[static 32])
{
    struct kept_key *kept = &crypto->kept[slot % VIRTUAL_SLOTS];
    EVP_PKEY *key = NULL;
    uint8_t point[64];

    if (kept->signer != NULL && virtual_equal(kept->scalar, scalar, 32))
        return kept->signer;
    forget_key(kept);
    if (!virtual_public_key(crypto, scalar, point))
        return NULL;
    key = load_key(scalar, point);
    if (key != NULL)
        kept->signer = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    EVP_PKEY_free(key); /* the context holds its own reference */
    if (kept->signer != NULL && EVP_PKEY_sign_init(kept->signer) != 1)
        forget_key(kept);
    if (kept->signer != NULL)
        memcpy(kept->scalar, scalar, 32);
    return kept->signer;
}

bool virtual_ecdsa_sign(struct virtual_crypto *crypto, unsigned slot, const uint8_t scalar[static 32],
                        const uint8_t digest[static 32], uint8_t signature[static 64])
{
    EVP_PKEY_CTX *signer = signer_of(crypto, slot, scalar);
    uint8_t der[DER_SIGNATURE_MAX];
    size_t der_len = sizeof der;
    const uint8_t *at = der;
    ECDSA_SIG *pair = NULL;
    bool done = false;

    if (signer == NULL || EVP_PKEY_sign(signer, der, &der_len, digest, 32) != 1)
        goto out;
    pair = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    done = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32) == 32 &&
           BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32) == 32;
out:
    ECDSA_SIG_free(pair);
    if (!done)
        crypto->failed = true;
    return done;
}

/* R = x of k G, S = (z + R d) / k, both modulo the order (FIPS 186-4, 6.4), with k = H(d | z). */
void virtual_ecdsa_sign_repeatably(struct virtual_crypto *crypto, const uint8_t scalar[static 32],
                                   const uint8_t digest[static 32], uint8_t signature[static 64])
{
    BIGNUM *order = BN_bin2bn(p256_order, 32, NULL);
    BIGNUM *d = BN_bin2bn(scalar, 32, NULL);
    BIGNUM *z = BN_bin2bn(digest, 32, NULL);
    BIGNUM *r = NULL;
    BIGNUM *k = NULL;
    uint8_t both[64];
    uint8_t nonce[32];
    uint8_t point[64];

    memcpy(both, scalar, 32);
    memcpy(both + 32, digest, 32);
    virtual_sha256(crypto, both, sizeof both, nonce);
    if (virtual_public_key(crypto, nonce, point)) {
        r = BN_bin2bn(point, 32, NULL);
        k = BN_bin2bn(nonce, 32, NULL);
    }
    if (order == NULL || d == NULL || z == NULL || r == NULL || k == NULL ||
        BN_nnmod(r, r, order, crypto->numbers) != 1 || BN_mod_mul(d, d, r, order, crypto->numbers) != 1 ||
        BN_mod_add(z, z, d, order, crypto->numbers) != 1 || BN_mod_inverse(k, k, order, crypto->numbers) == NULL ||
        BN_mod_mul(z, z, k, order, crypto->numbers) != 1 || BN_bn2binpad(r, signature, 32) != 32 ||
        BN_bn2binpad(z, signature + 32, 32) != 32) {
        memset(signature, 0, 64);
        crypto->failed = true;
    }
    BN_free(k);
    BN_free(r);
    BN_free(z);
    BN_free(d);
    BN_free(order);
}

/* R | S in the form that libcrypto expects. Returns the length, 0 when out of memory. */
static size_t encode_signature(const uint8_t signature[static 64], uint8_t der[static DER_SIGNATURE_MAX])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL);
    BIGNUM *s = BN_bin2bn(signature + 32, 32, NULL);
    uint8_t *at = der;
    int len = 0;

    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = NULL; /* the pair owns both now */
        s = NULL;
        len = i2d_ECDSA_SIG(pair, &at);
    }
    BN_free(s);
    BN_free(r);
    ECDSA_SIG_free(pair);
    return len > 0 ? (size_t)len : 0;
}

enum virtual_verdict virtual_ecdsa_verify(struct virtual_crypto *crypto, const uint8_t point[static 64],
                                          const uint8_t digest[static 32], const uint8_t signature[static 64])
{
    enum virtual_verdict verdict = VIRTUAL_SIGNATURE_FAULT;
    EVP_PKEY *key = load_key(NULL, point);
    EVP_PKEY_CTX *context = NULL;
    uint8_t der[DER_SIGNATURE_MAX];
    size_t der_len = 0;

    if (key == NULL)
        goto out;
    context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    der_len = encode_signature(signature, der);
    if (context == NULL || der_len == 0 || EVP_PKEY_verify_init(context) != 1) {
        crypto->failed = true;
        goto out;
    }
    verdict =
        EVP_PKEY_verify(context, der, der_len, digest, 32) == 1 ? VIRTUAL_SIGNATURE_GOOD : VIRTUAL_SIGNATURE_WRONG;
out:
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return verdict;
}

bool virtual_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void virtual_wipe(void *data, size_t len)
{
    OPENSSL_cleanse(data, len);
}
