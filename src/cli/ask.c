/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "cli/printable.h"
#include "station/stop.h"

#define TERMINAL "/dev/tty"
#define LOOK_MS 100 /* how soon a signal is noticed */

static bool failed(enum error_reason reason, const char *cause, int system_errno, struct error *err)
{
    error_set(err, reason, cause, NULL);
    error_with_errno(err, system_errno);
    return false;
}

/* Waits for input. False: a signal came, or there is nothing to wait for any more. */
static bool wait_for_input(int terminal, struct error *err)
{
    struct pollfd input = {.fd = terminal, .events = POLLIN};

    for (;;) {
        const int ready = poll(&input, 1, LOOK_MS);

        if (stop_is_wanted())
            return failed(ERROR_INTERRUPTED, "stopped by a signal", 0, err);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return failed(ERROR_ISSUER_LOGIN, "the terminal cannot be read", errno, err);
    }
}

/* One line, without its end. The terminal gives whole lines. */
static bool read_line(int terminal, struct bytes_out *secret, struct error *err)
{
    char byte = 0;

    while (wait_for_input(terminal, err)) {
        const ssize_t n = read(terminal, &byte, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(ERROR_ISSUER_LOGIN, "the terminal cannot be read", errno, err);
        if (n == 0 || byte == '\n')
            return secret->len > 0 || failed(ERROR_ISSUER_LOGIN, "nothing was typed", 0, err);
        if (byte == '\0' || !bytes_append_byte(secret, (uint8_t)byte))
            return failed(ERROR_ISSUER_LOGIN, "what was typed is too long for a passphrase or PIN", 0, err);
    }
    return false;
}

/* Labels of tokens and names of files are in it: strangers wrote them. */
static void say_what(const char *what)
{
    FILE *terminal = fopen(TERMINAL, "we");

    if (terminal == NULL)
        return;
    fputs("Enter ", terminal);
    printable_write(terminal, what);
    fputs(": ", terminal);
    (void)fclose(terminal);
}

/* With its echo off; put back also when a signal comes, so signals wait until this is done. */
static bool ask_silently(int terminal, const char *what, struct bytes_out *secret, struct error *err)
{
    struct termios usual, silent;
    bool ok;

    if (tcgetattr(terminal, &usual) != 0)
        return failed(ERROR_ISSUER_LOGIN, "the terminal's echo cannot be turned off", errno, err);
    stop_hold_signals();
    silent = usual;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(terminal, TCSAFLUSH, &silent) != 0)
        return failed(ERROR_ISSUER_LOGIN, "the terminal's echo cannot be turned off", errno, err);
    say_what(what);
    ok = read_line(terminal, secret, err);
    (void)tcsetattr(terminal, TCSAFLUSH, &usual);
    (void)!write(terminal, "\n", 1);
    return ok;
}

static bool ask(void *context, const char *what, struct bytes_out *secret, struct error *err)
{
    const int terminal = open(TERMINAL, O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool ok;

    (void)context;
    if (terminal < 0)
        return failed(ERROR_ISSUER_LOGIN, "there is no terminal to ask on", errno, err);
    ok = ask_silently(terminal, what, secret, err);
    if (!ok)
        bytes_wipe(secret->data, secret->cap);
    (void)close(terminal);
    return ok;
}

struct issuer_prompt ask_prompt(void)
{
    const int terminal = open(TERMINAL, O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (terminal < 0)
        return (struct issuer_prompt){.ask = NULL};
    (void)close(terminal);
    return (struct issuer_prompt){.ask = ask};
}
