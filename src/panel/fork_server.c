/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/fork_server.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#define SERVER_NAME "imprint: workers" /* argv[0] of the server, for `ps` as well */
#define WORKER_NAME "imprint-worker"   /* for `ps -e`: at most 15 characters */
#define BIND_NOW "LD_BIND_NOW"         /* of ld.so(8) */
#define SERVER_FD 3                    /* the server's end of the socket */
#define MESSAGE_MAX 65536              /* the arguments of a worker, each with its NUL */
#define LAUNCH_MS 5000 /* how long a worker may take to tell its pid: a busy machine forks in milliseconds */

static bool refuse(const char *cause, int system_errno, struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, cause, "free memory and processes of this machine, then try again");
    error_with_errno(err, system_errno);
    error_doing(err, "start a worker");
    return false;
}

/* --- in the station --- */

/* This process's environment and one string more. The caller frees the list, not the strings. NULL: no memory. */
static char **make_environment(char *last)
{
    size_t count = 0;
    char **made;

    while (environ[count] != NULL)
        count++;
    made = (char **)calloc(count + 2, sizeof *made);
    if (made == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        made[i] = environ[i];
    made[count] = last;
    return made;
}

/* In the child, where only async-signal-safe calls are allowed. */
static _Noreturn void become_server(const char *program, char *const *environment, int end, pid_t station)
{
    char name[] = SERVER_NAME, *const arguments[] = {name, NULL};
    const int null = open("/dev/null", O_RDWR);

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != station || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
        (end == SERVER_FD ? fcntl(end, F_SETFD, 0) : dup2(end, SERVER_FD)) < 0)
        _exit(127);
    (void)execve(program, arguments, environment);
    _exit(127);
}

/* The server and our end of its socket. False with errno. */
static bool start(struct fork_server *server, char *const *environment)
{
    const pid_t station = getpid();
    int ends[2];

    if (environment == NULL || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    server->pid = fork();
    if (server->pid == 0)
        become_server(server->program, environment, ends[1], station);
    const int saved = errno;
    (void)close(ends[1]);
    server->socket = ends[0];
    errno = saved;
    return server->pid > 0;
}

bool fork_server_start(struct fork_server *server, const char *program, struct error *err)
{
    /* The loader binds every function of every library before main(): else each worker looks up those that it calls. */
    char bind_now[] = BIND_NOW "=1";
    char **environment = make_environment(bind_now);

    *server = (struct fork_server){.program = program, .socket = -1};
    const bool ok = start(server, environment);
    if (!ok) {
        (void)refuse("the server of workers cannot be started", errno, err);
        server->pid = 0;
        fork_server_stop(server);
    }
    free((void *)environment);
    return ok;
}

void fork_server_stop(struct fork_server *server)
{
    if (server->socket >= 0)
        (void)close(server->socket);
    server->socket = -1;
    if (server->pid <= 0)
        return;
    (void)kill(server->pid, SIGKILL);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR) {
        /* again */
    }
    server->pid = 0;
}

/* What a worker gets: its end of its socket, and what else the station gives it. */
enum { FD_OUT, FD_GIVEN, FD_COUNT };

union control {
    struct cmsghdr header; /* cppcheck-suppress unusedStructMember ; for its alignment */
    char room[CMSG_SPACE(FD_COUNT * sizeof(int))];
};

/* Arguments and descriptors, as one message. */
static bool send_arguments(const struct fork_server *server, const char *const *arguments,
                           const int fds[static FD_COUNT])
{
    const size_t fds_len = (fds[FD_GIVEN] >= 0 ? 2 : 1) * sizeof fds[0];
    char text[MESSAGE_MAX];
    union control control = {.room = {0}};
    struct iovec part = {.iov_base = text, .iov_len = 0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = CMSG_SPACE(fds_len)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    for (size_t i = 0; i < FORK_SERVER_ARGUMENTS_MAX && arguments[i] != NULL; i++) {
        const size_t len = strlen(arguments[i]) + 1;

        if (len > sizeof text - part.iov_len) {
            errno = E2BIG;
            return false;
        }
        memcpy(text + part.iov_len, arguments[i], len);
        part.iov_len += len;
    }
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds_len);
    memcpy(CMSG_DATA(header), fds, fds_len);
    return sendmsg(server->socket, &message, MSG_NOSIGNAL) == (ssize_t)part.iov_len;
}

/* What the worker says first. False with errno: it, or the server, has ended. */
static bool read_pid(int out, pid_t *pid)
{
    struct pollfd polled = {.fd = out, .events = POLLIN};
    int ready = poll(&polled, 1, LAUNCH_MS);

    if (ready == 1 && recv(out, pid, sizeof *pid, MSG_WAITALL) == (ssize_t)sizeof *pid)
        return true;
    errno = ready == 0 ? ETIMEDOUT : EPIPE;
    return false;
}

