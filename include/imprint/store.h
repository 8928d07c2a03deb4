/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key store: the records in which PSA Crypto keeps which key id is which key in the chip, and everything else that
 * it stores. It outlives the process and every power cut. The stored formats are those of `imprint provision`
 * (docs/reference/storage-format.md): what that leaves, an application opens, and the other way round.
 */
#ifndef IMPRINT_STORE_H
#define IMPRINT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imprint/flash.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Room for an open store, given by the caller. Zero-initialised: closed. It must stay where it is while the store is
 * open, and holds no secret.
 */
struct imprint_store {
    union {
        uint64_t align;
        uintptr_t words[80];
    } private_part;
};

/*
 * Opens the records in the directory `directory` and locks it, so that one process at a time has it; with `create` a
 * directory that does not exist is made, in a parent that does. `holder` ("my daemon") is told to whoever is refused
 * because of this lock. Both texts must outlive the store. False: `*problem` is then a sentence for people, a string
 * literal, and nothing is held. Not on a microcontroller.
 */
bool imprint_store_open_directory(struct imprint_store *store, const char *directory, bool create, const char *holder,
                                  const char **problem);

/*
 * Opens the store on a flash, which only reads, unless there is no store and `create` makes one, over whatever is
 * there. `device` must outlive the store. False as above; a store that is damaged, or of a later version, is left
 * untouched.
 */
bool imprint_store_open_flash(struct imprint_store *store, const struct imprint_flash_device *device, bool create,
                              const char **problem);

/* Gives back the lock. Does nothing on a store that is closed. PSA has been stopped (imprint_psa_stop()). */
void imprint_store_close(struct imprint_store *store);

#ifdef __cplusplus
}
#endif

#endif
