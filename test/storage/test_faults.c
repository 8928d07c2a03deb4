/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file backend on a medium that fails: every system call of every operation fails in turn, in every way that
 * matters, and the process dies at every one. Afterwards the record is there in its old or its new content and nothing
 * else is, the other record is untouched, no left-over remains, and the same call made again succeeds.
 */
#include "test/support/faults.h"
#include "test/support/scratch.h"

#include <errno.h>
#include <string.h>

#include "storage/file_name.h"

enum { TARGET = 18, BYSTANDER = 17 };

static const char old_text[] = "what was there before, and a little longer";
static const char new_text[] = "what is to be there";

struct scenario {
    const char *name;
    enum storage_status (*run)(struct storage *storage);
    bool before, after; /* whether the record exists, with the old text before and the new text after */
    bool unchanged;     /* the old text stays */
};

static enum storage_status run_set(struct storage *storage)
{
    return put(storage, TARGET, bytes_of(new_text, sizeof new_text));
}

static enum storage_status run_set_same(struct storage *storage)
{
    return put(storage, TARGET, bytes_of(old_text, sizeof old_text));
}

static enum storage_status run_remove(struct storage *storage)
{
    enum storage_status status = storage->operations->remove(storage->context, TARGET);
    return status == STORAGE_ABSENT ? STORAGE_OK : status; /* so that it can be made again */
}

static enum storage_status run_reserve_set(struct storage *storage)
{
    enum storage_status status = storage->operations->reserve(storage->context, 64);
    return status == STORAGE_OK ? run_set(storage) : status;
}

static enum storage_status run_reserve_release(struct storage *storage)
{
    enum storage_status status = storage->operations->reserve(storage->context, 64);
    storage->operations->release(storage->context);
    return status;
}

static enum storage_status run_get(struct storage *storage)
{
    uint8_t room[64];
    struct bytes_out out = {.data = room, .cap = sizeof room};
    return storage->operations->get(storage->context, TARGET, 0, &out, NULL);
}

static enum storage_status run_next(struct storage *storage)
{
    uint64_t uid = BYSTANDER;
    enum storage_status status = storage->operations->next(storage->context, false, &uid);
    if (status == STORAGE_OK)
        assert_int_equal(uid, TARGET);
    return status;
}

