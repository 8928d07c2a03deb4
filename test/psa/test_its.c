/* SPDX-License-Identifier: Apache-2.0 */
/* PSA ITS over a mounted store, without the core: arguments, statuses, and what a transaction does to the calls in it.
 */
#include "test/support/scratch.h"

#include <psa/crypto.h>
#include <psa/internal_trusted_storage.h>

#include <string.h>

#include "base/order.h"
#include "psa/its.h"
#include "storage/memory.h"
#include "psa/scrap.h"
#include "psa/transaction.h"

static struct {
    struct storage_memory memory;
    struct storage storage;
    struct its its;
    uint8_t room[1024];
} run;

static int start(void **state)
{
    (void)state;
    storage_memory_open(&run.memory, run.room, sizeof run.room, &run.storage);
    its_mount(&run.its, &run.storage);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    its_unmount();
    return 0;
}

/* The 24 bytes in which Mbed TLS 3.6 notes a transaction; driver location 0x42. */
static void make_transaction(uint8_t record[static TRANSACTION_BYTES], uint16_t kind, uint32_t id)
{
    memset(record, 0, TRANSACTION_BYTES);
    store16_le(record, kind);
    store32_le(record + 4, 0x4201);
    store64_le(record + 8, 2);
    store32_le(record + 16, id);
}

static psa_status_t open_transaction(uint16_t kind, uint32_t id)
{
    uint8_t record[TRANSACTION_BYTES];
    make_transaction(record, kind, id);
    return psa_its_set(TRANSACTION_UID, sizeof record, record, 0);
}

