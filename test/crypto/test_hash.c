/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 in pieces equals SHA-256 in one, and libcrypto's. PSA is never initialised here: it must work before that. */
#include "crypto/hash.h"

#include "base/hex.h"

#include <openssl/sha.h>
#include <psa/crypto.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
/* The linker puts this around psa_hash_update() (--wrap): after `updates_left` of them memory is short. */
psa_status_t __real_psa_hash_update(psa_hash_operation_t *operation, const uint8_t *input, size_t len);
psa_status_t __wrap_psa_hash_update(psa_hash_operation_t *operation, const uint8_t *input, size_t len);

static unsigned updates_left = 100000;

psa_status_t __wrap_psa_hash_update(psa_hash_operation_t *operation, const uint8_t *input, size_t len)
{
    if (updates_left == 0)
        return PSA_ERROR_INSUFFICIENT_MEMORY;
    updates_left--;
    return __real_psa_hash_update(operation, input, len);
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* FIPS 180-2, appendix B. */
static const struct {
    const char *message, *digest;
} vectors[] = {
    {"", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"},
    {"abc", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248D6A61D20638B8E5C026930C3E6039A33CE45964FF2167F6ECEDD419DB06C1"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct bytes pieces[] = {bytes_of(vectors[i].message, strlen(vectors[i].message))};
        uint8_t digest[CRYPTO_SHA256_BYTES];
        char text[HEX_SIZE(CRYPTO_SHA256_BYTES)];

        assert_true(crypto_sha256(pieces, 1, digest));
        hex_encode(bytes_of(digest, sizeof(digest)), text);
        assert_string_equal(text, vectors[i].digest);
    }
}

static void test_pieces(void **state)
{
    uint8_t message[200];

    (void)state;
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)(i * 73 + 11);
    for (size_t cut = 0; cut <= sizeof(message); cut++) {
        const struct bytes pieces[] = {bytes_of(message, cut), BYTES_NONE,
                                       bytes_of(message + cut, sizeof(message) - cut)};
        uint8_t digest[CRYPTO_SHA256_BYTES];
        uint8_t expected[SHA256_DIGEST_LENGTH];

        assert_true(crypto_sha256(pieces, 3, digest));
        SHA256(message, sizeof(message), expected);
        assert_memory_equal(digest, expected, sizeof(expected));
        assert_true(crypto_sha256(pieces, 1, digest));
        SHA256(message, cut, expected);
        assert_memory_equal(digest, expected, sizeof(expected));
    }
}

static void test_no_pieces_is_the_empty_message(void **state)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    uint8_t expected[CRYPTO_SHA256_BYTES];
    const struct bytes empty[] = {BYTES_NONE};

    (void)state;
    assert_true(crypto_sha256(NULL, 0, digest));
    assert_true(crypto_sha256(empty, 1, expected));
    assert_memory_equal(digest, expected, sizeof(expected));
}

static void test_failure_leaves_zeros(void **state)
{
    static const uint8_t zeros[CRYPTO_SHA256_BYTES] = {0};
    const struct bytes pieces[] = {bytes_of("abc", 3), bytes_of("def", 3)};
    uint8_t digest[CRYPTO_SHA256_BYTES];

    (void)state;
    for (unsigned left = 0; left < 2; left++) {
        memset(digest, 0xA5, sizeof(digest));
        updates_left = left;
        assert_false(crypto_sha256(pieces, 2, digest));
        assert_memory_equal(digest, zeros, sizeof(zeros));
    }
    updates_left = 100000;
    assert_true(crypto_sha256(pieces, 2, digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_no_pieces_is_the_empty_message),
        cmocka_unit_test(test_failure_leaves_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
