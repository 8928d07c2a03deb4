/* SPDX-License-Identifier: Apache-2.0 */
/* What a service manager is told, and when it expects to be. */
#include "service/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A manager's socket at `path`, "@..." for the abstract namespace. */
static int listen_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const size_t len = strlen(path);

    assert_true(fd >= 0 && len < sizeof at.sun_path);
    memcpy(at.sun_path, path, len);
    if (path[0] == '@')
        at.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    return fd;
}

static void assert_told(const char *path)
{
    const int fd = listen_at(path);
    char text[64];
    ssize_t len;

    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    assert_true(service_notify("READY=1"));
    len = recv(fd, text, sizeof text, MSG_DONTWAIT);
    assert_int_equal(len, 7);
    assert_memory_equal(text, "READY=1", 7);
    (void)close(fd);
}

static void test_told(void **state)
{
    char folder[] = "/tmp/imprint-notify-XXXXXX", path[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    assert_told(path);
    assert_false(service_notify("READY=1")); /* nobody is there any more */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    (void)snprintf(path, sizeof path, "@imprint-test-%d", (int)getpid());
    assert_told(path);
}

static void test_nobody_to_tell(void **state)
{
    char longest[300];

    (void)state;
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    assert_true(service_notify("READY=1"));
    assert_int_equal(setenv("NOTIFY_SOCKET", "", 1), 0);
    assert_true(service_notify("READY=1"));
    assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
    assert_false(service_notify("READY=1"));
    memset(longest, '/', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(setenv("NOTIFY_SOCKET", longest, 1), 0);
    assert_false(service_notify("READY=1"));
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

static void test_watchdog(void **state)
{
    static const struct {
        const char *microseconds, *pid;
        int64_t ms;
    } rows[] = {
        {NULL, NULL, 0}, {"30000000", NULL, 15000}, {"1", NULL, 1},       {"0", NULL, 0},
        {"-1", NULL, 0}, {"soon", NULL, 0},         {"30000000", "1", 0}, {"30000000", "x", 0},
    };
    char own[16];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)unsetenv("WATCHDOG_USEC");
        (void)unsetenv("WATCHDOG_PID");
        if (rows[i].microseconds != NULL)
            (void)setenv("WATCHDOG_USEC", rows[i].microseconds, 1);
        if (rows[i].pid != NULL)
            (void)setenv("WATCHDOG_PID", rows[i].pid, 1);
        assert_int_equal(service_watchdog_ms(), rows[i].ms);
    }
    (void)snprintf(own, sizeof own, "%d", (int)getpid());
    (void)setenv("WATCHDOG_USEC", "4000", 1);
    (void)setenv("WATCHDOG_PID", own, 1);
    assert_int_equal(service_watchdog_ms(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_nobody_to_tell),
        cmocka_unit_test(test_watchdog),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