static const struct scenario scenarios[] = {
    {"create", run_set, .before = false, .after = true},
    {"replace", run_set, .before = true, .after = true},
    {"set the same", run_set_same, .before = true, .after = true, .unchanged = true},
    {"remove", run_remove, .before = true, .after = false},
    {"reserve and create", run_reserve_set, .before = false, .after = true},
    {"reserve and replace", run_reserve_set, .before = true, .after = true},
    {"reserve and release", run_reserve_release, .before = true, .after = true, .unchanged = true},
    {"get", run_get, .before = true, .after = true, .unchanged = true},
    {"next", run_next, .before = true, .after = true, .unchanged = true},
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static struct {
    char directory[SCRATCH_PATH_MAX];
    struct storage_file file;
    struct storage storage;
    const struct scenario *scenario;
    unsigned at;
} run;

/* Which cut it was, for the message of a failed check. */
static void note(const char *what)
{
    print_message("in scenario \"%s\", call %u: %s\n", run.scenario == NULL ? "open" : run.scenario->name, run.at,
                  what);
}

static bool try_open(struct error *err)
{
    return storage_file_open(&run.file, run.directory, true, "test", &faults_system, &run.storage, err);
}

/* Opens on a medium that works. It does not wait for the disk to sync, which here would take most of the time. */
static void open_healthy(void)
{
    struct error err = {.reason = ERROR_NONE};
    faults_plan(FAULTS_NONE, 0, 0);
    if (!try_open(&err)) {
        note(err.cause);
        fail();
    }
}

/* Opens the store in the state before the scenario. */
static void prepare(const struct scenario *scenario)
{
    run.scenario = scenario;
    faults_reap();
    open_healthy();
    (void)run.storage.operations->remove(run.storage.context, TARGET);
    if (scenario->before)
        expect_status(run_set_same(&run.storage), STORAGE_OK, "prepare");
    expect_status(put(&run.storage, BYSTANDER, bytes_of("bystander", 9)), STORAGE_OK, "prepare");
}

static bool holds(const char *text, size_t size)
{
    uint8_t room[STORAGE_RECORD_MAX];
    struct bytes_out out = {.data = room, .cap = sizeof room};
    return run.storage.operations->get(run.storage.context, TARGET, 0, &out, NULL) == STORAGE_OK &&
           bytes_equal(bytes_written(&out), bytes_of(text, size));
}

static bool is_absent(void)
{
    struct bytes_out out = {.data = NULL, .cap = 0};
    return run.storage.operations->get(run.storage.context, TARGET, 0, &out, NULL) == STORAGE_ABSENT;
}

static bool is_before(void)
{
    return run.scenario->before ? holds(old_text, sizeof old_text) : is_absent();
}

static bool is_after(void)
{
    if (run.scenario->unchanged)
        return holds(old_text, sizeof old_text);
    return run.scenario->after ? holds(new_text, sizeof new_text) : is_absent();
}

static void check(bool good, const char *what)
{
    if (!good) {
        note(what);
        fail();
    }
}

/* The medium works again: old or new, bystander whole, and the call succeeds. */
static void check_and_finish(void)
{
    check(is_before() || is_after(), "neither the old nor the new content");
    expect_content(&run.storage, BYSTANDER, bytes_of("bystander", 9));
    check(run.scenario->run(&run.storage) == STORAGE_OK, "did not succeed when made again");
    check(is_after(), "not the new content");
}

/* Who has settled what was interrupted gives back the room that it had reserved. */
static void give_room_back(void)
{
    run.storage.operations->release(run.storage.context);
}

static void close_and_check_files(void)
{
    give_room_back();
    storage_file_close(&run.file);
    expect_only_records(run.directory, run.scenario->after ? 2 : 1);
}

/* Calls of an unbroken run. What it reports as done is durable. */
static unsigned count_calls(const struct scenario *scenario)
{
    prepare(scenario);
    faults_plan(FAULTS_NONE, 0, 0);
    check(scenario->run(&run.storage) == STORAGE_OK, "unbroken");
    const unsigned calls = faults_calls();
    check(faults_not_durable() == NULL, "reported before it was durable");
    check(is_after(), "unbroken, not the new content");
    close_and_check_files();
    assert_in_range(calls, 1, 100);
    return calls;
}

/* What each errno of a writing call is reported as. */
static const struct {
    int error;
    enum storage_status status;
} errors[] = {
    {ENOSPC, STORAGE_FULL},     {EDQUOT, STORAGE_FULL},      {EFBIG, STORAGE_FULL},
    {EROFS, STORAGE_READ_ONLY}, {EACCES, STORAGE_READ_ONLY}, {EPERM, STORAGE_READ_ONLY},
    {EIO, STORAGE_FAILED},      {EMFILE, STORAGE_FAILED},    {ENOMEM, STORAGE_FAILED},
};
enum { ERRORS = sizeof errors / sizeof errors[0] };

static void fail_every_call(enum faults_mode mode)
{
    unsigned seen[STORAGE_FAILED + 1] = {0};
    for (unsigned s = 0; s < SCENARIOS; s++) {
        const unsigned calls = count_calls(&scenarios[s]);
        for (unsigned e = 0; e < ERRORS; e++) {
            for (run.at = 1; run.at <= calls; run.at++) {
                for (int reopen = 0; reopen < 2; reopen++) {
                    prepare(&scenarios[s]);
                    faults_plan(mode, run.at, errors[e].error);
                    enum storage_status status = scenarios[s].run(&run.storage);
                    seen[status]++;
                    check(status == STORAGE_OK || status == STORAGE_FAILED || status == errors[e].status,
                          storage_status_text(status));
                    check(status != STORAGE_OK || faults_not_durable() == NULL, "reported before it was durable");
                    faults_plan(FAULTS_NONE, 0, 0);
                    check(status != STORAGE_OK || is_after(), "reported as done, and is not");
                    check(status == STORAGE_OK || status == STORAGE_FAILED || is_before(),
                          "reported as unchanged, and is not");
                    if (reopen == 1) {
                        storage_file_close(&run.file);
                        open_healthy();
                    }
                    check_and_finish();
                    check(reopen == 1 || faults_not_durable() == NULL, "made again, but not durable");
                    close_and_check_files();
                }
            }
        }
    }
    assert_true(seen[STORAGE_FULL] > 0 && seen[STORAGE_READ_ONLY] > 0 && seen[STORAGE_FAILED] > 0);
}

static void test_every_call_fails(void **state)
{
    (void)state;
    fail_every_call(FAULTS_ERROR);
}

/* The medium did it and said it did not: what was reported as failed may have happened, what as done has. */
static void test_every_call_fails_late(void **state)
{
    (void)state;
    for (unsigned s = 0; s < SCENARIOS; s++) {
        const unsigned calls = count_calls(&scenarios[s]);
        for (run.at = 1; run.at <= calls; run.at++) {
            prepare(&scenarios[s]);
            faults_plan(FAULTS_LATE_ERROR, run.at, EIO);
            enum storage_status status = scenarios[s].run(&run.storage);
            faults_plan(FAULTS_NONE, 0, 0);
            check(status == STORAGE_OK || status == STORAGE_FAILED, storage_status_text(status));
            check(status != STORAGE_OK || is_after(), "reported as done, and is not");
            check_and_finish();
            check(faults_not_durable() == NULL, "made again, but not durable");
            close_and_check_files();
        }
    }
}

/* The medium fails for good at some call; nothing is cleaned up before the restart. */
static void test_fails_from_a_call_on(void **state)
{
    (void)state;
    for (unsigned s = 0; s < SCENARIOS; s++) {
        const unsigned calls = count_calls(&scenarios[s]);
        for (unsigned e = 0; e < ERRORS; e++) {
            for (run.at = 1; run.at <= calls; run.at++) {
                prepare(&scenarios[s]);
                faults_plan(FAULTS_ERROR_FROM, run.at, errors[e].error);
                enum storage_status status = scenarios[s].run(&run.storage);
                check(status == STORAGE_OK || status == STORAGE_FAILED || status == errors[e].status,
                      storage_status_text(status));
                check(status != STORAGE_OK || faults_not_durable() == NULL, "reported before it was durable");
                check(!is_absent() || faults_not_durable() == NULL, "called absent before that was durable");
                storage_file_close(&run.file);
                /* What the dead medium could not sync is synced before anybody builds on it. */
                open_healthy();
                check(faults_not_durable() == NULL, "opened, but not durable");
                check(status != STORAGE_OK || is_after(), "reported as done, and is not");
                check_and_finish();
                close_and_check_files();
            }
        }
    }
}

/* The process dies before, in the middle of and after every call. */
static void test_crash_at_every_call(void **state)
{
    (void)state;
    static const enum faults_mode modes[] = {FAULTS_CRASH, FAULTS_TORN};
    for (unsigned s = 0; s < SCENARIOS; s++) {
        const unsigned calls = count_calls(&scenarios[s]);
        for (unsigned m = 0; m < 2; m++) {
            for (run.at = 1; run.at <= calls; run.at++) {
                prepare(&scenarios[s]);
                faults_plan(modes[m], run.at, 0);
                (void)scenarios[s].run(&run.storage);
                assert_true(faults_fired());
                faults_reap();
                open_healthy();
                give_room_back();
                expect_only_records(run.directory, is_absent() ? 1 : 2);
                check_and_finish();
                close_and_check_files();
            }
        }
    }
}

static void test_interrupted_calls(void **state)
{
    (void)state;
    unsigned interrupted = 0;
    for (unsigned s = 0; s < SCENARIOS; s++) {
        const unsigned calls = count_calls(&scenarios[s]);
        for (run.at = 1; run.at <= calls; run.at++) {
            prepare(&scenarios[s]);
            faults_plan(FAULTS_INTERRUPT, run.at, 0);
            check(scenarios[s].run(&run.storage) == STORAGE_OK, "an interrupted call");
            interrupted += faults_fired();
            check(is_after(), "not the new content");
            close_and_check_files();
        }
    }
    assert_true(interrupted > SCENARIOS);
}

static void test_short_reads_and_writes(void **state)
{
    (void)state;
    for (unsigned s = 0; s < SCENARIOS; s++) {
        for (run.at = 1; run.at <= 9; run.at += 4) {
            prepare(&scenarios[s]);
            faults_plan(FAULTS_SHORT, run.at, 0);
            check(scenarios[s].run(&run.storage) == STORAGE_OK, "short reads and writes");
            check(is_after(), "not the new content");
            close_and_check_files();
        }
    }
}

/* Room that was reserved can be used however full the disk is since, and nothing else can. */
static void test_reserved_room_on_a_full_disk(void **state)
{
    (void)state;
    uint8_t content[64];
    fill_content(content, sizeof content, 1);
    static const size_t sizes[] = {0, 1, 44, 63, 64};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        prepare(&scenarios[0]);
        expect_status(run.storage.operations->reserve(run.storage.context, 64), STORAGE_OK, "reserve");
        faults_plan(FAULTS_FULL_FROM, 1, 0);
        expect_status(put(&run.storage, BYSTANDER, bytes_of("newcomer", 8)), STORAGE_FULL, "replace");
        expect_status(put(&run.storage, TARGET, bytes_of(content, sizes[i])), STORAGE_OK, "create");
        expect_status(put(&run.storage, TARGET + 1, bytes_of(content, 1)), STORAGE_FULL, "create without room");
        expect_status(run.storage.operations->reserve(run.storage.context, 0), STORAGE_FULL, "reserve");
        expect_content(&run.storage, TARGET, bytes_of(content, sizes[i]));
        expect_content(&run.storage, BYSTANDER, bytes_of("bystander", 9));
        expect_status(run.storage.operations->remove(run.storage.context, TARGET), STORAGE_OK, "remove");
        storage_file_close(&run.file);
        expect_only_records(run.directory, 1);
    }
}

