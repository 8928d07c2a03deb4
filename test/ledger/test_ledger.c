/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger that is appended to, killed, copied, and forged in every way that verification must find. */
#include "ledger/ledger.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <gnutls/crypto.h>

#include "ledger/verify.h"
#include "test/support/scratch.h"

#define ENTRIES 9
#define KILLS 16
#define PROCESSES 4
#define OF_EACH 10

void __wrap_entry_time_now(char time[static ENTRY_TIME_SIZE]);
void __real_entry_time_now(char time[static ENTRY_TIME_SIZE]);

static char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM];
static const char *now; /* the clock; NULL: the real one */

void __wrap_entry_time_now(char time[static ENTRY_TIME_SIZE])
{
    if (now == NULL)
        __real_entry_time_now(time);
    else
        snprintf(time, ENTRY_TIME_SIZE, "%s", now);
}

static int begin(void **state)
{
    (void)state;
    scratch_make(folder);
    now = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void open_it(struct ledger *ledger, enum ledger_mode mode)
{
    struct error err = ERROR_IN(room);

    if (!ledger_open(ledger, folder, "line 1+a", mode, &err))
        fail_msg("%s: %s", error_reason_name(err.reason), err.cause);
}

/* A run of device `device` that found the key whose X begins with `key`; 0: none. */
static json_t *content_of(const char *device, unsigned key)
{
    char point[131];
    json_t *keys = json_array();

    snprintf(point, sizeof point, "04%08X%0120X", key, 1U);
    if (key != 0)
        json_array_append_new(keys,
                              json_pack("{s:s, s:s, s:i}", "public_key", point, "method", "generate", "key_id", 1));
    return json_pack("{s:s, s:s, s:s, s:{s:b, s:o, s:[]}}", "kind", "provision", "device", device, "result",
                     "provisioned", "evidence", "serial_checked", 1, "keys", keys, "rehearsal");
}

static bool append(struct ledger *ledger, const char *device, unsigned key, struct ledger_conflict *conflict,
                   struct error *err)
{
    json_t *content = content_of(device, key);
    uint64_t seq;
    bool ok = ledger_append(ledger, content, &seq, conflict, err);

    json_decref(content);
    return ok;
}

static void append_some(struct ledger *ledger, unsigned from, unsigned count)
{
    struct error err = ERROR_IN(room);
    struct ledger_conflict conflict;
    char device[32];

    for (unsigned i = from; i < from + count; i++) {
        snprintf(device, sizeof device, "%018u", i);
        if (!append(ledger, device, i + 1, &conflict, &err))
            fail_msg("%s", err.cause);
        assert_null(conflict.what);
    }
}

static char findings[4096];

static void on_finding(void *context, const struct ledger_finding *finding)
{
    size_t n = strlen(findings);

    (void)context;
    snprintf(findings + n, sizeof findings - n, "%s%s%lld ", finding->is_bad ? "" : "note:", finding->check,
             finding->has_seq ? (long long)finding->seq : -1LL);
}

/* What verification finds, as "check-number " in its order. */
static const char *verify_with(const char *const *checkpoints, size_t count)
{
    struct ledger_verify run = {.finding = on_finding};
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    bool ok;

    findings[0] = '\0';
    open_it(&ledger, LEDGER_READ);
    for (size_t i = 0; i < count; i++) {
        ok = note_open(bytes_of(checkpoints[i], strlen(checkpoints[i])), &ledger.public_key,
                       &run.checkpoints[run.checkpoint_count++], &err);
        assert_true(ok);
    }
    ok = ledger_verify(&ledger, &run, &err);
    ledger_close(&ledger);
    if (!ok)
        fail_msg("%s", err.cause);
    return findings;
}

static const char *verify(void)
{
    return verify_with(NULL, 0);
}

static void checkpoint_now(struct ledger *ledger, char text[static NOTE_MAX])
{
    struct error err = ERROR_IN(room);
    struct ledger_head head;
    bool ok = ledger_head(ledger, &head, &err);

    assert_true(ok);
    memcpy(text, head.checkpoint, NOTE_MAX);
}

static void test_what_is_appended_is_there_and_holds(void **state)
{
    struct error err = ERROR_IN(room);
    static uint8_t text[ENTRY_MAX];
    struct bytes_out out = {.data = text, .cap = sizeof text};
    struct ledger ledger;
    struct entry entry;
    uint64_t seqs[4];
    const char *why;
    json_t *value;

    (void)state;
    open_it(&ledger, LEDGER_WRITE);
    append_some(&ledger, 0, ENTRIES);
    append_some(&ledger, 3, 1); /* the same device and key once more is no alarm */
    assert_int_equal(ledger_attempts(&ledger, "000000000000000003", seqs, 4, &err), 2);
    assert_true(seqs[0] == ENTRIES && seqs[1] == 3);
    assert_int_equal(ledger_attempts(&ledger, "000000000000000003", seqs, 1, &err), 1);
    assert_int_equal(ledger_attempts(&ledger, "no such", seqs, 4, &err), 0);
    assert_true(ledger_read(&ledger, 3, &out, &err));
    assert_true(entry_read(bytes_written(&out), &entry, &why));
    assert_int_equal(entry.seq, 3);
    assert_string_equal(entry.log, ledger.log);
    assert_memory_equal(entry.log, "line-1-a/", 9);
    value = json_loadb((const char *)text, out.len, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(value, "device")), "000000000000000003");
    json_decref(value);
    ledger_close(&ledger);
    assert_int_equal(file_mode(path_in(folder, "ledger.db")), 0600);
    assert_int_equal(file_mode(path_in(folder, "log.key")), 0600);
    assert_string_equal(verify(), "");
    /* What the next process appends continues the same log. */
    open_it(&ledger, LEDGER_WRITE);
    append_some(&ledger, 50, 3);
    ledger_close(&ledger);
    assert_string_equal(verify(), "");
}

