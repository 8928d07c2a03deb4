/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/state_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "panel/settings.h"
#include "station/folder.h"

static bool lock_file(const char *state, int create, int *lock, struct error *err)
{
    char path[PANEL_PATH_MAX + 16];

    (void)snprintf(path, sizeof path, "%s/station.lock", state);
    *lock = open(path, O_RDWR | create | O_CLOEXEC | O_NOFOLLOW, 0600);
    if ((*lock >= 0 && flock(*lock, LOCK_EX | LOCK_NB) == 0) || (*lock < 0 && errno == ENOENT && create == 0))
        return true;
    if (*lock >= 0 && errno == EWOULDBLOCK)
        error_set(err, ERROR_DATABASE_BUSY, "another station has this state folder",
                  "end the other one, or wait until its --check has ended, or name another folder under `state`");
    else
        error_set(err, ERROR_STORAGE_FAILED, "the state folder cannot be locked", "check who may write it");
    error_with_errno(err, errno == EWOULDBLOCK ? 0 : errno);
    error_with_subject(err, path);
    if (*lock >= 0)
        (void)close(*lock);
    *lock = -1;
    return false;
}

bool state_lock_take(const char *state, int *lock, struct error *err)
{
    *lock = -1;
    return folder_make(state, err) && lock_file(state, O_CREAT, lock, err);
}

bool state_lock_try(const char *state, int *lock, struct error *err)
{
    return lock_file(state, 0, lock, err);
}
