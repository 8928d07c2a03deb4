/* SPDX-License-Identifier: Apache-2.0 */
/* Workers, played by shell scripts: lines in pieces, ends of every kind, and deadlines. */
#include "panel/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 60000
#define GIVEN 9 /* the number that a script finds its descriptor at */

/* What a worker said: how many objects, and the last one's `n`. */
struct heard {
    unsigned count;
    json_int_t last;
};

static struct fork_server server = FORK_SERVER_NONE;

static void take(void *context, const json_t *object)
{
    struct heard *heard = context;

    heard->count++;
    heard->last = json_integer_value(json_object_get(object, "n"));
}

static void start_with(struct worker *worker, const char *script, bool is_asking, int64_t patience_ms)
{
    const char *const arguments[] = {"sh", "-c", script, NULL};
    struct error err = {.reason = ERROR_NONE};

    assert_true(worker_start(worker, &server, -1, arguments, is_asking, patience_ms, &err));
}

static void start(struct worker *worker, const char *script, int64_t patience_ms)
{
    start_with(worker, script, false, patience_ms);
}

static struct worker_end wait_for(struct worker *worker, struct heard *heard)
{
    for (;;) {
        struct pollfd polled[] = {{.fd = worker->out, .events = POLLIN}, {.fd = worker->pidfd, .events = POLLIN}};

        assert_true(poll(polled, 2, 50) >= 0);
        if (polled[0].revents != 0)
            worker_read(worker, take, heard);
        if (polled[1].revents != 0)
            return worker_finish(worker, take, heard);
        worker_tend(worker);
    }
}

static void test_ends(void **state)
{
    static const struct {
        const char *script;
        bool by_exit, is_readable;
        int code;
        unsigned count;
    } rows[] = {
        {"exit 0", true, true, 0, 0},
        {"exit 3", true, true, 3, 0},
        {"kill -9 $$", false, true, SIGKILL, 0},
        {"echo '{\"n\":1}'; echo '{\"n\":2}'", true, true, 0, 2},
        {"printf '{\"n\"'; sleep 0.1; printf ':2}\\n'", true, true, 0, 1},
        {"echo hello", true, false, 0, 0},
        {"echo '[1]'", true, false, 0, 0},
        {"echo '{\"n\":1,\"n\":2}'", true, false, 0, 0},
        {"printf '{\"n\":2}'", true, false, 0, 0}, /* the line has no end */
        {"printf '\\0\\n'", true, false, 0, 0},
        {"echo '{\"n\":2}'; echo error >&2; read line; exit 5", true, true, 5, 1}, /* its stdin is at its end */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct worker worker = WORKER_NONE;
        struct heard heard = {.count = 0};
        struct worker_end end;

        start(&worker, rows[i].script, PATIENCE_MS);
        end = wait_for(&worker, &heard);
        if (end.by_exit != rows[i].by_exit || end.code != rows[i].code || end.is_readable != rows[i].is_readable ||
            heard.count != rows[i].count)
            fail_msg("%s: exit %d, code %d, readable %d, %u objects", rows[i].script, end.by_exit, end.code,
                     end.is_readable, heard.count);
        if (heard.count > 0)
            assert_int_equal(heard.last, 2);
        assert_false(worker_is_running(&worker));
    }
}

/* What is answered is its stdin, then its end; with no line, and with one that is too long, no line comes. */
static void test_answers(void **state)
{
    static char long_line[2 * WORKER_ANSWER_MAX];
    static const struct {
        const char *line;
        int code;
    } rows[] = {{"yes", 7}, {"", 8}, {NULL, 9}, {long_line, 9}};

    (void)state;
    memset(long_line, 'x', sizeof long_line - 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct worker worker = WORKER_NONE;
        struct heard heard = {.count = 0};
        struct worker_end end;

        start_with(&worker,
                   "echo '{\"n\":1}'; read line || exit 9; read more && exit 6; [ \"$line\" = yes ] && exit 7; exit 8",
                   true, PATIENCE_MS);
        while (heard.count == 0)
            worker_read(&worker, take, &heard);
        worker.deadline_ms = 0;
        worker_answer(&worker, rows[i].line, PATIENCE_MS);
        assert_true(worker.deadline_ms > worker_now_ms());
        end = wait_for(&worker, &heard);
        assert_true(end.by_exit && end.is_readable);
        assert_int_equal(end.code, rows[i].code);
    }
}

/* Who is not there any more is not answered, and the station lives. */
static void test_an_answer_for_a_dead_worker(void **state)
{
    struct worker worker = WORKER_NONE;
    struct heard heard = {.count = 0};

    (void)state;
    start_with(&worker, "kill -9 $$", true, PATIENCE_MS);
    struct pollfd ended = {.fd = worker.pidfd, .events = POLLIN};
    assert_int_equal(poll(&ended, 1, PATIENCE_MS), 1);
    worker_answer(&worker, "yes", PATIENCE_MS);
    assert_int_equal(wait_for(&worker, &heard).code, SIGKILL);
}

