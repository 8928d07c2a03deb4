/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flash in a file, for storage/flash.h on the station: the image that a board boots from, byte for byte. It follows
 * the rules of NOR flash (erase before programming), syncs every change, and locks the file (advisory) while it is
 * open. Host only. Mode 0600.
 */
#ifndef IMPRINT_STORAGE_FLASH_FILE_H
#define IMPRINT_STORAGE_FLASH_FILE_H

#include "storage/flash.h"

/* `device` is for storage_flash_open(); the rest is private. */
struct flash_file {
    struct imprint_flash_device device;
    int fd;          /* -1 when closed */
    uint32_t offset; /* of the flash in the file */
};

/*
 * Opens the image at `path`: the flash begins at byte `offset` of the file and need not reach its end. `geometry` gives
 * sizes and counts; NULL: they are read from the store in the image. With `create` and a geometry, it makes an erased
 * image if there is none, and completes one whose creation was interrupted. A file without write permission is opened
 * read-only. False with a reason in `err`, whose subject is `path`: ERROR_DEVICE_BUSY when another process uses it,
 * ERROR_STORAGE_FAILED (no such file, not an image of this size, the file system failed), ERROR_STORAGE_FULL. `self`
 * must not move while the store on it is in use.
 */
bool flash_file_open(struct flash_file *self, const char *path, uint32_t offset,
                     const struct imprint_flash_device *geometry, bool create, struct error *err);

/* Whether the whole flash is erased, so that making a store there loses nothing. */
bool flash_file_is_erased(const struct flash_file *self);

/* Closes the image and releases the lock. Does nothing if it is not open (fd -1). */
void flash_file_close(struct flash_file *self);

#endif
