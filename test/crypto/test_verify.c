/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software verification against the signatures of RFC 6979, A.2.5 (P-256), and with each part of them changed: more
 * verifications than the key store has places, so a copy that stayed there would be noticed.
 */
#include "crypto/verify.h"

#include "base/hex.h"
#include "psa/its.h"
#include "storage/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char point_hex[] = "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
                                "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";

static const struct vector {
    psa_algorithm_t hash;
    const char *message, *signature;
} vectors[] = {
    {PSA_ALG_SHA_256, "sample",
     "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
     "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
    {PSA_ALG_SHA_256, "test",
     "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
     "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"},
    {PSA_ALG_SHA_512, "sample",
     "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00"
     "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE"},
};

static void decode(const char *hex, uint8_t *out, size_t len)
{
    struct bytes_out bytes = {.data = out, .cap = len};

    assert_true(hex_decode(hex, strlen(hex), &bytes, NULL));
    assert_int_equal(bytes.len, len);
}

static psa_status_t verify(const struct vector *vector, const uint8_t *point, const uint8_t *signature)
{
    const struct bytes message = bytes_of(vector->message, strlen(vector->message));

    return crypto_verify_message(point, vector->hash, message, signature);
}

static void test_vectors(void **state)
{
    uint8_t point[P256_POINT_BYTES], signature[P256_SIGNATURE_BYTES];

    (void)state;
    decode(point_hex, point, sizeof point);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct vector other = vectors[i];

        decode(vectors[i].signature, signature, sizeof signature);
        assert_int_equal(verify(&vectors[i], point, signature), PSA_SUCCESS);
        for (size_t at = 0; at < sizeof signature; at++) {
            signature[at] ^= 1;
            assert_int_equal(verify(&vectors[i], point, signature), PSA_ERROR_INVALID_SIGNATURE);
            signature[at] ^= 1;
        }
        other.message = "Sample";
        assert_int_equal(verify(&other, point, signature), PSA_ERROR_INVALID_SIGNATURE);
    }
}

/* A hash that PSA does not have and a point that is on no curve are refused, not verified. */
static void test_refused(void **state)
{
    struct vector vector = vectors[0];
    uint8_t point[P256_POINT_BYTES], signature[P256_SIGNATURE_BYTES];

    (void)state;
    decode(point_hex, point, sizeof point);
    decode(vector.signature, signature, sizeof signature);
    vector.hash = PSA_ALG_NONE;
    assert_int_not_equal(verify(&vector, point, signature), PSA_SUCCESS);
    point[P256_POINT_BYTES - 1] ^= 1;
    assert_int_equal(verify(&vectors[0], point, signature), PSA_ERROR_INVALID_ARGUMENT);
}

int main(void)
{
    static uint8_t room[1024];
    struct storage_memory memory;
    struct storage storage;
    struct its its;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refused),
    };

    storage_memory_open(&memory, room, sizeof(room), &storage);
    its_mount(&its, &storage);
    if (psa_crypto_init() != PSA_SUCCESS)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
