/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, and the only mkdir() of the program. */
#include "station/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "storage/file_room.h"

void folder_find_state(struct station_config *config)
{
    static const struct {
        const char *variable, *below;
    } places[] = {
        {"IMPRINT_STATE", ""},
        {"XDG_STATE_HOME", "/imprint"},
        {"HOME", "/.local/state/imprint"},
    };

    for (size_t i = 0; config->state[0] == '\0' && i < sizeof places / sizeof places[0]; i++) {
        const char *value = getenv(places[i].variable);
        int n;

        /* The XDG base directory specification: a path that is not absolute is to be ignored. */
        if (value == NULL || value[0] == '\0' || (i > 0 && value[0] != '/'))
            continue;
        n = snprintf(config->state, sizeof config->state, "%s%s", value, places[i].below);
        if (n < 0 || (size_t)n >= sizeof config->state)
            config->state[0] = '\0';
    }
}

static bool too_long(const struct station_config *config, struct error *err)
{
    error_set(err, ERROR_USAGE, "the path to the state folder is too long", "name a shorter one with --state");
    error_with_subject(err, config->state);
    return false;
}

bool folder_in_state(const struct station_config *config, const char *name, char path[static PATH_MAX],
                     struct error *err)
{
    int n;

    if (config->state[0] == '\0') {
        error_set(err, ERROR_USAGE, "neither $IMPRINT_STATE, $XDG_STATE_HOME nor $HOME says where the state folder is",
                  "name it with --state DIR");
        return false;
    }
    n = snprintf(path, PATH_MAX, "%s/%s", config->state, name);
    return (n > 0 && n < PATH_MAX) || too_long(config, err);
}

bool folder_of_device(const struct station_config *config, const uint8_t serial[static CHIP_SERIAL_BYTES],
                      const char *name, char path[static PATH_MAX], struct error *err)
{
    char digits[HEX_SIZE(CHIP_SERIAL_BYTES)], above[PATH_MAX];
    int n;

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), digits);
    if (!folder_in_state(config, "devices", above, err))
        return false;
    n = snprintf(path, PATH_MAX, "%s/%s%s%s", above, digits, name[0] != '\0' ? "/" : "", name);
    return (n > 0 && n < PATH_MAX) || too_long(config, err);
}

void folder_above(const char *path, char above[static PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);

    if (slash == NULL)
        snprintf(above, PATH_MAX, ".");
    else if (len == 0)
        snprintf(above, PATH_MAX, "/");
    else if (len < PATH_MAX)
        snprintf(above, PATH_MAX, "%.*s", (int)len, path);
    else
        above[0] = '\0';
}

bool folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return false;
    /* Some file systems cannot sync a folder and say EINVAL: there is nothing more to be done there. */
    ok = fsync(fd) == 0 || errno == EINVAL;
    close(fd);
    return ok;
}

bool folder_has_room(const char *path, size_t files, size_t size)
{
    char folder[PATH_MAX], above[PATH_MAX];
    bool has_room;
    int fd;

    snprintf(folder, sizeof folder, "%s", path);
    while ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 && errno == ENOENT) {
        folder_above(folder, above);
        if (strcmp(folder, above) == 0)
            break;
        memcpy(folder, above, sizeof folder);
    }
    if (fd < 0)
        return true;
    has_room = file_room(fd, files, size) != STORAGE_FULL;
    close(fd);
    return has_room;
}

/* `path` with all links followed; of a file that is not there yet, its folder with the name. False: there is none such.
 */
static bool resolve(const char *path, char resolved[static PATH_MAX])
{
    char above[PATH_MAX], folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int n;

    if (realpath(path, resolved) != NULL)
        return true;
    folder_above(path, above);
    if (realpath(above, folder) == NULL)
        return false;
    n = snprintf(resolved, PATH_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, slash != NULL ? slash + 1 : path);
    return n > 0 && n < PATH_MAX;
}

bool folder_check_output(const struct station_config *config, const char *output, struct error *err)
{
    static const char *const kept[] = {"/devices/", "/ledger/",      "/manifests/",       "/ca/",
                                       "/labels/",  "/issuers.yaml", "/connections.yaml", "/line.yaml"};
    char state[PATH_MAX], resolved[PATH_MAX];
    size_t len;

    if (config->state[0] == '\0' || realpath(config->state, state) == NULL || !resolve(output, resolved))
        return true;
    len = strlen(state);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0] && strncmp(resolved, state, len) == 0; i++) {
        const size_t kept_len = strlen(kept[i]);

        if (strncmp(resolved + len, kept[i], kept_len) != 0 ||
            (kept[i][kept_len - 1] != '/' && resolved[len + kept_len] != '\0'))
            continue;
        error_set(err, ERROR_USAGE, "imprint keeps its own data there, in the state folder", "name another file");
        error_with_subject(err, output);
        error_doing(err, "write the output");
        return false;
    }
    return true;
}

bool folder_make(const char *path, struct error *err)
{
    char partial[PATH_MAX], above[PATH_MAX];
    size_t len = strlen(path);
    int failed = 0;

    if (len == 0 || len >= sizeof partial) {
        error_set(err, ERROR_USAGE, "the name of the folder is empty or too long", NULL);
        return false;
    }
    memcpy(partial, path, len + 1);
    for (size_t i = 1; i <= len && failed == 0; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        partial[i] = '\0';
        if (mkdir(partial, 0700) == 0) {
            folder_above(partial, above);
            failed = folder_sync(above) ? 0 : EIO;
        } else if (errno != EEXIST) {
            failed = errno;
        }
        partial[i] = path[i];
    }
    if (failed == 0)
        return true;
    error_set(err, failed == ENOSPC || failed == EDQUOT ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
              "the folder cannot be made", NULL);
    error_with_errno(err, failed);
    error_with_subject(err, path);
    return false;
}