/* One try. The worker runs from the byte on, so one whose pid nobody has read never does. */
static pid_t launch(const struct fork_server *server, const char *const *arguments, int given, int *out)
{
    int ends[2], saved;
    bool is_sent, ok;
    pid_t pid = 0;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return 0;
    is_sent = send_arguments(server, arguments, (const int[]){ends[1], given});
    saved = errno;
    (void)close(ends[1]);
    errno = saved;
    ok = is_sent && read_pid(ends[0], &pid) && send(ends[0], "", 1, MSG_NOSIGNAL) == 1 &&
         fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
    if (ok) {
        *out = ends[0];
        return pid;
    }
    saved = errno;
    (void)close(ends[0]);
    errno = saved;
    return 0;
}

int fork_server_launch(struct fork_server *server, const char *const *arguments, int given, int *out, struct error *err)
{
    pid_t pid = server->pid != 0 ? launch(server, arguments, given, out) : 0;

    if (pid != 0)
        return pid;
    fork_server_stop(server);
    if (!fork_server_start(server, server->program, err))
        return 0;
    pid = launch(server, arguments, given, out);
    if (pid == 0)
        (void)refuse("the server of workers does not answer", errno, err);
    return pid;
}

/* --- in the program --- */

bool fork_server_is_asked(int argc, char **argv)
{
    return argc == 1 && strcmp(argv[0], SERVER_NAME) == 0;
}

/* One message: its words, which lead into `text`, and the worker's descriptors. 0: the station has ended. */
static int receive(char text[static MESSAGE_MAX], char *words[static FORK_SERVER_ARGUMENTS_MAX + 1],
                   int fds[static FD_COUNT])
{
    union control control;
    struct iovec part = {.iov_base = text, .iov_len = MESSAGE_MAX - 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    const ssize_t len = recvmsg(SERVER_FD, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int count = 0;

    fds[FD_GIVEN] = -1;
    if (len <= 0 || header == NULL || header->cmsg_len < CMSG_LEN(sizeof fds[0]) ||
        header->cmsg_len > CMSG_LEN(FD_COUNT * sizeof fds[0]))
        return 0;
    memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    text[len] = '\0';
    for (char *at = text; at < text + len && count < FORK_SERVER_ARGUMENTS_MAX; at += strlen(at) + 1)
        words[count++] = at;
    words[count] = NULL;
    return count;
}

/*
 * In the worker. Only when the station has adopted it does its death mean something, and is it the station that learns
 * of this worker's own. False: there is no station any more.
 */
static bool join_station(int out, pid_t between, pid_t station)
{
    const pid_t own = getpid();
    char go;

    while (getppid() == between)
        (void)sched_yield();
    return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == station && prctl(PR_SET_NAME, WORKER_NAME) == 0 &&
           send(out, &own, sizeof own, MSG_NOSIGNAL) == (ssize_t)sizeof own && recv(out, &go, 1, 0) == 1;
}

/* In the server's child: makes the worker and ends; the worker comes back from here. */
static void detach(int out, pid_t station)
{
    const pid_t between = getpid(), worker = fork();
    sigset_t none;

    if (worker != 0)
        _exit(0);
    (void)close(SERVER_FD);
    if (!join_station(out, between, station) || dup2(out, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
        _exit(127);
    (void)close(out);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * What every worker would do once more, done once. Here is nothing yet that copies must not share: the loader has bound
 * the libraries, and malloc sorts what they have freed, which touches each page of it.
 */
static void prepare(void)
{
    (void)unsetenv(BIND_NOW); /* programs that a worker starts are none of ours */
    (void)malloc_trim(0);
}

/*
 * A worker's end: its lines are out. No library takes itself down, as nothing of it outlives the process: forty of them
 * did so by writing into pages that had to be copied first, a fifth of a worker's page faults.
 */
static _Noreturn void end_worker(int code)
{
    (void)fflush(NULL);
#ifdef __SANITIZE_ADDRESS__
    __lsan_do_leak_check(); /* else done at exit(); one with leaks ends here, with a code that is none of imprint's */
#endif
    _exit(code);
}

int fork_server_serve(int (*run)(int argc, char **argv, int given))
{
    char text[MESSAGE_MAX];
    char *words[FORK_SERVER_ARGUMENTS_MAX + 1];
    const pid_t station = getppid();
    sigset_t all;
    volatile int count; /* its value is used after a vfork() */
    int fds[FD_COUNT];

    /* What a terminal sends to everybody is the workers' matter: they end between two steps. */
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    prepare();
    while ((count = receive(text, words, fds)) > 0) {
        /*
         * The process between lives for one fork() only, so it need not be a copy: it borrows the server's memory while
         * the server waits, and ends by _exit() without a change of what the server uses. Who comes back from detach()
         * is the worker, which is a copy.
         */
        /* NOLINTNEXTLINE(*vfork,*-unsafe-functions,cert-msc*) */
        const pid_t between = vfork(); /* cppcheck-suppress vforkCalled ; it forks once, and ends */

        if (between == 0) {
            detach(fds[FD_OUT], station); /* NOLINT(clang-analyzer-unix.Vfork) */
            end_worker(run(count, words, fds[FD_GIVEN]));
        }
        (void)close(fds[FD_OUT]);
        if (fds[FD_GIVEN] >= 0)
            (void)close(fds[FD_GIVEN]);
        if (between > 0)
            (void)waitpid(between, NULL, 0);
    }
    return 0;
}
