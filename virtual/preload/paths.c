/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter's own file does not exist, so the system cannot resolve its name: only its folder's. */
#include "virtual/preload/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 8

/* How many characters of `name` are its folder, with the slashes at its end: "/dev/" of "/dev/i2c-1". */
static size_t folder_of(const char *name, size_t len)
{
    while (len > 0 && name[len - 1] != '/')
        len--;
    return len;
}

/* True if the first `len` characters of `name` are the folder /dev, under whatever name. */
static bool is_dev(int folder, const char *name, size_t len)
{
    char path[PATH_MAX], real[PATH_MAX], start[40] = ".";
    int written;

    if (folder != AT_FDCWD)
        snprintf(start, sizeof start, "/proc/self/fd/%d", folder);
    if (len > 0 && name[0] == '/')
        written = snprintf(path, sizeof path, "%.*s", (int)len, name);
    else
        written = snprintf(path, sizeof path, "%s/%.*s", start, (int)len, name);
    return written > 0 && (size_t)written < sizeof path && realpath(path, real) != NULL && strcmp(real, "/dev") == 0;
}

/* The name itself, links aside. */
static bool is_name_of_bus(int folder, const char *name, long number)
{
    size_t parent = folder_of(name, strlen(name)), end;
    char with_dash[40];
    const char *bare = with_dash + strlen("i2c-");

    snprintf(with_dash, sizeof with_dash, "i2c-%ld", number);
    if (strcmp(name + parent, with_dash) == 0)
        return is_dev(folder, name, parent);
    if (strcmp(name + parent, bare) != 0)
        return false;
    end = parent;
    while (end > 0 && name[end - 1] == '/')
        end--;
    parent = folder_of(name, end);
    return end == parent + strlen("i2c") && strncmp(name + parent, "i2c", strlen("i2c")) == 0 &&
           is_dev(folder, name, parent);
}

/* Replaces `name` by what the link of this name points to. False if it is no link. */
static bool follow_link(int folder, char name[static PATH_MAX])
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(folder, name, target, sizeof target - 1);
    const size_t parent = folder_of(name, strlen(name));

    if (len <= 0)
        return false;
    target[len] = '\0';
    if (target[0] == '/')
        memcpy(name, target, (size_t)len + 1);
    else if (parent + (size_t)len < PATH_MAX)
        memcpy(name + parent, target, (size_t)len + 1);
    else
        return false;
    return true;
}

bool preload_names_bus(int folder, const char *name, long number, bool follow)
{
    const int number_before = errno;
    const size_t size = strlen(name) + 1;
    char path[PATH_MAX];
    bool found = is_name_of_bus(folder, name, number);

    if (!found && follow && size <= sizeof path) {
        memcpy(path, name, size);
        for (unsigned links = 0; !found && links < LINKS_MAX && follow_link(folder, path); links++)
            found = is_name_of_bus(folder, path, number);
    }
    errno = number_before;
    return found;
}
