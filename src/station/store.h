/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key records of one device as the program uses them: first for looking, later for changes. While looking, what is
 * in the folder or flash image is read (nothing, where there is none yet) and what is written stays in memory, so that
 * PSA can start and a plan can be made without a trace. station_store_allow_changes() turns it into the real thing,
 * folder included.
 */
#ifndef IMPRINT_STATION_STORE_H
#define IMPRINT_STATION_STORE_H

#include <limits.h>

#include <jansson.h>

#include "storage/file.h"
#include "storage/flash_file.h"
#include "storage/storage.h"

/* Settling what an interrupted run has left changes up to three records, and one of each slot with an erase due. */
#define STORE_CHANGES_MAX 24

/* One record written or removed while looking. `content` is malloc'ed. */
struct store_change {
    uint64_t uid;
    bool removed;
    uint32_t flags, size;
    uint8_t *content;
};

/* Where records lie when it is not a folder: --storage flash:IMAGE. */
struct store_flash {
    const char *image;                    /* the file's name; NULL: records lie in a folder */
    uint32_t offset;                      /* of the flash in it */
    struct imprint_flash_device geometry; /* unit 0: as the store in the image says, which must be there */
};

/*
 * Reads WHAT of --storage: "file", or "flash:IMAGE[@OFFSET][,BLOCKxCOUNT/UNIT[-SPARE]]"
 * ("flash:board.flash,4096x8/4-1"), into `flash`, whose image then lies in `image`. False with ERROR_USAGE.
 */
bool station_store_read_place(const char *what, struct store_flash *flash, char image[static PATH_MAX],
                              struct error *err);

/* Zero-initialised: closed. Must not move while open. */
struct store {
    struct storage front; /* this is what PSA and the driver are given */
    /* Private. */
    struct storage back; /* over the folder or the flash, when `open` */
    struct storage_file file;
    struct flash_file flash_file; /* fd -1 when the records lie in a folder */
    struct storage_flash flash;
    struct store_flash place;
    bool open, changes_allowed;
    bool released; /* room that an interrupted run has reserved is not needed any more */
    struct store_change changes[STORE_CHANGES_MAX];
    size_t change_count;
    char folder[PATH_MAX];
    const char *holder;
};

/*
 * Opens the records in `folder` for looking, and holds them where there are any; those in `flash` instead where that
 * names an image, which must outlive the store. `holder` ("imprint keys") is told to the next comer and must outlive
 * the store. A folder that is not there is an empty store, and so is an image whose geometry is named.
 */
bool station_store_open(struct store *store, const struct store_flash *flash, const char *folder, const char *holder,
                        struct error *err);

/* True when there is a store: folder or image. */
bool station_store_exists(const struct store *store);

/* From now on writes are real; what was written while looking is made real first. Makes the folder where needed. */
bool station_store_allow_changes(struct store *store, struct error *err);

/*
 * The key ids that records in the store have, as numbers in a JSON array: the caller's. NULL with a reason. Needs no
 * PSA, so damaged records are no obstacle.
 */
json_t *station_store_key_ids(struct store *store, struct error *err);

/* The folder, or the image, in which the records lie. Valid as long as the store is open. */
const char *station_store_place(const struct store *store);

/* Whether the store has an IO protection key (psa/io_key.h), be it damaged or of another chip. */
bool station_store_has_io_key(struct store *store);

/*
 * Removes every record, but the IO protection key only if `io_key`: without it the chip is of no use for what needs it.
 * False with a reason; then the same again goes on.
 */
bool station_store_forget(struct store *store, bool io_key, struct error *err);

void station_store_close(struct store *store);

#endif