static void test_a_second_device_with_a_known_key(void **state)
{
    struct error err = ERROR_IN(room);
    struct ledger_conflict conflict;
    struct ledger ledger;
    uint8_t x[LEDGER_KEY_BYTES] = {0, 0, 0, 7};
    char device[LEDGER_DEVICE_SIZE];

    (void)state;
    open_it(&ledger, LEDGER_WRITE);
    assert_true(append(&ledger, "A", 7, &conflict, &err));
    assert_null(conflict.what);
    assert_true(append(&ledger, "B", 7, &conflict, &err));
    assert_string_equal(conflict.what, "public key");
    assert_string_equal(conflict.other, "A");
    x[LEDGER_KEY_BYTES - 1] = 0;
    assert_true(ledger_find_key(&ledger, x, device, &err));
    assert_string_equal(device, "A");
    x[0] = 1;
    assert_true(ledger_find_key(&ledger, x, device, &err));
    assert_string_equal(device, "");
    ledger_close(&ledger);
    assert_string_equal(verify(), "");
}

/* Changes the ledger as somebody would who has the file and not the key. */
static void forge(const char *sql)
{
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    bool ok;

    open_it(&ledger, LEDGER_READ);
    ok = database_run(&ledger.database, "PRAGMA query_only=OFF", &err) && database_run(&ledger.database, sql, &err);
    if (!ok)
        fail_msg("%s", err.cause);
    ledger_close(&ledger);
}

/* The leaf of an entry as its text is now. */
static void forge_leaf(int seq)
{
    struct error err = ERROR_IN(room);
    struct statement set;
    struct ledger ledger;
    static uint8_t text[ENTRY_MAX];
    struct bytes_out out = {.data = text, .cap = sizeof text};
    uint8_t leaf[MERKLE_BYTES];
    bool ok;

    open_it(&ledger, LEDGER_READ);
    ok = database_run(&ledger.database, "PRAGMA query_only=OFF", &err) &&
         ledger_read(&ledger, (uint64_t)seq, &out, &err) && merkle_leaf(bytes_written(&out), leaf) &&
         statement_prepare(&set, &ledger.database, "UPDATE entry SET leaf = $1 WHERE seq = $2", &err);
    assert_true(ok);
    statement_bind_bytes(&set, 1, bytes_of(leaf, sizeof leaf));
    statement_bind_number(&set, 2, seq);
    ok = statement_run(&set, &err);
    assert_true(ok);
    statement_finish(&set);
    ledger_close(&ledger);
}

