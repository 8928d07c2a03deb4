/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signer that is killed, or whose disk fails, at every point at which what is on disk changes: before each system
 * call with which SQLite writes, syncs or shortens a file, and before and after the signature. Each run is a process of
 * its own. One key asks under every cut, and under every cut of the run after it; then another key asks for the last
 * unit of the budget.
 *
 * What must hold: the budget; the log of the decisions; one certificate for a key, the one that was answered where one
 * was; the same bytes signed for a key, however often.
 */
#include "test/signer/office.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "database/statement.h"
#include "test/support/sampled.h"

#define SIGNATURES_MAX 16
#define ASKED_MAX 4 /* by one process */
/* Of second cuts every fourth is tried, other ones for each first cut: all take a minute. */
#define PAIR_STEP (4 * SWEEP_STRIDE)

/* What happens at the point `at`, counted from 1 in this process; 0: nothing does. */
static struct {
    unsigned at, reached;
    int failure; /* 0: the process dies; else writes fail with this errno from there on */
} cut;

/* What was answered; len 0: no certificate. */
struct given {
    enum signer_decision decision;
    size_t len;
    uint8_t der[CERT_MAX];
};

/* What processes leave for their parent. */
static struct shared {
    unsigned signatures;
    uint8_t signed_tbs[SIGNATURES_MAX][CERT_TBS_MAX];
    size_t tbs_len[SIGNATURES_MAX];
    unsigned answers; /* of the last process */
    struct given given[ASKED_MAX];
    unsigned reached;
    unsigned hours; /* since the test began: each asks an hour later, as other certificates would begin then */
} *shared;

/* --- points --- */

/* True: the system call is to fail. */
static bool reach(bool writes)
{
    if (cut.at == 0)
        return false;
    cut.reached++;
    if (cut.failure == 0 && cut.reached == cut.at)
        (void)kill(getpid(), SIGKILL);
    if (cut.failure != 0 && cut.reached >= cut.at && writes) {
        errno = cut.failure;
        return true;
    }
    return false;
}

/*
 * These stand before the C library's for SQLite, too. The names are the linker's and the C library's.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-declaration-parameter-name)
 */
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    return reach(true) ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return pwrite64(fd, data, len, at);
}

