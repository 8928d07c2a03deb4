/* SPDX-License-Identifier: Apache-2.0 */
#include "test/power/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/file_name.h"

enum { FDS = 256, NODES = 128, PENDING_MAX = 64, NOBODY = -1, CONTENTS = 5 };

struct content {
    size_t len;
    uint8_t bytes[DISK_CONTENT_MAX];
};

/* One file, whatever its names. */
struct node {
    struct content now, durable;
    bool used;
    bool exempt; /* the lock file: whose text survives tells nobody anything */
};

struct entry {
    char name[STORAGE_FILE_NAME_SIZE];
    int node; /* NOBODY: no such entry */
};

struct names {
    struct entry entries[DISK_FILES_MAX];
    bool exists; /* the directory itself */
};

/* A change of names that is not durable: `to` gets the node, `from` (may be empty) loses its. */
struct change {
    char from[STORAGE_FILE_NAME_SIZE], to[STORAGE_FILE_NAME_SIZE];
    int node;
};

static struct {
    char path[256];
    struct node nodes[NODES];
    struct names now, durable;
    struct change pending[PENDING_MAX];
    unsigned pending_count;
    struct disk_plan plan;
    enum disk_plant plant;
    struct disk_counts counts;
    unsigned syncs_asked;
    unsigned given_back; /* free blocks, once the disk is full */
    int node_of[FDS];    /* NOBODY: a directory, or nothing of ours */
    bool open[FDS];
    int owed; /* DISK_RENAME_FIRST: the file to sync after its rename */
    void (*changed)(void *context, unsigned call);
    void *context;
    const char *broken;
} disk;

/* ---- names ------------------------------------------------------------------------------------------------------ */

static int *find(struct names *names, const char *name)
{
    for (unsigned i = 0; i < DISK_FILES_MAX; i++)
        if (names->entries[i].node != NOBODY && strcmp(names->entries[i].name, name) == 0)
            return &names->entries[i].node;
    return NULL;
}

static void put(struct names *names, const char *name, int node)
{
    int *found = find(names, name);

    for (unsigned i = 0; i < DISK_FILES_MAX && found == NULL; i++) {
        if (names->entries[i].node == NOBODY) {
            (void)snprintf(names->entries[i].name, sizeof names->entries[i].name, "%s", name);
            found = &names->entries[i].node;
        }
    }
    if (found == NULL)
        disk.broken = "more files than the model of the disk holds";
    else
        *found = node;
}

static void take_away(struct names *names, const char *name)
{
    int *found = find(names, name);

    if (found != NULL)
        *found = NOBODY;
}

static void apply(struct names *names, const struct change *change)
{
    if (change->from[0] != '\0')
        take_away(names, change->from);
    if (change->to[0] != '\0')
        put(names, change->to, change->node);
}

static void change_names(const char *from, const char *to, int node)
{
    struct change change = {.node = node};

    (void)snprintf(change.from, sizeof change.from, "%s", from);
    (void)snprintf(change.to, sizeof change.to, "%s", to);
    apply(&disk.now, &change);
    if (disk.pending_count == PENDING_MAX)
        disk.broken = "more unsynced changes of names than the model of the disk holds";
    else
        disk.pending[disk.pending_count++] = change;
}

static int new_node(const char *name)
{
    for (int i = 0; i < NODES; i++) {
        if (!disk.nodes[i].used) {
            disk.nodes[i] = (struct node){.used = true, .exempt = strcmp(name, STORAGE_FILE_LOCK) == 0};
            return i;
        }
    }
    disk.broken = "more files than the model of the disk holds";
    return 0;
}

static void empty_names(struct names *names)
{
    memset(names, 0, sizeof *names);
    for (unsigned i = 0; i < DISK_FILES_MAX; i++)
        names->entries[i].node = NOBODY;
}

/* ---- images ----------------------------------------------------------------------------------------------------- */