static void expect_refusal(enum ledger_mode mode, enum error_reason reason, const char *words)
{
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    bool ok = ledger_open(&ledger, folder, "line", mode, &err);

    assert_false(ok);
    if (err.reason != reason || err.cause == NULL || strstr(err.cause, words) == NULL)
        fail_msg("%s: %s", error_reason_name(err.reason), err.cause);
    assert_non_null(err.subject);
}

#define EDIT "UPDATE entry SET body = replace(body, '\"provisioned\"', '\"confirmed\"') WHERE seq = 4;"

static const struct {
    const char *name, *sql;
    int leaf;          /* whose hash is made anew; -1: none */
    const char *found; /* NULL: refused when it is opened, for the tree's nodes are not of that size */
} forgeries[] = {
    {"an edit", EDIT, -1, "edited4 checkpoint-1 "},
    {"an edit with its hash", EDIT, 4, "checkpoint-1 "},
    {"an edit of a hash", "UPDATE entry SET leaf = zeroblob(32) WHERE seq = 2;", -1, "edited2 "},
    {"an entry taken out", "DELETE FROM entry WHERE seq = 5;", -1, "gap6 cut-1 cut-1 "},
    {"the first taken out", "DELETE FROM entry WHERE seq = 0;", -1, "gap1 cut-1 cut-1 "},
    {"taken out, the rest moved up", "DELETE FROM entry WHERE seq = 5; UPDATE entry SET seq = seq - 1 WHERE seq > 5;",
     -1, "place5 place6 place7 cut-1 cut-1 "},
    {"the last taken out", "DELETE FROM entry WHERE seq = 8;", -1, "cut-1 cut-1 "},
    {"the last taken out, the count too", "DELETE FROM entry WHERE seq = 8; UPDATE log SET size = 8;", -1, NULL},
    {"two changed places",
     "UPDATE entry SET seq = 100 WHERE seq = 3; UPDATE entry SET seq = 3 WHERE seq = 4;"
     "UPDATE entry SET seq = 4 WHERE seq = 100;",
     -1, "place3 place4 checkpoint-1 "},
    {"an entry more", "INSERT INTO entry SELECT 1, 9, leaf, body FROM entry WHERE seq = 8;", -1, "place9 cut-1 cut-1 "},
    {"the checkpoint of another size", "UPDATE log SET checkpoint = replace(checkpoint, x'0a390a', x'0a380a');", -1,
     "checkpoint-1 "},
    {"no checkpoint", "UPDATE log SET checkpoint = '';", -1, "checkpoint-1 "},
    {"another public key", "UPDATE log SET public_key = zeroblob(32);", -1, "checkpoint-1 "},
    {"another log's name", "UPDATE log SET name = 'another/1';", -1,
     "checkpoint-1 place0 place1 place2 place3 place4 place5 place6 place7 place8 "},
    {"no JSON", "UPDATE entry SET body = 'x' WHERE seq = 1;", 1, "malformed1 checkpoint-1 "},
};

static void test_every_forgery_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        struct ledger ledger;

        scratch_remove(folder);
        scratch_make(folder);
        now = "2026-06-01T00:00:00.000Z"; /* the same for all: an entry that is moved has no wrong time */
        open_it(&ledger, LEDGER_WRITE);
        append_some(&ledger, 0, ENTRIES);
        ledger_close(&ledger);
        forge(forgeries[i].sql);
        if (forgeries[i].leaf >= 0)
            forge_leaf(forgeries[i].leaf);
        if (forgeries[i].found == NULL)
            expect_refusal(LEDGER_READ, ERROR_DATABASE_DAMAGED, "what it says of its log cannot be read");
        else if (strcmp(verify(), forgeries[i].found) != 0)
            fail_msg("%s: found \"%s\"", forgeries[i].name, findings);
    }
}

