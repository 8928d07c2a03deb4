/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "panel/serving.h"
#include "station/folder.h"
#include "station/printer.h"

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

/* Whether the file can be read, where the settings name one. */
static void check_named(struct check *check, const char *item, const char *path, const char *doing)
{
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);

    if (path[0] == '\0')
        return;
    if (access(path, R_OK) != 0) {
        error_set(&why, ERROR_INPUT_FILE, "the file cannot be read",
                  "correct its name in the station file, or make it");
        error_with_errno(&why, errno);
        error_with_subject(&why, path);
        error_doing(&why, doing);
    }
    check_tell(check, item, path, false, &why);
}

void check_files(struct check *check)
{
    check_named(check, "issuers", check->settings->issuers, "read the issuers file");
    check_named(check, "connections", check->settings->connections, "read the connections file");
    check_named(check, "firmware", check->settings->firmware, "read the image");
}

void check_page(struct check *check)
{
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);

    if (check->settings->page[0] == '\0')
        return;
    (void)serving_check(check->settings, &why);
    check_tell(check, "page", check->settings->page, false, &why);
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
