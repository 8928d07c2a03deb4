/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcrypto calls of the virtual chip: the only file of this folder that knows OpenSSL. The curve and the cipher are
 * set up when a command first needs them, because most programs that open a chip never do.
 *
 * SHA-256 and ECDSA are called by their older functions. SHA256_Update() is the only way to a hash in progress, which
 * the SHA command reads out. EVP would look up its algorithms first, which takes half the time of a short program, and
 * make and decode a DER signature each time.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "virtual/chip/crypto.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stdlib.h>
#include <string.h>

/* The order of the group of P-256 (FIPS 186-4, D.1.2.3). */
static const uint8_t p256_order[32] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

struct virtual_crypto {
    SHA256_CTX stream; /* of the SHA command */
    EVP_CIPHER *aes;   /* these are NULL until they are needed */
    EVP_CIPHER_CTX *cipher;
    EC_KEY *key; /* holds a key only within one call below */
    BN_CTX *numbers;
    bool failed;
};

struct virtual_crypto *virtual_crypto_new(void)
{
    return calloc(1, sizeof(struct virtual_crypto));
}

void virtual_crypto_free(struct virtual_crypto *crypto)
{
    if (crypto == NULL)
        return;
    BN_CTX_free(crypto->numbers);
    EC_KEY_free(crypto->key);
    EVP_CIPHER_CTX_free(crypto->cipher);
    EVP_CIPHER_free(crypto->aes);
    OPENSSL_cleanse(&crypto->stream, sizeof crypto->stream);
    free(crypto);
}

/* P-256 is ready for use. False: libcrypto failed, which is noted. */
static bool open_curve(struct virtual_crypto *crypto)
{
    if (crypto->key == NULL)
        crypto->key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    if (crypto->numbers == NULL)
        crypto->numbers = BN_CTX_secure_new();
    if (crypto->key == NULL || crypto->numbers == NULL)
        crypto->failed = true;
    return crypto->key != NULL && crypto->numbers != NULL;
}

/* The same for AES. */
static bool open_cipher(struct virtual_crypto *crypto)
{
    if (crypto->aes == NULL)
        crypto->aes = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    if (crypto->cipher == NULL)
        crypto->cipher = EVP_CIPHER_CTX_new();
    return crypto->aes != NULL && crypto->cipher != NULL;
}

bool virtual_crypto_take_failure(struct virtual_crypto *crypto)
{
    const bool failed = crypto->failed;

    crypto->failed = false;
    return failed;
}

void virtual_sha256(const void *data, size_t len, uint8_t digest[static 32])
{
    SHA256_CTX context;

    (void)SHA256_Init(&context); /* none of these can fail */
    (void)SHA256_Update(&context, data, len);
    (void)SHA256_Final(digest, &context);
    OPENSSL_cleanse(&context, sizeof context);
}