/* An older state of the whole folder is a true log; only a checkpoint that was kept elsewhere tells. */
static void test_a_cut_end_and_a_fork_are_found_by_a_kept_checkpoint(void **state)
{
    struct error err = ERROR_IN(room);
    char at_four[NOTE_MAX], at_six[NOTE_MAX], copy[SCRATCH_PATH_MAX + 16], original[SCRATCH_PATH_MAX + 16];
    struct ledger ledger;
    bool ok;

    (void)state;
    snprintf(original, sizeof original, "%s/ledger.db", folder);
    snprintf(copy, sizeof copy, "%s/copy.db", folder);
    open_it(&ledger, LEDGER_WRITE);
    append_some(&ledger, 0, 4);
    checkpoint_now(&ledger, at_four);
    ok = database_copy(&ledger.database, copy, &err);
    assert_true(ok);
    append_some(&ledger, 4, 2);
    checkpoint_now(&ledger, at_six);
    ledger_close(&ledger);
    assert_string_equal(verify_with((const char *const[]){at_four, at_six}, 2), "");
    assert_int_equal(rename(copy, original), 0);
    assert_string_equal(verify(), "");
    assert_string_equal(verify_with((const char *const[]){at_four}, 1), "");
    assert_string_equal(verify_with((const char *const[]){at_six}, 1), "cut-1 ");
    open_it(&ledger, LEDGER_WRITE); /* the clone goes on by itself */
    append_some(&ledger, 100, 3);
    ledger_close(&ledger);
    assert_string_equal(verify(), "");
    assert_string_equal(verify_with((const char *const[]){at_four, at_six}, 2), "fork-1 ");
}

static void test_a_clock_that_goes_back(void **state)
{
    struct ledger ledger;

    (void)state;
    open_it(&ledger, LEDGER_WRITE);
    now = "2026-06-01T00:00:00.000Z";
    append_some(&ledger, 0, 1);
    now = "2026-05-01T00:00:00.000Z";
    append_some(&ledger, 1, 2);
    ledger_close(&ledger);
    assert_string_equal(verify(), "note:clock1 ");
    /* Who sets the log's own time back has an entry that does not admit it. */
    forge("UPDATE log SET time = '2026-01-01T00:00:00.000Z'");
    open_it(&ledger, LEDGER_WRITE);
    now = "2026-04-01T00:00:00.000Z";
    append_some(&ledger, 3, 1);
    ledger_close(&ledger);
    assert_string_equal(verify(), "note:clock1 clock3 ");
    now = "0000-00-00T00:00:00.000Z"; /* as of a clock beyond the year 9999 */
    open_it(&ledger, LEDGER_WRITE);
    append_some(&ledger, 4, 1);
    ledger_close(&ledger);
    assert_string_equal(verify(), "note:clock1 clock3 note:clock4 note:clock4 ");
}