/* What cannot be read is not written over: it may be write-once, or of a later version. */
static void test_unreadable_is_kept(void **state)
{
    (void)state;
    static const int some_errors[] = {EIO, EACCES, EMFILE, ENOMEM};
    prepare(&scenarios[0]);
    const struct storage_operations *operations = run.storage.operations;
    expect_status(operations->set(run.storage.context, TARGET, STORAGE_FLAG_WRITE_ONCE, bytes_of("once", 4)),
                  STORAGE_OK, "set");
    for (size_t e = 0; e < sizeof some_errors / sizeof some_errors[0]; e++) {
        for (run.at = 1; run.at <= 2; run.at++) { /* open, read */
            faults_plan(FAULTS_ERROR, run.at, some_errors[e]);
            expect_status(run_set(&run.storage), STORAGE_FAILED, "set");
            faults_plan(FAULTS_ERROR, run.at, some_errors[e]);
            expect_status(operations->remove(run.storage.context, TARGET), STORAGE_FAILED, "remove");
            faults_plan(FAULTS_ERROR, run.at, some_errors[e]);
            expect_status(run_get(&run.storage), STORAGE_FAILED, "get");
            faults_plan(FAULTS_NONE, 0, 0);
            expect_content(&run.storage, TARGET, bytes_of("once", 4));
        }
    }
    storage_file_close(&run.file);
}

