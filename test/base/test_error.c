/* SPDX-License-Identifier: Apache-2.0 */
/* The first failure is kept, what is missing is added, text belongs to the error, every reason has its row. */
#include "base/error.h"

#include "base/error_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The names and exit codes that scripts and logs rely on. A reason without a row in reason_rows.inc has no name. */
static void test_every_reason_has_its_row(void **state)
{
    static const struct {
        enum error_reason reason;
        const char *name;
        int exit;
    } rows[] = {
        {ERROR_NONE, "none", 0},
        {ERROR_CHIP_REFUSED, "chip-refused", 1},
        {ERROR_CHIP_MISCOMPARE, "chip-miscompare", 1},
        {ERROR_KEY_EXISTS, "key-exists", 1},
        {ERROR_KEY_UNKNOWN, "key-unknown", 1},
        {ERROR_KEY_ATTRIBUTES, "key-attributes", 1},
        {ERROR_PSA, "psa", 1},
        {ERROR_STORAGE_FULL, "storage-full", 1},
        {ERROR_STORAGE_FAILED, "storage-failed", 1},
        {ERROR_STORAGE_CORRUPT, "storage-corrupt", 1},
        {ERROR_NOT_ARMED, "not-armed", 1},
        {ERROR_GATE_REFUSED, "gate-refused", 1},
        {ERROR_PROOF_FAILED, "proof-failed", 1},
        {ERROR_RECORD_REFUTED, "record-refuted", 1},
        {ERROR_MANIFEST_REFUTED, "manifest-refuted", 1},
        {ERROR_SERVER_UNTRUSTED, "server-untrusted", 1},
        {ERROR_SERVER_REFUSED, "server-refused", 1},
        {ERROR_NOT_ASKED, "certificate-not-asked", 1},
        {ERROR_TLS, "tls-failed", 1},
        {ERROR_USAGE, "usage", 2},
        {ERROR_PROFILE_SYNTAX, "profile-syntax", 2},
        {ERROR_PROFILE_SCHEMA, "profile-schema", 2},
        {ERROR_PROFILE_CONFLICT, "profile-conflict", 2},
        {ERROR_WRITE_KEY_MISSING, "write-key-missing", 2},
        {ERROR_INPUT_FILE, "input-file", 2},
        {ERROR_DEVICE_MISSING, "device-missing", 3},
        {ERROR_DEVICE_SILENT, "device-silent", 3},
        {ERROR_DEVICE_GARBLED, "device-garbled", 3},
        {ERROR_DEVICE_RESET, "device-reset", 3},
        {ERROR_DEVICE_BUSY, "device-busy", 3},
        {ERROR_MESSAGE_TOO_LONG, "message-too-long", 3},
        {ERROR_SERVER_AWAY, "server-away", 3},
        {ERROR_WRONG_PART, "wrong-part", 4},
        {ERROR_WRONG_CONFIGURATION, "wrong-configuration", 4},
        {ERROR_FOREIGN_KEY, "foreign-key", 4},
        {ERROR_DONE_ELSEWHERE, "done-elsewhere", 4},
        {ERROR_OTHER_PROFILE, "other-profile", 4},
        {ERROR_KEY_RECORDED, "key-recorded", 4},
        {ERROR_NO_MARK, "no-mark", 4},
        {ERROR_CERTIFICATE_DIFFERS, "certificate-differs", 4},
        {ERROR_NOT_GENUINE, "not-genuine", 4},
        {ERROR_NOT_LISTED, "not-listed", 4},
        {ERROR_NO_CERTIFICATE, "no-certificate", 4},
        {ERROR_ORDER_DEVICE, "order-device", 4},
        {ERROR_QUARANTINED, "quarantined", 4},
        {ERROR_SCRAPPED, "scrapped", 4},
        {ERROR_REHEARSAL, "rehearsal", 4},
        {ERROR_CONFIG_UNLOCKED, "config-unlocked", 4},
        {ERROR_CONFIG_LOCKED, "config-locked", 4},
        {ERROR_DATA_UNLOCKED, "data-unlocked", 4},
        {ERROR_DATA_LOCKED, "data-locked", 4},
        {ERROR_SLOT_POLICY, "slot-policy", 4},
        {ERROR_SLOT_LOCKED, "slot-locked", 4},
        {ERROR_SLOT_EMPTY, "slot-empty", 4},
        {ERROR_SLOT_CLAIMED, "slot-claimed", 4},
        {ERROR_SLOT_FILLED, "slot-filled", 4},
        {ERROR_NO_FREE_SLOT, "no-free-slot", 4},
        {ERROR_RECORD_FAILED, "record-failed", 5},
        {ERROR_OUTPUT_FAILED, "output-failed", 5},
        {ERROR_ISSUER_INVALID, "issuer-invalid", 6},
        {ERROR_ISSUER_LOGIN, "issuer-login", 6},
        {ERROR_ISSUER_AWAY, "issuer-away", 6},
        {ERROR_ISSUER_REFUSED, "issuer-refused", 6},
        {ERROR_ISSUER_LATER, "issuer-later", 6},
        {ERROR_CERTIFICATE_AWAITED, "certificate-awaited", 6},
        {ERROR_ISSUER_ANSWER, "issuer-answer", 6},
        {ERROR_DATABASE_BUSY, "database-busy", 6},
        {ERROR_DATABASE_VERSION, "database-version", 6},
        {ERROR_DATABASE_DAMAGED, "database-damaged", 6},
        {ERROR_DUPLICATE, "duplicate", 6},
        {ERROR_ORDER_REFUSED, "order-refused", 6},
        {ERROR_ORDER_FULL, "order-full", 6},
        {ERROR_INTERRUPTED, "interrupted", 130},
        {ERROR_UNEXPECTED, "unexpected", 1},
    };

    (void)state;
    assert_int_equal(sizeof rows / sizeof rows[0], ERROR_REASON_COUNT);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *advice = error_reason_advice(rows[i].reason);

        assert_int_equal(rows[i].reason, i);
        assert_non_null(error_reason_name(rows[i].reason));
        assert_string_equal(error_reason_name(rows[i].reason), rows[i].name);
        assert_int_equal(error_reason_named(rows[i].name), rows[i].reason);
        assert_int_equal(error_reason_exit(rows[i].reason), rows[i].exit);
        assert_non_null(advice);
        assert_true(advice[0] >= 'a' && advice[0] <= 'z' && advice[strlen(advice) - 1] != '.');
    }
    assert_int_equal(error_reason_named("no-such-reason"), ERROR_UNEXPECTED);
    assert_int_equal(error_reason_named(NULL), ERROR_UNEXPECTED);
}