static void write_image(const struct names *names, void (*choose)(const struct node *, unsigned, struct content *),
                        unsigned which, struct bytes_out *image)
{
    const char *last = "";
    const uint8_t exists = names->exists;

    image->len = 0;
    (void)bytes_append(image, bytes_of(&exists, 1));
    while (names->exists) {
        const struct entry *next = NULL;
        struct content content;
        for (unsigned i = 0; i < DISK_FILES_MAX; i++) {
            const struct entry *entry = &names->entries[i];
            if (entry->node != NOBODY && strcmp(entry->name, last) > 0 &&
                (next == NULL || strcmp(entry->name, next->name) < 0))
                next = entry;
        }
        if (next == NULL)
            break;
        last = next->name;
        choose(&disk.nodes[next->node], which, &content);
        const struct bytes bytes = disk.nodes[next->node].exempt ? BYTES_NONE : bytes_of(content.bytes, content.len);
        const uint8_t lengths[3] = {(uint8_t)strlen(last), (uint8_t)bytes.len, (uint8_t)(bytes.len >> 8)};
        if (!bytes_append(image, bytes_of(lengths, sizeof lengths)) ||
            !bytes_append(image, bytes_of((const uint8_t *)last, strlen(last))) || !bytes_append(image, bytes))
            disk.broken = "a larger directory than the model of the disk holds";
    }
}

static void choose_now(const struct node *node, unsigned which, struct content *content)
{
    (void)which;
    *content = node->now;
}

static bool is_clean(const struct node *node)
{
    return node->exempt ||
           (node->now.len == node->durable.len && memcmp(node->now.bytes, node->durable.bytes, node->now.len) == 0);
}

static void choose_remains(const struct node *node, unsigned which, struct content *content)
{
    *content = which == 0 ? node->durable : node->now;
    if (is_clean(node))
        return;
    if (which == 2)
        content->len /= 2;
    if (which == 3)
        memset(content->bytes, 0, content->len);
    if (which == 4) /* the blocks are those of before, the length is that of now */
        memcpy(content->bytes, node->durable.bytes,
               node->durable.len < content->len / 2 ? node->durable.len : content->len / 2);
}

void disk_keep(struct bytes_out *image)
{
    write_image(&disk.now, choose_now, 0, image);
}

/* Of the files that have, or may have, a name. */
static bool all_clean(void)
{
    for (unsigned i = 0; i < DISK_FILES_MAX; i++)
        if (disk.now.entries[i].node != NOBODY && !is_clean(&disk.nodes[disk.now.entries[i].node]))
            return false;
    for (unsigned i = 0; i < disk.pending_count; i++)
        if (disk.pending[i].node != NOBODY && !is_clean(&disk.nodes[disk.pending[i].node]))
            return false;
    return true;
}

/* Names: each leading part of the pending changes, and with two or more the last one alone. */
static unsigned name_ways(void)
{
    return disk.pending_count + (disk.pending_count > 1 ? 2 : 1);
}

static bool parent_unsynced(void)
{
    return disk.now.exists && !disk.durable.exists;
}

unsigned disk_ways(void)
{
    return name_ways() * (all_clean() ? 1 : CONTENTS) + (parent_unsynced() ? 1 : 0);
}

void disk_remains(unsigned way, struct bytes_out *image)
{
    const unsigned contents = all_clean() ? 1 : CONTENTS;
    struct names names = disk.durable;

    if (way == name_ways() * contents) { /* the new directory is not there at all */
        names.exists = false;
        write_image(&names, choose_remains, 0, image);
        return;
    }
    names.exists = disk.now.exists;
    const unsigned part = way / contents;
    for (unsigned i = 0; i < disk.pending_count; i++)
        if (i < part && (part <= disk.pending_count || i == disk.pending_count - 1))
            apply(&names, &disk.pending[i]);
    write_image(&names, choose_remains, way % contents, image);
}

/* ---- loading ---------------------------------------------------------------------------------------------------- */