/* The watch over durability notices a backend that does not sync. */
static void test_the_watch_itself(void **state)
{
    (void)state;
    prepare(&scenarios[0]);
    faults_plan(FAULTS_LYING_SYNC, 0, 0);
    expect_status(run_set(&run.storage), STORAGE_OK, "set");
    assert_non_null(faults_not_durable());
    storage_file_close(&run.file);
    faults_reap();
    prepare(&scenarios[3]);
    faults_plan(FAULTS_LYING_SYNC, 0, 0);
    expect_status(run_remove(&run.storage), STORAGE_OK, "remove");
    assert_string_equal(faults_not_durable(), "the directory was not synced");
    storage_file_close(&run.file);
}

/* What opening finds there. */
static void begin_with_nothing(void)
{
    scratch_remove(run.directory);
}

static void begin_with_left_overs(void)
{
    open_healthy();
    expect_status(put(&run.storage, BYSTANDER, bytes_of("bystander", 9)), STORAGE_OK, "prepare");
    storage_file_close(&run.file);
    file_store(path_in(run.directory, STORAGE_FILE_TEMP), bytes_of("half a rec", 10));
    file_store(path_in(run.directory, STORAGE_FILE_RESERVED), bytes_of("\0\0\0\0", 4));
}

static void begin_with_an_empty_directory(void)
{
    scratch_remove(run.directory);
    scratch_make(run.directory);
}

