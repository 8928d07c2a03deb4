/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "test/support/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/file_name.h"

/* Memory rather than a disk where there is a choice: the tests make some ten thousand files. */
static const char *scratch_base(void)
{
    const char *chosen = getenv("TMPDIR");
    if (chosen != NULL)
        return chosen;
    return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : P_tmpdir;
}

void scratch_make(char path[static SCRATCH_PATH_MAX])
{
    int len = snprintf(path, SCRATCH_PATH_MAX, "%s/imprint-storage-XXXXXX", scratch_base());
    assert_true(len > 0 && len < SCRATCH_PATH_MAX);
    assert_non_null(mkdtemp(path));
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void scratch_remove(const char *path)
{
    assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *path_in(const char *directory, const char *name)
{
    static char paths[4][2 * SCRATCH_PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

void file_load(const char *path, struct bytes_out *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, out->data, out->cap);
    assert_true(n >= 0);
    out->len = (size_t)n;
    assert_int_equal(close(fd), 0);
}

void file_store(const char *path, struct bytes content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.data, content.len), content.len);
    assert_int_equal(close(fd), 0);
}

bool file_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

mode_t file_mode(const char *path)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode & 07777;
}

void expect_only_records(const char *directory, unsigned records)
{
    unsigned found = 0;
    uint64_t uid;
    const struct dirent *entry;
    DIR *listing = opendir(directory);
    assert_non_null(listing);
    while ((entry = readdir(listing)) != NULL) {
        if (storage_file_name_parse(entry->d_name, &uid))
            found++;
        else if (entry->d_name[0] != '.' && strcmp(entry->d_name, STORAGE_FILE_LOCK) != 0 &&
                 strcmp(entry->d_name, STORAGE_FILE_FORMAT) != 0 && strcmp(entry->d_name, STORAGE_FILE_KEPT) != 0)
            fail_msg("left over: %s", entry->d_name);
    }
    assert_int_equal(closedir(listing), 0);
    assert_int_equal(found, records);
}

void expect_status(enum storage_status found, enum storage_status expected, const char *what)
{
    if (found != expected)
        fail_msg("%s: \"%s\" where \"%s\" was expected", what, storage_status_text(found),
                 storage_status_text(expected));
}

void fill_content(uint8_t *content, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        content[i] = (uint8_t)(i * 7 + i / 251 + seed * 31 + 1);
}

enum storage_status put(struct storage *storage, uint64_t uid, struct bytes content)
{
    return storage->operations->set(storage->context, uid, 0, content);
}

void expect_content(struct storage *storage, uint64_t uid, struct bytes content)
{
    uint8_t room[STORAGE_RECORD_MAX];
    struct bytes_out out = {.data = room, .cap = sizeof room};
    struct storage_record record;
    expect_status(storage->operations->get(storage->context, uid, 0, &out, &record), STORAGE_OK, "get");
    assert_int_equal(record.uid, uid);
    assert_int_equal(record.size, content.len);
    assert_true(bytes_equal(bytes_written(&out), content));
}

void expect_absent(struct storage *storage, uint64_t uid)
{
    uint8_t room[8];
    struct bytes_out out = {.data = room, .cap = sizeof room};
    expect_status(storage->operations->get(storage->context, uid, 0, &out, NULL), STORAGE_ABSENT, "get");
    assert_int_equal(out.len, 0);
}

bool is_stored(const struct storage *storage, uint64_t uid)
{
    struct bytes_out nothing = {.data = NULL};

    return storage->operations->get(storage->context, uid, 0, &nothing, NULL) != STORAGE_ABSENT;
}
