/* SPDX-License-Identifier: Apache-2.0 */
/* What a program that a signal ends says and answers: its own last word or the signal's, and never both. */
#include "station/stop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BY_SIGNAL "stopped by a signal\n"
#define BY_ITSELF "failed\n"
#define EXIT_BY_SIGNAL 130
#define EXIT_BY_ITSELF 3

/* What the program does before the signal comes; after it, it never ends by itself. */
struct run {
    bool holds;       /* the signal is only noted at first */
    bool speaks;      /* says how it ended, and then takes long to end */
    bool blocks;      /* another thread has the stream, for ever */
    const char *said; /* all that its reader gets */
    int exit_code;
};

static void speak(FILE *stream)
{
    flockfile(stream);
    (void)fputs(BY_ITSELF, stream);
    (void)fflush(stream);
    stop_after_last_word(EXIT_BY_ITSELF);
    funlockfile(stream);
}

static _Noreturn void be_the_program(const struct run *run, int out)
{
    FILE *const stream = fdopen(out, "w");
    const struct stop_ending ending = {.text = BY_SIGNAL, .stream = stream, .exit_code = EXIT_BY_SIGNAL};

    if (stream == NULL || !stop_start_watching(&ending))
        _exit(1);
    if (run->holds)
        stop_hold_signals();
    if (run->speaks)
        speak(stream);
    if (run->blocks)
        flockfile(stream);
    (void)kill(getpid(), SIGTERM);
    for (;;)
        (void)pause();
}

static void check_run(const struct run *run)
{
    char said[128];
    size_t len = 0;
    ssize_t part;
    int ends[2], status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        be_the_program(run, ends[1]);
    close(ends[1]);
    while ((part = read(ends[0], said + len, sizeof said - 1 - len)) > 0)
        len += (size_t)part;
    said[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_string_equal(said, run->said);
    assert_int_equal(WEXITSTATUS(status), run->exit_code);
}

static void test_last_words(void **state)
{
    static const struct run runs[] = {
        {.said = BY_SIGNAL, .exit_code = EXIT_BY_SIGNAL},
        {.holds = true, .said = BY_SIGNAL, .exit_code = EXIT_BY_SIGNAL},
        {.speaks = true, .said = BY_ITSELF, .exit_code = EXIT_BY_ITSELF},
        {.speaks = true, .holds = true, .said = BY_ITSELF, .exit_code = EXIT_BY_ITSELF},
        {.blocks = true, .said = "", .exit_code = EXIT_BY_SIGNAL},
        {.speaks = true, .blocks = true, .said = BY_ITSELF, .exit_code = EXIT_BY_ITSELF},
    };

    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
        check_run(&runs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_last_words)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
