/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/confirm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "station/stop.h"

#define LOOK_MS 100 /* how soon a signal is noticed */
#define LINE_SIZE (HEX_SIZE(CHIP_SERIAL_BYTES) + HEX_SIZE(PROFILE_DIGEST_BYTES) + 1)

static bool failed(enum error_reason reason, const char *cause, int system_errno, struct error *err)
{
    error_set(err, reason, cause, NULL);
    error_with_errno(err, system_errno);
    return false;
}

static bool refuse(const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    return false;
}

/* Waits for input, or its end. */
static bool wait_for_input(struct error *err)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    for (;;) {
        const int ready = poll(&input, 1, LOOK_MS);

        if (stop_is_wanted())
            return failed(ERROR_INTERRUPTED, "stopped before anything was written", 0, err);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return failed(ERROR_USAGE, "stdin cannot be read", errno, err);
    }
}

/*
 * One line without its end; `*is_end`: stdin has ended before it. Whoever wrote a part of a line may have died. What
 * follows the line is ignored.
 */
static bool read_line(char line[static LINE_SIZE], bool *is_end, struct error *err)
{
    size_t len = 0;

    *is_end = false;
    while (wait_for_input(err)) {
        char *at = line + len;
        const ssize_t n = read(STDIN_FILENO, at, LINE_SIZE - len);
        const char *feed = n > 0 ? memchr(at, '\n', (size_t)n) : NULL;
        const size_t got = feed != NULL ? (size_t)(feed - at) : n > 0 ? (size_t)n : 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(ERROR_USAGE, "stdin cannot be read", errno, err);
        if (n == 0 && len > 0)
            return refuse("stdin ended in the middle of a line", "end the answer with a line feed", err);
        if (memchr(at, '\0', got) != NULL || len + got == LINE_SIZE)
            return failed(ERROR_USAGE, "the line on stdin is longer than any answer", 0, err);
        len += got;
        if (n == 0 || feed != NULL) {
            line[len] = '\0';
            *is_end = n == 0;
            return true;
        }
    }
    return false;
}

bool confirm_ask(const struct output *output, const struct profile *profile, const struct provision_plan *plan,
                 struct arming *arming, bool *continues, struct error *err)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], digest[HEX_SIZE(PROFILE_DIGEST_BYTES)], line[LINE_SIZE],
        answer[LINE_SIZE];
    uint8_t bytes[PROFILE_DIGEST_BYTES];
    bool is_end, ok;

    if (!profile_digest(profile, bytes))
        return failed(ERROR_UNEXPECTED, "the profile's digest cannot be computed", 0, err);
    hex_encode(bytes_of(plan->serial, sizeof plan->serial), serial);
    hex_encode(bytes_of(bytes, sizeof bytes), digest);
    (void)snprintf(answer, sizeof answer, "%s:%.*s", serial, ARMING_DIGITS, digest);
    output_say(output, "imprint: to continue, enter %s; to leave the device as it is, end the input (Ctrl-D)", answer);
    output_object(output, json_pack("{s:s, s:s, s:s}", "event", "confirm", "serial", serial, "answer", answer));
    ok = read_line(line, &is_end, err);
    *continues = ok && !is_end;
    ok = ok && (is_end || arming_confirm(arming, line, plan, err));
    if (ok && is_end) {
        output_say(output, "imprint: the device was not changed");
        output_object(output, json_pack("{s:s, s:s}", "event", "unchanged", "serial", serial));
    }
    if (!ok) {
        error_doing(err, "read what --confirm waits for");
        error_with_serial(err, plan->serial);
    }
    return ok;
}