static void (*const beginnings[])(void) = {begin_with_nothing, begin_with_left_overs, begin_with_an_empty_directory};

static void test_opening(void **state)
{
    (void)state;
    static const enum faults_mode modes[] = {FAULTS_ERROR, FAULTS_LATE_ERROR, FAULTS_ERROR_FROM,
                                             FAULTS_CRASH, FAULTS_TORN,       FAULTS_INTERRUPT};
    static const int some_errors[] = {EIO, ENOSPC, EACCES, EROFS};
    run.scenario = NULL;
    for (unsigned b = 0; b < 3; b++) {
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        beginnings[b]();
        faults_reap();
        faults_plan(FAULTS_NONE, 0, 0);
        assert_true(try_open(&err));
        check(faults_not_durable() == NULL, "opened, but not durable");
        const unsigned calls = faults_calls();
        storage_file_close(&run.file);
        for (unsigned m = 0; m < sizeof modes / sizeof modes[0]; m++) {
            for (unsigned e = 0; e < sizeof some_errors / sizeof some_errors[0]; e++) {
                for (run.at = 1; run.at <= calls; run.at++) {
                    beginnings[b]();
                    error_clear(&err);
                    faults_plan(modes[m], run.at, some_errors[e]);
                    if (try_open(&err)) {
                        check(modes[m] == FAULTS_CRASH || modes[m] == FAULTS_TORN || faults_not_durable() == NULL,
                              "opened, but not durable");
                        storage_file_close(&run.file);
                    } else {
                        check(modes[m] != FAULTS_INTERRUPT, "an interrupted call");
                        check(err.reason == ERROR_STORAGE_FAILED || err.reason == ERROR_STORAGE_FULL ||
                                  err.reason == ERROR_DEVICE_BUSY,
                              error_reason_name(err.reason));
                        assert_non_null(err.cause);
                        assert_non_null(err.next);
                        assert_string_equal(err.doing, "open the key storage");
                        assert_string_equal(err.subject, run.directory);
                    }
                    faults_reap();
                    open_healthy();
                    if (b == 1)
                        expect_content(&run.storage, BYSTANDER, bytes_of("bystander", 9));
                    give_room_back();
                    storage_file_close(&run.file);
                    expect_only_records(run.directory, b == 1 ? 1 : 0);
                }
            }
        }
    }
}

static int start(void **state)
{
    (void)state;
    scratch_make(run.directory);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    scratch_remove(run.directory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_call_fails, start, stop),
        cmocka_unit_test_setup_teardown(test_every_call_fails_late, start, stop),
        cmocka_unit_test_setup_teardown(test_fails_from_a_call_on, start, stop),
        cmocka_unit_test_setup_teardown(test_crash_at_every_call, start, stop),
        cmocka_unit_test_setup_teardown(test_interrupted_calls, start, stop),
        cmocka_unit_test_setup_teardown(test_short_reads_and_writes, start, stop),
        cmocka_unit_test_setup_teardown(test_reserved_room_on_a_full_disk, start, stop),
        cmocka_unit_test_setup_teardown(test_unreadable_is_kept, start, stop),
        cmocka_unit_test_setup_teardown(test_the_watch_itself, start, stop),
        cmocka_unit_test_setup_teardown(test_opening, start, stop),
    };
    return cmocka_run_group_tests_name("storage on a failing medium", tests, NULL, NULL);
}