static bool clear_directory(void)
{
    DIR *listing = opendir(disk.path);

    if (listing == NULL)
        return errno == ENOENT;
    const int directory = dirfd(listing);
    for (const struct dirent *entry = readdir(listing); directory >= 0 && entry != NULL; entry = readdir(listing))
        if (entry->d_name[0] != '.')
            (void)unlinkat(directory, entry->d_name, 0);
    return closedir(listing) == 0 && directory >= 0;
}

static bool make_file(int directory, const char *name, struct bytes content)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, content.data, content.len) == (ssize_t)content.len;

    return fd >= 0 && close(fd) == 0 && good;
}

static bool make_files(struct bytes image)
{
    int directory = open(disk.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = directory >= 0;

    for (size_t at = 1; good && at < image.len;) {
        char name[STORAGE_FILE_NAME_SIZE] = {0};
        const size_t name_len = image.data[at], len = image.data[at + 1] | (size_t)image.data[at + 2] << 8;
        memcpy(name, image.data + at + 3, name_len);
        const int node = new_node(name);
        const struct bytes content = bytes_of(image.data + at + 3 + name_len, len);
        memcpy(disk.nodes[node].now.bytes, content.data, len);
        disk.nodes[node].now.len = len;
        disk.nodes[node].durable = disk.nodes[node].now;
        put(&disk.now, name, node);
        good = make_file(directory, name, content);
        at += 3 + name_len + len;
    }
    if (directory >= 0)
        (void)close(directory);
    return good;
}

bool disk_load(const char *path, struct bytes image)
{
    bool good;

    disk_reap();
    memset(&disk, 0, sizeof disk);
    for (unsigned i = 0; i < FDS; i++)
        disk.node_of[i] = NOBODY;
    disk.owed = NOBODY;
    empty_names(&disk.now);
    (void)snprintf(disk.path, sizeof disk.path, "%s", path);
    disk.now.exists = image.len > 0 && image.data[0] != 0;
    good = clear_directory();
    if (disk.now.exists)
        good = good && (mkdir(path, 0700) == 0 || errno == EEXIST) && make_files(image);
    else
        good = good && (rmdir(path) == 0 || errno == ENOENT);
    disk.durable = disk.now;
    return good;
}

void disk_plan(const struct disk_plan *plan, enum disk_plant plant, void (*changed)(void *context, unsigned call),
               void *context)
{
    disk.plan = *plan;
    disk.plant = plant;
    disk.changed = changed;
    disk.context = context;
}

void disk_reap(void)
{
    for (int fd = 0; fd < FDS; fd++) {
        if (disk.open[fd])
            (void)close(fd);
        disk.open[fd] = false;
    }
}

void disk_count(struct disk_counts *counts)
{
    *counts = disk.counts;
}

const char *disk_broken(void)
{
    return disk.broken;
}

bool disk_read(const char *path, struct bytes_out *image)
{
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, NULL, alphasort);
    const uint8_t exists = count >= 0;
    bool good = bytes_append(image, bytes_of(&exists, 1));

    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        uint8_t content[DISK_CONTENT_MAX];
        char file[300];
        if (name[0] != '.') {
            (void)snprintf(file, sizeof file, "%.240s/%.24s", path, name);
            int fd = open(file, O_RDONLY | O_CLOEXEC);
            ssize_t len = fd < 0 ? -1 : read(fd, content, sizeof content);
            if (fd >= 0)
                (void)close(fd);
            len = strcmp(name, STORAGE_FILE_LOCK) == 0 ? 0 : len;
            const uint8_t lengths[3] = {(uint8_t)strlen(name), (uint8_t)len, (uint8_t)(len >> 8)};
            good = good && len >= 0 && bytes_append(image, bytes_of(lengths, sizeof lengths)) &&
                   bytes_append(image, bytes_of((const uint8_t *)name, strlen(name))) &&
                   bytes_append(image, bytes_of(content, (size_t)len));
        }
        free(entries[i]);
    }
    free((void *)entries);
    return good;
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