static void test_a_lost_or_wrong_key_is_refused(void **state)
{
    struct ledger ledger;
    char other[SCRATCH_PATH_MAX + 16], path[SCRATCH_PATH_MAX + 16];

    (void)state;
    snprintf(path, sizeof path, "%s/log.key", folder);
    snprintf(other, sizeof other, "%s/other.key", folder);
    expect_refusal(LEDGER_READ, ERROR_STORAGE_FAILED, "no such file");
    open_it(&ledger, LEDGER_WRITE);
    append_some(&ledger, 0, 2);
    ledger_close(&ledger);
    assert_int_equal(rename(path, other), 0);
    expect_refusal(LEDGER_WRITE, ERROR_DATABASE_DAMAGED, "key cannot be read");
    assert_string_equal(verify(), ""); /* who reads needs no key */
    file_store(path, bytes_of("-----BEGIN", 10));
    expect_refusal(LEDGER_WRITE, ERROR_DATABASE_DAMAGED, "no Ed25519 key");
    /* The key of another ledger. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(path_in(folder, "ledger.db"), path_in(folder, "first.db")), 0);
    open_it(&ledger, LEDGER_WRITE);
    ledger_close(&ledger);
    assert_int_equal(rename(path_in(folder, "first.db"), path_in(folder, "ledger.db")), 0);
    expect_refusal(LEDGER_WRITE, ERROR_DATABASE_DAMAGED, "not the key of the ledger's log");
    assert_int_equal(rename(other, path), 0);
    open_it(&ledger, LEDGER_WRITE);
    ledger_close(&ledger);
}

/* Killed while it makes the ledger: the key that is there is used. */
static void test_a_key_without_a_ledger_is_used(void **state)
{
    struct ledger ledger;
    struct note_public before;

    (void)state;
    open_it(&ledger, LEDGER_WRITE);
    before = ledger.public_key;
    ledger_close(&ledger);
    assert_int_equal(unlink(path_in(folder, "ledger.db")), 0);
    open_it(&ledger, LEDGER_WRITE);
    assert_true(note_key_equal(&before, &ledger.public_key));
    append_some(&ledger, 0, 1);
    ledger_close(&ledger);
    assert_string_equal(verify(), "");
}

static void test_an_entry_that_is_too_long(void **state)
{
    struct error err = ERROR_IN(room);
    struct ledger_conflict conflict;
    struct ledger ledger;
    static char text[ENTRY_MAX];
    json_t *content;
    uint64_t seq;
    bool ok;

    (void)state;
    open_it(&ledger, LEDGER_WRITE);
    append_some(&ledger, 0, 1);
    memset(text, 'x', sizeof text - 1);
    content = json_pack("{s:s}", "text", text);
    ok = ledger_append(&ledger, content, &seq, &conflict, &err);
    assert_false(ok);
    assert_non_null(strstr(err.cause, "too long"));
    json_decref(content);
    append_some(&ledger, 1, 1);
    ledger_close(&ledger);
    assert_string_equal(verify(), "");
}

static void test_no_room_on_the_disk(void **state)
{
    struct error err = ERROR_IN(room);
    struct ledger_conflict conflict;
    struct ledger ledger;
    char device[32];
    bool ok = true;

    (void)state;
    open_it(&ledger, LEDGER_WRITE);
    append_some(&ledger, 0, 2);
    ok = database_run(&ledger.database, "PRAGMA max_page_count=20", &err);
    assert_true(ok);
    for (unsigned i = 2; ok && i < 2000; i++) {
        snprintf(device, sizeof device, "%018u", i);
        ok = append(&ledger, device, i + 1, &conflict, &err);
    }
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_STORAGE_FULL);
    ledger_close(&ledger);
    assert_string_equal(verify(), "");
}

static void sleep_us(long us)
{
    struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    (void)nanosleep(&time, NULL);
}

/* Appends until it is killed, and tells after each entry that it is durable. */
static void append_and_tell(int told)
{
    struct error err = {.reason = ERROR_NONE};
    struct ledger_conflict conflict;
    struct ledger ledger;
    char device[32];
    uint64_t seq;

    if (!ledger_open(&ledger, folder, "line", LEDGER_WRITE, &err))
        _exit(1);
    for (unsigned i = 0;; i++) {
        json_t *content;

        snprintf(device, sizeof device, "%018u", i);
        content = content_of(device, i + 1);
        if (!ledger_append(&ledger, content, &seq, &conflict, &err) || write(told, &seq, sizeof seq) != sizeof seq)
            _exit(1);
        json_decref(content);
    }
}

static uint64_t count_entries(void)
{
    struct error err = ERROR_IN(room);
    struct ledger_head head;
    struct ledger ledger;
    bool ok;

    open_it(&ledger, LEDGER_READ);
    ok = ledger_head(&ledger, &head, &err);
    assert_true(ok);
    ledger_close(&ledger);
    return head.tree.size;
}

/* Who only reads finds a ledger, or none: never half of one. */
static void expect_readable_or_absent(void)
{
    struct error err = ERROR_IN(room);
    struct ledger ledger;

    if (ledger_open(&ledger, folder, "line", LEDGER_READ, &err))
        ledger_close(&ledger);
    else if (err.system_errno != ENOENT)
        fail_msg("%s: %s", error_reason_name(err.reason), err.cause);
}

static void test_kill_at_any_moment(void **state)
{
    (void)state;
    for (int i = 0; i < KILLS; i++) {
        uint64_t seq = 0, told_count = 0;
        struct ledger ledger;
        int told[2], status;
        pid_t writer;

        assert_int_equal(pipe(told), 0);
        writer = fork();
        if (writer == 0)
            append_and_tell(told[1]);
        (void)close(told[1]);
        sleep_us(500 + (long)i * 1300); /* from before the ledger is made to some entries later */
        assert_int_equal(kill(writer, SIGKILL), 0);
        assert_int_equal(waitpid(writer, &status, 0), writer);
        assert_true(WIFSIGNALED(status));
        while (read(told[0], &seq, sizeof seq) == (ssize_t)sizeof seq)
            told_count = seq + 1;
        (void)close(told[0]);
        expect_readable_or_absent();
        open_it(&ledger, LEDGER_WRITE);
        ledger_close(&ledger);
        assert_string_equal(verify(), "");
        assert_true(count_entries() >= told_count);
    }
}

