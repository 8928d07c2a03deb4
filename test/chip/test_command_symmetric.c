/* SPDX-License-Identifier: Apache-2.0 */
/* AES, GCM's multiplication and HMAC, against libcrypto. */
#include "chip/operations_aes.h"
#include "chip/operations_device.h"
#include "chip/operations_hmac.h"

#include "base/hex.h"
#include "test/chip/full.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define AES_SLOT 10
#define LATCHED_SLOT 5

static void aes_of_libcrypto(const uint8_t key[static 16], const uint8_t in[static 16], uint8_t out[static 16])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int len = 0;

    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), NULL, key, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(context, 0), 1);
    assert_int_equal(EVP_EncryptUpdate(context, out, &len, in, 16), 1);
    assert_int_equal(len, 16);
    EVP_CIPHER_CTX_free(context);
}

static void test_aes(void **state)
{
    struct full full;
    uint8_t block[16];
    uint8_t out[16];
    uint8_t expected[16];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    count_up(block, sizeof(block), 0x71);
    for (uint8_t unit = 0; unit < 4; unit++) {
        assert_int_equal(chip_aes_encrypt(full.chip, AES_SLOT, unit, block, out, NULL), CHIP_OK);
        aes_of_libcrypto(full.secrets[AES_SLOT] + 16 * unit, block, expected);
        assert_memory_equal(out, expected, 16);
        assert_int_equal(chip_aes_decrypt(full.chip, AES_SLOT, unit, out, out, NULL), CHIP_OK);
        assert_memory_equal(out, block, 16);
    }

    assert_int_equal(chip_aes_encrypt(full.chip, 12, 0, block, out, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_aes_encrypt(full.chip, 16, 0, block, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_aes_encrypt(full.chip, AES_SLOT, 4, block, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_aes_encrypt(full.chip, LATCHED_SLOT, 0, block, out, NULL), CHIP_EXECUTION); /* no latch */
    full_release(&full);
}

/* NIST SP 800-38D, section 6.3, bit by bit. */
static void multiply(const uint8_t x[static 16], const uint8_t y[static 16], uint8_t z[static 16])
{
    uint8_t v[16];

    memcpy(v, y, 16);
    memset(z, 0, 16);
    for (unsigned i = 0; i < 128; i++) {
        bool carry = (v[15] & 1) != 0;

        if ((x[i / 8] >> (7 - i % 8) & 1) != 0)
            for (unsigned j = 0; j < 16; j++)
                z[j] ^= v[j];
        for (unsigned j = 15; j > 0; j--)
            v[j] = (uint8_t)(v[j] >> 1 | v[j - 1] << 7);
        v[0] >>= 1;
        if (carry)
            v[0] ^= 0xE1;
    }
}

static void test_gfm(void **state)
{
    static const char h_hex[] = "66E94BD4EF8A2C3B884CFA59CA342B2E";
    static const char in_hex[] = "0388DACE60B6A392F328C2B971B2FE78";
    struct full full;
    uint8_t h[16];
    uint8_t in[16];
    uint8_t out[16];
    uint8_t expected[16];
    struct bytes_out h_out = {.data = h, .cap = 16};
    struct bytes_out in_out = {.data = in, .cap = 16};
    char text[HEX_SIZE(16)];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    assert_true(hex_decode(h_hex, strlen(h_hex), &h_out, NULL) && hex_decode(in_hex, strlen(in_hex), &in_out, NULL));
    assert_int_equal(chip_aes_gfm(full.chip, h, in, out, NULL), CHIP_OK);
    hex_encode(bytes_of(out, 16), text);
    assert_string_equal(text, "5E2EC746917062882C85B0685353DEB7");
    for (uint8_t i = 0; i < 20; i++) {
        count_up(h, 16, (uint8_t)(i * 13));
        count_up(in, 16, (uint8_t)(i * 29 + 3));
        multiply(in, h, expected);
        assert_int_equal(chip_aes_gfm(full.chip, h, in, in, NULL), CHIP_OK);
        assert_memory_equal(in, expected, 16);
    }
    full_release(&full);
}

static void expect_hmac(const uint8_t *key, const uint8_t *message, size_t len, const uint8_t *mac)
{
    uint8_t expected[32];
    unsigned mac_len = 0;

    assert_non_null(HMAC(EVP_sha256(), key, 32, message, len, expected, &mac_len));
    assert_memory_equal(mac, expected, 32);
}

static void test_hmac(void **state)
{
    static const struct {
        const char *dump;
        enum chip_part part;
    } parts[] = {{FULL_608, CHIP_PART_ATECC608A}, {FULL_508, CHIP_PART_ATECC508A}};
    struct full full;
    uint8_t message[200];
    uint8_t mac[32];

    (void)state;
    count_up(message, sizeof(message), 0x13);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        full_init(&full, parts[i].dump, NULL, 0);
        for (size_t len = 0; len <= sizeof(message); len += 25) {
            assert_int_equal(chip_hmac_sha256(full.chip, parts[i].part, FULL_KEY, bytes_of(message, len), mac, NULL),
                             CHIP_OK);
            expect_hmac(full.secrets[FULL_KEY], message, len, mac);
        }
        assert_int_equal(chip_hmac_sha256(full.chip, parts[i].part, 6, BYTES_NONE, mac, NULL),
                         CHIP_EXECUTION); /* NoMac */
        assert_int_equal(chip_hmac_sha256(full.chip, parts[i].part, 16, BYTES_NONE, mac, NULL), CHIP_BAD_ARGUMENT);
        full_release(&full);
    }
}

/* A key that counts its uses pays one for each HMAC; after a fault in its middle it is not begun anew by itself. */
static void test_counted_hmac(void **state)
{
    static const struct full_change changes[] = {FULL_NO_COUNT_MATCH, FULL_SLOT_CONFIG(8, 0xE4, 0x44)};
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint8_t mac[32];
    uint32_t uses = 9;

    (void)state;
    full_init(&full, FULL_608, changes, sizeof(changes) / sizeof(changes[0]));
    assert_int_equal(chip_hmac_sha256(full.chip, CHIP_PART_ATECC608B, 8, bytes_of("abc", 3), mac, NULL), CHIP_OK);
    expect_hmac(full.secrets[8], (const uint8_t *)"abc", 3, mac);
    assert_int_equal(chip_read_counter(full.chip, 0, &uses, NULL), CHIP_OK);
    assert_int_equal(uses, 1);
    full_arm(&full, "lost", 1);
    assert_int_equal(chip_hmac_sha256(full.chip, CHIP_PART_ATECC608B, 8, bytes_of("abc", 3), mac, &err),
                     CHIP_REPLY_LOST);
    assert_string_equal(err.command, "SHA");
    assert_int_equal(chip_read_counter(full.chip, 0, &uses, NULL), CHIP_OK);
    assert_int_equal(uses, 2);
    full_arm(&full, "lost", 2);
    assert_int_equal(chip_hmac_sha256(full.chip, CHIP_PART_ATECC608B, 8, bytes_of("abc", 3), mac, NULL), CHIP_RESET);
    assert_int_equal(chip_read_counter(full.chip, 0, &uses, NULL), CHIP_OK);
    assert_int_equal(uses, 3);

    /* With a key that does not count, the same faults pass unnoticed. */
    for (unsigned ahead = 1; ahead <= 2; ahead++) {
        full_arm(&full, "lost", ahead);
        assert_int_equal(chip_hmac_sha256(full.chip, CHIP_PART_ATECC608B, 12, bytes_of("abc", 3), mac, NULL), CHIP_OK);
        expect_hmac(full.secrets[12], (const uint8_t *)"abc", 3, mac);
    }
    full_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aes),
        cmocka_unit_test(test_gfm),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_counted_hmac),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
