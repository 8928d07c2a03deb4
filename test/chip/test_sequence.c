/* SPDX-License-Identifier: Apache-2.0 */
/* What the operations share: replies of another length than asked for, and a host whose SHA-256 fails. */
#include "chip/sequence.h"

#include "chip/mac.h"
#include "chip/operations.h"
#include "chip/operations_encrypted.h"
#include "test/chip/failing_hash.h"
#include "test/chip/scripted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_other_lengths(void **state)
{
    static const struct {
        const char *name, *group, *reply;
        const struct chip_command *command;
        enum chip_status status;
        enum error_reason reason;
    } rows[] = {
        {"as asked", "0730000000", "00006003", &chip_command_info, CHIP_OK, ERROR_NONE},
        {"shorter", "0730000000", "000060", &chip_command_info, CHIP_GARBLED, ERROR_DEVICE_GARBLED},
        {"a bare success", "0730000000", "00", &chip_command_info, CHIP_GARBLED, ERROR_DEVICE_GARBLED},
        {"a bare success, not to repeat", "0740000000", "00", &chip_command_genkey, CHIP_REPLY_LOST,
         ERROR_DEVICE_SILENT},
        {"a refusal", "0740000000", "0F", &chip_command_genkey, CHIP_EXECUTION, ERROR_CHIP_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct scripted_step steps[] = {
            SCRIPT_WAKES, SCRIPT_SENDS(rows[i].group), SCRIPT_ANSWERS(rows[i].reply), {0}};
        struct scripted script;
        struct imprint_transport transport = scripted_init(&script, rows[i].name, steps);
        struct chip chip;
        struct error err = {.reason = ERROR_NONE};
        uint8_t out[4];

        chip_init(&chip, &transport);
        assert_int_equal(chip_execute_exact(&chip, rows[i].command, 0, 0, BYTES_NONE, out, sizeof(out), &err),
                         rows[i].status);
        assert_int_equal(err.reason, rows[i].reason);
        assert_int_equal(err.command != NULL, rows[i].status != CHIP_OK);
        scripted_done(&script);
    }
}

static void test_nothing_done_adds_nothing(void **state)
{
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_int_equal(chip_doing(CHIP_OK, "doing", &err), CHIP_OK);
    assert_int_equal(chip_doing_at(CHIP_OK, "doing", 3, &err), CHIP_OK);
    assert_null(err.doing);
    assert_false(err.has_slot);
    assert_int_equal(chip_doing_at(CHIP_GONE, "doing", 3, NULL), CHIP_GONE);
}

/* An encrypted write hashes five or six times; whichever fails, nothing is written and nothing leaks. */
static enum chip_status import_with(unsigned hashes, bool block, struct error *err)
{
    /* Any Nonce and GenDig will do; PrivWrite and Write must not come. */
    static const char rand_out[] = "A0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF";
    static const uint8_t secret[32] = {1};
    static const uint8_t key[32] = {2};
    static const uint8_t serial[CHIP_SERIAL_BYTES] = {3};
    uint8_t num_in[CHIP_NUM_IN_BYTES];
    uint8_t plain[CHIP_PRIVATE_BYTES] = {0};
    char nonce[2 * 25 + 1] = "1B16000000";
    struct scripted_step steps[] = {SCRIPT_WAKES,
                                    SCRIPT_SENDS(nonce),
                                    SCRIPT_ANSWERS(rand_out),
                                    SCRIPT_SENDS("0B15020100"
                                                 "15020100"),
                                    SCRIPT_ANSWERS("00"),
                                    {0}};
    struct scripted script;
    struct imprint_transport transport;
    struct chip chip;
    enum chip_status status;

    memcpy(plain + 4, secret, 32);
    failing_hash_left = 1000;
    assert_true(chip_mac_num_in(key, block ? bytes_of(secret, 32) : bytes_of(plain, sizeof(plain)), block ? 0x0028 : 0,
                                num_in));
    for (size_t i = 0; i < sizeof(num_in); i++) {
        static const char digits[] = "0123456789ABCDEF";

        nonce[10 + 2 * i] = digits[num_in[i] >> 4];
        nonce[11 + 2 * i] = digits[num_in[i] & 15];
    }
    if (hashes == 0)
        steps[0].kind = SCRIPT_END;
    transport = scripted_init(&script, "hash fails", steps);
    chip_init(&chip, &transport);
    failing_hash_left = hashes;
    if (block)
        status = chip_write_slot_block_encrypted(&chip, 5, 0, secret, 1, key, serial, err);
    else
        status = chip_import_key_encrypted(&chip, 0, secret, 1, key, serial, err);
    scripted_done(&script);
    failing_hash_left = 1000;
    return status;
}

static void test_host_failures(void **state)
{
    (void)state;
    for (int block = 0; block <= 1; block++)
        for (unsigned hashes = 0; hashes < (block ? 4u : 5u); hashes++) {
            struct error err = {.reason = ERROR_NONE};

            assert_int_equal(import_with(hashes, block != 0, &err), CHIP_HOST_FAILED);
            assert_int_equal(err.reason, ERROR_PSA);
            assert_non_null(err.doing);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_lengths),
        cmocka_unit_test(test_nothing_done_adds_nothing),
        cmocka_unit_test(test_host_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
