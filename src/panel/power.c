/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/power.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 32
#define RETRY_MS 5000 /* until a command that did not switch off is tried again */
#define OPEN_CODE 1   /* of `closed` */

static const char *text_of(const struct panel_power_settings *settings, enum power_command command)
{
    return command == POWER_ON ? settings->on : command == POWER_OFF ? settings->off : settings->closed;
}

static const char *name_of(enum power_command command)
{
    return command == POWER_ON ? "on" : command == POWER_OFF ? "off" : "closed";
}

/* --- a command as words --- */

/* A copy of the text, cut at its blanks. */
struct words {
    char text[POWER_COMMAND_MAX];
    char *word[WORDS_MAX + 1];
};

/* False: there are none, or too many. */
static bool split(struct words *words, const char *text)
{
    size_t count = 0;
    char *rest = NULL;

    (void)snprintf(words->text, sizeof words->text, "%s", text);
    for (char *word = strtok_r(words->text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (count == WORDS_MAX)
            return false;
        words->word[count++] = word;
    }
    words->word[count] = NULL;
    return count != 0;
}

const char *power_find_fault(const char *text)
{
    struct words words = {.text = ""};

    if (!split(&words, text))
        return "is no command, or has more than 32 words";
    return words.word[0][0] == '/' ? NULL : "needs the full name of a program, such as /usr/sbin/uhubctl";
}

static bool check_program(const char *text, struct error *err)
{
    struct words words = {.text = ""};

    if (text[0] == '\0' || (split(&words, text) && access(words.word[0], X_OK) == 0))
        return true;
    error_set(err, ERROR_INPUT_FILE, "the program cannot be run", "correct `power` in the station file, or install it");
    error_with_errno(err, errno);
    error_with_subject(err, error_keep(err, words.word[0]));
    error_doing(err, "switch the power of the socket");
    return false;
}

bool power_check(const struct panel_power_settings *settings, struct error *err)
{
    return check_program(settings->on, err) && check_program(settings->off, err) &&
           check_program(settings->closed, err);
}

/* --- what is to be done --- */

bool power_is_given(const struct panel_power_settings *settings)
{
    return settings->on[0] != '\0';
}

enum power_command power_before(const struct power *power, const struct panel_power_settings *settings, bool is_look)
{
    if (!power_is_given(settings))
        return POWER_NONE;
    if (is_look && settings->closed[0] != '\0' && !power->is_closed)
        return POWER_CLOSED;
    return power->now == POWER_IS_ON ? POWER_NONE : POWER_ON;
}

static bool needs_power(enum socket_state state)
{
    return state == SOCKET_SEEN || state == SOCKET_CLAIMED || socket_has_worker(state);
}

bool power_is_due_off(const struct power *power, const struct panel_power_settings *settings, enum socket_state state,
                      bool is_stopping, int64_t now_ms)
{
    return power_holds(power, settings) && (is_stopping || (!needs_power(state) && now_ms >= power->off_ms));
}

bool power_holds(const struct power *power, const struct panel_power_settings *settings)
{
    return power_is_given(settings) && power->now != POWER_IS_OFF && !power->gave_up;
}

/* --- running it --- */

static void note_end(struct power *power, enum power_command command, bool is_good, bool is_stopping)
{
    if (command == POWER_ON)
        power->now = is_good ? POWER_IS_ON : POWER_UNKNOWN;
    if (command == POWER_OFF) {
        power->now = is_good ? POWER_IS_OFF : POWER_UNKNOWN;
        power->off_ms = is_good ? 0 : worker_now_ms() + RETRY_MS;
        power->gave_up = !is_good && is_stopping;
    }
    power->is_closed = command == POWER_CLOSED ? is_good : power->is_closed;
    if (is_good && power->failed == command) {
        power->failed = POWER_NONE;
        power->fault[0] = '\0';
    }
}

static void fail(struct power *power, const struct panel_power_settings *settings, enum power_command command,
                 const char *why)
{
    power->failed = command;
    (void)snprintf(power->fault, sizeof power->fault, "the power command `%s` failed: %s: %.300s", name_of(command),
                   why, text_of(settings, command));
}

/* Its output goes where this program's messages go; its input is empty. 0, or errno. */
static int spawn(const struct words *words, int *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, ignored;
    pid_t child = 0;
    int failure;

    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE); /* ignored by imprint, which programs would inherit */
    sigaddset(&ignored, SIGXFSZ);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failure = posix_spawn(&child, words->word[0], &actions, &attributes, words->word, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    *pid = child;
    return failure;
}

bool power_start(struct power *power, const struct panel_power_settings *settings, enum power_command command,
                 struct worker *worker, bool is_stopping)
{
    struct words words = {.text = ""};
    int failure = EINVAL, pid = 0;

    *worker = (struct worker)WORKER_NONE;
    if (split(&words, text_of(settings, command)))
        failure = spawn(&words, &pid);
    if (failure == 0 && (worker->pidfd = pidfd_open(pid, 0)) < 0) {
        failure = errno;
        (void)kill(pid, SIGKILL); /* nobody would learn of its end */
        (void)waitpid(pid, NULL, 0);
    }
    if (failure != 0) {
        note_end(power, command, false, is_stopping);
        fail(power, settings, command, strerror(failure));
        return false;
    }
    worker->pid = pid;
    worker->is_readable = true;
    worker->deadline_ms = worker_now_ms() + (int64_t)settings->seconds * 1000;
    power->running = command;
    return true;
}

static void take_nothing(void *context, const json_t *object)
{
    (void)context;
    (void)object;
}

enum power_result power_finish(struct power *power, const struct panel_power_settings *settings, struct worker *worker,
                               bool is_stopping)
{
    const enum power_command command = power->running;
    const bool was_late = worker->was_asked;
    const struct worker_end end = worker_finish(worker, take_nothing, NULL);
    const bool is_open = command == POWER_CLOSED && end.by_exit && end.code == OPEN_CODE && !was_late;
    const bool is_good = end.by_exit && end.code == 0;
    char why[64];

    power->running = POWER_NONE;
    note_end(power, command, is_good, is_stopping);
    if (is_open)
        power->failed = power->failed == POWER_CLOSED ? POWER_NONE : power->failed;
    if (is_open && power->failed == POWER_NONE)
        power->fault[0] = '\0';
    if (is_good || is_open)
        return is_good ? POWER_DONE : POWER_OPEN;
    if (was_late)
        (void)snprintf(why, sizeof why, "no end within %u seconds", (unsigned)settings->seconds);
    else
        (void)snprintf(why, sizeof why, "%s %d", end.by_exit ? "exit code" : "signal", end.code);
    fail(power, settings, command, why);
    return POWER_FAILED;
}