static void test_outside_the_enum_is_unexpected(void **state)
{
    static const int outside[] = {ERROR_REASON_COUNT, -1, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        const enum error_reason reason = (enum error_reason)outside[i];

        assert_string_equal(error_reason_name(reason), "unexpected");
        assert_int_equal(error_reason_exit(reason), 1);
        assert_string_equal(error_reason_advice(reason), error_reason_advice(ERROR_UNEXPECTED));
    }
}

static void test_first_is_kept(void **state)
{
    static const uint8_t serial[2][ERROR_SERIAL_BYTES] = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {9, 9, 9, 9, 9, 9, 9, 9, 9}};
    char room[64];
    struct error err = ERROR_IN(room);

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
    error_replace_subject(NULL, "subject");
    assert_null(error_keep(NULL, "text"));
    assert_null(error_keep_format(NULL, "%d", 1));
    error_clear(NULL);
    error_pass(NULL, &(struct error){.reason = ERROR_PSA});
}

/* Fails as a function that builds the path, the cause and the advice in buffers of its own, and wipes them. */
static void fail_with_own_buffers(struct error *err)
{
    char *path = malloc(64), *cause = malloc(64);

    if (path == NULL || cause == NULL)
        abort();
    strcpy(path, "/state/0123/record.json");
    strcpy(cause, "line 7 is damaged");
    error_set(err, ERROR_STORAGE_CORRUPT, error_keep(err, cause), error_keep_format(err, "imprint erase %d", 42));
    error_with_subject(err, path);
    memset(path, '#', strlen(path));
    memset(cause, '#', strlen(cause));
    free(path);
    free(cause);
}