/* A worker gets the descriptor that was given to it, and the next one does not. */
static void test_a_given_descriptor(void **state)
{
    static const char script[] = "echo yes 2>/dev/null >&9";
    const char *const arguments[] = {"sh", "-c", script, NULL};
    int ends[2];
    char text[8] = "";

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    for (int i = 0; i < 2; i++) {
        struct worker worker = WORKER_NONE;
        struct heard heard = {.count = 0};
        struct error err = {.reason = ERROR_NONE};

        assert_true(worker_start(&worker, &server, i == 0 ? ends[1] : -1, arguments, false, PATIENCE_MS, &err));
        assert_int_equal(wait_for(&worker, &heard).code == 0, i == 0);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(read(ends[0], text, sizeof text), 4);
    assert_memory_equal(text, "yes\n", 4);
    assert_int_equal(read(ends[0], text, sizeof text), 0); /* nobody else has it any more */
    assert_int_equal(close(ends[0]), 0);
}

/* A line that does not end is not kept in memory for ever. */
static void test_an_endless_line(void **state)
{
    struct worker worker = WORKER_NONE;
    struct heard heard = {.count = 0};
    struct worker_end end;

    (void)state;
    start(&worker, "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo '{\"n\":1}'", PATIENCE_MS);
    while (worker.out >= 0) {
        worker_read(&worker, take, &heard);
        assert_in_range(worker.cap, 0, 2 * WORKER_LINE_MAX);
    }
    end = wait_for(&worker, &heard);
    assert_false(end.is_readable);
    assert_int_equal(heard.count, 1);
}

/* Asked to end, it may finish what it does. */
static void test_asked_to_end(void **state)
{
    struct worker worker = WORKER_NONE;
    struct heard heard = {.count = 0};
    struct worker_end end;

    (void)state;
    start(&worker, "trap 'echo \"{\\\"n\\\":7}\"; exit 130' TERM; echo '{\"n\":1}'; while :; do sleep 0.05; done",
          PATIENCE_MS);
    while (heard.count == 0)
        worker_read(&worker, take, &heard);
    worker_ask_to_end(&worker);
    end = wait_for(&worker, &heard);
    assert_true(end.by_exit && end.code == 130 && heard.last == 7);
}

/* Its time is over: it is asked first, and not killed before a chip's longest command could be over. */
static void test_deadline(void **state)
{
    struct worker worker = WORKER_NONE;
    struct heard heard = {.count = 0};
    struct worker_end end;
    int64_t asked_ms;

    (void)state;
    start(&worker, "trap '' TERM; echo '{\"n\":1}'; while :; do sleep 0.05; done", PATIENCE_MS);
    while (heard.count == 0)
        worker_read(&worker, take, &heard);
    asked_ms = worker.deadline_ms = worker_now_ms();
    worker_tend(&worker);
    assert_true(worker.was_asked && worker.deadline_ms >= asked_ms + WORKER_KILL_MS);
    worker_tend(&worker);
    worker.deadline_ms = worker_now_ms();
    end = wait_for(&worker, &heard);
    assert_true(!end.by_exit && end.code == SIGKILL);
}

/* A server that has died is there again for the next worker; those that it had started go on. */
static void test_server_killed(void **state)
{
    struct worker first = WORKER_NONE, second = WORKER_NONE;
    struct heard heard = {.count = 0};
    const int before = server.pid;
    struct worker_end end;

    (void)state;
    start(&first, "read line; sleep 0.2; echo '{\"n\":3}'", PATIENCE_MS);
    assert_int_equal(kill(server.pid, SIGKILL), 0);
    start(&second, "echo '{\"n\":4}'", PATIENCE_MS);
    assert_true(server.pid != before);
    end = wait_for(&second, &heard);
    assert_true(end.by_exit && end.code == 0 && heard.last == 4);
    end = wait_for(&first, &heard);
    assert_true(end.by_exit && end.code == 0 && heard.last == 3);
}

static void test_no_such_program(void **state)
{
    const char *const arguments[] = {"sh", NULL};
    struct fork_server none = FORK_SERVER_NONE;
    struct worker worker = WORKER_NONE;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_true(fork_server_start(&none, "/nonexistent", &err));
    assert_false(worker_start(&worker, &none, -1, arguments, false, PATIENCE_MS, &err));
    assert_false(worker_is_running(&worker));
    assert_int_equal(err.reason, ERROR_UNEXPECTED);
    fork_server_stop(&none);
}

#ifdef __SANITIZE_ADDRESS__
static int leak(void)
{
    char *volatile lost = NULL;

    for (unsigned i = 0; i < 100; i++) /* all but the last ones are on no stack */
        lost = malloc(100);            /* cppcheck-suppress memleak ; it is to be found */
    return lost == NULL;               /* cppcheck-suppress memleak ; the same */
}

/* A worker's leak is found, though it ends without exit(). */
static void test_a_leak(void **state)
{
    const char *const arguments[] = {"leak", NULL};
    struct error err = {.reason = ERROR_NONE};
    struct worker worker = WORKER_NONE;
    struct heard heard = {.count = 0};
    struct worker_end end;

    (void)state;
    assert_true(worker_start(&worker, &server, -1, arguments, false, PATIENCE_MS, &err));
    end = wait_for(&worker, &heard);
    assert_true(end.by_exit && end.code != 0);
}
#endif

/* What a worker of this test runs: a shell with these arguments, or without any, a leak. */
static int run_shell(int argc, char **argv, int given)
{
    if (given >= 0 && dup2(given, GIVEN) < 0)
        return 125;
#ifdef __SANITIZE_ADDRESS__
    if (argc == 1)
        return leak();
#endif
    (void)argc;
    (void)execv("/bin/sh", argv);
    return 126;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_an_answer_for_a_dead_worker),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_an_endless_line),
        cmocka_unit_test(test_a_given_descriptor),
        cmocka_unit_test(test_asked_to_end),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_server_killed),
        cmocka_unit_test(test_no_such_program),
#ifdef __SANITIZE_ADDRESS__
        cmocka_unit_test(test_a_leak),
#endif
    };
    struct error err = {.reason = ERROR_NONE};
    int failures;

    if (fork_server_is_asked(argc, argv))
        return fork_server_serve(run_shell);
    if (!fork_server_start(&server, "/proc/self/exe", &err))
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    fork_server_stop(&server);
    return failures;
}
