/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that must not be there yet, durable, for this user alone: it has its name when all of it is there. */
#ifndef IMPRINT_LEDGER_NEW_FOLDER_H
#define IMPRINT_LEDGER_NEW_FOLDER_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

struct new_folder {
    char name[PATH_MAX]; /* what it will be called: as it was given, without slashes at its end */
    char temp[PATH_MAX]; /* where its files are written until then: beside it */
};

/* Takes the slashes off the end of a folder's name, where more than one character is left. Returns the name. */
char *new_folder_trim(char *name);

/* Makes an empty one, mode 0700. False with a reason, also where there is something of that name. */
bool new_folder_begin(struct new_folder *folder, const char *name, struct error *err);

/*
 * After its last file, each of which is synced: syncs it, and gives it its name. Where `is_whole` is false, or that
 * fails, it is removed. False with a reason; an error that names a file of it names the folder then. Where only the
 * last sync fails the folder is there, and the reason says that a power cut may take it.
 */
bool new_folder_end(struct new_folder *folder, bool is_whole, struct error *err);

#endif