enum fate { DO, REFUSE, DO_AND_FAIL };

/* A call that changes something begins. */
static enum fate begin(void)
{
    const unsigned call = ++disk.counts.calls;

    if (call == disk.plan.fails_at || (disk.plan.fails_from != 0 && call >= disk.plan.fails_from)) {
        errno = EIO;
        return REFUSE;
    }
    return call == disk.plan.late_at ? DO_AND_FAIL : DO;
}

/* It has ended: power may fail here. */
static int end(enum fate fate, int result)
{
    const int error = errno;

    if (disk.changed != NULL && result >= 0)
        disk.changed(disk.context, disk.counts.calls);
    errno = error;
    if (fate == DO_AND_FAIL && result >= 0) {
        errno = EIO;
        return -1;
    }
    return result;
}

static bool disk_is_full(void)
{
    return disk.plan.full_from != 0 && disk.counts.calls >= disk.plan.full_from;
}

/* A file has lost its last name. */
static void give_back(int node)
{
    if (disk_is_full() && node != NOBODY && disk.nodes[node].now.len > 0)
        disk.given_back++;
}

/* Whether a file without content may get some. */
static bool take_block(void)
{
    if (!disk_is_full())
        return true;
    if (disk.given_back == 0)
        return false;
    disk.given_back--;
    return true;
}

static int disk_mkdir(const char *path, mode_t mode)
{
    enum fate fate = begin();

    if (fate == REFUSE)
        return -1;
    int result = storage_file_posix.mkdir(path, mode);
    if (result == 0) {
        disk.now.exists = true;
        disk.counts.altered++;
    }
    return end(fate, result);
}

static int disk_openat(int directory, const char *name, int flags, mode_t mode)
{
    const int *known = find(&disk.now, name);
    const bool makes = (flags & O_CREAT) != 0 && known == NULL;
    enum fate fate = makes ? begin() : DO;

    if (fate == REFUSE)
        return -1;
    int fd = storage_file_posix.openat(directory, name, flags, mode);
    if (fd < 0 || fd >= FDS)
        return fd;
    /* A directory opened to be listed belongs to the DIR that is made of it. */
    disk.open[fd] = strcmp(name, ".") != 0;
    disk.node_of[fd] = known != NULL ? *known : NOBODY;
    if (!makes)
        return fd;
    disk.node_of[fd] = new_node(name);
    disk.counts.altered += !disk.nodes[disk.node_of[fd]].exempt;
    change_names("", name, disk.node_of[fd]);
    if (end(fate, 0) == 0)
        return fd;
    (void)close(fd);
    disk.open[fd] = false;
    return -1;
}

static ssize_t disk_write(int fd, const void *buffer, size_t size)
{
    struct content *content = disk.node_of[fd] == NOBODY ? NULL : &disk.nodes[disk.node_of[fd]].now;
    const off_t at = lseek(fd, 0, SEEK_CUR);
    enum fate fate = begin();

    if (fate == REFUSE)
        return -1;
    if (content != NULL && content->len == 0 && !take_block()) {
        errno = ENOSPC;
        return -1;
    }
    const ssize_t n = storage_file_posix.write(fd, buffer, size);
    disk.counts.writes++;
    if (n > 0 && content != NULL) {
        const size_t to = (size_t)at + (size_t)n;
        if (to > DISK_CONTENT_MAX) {
            disk.broken = "a longer file than the model of the disk holds";
            return n;
        }
        memcpy(content->bytes + at, buffer, (size_t)n);
        disk.counts.altered += !disk.nodes[disk.node_of[fd]].exempt;
        content->len = to > content->len ? to : content->len;
    }
    return end(fate, 0) < 0 ? -1 : n;
}

