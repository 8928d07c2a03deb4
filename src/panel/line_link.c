/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/line_link.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "station/line_keeper.h"

#define AGAIN_MS 1000  /* after a start in vain: the server may be away */
#define OPEN_MS 300000 /* in which it has a connection, or has ended: more than the longest time-out of line.yaml */
#define TAKE_MS 2000   /* in which it takes a socket, unless it hangs, or waits for the server */

static bool has_line(const char *state)
{
    char path[PATH_MAX];
    const int len = snprintf(path, sizeof path, "%s/line.yaml", state);

    return len > 0 && (size_t)len < sizeof path && access(path, F_OK) == 0;
}

/* --- those that were left --- */

static bool has_ended(int pid)
{
    return waitpid(pid, NULL, WNOHANG) == pid;
}

/* Where the next one can be noted; NULL: there are too many. */
static int *make_place(struct line_link *link)
{
    int *place = NULL;

    for (size_t i = 0; i < LINE_LINK_LEFT_MAX; i++) {
        if (link->left[i] != 0 && has_ended(link->left[i]))
            link->left[i] = 0;
        if (link->left[i] == 0)
            place = &link->left[i];
    }
    return place;
}

static void end_left(struct line_link *link)
{
    for (size_t i = 0; i < LINE_LINK_LEFT_MAX; i++) {
        if (link->left[i] == 0)
            continue;
        (void)kill(link->left[i], SIGKILL);
        (void)waitpid(link->left[i], NULL, 0);
        link->left[i] = 0;
    }
}

/* --- the one in use --- */

/* Sockets that it was given, and has not taken. */
static bool has_untaken(const struct line_link *link)
{
    int bytes = 0;

    return ioctl(link->keeper.out, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

static bool hangs(const struct line_link *link)
{
    return link->is_open && worker_now_ms() - link->given_ms > TAKE_MS && has_untaken(link);
}

/* It takes no more workers, and ends with the last of those that it has. */
static void leave_useless(struct line_link *link)
{
    int *const place = make_place(link);

    if (place == NULL || !worker_is_running(&link->keeper) || !link->was_open || (link->is_open && !hangs(link)))
        return;
    *place = worker_leave(&link->keeper);
    link->is_open = false;
    link->again_ms = 0;
}

/* It has no workers yet. Its end is found by `pidfd`, and the next one started after it. */
static void end_late(const struct line_link *link)
{
    if (worker_is_running(&link->keeper) && !link->was_open && worker_now_ms() - link->again_ms > OPEN_MS)
        (void)kill(link->keeper.pid, SIGKILL);
}

void line_link_start(struct line_link *link, struct fork_server *workers, const char *state)
{
    const char *const arguments[] = {LINE_KEEPER_NAME, state, NULL};
    struct error ignored = {.reason = ERROR_NONE};

    end_late(link);
    leave_useless(link);
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

int line_link_connect(struct line_link *link)
{
    int ends[2];
    bool is_given;

    if (!link->is_open || hangs(link) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    if (!has_untaken(link))
        link->given_ms = worker_now_ms();
    is_given = line_keeper_give(link->keeper.out, ends[1]);
    (void)close(ends[1]);
    if (is_given)
        return ends[0];
    (void)close(ends[0]);
    return -1;
}

void line_link_close(struct line_link *link)
{
    end_left(link);
    if (!worker_is_running(&link->keeper))
        return;
    (void)kill(link->keeper.pid, SIGKILL);
    line_link_finish(link);
}
