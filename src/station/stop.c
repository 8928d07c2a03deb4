/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals are blocked in every thread; one thread waits for them at a signalfd. It takes a signal off the queue
 * only after it has noted it, so that stop_is_wanted() never misses one that was sent before.
 */
#include "station/stop.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int stopping_signals[] = {SIGINT, SIGTERM, SIGHUP};
/* How long the last message waits for a thread that is writing: 100 ms. */
#define STREAM_TRIES 20
#define STREAM_TRY_MS 5

#define COUNT (sizeof stopping_signals / sizeof stopping_signals[0])

/* Signals are the process's, and so is what is known of them. */
static struct {
    struct stop_ending ending;
    sigset_t signals;
    pthread_t thread;
    int queue; /* the signalfd */
    bool watching;
    atomic_bool held, wanted;
    atomic_bool has_ended; /* the run itself, which has said so; its `exit_code` was set before */
    atomic_int exit_code;
} stop;

void stop_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    for (size_t i = 0; i < COUNT; i++) {
        struct sigaction now;

        /* A blocked signal is not dropped even where it is ignored: it would stop what nohup protects. */
        if (sigaction(stopping_signals[i], NULL, &now) != 0 || now.sa_handler != SIG_IGN)
            (void)sigaddset(set, stopping_signals[i]);
    }
}

/*
 * Takes the stream for good, so that what another thread was about to say comes before the last message or not at all.
 * One that waits in a write keeps it; then there is no room for a message either.
 */
static bool take_stream(FILE *stream)
{
    for (int tries = 0; tries < STREAM_TRIES; tries++) {
        if (ftrylockfile(stream) == 0)
            return true;
        (void)poll(NULL, 0, STREAM_TRY_MS);
    }
    return false;
}

/* Prints the last message only where that does not block: a pipe may be full, and its reader gone. */
static _Noreturn void end_program(void)
{
    if (stop.ending.text != NULL && take_stream(stop.ending.stream)) {
        struct pollfd out = {.fd = fileno(stop.ending.stream), .events = POLLOUT};

        if (!atomic_load(&stop.has_ended) && poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0)
            (void)!write(out.fd, stop.ending.text, strlen(stop.ending.text));
    }
    _exit(atomic_load(&stop.has_ended) ? atomic_load(&stop.exit_code) : stop.ending.exit_code);
}

/* Waits for a signal, at most `timeout_ms` (-1: for ever), and notes it. */
static void take_signal(int timeout_ms)
{
    struct pollfd queue = {.fd = stop.queue, .events = POLLIN};
    struct signalfd_siginfo taken;

    while (poll(&queue, 1, timeout_ms) < 0) {
        /* tries again */
    }
    atomic_store(&stop.wanted, true);
    (void)!read(stop.queue, &taken, sizeof taken);
}

static void *watch(void *unused)
{
    (void)unused;
    take_signal(-1);
    if (atomic_load(&stop.held))
        take_signal(STOP_GRACE_MS); /* ends early with a second signal */
    end_program();
}

bool stop_start_watching(const struct stop_ending *ending)
{
    stop.ending = *ending;
    stop_signals(&stop.signals);
    if (pthread_sigmask(SIG_BLOCK, &stop.signals, NULL) != 0)
        return false;
    stop.queue = signalfd(-1, &stop.signals, SFD_CLOEXEC | SFD_NONBLOCK);
    stop.watching = stop.queue >= 0 && pthread_create(&stop.thread, NULL, watch, NULL) == 0;
    return stop.watching;
}

void stop_end_watching(void)
{
    if (!stop.watching)
        return;
    stop.watching = false;
    (void)pthread_cancel(stop.thread); /* while it waits in poll() */
    (void)pthread_join(stop.thread, NULL);
    (void)close(stop.queue);
}

void stop_hold_signals(void)
{
    atomic_store(&stop.held, true);
}

bool stop_is_wanted(void)
{
    sigset_t pending;

    if (atomic_load(&stop.wanted))
        return true;
    if (!stop.watching || sigpending(&pending) != 0)
        return false;
    for (size_t i = 0; i < COUNT; i++) {
        if (sigismember(&pending, stopping_signals[i]) == 1 && sigismember(&stop.signals, stopping_signals[i]) == 1)
            return true;
    }
    return atomic_load(&stop.wanted); /* the thread may have taken it in between */
}

void stop_after_last_word(int exit_code)
{
    atomic_store(&stop.exit_code, exit_code);
    atomic_store(&stop.has_ended, true);
}