static void test_arguments(void **state)
{
    (void)state;
    uint8_t byte = 1;
    size_t length = 99;
    struct psa_storage_info_t info;
    assert_int_equal(psa_its_set(0, 1, &byte, 0), PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(psa_its_set(1, 1, NULL, 0), PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(psa_its_set(1, 1, &byte, 2), PSA_ERROR_NOT_SUPPORTED);
    assert_int_equal(psa_its_set(1, 0, NULL, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_get(0, 0, 1, &byte, &length), PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(psa_its_get(1, 0, 1, NULL, &length), PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(psa_its_get(1, 0, 1, &byte, NULL), PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(psa_its_get(1, 0, 0, NULL, &length), PSA_SUCCESS);
    assert_int_equal(length, 0);
    assert_int_equal(psa_its_get_info(0, &info), PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(psa_its_get_info(1, NULL), PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(psa_its_remove(0), PSA_ERROR_INVALID_ARGUMENT);
}

static void test_unmounted(void **state)
{
    (void)state;
    uint8_t byte = 1;
    size_t length = 99;
    struct psa_storage_info_t info;
    its_unmount();
    assert_null(its_session());
    assert_int_equal(psa_its_set(1, 1, &byte, 0), PSA_ERROR_STORAGE_FAILURE);
    assert_int_equal(psa_its_get(1, 0, 1, &byte, &length), PSA_ERROR_STORAGE_FAILURE);
    assert_int_equal(length, 0);
    assert_int_equal(psa_its_get_info(1, &info), PSA_ERROR_STORAGE_FAILURE);
    assert_int_equal(psa_its_remove(1), PSA_ERROR_STORAGE_FAILURE);
}

static void test_reads(void **state)
{
    (void)state;
    static const struct {
        uint32_t offset, wanted;
        psa_status_t status;
        size_t length;
    } rows[] = {
        {0, 5, PSA_SUCCESS, 5},
        {0, 50, PSA_SUCCESS, 5},
        {2, 2, PSA_SUCCESS, 2},
        {4, 9, PSA_SUCCESS, 1},
        {5, 1, PSA_SUCCESS, 0},
        {5, 0, PSA_SUCCESS, 0},
        {6, 0, PSA_ERROR_INVALID_ARGUMENT, 0},
        {6, 1, PSA_ERROR_INVALID_ARGUMENT, 0},
        {UINT32_MAX, UINT32_MAX, PSA_ERROR_INVALID_ARGUMENT, 0},
    };
    struct psa_storage_info_t info;
    size_t length;
    uint8_t out[64];
    assert_int_equal(psa_its_get(7, 0, 5, out, &length), PSA_ERROR_DOES_NOT_EXIST);
    assert_int_equal(psa_its_get_info(7, &info), PSA_ERROR_DOES_NOT_EXIST);
    assert_int_equal(psa_its_remove(7), PSA_ERROR_DOES_NOT_EXIST);
    assert_int_equal(psa_its_set(7, 5, "abcde", 0), PSA_SUCCESS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        length = 99;
        assert_int_equal(psa_its_get(7, rows[i].offset, rows[i].wanted, out, &length), rows[i].status);
        assert_int_equal(length, rows[i].length);
        if (length > 0)
            assert_memory_equal(out, &"abcde"[rows[i].offset], length);
    }
    assert_int_equal(psa_its_get_info(7, &info), PSA_SUCCESS);
    assert_int_equal(info.size, 5);
    assert_int_equal(info.flags, 0);
    assert_int_equal(psa_its_remove(7), PSA_SUCCESS);
    assert_int_equal(psa_its_get_info(7, &info), PSA_ERROR_DOES_NOT_EXIST);
}

static void test_write_once(void **state)
{
    (void)state;
    struct psa_storage_info_t info;
    assert_int_equal(psa_its_set(7, 1, "a", PSA_STORAGE_FLAG_WRITE_ONCE), PSA_SUCCESS);
    assert_int_equal(psa_its_set(7, 1, "b", 0), PSA_ERROR_NOT_PERMITTED);
    assert_int_equal(psa_its_remove(7), PSA_ERROR_NOT_PERMITTED);
    assert_int_equal(psa_its_get_info(7, &info), PSA_SUCCESS);
    assert_int_equal(info.flags, PSA_STORAGE_FLAG_WRITE_ONCE);
}

/* A backend that answers everything with one status. */
static enum storage_status answer;

static enum storage_status answer_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    (void)context;
    (void)uid;
    (void)flags;
    (void)content;
    return answer;
}

static enum storage_status answer_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                      struct storage_record *record)
{
    (void)context;
    (void)offset;
    (void)out;
    *record = (struct storage_record){.uid = uid};
    return answer;
}

static enum storage_status answer_remove(void *context, uint64_t uid)
{
    (void)context;
    (void)uid;
    return answer;
}

static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        int status;
        psa_status_t expected;
    } rows[] = {
        {STORAGE_OK, PSA_SUCCESS},
        {STORAGE_ABSENT, PSA_ERROR_DOES_NOT_EXIST},
        {STORAGE_FULL, PSA_ERROR_INSUFFICIENT_STORAGE},
        {STORAGE_READ_ONLY, PSA_ERROR_STORAGE_FAILURE},
        {STORAGE_PERMANENT, PSA_ERROR_NOT_PERMITTED},
        {STORAGE_CORRUPT, PSA_ERROR_DATA_CORRUPT},
        {STORAGE_FUTURE, PSA_ERROR_DATA_INVALID},
        {STORAGE_FAILED, PSA_ERROR_STORAGE_FAILURE},
        {STORAGE_REFUSED, PSA_ERROR_NOT_SUPPORTED},
        {STORAGE_REFUSED + 1, PSA_ERROR_GENERIC_ERROR},
        {-1, PSA_ERROR_GENERIC_ERROR},
    };
    static const struct storage_operations operations = {.set = answer_set, .get = answer_get, .remove = answer_remove};
    struct storage storage = {.operations = &operations};
    struct psa_storage_info_t info;
    size_t length;
    its_mount(&run.its, &storage);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        answer = (enum storage_status)rows[i].status;
        assert_int_equal(psa_its_set(1, 0, NULL, 0), rows[i].expected);
        assert_int_equal(psa_its_get(1, 0, 0, NULL, &length), rows[i].expected);
        assert_int_equal(psa_its_get_info(1, &info), rows[i].expected);
        assert_int_equal(psa_its_remove(1), rows[i].expected);
    }
    /* Whatever hinders looking for a key's record, the transaction is not opened. */
    for (answer = STORAGE_FULL; answer <= STORAGE_FAILED; answer++)
        assert_int_not_equal(open_transaction(TRANSACTION_CREATE, 3), PSA_SUCCESS);
}

static void test_driver_data(void **state)
{
    (void)state;
    struct psa_storage_info_t info;
    assert_int_equal(psa_its_set(0xfffffe42, 0, NULL, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_get_info(0xfffffe42, &info), PSA_ERROR_DOES_NOT_EXIST);
    assert_int_equal(psa_its_set(0xfffffe42, 2, "ab", 0), PSA_SUCCESS);
    assert_int_equal(psa_its_set(0xfffffe42, 0, NULL, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_get_info(0xfffffe42, &info), PSA_SUCCESS);
    assert_int_equal(info.size, 0);
    /* Only a driver's data is treated so. */
    assert_int_equal(psa_its_set(0xfffffe00, 0, NULL, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_get_info(0xfffffe00, &info), PSA_SUCCESS);
    assert_int_equal(psa_its_set(0xffffff00, 0, NULL, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_get_info(0xffffff00, &info), PSA_SUCCESS);
}

static void test_creation(void **state)
{
    (void)state;
    struct psa_storage_info_t info;
    uint8_t key[44] = {0};
    assert_int_equal(open_transaction(TRANSACTION_CREATE, 18), PSA_SUCCESS);
    assert_true(run.memory.reserved > sizeof key);
    assert_int_equal(psa_its_set(18, sizeof key, key, 0), PSA_SUCCESS);
    assert_int_equal(run.memory.reserved, 0);
    assert_int_equal(psa_its_set(0xfffffe42, 0, NULL, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
    /* The id is taken now, and no transaction is opened for it. */
    assert_int_equal(open_transaction(TRANSACTION_CREATE, 18), PSA_ERROR_ALREADY_EXISTS);
    assert_int_equal(psa_its_get_info(TRANSACTION_UID, &info), PSA_ERROR_DOES_NOT_EXIST);
    assert_int_equal(run.memory.reserved, 0);
    assert_int_equal(psa_its_get_info(18, &info), PSA_SUCCESS);
}

static void test_creation_without_room(void **state)
{
    (void)state;
    struct psa_storage_info_t info;
    uint8_t key[44] = {0};
    /* Room for the key's record is reserved before the transaction is stored, so beside all that is kept for that. */
    const size_t both = STORAGE_MEMORY_BYTES(STORAGE_KEPT_BYTES) + STORAGE_MEMORY_BYTES(64);
    const size_t left = STORAGE_KEPT_BYTES - TRANSACTION_BYTES; /* by a transaction without a note */
    static const uint8_t grown[2 + STORAGE_KEPT_BYTES];
    for (size_t room = 0; room <= both; room++) {
        storage_memory_open(&run.memory, run.room, room, &run.storage);
        psa_status_t status = open_transaction(TRANSACTION_CREATE, 18);
        assert_int_equal(status, room < both ? PSA_ERROR_INSUFFICIENT_STORAGE : PSA_SUCCESS);
        assert_int_equal(psa_its_get_info(TRANSACTION_UID, &info),
                         room < both ? PSA_ERROR_DOES_NOT_EXIST : PSA_SUCCESS);
    }
    /* The room is the key's: nothing else gets it by growing. */
    storage_memory_open(&run.memory, run.room, both + STORAGE_MEMORY_BYTES(1), &run.storage);
    assert_int_equal(psa_its_set(5, 1, "a", 0), PSA_SUCCESS);
    assert_int_equal(open_transaction(TRANSACTION_CREATE, 18), PSA_SUCCESS);
    assert_int_equal(psa_its_set(5, 2 + left, grown, 0), PSA_ERROR_INSUFFICIENT_STORAGE);
    assert_int_equal(psa_its_set(5, 1 + left, grown, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_set(18, sizeof key, key, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
}

/* The core forgets that a key's record was not stored; the write that follows reminds it, with the reason. */
static void test_record_missing(void **state)
{
    (void)state;
    static const uint8_t long_key[950];
    uint8_t key[44] = {0};
    struct psa_storage_info_t info;
    assert_int_equal(open_transaction(TRANSACTION_CREATE, 18), PSA_SUCCESS);
    assert_int_equal(psa_its_set(18, sizeof long_key, long_key, 0), PSA_ERROR_INSUFFICIENT_STORAGE);
    assert_int_equal(psa_its_set(0xfffffe42, 0, NULL, 0), PSA_ERROR_INSUFFICIENT_STORAGE);
    assert_int_equal(psa_its_set(0xfffffe42, 1, "x", 0), PSA_ERROR_INSUFFICIENT_STORAGE);
    assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
    assert_int_equal(run.memory.reserved, 0);
    assert_int_equal(psa_its_set(0xfffffe42, 1, "x", 0), PSA_SUCCESS);
    /* Never offered. */
    assert_int_equal(open_transaction(TRANSACTION_CREATE, 18), PSA_SUCCESS);
    assert_int_equal(psa_its_set(0xfffffe42, 1, "y", 0), PSA_ERROR_STORAGE_FAILURE);
    /* Stored, and then removed by the core, which found it wanting. */
    assert_int_equal(psa_its_set(18, sizeof key, key, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_remove(18), PSA_SUCCESS);
    assert_int_equal(psa_its_set(0xfffffe42, 1, "y", 0), PSA_ERROR_STORAGE_FAILURE);
    assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
    /* A transaction that cannot be closed is reported as failed, and leaves no key. */
    assert_int_equal(open_transaction(TRANSACTION_CREATE, 18), PSA_SUCCESS);
    assert_int_equal(psa_its_set(18, sizeof key, key, 0), PSA_SUCCESS);
    assert_int_equal(run.storage.operations->remove(run.storage.context, TRANSACTION_UID), STORAGE_OK);
    assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_ERROR_DOES_NOT_EXIST);
    assert_int_equal(psa_its_get_info(18, &info), PSA_ERROR_DOES_NOT_EXIST);
}

static void test_hold(void **state)
{
    (void)state;
    assert_int_equal(psa_its_set(18, 1, "k", 0), PSA_SUCCESS);
    assert_int_equal(psa_its_set(19, 1, "k", 0), PSA_SUCCESS);
    se_session_keep_record(&run.its.session, 18);
    assert_int_equal(psa_its_remove(18), PSA_ERROR_NOT_PERMITTED);
    assert_int_equal(psa_its_remove(19), PSA_SUCCESS);
    se_session_keep_record(&run.its.session, 19);
    assert_int_equal(psa_its_remove(18), PSA_SUCCESS);
    assert_int_equal(psa_its_set(18, 1, "k", 0), PSA_SUCCESS);
    se_session_keep_record(&run.its.session, 18);
    se_session_keep_record(&run.its.session, 0);
    assert_int_equal(psa_its_remove(18), PSA_SUCCESS);
    /* A hold ends with its transaction. */
    assert_int_equal(psa_its_set(18, 1, "k", 0), PSA_SUCCESS);
    assert_int_equal(open_transaction(TRANSACTION_DESTROY, 18), PSA_SUCCESS);
    se_session_keep_record(&run.its.session, 18);
    assert_int_equal(psa_its_remove(18), PSA_ERROR_NOT_PERMITTED);
    assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
    assert_int_equal(psa_its_remove(18), PSA_SUCCESS);
}

static void test_transaction_record(void **state)
{
    (void)state;
    struct se_transaction transaction;
    uint8_t record[TRANSACTION_BYTES + 1] = {0};
    static const struct {
        const char *name;
        uint16_t kind;
        uint32_t id;
        size_t len;
        bool good;
    } rows[] = {
        {"create", 1, 18, 24, true},  {"destroy", 2, 18, 24, true},         {"kind 0", 0, 18, 24, false},
        {"kind 3", 3, 18, 24, false}, {"kind 0x101", 0x101, 18, 24, false}, {"no key", 1, 0, 24, false},
        {"empty", 1, 18, 0, false},   {"short", 1, 18, 23, false},          {"long", 1, 18, 25, false},
    };
    expect_status(transaction_read(&run.storage, &transaction), STORAGE_ABSENT, "read");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make_transaction(record, rows[i].kind, rows[i].id);
        assert_int_equal(transaction_parse(bytes_of(record, rows[i].len), &transaction), rows[i].good);
        expect_status(put(&run.storage, TRANSACTION_UID, bytes_of(record, rows[i].len)), STORAGE_OK, "set");
        expect_status(transaction_read(&run.storage, &transaction), rows[i].good ? STORAGE_OK : STORAGE_CORRUPT,
                      rows[i].name);
        if (rows[i].good) {
            assert_int_equal(transaction.kind, rows[i].kind);
            assert_int_equal(transaction.lifetime, 0x4201);
            assert_int_equal(transaction.slot, 2);
            assert_int_equal(transaction.uid, 18);
        }
    }
}

/* The driver's note lies behind the core's bytes, in the same write, and the core never sees it. */
static void test_note(void **state)
{
    (void)state;
    static const struct transaction_note notes[] = {{TRANSACTION_CREATION_IMPORT, false},
                                                    {TRANSACTION_CREATION_GENERATE, true},
                                                    {TRANSACTION_CREATION_REGISTER, false}};
    struct se_transaction transaction;
    struct psa_storage_info_t info;
    uint8_t record[TRANSACTION_BYTES], shown[40];
    size_t len = 0;

    make_transaction(record, TRANSACTION_CREATE, 18);
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        se_session_note_creation(&run.its.session, 18, notes[i]);
        assert_int_equal(open_transaction(TRANSACTION_CREATE, 18), PSA_SUCCESS);
        expect_status(transaction_read(&run.storage, &transaction), STORAGE_OK, "read");
        assert_int_equal(transaction.note.creation, notes[i].creation);
        assert_int_equal(transaction.note.fresh, notes[i].fresh);
        assert_int_equal(psa_its_get_info(TRANSACTION_UID, &info), PSA_SUCCESS);
        assert_int_equal(info.size, sizeof record);
        for (uint32_t offset = 0; offset <= sizeof record; offset++) {
            assert_int_equal(psa_its_get(TRANSACTION_UID, offset, sizeof shown, shown, &len), PSA_SUCCESS);
            assert_int_equal(len, sizeof record - offset);
            assert_memory_equal(shown, record + offset, len);
        }
        assert_int_equal(psa_its_get(TRANSACTION_UID, sizeof record + 1, 1, shown, &len), PSA_ERROR_INVALID_ARGUMENT);
        assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
    }
    /* A note belongs to its key, to a creation, and to one transaction. */
    static const struct {
        uint32_t noted, created;
        uint16_t kind;
    } rows[] = {{19, 18, TRANSACTION_CREATE}, {18, 18, TRANSACTION_DESTROY}, {0, 18, TRANSACTION_CREATE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].noted != 0)
            se_session_note_creation(&run.its.session, rows[i].noted, notes[1]);
        assert_int_equal(open_transaction(rows[i].kind, rows[i].created), PSA_SUCCESS);
        expect_status(transaction_read(&run.storage, &transaction), STORAGE_OK, "read");
        assert_int_equal(transaction.note.creation, TRANSACTION_CREATION_UNKNOWN);
        assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
    }
}

/* Nothing is concluded from a note that this version does not write. */
static void test_foreign_notes(void **state)
{
    (void)state;
    static const struct {
        uint8_t stored[TRANSACTION_NOTE_BYTES];
        bool known;
    } rows[] = {
        {{1, TRANSACTION_CREATION_IMPORT, 0, 0}, true},        {{1, TRANSACTION_CREATION_IMPORT, 1, 0}, true},
        {{1, TRANSACTION_CREATION_GENERATE, 1, 0}, true},      {{1, TRANSACTION_CREATION_REGISTER, 0, 0}, true},
        {{1, TRANSACTION_CREATION_REGISTER, 1, 0}, false},     {{1, TRANSACTION_CREATION_UNKNOWN, 1, 0}, false},
        {{1, TRANSACTION_CREATION_GENERATE, 2, 0}, false},     {{1, TRANSACTION_CREATION_GENERATE, 1, 1}, false},
        {{1, TRANSACTION_CREATION_REGISTER + 1, 0, 0}, false}, {{2, TRANSACTION_CREATION_GENERATE, 1, 0}, false},
        {{0, TRANSACTION_CREATION_GENERATE, 1, 0}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t content[TRANSACTION_BYTES + TRANSACTION_NOTE_BYTES];
        struct se_transaction transaction;

        make_transaction(content, TRANSACTION_CREATE, 18);
        memcpy(content + TRANSACTION_BYTES, rows[i].stored, sizeof rows[i].stored);
        assert_true(transaction_parse(bytes_of(content, sizeof content), &transaction));
        assert_int_equal(transaction.note.creation, rows[i].known ? rows[i].stored[1] : TRANSACTION_CREATION_UNKNOWN);
        assert_int_equal(transaction.note.fresh, rows[i].known && rows[i].stored[2] == 1);
    }
}

static unsigned recoveries;
static bool recovery_works;

static void recover(struct se_session *session, void *context)
{
    struct storage *storage = context;

    assert_ptr_equal(session, &run.its.session);
    recoveries++;
    if (recovery_works)
        (void)storage->operations->remove(storage->context, TRANSACTION_UID);
}

/* What an interrupted run has left is nothing to the core, and is settled before another transaction is opened. */
static void test_left_over(void **state)
{
    (void)state;
    uint8_t record[TRANSACTION_BYTES];
    struct psa_storage_info_t info;
    size_t len;

    make_transaction(record, TRANSACTION_CREATE, 18);
    run.its.session.recover = recover;
    run.its.session.recover_context = &run.storage;
    recoveries = 0;
    for (uint32_t size = 0; size <= sizeof record; size++) {
        expect_status(put(&run.storage, TRANSACTION_UID, bytes_of(record, size)), STORAGE_OK, "set");
        assert_int_equal(psa_its_get_info(TRANSACTION_UID, &info), PSA_ERROR_DOES_NOT_EXIST);
        assert_int_equal(psa_its_get(TRANSACTION_UID, 0, sizeof record, record, &len), PSA_ERROR_DOES_NOT_EXIST);
        assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_ERROR_DOES_NOT_EXIST);
        assert_int_equal(recoveries, 2 * size);
        recovery_works = false;
        assert_int_equal(open_transaction(TRANSACTION_DESTROY, 19), PSA_ERROR_STORAGE_FAILURE);
        recovery_works = true;
        assert_int_equal(open_transaction(TRANSACTION_DESTROY, 19), PSA_SUCCESS);
        assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
        assert_int_equal(recoveries, 2 * size + 2);
    }
}

/* A key that is made takes the scrap record with it; one that fails after the chip has begun leaves one. */
static void test_scrap(void **state)
{
    (void)state;
    const uint64_t uid = scrap_uid(0x42, 2);
    uint8_t key[44] = {0};
    bool due = true;

    assert_int_equal(uid, UINT64_C(0x4200000002));
    assert_int_equal(scrap_uid(0, 2), 0);
    assert_int_equal(scrap_uid(0x42, UINT64_C(0x100000000)), 0);
    for (int begun = 0; begun < 2; begun++) {
        for (int fresh = 0; fresh < 2; fresh++) {
            se_session_note_creation(&run.its.session, 18,
                                     (struct transaction_note){TRANSACTION_CREATION_GENERATE, fresh == 1});
            assert_int_equal(open_transaction(TRANSACTION_CREATE, 18), PSA_SUCCESS);
            if (begun == 1)
                se_session_note_chip_written(&run.its.session);
            assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
            assert_int_equal(scrap_get(&run.storage, uid, &due),
                             begun == 1 && fresh == 1 ? STORAGE_OK : STORAGE_ABSENT);
        }
    }
    assert_false(due);
    expect_status(scrap_set(&run.storage, uid, true), STORAGE_OK, "due");
    assert_int_equal(open_transaction(TRANSACTION_CREATE, 18), PSA_SUCCESS);
    assert_int_equal(psa_its_set(18, sizeof key, key, 0), PSA_SUCCESS);
    expect_status(scrap_get(&run.storage, uid, &due), STORAGE_OK, "not reported yet");
    assert_true(due);
    assert_int_equal(psa_its_remove(TRANSACTION_UID), PSA_SUCCESS);
    expect_status(scrap_get(&run.storage, uid, &due), STORAGE_ABSENT, "reported");
    expect_status(scrap_clear(&run.storage, uid), STORAGE_OK, "none to clear");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_arguments, start, stop),
        cmocka_unit_test_setup_teardown(test_unmounted, start, stop),
        cmocka_unit_test_setup_teardown(test_reads, start, stop),
        cmocka_unit_test_setup_teardown(test_write_once, start, stop),
        cmocka_unit_test_setup_teardown(test_statuses, start, stop),
        cmocka_unit_test_setup_teardown(test_driver_data, start, stop),
        cmocka_unit_test_setup_teardown(test_creation, start, stop),
        cmocka_unit_test_setup_teardown(test_creation_without_room, start, stop),
        cmocka_unit_test_setup_teardown(test_record_missing, start, stop),
        cmocka_unit_test_setup_teardown(test_hold, start, stop),
        cmocka_unit_test_setup_teardown(test_transaction_record, start, stop),
        cmocka_unit_test_setup_teardown(test_note, start, stop),
        cmocka_unit_test_setup_teardown(test_foreign_notes, start, stop),
        cmocka_unit_test_setup_teardown(test_left_over, start, stop),
        cmocka_unit_test_setup_teardown(test_scrap, start, stop),
    };
    return cmocka_run_group_tests_name("PSA ITS", tests, NULL, NULL);
}
