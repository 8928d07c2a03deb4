/* SPDX-License-Identifier: Apache-2.0 */
#include "database/mount.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TYPE_SIZE 32

/* Those that nothing but the kernel of this machine writes, through this file system itself. */
static const char *const local_types[] = {"btrfs",   "cramfs", "erofs",    "exfat", "ext2",  "ext3", "ext4", "f2fs",
                                          "iso9660", "jffs2",  "squashfs", "tmpfs", "ubifs", "udf",  "vfat", "xfs"};

static bool is_local(const char *type)
{
    for (size_t i = 0; i < sizeof local_types / sizeof local_types[0]; i++) {
        if (strcmp(local_types[i], type) == 0)
            return true;
    }
    return false;
}

/*
 * A line of /proc/self/mountinfo: proc_pid_mountinfo(5). The options of the file system itself are last; those of the
 * mount are before the hyphen. No field has a blank in it.
 */
static bool is_read_only(const char *line)
{
    const char *end = strstr(line, " - ");
    char type[TYPE_SIZE], access[4];

    return end != NULL && sscanf(end, " - %31s %*s %3s", type, access) == 2 && is_local(type) &&
           (strcmp(access, "ro") == 0 || strcmp(access, "ro,") == 0);
}

bool mount_is_unchanging(const char *path)
{
    FILE *mounts;
    struct statx found;
    char *line = NULL;
    size_t size = 0;
    bool is_found = false, unchanging = false;

    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &found) != 0 || (found.stx_mask & STATX_MNT_ID) == 0)
        return false;
    mounts = fopen("/proc/self/mountinfo", "re");
    if (mounts == NULL)
        return false;
    while (!is_found && getline(&line, &size, mounts) > 0) {
        is_found = strtoull(line, NULL, 10) == found.stx_mnt_id;
        unchanging = is_found && is_read_only(line);
    }
    free(line);
    (void)fclose(mounts);
    return unchanging;
}
