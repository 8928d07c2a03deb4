/* SPDX-License-Identifier: Apache-2.0 */
/* What is special to the file backend: opening, the lock, permissions, links and other traps in the directory. */
#define _GNU_SOURCE
#include "test/support/faults.h"
#include "test/support/scratch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/file_name.h"

static struct {
    char scratch[SCRATCH_PATH_MAX];
    char directory[SCRATCH_PATH_MAX + 8];
    struct storage_file file;
    struct storage storage;
} run;

static int start(void **state)
{
    (void)state;
    scratch_make(run.scratch);
    (void)snprintf(run.directory, sizeof run.directory, "%s/store", run.scratch);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    storage_file_close(&run.file);
    scratch_remove(run.scratch);
    return 0;
}

static void open_store(void)
{
    struct error err = {.reason = ERROR_NONE};
    if (!storage_file_open(&run.file, run.directory, true, "test program", NULL, &run.storage, &err))
        fail_msg("cannot open: %s", err.cause);
}

static void expect_refused(const char *directory, bool create, enum error_reason reason, const char *cause)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct storage_file file;
    struct storage storage;
    assert_false(storage_file_open(&file, directory, create, "test program", NULL, &storage, &err));
    assert_string_equal(error_reason_name(err.reason), error_reason_name(reason));
    assert_string_equal(err.cause, cause);
    assert_string_equal(err.doing, "open the key storage");
    assert_string_equal(err.subject, directory);
    assert_non_null(err.next);
    /* Nobody need be interested, and closing what did not open does nothing. */
    assert_false(storage_file_open(&file, directory, create, "test program", NULL, &storage, NULL));
    storage_file_close(&file);
}

static void test_open_refused(void **state)
{
    (void)state;
    static char long_name[STORAGE_FILE_PATH_MAX + 1];
    memset(long_name, 'x', sizeof long_name - 1);
    file_store(path_in(run.scratch, "file"), BYTES_NONE);
    assert_int_equal(mkdir(path_in(run.scratch, "empty"), 0700), 0);
    assert_int_equal(mkdir(path_in(run.scratch, "open-to-all"), 0700), 0);
    assert_int_equal(chmod(path_in(run.scratch, "open-to-all"), 0777), 0);

    expect_refused(run.directory, false, ERROR_STORAGE_FAILED, "there is no key storage yet");
    assert_false(file_exists(run.directory));
    expect_refused(path_in(run.scratch, "no/such"), true, ERROR_STORAGE_FAILED, "there is no such directory");
    expect_refused(path_in(run.scratch, "file"), true, ERROR_STORAGE_FAILED, "it is not a directory");
    expect_refused(path_in(run.scratch, "file/store"), true, ERROR_STORAGE_FAILED, "it is not a directory");
    expect_refused(path_in(run.scratch, "open-to-all"), true, ERROR_STORAGE_FAILED,
                   "other users may write in the directory");
    expect_refused(long_name, true, ERROR_STORAGE_FAILED, "the directory's name is too long");
    expect_refused("", true, ERROR_STORAGE_FAILED, "there is no such directory");
    /* Looking into a directory that is no store leaves nothing behind. */
    expect_refused(path_in(run.scratch, "empty"), false, ERROR_STORAGE_FAILED, "there is no key storage yet");
    assert_int_equal(rmdir(path_in(run.scratch, "empty")), 0);
}

