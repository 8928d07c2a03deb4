/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host-side digests, against values that an independent script and Microchip's host model agreed on: SN
 * 0123456789ABCDEFEE, NumIn 00.., RandOut A0.., key 40.., block 80.., private key C4...
 */
#include "chip/mac.h"
#include "chip/operations_mac.h"
#include "chip/protection.h"

#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xEE};

#define AFTER_NONCE "BEE176F91B7F8D191759F8A596F2065D6805A5CF831563B7D512574EC54A3169"
#define AFTER_GENDIG "2D5D23A45CA657F1AE137A94E4DBE38C54AB3FA7F5C605FFF5DCCCD9107A3CE7"

static void count_up(uint8_t *out, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(first + i);
}

static void from_hex(const char *hex, uint8_t out[static 32])
{
    struct bytes_out bytes = {.data = out, .cap = 32};

    assert_true(hex_decode(hex, strlen(hex), &bytes, NULL));
}

static void assert_hex(const uint8_t *data, size_t len, const char *hex)
{
    char text[HEX_SIZE(64)];

    hex_encode(bytes_of(data, len), text);
    assert_string_equal(text, hex);
}

static void test_nonce_then_gendig(void **state)
{
    uint8_t rand_out[32];
    uint8_t num_in[20];
    uint8_t key[32];
    uint8_t tempkey[32];

    (void)state;
    count_up(rand_out, sizeof(rand_out), 0xA0);
    count_up(num_in, sizeof(num_in), 0x00);
    count_up(key, sizeof(key), 0x40);
    assert_true(chip_tempkey_nonce(tempkey, 0, rand_out, num_in));
    assert_hex(tempkey, 32, AFTER_NONCE);
    assert_true(chip_tempkey_gendig(tempkey, 4, key, serial));
    assert_hex(tempkey, 32, AFTER_GENDIG);
}

static void test_mac_over_tempkey(void **state)
{
    uint8_t key[32], challenge[32], mac[32];

    (void)state;
    count_up(key, sizeof(key), 0x40);
    from_hex(AFTER_NONCE, challenge);
    assert_true(chip_mac_compute(key, challenge, 4, serial, mac));
    assert_hex(mac, 32, "00A437B9AC49507D8D716DB80B221F4594BED59DA02AE575CBB417596C63C86A");
}

static void test_write(void **state)
{
    uint8_t tempkey[32];
    uint8_t block[32];
    uint8_t cipher[32];
    uint8_t mac[32];

    (void)state;
    from_hex(AFTER_GENDIG, tempkey);
    count_up(block, sizeof(block), 0x80);
    assert_true(chip_mac_write(tempkey, 0xC2, 0x0048, serial, block, cipher, mac));
    assert_hex(cipher, 32, "ADDCA127D823D176269AF01F68566D03C43AAD34615393686D4556428CE7A278");
    assert_hex(mac, 32, "29312C84F8FDE81842B53627593EDAB0F8F1FB4F0C6E7B9968ED9DA41413FCE0");
    assert_true(chip_mac_write(tempkey, 0xC2, 0x0048, serial, block, block, mac));
    assert_memory_equal(block, cipher, sizeof(block));
    assert_hex(mac, 32, "29312C84F8FDE81842B53627593EDAB0F8F1FB4F0C6E7B9968ED9DA41413FCE0");
}

static void test_privwrite(void **state)
{
    uint8_t tempkey[32];
    uint8_t plain[36] = {0};
    uint8_t cipher[36];
    uint8_t mac[32];

    (void)state;
    from_hex(AFTER_GENDIG, tempkey);
    count_up(plain + 4, 32, 0xC4);
    assert_true(chip_mac_privwrite(tempkey, 0x40, 2, serial, plain, cipher, mac));
    assert_hex(cipher, 36, "2D5D23A49863913666DAB05F28162D43847AED742113D3282D051602CCA7E238FCB05188");
    assert_hex(mac, 32, "E2E315D16814AE1F61DABCD7D2751C859B05611C2ECC3A36B4E169868941F2A0");
    assert_true(chip_mac_privwrite(tempkey, 0x40, 2, serial, plain, plain, mac));
    assert_memory_equal(plain, cipher, sizeof(plain));
}

/* The IO protection key 40.., OutNonce A0.., cipher text i XOR 5A. */
static void test_protection(void **state)
{
    uint8_t io_key[32];
    uint8_t out_nonce[32];
    uint8_t data[32];

    (void)state;
    count_up(io_key, sizeof(io_key), 0x40);
    count_up(out_nonce, sizeof(out_nonce), 0xA0);
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i ^ 0x5A);
    assert_true(chip_protection_decrypt(io_key, out_nonce, data));
    assert_hex(data, 32, "83A72141F61D8267E5818050A3AFC4EA76FF6B6ACB0C18EC86584F744D81C89A");
}

/* Every input counts: one bit changed anywhere gives another NumIn. */
static void test_num_in_depends_on_all(void **state)
{
    uint8_t inputs[32 + 36];
    uint8_t num_in[20];
    uint8_t other[20];

    (void)state;
    count_up(inputs, sizeof(inputs), 1);
    assert_true(chip_mac_num_in(inputs, bytes_of(inputs + 32, 36), 2, num_in));
    for (size_t bit = 0; bit < 8 * sizeof(inputs); bit++) {
        inputs[bit / 8] = (uint8_t)(inputs[bit / 8] ^ (1u << (bit % 8)));
        assert_true(chip_mac_num_in(inputs, bytes_of(inputs + 32, 36), 2, other));
        assert_memory_not_equal(num_in, other, sizeof(num_in));
        inputs[bit / 8] = (uint8_t)(inputs[bit / 8] ^ (1u << (bit % 8)));
    }
    assert_true(chip_mac_num_in(inputs, bytes_of(inputs + 32, 36), 0x0102, other));
    assert_memory_not_equal(num_in, other, sizeof(num_in));
    assert_true(chip_mac_num_in(inputs, bytes_of(inputs + 32, 32), 2, other));
    assert_memory_not_equal(num_in, other, sizeof(num_in));
    assert_true(chip_mac_num_in(inputs, bytes_of(inputs + 32, 36), 2, other));
    assert_memory_equal(num_in, other, sizeof(num_in));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nonce_then_gendig),
        cmocka_unit_test(test_mac_over_tempkey),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_privwrite),
        cmocka_unit_test(test_protection),
        cmocka_unit_test(test_num_in_depends_on_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
