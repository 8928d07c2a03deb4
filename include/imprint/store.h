/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key store: the records in which PSA Crypto stores which key id belongs to which slot of the chip, and its other
 * persistent data. Records survive restarts and power cuts. `imprint provision` uses the same formats
 * (docs/reference/storage-format.md), so an application can open its store, and the reverse.
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
 * Memory for an open store, provided by the caller. Zero-initialised: closed. It must not be moved or freed while the
 * store is open. It holds no secret.
 */
struct imprint_store {
    union {
        uint64_t align;
        uintptr_t words[80];
    } private_part;
};

/*
 * Opens the store in the directory `directory` and locks it: only one process can have it open. With `create`, makes
 * the directory if it does not exist; its parent must exist. `holder` names this program ("my daemon") in the message
 * that another program gets when the lock refuses it. Both strings must stay valid while the store is open. Returns
 * true, or false with a sentence for people in `*problem` (a string literal); nothing is then open. Not available on
 * microcontrollers.
 */
bool imprint_store_open_directory(struct imprint_store *store, const char *directory, bool create, const char *holder,
                                  const char **problem);

/*
 * Opens the store on a flash device. Opening only reads. If the flash has no store and `create` is true, it erases the
 * flash and makes an empty store. `device` must stay valid while the store is open. Returns true, or false with
 * `*problem` as above. A damaged store, or one written by a later version, is refused and not changed.
 */
bool imprint_store_open_flash(struct imprint_store *store, const struct imprint_flash_device *device, bool create,
                              const char **problem);

/* Closes the store and releases its lock. Call imprint_psa_stop() first. Does nothing if the store is closed. */
void imprint_store_close(struct imprint_store *store);

#ifdef __cplusplus
}
#endif

#endif
