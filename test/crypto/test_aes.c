/* SPDX-License-Identifier: Apache-2.0 */
/* AES-128 of one block against FIPS 197, appendix C.1; and a PSA that is not there yet. */
#include "crypto/aes.h"

#include "base/hex.h"
#include "psa/its.h"
#include "storage/memory.h"

#include <psa/crypto.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void count_up(uint8_t out[static 16], uint8_t step)
{
    for (unsigned i = 0; i < 16; i++)
        out[i] = (uint8_t)(i * step);
}

static void test_vector(void **state)
{
    uint8_t key[16];
    uint8_t block[16];
    char hex[HEX_SIZE(16)];

    (void)state;
    count_up(key, 0x01);
    count_up(block, 0x11);
    assert_true(crypto_aes128_encrypt(key, block, block));
    hex_encode(bytes_of(block, sizeof(block)), hex);
    assert_string_equal(hex, "69C4E0D86A7B0430D8CDB78070B4C55A");
}

/* Nothing stays in the key store: it has 32 places. */
static void test_many(void **state)
{
    uint8_t key[16] = {0};
    uint8_t block[16] = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_true(crypto_aes128_encrypt(key, block, block));
}

static void test_without_psa(void **state)
{
    static const uint8_t zeros[16] = {0};
    uint8_t key[16] = {1};
    uint8_t block[16] = {2};

    (void)state;
    mbedtls_psa_crypto_free();
    assert_false(crypto_aes128_encrypt(key, block, block));
    assert_memory_equal(block, zeros, sizeof(zeros));
}

int main(void)
{
    static uint8_t room[1024];
    struct storage_memory memory;
    struct storage storage;
    struct its its;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_without_psa),
    };

    storage_memory_open(&memory, room, sizeof(room), &storage);
    its_mount(&its, &storage);
    if (psa_crypto_init() != PSA_SUCCESS)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