static void test_many_processes_write_one_log(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            struct error err = {.reason = ERROR_NONE};
            struct ledger_conflict conflict;
            struct ledger ledger;
            bool ok = ledger_open(&ledger, folder, "line", LEDGER_WRITE, &err);
            char device[32];

            for (unsigned k = 0; ok && k < OF_EACH; k++) {
                snprintf(device, sizeof device, "%u-%u", i, k);
                ok = append(&ledger, device, i * OF_EACH + k + 1, &conflict, &err) && conflict.what == NULL;
            }
            _exit(ok ? 0 : 1);
        }
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_string_equal(verify(), "");
    assert_int_equal(count_entries(), PROCESSES * OF_EACH);
}

/* --- a key that somebody else keeps --- */

/* As a chip has one: a P-256 key that signs digests. After `good` answers nothing comes any more. */
struct elsewhere {
    gnutls_privkey_t handle;
    int good, released;
    bool is_changed; /* it signs something else */
};

static bool is_away(struct elsewhere *elsewhere, struct error *err)
{
    if (elsewhere->good-- > 0)
        return false;
    error_set(err, ERROR_DEVICE_SILENT, "no chip answers", NULL);
    return true;
}

/* A number of GnuTLS, without or with leading zeros, as 32 bytes. */
static void put_number(gnutls_datum_t *number, uint8_t *out)
{
    const size_t skip = number->size > 32 ? number->size - 32 : 0, len = number->size - skip;

    memset(out, 0, 32);
    memcpy(out + 32 - len, number->data + skip, len);
    gnutls_free(number->data);
}

static bool read_elsewhere(void *context, uint8_t point[static P256_POINT_BYTES], struct error *err)
{
    struct elsewhere *elsewhere = context;
    gnutls_datum_t x, y;

    if (is_away(elsewhere, err))
        return false;
    assert_int_equal(gnutls_privkey_export_ecc_raw2(elsewhere->handle, NULL, &x, &y, NULL, 0), 0);
    point[0] = P256_UNCOMPRESSED;
    put_number(&x, point + 1);
    put_number(&y, point + 33);
    return true;
}

static bool sign_elsewhere(void *context, const uint8_t digest[static NOTE_DIGEST_BYTES],
                           uint8_t signature[static NOTE_RAW_BYTES], struct error *err)
{
    struct elsewhere *elsewhere = context;
    uint8_t copy[NOTE_DIGEST_BYTES];
    const gnutls_datum_t hash = {copy, sizeof copy};
    gnutls_datum_t der, r, s;

    memcpy(copy, digest, sizeof copy);
    copy[0] = elsewhere->is_changed ? (uint8_t)~copy[0] : copy[0];
    if (is_away(elsewhere, err))
        return false;
    assert_int_equal(gnutls_privkey_sign_hash2(elsewhere->handle, GNUTLS_SIGN_ECDSA_SHA256, 0, &hash, &der), 0);
    assert_int_equal(gnutls_decode_rs_value(&der, &r, &s), 0);
    gnutls_free(der.data);
    put_number(&r, signature);
    put_number(&s, signature + 32);
    return true;
}

static void release_elsewhere(void *context)
{
    struct elsewhere *elsewhere = context;

    elsewhere->released++;
}

static struct elsewhere make_elsewhere(void)
{
    struct elsewhere made = {.good = 1000};

