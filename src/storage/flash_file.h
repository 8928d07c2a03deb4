/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flash in a file, for storage/flash.h on the station: the image that a board boots from, byte for byte. It keeps the
 * rules of NOR flash (what is programmed must be erased), syncs every change, and holds an advisory lock on the file
 * for as long as it is open. Host only. Mode 0600.
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
 * Opens the image at `path`: the flash begins `offset` bytes into the file, which may hold more behind it. `geometry`
 * (its sizes and counts are used) NULL: taken from the store in the image. With `create` and a geometry, an erased
 * image is made where there is none; one whose making was cut short is finished. A file that may not be written is
 * opened for reading. False with a reason in `err`, whose subject is `path`: ERROR_DEVICE_BUSY when somebody holds it,
 * ERROR_STORAGE_FAILED (no such file, not an image of this size, the file system failed), ERROR_STORAGE_FULL. `self`
 * must stay where it is while the store on it is in use.
 */
bool flash_file_open(struct flash_file *self, const char *path, uint32_t offset,
                     const struct imprint_flash_device *geometry, bool create, struct error *err);

/* Whether all of the flash is erased: whether nothing is lost when a store is made there. */
bool flash_file_is_erased(const struct flash_file *self);

/* Gives back the lock. Does nothing on one that is not open (fd -1). */
void flash_file_close(struct flash_file *self);

#endif
