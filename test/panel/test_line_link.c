/* SPDX-License-Identifier: Apache-2.0 */
/* Who keeps the connection, played by processes that retire with their first worker, or hang; and how they are
 * replaced.
 */
#include "panel/line_link.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "station/line_keeper.h"
#include "test/support/scratch.h"

#define IS_OPEN "{\"line\":\"open\"}\n"
#define MINUTE_MS 60000

static struct fork_server server = FORK_SERVER_NONE;
static char folder[SCRATCH_PATH_MAX];
static int64_t now_ms = MINUTE_MS;

int64_t __wrap_worker_now_ms(void);

int64_t __wrap_worker_now_ms(void)
{
    return now_ms;
}

/* --- who keeps it --- */

static int take_socket(void)
{
    union {
        struct cmsghdr header; /* cppcheck-suppress unusedStructMember ; for its alignment */
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    int taken = -1;

    if (recvmsg(STDIN_FILENO, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != NULL)
        memcpy(&taken, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof taken);
    return taken;
}

/*
 * Takes one worker and nobody after it, and ends with it; in a folder with a file "hangs" it takes none, and with a
 * file "silent" it never has a connection.
 */
static int keep(int argc, char **argv, int given)
{
    char byte;
    int worker;

    (void)given;
    while (argc == 2 && file_exists(path_in(argv[1], "silent")))
        (void)pause();
    if (argc != 2 || strcmp(argv[0], LINE_KEEPER_NAME) != 0 ||
        write(STDOUT_FILENO, IS_OPEN, strlen(IS_OPEN)) != (ssize_t)strlen(IS_OPEN))
        return 1;
    while (file_exists(path_in(argv[1], "hangs")))
        (void)pause();
    worker = take_socket();
    (void)close(STDIN_FILENO);
    (void)close(STDOUT_FILENO);
    return worker >= 0 && read(worker, &byte, 1) == 0 ? 0 : 1;
}

/* --- the station --- */

/* What panel.c does with what comes of it. */
static void serve(struct line_link *link)
{
    struct pollfd polled[] = {{.fd = link->keeper.out, .events = POLLIN}, {.fd = link->keeper.pidfd, .events = POLLIN}};

    assert_true(poll(polled, 2, MINUTE_MS) > 0);
    if (polled[0].revents != 0)
        line_link_read(link);
    if (polled[1].revents != 0)
        line_link_finish(link);
}

/* Its process id. */
static int open_line(struct line_link *link)
{
    line_link_start(link, &server, folder);
    assert_true(worker_is_running(&link->keeper));
    while (!link->is_open)
        serve(link);
    return link->keeper.pid;
}

/* A worker's socket to one that retires with it. */
static int retire(struct line_link *link)
{
    const int worker = line_link_connect(link);

    assert_true(worker >= 0);
    while (link->is_open)
        serve(link);
    assert_int_equal(line_link_connect(link), -1);
    return worker;
}

static bool is_child(int pid)
{
    return waitpid(pid, NULL, WNOHANG) == 0;
}

static void setup(struct line_link *link)
{
    *link = (struct line_link)LINE_LINK_NONE;
    scratch_make(folder);
    file_store(path_in(folder, "line.yaml"), BYTES_NONE);
}

/* --- tests --- */

/* An old worker may wait for an operator: the next ones get another process meanwhile, and the old one its end. */
static void test_one_that_retires_is_replaced(void **state)
{
    struct line_link link;
    int workers[LINE_LINK_LEFT_MAX + 1], pids[LINE_LINK_LEFT_MAX + 1];

    (void)state;
    setup(&link);
    for (size_t i = 0; i < LINE_LINK_LEFT_MAX + 1; i++) {
        pids[i] = open_line(&link);
        assert_true(i == 0 || pids[i] != pids[i - 1]);
        workers[i] = retire(&link);
    }
    line_link_start(&link, &server, folder);
    assert_int_equal(link.keeper.pid, pids[LINE_LINK_LEFT_MAX]); /* so many that none is left */
    for (size_t i = 0; i < LINE_LINK_LEFT_MAX; i++)
        assert_true(is_child(pids[i]));
    assert_int_equal(close(workers[0]), 0);
    while (link.keeper.pid == pids[LINE_LINK_LEFT_MAX])
        line_link_start(&link, &server, folder); /* as soon as that one has ended */
    assert_int_equal(waitpid(pids[0], NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    line_link_close(&link);
    for (size_t i = 0; i < LINE_LINK_LEFT_MAX + 1; i++)
        assert_int_equal(waitpid(pids[i], NULL, WNOHANG), -1);
    for (size_t i = 1; i < LINE_LINK_LEFT_MAX + 1; i++)
        assert_int_equal(close(workers[i]), 0);
    scratch_remove(folder);
}

/* What it was given it does not take: after a moment no worker waits for it any more. */
static void test_one_that_hangs_is_replaced(void **state)
{
    struct line_link link;
    int worker, pid;

    (void)state;
    setup(&link);
    file_store(path_in(folder, "hangs"), BYTES_NONE);
    pid = open_line(&link);
    now_ms += MINUTE_MS; /* nothing was given: it may be as old as it likes */
    worker = line_link_connect(&link);
    assert_true(worker >= 0);
    line_link_start(&link, &server, folder);
    assert_int_equal(link.keeper.pid, pid);
    now_ms += MINUTE_MS;
    assert_int_equal(line_link_connect(&link), -1);
    assert_true(open_line(&link) != pid);
    assert_true(is_child(pid));
    assert_int_equal(close(worker), 0);
    worker = line_link_connect(&link);
    assert_true(worker >= 0);
    assert_int_equal(close(worker), 0);
    line_link_close(&link);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
    scratch_remove(folder);
}

/* It may wait for a server, but not for ever. */
static void test_one_that_never_opens_is_ended(void **state)
{
    struct line_link link;
    int pid;

    (void)state;
    setup(&link);
    file_store(path_in(folder, "silent"), BYTES_NONE);
    line_link_start(&link, &server, folder);
    pid = link.keeper.pid;
    assert_true(pid > 0);
    now_ms += 2 * MINUTE_MS;
    line_link_start(&link, &server, folder);
    assert_int_equal(link.keeper.pid, pid);
    assert_true(is_child(pid));
    assert_int_equal(unlink(path_in(folder, "silent")), 0);
    now_ms += 4 * MINUTE_MS;
    line_link_start(&link, &server, folder);
    while (worker_is_running(&link.keeper))
        serve(&link);
    assert_true(open_line(&link) != pid);
    line_link_close(&link);
    scratch_remove(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_that_retires_is_replaced),
        cmocka_unit_test(test_one_that_hangs_is_replaced),
        cmocka_unit_test(test_one_that_never_opens_is_ended),
    };
    struct error err = {.reason = ERROR_NONE};
    int failures;

    if (fork_server_is_asked(argc, argv))
        return fork_server_serve(keep);
    if (!fork_server_start(&server, "/proc/self/exe", &err))
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    fork_server_stop(&server);
    return failures;
}
