/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that fills TempKey, on a virtual part: after each call the host's TempKey has the flags that the chip
 * says, and a MAC by TempKey is the one that the host computes. With encrypted transfers, which build on it.
 */
#include "chip/operations_encrypted.h"
#include "chip/operations_device.h"
#include "chip/operations_mac.h"
#include "chip/operations_registers.h"

#include "test/chip/full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t num_in[CHIP_NUM_IN_BYTES] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                                  11, 12, 13, 14, 15, 16, 17, 18, 19, 20};

static void begin(struct full *full, struct chip_tempkey *tempkey)
{
    uint8_t rand_out[32];

    assert_int_equal(chip_nonce_random(full->chip, CHIP_NONCE_UPDATE_SEED, num_in, rand_out, NULL), CHIP_OK);
    assert_true(chip_tempkey_nonce(tempkey, CHIP_NONCE_UPDATE_SEED, rand_out, num_in));
}

/* Both sides have the same TempKey. Uses it up. */
static void assert_agreed(struct full *full, const struct chip_tempkey *tempkey)
{
    uint8_t mode = CHIP_MAC_BY_TEMPKEY | (tempkey->from_host ? CHIP_MAC_FROM_HOST : 0);
    struct chip_state state;
    uint8_t mac[32];
    uint8_t expected[32];

    assert_int_equal(chip_read_state(full->chip, &state, NULL), CHIP_OK);
    assert_true(state.tempkey_valid);
    assert_int_equal(state.from_host, tempkey->from_host);
    assert_int_equal(state.gendig_data, tempkey->gendig_data);
    assert_int_equal(state.genkey_data, tempkey->genkey_data);
    assert_int_equal(state.no_mac, tempkey->no_mac);
    assert_int_equal(state.slot, tempkey->slot);
    if (tempkey->no_mac) {
        assert_int_equal(chip_compute_mac(full->chip, mode, FULL_KEY, NULL, mac, NULL), CHIP_EXECUTION);
        return;
    }
    assert_int_equal(chip_compute_mac(full->chip, mode, FULL_KEY, NULL, mac, NULL), CHIP_OK);
    assert_true(
        chip_mac_response(mode, FULL_KEY, full->secrets[FULL_KEY], tempkey->value, NULL, full->serial, expected));
    assert_memory_equal(mac, expected, 32);
    assert_int_equal(chip_read_state(full->chip, &state, NULL), CHIP_OK);
    assert_false(state.tempkey_valid);
}

static void test_nonces(void **state)
{
    struct full full;
    struct chip_tempkey tempkey;
    uint8_t rand_out[32];
    uint8_t again[32];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    begin(&full, &tempkey);
    assert_agreed(&full, &tempkey);
    assert_int_equal(chip_nonce_random(full.chip, CHIP_NONCE_KEEP_SEED, num_in, rand_out, NULL), CHIP_OK);
    assert_true(chip_tempkey_nonce(&tempkey, CHIP_NONCE_KEEP_SEED, rand_out, num_in));
    assert_agreed(&full, &tempkey);
    for (size_t len = 32; len <= 64; len += 32) {
        chip_tempkey_load(&tempkey, bytes_of(full.secrets[8], len));
        assert_int_equal(chip_nonce_load(full.chip, CHIP_REGISTER_TEMPKEY, bytes_of(full.secrets[8], len), NULL),
                         CHIP_OK);
        assert_agreed(&full, &tempkey);
    }
    begin(&full, &tempkey);
    assert_int_equal(chip_nonce_mix(full.chip, 0, num_in, again, NULL), CHIP_OK);
    assert_true(chip_tempkey_mix(&tempkey, 0, num_in));
    assert_memory_equal(again, tempkey.value, 32);
    assert_agreed(&full, &tempkey);

    /* The other registers leave TempKey's value, and say "host" in its flags. */
    for (enum chip_register target = CHIP_REGISTER_MESSAGE_DIGEST; target <= CHIP_REGISTER_ALTERNATE_KEY; target++) {
        begin(&full, &tempkey);
        assert_int_equal(chip_nonce_load(full.chip, target, bytes_of(full.secrets[9], 32), NULL), CHIP_OK);
        tempkey.from_host = true;
        assert_agreed(&full, &tempkey);
    }
    full_release(&full);
}

