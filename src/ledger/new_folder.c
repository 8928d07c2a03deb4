/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/new_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/new_file.h"

static bool failed(const struct new_folder *folder, const char *cause, int system_errno, struct error *err)
{
    const bool is_full = system_errno == ENOSPC || system_errno == EDQUOT;

    if (system_errno == EEXIST || system_errno == ENOTEMPTY)
        error_set(err, ERROR_USAGE, "there is a file or folder of that name already", "name a new folder");
    else
        error_set(err, is_full ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED, cause,
                  is_full ? "make room there, then run the same command again" : NULL);
    error_with_errno(err, err->reason == ERROR_USAGE ? 0 : system_errno);
    error_with_subject(err, folder->name);
    return false;
}

/* Of one that is not finished: it has files of ours, and no folders. */
static void drop(const char *temp)
{
    DIR *folder = opendir(temp);
    const int fd = folder == NULL ? -1 : dirfd(folder);
    const struct dirent *file;

    if (folder == NULL)
        return;
    while (fd >= 0 && (file = readdir(folder)) != NULL)
        (void)unlinkat(fd, file->d_name, 0); /* not "." and "..", which are no files */
    (void)closedir(folder);
    (void)rmdir(temp);
}

char *new_folder_trim(char *name)
{
    size_t len = strlen(name);

    while (len > 1 && name[len - 1] == '/')
        len--;
    name[len] = '\0';
    return name;
}

bool new_folder_begin(struct new_folder *folder, const char *name, struct error *err)
{
    const int len = snprintf(folder->name, sizeof folder->name, "%s", name);
    struct stat found;
    int n;

    new_folder_trim(folder->name);
    n = snprintf(folder->temp, sizeof folder->temp, "%s.XXXXXX", folder->name);
    if (len < 0 || (size_t)len >= sizeof folder->name || n < 0 || (size_t)n >= sizeof folder->temp)
        return failed(folder, "the folder's name is too long", ENAMETOOLONG, err);
    if (lstat(folder->name, &found) == 0)
        return failed(folder, NULL, EEXIST, err);
    return mkdtemp(folder->temp) != NULL || failed(folder, "the folder cannot be made", errno, err);
}

/* The names of its files. False with errno. */
static bool sync_names(const char *temp)
{
    char file[PATH_MAX + 2];

    (void)snprintf(file, sizeof file, "%s/.", temp);
    return new_file_sync_folder(file);
}

/* Not over an empty folder, which rename() would replace; some file systems can do nothing else. False with errno. */
static bool publish(const struct new_folder *folder)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(AT_FDCWD, folder->temp, AT_FDCWD, folder->name, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
#endif
    return rename(folder->temp, folder->name) == 0;
}

bool new_folder_end(struct new_folder *folder, bool is_whole, struct error *err)
{
    if (is_whole && sync_names(folder->temp) && publish(folder)) {
        if (new_file_sync_folder(folder->name))
            return true;
        error_set(err, ERROR_STORAGE_FAILED, "the folder is there, but a power cut may still take it",
                  "see to the disk, remove the folder, then run the same command again");
        error_with_errno(err, errno);
        error_with_subject(err, folder->name);
        return false;
    }
    if (is_whole)
        (void)failed(folder, "the folder cannot be made", errno, err);
    else if (err != NULL && err->subject != NULL && strncmp(err->subject, folder->temp, strlen(folder->temp)) == 0)
        error_replace_subject(err, folder->name); /* the other name, which its user did not give, is gone */
    drop(folder->temp);
    return false;
}
