/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of a signer's decisions: whoever changes the database, with all the rights that a file gives, is found out;
 * who makes the whole log anew, against a checkpoint that was kept. Each row is one change in SQL.
 */
#include "test/signer/office.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FINDINGS_MAX 16
#define DECISIONS 5 /* as make() makes them */

static struct office_files files;
static struct office office;
static struct checkpoint kept; /* after the first decisions */

/* What the last verification found: the words of its checks. */
static struct {
    char checks[FINDINGS_MAX][16];
    size_t count;
    struct ledger_verify verify;
} found;

static void note_finding(void *context, const struct ledger_finding *finding)
{
    (void)context;
    assert_true(finding->is_bad && found.count < FINDINGS_MAX);
    (void)snprintf(found.checks[found.count++], sizeof found.checks[0], "%s", finding->check);
}

static void verify(bool with_kept)
{
    struct signer_log_head head;
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    found.count = 0;
    found.verify = (struct ledger_verify){.finding = note_finding, .checkpoint_count = with_kept ? 1 : 0};
    found.verify.checkpoints[0] = kept;
    if (!signer_log_verify(&office.database, &found.verify, &head, &err))
        fail_msg("cannot verify: %s", err.cause);
    assert_int_equal(found.count, found.verify.bad);
}

static bool has_found(const char *check)
{
    for (size_t i = 0; i < found.count; i++)
        if (strcmp(found.checks[i], check) == 0)
            return true;
    return false;
}

static void open_office(void)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    if (!office_open(&office, &files, office_rules(&files, 10), "signer.db", &err))
        fail_msg("cannot open: %s", err.cause);
}

static void ask(struct office_body *body, const char *label, const char *reason)
{
    static struct signer_answer answer;

    office_ask_as(&office, body, (struct signer_ask){.station = "line-1", .label = label, .now = time(NULL)}, &answer);
    assert_string_equal(answer.reason, reason);
    assert_true(answer.is_recorded);
}

static void keep_checkpoint(void)
{
    struct signer_log_head head;

    assert_true(signer_log_head(&office.database, &head, NULL));
    assert_true(note_open(bytes_of(head.checkpoint, strlen(head.checkpoint)), &head.public_key, &kept, NULL));
}

/* Two certificates of one order and one of another; a repeat; a refusal for a label that is no text. */
static int make(void **state)
{
    struct office_body bodies[3] = {{.key = NULL}};

    (void)state;
    office_make_files(&files);
    open_office();
    for (unsigned i = 0; i < 3; i++)
        office_make_body(&bodies[i], i + 1);
    ask(&bodies[0], "boards", "granted");
    ask(&bodies[1], "boards", "granted");
    keep_checkpoint();
    ask(&bodies[0], "boards", "repeated");
    ask(&bodies[2], "others", "granted");
    ask(&bodies[2], "\xff\"\n", "no-order");
    for (unsigned i = 0; i < 3; i++)
        EVP_PKEY_free(bodies[i].key);
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    office_close(&office);
    office_remove_files(&files);
    return 0;
}

static void run(const char *sql)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    if (!database_run(&office.database, sql, &err))
        fail_msg("%s: %s", sql, err.cause);
}

static void test_unchanged(void **state)
{
    (void)state;
    verify(true);
    assert_int_equal(found.count, 0);
    assert_int_equal(found.verify.entries, DECISIONS);
    office_close(&office);
    open_office(); /* by its key file */
    verify(true);
    assert_int_equal(found.count, 0);
}

