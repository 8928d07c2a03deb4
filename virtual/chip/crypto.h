/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual chip's arithmetic: SHA-256, AES, P-256 and random bytes from OpenSSL's libcrypto, with the objects that
 * take long to make kept between commands. A failure of libcrypto itself (out of memory) is kept in `failed`, outputs
 * are zeros then, and virtual_execute() lets no command succeed on it.
 */
#ifndef IMPRINT_VIRTUAL_CRYPTO_H
#define IMPRINT_VIRTUAL_CRYPTO_H

#include "virtual/chip/model.h"

/* NULL when out of memory. Looks up no algorithm yet. Released with virtual_crypto_free(); NULL does nothing. */
struct virtual_crypto *virtual_crypto_new(void);
void virtual_crypto_free(struct virtual_crypto *crypto);

/* Sets up the curve and makes a signature that is thrown away, so that libcrypto has looked up all that a chip's first
 * one needs. */
void virtual_crypto_prepare(struct virtual_crypto *crypto);

/* True when a call has failed since the last time this was asked. */
bool virtual_crypto_take_failure(struct virtual_crypto *crypto);

/* Cannot fail. */
void virtual_sha256(const void *data, size_t len, uint8_t digest[static 32]);

/* Key identifier of a public key X | Y: SHA-1 of its uncompressed form (RFC 5280, 4.2.1.2). */
void virtual_key_id(const uint8_t point[static 64], uint8_t id[static 20]);

/* One hash in progress, for the SHA command. finish() ends it. */
void virtual_hash_start(struct virtual_crypto *crypto);
void virtual_hash_update(struct virtual_crypto *crypto, const void *data, size_t len);
void virtual_hash_finish(struct virtual_crypto *crypto, uint8_t digest[static 32]);

/* The hash in progress from outside: eight state words, the bytes hashed so far, and those of an unfinished block. */
struct virtual_hash_state {
    uint32_t words[8];
    uint32_t total;
    uint8_t rest[64]; /* the last total % 64 bytes */
};
void virtual_hash_save(const struct virtual_crypto *crypto, struct virtual_hash_state *state);
void virtual_hash_restore(struct virtual_crypto *crypto, const struct virtual_hash_state *state);

/* HMAC-SHA256 (RFC 2104) over `a` and then `b`, together at most 256 bytes. */
void virtual_hmac(struct virtual_crypto *crypto, const uint8_t *key, size_t key_len, const uint8_t *a, size_t a_len,
                  const uint8_t *b, size_t b_len, uint8_t mac[static 32]);

/* One block of AES-128 (FIPS 197). */
void virtual_aes(struct virtual_crypto *crypto, bool encrypt, const uint8_t key[static 16], const uint8_t in[static 16],
                 uint8_t out[static 16]);

/* Random bytes from the operating system. */
void virtual_secret_bytes(struct virtual_crypto *crypto, uint8_t *data, size_t len);

/* 1 <= scalar < order of P-256. */
bool virtual_scalar_is_valid(const uint8_t scalar[static 32]);

/* On the curve and not at infinity. */
bool virtual_point_is_valid(struct virtual_crypto *crypto, const uint8_t point[static 64]);

/* The public key X | Y of a private one. False for a scalar that is not valid. */
bool virtual_public_key(struct virtual_crypto *crypto, const uint8_t scalar[static 32], uint8_t point[static 64]);

/* X coordinate of scalar times point. False: the scalar or the point is not valid. */
bool virtual_ecdh(struct virtual_crypto *crypto, const uint8_t scalar[static 32], const uint8_t point[static 64],
                  uint8_t secret[static 32]);

/* ECDSA over a 32-byte digest: R | S. `scalar` is valid. */
bool virtual_ecdsa_sign(struct virtual_crypto *crypto, const uint8_t scalar[static 32], const uint8_t digest[static 32],
                        uint8_t signature[static 64]);

/*
 * The same with a nonce that follows from key and digest: the same input gives the same signature. Only for keys that
 * are no secret.
 */
void virtual_ecdsa_sign_repeatably(struct virtual_crypto *crypto, const uint8_t scalar[static 32],
                                   const uint8_t digest[static 32], uint8_t signature[static 64]);

enum virtual_verdict { VIRTUAL_SIGNATURE_GOOD, VIRTUAL_SIGNATURE_WRONG, VIRTUAL_SIGNATURE_FAULT };

/* FAULT: the point is not a public key. */
enum virtual_verdict virtual_ecdsa_verify(struct virtual_crypto *crypto, const uint8_t point[static 64],
                                          const uint8_t digest[static 32], const uint8_t signature[static 64]);

/* In constant time. */
bool virtual_equal(const uint8_t *a, const uint8_t *b, size_t len);
void virtual_wipe(void *data, size_t len);

#endif
