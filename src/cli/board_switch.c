/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board_switch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "station/stop.h"

#define CHILD_POLL_MS 50 /* between two looks at the child and for signals */

/* Waits for the end of the child, and ends it when a signal asks to stop. 0, or errno. */
static int wait_for_child(pid_t child, int *status)
{
    bool told = false;

    for (;;) {
        const pid_t ended = waitpid(child, status, WNOHANG);

        if (ended == child)
            return 0;
        if (ended < 0 && errno != EINTR)
            return errno;
        if (!told && stop_is_wanted())
            told = kill(child, SIGTERM) == 0;
        (void)poll(NULL, 0, CHILD_POLL_MS);
    }
}

bool board_switch_run(const char *command, struct error *err)
{
    char *const arguments[] = {(char[]){"sh"}, (char[]){"-c"}, strdup(command), NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, ignored;
    pid_t child = 0;
    int status = 0, failure;

    sigemptyset(&none);
    /* Ignored by imprint; a shell hands that on, and `yes | head` in the command would never end. */
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failure = arguments[2] == NULL ? ENOMEM : posix_spawnp(&child, "sh", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(arguments[2]);
    if (failure == 0)
        failure = wait_for_child(child, &status);
    if (failure == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    error_set(err, stop_is_wanted() ? ERROR_INTERRUPTED : ERROR_INPUT_FILE,
              stop_is_wanted() ? "stopped while the command of --switch ran" : "the command of --switch failed",
              "the device is provisioned and recorded; flash the primary image, then: imprint board prove");
    error_with_errno(err, failure);
    error_with_subject(err, command);
    error_doing(err, "switch the board's images");
    return false;
}