    assert_int_equal(gnutls_privkey_init(&made.handle), 0);
    assert_int_equal(
        gnutls_privkey_generate(made.handle, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
    return made;
}

static bool open_elsewhere(struct ledger *ledger, struct elsewhere *elsewhere, struct error *err)
{
    const struct ledger_key_choice choice = {.keeper = {elsewhere, read_elsewhere, sign_elsewhere, release_elsewhere}};

    return ledger_open_keyed(ledger, folder, "line 1+a", &choice, LEDGER_WRITE, err);
}

static void test_a_key_in_no_file(void **state)
{
    struct elsewhere elsewhere = make_elsewhere(), other = make_elsewhere();
    struct error err = ERROR_IN(room);
    char key_path[SCRATCH_PATH_MAX + 16];
    struct ledger ledger;

    (void)state;
    assert_true(open_elsewhere(&ledger, &elsewhere, &err));
    snprintf(key_path, sizeof key_path, "%s/log.key", folder);
    assert_int_not_equal(access(key_path, F_OK), 0);
    append_some(&ledger, 0, ENTRIES);
    assert_int_equal(ledger.public_key.type, NOTE_ECDSA);
    ledger_close(&ledger);
    assert_int_equal(elsewhere.released, 1);
    assert_string_equal(verify(), "");
    assert_int_equal(count_entries(), ENTRIES);
    /* Another key in that place, and none. */
    assert_false(open_elsewhere(&ledger, &other, &err));
    assert_int_equal(err.reason, ERROR_DATABASE_DAMAGED);
    assert_int_equal(other.released, 1);
    err = (struct error)ERROR_IN(room);
    assert_false(ledger_open(&ledger, folder, "line 1+a", LEDGER_WRITE, &err));
    assert_int_equal(err.reason, ERROR_DATABASE_DAMAGED);
    gnutls_privkey_deinit(elsewhere.handle);
    gnutls_privkey_deinit(other.handle);
}

/* Whichever answer is the last: what was not signed is not there, and the ledger goes on when the key is back. */
static void test_a_key_that_goes_away(void **state)
{
    struct elsewhere elsewhere = make_elsewhere();
    struct ledger_conflict conflict;
    struct ledger ledger;

    (void)state;
    for (int good = 0; good < 6; good++) {
        struct error err = ERROR_IN(room), wrong = ERROR_IN(room);
        bool ok;

        elsewhere.good = good;
        ok = open_elsewhere(&ledger, &elsewhere, &err);
        for (unsigned i = 0; ok && i < 6; i++)
            ok = append(&ledger, "away", 0, &conflict, &err);
        assert_false(ok);
        assert_int_equal(err.reason, ERROR_DEVICE_SILENT);
        ledger_close(&ledger);
        elsewhere.good = 1000;
        err = (struct error)ERROR_IN(room);
        assert_true(open_elsewhere(&ledger, &elsewhere, &err));
        elsewhere.is_changed = true;
        assert_false(append(&ledger, "changed", 0, &conflict, &wrong));
        assert_int_equal(wrong.reason, ERROR_RECORD_FAILED);
        elsewhere.is_changed = false; /* cppcheck-suppress redundantAssignment ; append() has read it */
        assert_true(append(&ledger, "back", 0, &conflict, &err));
        ledger_close(&ledger);
        assert_string_equal(verify(), "");
    }
    gnutls_privkey_deinit(elsewhere.handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_appended_is_there_and_holds, begin, end),
        cmocka_unit_test_setup_teardown(test_a_second_device_with_a_known_key, begin, end),
        cmocka_unit_test_setup_teardown(test_every_forgery_is_found, begin, end),
        cmocka_unit_test_setup_teardown(test_a_cut_end_and_a_fork_are_found_by_a_kept_checkpoint, begin, end),
        cmocka_unit_test_setup_teardown(test_a_clock_that_goes_back, begin, end),
        cmocka_unit_test_setup_teardown(test_a_lost_or_wrong_key_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_a_key_without_a_ledger_is_used, begin, end),
        cmocka_unit_test_setup_teardown(test_an_entry_that_is_too_long, begin, end),
        cmocka_unit_test_setup_teardown(test_no_room_on_the_disk, begin, end),
        cmocka_unit_test_setup_teardown(test_kill_at_any_moment, begin, end),
        cmocka_unit_test_setup_teardown(test_many_processes_write_one_log, begin, end),
        cmocka_unit_test_setup_teardown(test_a_key_in_no_file, begin, end),
        cmocka_unit_test_setup_teardown(test_a_key_that_goes_away, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
