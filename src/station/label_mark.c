/* SPDX-License-Identifier: Apache-2.0 */
#include "station/label_mark.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chip/config.h"
#include "station/device.h"
#include "station/file.h"
#include "station/folder.h"

#define SERIAL_DIGITS (2 * (size_t)CHIP_SERIAL_BYTES)

static const char *const endings[] = {
    [LABEL_MARK_WORK] = ".work", [LABEL_MARK_DUE] = ".due", [LABEL_MARK_SCAN] = ".scan"};

/* False: the path is too long. */
static bool name_mark(char path[static PATH_MAX], const char *state, const char *serial, enum label_mark mark)
{
    const int len = snprintf(path, PATH_MAX, "%s/labels/%s%s", state, serial, endings[mark]);

    return len > 0 && len < PATH_MAX;
}

static bool make_folder(const char *state)
{
    struct error ignored = {.reason = ERROR_NONE};
    char path[PATH_MAX];
    const int len = snprintf(path, sizeof path, "%s/labels", state);

    return len > 0 && (size_t)len < sizeof path && (access(path, W_OK | X_OK) == 0 || folder_make(path, &ignored));
}

/* In place and not synced: it costs each board time, and a power cut that loses it is rare. */
static bool write_quickly(const char *path, struct bytes text)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok;

    if (fd < 0)
        return false;
    ok = file_write_all(fd, text);
    return close(fd) == 0 && ok;
}

bool label_mark_set(const char *state, const char *serial, enum label_mark mark, const char *text)
{
    const struct bytes bytes = bytes_of(text, strlen(text));
    struct error ignored = {.reason = ERROR_NONE};
    char path[PATH_MAX];

    if (!name_mark(path, state, serial, mark) || !make_folder(state))
        return false;
    return mark == LABEL_MARK_WORK ? write_quickly(path, bytes)
                                   : file_replace(path, bytes, 0600, ERROR_STORAGE_FAILED, &ignored);
}

bool label_mark_is_set(const char *state, const char *serial, enum label_mark mark)
{
    struct stat file;
    char path[PATH_MAX];

    return name_mark(path, state, serial, mark) && lstat(path, &file) == 0 && S_ISREG(file.st_mode);
}

void label_mark_remove(const char *state, const char *serial, enum label_mark mark)
{
    char path[PATH_MAX];

    if (name_mark(path, state, serial, mark))
        (void)unlink(path);
}

/* SERIAL of "SERIAL.due". False: it is another file. */
static bool read_name(const char *name, enum label_mark mark, char serial[static SERIAL_DIGITS + 1])
{
    uint8_t bytes[CHIP_SERIAL_BYTES];

    if (strlen(name) != SERIAL_DIGITS + strlen(endings[mark]) || strcmp(name + SERIAL_DIGITS, endings[mark]) != 0)
        return false;
    memcpy(serial, name, SERIAL_DIGITS);
    serial[SERIAL_DIGITS] = '\0';
    return device_read_serial(serial, SERIAL_DIGITS, bytes);
}

static void read_text(const char *state, const char *serial, enum label_mark mark,
                      char text[static LABEL_MARK_TEXT_SIZE])
{
    char path[PATH_MAX];
    const int fd = name_mark(path, state, serial, mark) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    const ssize_t len = fd >= 0 ? read(fd, text, LABEL_MARK_TEXT_SIZE - 1) : 0;

    text[len > 0 ? len : 0] = '\0';
    if (fd >= 0)
        (void)close(fd);
}

void label_mark_note_printed(const char *state, const char *serial)
{
    char scan[LABEL_MARK_TEXT_SIZE];

    label_mark_remove(state, serial, LABEL_MARK_DUE);
    if (!label_mark_is_set(state, serial, LABEL_MARK_WORK))
        return;
    read_text(state, serial, LABEL_MARK_WORK, scan);
    if (scan[0] == '\0' || label_mark_is_set(state, serial, LABEL_MARK_SCAN) ||
        label_mark_set(state, serial, LABEL_MARK_SCAN, scan))
        label_mark_remove(state, serial, LABEL_MARK_WORK);
}

void label_mark_list(const char *state, enum label_mark mark,
                     void (*found)(void *context, const char *serial, const char *text), void *context)
{
    char path[PATH_MAX], serial[SERIAL_DIGITS + 1], text[LABEL_MARK_TEXT_SIZE];
    const int len = snprintf(path, sizeof path, "%s/labels", state);
    DIR *folder = len > 0 && (size_t)len < sizeof path ? opendir(path) : NULL;
    const struct dirent *entry;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        if (!read_name(entry->d_name, mark, serial))
            continue;
        read_text(state, serial, mark, text);
        found(context, serial, text);
    }
    (void)closedir(folder);
}