static void test_gendigs(void **state)
{
    struct full full;
    struct chip_tempkey tempkey;
    uint8_t otp[32];
    const uint8_t other[4] = {0xD1, 0xD2, 0xD3, 0xD4};
    uint32_t counter;

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    for (uint8_t block = 0; block < 4; block++) {
        begin(&full, &tempkey);
        assert_int_equal(chip_gendig_config(full.chip, block, NULL), CHIP_OK);
        assert_true(chip_tempkey_gendig_config(&tempkey, block, full.config.zone + 32 * block, full.serial));
        assert_agreed(&full, &tempkey);
    }
    for (uint8_t block = 0; block < 2; block++) {
        assert_int_equal(chip_read_otp_block(full.chip, block, otp, NULL), CHIP_OK);
        begin(&full, &tempkey);
        assert_int_equal(chip_gendig_otp(full.chip, block, NULL), CHIP_OK);
        assert_true(chip_tempkey_gendig_otp(&tempkey, block, otp, full.serial));
        assert_agreed(&full, &tempkey);
    }
    begin(&full, &tempkey);
    assert_int_equal(chip_gendig_slot(full.chip, 12, NULL, NULL), CHIP_OK);
    assert_true(chip_tempkey_gendig_slot(&tempkey, 12, full.secrets[12], NULL, full.serial));
    assert_agreed(&full, &tempkey);
    begin(&full, &tempkey);
    assert_int_equal(chip_gendig_slot(full.chip, 6, other, NULL), CHIP_OK);
    assert_true(chip_tempkey_gendig_slot(&tempkey, 6, full.secrets[6], other, full.serial));
    assert_agreed(&full, &tempkey);
    for (int first = 0; first <= 1; first++) {
        begin(&full, &tempkey);
        assert_int_equal(chip_gendig_nonce(full.chip, first != 0, full.secrets[9], NULL), CHIP_OK);
        assert_true(chip_tempkey_gendig_nonce(&tempkey, first != 0, full.secrets[9], full.serial));
        assert_agreed(&full, &tempkey);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(chip_count(full.chip, 1, &counter, NULL), CHIP_OK);
    for (uint8_t which = 0; which < CHIP_COUNTERS; which++) {
        begin(&full, &tempkey);
        assert_int_equal(chip_gendig_counter(full.chip, which, NULL), CHIP_OK);
        assert_true(chip_tempkey_gendig_counter(&tempkey, which, which == 1 ? 3 : 0, full.serial));
        assert_agreed(&full, &tempkey);
    }
    assert_int_equal(chip_lock_slot(full.chip, 13, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(full.chip, &full.config, NULL), CHIP_OK);
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        begin(&full, &tempkey);
        assert_int_equal(chip_gendig_policy(full.chip, slot, NULL), CHIP_OK);
        assert_true(chip_tempkey_gendig_policy(&tempkey, slot, &full.config));
        assert_agreed(&full, &tempkey);
    }

    /* In a chain, and without a Nonce. */
    begin(&full, &tempkey);
    assert_int_equal(chip_gendig_slot(full.chip, 12, NULL, NULL), CHIP_OK);
    assert_int_equal(chip_gendig_config(full.chip, 0, NULL), CHIP_OK);
    assert_int_equal(chip_gendig_slot(full.chip, 13, NULL, NULL), CHIP_OK);
    assert_true(chip_tempkey_gendig_slot(&tempkey, 12, full.secrets[12], NULL, full.serial));
    assert_true(chip_tempkey_gendig_config(&tempkey, 0, full.config.zone, full.serial));
    assert_true(chip_tempkey_gendig_slot(&tempkey, 13, full.secrets[13], NULL, full.serial));
    assert_agreed(&full, &tempkey);
    assert_int_equal(chip_gendig_slot(full.chip, 12, NULL, NULL), CHIP_EXECUTION);
    full_release(&full);
}

static void test_genkey_digests(void **state)
{
    struct full full;
    struct chip_tempkey tempkey;
    const uint8_t other[3] = {0xE1, 0xE2, 0xE3};
    uint8_t public_key[64];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    begin(&full, &tempkey);
    assert_int_equal(chip_genkey_digest(full.chip, 7, public_key, NULL), CHIP_OK);
    assert_memory_equal(public_key, full.public_keys[7], 64);
    assert_true(chip_tempkey_genkey_private(&tempkey, CHIP_GENKEY_DIGEST, 7, public_key, full.serial));
    assert_agreed(&full, &tempkey);
    begin(&full, &tempkey);
    assert_int_equal(chip_genkey_create_digest(full.chip, 2, public_key, NULL), CHIP_OK);
    assert_memory_not_equal(public_key, full.public_keys[2], 64);
    assert_true(chip_tempkey_genkey_private(&tempkey, CHIP_GENKEY_CREATE_DIGEST, 2, public_key, full.serial));
    assert_agreed(&full, &tempkey);
    begin(&full, &tempkey);
    assert_int_equal(chip_genkey_stored_digest(full.chip, 14, other, NULL), CHIP_OK);
    assert_true(chip_tempkey_genkey_stored(&tempkey, 14, other, full.public_keys[14], full.serial));
    assert_agreed(&full, &tempkey);
    full_release(&full);
}

static void test_encrypted_reads(void **state)
{
    static const uint8_t slots[] = {1, 3, 8, 9};
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint8_t out[32];
    uint8_t block[32];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    for (size_t i = 0; i < sizeof(slots); i++) {
        uint8_t blocks = slots[i] < 8 ? 1 : 2;

        for (uint8_t at = 0; at < blocks; at++) {
            assert_int_equal(chip_read_slot_block_encrypted(full.chip, slots[i], at, out, FULL_KEY,
                                                            full.secrets[FULL_KEY], full.serial, num_in, NULL),
                             CHIP_OK);
            assert_memory_equal(out, full.secrets[slots[i]] + 32 * at, 32);
        }
    }

    /* What is written encrypted is read back so. */
    full_count_up(block, sizeof(block), 0xC1);
    assert_int_equal(
        chip_write_slot_block_encrypted(full.chip, 8, 3, block, FULL_KEY, full.secrets[FULL_KEY], full.serial, NULL),
        CHIP_OK);
    assert_int_equal(chip_read_slot_block_encrypted(full.chip, 8, 3, out, FULL_KEY, full.secrets[FULL_KEY], full.serial,
                                                    num_in, NULL),
                     CHIP_OK);
    assert_memory_equal(out, block, 32);

    /* Another key on the host: noise. GenDig on another slot: refused. Clear: refused. Begun anew after a lost reply.
     */
    assert_int_equal(
        chip_read_slot_block_encrypted(full.chip, 8, 3, out, FULL_KEY, full.secrets[12], full.serial, num_in, NULL),
        CHIP_OK);
    assert_memory_not_equal(out, block, 32);
    assert_int_equal(
        chip_read_slot_block_encrypted(full.chip, 8, 3, out, 12, full.secrets[12], full.serial, num_in, &err),
        CHIP_EXECUTION);
    assert_string_equal(err.doing, "read from a slot, encrypted");
    assert_string_equal(err.command, "Read");
    assert_true(err.has_slot && err.slot == 8);
    assert_int_equal(chip_read_slot_block(full.chip, 8, 3, out, NULL), CHIP_EXECUTION);
    for (unsigned ahead = 1; ahead <= 3; ahead++) {
        full_arm(&full, "lost", ahead);
        memset(out, 0, sizeof(out));
        assert_int_equal(chip_read_slot_block_encrypted(full.chip, 8, 3, out, FULL_KEY, full.secrets[FULL_KEY],
                                                        full.serial, num_in, NULL),
                         CHIP_OK);
        assert_memory_equal(out, block, 32);
    }
    full_release(&full);
}

/* OTP, encrypted, while the data zone is unlocked; read once it is locked. */
static void test_encrypted_otp(void **state)
{
    struct chip_config config;
    struct board board;
    const struct virtual_making blank = {.part = VIRTUAL_BLANK};
    uint8_t key[32];
    uint8_t block[32];
    uint8_t out[32];

    (void)state;
    board_init(&board, &blank);
    full_count_up(key, sizeof(key), 0x21);
    full_count_up(block, sizeof(block), 0x91);
    assert_int_equal(chip_read_config(&board.chip, &config, NULL), CHIP_OK);
    assert_int_equal(chip_lock_config_blindly(&board.chip, NULL), CHIP_OK);
    assert_int_equal(chip_lock_config_blindly(&board.chip, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_write_slot_block(&board.chip, 5, 0, key, NULL), CHIP_OK);
    assert_int_equal(chip_write_otp_block_encrypted(&board.chip, 1, block, 5, key, board.chip.serial, NULL), CHIP_OK);
    key[0] ^= 1;
    assert_int_equal(chip_write_otp_block_encrypted(&board.chip, 0, block, 5, key, board.chip.serial, NULL),
                     CHIP_EXECUTION);
    assert_int_equal(chip_lock_data(&board.chip, false, 0, NULL), CHIP_OK);
    assert_int_equal(chip_read_otp_block(&board.chip, 1, out, NULL), CHIP_OK);
    assert_memory_equal(out, block, 32);
    assert_int_equal(chip_read_otp_word(&board.chip, 9, out, NULL), CHIP_OK);
    assert_memory_equal(out, block + 4, 4);
    assert_int_equal(chip_write_otp_word(&board.chip, 9, out, NULL), CHIP_EXECUTION);
    board_release(&board);
}

/* Words of slots: what exists of them, and no word more. */
static void test_words(void **state)
{
    struct full full;
    uint8_t out[4];
    const uint8_t in[4] = {0xA1, 0xA2, 0xA3, 0xA4};

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    assert_int_equal(chip_read_slot_word(full.chip, 12, 1, 3, out, NULL), CHIP_OK);
    assert_memory_equal(out, full.secrets[12] + 32 + 12, 4);
    assert_int_equal(chip_write_slot_word(full.chip, 12, 1, 3, in, NULL), CHIP_OK);
    assert_int_equal(chip_read_slot_word(full.chip, 12, 1, 3, out, NULL), CHIP_OK);
    assert_memory_equal(out, in, 4);
    assert_int_equal(chip_read_slot_word(full.chip, 12, 2, 1, out, NULL), CHIP_OK);
    assert_int_equal(chip_read_slot_word(full.chip, 12, 2, 2, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_read_slot_word(full.chip, 12, 0, 8, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_read_slot_word(full.chip, 12, 3, 0, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_write_slot_word(full.chip, 16, 0, 0, in, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_read_otp_word(full.chip, 16, out, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* Refused here, before anything is sent. */
static void test_arguments(void **state)
{
    struct full full;
    uint8_t out[64];
    uint32_t sent;

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    sent = full.chip->counters.commands;
    assert_int_equal(chip_nonce_random(full.chip, 2, num_in, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_nonce_mix(full.chip, 2, num_in, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_nonce_load(full.chip, CHIP_REGISTER_TEMPKEY, bytes_of(out, 33), NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_nonce_load(full.chip, CHIP_REGISTER_ALTERNATE_KEY, bytes_of(out, 64), NULL),
                     CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_nonce_load(full.chip, (enum chip_register)3, bytes_of(out, 32), NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_gendig_slot(full.chip, 16, NULL, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_gendig_config(full.chip, 4, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_gendig_otp(full.chip, 2, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_gendig_counter(full.chip, 2, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_gendig_policy(full.chip, 16, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_genkey_digest(full.chip, 16, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_genkey_create_digest(full.chip, 16, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_genkey_stored_digest(full.chip, 7, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_read_slot_block_encrypted(full.chip, 8, 13, out, 4, out, out, num_in, NULL),
                     CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_read_slot_block_encrypted(full.chip, 8, 0, out, 16, out, out, num_in, NULL),
                     CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_write_otp_block_encrypted(full.chip, 2, out, 4, out, out, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(full.chip->counters.commands, sent);
    full_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nonces),         cmocka_unit_test(test_gendigs),
        cmocka_unit_test(test_genkey_digests), cmocka_unit_test(test_encrypted_reads),
        cmocka_unit_test(test_encrypted_otp),  cmocka_unit_test(test_words),
        cmocka_unit_test(test_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
