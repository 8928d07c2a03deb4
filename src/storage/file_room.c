/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* O_TMPFILE */
#include "storage/file_room.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGES_AT_ONCE 64 /* of IOV_MAX, which is 1024 */

static bool is_full(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/*
 * Writes `size` zeros, many pages in one call: one page after the other took a tenth of a look at a board. The file
 * system sets blocks aside when it takes them, so that nothing need be synced.
 */
static bool fill(int fd, size_t size)
{
    uint8_t zeros[4096] = {0};
    struct iovec pages[PAGES_AT_ONCE];

    while (size > 0) {
        size_t count = 0;
        ssize_t n;

        for (size_t left = size; left > 0 && count < PAGES_AT_ONCE; left -= pages[count++].iov_len)
            pages[count] = (struct iovec){.iov_base = zeros, .iov_len = left < sizeof zeros ? left : sizeof zeros};
        n = writev(fd, pages, (int)count);
        if (n < 0 && errno != EINTR)
            return false;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Writes `count` files of `size` bytes at once. 0 or an errno; nothing of them is left. */
static int try_files(int directory, size_t count, size_t size)
{
    int files[FILE_ROOM_FILES_MAX];
    size_t made = 0;
    int error = 0;

    while (made < count && made < FILE_ROOM_FILES_MAX && error == 0) {
        files[made] = openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
        error = files[made] < 0 ? errno : 0;
        if (error == 0 && !fill(files[made++], size))
            error = errno;
    }
    for (size_t i = 0; i < made; i++)
        (void)close(files[i]);
    return error;
}

enum storage_status file_room(int directory, size_t count, size_t size)
{
    struct statvfs found;
    const bool is_known = fstatvfs(directory, &found) == 0 && found.f_frsize != 0;
    const size_t unit = is_known ? found.f_frsize : 1, blocks = (size + unit - 1) / unit;
    int error;

    /* Some file systems have no fixed number of files: f_files is 0. */
    if (is_known && found.f_files != 0 && found.f_favail < count)
        return STORAGE_FULL;
    error = try_files(directory, 1, count * blocks * unit);
    if (error == EFBIG) /* the process may not write a file of that size, but perhaps each of them */
        error = try_files(directory, count, size);
    if (error == 0)
        return STORAGE_OK;
    if (is_full(error))
        return STORAGE_FULL;
    return is_known && found.f_bavail < count * blocks ? STORAGE_FULL : STORAGE_OK;
}