static void test_changes(void **state)
{
    static const struct {
        const char *sql, *check;
    } rows[] = {
        {"UPDATE decision SET station = 'line-2' WHERE number = 1", "edited"},
        {"UPDATE decision SET time = '2026-01-01T00:00:00Z' WHERE number = 3", "edited"},
        {"UPDATE decision SET reason = 'granted' WHERE number = 5", "edited"},
        {"UPDATE decision SET text = NULL WHERE number = 5", "edited"},
        {"UPDATE decision SET subject = subject || 'X' WHERE number = 2", "edited"},
        {"UPDATE decision SET request = x'3000' WHERE number = 2", "edited"},
        {"UPDATE decision SET decision = 'refused' WHERE number = 4", "edited"},
        {"UPDATE decision SET number = 77 WHERE number = 3", "edited"},
        {"UPDATE decision SET leaf = x'00' WHERE number = 3", "edited"},
        {"UPDATE certificate SET certificate = x'3000' WHERE unit = 1 AND order_name = 'boards'", "edited"},
        {"DELETE FROM certificate WHERE unit = 2", "edited"},
        {"DELETE FROM certificate WHERE unit = 1 AND order_name = 'boards'", "gap"},
        {"UPDATE certificate SET public_key = randomblob(64) WHERE unit = 2", "unrecorded"},
        {"INSERT INTO certificate SELECT randomblob(64), order_name, 3, subject, station, reserved, begins, tbs, "
         "certificate FROM certificate WHERE unit = 2",
         "unrecorded"},
        {"DELETE FROM decision WHERE number = 2", "gap"},
        {"DELETE FROM decision WHERE number = 5", "cut"},
        {"UPDATE decision SET seq = NULL WHERE number = 5", "unrecorded"},
        {"INSERT INTO decision (time, decision, reason) VALUES ('2026-01-01T00:00:00Z', 'refused', 'no-order')",
         "unrecorded"},
        {"UPDATE decision SET seq = 9 WHERE number = 3; UPDATE decision SET seq = 2 WHERE number = 4; "
         "UPDATE decision SET seq = 3 WHERE number = 3",
         "edited"},
        {"UPDATE decision_log SET checkpoint = replace(checkpoint, char(10) || '5' || char(10), char(10) || '4' || "
         "char(10))",
         "checkpoint"},
        {"UPDATE decision_log SET name = 'signer/0000000000000000'", "checkpoint"},
    };
    char saved[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];

    (void)state;
    (void)snprintf(path, sizeof path, "%s", path_in(files.folder, "signer.db"));
    (void)snprintf(saved, sizeof saved, "%s", path_in(files.folder, "saved.db"));
    assert_true(database_copy(&office.database, saved, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run("BEGIN");
        run(rows[i].sql);
        run("COMMIT");
        verify(true);
        if (!has_found(rows[i].check))
            fail_msg("%s: expected %s, found %zu: %s", rows[i].sql, rows[i].check, found.count,
                     found.count > 0 ? found.checks[0] : "nothing");
        office_close(&office);
        assert_int_equal(unlink(path), 0);
        (void)unlink(path_in(files.folder, "signer.db-wal"));
        (void)unlink(path_in(files.folder, "signer.db-shm"));
        assert_int_equal(rename(saved, path), 0);
        open_office();
        assert_true(database_copy(&office.database, saved, NULL));
        verify(true);
        assert_int_equal(found.count, 0);
    }
    assert_int_equal(unlink(saved), 0);
}

/* Records of a version without a log are taken into one: as whoever makes a log anew does, who has the key. */
static void test_log_made_anew(void **state)
{
    (void)state;
    run("UPDATE decision SET seq = NULL, leaf = NULL");
    run("DELETE FROM decision_log");
    office_close(&office);
    open_office();
    verify(false);
    assert_int_equal(found.count, 0);
    assert_int_equal(found.verify.entries, DECISIONS);
    verify(true);
    assert_true(has_found("fork"));
}

/* Without its key the log cannot go on, and no other is begun in its place. */
static void test_key(void **state)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    (void)state;
    office_close(&office);
    assert_int_equal(unlink(path_in(files.folder, "signer.db.key")), 0);
    assert_false(office_open(&office, &files, office_rules(&files, 10), "signer.db", &err));
    assert_int_equal(err.reason, ERROR_DATABASE_DAMAGED);
    assert_non_null(strstr(err.next, "restore the key file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unchanged, make, remove_all),
        cmocka_unit_test_setup_teardown(test_changes, make, remove_all),
        cmocka_unit_test_setup_teardown(test_log_made_anew, make, remove_all),
        cmocka_unit_test_setup_teardown(test_key, make, remove_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