/* As a user who may not, for root may everything. */
static void test_not_permitted(void **state)
{
    (void)state;
    int status;
    open_store();
    storage_file_close(&run.file);
    assert_int_equal(chmod(run.scratch, 0755), 0);
    static const mode_t modes[] = {0700, 0755};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(chmod(run.directory, i == 0 && geteuid() != 0 ? 0000 : modes[i]), 0);
        if (i == 1 && geteuid() != 0)
            assert_int_equal(chmod(path_in(run.directory, STORAGE_FILE_LOCK), 0400), 0);
        pid_t child = fork();
        if (child == 0) {
            struct error err = {.reason = ERROR_NONE};
            if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
                _exit(2);
            if (storage_file_open(&run.file, run.directory, true, "child", NULL, &run.storage, &err))
                _exit(3);
            _exit(err.reason == ERROR_STORAGE_FAILED && strcmp(err.cause, "permission denied") == 0 ? 0 : 4);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_int_equal(chmod(run.directory, 0700), 0);
}

static void test_modes(void **state)
{
    (void)state;
    static const mode_t masks[] = {0, 022, 077, 0177};
    char name[STORAGE_FILE_NAME_SIZE];
    storage_file_name(1, name);
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        const mode_t before = umask(masks[i]);
        open_store();
        expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_OK, "create");
        expect_status(put(&run.storage, 1, bytes_of("b", 1)), STORAGE_OK, "replace");
        expect_status(run.storage.operations->reserve(run.storage.context, 10), STORAGE_OK, "reserve");
        assert_int_equal(file_mode(path_in(run.directory, STORAGE_FILE_RESERVED)), 0600);
        (void)umask(before);
        assert_int_equal(file_mode(run.directory), 0700);
        assert_int_equal(file_mode(path_in(run.directory, name)), 0600);
        assert_int_equal(file_mode(path_in(run.directory, STORAGE_FILE_LOCK)), 0600);
        assert_int_equal(file_mode(path_in(run.directory, STORAGE_FILE_FORMAT)), 0600);
        storage_file_close(&run.file);
        scratch_remove(run.directory);
    }
    /* Files only: not even the owner may read what is made. */
    open_store();
    storage_file_close(&run.file);
    const mode_t before = umask(0777);
    open_store();
    expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_OK, "create");
    (void)umask(before);
    expect_content(&run.storage, 1, bytes_of("a", 1));
    assert_int_equal(file_mode(path_in(run.directory, name)), 0600);
}

/* Runs a child that opens the store, says so, and waits. */
static pid_t start_holder(const char *text, int *pipe_end)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error err = {.reason = ERROR_NONE};
        byte = storage_file_open(&run.file, run.directory, true, text, NULL, &run.storage, &err) ? 'y' : 'n';
        (void)!write(ready[1], &byte, 1);
        for (;;)
            (void)pause();
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    *pipe_end = ready[0];
    return child;
}

static void test_second_process(void **state)
{
    (void)state;
    int end, status;
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    pid_t child = start_holder("imprint provision", &end);
    assert_false(storage_file_open(&run.file, run.directory, true, "test", NULL, &run.storage, &err));
    assert_int_equal(err.reason, ERROR_DEVICE_BUSY);
    assert_int_equal(err.found, child);
    assert_string_equal(run.file.holder, "imprint provision");
    assert_string_equal(err.subject, run.directory);
    /* The kernel is believed rather than a text that is wrong or missing. */
    static const char *const texts[] = {"999999 somebody", "", "nonsense", "-5", "99999999999999999999999 x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        file_store(path_in(run.directory, STORAGE_FILE_LOCK), bytes_of(texts[i], strlen(texts[i])));
        error_clear(&err);
        assert_false(storage_file_open(&run.file, run.directory, true, "test", NULL, &run.storage, &err));
        assert_int_equal(err.reason, ERROR_DEVICE_BUSY);
        assert_int_equal(err.found, child);
    }
    /* A killed holder leaves no lock. */
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(end);
    open_store();
}

/* A text that is long or odd is cut, and does not reach anybody's terminal as it is. */
static void test_holder_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
    } rows[] = {
        {"", ""},
        {"two\nlines", "two"},
        {"esc\x1b[2J", "esc"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
         "0123456789012345678901234567890123456789012345678901234567890123456789012345678"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int end, status;
        struct error err = {.reason = ERROR_NONE};
        pid_t child = start_holder(rows[i].text, &end);
        assert_false(storage_file_open(&run.file, run.directory, true, "test", NULL, &run.storage, &err));
        assert_string_equal(run.file.holder, rows[i].told);
        assert_int_equal(err.found, child);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        (void)close(end);
    }
}

/* The same process is refused too, and its attempt does not cost it the lock it has. */
static void test_second_open(void **state)
{
    (void)state;
    struct storage_file second;
    struct storage storage;
    struct error err = {.reason = ERROR_NONE};
    int status;
    open_store();
    assert_false(storage_file_open(&second, run.directory, true, "again", NULL, &storage, &err));
    assert_int_equal(err.reason, ERROR_DEVICE_BUSY);
    assert_int_equal(err.found, getpid());
    assert_string_equal(second.holder, "test program");
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        error_clear(&err);
        bool refused = !storage_file_open(&second, run.directory, true, "child", NULL, &storage, &err) &&
                       err.reason == ERROR_DEVICE_BUSY && err.found == (uint32_t)parent;
        _exit(refused ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_OK, "set");
    storage_file_close(&run.file);
    storage_file_close(&run.file);
    open_store();
    expect_content(&run.storage, 1, bytes_of("a", 1));
}

