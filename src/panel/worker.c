/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define READ_BYTES 4096

int64_t worker_now_ms(void)
{
    return clock_now_ms();
}

static bool refuse(const char *cause, int system_errno, struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, cause, "free memory and processes of this machine, then try again");
    error_with_errno(err, system_errno);
    error_doing(err, "start a worker");
    return false;
}

bool worker_start(struct worker *worker, struct fork_server *server, int given, const char *const *arguments,
                  bool is_asking, int64_t patience_ms, struct error *err)
{
    *worker = (struct worker)WORKER_NONE;
    worker->pid = fork_server_launch(server, arguments, given, &worker->out, err);
    if (worker->pid == 0)
        return false;
    if (!is_asking)
        (void)shutdown(worker->out, SHUT_WR);
    worker->pidfd = pidfd_open(worker->pid, 0);
    worker->is_readable = true;
    worker->deadline_ms = worker_now_ms() + patience_ms;
    if (worker->pidfd >= 0)
        return true;
    /* Without a descriptor nobody would learn of its end. */
    const int reason = errno;
    (void)kill(worker->pid, SIGTERM);
    (void)waitpid(worker->pid, NULL, 0);
    (void)close(worker->out);
    *worker = (struct worker)WORKER_NONE;
    return refuse("the system has no descriptors of processes (Linux 5.3 has)", reason, err);
}

void worker_answer(struct worker *worker, const char *line, int64_t patience_ms)
{
    char text[WORKER_ANSWER_MAX + 2];

    if (worker->out < 0)
        return;
    if (line != NULL) {
        (void)snprintf(text, sizeof text, "%s\n", line);
        (void)!send(worker->out, text, strlen(text), MSG_NOSIGNAL); /* into a socket that is empty: it fits */
    }
    (void)shutdown(worker->out, SHUT_WR);
    worker->deadline_ms = worker_now_ms() + patience_ms;
}

/* --- lines --- */

static void take_line(struct worker *worker, const char *line, size_t len,
                      void (*take)(void *context, const json_t *object), void *context)
{
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

    if (json_is_object(object))
        take(context, object);
    else
        worker->is_readable = false;
    json_decref(object);
}

/* Makes room for what is read next. A line without an end is dropped, and noted. */
static bool make_room(struct worker *worker)
{
    const size_t wanted = worker->cap == 0 ? 2 * READ_BYTES : 2 * worker->cap;
    char *grown;

    if (worker->cap - worker->len >= READ_BYTES)
        return true;
    if (wanted > 2 * WORKER_LINE_MAX || (grown = realloc(worker->line, wanted)) == NULL) {
        worker->is_readable = false;
        worker->len = 0;
        return worker->cap >= READ_BYTES;
    }
    worker->line = grown;
    worker->cap = wanted;
    return true;
}

static void take_lines(struct worker *worker, void (*take)(void *context, const json_t *object), void *context)
{
    const char *end = worker->line + worker->len;
    char *start = worker->line, *feed;

    while ((feed = memchr(start, '\n', (size_t)(end - start))) != NULL) {
        take_line(worker, start, (size_t)(feed - start), take, context);
        start = feed + 1;
    }
    worker->len = (size_t)(end - start);
    memmove(worker->line, start, worker->len);
}

void worker_read(struct worker *worker, void (*take)(void *context, const json_t *object), void *context)
{
    while (worker->out >= 0 && make_room(worker)) {
        const ssize_t got = read(worker->out, worker->line + worker->len, READ_BYTES);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            (void)close(worker->out);
            worker->out = -1;
            return;
        }
        worker->len += (size_t)got;
        take_lines(worker, take, context);
    }
}

/* --- its end --- */

void worker_ask_to_end(struct worker *worker)
{
    if (!worker_is_running(worker) || worker->was_asked)
        return;
    worker->was_asked = true;
    worker->deadline_ms = worker_now_ms() + WORKER_KILL_MS;
    (void)kill(worker->pid, SIGTERM);
}

void worker_tend(struct worker *worker)
{
    if (!worker_is_running(worker) || worker_now_ms() < worker->deadline_ms)
        return;
    if (!worker->was_asked)
        worker_ask_to_end(worker);
    else
        (void)kill(worker->pid, SIGKILL);
}

/* What it has open of a worker that is none any more. */
static void release(struct worker *worker)
{
    if (worker->out >= 0)
        (void)close(worker->out);
    (void)close(worker->pidfd);
    free(worker->line);
    *worker = (struct worker)WORKER_NONE;
}

int worker_leave(struct worker *worker)
{
    const int pid = worker->pid;

    release(worker);
    return pid;
}

struct worker_end worker_finish(struct worker *worker, void (*take)(void *context, const json_t *object), void *context)
{
    struct worker_end end = {.by_exit = false};
    int status = 0;

    worker_read(worker, take, context);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) {
        /* again */
    }
    end.by_exit = WIFEXITED(status);
    end.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    end.is_readable = worker->is_readable && worker->len == 0;
    release(worker);
    return end;
}