static void test_text_outlives_its_source(void **state)
{
    char room[64];
    struct error err = ERROR_IN(room);

    (void)state;
    fail_with_own_buffers(&err);
    assert_string_equal(err.subject, "/state/0123/record.json");
    assert_string_equal(err.cause, "line 7 is damaged");
    assert_string_equal(err.next, "imprint erase 42");

    error_with_subject(&err, "other");
    assert_string_equal(err.subject, "/state/0123/record.json");
    error_replace_subject(&err, "x");
    assert_string_equal(err.subject, "x");
}

static void test_passed_on_text_moves_into_the_callers_room(void **state)
{
    char room[64];
    static const char literal[] = "settle";
    struct error err = ERROR_IN(room);

    (void)state;
    {
        char *inner_room = malloc(64);
        struct error inner = {.room = inner_room, .room_size = 64};

        assert_non_null(inner_room);
        error_pass(&err, &inner);
        assert_int_equal(err.reason, ERROR_NONE);
        fail_with_own_buffers(&inner);
        error_doing(&inner, literal);
        error_at_slot(&inner, 3);
        error_pass(&err, &inner);
        memset(inner_room, '#', 64);
        free(inner_room);
    }
    assert_int_equal(err.reason, ERROR_STORAGE_CORRUPT);
    assert_string_equal(err.subject, "/state/0123/record.json");
    assert_string_equal(err.cause, "line 7 is damaged");
    assert_string_equal(err.next, "imprint erase 42");
    assert_ptr_equal(err.doing, literal);
    assert_true(err.has_slot && err.slot == 3);

    /* The first is kept here too, and clearing gives the whole room back. */
    error_pass(&err, &(struct error){.reason = ERROR_PSA});
    assert_int_equal(err.reason, ERROR_STORAGE_CORRUPT);
    error_clear(&err);
    assert_null(err.subject);
    assert_ptr_equal(error_keep(&err, "again"), room);
}

static void test_text_that_does_not_fit_is_shortened(void **state)
{
    char room[8], long_text[1100];
    struct error err = ERROR_IN(room), none = {.reason = ERROR_NONE};

    (void)state;
    assert_string_equal(error_keep(&err, "1234567"), "1234567");
    assert_null(error_keep(&err, "8"));
    error_clear(&err);
    assert_string_equal(error_keep(&err, "12345678"), "1234...");
    assert_null(error_keep(&err, ""));
    error_clear(&err);
    assert_string_equal(error_keep(&err, "1234"), "1234");
    assert_null(error_keep(&err, "5")); /* three bytes are left, too few to say that something is missing */
    assert_null(error_keep(&err, NULL));

    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    {
        char large[2048];
        struct error big = ERROR_IN(large);
        const char *text = error_keep_format(&big, "%s", long_text);

        assert_int_equal(strlen(text), 1023);
        assert_string_equal(text + 1020, "...");
    }

    error_with_subject(&none, "dropped");
    assert_null(none.subject);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_reason_has_its_row),
        cmocka_unit_test(test_first_is_kept),
        cmocka_unit_test(test_causes_by_number),
        cmocka_unit_test(test_nobody_interested),
        cmocka_unit_test(test_outside_the_enum_is_unexpected),
        cmocka_unit_test(test_text_outlives_its_source),
        cmocka_unit_test(test_passed_on_text_moves_into_the_callers_room),
        cmocka_unit_test(test_text_that_does_not_fit_is_shortened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