/* Links where files of the store should be lead nowhere: nothing is read or written through them. */
static void test_links(void **state)
{
    (void)state;
    char name[STORAGE_FILE_NAME_SIZE];
    const char *const outside = "outside";
    uint8_t room[64];
    struct bytes_out out = {.data = room, .cap = sizeof room};
    storage_file_name(1, name);
    open_store();
    file_store(path_in(run.scratch, outside), bytes_of("precious", 8));
    const char *traps[] = {name, STORAGE_FILE_TEMP, STORAGE_FILE_RESERVED};
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++)
        assert_int_equal(symlink(path_in(run.scratch, outside), path_in(run.directory, traps[i])), 0);
    expect_status(run.storage.operations->get(run.storage.context, 1, 0, &out, NULL), STORAGE_CORRUPT, "get");
    expect_status(run.storage.operations->reserve(run.storage.context, 20), STORAGE_OK, "reserve");
    expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_OK, "set");
    expect_status(put(&run.storage, 2, bytes_of("b", 1)), STORAGE_OK, "set");
    expect_content(&run.storage, 1, bytes_of("a", 1));
    assert_int_equal(unlink(path_in(run.directory, name)), 0);
    assert_int_equal(symlink(path_in(run.scratch, "nowhere"), path_in(run.directory, name)), 0);
    expect_status(run.storage.operations->get(run.storage.context, 1, 0, &out, NULL), STORAGE_CORRUPT, "get");
    expect_status(run.storage.operations->remove(run.storage.context, 1), STORAGE_OK, "remove");
    storage_file_close(&run.file);

    static const char *const fixed[] = {STORAGE_FILE_LOCK, STORAGE_FILE_FORMAT};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rename(path_in(run.directory, fixed[i]), path_in(run.scratch, "kept")), 0);
        assert_int_equal(symlink(path_in(run.scratch, outside), path_in(run.directory, fixed[i])), 0);
        expect_refused(run.directory, true, ERROR_STORAGE_FAILED, "a file of the storage is a symbolic link");
        assert_int_equal(rename(path_in(run.scratch, "kept"), path_in(run.directory, fixed[i])), 0);
    }
    file_load(path_in(run.scratch, outside), &out);
    assert_true(bytes_equal(bytes_written(&out), bytes_of("precious", 8)));
    assert_false(file_exists(path_in(run.scratch, "nowhere")));
    open_store();
    expect_content(&run.storage, 2, bytes_of("b", 1));
}

/* What is neither file nor link is no record either, and does not make anybody wait. */
static void test_other_kinds(void **state)
{
    (void)state;
    char name[STORAGE_FILE_NAME_SIZE];
    struct bytes_out out = {.data = NULL, .cap = 0};
    storage_file_name(1, name);
    open_store();
    assert_int_equal(mkfifo(path_in(run.directory, name), 0600), 0);
    expect_status(run.storage.operations->get(run.storage.context, 1, 0, &out, NULL), STORAGE_CORRUPT, "FIFO");
    expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_OK, "set");
    expect_status(run.storage.operations->remove(run.storage.context, 1), STORAGE_OK, "remove");
    assert_int_equal(mkdir(path_in(run.directory, name), 0700), 0);
    expect_status(run.storage.operations->get(run.storage.context, 1, 0, &out, NULL), STORAGE_CORRUPT, "directory");
    expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_FAILED, "set");
    expect_status(run.storage.operations->remove(run.storage.context, 1), STORAGE_FAILED, "remove");
    assert_false(file_exists(path_in(run.directory, STORAGE_FILE_TEMP)));
}