static int disk_ftruncate(int fd, off_t size)
{
    struct content *content = disk.node_of[fd] == NOBODY ? NULL : &disk.nodes[disk.node_of[fd]].now;
    enum fate fate = begin();

    if (fate == REFUSE)
        return -1;
    int result = storage_file_posix.ftruncate(fd, size);
    if (result == 0 && content != NULL) {
        if ((size_t)size > content->len)
            memset(content->bytes + content->len, 0, (size_t)size - content->len);
        content->len = (size_t)size;
    }
    return end(fate, result);
}

static void sync_node(int node)
{
    if (node != NOBODY)
        disk.nodes[node].durable = disk.nodes[node].now;
}

static void sync_names(int fd)
{
    struct stat synced, ours;

    if (fstat(fd, &synced) != 0 || stat(disk.path, &ours) != 0)
        return;
    if (synced.st_ino != ours.st_ino) {
        disk.durable.exists = disk.now.exists; /* the directory above */
        return;
    }
    const bool exists = disk.durable.exists;
    disk.durable = disk.now;
    disk.durable.exists = exists;
    disk.pending_count = 0;
}

static int disk_fsync(int fd)
{
    const bool lies = ++disk.syncs_asked == disk.plan.lies_at;
    const bool names = disk.node_of[fd] == NOBODY;
    enum fate fate = begin();

    if (fate == REFUSE)
        return -1;
    disk.counts.syncs++;
    if (!lies && names && disk.plant != DISK_NO_DIRECTORY_SYNC)
        sync_names(fd);
    if (!lies && !names && disk.plant == DISK_RENAME_FIRST)
        disk.owed = disk.node_of[fd];
    else if (!lies && !names && disk.plant != DISK_NO_FILE_SYNC)
        sync_node(disk.node_of[fd]);
    /* The medium is not waited for: what can be seen is the same without. */
    return end(fate, fcntl(fd, F_GETFD) < 0 ? -1 : 0);
}

static int disk_close(int fd)
{
    disk.open[fd] = false;
    disk.node_of[fd] = NOBODY;
    return storage_file_posix.close(fd);
}

static int disk_renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    enum fate fate = begin();

    if (fate == REFUSE)
        return -1;
    int result = storage_file_posix.renameat(from_directory, from, to_directory, to);
    if (result == 0) {
        const int *node = find(&disk.now, from), *replaced = find(&disk.now, to);
        give_back(replaced == NULL ? NOBODY : *replaced);
        disk.counts.renames++;
        disk.counts.altered++;
        change_names(from, to, node == NULL ? NOBODY : *node);
    }
    result = end(fate, result);
    sync_node(disk.owed);
    disk.owed = NOBODY;
    return result;
}

static int disk_unlinkat(int directory, const char *name, int flags)
{
    if (find(&disk.now, name) == NULL)
        return storage_file_posix.unlinkat(directory, name, flags);
    enum fate fate = begin();
    if (fate == REFUSE)
        return -1;
    int result = storage_file_posix.unlinkat(directory, name, flags);
    if (result == 0) {
        give_back(*find(&disk.now, name));
        disk.counts.altered++;
        change_names(name, "", NOBODY);
    }
    return end(fate, result);
}

static int disk_fchmod(int fd, mode_t mode)
{
    return storage_file_posix.fchmod(fd, mode);
}

static int disk_lock(int fd, int command, struct flock *lock)
{
    return storage_file_posix.lock(fd, command, lock);
}

static ssize_t disk_read_file(int fd, void *buffer, size_t size)
{
    return storage_file_posix.read(fd, buffer, size);
}

static struct dirent *disk_readdir(DIR *listing)
{
    return storage_file_posix.readdir(listing);
}

const struct storage_file_system disk_system = {
    .mkdir = disk_mkdir,
    .openat = disk_openat,
    .fchmod = disk_fchmod,
    .lock = disk_lock,
    .read = disk_read_file,
    .write = disk_write,
    .ftruncate = disk_ftruncate,
    .fsync = disk_fsync,
    .close = disk_close,
    .renameat = disk_renameat,
    .unlinkat = disk_unlinkat,
    .readdir = disk_readdir,
};
