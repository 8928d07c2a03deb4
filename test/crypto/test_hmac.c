/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256 against RFC 4231 and libcrypto. PSA is never initialised here: it must work before that. */
#include "crypto/hmac.h"

#include "base/hex.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
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

/* RFC 4231, cases 2 and 6: a key shorter and one longer than a block. */
static void test_vectors(void **state)
{
    static const struct {
        char fill;
        size_t key_len;
        const char *key, *text, *mac;
    } vectors[] = {
        {0, 4, "Jefe", "what do ya want for nothing?",
         "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"},
        {'\xAA', 131, NULL, "Test Using Larger Than Block-Size Key - Hash Key First",
         "60E431591EE0B67F0D8A26AACBF5B77F8E0BC6213728C5140546040F0EE37F54"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct bytes text = bytes_of(vectors[i].text, strlen(vectors[i].text));
        char key[131];
        uint8_t mac[CRYPTO_SHA256_BYTES];
        char hex[HEX_SIZE(CRYPTO_SHA256_BYTES)];

        memset(key, vectors[i].fill, sizeof(key));
        if (vectors[i].key != NULL)
            memcpy(key, vectors[i].key, vectors[i].key_len);
        assert_true(crypto_hmac_sha256(bytes_of(key, vectors[i].key_len), &text, 1, mac));
        hex_encode(bytes_of(mac, sizeof(mac)), hex);
        assert_string_equal(hex, vectors[i].mac);
    }
}

/* Every length of key about a block's, and a text in three pieces. */
static void test_against_libcrypto(void **state)
{
    uint8_t key[140];
    uint8_t text[150];

    (void)state;
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)(i * 31 + 7);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 73 + 11);
    for (size_t key_len = 0; key_len <= sizeof(key); key_len++) {
        const struct bytes pieces[] = {bytes_of(text, key_len), BYTES_NONE,
                                       bytes_of(text + key_len, sizeof(text) - key_len)};
        uint8_t mac[CRYPTO_SHA256_BYTES];
        uint8_t expected[CRYPTO_SHA256_BYTES];
        unsigned len = 0;

        assert_true(crypto_hmac_sha256(bytes_of(key, key_len), pieces, 3, mac));
        assert_non_null(HMAC(EVP_sha256(), key, (int)key_len, text, sizeof(text), expected, &len));
        assert_int_equal(len, sizeof(mac));
        assert_memory_equal(mac, expected, sizeof(mac));
    }
}

static void test_in_place(void **state)
{
    uint8_t key[32];
    uint8_t text[32];
    uint8_t mac[CRYPTO_SHA256_BYTES];
    struct bytes piece = bytes_of(text, sizeof(text));

    (void)state;
    memset(key, 0x11, sizeof(key));
    memset(text, 0x22, sizeof(text));
    assert_true(crypto_hmac_sha256(bytes_of(key, sizeof(key)), &piece, 1, mac));
    assert_true(crypto_hmac_sha256(bytes_of(key, sizeof(key)), &piece, 1, text));
    assert_memory_equal(mac, text, sizeof(mac));
    memset(text, 0x22, sizeof(text));
    assert_true(crypto_hmac_sha256(bytes_of(key, sizeof(key)), &piece, 1, key));
    assert_memory_equal(mac, key, sizeof(mac));
}

/* A long key takes one update for itself, then two hashes of two or three. */
static void test_failure_leaves_zeros(void **state)
{
    static const uint8_t zeros[CRYPTO_SHA256_BYTES] = {0};
    static const uint8_t key[65] = {1};
    const struct bytes pieces[] = {bytes_of("abc", 3), bytes_of("def", 3)};
    uint8_t mac[CRYPTO_SHA256_BYTES];

    (void)state;
    for (unsigned left = 0; left < 6; left++) {
        memset(mac, 0xA5, sizeof(mac));
        updates_left = left;
        assert_false(crypto_hmac_sha256(bytes_of(key, sizeof(key)), pieces, 2, mac));
        assert_memory_equal(mac, zeros, sizeof(zeros));
    }
    updates_left = 6;
    assert_true(crypto_hmac_sha256(bytes_of(key, sizeof(key)), pieces, 2, mac));
    updates_left = 100000;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_against_libcrypto),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_failure_leaves_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