void virtual_hash_start(struct virtual_crypto *crypto)
{
    (void)SHA256_Init(&crypto->stream); /* as above */
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

    if (!open_cipher(crypto) || EVP_CipherInit_ex2(crypto->cipher, crypto->aes, key, NULL, encrypt, NULL) != 1 ||
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

void virtual_key_id(const uint8_t point[static 64], uint8_t id[static 20])
{
    SHA_CTX context;
    uint8_t encoded[65];

    with_prefix(point, encoded);
    (void)SHA1_Init(&context); /* none of these can fail */
    (void)SHA1_Update(&context, encoded, sizeof encoded);
    (void)SHA1_Final(id, &context);
}

/*
 * A point of the curve from X | Y: the caller's to free. NULL: it is not on the curve, or libcrypto failed, which is
 * noted. Decoding does the check.
 */
static EC_POINT *decode_point(struct virtual_crypto *crypto, const uint8_t point[static 64])
{
    EC_POINT *decoded = NULL;
    uint8_t encoded[65];

    if (!open_curve(crypto))
        return NULL;
    decoded = EC_POINT_new(EC_KEY_get0_group(crypto->key));
    if (decoded == NULL) {
        crypto->failed = true;
        return NULL;
    }
    with_prefix(point, encoded);
    if (EC_POINT_oct2point(EC_KEY_get0_group(crypto->key), decoded, encoded, sizeof encoded, crypto->numbers) == 1)
        return decoded;
    EC_POINT_free(decoded);
    return NULL;
}

bool virtual_point_is_valid(struct virtual_crypto *crypto, const uint8_t point[static 64])
{
    EC_POINT *decoded = decode_point(crypto, point);

    EC_POINT_free(decoded);
    return decoded != NULL;
}

/* X | Y of `scalar` times `factor`, or times the generator where that is NULL. False: libcrypto failed. */
static bool multiply(struct virtual_crypto *crypto, const uint8_t scalar[static 32], const EC_POINT *factor,
                     uint8_t point[static 64])
{
    const EC_GROUP *group = EC_KEY_get0_group(crypto->key);
    BIGNUM *number = BN_secure_new();
    EC_POINT *product = EC_POINT_new(group);
    uint8_t encoded[65];
    bool done = false;

    if (number != NULL && product != NULL && BN_bin2bn(scalar, 32, number) != NULL &&
        EC_POINT_mul(group, product, factor == NULL ? number : NULL, factor, factor == NULL ? NULL : number,
                     crypto->numbers) == 1 &&
        EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded, crypto->numbers) ==
            sizeof encoded) {
        memcpy(point, encoded + 1, 64);
        done = true;
    } else {
        crypto->failed = true;
    }
    OPENSSL_cleanse(encoded, sizeof encoded);
    EC_POINT_clear_free(product);
    BN_clear_free(number);
    return done;
}

bool virtual_public_key(struct virtual_crypto *crypto, const uint8_t scalar[static 32], uint8_t point[static 64])
{
    return virtual_scalar_is_valid(scalar) && open_curve(crypto) && multiply(crypto, scalar, NULL, point);
}

bool virtual_ecdh(struct virtual_crypto *crypto, const uint8_t scalar[static 32], const uint8_t point[static 64],
                  uint8_t secret[static 32])
{
    EC_POINT *peer = NULL;
    uint8_t product[64];
    bool done = false;

    if (!virtual_scalar_is_valid(scalar))
        return false;
    peer = decode_point(crypto, point);
    /* The order is prime: the product of two valid factors is never at infinity. */
    if (peer != NULL && multiply(crypto, scalar, peer, product)) {
        memcpy(secret, product, 32);
        done = true;
    }
    OPENSSL_cleanse(product, sizeof product);
    EC_POINT_free(peer);
    return done;
}

bool virtual_ecdsa_sign(struct virtual_crypto *crypto, const uint8_t scalar[static 32], const uint8_t digest[static 32],
                        uint8_t signature[static 64])
{
    BIGNUM *number = open_curve(crypto) ? BN_secure_new() : NULL;
    ECDSA_SIG *pair = NULL;
    bool done = false;

    if (number != NULL && BN_bin2bn(scalar, 32, number) != NULL && EC_KEY_set_private_key(crypto->key, number) == 1)
        pair = ECDSA_do_sign(digest, 32, crypto->key);
    done = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32) == 32 &&
           BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32) == 32;
    if (crypto->key != NULL)
        (void)EC_KEY_set_private_key(crypto->key, NULL); /* wipes its copy */
    ECDSA_SIG_free(pair);
    BN_clear_free(number);
    if (!done)
        crypto->failed = true;
    return done;
}

void virtual_crypto_prepare(struct virtual_crypto *crypto)
{
    const uint8_t one[32] = {[31] = 1}, digest[32] = {0};
    uint8_t signature[64];

    (void)virtual_ecdsa_sign(crypto, one, digest, signature);
    crypto->failed = false; /* a chip's own signature will fail as well, and says so */
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
    virtual_sha256(both, sizeof both, nonce);
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

/* R | S as libcrypto has them. NULL: out of memory. */
static ECDSA_SIG *decode_signature(const uint8_t signature[static 64])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL);
    BIGNUM *s = BN_bin2bn(signature + 32, 32, NULL);

    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1)
        return pair; /* which owns both numbers now */
    BN_free(s);
    BN_free(r);
    ECDSA_SIG_free(pair);
    return NULL;
}

enum virtual_verdict virtual_ecdsa_verify(struct virtual_crypto *crypto, const uint8_t point[static 64],
                                          const uint8_t digest[static 32], const uint8_t signature[static 64])
{
    EC_POINT *key = decode_point(crypto, point);
    ECDSA_SIG *pair = NULL;
    int verified = -1; /* libcrypto failed */

    if (key == NULL)
        return VIRTUAL_SIGNATURE_FAULT;
    pair = decode_signature(signature);
    if (pair != NULL && EC_KEY_set_public_key(crypto->key, key) == 1)
        verified = ECDSA_do_verify(digest, 32, pair, crypto->key);
    ECDSA_SIG_free(pair);
    EC_POINT_free(key);
    if (verified < 0)
        crypto->failed = true;
    return verified == 1 ? VIRTUAL_SIGNATURE_GOOD : VIRTUAL_SIGNATURE_WRONG;
}

bool virtual_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void virtual_wipe(void *data, size_t len)
{
    OPENSSL_cleanse(data, len);
}
