/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "storage/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "storage/file_name.h"
#include "storage/file_room.h"
#include "storage/open_error.h"
#include "storage/record.h"

static const char doing_open[] = "open the key storage";

/* One byte more than the longest record, to detect a file that is too long. */
enum { READ_MAX = STORAGE_RECORD_BYTES(STORAGE_RECORD_MAX) + 1 };

/* ---- the operating system ------------------------------------------------------------------------------------- */

static int posix_openat(int directory, const char *name, int flags, mode_t mode)
{
    return openat(directory, name, flags, mode);
}

static int posix_lock(int fd, int command, struct flock *lock)
{
    return fcntl(fd, command, lock);
}

const struct storage_file_system storage_file_posix = {
    .mkdir = mkdir,
    .openat = posix_openat,
    .fchmod = fchmod,
    .lock = posix_lock,
    .read = read,
    .write = write,
    .ftruncate = ftruncate,
    .fsync = fsync,
    .close = close,
    .renameat = renameat,
    .unlinkat = unlinkat,
    .readdir = readdir,
};

/* Calls that a signal interrupted are repeated. For the other calls POSIX does not list EINTR. */
static int open_again(const struct storage_file *self, int directory, const char *name, int flags)
{
    int fd;
    do
        fd = self->system->openat(directory, name, flags | O_CLOEXEC | O_NOCTTY, 0600);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static bool sync_again(const struct storage_file *self, int fd)
{
    int result;
    do
        result = self->system->fsync(fd);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

static bool truncate_again(const struct storage_file *self, int fd, size_t size)
{
    int result;
    do
        result = self->system->ftruncate(fd, (off_t)size);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

/* Not repeated after EINTR: Linux has closed the descriptor then, and its content has been synced before. */
static bool close_once(const struct storage_file *self, int fd)
{
    return self->system->close(fd) == 0 || errno == EINTR;
}

static bool write_all(const struct storage_file *self, int fd, struct bytes content)
{
    size_t done = 0;
    while (done < content.len) {
        ssize_t n = self->system->write(fd, content.data + done, content.len - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n == 0) {
            errno = EIO;
            return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Reads up to the end of the file or of the buffer. */
static bool read_all(const struct storage_file *self, int fd, struct bytes_out *out)
{
    while (out->len < out->cap) {
        ssize_t n = self->system->read(fd, out->data + out->len, out->cap - out->len);
        if (n > 0)
            out->len += (size_t)n;
        else if (n == 0)
            break;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* Maps errno after a failed write to a status; FAILED for any other value. */
static enum storage_status status_of_errno(int error)
{
    static const struct {
        int error;
        enum storage_status status;
    } table[] = {
        {ENOSPC, STORAGE_FULL},     {EDQUOT, STORAGE_FULL},      {EFBIG, STORAGE_FULL},
        {EROFS, STORAGE_READ_ONLY}, {EACCES, STORAGE_READ_ONLY}, {EPERM, STORAGE_READ_ONLY},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].error == error)
            return table[i].status;
    }
    return STORAGE_FAILED;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

/*
 * Syncs a change of the directory that an earlier call could not sync. Every call that may report success or absence
 * begins with this: a repeated call finds the change in place, but it is not durable before the sync.
 */
static bool sync_directory(struct storage_file *self)
{
    if (self->unsynced && sync_again(self, self->directory_fd))
        self->unsynced = false;
    return !self->unsynced;
}

/* Unlinks a file of the store. Keeps errno of the failure before it. */
static void discard(const struct storage_file *self, const char *name)
{
    int error = errno;
    (void)self->system->unlinkat(self->directory_fd, name, 0);
    errno = error;
}

/*
 * Creates a file; -1 on failure. A file that has this name already is left from an interrupted run (or planted), and is
 * removed first.
 */
static int create_temp(const struct storage_file *self, const char *name)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    int fd = open_again(self, self->directory_fd, name, flags);
    if (fd < 0 && errno == EEXIST) {
        discard(self, name);
        fd = open_again(self, self->directory_fd, name, flags);
    }
    if (fd >= 0 && self->system->fchmod(fd, 0600) < 0) {
        int error = errno;
        (void)close_once(self, fd);
        discard(self, name);
        errno = error;
        fd = -1;
    }
    return fd;
}

/*
 * Writes `content` into the temporary file `temp`, open as `fd` (-1 if opening failed), syncs it and renames it to
 * `name`. On failure it removes the temporary file and errno has the reason. Always closes `fd`.
 */
static enum storage_status publish(struct storage_file *self, int fd, const char *temp, struct bytes content,
                                   const char *name)
{
    bool good =
        fd >= 0 && write_all(self, fd, content) && truncate_again(self, fd, content.len) && sync_again(self, fd);
    int error = errno;
    if (fd >= 0 && !close_once(self, fd) && good) {
        good = false;
        error = errno;
    }
    if (good) {
        /* Also after a failure: the medium may have made the change and then reported an error. */
        self->unsynced = true;
        good = self->system->renameat(self->directory_fd, temp, self->directory_fd, name) == 0;
        error = errno;
    }
    if (!good) {
        if (strcmp(temp, STORAGE_FILE_KEPT) != 0) /* its blocks are wanted again */
            discard(self, temp);
        errno = error;
        return status_of_errno(error);
    }
    return sync_directory(self) ? STORAGE_OK : STORAGE_FAILED;
}

/* ---- records -------------------------------------------------------------------------------------------------- */

/*
 * Reads the record `uid` into `room` and checks it; `content` points into `room`. ABSENT only if the file does not
 * exist. A file that cannot be read is FAILED; one that is not a record (too long, a link, a directory) is CORRUPT.
 */
static enum storage_status read_record(const struct storage_file *self, uint64_t uid, uint8_t room[static READ_MAX],
                                       struct storage_record *record, struct bytes *content)
{
    struct bytes_out stored = {.data = room, .cap = READ_MAX};
    char name[STORAGE_FILE_NAME_SIZE];
    struct stat directory;

    storage_file_name(uid, name);
    /* Non-blocking, in case the file is a FIFO. */
    int fd = open_again(self, self->directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        switch (errno) {
        case ENOENT:
            /* ENOENT may also mean that the directory itself has been deleted. */
            return fstat(self->directory_fd, &directory) == 0 && directory.st_nlink > 0 ? STORAGE_ABSENT
                                                                                        : STORAGE_FAILED;
        case ELOOP:
            return STORAGE_CORRUPT;
        default:
            return STORAGE_FAILED;
        }
    }
    enum storage_status status = STORAGE_OK;
    if (!read_all(self, fd, &stored))
        status = errno == EISDIR ? STORAGE_CORRUPT : STORAGE_FAILED;
    if (!close_once(self, fd) && status == STORAGE_OK)
        status = STORAGE_FAILED;
    if (status == STORAGE_OK)
        status = storage_record_read(bytes_written(&stored), uid, record, content);
    return status;
}

static void file_release(void *context)
{
    struct storage_file *self = context;
    if (self->reserved)
        discard(self, STORAGE_FILE_RESERVED);
    self->reserved = self->inherited = false;
}

/* Creates a file of zeros: a sparse file would have no blocks. The caller syncs the directory. */
static enum storage_status allocate(const struct storage_file *self, const char *name, size_t size)
{
    static const uint8_t zeros[READ_MAX];
    int fd = create_temp(self, name);
    bool good = fd >= 0 && write_all(self, fd, bytes_of(zeros, size)) && sync_again(self, fd);
    int error = errno;

    if (fd >= 0 && !close_once(self, fd) && good) {
        good = false;
        error = errno;
    }
    if (good)
        return STORAGE_OK;
    discard(self, name);
    return status_of_errno(error);
}

static bool has_file(const struct storage_file *self, const char *name)
{
    const int fd = open_again(self, self->directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

    return fd >= 0 && close_once(self, fd);
}

/* Before the record `uid` is created: makes sure that there is the record STORAGE_KEPT_UID, or room for it. */
static enum storage_status keep_room(struct storage_file *self, uint64_t uid)
{
    char name[STORAGE_FILE_NAME_SIZE];

    storage_file_name(STORAGE_KEPT_UID, name);
    if (storage_record_may_use_kept_room(uid) || has_file(self, STORAGE_FILE_KEPT) || has_file(self, name))
        return STORAGE_OK;
    const enum storage_status status = allocate(self, STORAGE_FILE_KEPT, STORAGE_RECORD_BYTES(STORAGE_KEPT_BYTES));
    if (status != STORAGE_OK)
        return status;
    self->unsynced = true;
    return sync_directory(self) ? STORAGE_OK : STORAGE_FAILED;
}

/*
 * Opens the file into which a new record of `size` bytes is written; `*temp` gets its name. -1 with errno on failure.
 * Where room is kept or reserved, the blocks are allocated already: this succeeds even if the disk has filled up since.
 */
static int open_for_new(struct storage_file *self, uint64_t uid, size_t size, const char **temp)
{
    int fd = -1;

    if (uid == STORAGE_KEPT_UID) {
        *temp = STORAGE_FILE_KEPT;
        fd = open_again(self, self->directory_fd, *temp, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0)
            return fd;
    }
    if (uid != STORAGE_KEPT_UID && self->reserved && self->reserved_size >= size) {
        *temp = STORAGE_FILE_RESERVED;
        fd = open_again(self, self->directory_fd, *temp, O_WRONLY | O_NOFOLLOW);
    }
    if (fd >= 0) {
        self->reserved = self->inherited = false;
        return fd;
    }
    if (uid != STORAGE_KEPT_UID)
        file_release(self);
    *temp = STORAGE_FILE_TEMP;
    return create_temp(self, *temp);
}

static enum storage_status file_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    struct storage_file *self = context;
    uint8_t room[READ_MAX];
    struct bytes_out encoded = {.data = room, .cap = sizeof room};
    struct storage_record record;
    struct bytes present;
    char name[STORAGE_FILE_NAME_SIZE];
    const char *temp = STORAGE_FILE_TEMP;
    enum storage_status status;

    if (content.len > STORAGE_RECORD_MAX)
        return STORAGE_FULL;
    if ((flags & STORAGE_FLAG_WRITE_ONCE) != 0 && storage_record_is_system(uid))
        return STORAGE_REFUSED;
    if (!sync_directory(self))
        return STORAGE_FAILED;
    const enum storage_status before = read_record(self, uid, room, &record, &present);
    if (before == STORAGE_OK && storage_record_is_permanent(&record)) {
        status = STORAGE_PERMANENT;
        goto out;
    }
    if (before == STORAGE_OK && record.flags == flags && bytes_equal(present, content)) {
        status = STORAGE_OK;
        goto out;
    }
    if (before == STORAGE_FUTURE || before == STORAGE_FAILED) {
        status = before;
        goto out;
    }
    /* Always fits: `room` is as long as the longest record. */
    (void)storage_record_write(uid, flags, content, &encoded);
    storage_file_name(uid, name);
    status = before == STORAGE_ABSENT ? keep_room(self, uid) : STORAGE_OK;
    if (status != STORAGE_OK)
        goto out;
    const int fd = before == STORAGE_ABSENT ? open_for_new(self, uid, encoded.len, &temp) : create_temp(self, temp);
    status = publish(self, fd, temp, bytes_written(&encoded), name);
out:
    bytes_wipe(room, sizeof room);
    return status;
}

static enum storage_status file_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                    struct storage_record *record)
{
    struct storage_file *self = context;
    uint8_t room[READ_MAX];
    struct storage_record found;
    struct bytes content;

    out->len = 0;
    enum storage_status status = read_record(self, uid, room, &found, &content);
    if (status == STORAGE_OK) {
        if (offset < content.len) {
            size_t left = content.len - offset;
            (void)bytes_append(out, bytes_of(content.data + offset, left < out->cap ? left : out->cap));
        }
        if (record != NULL)
            *record = found;
    } else if (status == STORAGE_ABSENT && self->unsynced && !sync_directory(self)) {
        status = STORAGE_FAILED;
    }
    bytes_wipe(room, sizeof room);
    return status;
}

static enum storage_status file_remove(void *context, uint64_t uid)
{
    struct storage_file *self = context;
    uint8_t room[READ_MAX];
    struct storage_record record;
    struct bytes content;
    char name[STORAGE_FILE_NAME_SIZE];

    if (!sync_directory(self))
        return STORAGE_FAILED;
    enum storage_status status = read_record(self, uid, room, &record, &content);
    bytes_wipe(room, sizeof room);
    if (status == STORAGE_OK && storage_record_is_permanent(&record))
        return STORAGE_PERMANENT;
    if (status != STORAGE_OK && status != STORAGE_CORRUPT)
        return status;
    storage_file_name(uid, name);
    self->unsynced = true;
    /* The kept room is the file of the record that is removed, so it cannot get lost in between. */
    const bool keep = uid == STORAGE_KEPT_UID && status == STORAGE_OK;
    const int result = keep ? self->system->renameat(self->directory_fd, name, self->directory_fd, STORAGE_FILE_KEPT)
                            : self->system->unlinkat(self->directory_fd, name, 0);
    if (result < 0)
        return status_of_errno(errno);
    return sync_directory(self) ? STORAGE_OK : STORAGE_FAILED;
}

/* Finds the lowest uid above `*uid`, or the lowest of all if `first`. After FAILED, errno has the reason. */
static enum storage_status find_next(const struct storage_file *self, bool first, uint64_t *uid)
{
    enum storage_status status = STORAGE_ABSENT;
    uint64_t next = 0;
    int error;

    int fd = open_again(self, self->directory_fd, ".", O_RDONLY | O_DIRECTORY);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (listing == NULL) {
        error = errno;
        if (fd >= 0)
            (void)close_once(self, fd);
        errno = error;
        return STORAGE_FAILED;
    }
    for (;;) {
        uint64_t found;
        errno = 0;
        const struct dirent *entry = self->system->readdir(listing);
        error = errno;
        if (entry == NULL)
            break;
        if (!storage_file_name_parse(entry->d_name, &found) || (!first && found <= *uid))
            continue;
        if (status == STORAGE_ABSENT || found < next)
            next = found;
        status = STORAGE_OK;
    }
    (void)closedir(listing);
    errno = error;
    if (error != 0)
        return STORAGE_FAILED;
    if (status == STORAGE_OK)
        *uid = next;
    return status;
}

static enum storage_status file_next(void *context, bool first, uint64_t *uid)
{
    return find_next(context, first, uid);
}

static enum storage_status file_reserve(void *context, uint32_t size)
{
    struct storage_file *self = context;
    const size_t room = STORAGE_RECORD_BYTES((size_t)size);

    if (size > STORAGE_RECORD_MAX)
        return STORAGE_FULL;
    if (self->reserved && self->reserved_size >= room)
        return STORAGE_OK;
    file_release(self);
    const enum storage_status status = allocate(self, STORAGE_FILE_RESERVED, room);
    if (status != STORAGE_OK)
        return status;
    self->reserved = true;
    self->reserved_size = room;
    /* Its name becomes durable with that of the next record: one sync of the directory for both. */
    return STORAGE_OK;
}

/* A key is made beside the transaction's record, which is in the room that is kept, once there is such room. */
static enum storage_status file_has_room(void *context, uint32_t count, uint32_t size)
{
    const struct storage_file *self = context;
    char transaction[STORAGE_FILE_NAME_SIZE];

    storage_file_name(STORAGE_KEPT_UID, transaction);
    const bool is_kept = has_file(self, STORAGE_FILE_KEPT) || has_file(self, transaction);
    if (size > STORAGE_RECORD_MAX)
        return STORAGE_FULL;
    return file_room(self->directory_fd, count + (is_kept ? 0u : 1u), STORAGE_RECORD_BYTES((size_t)size));
}

static const struct storage_operations file_operations = {
    .set = file_set,
    .get = file_get,
    .remove = file_remove,
    .next = file_next,
    .reserve = file_reserve,
    .release = file_release,
    .has_room = file_has_room,
};

/* ---- opening and closing -------------------------------------------------------------------------------------- */

static bool refuse_errno(struct error *err, int error)
{
    return open_error_refuse(err, OPEN_ERROR_OF_DIRECTORY, error);
}

static bool refuse(struct error *err, enum error_reason reason, const char *cause, const char *next)
{
    error_set(err, reason, cause, next);
    return false;
}

/* Opens the directory; makes it if `create`. */
static bool open_directory(struct storage_file *self, const char *directory, bool create, struct error *err)
{
    const int flags = O_RDONLY | O_DIRECTORY;
    struct stat found;
    bool made = false;

    self->directory_fd = open_again(self, AT_FDCWD, directory, flags);
    if (self->directory_fd < 0 && errno == ENOENT) {
        if (!create)
            return refuse(err, ERROR_STORAGE_FAILED, "there is no key storage yet", "provision the device first");
        made = self->system->mkdir(directory, 0700) == 0;
        if (!made && errno != EEXIST)
            return refuse_errno(err, errno);
        self->directory_fd = open_again(self, AT_FDCWD, directory, flags);
    }
    if (self->directory_fd < 0)
        return refuse_errno(err, errno);
    if (made && self->system->fchmod(self->directory_fd, 0700) < 0)
        return refuse_errno(err, errno);
    if (fstat(self->directory_fd, &found) < 0)
        return refuse_errno(err, errno);
    if ((found.st_mode & S_IWOTH) != 0)
        return refuse(err, ERROR_STORAGE_FAILED, "other users may write in the directory",
                      "restrict it: chmod 700 DIRECTORY");
    return true;
}

/* Syncs the directory that holds `directory`, so that the new one is durable. */
static bool sync_parent(const struct storage_file *self, const char *directory)
{
    char parent[STORAGE_FILE_PATH_MAX];
    size_t len = strlen(directory); /* below STORAGE_FILE_PATH_MAX, as storage_file_open() has checked */

    while (len > 1 && directory[len - 1] == '/')
        len--;
    while (len > 0 && directory[len - 1] != '/')
        len--;
    if (len == 0) {
        parent[0] = '.';
        len = 1;
    } else {
        memcpy(parent, directory, len);
    }
    parent[len] = '\0';
    int fd = open_again(self, AT_FDCWD, parent, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return false;
    bool good = sync_again(self, fd);
    int error = errno;
    (void)close_once(self, fd);
    errno = error;
    return good;
}

/*
 * Two locks of one byte each on one file. The lock on byte 0 belongs to the open file, so it also refuses a second open
 * in this process; POSIX process locks do not. The lock on byte 1 belongs to the process, so F_GETLK returns its pid.
 */
static int lock_byte(const struct storage_file *self, int command, off_t byte, pid_t *holder)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int result;
    do
        result = self->system->lock(self->lock_fd, command, &lock);
    while (result < 0 && errno == EINTR);
    if (holder != NULL)
        *holder = result == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0 ? lock.l_pid : 0;
    return result;
}

/*
 * Reports who holds the lock: the pid from the kernel, else from the lock file, and the holder's text from that file.
 */
static bool refuse_busy(struct storage_file *self, struct error *err)
{
    char text[STORAGE_FILE_HOLDER_MAX + 32];
    struct bytes_out line = {.data = (uint8_t *)text, .cap = sizeof text - 1};
    pid_t pid;

    (void)lock_byte(self, F_GETLK, 1, &pid);
    if (!read_all(self, self->lock_fd, &line))
        line.len = 0;
    text[line.len] = '\0';
    const char *at = text;
    uint64_t stored;
    if (number_read(&at, 1, INT32_MAX, &stored) == NUMBER_OK && pid == 0)
        pid = (pid_t)stored;
    size_t len = 0;
    for (at += strspn(at, " "); *at >= ' ' && *at <= '~' && len < sizeof self->holder - 1; at++)
        self->holder[len++] = *at;
    self->holder[len] = '\0';
    if (err != NULL && err->reason == ERROR_NONE)
        err->found = (uint32_t)pid;
    return refuse(err, ERROR_DEVICE_BUSY, "another process is using the key storage", "wait until it has finished");
}

static bool take_lock(struct storage_file *self, const char *holder, struct error *err)
{
    char text[STORAGE_FILE_HOLDER_MAX + 32];

    self->lock_fd = open_again(self, self->directory_fd, STORAGE_FILE_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
    if (self->lock_fd < 0)
        return refuse_errno(err, errno);
    if (lock_byte(self, F_OFD_SETLK, 0, NULL) < 0 || lock_byte(self, F_SETLK, 1, NULL) < 0)
        return errno == EAGAIN || errno == EACCES ? refuse_busy(self, err) : refuse_errno(err, errno);
    if (self->system->fchmod(self->lock_fd, 0600) < 0)
        return refuse_errno(err, errno);
    /* Only for the message of a process that is refused: a full disk must not prevent opening. */
    int len = snprintf(text, sizeof text, "%ld %.*s\n", (long)getpid(), STORAGE_FILE_HOLDER_MAX - 1, holder);
    if (len > 0 && truncate_again(self, self->lock_fd, 0))
        (void)write_all(self, self->lock_fd, bytes_of(text, (size_t)len));
    return true;
}

/*
 * Checks the file that names the version of the store's layout. It is written before the first record, so a store with
 * records but without this file is damaged.
 */
static bool check_format(struct storage_file *self, const char *directory, bool create, struct error *err)
{
    static const char format[] = "imprint storage 1\n";
    const size_t words = sizeof format - 1 - strlen("1\n");
    char text[64];
    struct bytes_out line = {.data = (uint8_t *)text, .cap = sizeof text - 1};
    uint64_t uid = 0;

    int fd = open_again(self, self->directory_fd, STORAGE_FILE_FORMAT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        enum storage_status status = find_next(self, true, &uid);
        if (status == STORAGE_OK)
            return refuse(err, ERROR_STORAGE_CORRUPT, "the file \"format\" is missing, but there are records",
                          "see \"Damage\" in docs/reference/storage-format.md");
        if (status != STORAGE_ABSENT)
            return refuse_errno(err, errno);
        if (!create)
            return refuse(err, ERROR_STORAGE_FAILED, "there is no key storage yet", "provision the device first");
        if (!sync_parent(self, directory))
            return refuse_errno(err, errno);
        fd = create_temp(self, STORAGE_FILE_TEMP);
        if (publish(self, fd, STORAGE_FILE_TEMP, bytes_of(format, sizeof format - 1), STORAGE_FILE_FORMAT) !=
            STORAGE_OK)
            return refuse_errno(err, errno);
        return true;
    }
    if (fd < 0)
        return refuse_errno(err, errno);
    bool good = read_all(self, fd, &line);
    int error = errno;
    (void)close_once(self, fd);
    if (!good)
        return refuse_errno(err, error);
    if (bytes_equal(bytes_written(&line), bytes_of(format, sizeof format - 1)))
        return true;
    text[line.len] = '\0';
    const char *at = text + words;
    uint64_t version;
    if (line.len <= words || memcmp(text, format, words) != 0 ||
        number_read(&at, 2, UINT32_MAX, &version) != NUMBER_OK || *at != '\n')
        return refuse(err, ERROR_STORAGE_CORRUPT, "the file \"format\" is damaged",
                      "see \"Damage\" in docs/reference/storage-format.md");
    if (err != NULL && err->reason == ERROR_NONE) {
        err->expected = 1;
        err->found = (uint32_t)version;
    }
    return refuse(err, ERROR_STORAGE_FAILED, "it was made by a later version of imprint", "use that version");
}

static bool remove_left_overs(const struct storage_file *self, struct error *err)
{
    if (self->system->unlinkat(self->directory_fd, STORAGE_FILE_TEMP, 0) < 0 && errno != ENOENT)
        return refuse_errno(err, errno);
    return true;
}

/* Keeps the room that an interrupted run reserved: the disk may have filled up since, and recovery needs this room. */
static bool inherit_room(struct storage_file *self, struct error *err)
{
    struct stat found;
    int fd = open_again(self, self->directory_fd, STORAGE_FILE_RESERVED, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return true;
    const bool usable = fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
    if (fd >= 0)
        (void)close_once(self, fd);
    if (!usable && self->system->unlinkat(self->directory_fd, STORAGE_FILE_RESERVED, 0) < 0)
        return refuse_errno(err, errno);
    self->reserved = self->inherited = usable;
    /* A run interrupted while using it may have left the file short; its blocks are still allocated. */
    self->reserved_size = usable ? (size_t)found.st_blocks * 512 : 0;
    return true;
}

/* Without `create`, write nothing into a directory that is not a store. */
static bool is_store(const struct storage_file *self)
{
    uint64_t uid = 0;
    int fd = open_again(self, self->directory_fd, STORAGE_FILE_FORMAT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0)
        (void)close_once(self, fd);
    return fd >= 0 || errno != ENOENT || find_next(self, true, &uid) != STORAGE_ABSENT;
}

bool storage_file_open(struct storage_file *self, const char *directory, bool create, const char *holder,
                       const struct storage_file_system *system, struct storage *storage, struct error *err)
{
    bool good = false;

    *self = (struct storage_file){
        .system = system == NULL ? &storage_file_posix : system,
        .directory_fd = -1,
        .lock_fd = -1,
    };
    if (strlen(directory) >= STORAGE_FILE_PATH_MAX) {
        (void)refuse_errno(err, ENAMETOOLONG);
        goto out;
    }
    if (!open_directory(self, directory, create, err))
        goto out;
    if (!create && !is_store(self)) {
        (void)refuse(err, ERROR_STORAGE_FAILED, "there is no key storage yet", "provision the device first");
        goto out;
    }
    /* Sync what the last process could not sync, before anything depends on it. */
    self->unsynced = true;
    if (!take_lock(self, holder, err) || !remove_left_overs(self, err) || !inherit_room(self, err) ||
        !check_format(self, directory, create, err))
        goto out;
    if (!sync_directory(self)) {
        (void)refuse_errno(err, errno);
        goto out;
    }
    *storage = (struct storage){.operations = &file_operations, .context = self};
    good = true;
out:
    if (!good) {
        error_doing(err, doing_open);
        error_with_subject(err, directory);
        storage_file_close(self);
    }
    return good;
}

void storage_file_close(struct storage_file *self)
{
    if (self->system == NULL)
        return;
    if (!self->inherited)
        file_release(self);
    self->reserved = self->inherited = false;
    /*
     * Keep the lock file: if it were removed, a process that has it open could lock a file that others no longer find.
     */
    if (self->lock_fd >= 0)
        (void)close_once(self, self->lock_fd);
    if (self->directory_fd >= 0)
        (void)close_once(self, self->directory_fd);
    self->lock_fd = -1;
    self->directory_fd = -1;
    self->system = NULL;
}
