/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "storage/flash_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/open_error.h"

/* Blocks begin at multiples of this: the largest unit. Block sizes are searched in these steps. */
enum { HEADER_STEP = STORAGE_FLASH_UNIT_MAX };

/* ---- the file --------------------------------------------------------------------------------------------------- */

/* Reads all bytes, or fails. */
static bool read_at(int fd, uint8_t *data, size_t len, off_t at)
{
    while (len > 0) {
        const ssize_t n = pread(fd, data, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
        at += n;
    }
    return true;
}

static bool write_at(int fd, const uint8_t *data, size_t len, off_t at)
{
    while (len > 0) {
        const ssize_t n = pwrite(fd, data, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
        at += n;
    }
    return true;
}

/* Sets `len` bytes to the erased value. */
static bool fill_erased(int fd, size_t len, off_t at)
{
    uint8_t erased[512];
    for (size_t i = 0; i < sizeof erased; i++)
        erased[i] = 0xff;
    while (len > 0) {
        const size_t n = len < sizeof erased ? len : sizeof erased;
        if (!write_at(fd, erased, n, at))
            return false;
        len -= n;
        at += (off_t)n;
    }
    return true;
}

static bool sync_file(int fd)
{
    int result;
    do
        result = fdatasync(fd);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

/* ---- the flash -------------------------------------------------------------------------------------------------- */

/* The file may continue after the flash: do not touch those bytes. */
static bool is_inside(const struct imprint_flash_device *device, uint32_t at, size_t len)
{
    const uint64_t size = (uint64_t)device->block_size * device->block_count;
    return at <= size && len <= size - at;
}

static bool file_read(void *context, uint32_t at, uint8_t *data, size_t len)
{
    const struct flash_file *self = context;
    return is_inside(&self->device, at, len) && read_at(self->fd, data, len, (off_t)self->offset + at);
}

/* Refuses what real flash cannot do: to program parts of a unit, across blocks, or without an erase. */
static bool file_program(void *context, uint32_t at, const uint8_t *data, size_t len)
{
    const struct flash_file *self = context;
    const struct imprint_flash_device *device = &self->device;
    if (at % device->unit != 0 || len % device->unit != 0 || len > device->block_size - at % device->block_size ||
        !is_inside(device, at, len))
        return false;
    for (size_t done = 0; done < len; done += device->unit) {
        uint8_t present[STORAGE_FLASH_UNIT_MAX];
        if (!read_at(self->fd, present, device->unit, (off_t)self->offset + (off_t)(at + done)) ||
            !bytes_all(bytes_of(present, device->unit), 0xff))
            return false;
    }
    return write_at(self->fd, data, len, (off_t)self->offset + at) && sync_file(self->fd);
}

static bool file_erase(void *context, uint32_t block)
{
    const struct flash_file *self = context;
    const struct imprint_flash_device *device = &self->device;
    return block < device->block_count &&
           fill_erased(self->fd, device->block_size, (off_t)self->offset + (off_t)block * device->block_size) &&
           sync_file(self->fd);
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static bool refuse(struct error *err, enum error_reason reason, const char *cause, const char *next)
{
    error_set(err, reason, cause, next);
    return false;
}

static bool refuse_errno(struct error *err, int error)
{
    return open_error_refuse(err, OPEN_ERROR_OF_IMAGE, error);
}

static bool open_image(struct flash_file *self, const char *path, bool create, struct error *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

    self->fd = open(path, O_RDWR | flags);
    if (self->fd < 0 && errno == ENOENT && create) {
        self->fd = open(path, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
    } else if (self->fd < 0 && (errno == EACCES || errno == EROFS)) {
        self->fd = open(path, O_RDONLY | flags);
        lock.l_type = F_RDLCK;
    }
    if (self->fd < 0) {
        (void)refuse_errno(err, errno);
        return false;
    }
    if (fcntl(self->fd, F_OFD_SETLK, &lock) < 0)
        return errno == EAGAIN || errno == EACCES
                   ? refuse(err, ERROR_DEVICE_BUSY, "another process is using the flash image",
                            "wait until it has finished")
                   : refuse_errno(err, errno);
    return true;
}

/* Finds a block header that belongs to a flash which begins at the given offset and fits in the file. */
static bool find_geometry(struct flash_file *self, off_t size, struct error *err)
{
    const off_t room = size - self->offset;
    for (off_t at = 0; at + STORAGE_FLASH_HEADER <= room; at += HEADER_STEP) {
        uint8_t header[STORAGE_FLASH_HEADER];
        if (!read_at(self->fd, header, sizeof header, self->offset + at))
            return refuse_errno(err, errno);
        if (storage_flash_read_geometry(header, &self->device) && storage_flash_record_max(&self->device) > 0 &&
            at % self->device.block_size == 0) {
            const off_t flash = (off_t)self->device.block_size * self->device.block_count;
            if (at < flash && flash <= room)
                return true;
        }
    }
    return refuse(err, ERROR_STORAGE_FAILED, "the flash image holds no key storage", "name an image that holds one");
}

static bool is_erased(int fd, off_t from, off_t to)
{
    uint8_t found[512];
    while (from < to) {
        const size_t n = to - from < (off_t)sizeof found ? (size_t)(to - from) : sizeof found;
        if (!read_at(fd, found, n, from) || !bytes_all(bytes_of(found, n), 0xff))
            return false;
        from += (off_t)n;
    }
    return true;
}

bool flash_file_is_erased(const struct flash_file *self)
{
    const off_t end = (off_t)self->offset + (off_t)self->device.block_size * self->device.block_count;
    return is_erased(self->fd, self->offset, end);
}

/* Extends the file to the size of the flash, if it holds only erased bytes. */
static bool finish_image(const struct flash_file *self, off_t size, off_t wanted, struct error *err)
{
    if (!is_erased(self->fd, size < (off_t)self->offset ? 0 : (off_t)self->offset, size))
        return refuse(err, ERROR_STORAGE_FAILED, "not a flash image of this size", "name another file");
    if (!fill_erased(self->fd, (size_t)(wanted - size), size) || fsync(self->fd) < 0)
        return refuse_errno(err, errno);
    return true;
}

static bool open_device(struct flash_file *self, const struct imprint_flash_device *geometry, bool create,
                        struct error *err)
{
    struct stat status;
    if (fstat(self->fd, &status) < 0)
        return refuse_errno(err, errno);
    if (!S_ISREG(status.st_mode))
        return refuse(err, ERROR_STORAGE_FAILED, "not a regular file", "name a file");
    if (geometry == NULL)
        return find_geometry(self, status.st_size, err);
    const off_t wanted = (off_t)self->offset + (off_t)geometry->block_size * geometry->block_count;
    if (status.st_size >= wanted)
        return true;
    if (!create)
        return refuse(err, ERROR_STORAGE_FAILED, "the flash image is shorter than the given geometry",
                      "name the geometry that it was made for");
    return finish_image(self, status.st_size, wanted, err);
}

bool flash_file_open(struct flash_file *self, const char *path, uint32_t offset,
                     const struct imprint_flash_device *geometry, bool create, struct error *err)
{
    bool good = false;
    self->fd = -1;
    self->offset = offset;
    self->device = (struct imprint_flash_device){.unit = 0};
    if (geometry != NULL)
        self->device = *geometry;
    /* Bytes of a file are what they read as. */
    self->device.blank_is_erased = true;
    self->device.read = file_read;
    self->device.program = file_program;
    self->device.erase = file_erase;
    self->device.context = self;
    if (geometry != NULL && storage_flash_record_max(geometry) == 0)
        (void)refuse(err, ERROR_STORAGE_FAILED, "the flash's geometry is out of bounds", NULL);
    else
        good = open_image(self, path, create && geometry != NULL, err) && open_device(self, geometry, create, err);
    if (!good) {
        error_doing(err, "open the flash image");
        error_with_subject(err, path);
        flash_file_close(self);
    }
    return good;
}

void flash_file_close(struct flash_file *self)
{
    if (self->fd >= 0)
        (void)close(self->fd);
    self->fd = -1;
}