static void test_format_file(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cause;
        enum error_reason reason;
    } rows[] = {
        {"", "the file \"format\" is damaged", ERROR_STORAGE_CORRUPT},
        {"imprint storage ", "the file \"format\" is damaged", ERROR_STORAGE_CORRUPT},
        {"imprint storage 1", "the file \"format\" is damaged", ERROR_STORAGE_CORRUPT},
        {"imprint storage 1\n\n", "the file \"format\" is damaged", ERROR_STORAGE_CORRUPT},
        {"imprint storage 0\n", "the file \"format\" is damaged", ERROR_STORAGE_CORRUPT},
        {"imprint storage -2\n", "the file \"format\" is damaged", ERROR_STORAGE_CORRUPT},
        {"imprint storage 99999999999999999999999\n", "the file \"format\" is damaged", ERROR_STORAGE_CORRUPT},
        {"imprint storagE 2\n", "the file \"format\" is damaged", ERROR_STORAGE_CORRUPT},
        {"imprint storage 2\n", "it was made by a later version of imprint", ERROR_STORAGE_FAILED},
        {"imprint storage 17\nmore\n", "it was made by a later version of imprint", ERROR_STORAGE_FAILED},
    };
    open_store();
    expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_OK, "set");
    storage_file_close(&run.file);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t room[64];
        struct bytes_out out = {.data = room, .cap = sizeof room};
        const struct bytes text = bytes_of(rows[i].text, strlen(rows[i].text));
        file_store(path_in(run.directory, STORAGE_FILE_FORMAT), text);
        expect_refused(run.directory, i % 2 == 0, rows[i].reason, rows[i].cause);
        file_load(path_in(run.directory, STORAGE_FILE_FORMAT), &out);
        assert_true(bytes_equal(bytes_written(&out), text));
    }
    assert_int_equal(unlink(path_in(run.directory, STORAGE_FILE_FORMAT)), 0);
    expect_refused(run.directory, true, ERROR_STORAGE_CORRUPT, "the file \"format\" is missing, but there are records");
    expect_refused(run.directory, false, ERROR_STORAGE_CORRUPT,
                   "the file \"format\" is missing, but there are records");
    file_store(path_in(run.directory, STORAGE_FILE_FORMAT), bytes_of("imprint storage 1\n", 18));
    open_store();
    expect_content(&run.storage, 1, bytes_of("a", 1));
}

static void test_unchanged_writes_nothing(void **state)
{
    (void)state;
    struct error err = {.reason = ERROR_NONE};
    assert_true(storage_file_open(&run.file, run.directory, true, "", &faults_system, &run.storage, &err));
    static const size_t sizes[] = {0, 1, 44, STORAGE_RECORD_MAX};
    uint8_t content[STORAGE_RECORD_MAX];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        fill_content(content, sizes[i], 1);
        faults_plan(FAULTS_NONE, 0, 0);
        expect_status(put(&run.storage, 1, bytes_of(content, sizes[i])), STORAGE_OK, "set");
        assert_true(faults_changes() > 0);
        faults_plan(FAULTS_NONE, 0, 0);
        expect_status(put(&run.storage, 1, bytes_of(content, sizes[i])), STORAGE_OK, "set the same");
        assert_int_equal(faults_changes(), 0);
    }
}

/* Reserved room is made of blocks, not of a hole. */
static void test_reserved_blocks(void **state)
{
    (void)state;
    struct stat status;
    open_store();
    expect_status(run.storage.operations->reserve(run.storage.context, 4000), STORAGE_OK, "reserve");
    assert_int_equal(stat(path_in(run.directory, STORAGE_FILE_RESERVED), &status), 0);
    assert_true(status.st_size > 4000);
    assert_true(status.st_blocks * 512 >= status.st_size);
    run.storage.operations->release(run.storage.context);
    assert_false(file_exists(path_in(run.directory, STORAGE_FILE_RESERVED)));
    /* Lost behind our back: the next record is made without. */
    expect_status(run.storage.operations->reserve(run.storage.context, 64), STORAGE_OK, "reserve");
    assert_int_equal(unlink(path_in(run.directory, STORAGE_FILE_RESERVED)), 0);
    expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_OK, "set");
    expect_content(&run.storage, 1, bytes_of("a", 1));
    /* Closing gives it back. */
    expect_status(run.storage.operations->reserve(run.storage.context, 64), STORAGE_OK, "reserve");
    storage_file_close(&run.file);
    expect_only_records(run.directory, 1);
}

static unsigned syncs;

static int counted_fsync(int fd)
{
    syncs++;
    return fsync(fd);
}

