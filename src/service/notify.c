/* SPDX-License-Identifier: Apache-2.0 */
#include "service/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/number.h"

#define WATCHDOG_MAX_US (UINT64_C(24) * 3600 * 1000 * 1000)

bool service_notify(const char *lines)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const size_t len = path != NULL ? strlen(path) : 0;
    ssize_t sent;
    int fd, reason;

    if (len == 0)
        return true;
    if ((path[0] != '/' && path[0] != '@') || len >= sizeof to.sun_path) {
        errno = EINVAL;
        return false;
    }
    memcpy(to.sun_path, path, len);
    if (path[0] == '@')
        to.sun_path[0] = '\0'; /* the abstract namespace of Linux */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    sent = sendto(fd, lines, strlen(lines), MSG_NOSIGNAL, (const struct sockaddr *)&to,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    reason = errno;
    (void)close(fd);
    errno = reason;
    return sent >= 0;
}

/* The manager may watch another process than this one: WATCHDOG_PID says which. */
static bool is_for_us(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    uint64_t number;

    return pid == NULL || (number_parse(pid, 1, INT32_MAX, &number) == NUMBER_OK && number == (uint64_t)getpid());
}

int64_t service_watchdog_ms(void)
{
    const char *text = getenv("WATCHDOG_USEC");
    uint64_t microseconds;

    if (text == NULL || !is_for_us() || number_parse(text, 1, WATCHDOG_MAX_US, &microseconds) != NUMBER_OK)
        return 0;
    return microseconds < 2000 ? 1 : (int64_t)(microseconds / 2000);
}
