/* SPDX-License-Identifier: Apache-2.0 */
/* The first failure is kept, what is missing is added, every reason has a name of its own. */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The names that scripts and logs rely on. */
static void test_every_reason_has_its_name(void **state)
{
    static const struct {
        enum error_reason reason;
        const char *name;
    } names[] = {
        {ERROR_NONE, "none"},
        {ERROR_CHIP_REFUSED, "chip-refused"},
        {ERROR_CHIP_MISCOMPARE, "chip-miscompare"},
        {ERROR_CONFIG_UNLOCKED, "config-unlocked"},
        {ERROR_CONFIG_LOCKED, "config-locked"},
        {ERROR_DATA_UNLOCKED, "data-unlocked"},
        {ERROR_DATA_LOCKED, "data-locked"},
        {ERROR_SLOT_POLICY, "slot-policy"},
        {ERROR_SLOT_LOCKED, "slot-locked"},
        {ERROR_SLOT_EMPTY, "slot-empty"},
        {ERROR_SLOT_CLAIMED, "slot-claimed"},
        {ERROR_SLOT_FILLED, "slot-filled"},
        {ERROR_NO_FREE_SLOT, "no-free-slot"},
        {ERROR_KEY_EXISTS, "key-exists"},
        {ERROR_KEY_UNKNOWN, "key-unknown"},
        {ERROR_KEY_ATTRIBUTES, "key-attributes"},
        {ERROR_WRITE_KEY_MISSING, "write-key-missing"},
        {ERROR_PSA, "psa"},
        {ERROR_STORAGE_FULL, "storage-full"},
        {ERROR_STORAGE_FAILED, "storage-failed"},
        {ERROR_STORAGE_CORRUPT, "storage-corrupt"},
        {ERROR_NOT_ARMED, "not-armed"},
        {ERROR_GATE_REFUSED, "gate-refused"},
        {ERROR_PROOF_FAILED, "proof-failed"},
        {ERROR_USAGE, "usage"},
        {ERROR_PROFILE_SYNTAX, "profile-syntax"},
        {ERROR_PROFILE_SCHEMA, "profile-schema"},
        {ERROR_PROFILE_CONFLICT, "profile-conflict"},
        {ERROR_INPUT_FILE, "input-file"},
        {ERROR_DEVICE_MISSING, "device-missing"},
        {ERROR_DEVICE_SILENT, "device-silent"},
        {ERROR_DEVICE_GARBLED, "device-garbled"},
        {ERROR_DEVICE_RESET, "device-reset"},
        {ERROR_DEVICE_BUSY, "device-busy"},
        {ERROR_WRONG_PART, "wrong-part"},
        {ERROR_WRONG_CONFIGURATION, "wrong-configuration"},
        {ERROR_FOREIGN_KEY, "foreign-key"},
        {ERROR_RECORD_FAILED, "record-failed"},
        {ERROR_INTERRUPTED, "interrupted"},
        {ERROR_UNEXPECTED, "unexpected"},
    };

    (void)state;
    assert_int_equal(sizeof names / sizeof names[0], ERROR_REASON_COUNT);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(names[i].reason, i);
        assert_string_equal(error_reason_name(names[i].reason), names[i].name);
    }
    assert_string_equal(error_reason_name(ERROR_REASON_COUNT), "unexpected");
    assert_string_equal(error_reason_name((enum error_reason)(-1)), "unexpected");
}

static void test_first_is_kept(void **state)
{
    static const uint8_t serial[2][ERROR_SERIAL_BYTES] = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {9, 9, 9, 9, 9, 9, 9, 9, 9}};
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    error_set(&err, ERROR_CHIP_REFUSED, "cause", "next");
    error_set(&err, ERROR_PSA, "other", "other");
    for (int again = 0; again < 2; again++) {
        error_doing(&err, again ? "other" : "doing");
        error_at_slot(&err, again ? 9 : 0);
        error_with_key(&err, again ? 99 : 18);
        error_with_command(&err, again ? "other" : "GenKey");
        error_with_chip_status(&err, again ? 0xFF : 0x0F);
        error_with_serial(&err, serial[again]);
        error_with_psa(&err, again ? -1 : -134);
        error_with_errno(&err, again ? 1 : 2);
        error_with_subject(&err, again ? "other" : "subject");
    }
    assert_int_equal(err.reason, ERROR_CHIP_REFUSED);
    assert_string_equal(err.cause, "cause");
    assert_string_equal(err.next, "next");
    assert_string_equal(err.doing, "doing");
    assert_true(err.has_slot && err.slot == 0);
    assert_int_equal(err.key_id, 18);
    assert_string_equal(err.command, "GenKey");
    assert_true(err.has_chip_status && err.chip_status == 0x0F);
    assert_true(err.has_serial);
    assert_memory_equal(err.serial, serial[0], ERROR_SERIAL_BYTES);
    assert_int_equal(err.psa_status, -134);
    assert_int_equal(err.system_errno, 2);
    assert_string_equal(err.subject, "subject");

    error_clear(&err);
    assert_int_equal(err.reason, ERROR_NONE);
    assert_false(err.has_slot || err.has_serial || err.has_chip_status);
    error_set(&err, ERROR_PSA, "other", NULL);
    assert_int_equal(err.reason, ERROR_PSA);
}

/* Causes by number: the first is kept just so, and words that were there before stay alone. */
static void test_causes_by_number(void **state)
{
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    error_set_chip_failure(&err, ERROR_CHIP_REFUSED, 7);
    error_set_slot_rule(&err, ERROR_SLOT_POLICY, 5, "next");
    error_set_chip_failure(&err, ERROR_DEVICE_SILENT, 8);
    error_set(&err, ERROR_PSA, "other", "other");
    assert_int_equal(err.reason, ERROR_CHIP_REFUSED);
    assert_int_equal(err.chip_failure, 7);
    assert_int_equal(err.slot_rule, 0);
    assert_null(err.cause);
    assert_null(err.next);

    error_clear(&err);
    error_set_slot_rule(&err, ERROR_SLOT_POLICY, 5, "next");
    error_set_chip_failure(&err, ERROR_CHIP_REFUSED, 7);
    assert_int_equal(err.reason, ERROR_SLOT_POLICY);
    assert_int_equal(err.slot_rule, 5);
    assert_int_equal(err.chip_failure, 0);
    assert_string_equal(err.next, "next");
    error_set_slot_rule(NULL, ERROR_SLOT_POLICY, 5, NULL);
    error_set_chip_failure(NULL, ERROR_CHIP_REFUSED, 7);
}

static void test_nobody_interested(void **state)
{
    static const uint8_t serial[ERROR_SERIAL_BYTES] = {0};

    (void)state;
    error_set(NULL, ERROR_PSA, "cause", NULL);
    error_doing(NULL, "doing");
    error_at_slot(NULL, 1);
    error_with_key(NULL, 1);
    error_with_command(NULL, "Info");
    error_with_chip_status(NULL, 1);
    error_with_serial(NULL, serial);
    error_with_psa(NULL, 1);
    error_with_errno(NULL, 1);
    error_with_subject(NULL, "subject");
    error_clear(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_reason_has_its_name),
        cmocka_unit_test(test_first_is_kept),
        cmocka_unit_test(test_causes_by_number),
        cmocka_unit_test(test_nobody_interested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