int ftruncate64(int fd, off64_t len)
{
    return reach(false) ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

int ftruncate(int fd, off_t len)
{
    return ftruncate64(fd, len);
}

/* A kill leaves what the system has been given: nothing must reach the medium for this test. */
int fdatasync(int fd)
{
    (void)fd;
    return reach(true) ? -1 : 0;
}

int fsync(int fd)
{
    return fdatasync(fd);
}

bool __real_signing_sign(void *key, void *public_key, struct bytes message, uint8_t *signature, struct error *err);
bool __wrap_signing_sign(void *key, void *public_key, struct bytes message, uint8_t *signature, struct error *err);

bool __wrap_signing_sign(void *key, void *public_key, struct bytes message, uint8_t *signature, struct error *err)
{
    bool ok;

    if (message.data[0] != 0x30) /* the trial signature when the issuer is opened */
        return __real_signing_sign(key, public_key, message, signature, err);
    (void)reach(false);
    ok = __real_signing_sign(key, public_key, message, signature, err);
    if (ok && shared->signatures < SIGNATURES_MAX) {
        memcpy(shared->signed_tbs[shared->signatures], message.data, message.len);
        shared->tbs_len[shared->signatures++] = message.len;
    }
    (void)reach(false);
    return ok;
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-declaration-parameter-name)
 */

/* --- processes --- */

static struct office_files files;
static struct office_body first, second;

/* Asks an hour after the last time. */
static void ask(struct office *office, const struct office_body *body)
{
    struct given *given = &shared->given[shared->answers];
    const int64_t now = time(NULL) + (int64_t)shared->hours++ * 3600;
    struct signer_answer answer;

    office_ask_as(office, body, (struct signer_ask){.station = "line-1", .label = "boards", .now = now}, &answer);
    (void)reach(false);
    *given = (struct given){.decision = answer.decision, .len = answer.len};
    memcpy(given->der, answer.der, answer.len);
    shared->answers++;
}

/* A process that asks for each of the bodies, with a cut. */
static _Noreturn void be_signer(const struct office_body *const *bodies, unsigned count, unsigned at, int failure)
{
    struct office office;

    if (!office_open(&office, &files, office_rules(&files, 1), "signer.db", NULL))
        _exit(2);
    cut.at = at;
    cut.failure = failure;
    for (unsigned i = 0; i < count; i++)
        ask(&office, bodies[i]);
    shared->reached = cut.reached;
    _exit(0); /* without closing: what follows is as after a kill */
}

/* Runs one process. True: it came to its end; its answers are in `shared`. */
static bool run(const struct office_body *const *bodies, unsigned count, unsigned at, int failure)
{
    int status = 0;
    pid_t pid;

    shared->answers = 0;
    pid = fork();
    if (pid == 0)
        be_signer(bodies, count, at, failure);
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return false;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("a process ended with status %x", (unsigned)status);
    return true;
}

/* The first key asks, with a cut. */
static bool run_first(unsigned at, int failure)
{
    const struct office_body *const body = &first;

    return run(&body, 1, at, failure);
}

/* A database without rows: made by a process, so that what is counted begins with a decision. */
static void make_database(void)
{
    struct database database = {.handle = NULL};

    (void)unlink(path_in(files.folder, "signer.db"));
    (void)unlink(path_in(files.folder, "signer.db-wal"));
    (void)unlink(path_in(files.folder, "signer.db-shm"));
    assert_true(signer_store_open(&database, path_in(files.folder, "signer.db"), DATABASE_MAKE, NULL));
    database_close(&database);
    shared->signatures = shared->hours = 0;
}

/* --- what must hold --- */

/* Adds an answer to what its key has been given before. */
static void note(struct given *given, unsigned answer)
{
    const struct given *now = &shared->given[answer];

    if (answer >= shared->answers || now->len == 0)
        return;
    if (given->len != 0 && (given->len != now->len || memcmp(given->der, now->der, given->len) != 0))
        fail_msg("a key was given two certificates");
    *given = *now;
}

static void check_signatures(void)
{
    for (unsigned i = 1; i < shared->signatures; i++)
        if (shared->tbs_len[i] != shared->tbs_len[0] ||
            memcmp(shared->signed_tbs[i], shared->signed_tbs[0], shared->tbs_len[0]) != 0)
            fail_msg("two different certificates were signed");
}

static void refuse_finding(void *context, const struct ledger_finding *finding)
{
    (void)context;
    fail_msg("the log of decisions: %s: %s", finding->check, finding->text);
}

static void check_database(unsigned granted)
{
    struct ledger_verify verify = {.finding = refuse_finding};
    struct signer_log_head head;
    struct statement select;
    struct database database = {.handle = NULL};

    assert_true(signer_store_open(&database, path_in(files.folder, "signer.db"), DATABASE_USE, NULL));
    assert_true(database_check(&database, NULL));
    assert_true(statement_prepare(&select, &database,
                                  "SELECT (SELECT count(*) FROM certificate), "
                                  "(SELECT count(*) FROM certificate WHERE certificate IS NOT NULL), "
                                  "(SELECT count(*) FROM decision WHERE decision = 'granted')",
                                  NULL));
    assert_int_equal(statement_step(&select, NULL), STATEMENT_ROW);
    assert_int_equal(statement_number(&select, 0), 1);
    assert_int_equal(statement_number(&select, 1), 1);
    assert_int_equal(statement_number(&select, 2), granted);
    statement_finish(&select);
    assert_true(signer_log_verify(&database, &verify, &head, NULL));
    assert_int_equal(verify.bad, 0);
    database_close(&database);
}

/* The world after the cuts: both keys ask until all is settled; one of them has the unit. */
static void settle(struct given *of_first)
{
    const struct office_body *const bodies[ASKED_MAX] = {&second, &first, &second, &first};
    struct given of_second = {.len = 0};

    assert_true(run(bodies, ASKED_MAX, 0, 0));
    for (unsigned i = 0; i < ASKED_MAX; i++)
        note(bodies[i] == &first ? of_first : &of_second, i);
    if ((of_first->len != 0) == (of_second.len != 0))
        fail_msg("%s of two keys got the one certificate of the budget", of_first->len != 0 ? "both" : "none");
    check_signatures();
    check_database(1);
}

/* --- kills --- */

/* Runs `first` under the two cuts and settles. False: the first cut was not reached. */
static bool try_cuts(unsigned one, unsigned two, bool *two_reached)
{
    struct given given = {.len = 0};
    bool ended;

    make_database();
    ended = run_first(one, 0);
    if (ended && shared->reached < one)
        return false;
    note(&given, 0);
    if (two != 0) {
        ended = run_first(two, 0);
        *two_reached = !ended || shared->reached >= two;
        note(&given, 0);
    }
    settle(&given);
    return true;
}

static void test_every_kill(void **state)
{
    unsigned points = 0;
    bool ignored;

    (void)state;
    while (try_cuts(points + 1, 0, &ignored))
        points++;
    /* Two transactions that write and sync, a signature, and the end. */
    assert_in_range(points, 8, 200);
    print_message("%u points\n", points);
}

static void test_every_kill_of_the_next_run(void **state)
{
    unsigned pairs = 0;

    (void)state;
    for (unsigned one = 1;; one++) {
        bool reached = true;

        if (!try_cuts(one, 0, &reached))
            break;
        for (unsigned two = 1 + one % PAIR_STEP; reached; two += PAIR_STEP, pairs++)
            (void)try_cuts(one, two, &reached);
    }
    assert_true(pairs > 30);
    print_message("%u pairs\n", pairs);
}

/* --- a disk that is full, or fails --- */

static void try_failure(unsigned at, int failure, bool *reached)
{
    struct given given = {.len = 0};

    make_database();
    assert_true(run_first(at, failure));
    *reached = shared->reached >= at;
    assert_int_equal(shared->answers, 1);
    if (shared->given[0].len == 0)
        assert_int_equal(shared->given[0].decision, SIGNER_FAILED);
    note(&given, 0);
    settle(&given);
}

static void test_every_failure(void **state)
{
    static const int failures[] = {ENOSPC, EIO};

    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        bool reached = true;

        for (unsigned at = 1; reached; at++)
            try_failure(at, failures[i], &reached);
    }
}

static int begin(void **state)
{
    (void)state;
    /* cppcheck-suppress invalidFunctionArg ; -1: no file, as Linux wants it for anonymous memory */
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    office_make_files(&files);
    office_make_body(&first, 1);
    office_make_body(&second, 2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    EVP_PKEY_free(first.key);
    EVP_PKEY_free(second.key);
    office_remove_files(&files);
    (void)munmap(shared, sizeof *shared);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kill),
        cmocka_unit_test(test_every_kill_of_the_next_run),
        cmocka_unit_test(test_every_failure),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