/* What PSA's core and the driver do for one key: the key's record announced, made, and no longer announced. */
static void create_key(uint64_t uid)
{
    const struct storage_operations *operations = run.storage.operations;

    expect_status(operations->reserve(run.storage.context, 64), STORAGE_OK, "reserve");
    expect_status(put(&run.storage, STORAGE_KEPT_UID, bytes_of("transaction", 11)), STORAGE_OK, "transaction");
    /* The transaction's record leaves the room alone. */
    assert_true(file_exists(path_in(run.directory, STORAGE_FILE_RESERVED)));
    expect_status(put(&run.storage, uid, bytes_of("key", 3)), STORAGE_OK, "key");
    expect_status(operations->remove(run.storage.context, STORAGE_KEPT_UID), STORAGE_OK, "end");
}

/* docs/internals/figures.md: 3 to make a store, and 6 for each key. */
static void test_number_of_syncs(void **state)
{
    (void)state;
    static struct storage_file_system counting; /* the store is closed after this test has ended */
    struct error err = {.reason = ERROR_NONE};

    counting = storage_file_posix;
    counting.fsync = counted_fsync;
    syncs = 0;
    assert_true(storage_file_open(&run.file, run.directory, true, "test", &counting, &run.storage, &err));
    assert_int_equal(syncs, 3);
    for (uint64_t uid = 16; uid < 20; uid++) {
        syncs = 0;
        create_key(uid);
        assert_int_equal(syncs, 6);
    }
    storage_file_close(&run.file);
    /* A store that is there: what the last process could not sync. */
    syncs = 0;
    assert_true(storage_file_open(&run.file, run.directory, false, "test", &counting, &run.storage, &err));
    assert_int_equal(syncs, 1);
}

/* A store whose directory has been deleted has failed; it does not say that its keys never were. */
static void test_deleted_directory(void **state)
{
    (void)state;
    struct bytes_out out = {.data = NULL, .cap = 0};
    open_store();
    expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_OK, "set");
    scratch_remove(run.directory);
    expect_status(run.storage.operations->get(run.storage.context, 1, 0, &out, NULL), STORAGE_FAILED, "get");
    expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_FAILED, "set");
    expect_status(run.storage.operations->remove(run.storage.context, 1), STORAGE_FAILED, "remove");
}

/* Relative names, trailing slashes, and a directory reached through a link, which is the user's own choice. */
static void test_directory_names(void **state)
{
    (void)state;
    char here[SCRATCH_PATH_MAX];
    struct error err = {.reason = ERROR_NONE};
    static const char *const names[] = {"plain", "slashes//", "./dot", "link/inside"};
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(run.scratch), 0);
    assert_int_equal(mkdir("real", 0700), 0);
    assert_int_equal(symlink("real", "link"), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(storage_file_open(&run.file, names[i], true, "", NULL, &run.storage, &err));
        expect_status(put(&run.storage, 1, bytes_of("a", 1)), STORAGE_OK, "set");
        storage_file_close(&run.file);
        assert_true(storage_file_open(&run.file, names[i], false, "", NULL, &run.storage, &err));
        expect_content(&run.storage, 1, bytes_of("a", 1));
        storage_file_close(&run.file);
    }
    assert_int_equal(chdir(here), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_not_permitted, start, stop),
        cmocka_unit_test_setup_teardown(test_modes, start, stop),
        cmocka_unit_test_setup_teardown(test_second_process, start, stop),
        cmocka_unit_test_setup_teardown(test_holder_text, start, stop),
        cmocka_unit_test_setup_teardown(test_second_open, start, stop),
        cmocka_unit_test_setup_teardown(test_links, start, stop),
        cmocka_unit_test_setup_teardown(test_other_kinds, start, stop),
        cmocka_unit_test_setup_teardown(test_format_file, start, stop),
        cmocka_unit_test_setup_teardown(test_unchanged_writes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(test_reserved_blocks, start, stop),
        cmocka_unit_test_setup_teardown(test_number_of_syncs, start, stop),
        cmocka_unit_test_setup_teardown(test_deleted_directory, start, stop),
        cmocka_unit_test_setup_teardown(test_directory_names, start, stop),
    };
    return cmocka_run_group_tests_name("storage in files", tests, NULL, NULL);
}
