/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "station/folder.h"
#include "station/printer.h"

/* Whether the file can be read, where the settings name one. */
static bool check_named(const char *path, const char *doing, struct error *err)
{
    if (path[0] == '\0' || access(path, R_OK) == 0)
        return true;
    error_set(err, ERROR_INPUT_FILE, "the file cannot be read", "correct its name in the station file, or make it");
    error_with_errno(err, errno);
    error_with_subject(err, path);
    error_doing(err, doing);
    return false;
}

/* The state folder may come later: whether it can be written, or made, is found out without making it. */
static bool check_state(const char *path, struct error *err)
{
    char above[PATH_MAX];

    if (access(path, W_OK | X_OK) == 0)
        return true;
    folder_above(path, above);
    if (errno == ENOENT && access(above, W_OK | X_OK) == 0)
        return true;
    error_set(err, ERROR_STORAGE_FAILED, "the state folder cannot be written or made", "check who may write it");
    error_with_errno(err, errno);
    error_with_subject(err, path);
    return false;
}

bool check_files(const struct panel_settings *settings, struct error *err)
{
    return check_state(settings->state, err) && check_named(settings->issuers, "read the issuers file", err) &&
           check_named(settings->connections, "read the connections file", err) &&
           check_named(settings->firmware, "read the image", err);
}

void check_tell_finding(struct check *check, struct panel_finding finding)
{
    finding.settings = check->settings;
    check->report(check->context, &finding);
    if (strcmp(finding.found, "bad") != 0)
        return;
    check->is_good = false;
    error_pass(check->err, finding.why);
}

void check_tell(struct check *check, const char *item, const char *name, bool is_warning, const struct error *why)
{
    const bool is_good = why->reason == ERROR_NONE;

    check_tell_finding(check, (struct panel_finding){.item = item,
                                                     .name = name,
                                                     .found = is_good      ? "good"
                                                              : is_warning ? "warning"
                                                                           : "bad",
                                                     .why = is_good ? NULL : why});
}

void check_labels(struct check *check)
{
    const char *to = check->settings->labels.to;
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);
    struct printer printer;

    if (to[0] == '\0')
        return;
    if (printer_read(to, &printer, &why))
        (void)printer_check(&printer, &why);
    check_tell(check, "labels", to, false, &why);
}

/* The file of a virtual chip may come later, its folder may not. */
bool check_virtual_file(const char *path, bool *is_there, struct error *err)
{
    struct presence_file file = {.inode = 0};
    char above[PATH_MAX];

    *is_there = presence_of_file(path, &file) == SOCKET_CHIP;
    folder_above(path, above);
    if (*is_there || access(above, R_OK | X_OK) == 0)
        return true;
    error_set(err, ERROR_DEVICE_MISSING, "the folder of the virtual chip is not there", "make the folder");
    error_with_errno(err, errno);
    error_with_subject(err, above);
    return false;
}

const char *check_found(const char *device, const struct presence_scan *scan, bool ok, bool is_there)
{
    const bool is_console = panel_console(device) != NULL;

    if (!ok)
        return "bad";
    if (is_there)
        return is_console ? "board" : "chip";
    return is_console && strcmp(scan->reason, "device-missing") == 0 ? "no-console" : "empty";
}
