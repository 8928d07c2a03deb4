/* SPDX-License-Identifier: Apache-2.0 */
/* MAC, CheckMac, HMAC, DeriveKey and authorisation in all their modes, each against the host's side of it. */
#include "chip/operations_device.h"
#include "chip/operations_mac.h"
#include "chip/operations_registers.h"

#include "test/chip/full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t num_in[CHIP_NUM_IN_BYTES] = {9, 8, 7};
static const uint8_t challenge[32] = {0xC1, 0xC2, 0xC3, 0xC4};
static const uint8_t other_data[CHIP_OTHER_DATA_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

/* TempKey on both sides, random or the host's own. */
static struct chip_tempkey begin(struct full *full, bool from_host)
{
    struct chip_tempkey tempkey;
    uint8_t rand_out[32];

    if (from_host) {
        chip_tempkey_load(&tempkey, bytes_of(full->secrets[8], 32));
        assert_int_equal(chip_nonce_load(full->chip, CHIP_REGISTER_TEMPKEY, bytes_of(full->secrets[8], 32), NULL),
                         CHIP_OK);
    } else {
        assert_int_equal(chip_nonce_random(full->chip, CHIP_NONCE_UPDATE_SEED, num_in, rand_out, NULL), CHIP_OK);
        assert_true(chip_tempkey_nonce(&tempkey, CHIP_NONCE_UPDATE_SEED, rand_out, num_in));
    }
    return tempkey;
}

static void test_mac(void **state)
{
    static const uint8_t tempkey_modes[] = {0, CHIP_MAC_BY_TEMPKEY, CHIP_MAC_UNDER_TEMPKEY,
                                            CHIP_MAC_BY_TEMPKEY | CHIP_MAC_UNDER_TEMPKEY};
    struct full full;
    uint8_t mac[32];
    uint8_t expected[32];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    for (size_t i = 0; i < sizeof(tempkey_modes); i++)
        for (int from_host = 0; from_host <= (tempkey_modes[i] != 0 ? 1 : 0); from_host++)
            for (int serial = 0; serial <= 1; serial++) {
                uint8_t mode =
                    (uint8_t)(tempkey_modes[i] | (from_host ? CHIP_MAC_FROM_HOST : 0) | (serial ? CHIP_MAC_SERIAL : 0));
                struct chip_tempkey tempkey = begin(&full, from_host != 0);
                bool by = (mode & CHIP_MAC_BY_TEMPKEY) != 0;
                bool under = (mode & CHIP_MAC_UNDER_TEMPKEY) != 0;

                assert_int_equal(chip_compute_mac(full.chip, mode, FULL_KEY, by ? NULL : challenge, mac, NULL),
                                 CHIP_OK);
                assert_true(chip_mac_response(mode, FULL_KEY, under ? tempkey.value : full.secrets[FULL_KEY],
                                              by ? tempkey.value : challenge, NULL, full.serial, expected));
                assert_memory_equal(mac, expected, 32);
                if (tempkey_modes[i] != 0)
                    assert_int_equal(chip_compute_mac(full.chip, mode, FULL_KEY, by ? NULL : challenge, mac, NULL),
                                     CHIP_EXECUTION);
            }

    /* The other source than TempKey has; a NoMac slot; a private one; OTP, which the ATECC608 does not include. */
    (void)begin(&full, false);
    assert_int_equal(chip_compute_mac(full.chip, CHIP_MAC_BY_TEMPKEY | CHIP_MAC_FROM_HOST, FULL_KEY, NULL, mac, NULL),
                     CHIP_EXECUTION);
    assert_int_equal(chip_compute_mac(full.chip, 0, 6, challenge, mac, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_compute_mac(full.chip, 0, 2, challenge, mac, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_compute_mac(full.chip, CHIP_MAC_OTP_8, FULL_KEY, challenge, mac, NULL), CHIP_PARSE);

    assert_int_equal(chip_compute_mac(full.chip, 0, 16, challenge, mac, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_compute_mac(full.chip, 0, FULL_KEY, NULL, mac, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_compute_mac(full.chip, CHIP_MAC_BY_TEMPKEY, FULL_KEY, challenge, mac, NULL),
                     CHIP_BAD_ARGUMENT);
    full_release(&full);
}

static void test_check_mac(void **state)
{
    static const uint8_t tempkey_modes[] = {0, CHIP_MAC_BY_TEMPKEY, CHIP_MAC_UNDER_TEMPKEY};
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint8_t response[32];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    for (size_t i = 0; i < sizeof(tempkey_modes); i++)
        for (int from_host = 0; from_host <= (tempkey_modes[i] != 0 ? 1 : 0); from_host++)
            for (int wrong = 0; wrong <= 1; wrong++) {
                uint8_t mode = (uint8_t)(tempkey_modes[i] | (from_host ? CHIP_MAC_FROM_HOST : 0));
                struct chip_tempkey tempkey = begin(&full, from_host != 0);
                bool by = (mode & CHIP_MAC_BY_TEMPKEY) != 0;
                bool under = (mode & CHIP_MAC_UNDER_TEMPKEY) != 0;
                struct chip_state after;

                assert_true(chip_mac_check(mode, under ? tempkey.value : full.secrets[FULL_KEY],
                                           by ? tempkey.value : challenge, other_data, NULL, full.serial, response));
                response[31] ^= (uint8_t)wrong;
                assert_int_equal(
                    chip_check_mac(full.chip, mode, FULL_KEY, by ? NULL : challenge, response, other_data, NULL),
                    wrong ? CHIP_MISCOMPARE : CHIP_OK);
                assert_int_equal(chip_read_state(full.chip, &after, NULL), CHIP_OK);
                assert_int_equal(after.authorised, by && !from_host && !wrong);
                if (after.authorised)
                    assert_int_equal(after.authorised_key, FULL_KEY);
            }
    assert_int_equal(chip_check_mac(full.chip, 0, 16, challenge, response, other_data, &err), CHIP_BAD_ARGUMENT);
    assert_int_equal(err.reason, ERROR_USAGE);
    assert_int_equal(chip_check_mac(full.chip, 0, 4, NULL, response, other_data, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_check_mac(full.chip, 3, 4, NULL, response, other_data, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* What one chip's MAC says, another's CheckMac reproduces: here one chip is both. */
static void test_mac_then_check(void **state)
{
    struct full full;
    uint8_t mac[32];
    uint8_t other[CHIP_OTHER_DATA_BYTES];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    assert_int_equal(chip_compute_mac(full.chip, CHIP_MAC_SERIAL, FULL_KEY, challenge, mac, NULL), CHIP_OK);
    chip_mac_other_data(CHIP_MAC_SERIAL, FULL_KEY, NULL, full.serial, other);
    assert_int_equal(chip_check_mac(full.chip, 0, FULL_KEY, challenge, mac, other, NULL), CHIP_OK);
    assert_int_equal(chip_check_mac(full.chip, 0, 12, challenge, mac, other, NULL), CHIP_MISCOMPARE);
    full_release(&full);
}

/* The copy into TempKey: of slot 13 when slot 12, whose ReadKey is 0, was checked. */
static void test_copy(void **state)
{
    static const struct full_change changes[] = {FULL_SLOT_CONFIG(12, 0x00, 0x0F)};
    struct full full;
    struct chip_tempkey tempkey;
    uint8_t response[32];
    uint8_t mac[32];
    uint8_t expected[32];
    uint8_t mode = CHIP_MAC_BY_TEMPKEY | CHIP_MAC_FROM_HOST;

    (void)state;
    full_init(&full, FULL_608, changes, sizeof(changes) / sizeof(changes[0]));
    tempkey = begin(&full, false);
    assert_true(
        chip_mac_check(CHIP_MAC_BY_TEMPKEY, full.secrets[12], tempkey.value, other_data, NULL, full.serial, response));
    assert_int_equal(chip_check_mac(full.chip, CHIP_MAC_BY_TEMPKEY, 12, NULL, response, other_data, NULL), CHIP_OK);
    assert_int_equal(chip_compute_mac(full.chip, mode, FULL_KEY, NULL, mac, NULL), CHIP_OK);
    assert_true(
        chip_mac_response(mode, FULL_KEY, full.secrets[FULL_KEY], full.secrets[13], NULL, full.serial, expected));
    assert_memory_equal(mac, expected, 32);
    full_release(&full);
}

/* A key that wants another authorised: once for each use. */
static void test_authorise(void **state)
{
    static const struct full_change changes[] = {FULL_KEY_CONFIG(13, 0xBC, 0x04)};
    struct full full;
    uint8_t mac[32];
    uint8_t wrong[32];

    (void)state;
    full_init(&full, FULL_608, changes, sizeof(changes) / sizeof(changes[0]));
    memcpy(wrong, full.secrets[FULL_KEY], 32);
    wrong[0] ^= 0x80;
    assert_int_equal(chip_compute_mac(full.chip, 0, 13, challenge, mac, NULL), CHIP_EXECUTION);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(chip_authorise(full.chip, FULL_KEY, full.secrets[FULL_KEY], full.serial, num_in, NULL),
                         CHIP_OK);
        assert_int_equal(chip_compute_mac(full.chip, 0, 13, challenge, mac, NULL), CHIP_OK);
        assert_int_equal(chip_compute_mac(full.chip, 0, 13, challenge, mac, NULL), CHIP_EXECUTION);
    }
    assert_int_equal(chip_authorise(full.chip, FULL_KEY, wrong, full.serial, num_in, NULL), CHIP_MISCOMPARE);
    assert_int_equal(chip_authorise(full.chip, 16, wrong, full.serial, num_in, NULL), CHIP_BAD_ARGUMENT);
    for (unsigned ahead = 1; ahead <= 2; ahead++) {
        full_arm(&full, "badcrc", ahead);
        assert_int_equal(chip_authorise(full.chip, FULL_KEY, full.secrets[FULL_KEY], full.serial, num_in, NULL),
                         CHIP_OK);
        assert_int_equal(chip_compute_mac(full.chip, 0, 13, challenge, mac, NULL), CHIP_OK);
    }
    full_release(&full);
}

static void test_derive(void **state)
{
    struct full full;
    uint8_t mac[32];
    uint8_t expected[32];
    uint8_t key[32];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);

    /* Roll, slot 9, with a random and with the host's nonce. */
    memcpy(key, full.secrets[9], 32);
    for (int from_host = 0; from_host <= 1; from_host++) {
        uint8_t mode = from_host ? CHIP_MAC_FROM_HOST : 0;
        struct chip_tempkey tempkey = begin(&full, from_host != 0);

        assert_int_equal(chip_derive_key(full.chip, mode, 9, NULL, NULL), CHIP_OK);
        assert_true(chip_mac_derive(mode, 9, key, tempkey.value, full.serial, key));
        assert_int_equal(chip_compute_mac(full.chip, 0, 9, challenge, mac, NULL), CHIP_OK);
        assert_true(chip_mac_response(0, 9, key, challenge, NULL, full.serial, expected));
        assert_memory_equal(mac, expected, 32);
        assert_int_equal(chip_derive_key(full.chip, mode, 9, NULL, NULL), CHIP_EXECUTION);
    }

    /* Create, slot 3 from slot 4, with permission; without, and with a wrong one. */
    for (int attempt = 0; attempt < 3; attempt++) {
        struct chip_tempkey tempkey = begin(&full, false);
        uint8_t permission[32];

        assert_true(chip_mac_derive_permission(0, 3, full.secrets[FULL_KEY], full.serial, permission));
        permission[0] ^= attempt == 1;
        assert_int_equal(chip_derive_key(full.chip, 0, 3, attempt == 0 ? NULL : permission, NULL),
                         attempt == 2 ? CHIP_OK : CHIP_EXECUTION);
        assert_true(chip_mac_derive(0, 3, full.secrets[FULL_KEY], tempkey.value, full.serial, key));
        assert_int_equal(chip_compute_mac(full.chip, 0, 3, challenge, mac, NULL), CHIP_OK);
        assert_true(
            chip_mac_response(0, 3, attempt == 2 ? key : full.secrets[3], challenge, NULL, full.serial, expected));
        assert_memory_equal(mac, expected, 32);
    }
    assert_int_equal(chip_derive_key(full.chip, 1, 9, NULL, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_derive_key(full.chip, 0, 16, NULL, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* The ATECC508A: HMAC, and MAC and CheckMac with OTP. */
static void test_508(void **state)
{
    static const uint8_t modes[] = {0, CHIP_MAC_FROM_HOST, CHIP_MAC_SERIAL, CHIP_MAC_FROM_HOST | CHIP_MAC_SERIAL};
    struct full full;
    uint8_t otp[32];
    uint8_t mac[32];
    uint8_t expected[32];
    uint8_t other[CHIP_OTHER_DATA_BYTES];

    (void)state;
    full_init(&full, FULL_508, NULL, 0);
    for (size_t i = 0; i < sizeof(modes); i++) {
        struct chip_tempkey tempkey = begin(&full, (modes[i] & CHIP_MAC_FROM_HOST) != 0);

        assert_int_equal(chip_compute_hmac(full.chip, modes[i], FULL_KEY, mac, NULL), CHIP_OK);
        assert_true(chip_mac_hmac(modes[i], FULL_KEY, full.secrets[FULL_KEY], tempkey.value, full.serial, expected));
        assert_memory_equal(mac, expected, 32);
        assert_int_equal(chip_compute_hmac(full.chip, modes[i], FULL_KEY, mac, NULL), CHIP_EXECUTION);
    }
    assert_int_equal(chip_compute_hmac(full.chip, CHIP_MAC_OTP_8, FULL_KEY, mac, NULL), CHIP_BAD_ARGUMENT);

    /* Consumption mode: words of OTP can still be written, which makes them differ. */
    for (uint8_t word = 0; word < 3; word++) {
        const uint8_t in[4] = {(uint8_t)(word * 4 + 0x11), (uint8_t)(word * 4 + 0x12), (uint8_t)(word * 4 + 0x13),
                               (uint8_t)(word * 4 + 0x14)};

        assert_int_equal(chip_write_otp_word(full.chip, word, in, NULL), CHIP_OK);
    }
    assert_int_equal(chip_read_otp_block(full.chip, 0, otp, NULL), CHIP_OK);
    for (size_t i = 0; i < 2; i++) {
        const uint8_t mode = i == 0 ? CHIP_MAC_OTP_11 : CHIP_MAC_OTP_8;

        assert_int_equal(chip_compute_mac(full.chip, mode, FULL_KEY, challenge, mac, NULL), CHIP_OK);
        assert_true(chip_mac_response(mode, FULL_KEY, full.secrets[FULL_KEY], challenge, otp, full.serial, expected));
        assert_memory_equal(mac, expected, 32);
        chip_mac_other_data(mode, FULL_KEY, otp, full.serial, other);
        assert_int_equal(chip_check_mac(full.chip, CHIP_MAC_OTP_8, FULL_KEY, challenge, mac, other, NULL), CHIP_OK);
    }
    full_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mac),  cmocka_unit_test(test_check_mac), cmocka_unit_test(test_mac_then_check),
        cmocka_unit_test(test_copy), cmocka_unit_test(test_authorise), cmocka_unit_test(test_derive),
        cmocka_unit_test(test_508),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
