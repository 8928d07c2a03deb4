/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/line_link.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "station/line_keeper.h"

#define AGAIN_MS 1000 /* after a start in vain: the server may be away */

static bool has_line(const char *state)
{
    char path[PATH_MAX];
    const int len = snprintf(path, sizeof path, "%s/line.yaml", state);

    return len > 0 && (size_t)len < sizeof path && access(path, F_OK) == 0;
}

void line_link_start(struct line_link *link, struct fork_server *workers, const char *state)
{
    const char *const arguments[] = {LINE_KEEPER_NAME, state, NULL};
    struct error ignored = {.reason = ERROR_NONE};

    if (worker_is_running(&link->keeper) || worker_now_ms() < link->again_ms || !has_line(state))
        return;
    link->again_ms = worker_now_ms() + AGAIN_MS;
    link->is_open = link->was_open = false;
    (void)worker_start(&link->keeper, workers, -1, arguments, true, 0, &ignored);
}

/* Whatever it says, it says when it has a connection. */
static void take(void *context, const json_t *object)
{
    struct line_link *link = context;

    (void)object;
    link->is_open = link->was_open = true;
}

void line_link_read(struct line_link *link)
{
    worker_read(&link->keeper, take, link);
    link->is_open = link->is_open && link->keeper.out >= 0;
}

void line_link_finish(struct line_link *link)
{
    (void)worker_finish(&link->keeper, take, link);
    if (link->was_open)
        link->again_ms = 0;
    link->is_open = false;
}

/* A byte with the descriptor, if there is room for it at once. */
static bool give(const struct line_link *link, int end)
{
    union {
        struct cmsghdr header; /* cppcheck-suppress unusedStructMember ; for its alignment */
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof end);
    memcpy(CMSG_DATA(header), &end, sizeof end);
    return sendmsg(link->keeper.out, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

int line_link_connect(struct line_link *link)
{
    int ends[2];
    bool is_given;

    if (!link->is_open || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    is_given = give(link, ends[1]);
    (void)close(ends[1]);
    if (is_given)
        return ends[0];
    (void)close(ends[0]);
    return -1;
}

void line_link_close(struct line_link *link)
{
    if (!worker_is_running(&link->keeper))
        return;
    (void)kill(link->keeper.pid, SIGKILL);
    line_link_finish(link);
}
