/* SPDX-License-Identifier: Apache-2.0 */
/* Files that must not be there yet, written durably, for this user alone. */
#ifndef IMPRINT_LEDGER_NEW_FILE_H
#define IMPRINT_LEDGER_NEW_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"

/* The file is there, whole and mode 0600, or it is not there. False with a reason (new_file_publish()). */
bool new_file_write(const char *path, struct bytes content, struct error *err);

/* The same by a stream: opens it. NULL with a reason. new_file_end() syncs and closes it. */
FILE *new_file_begin(const char *path, struct error *err);
bool new_file_end(FILE *file, const char *path, struct error *err);

/*
 * Gives the file `temp`, which new_file_end() has finished, its own name in the same folder, durably. False with a
 * reason, also where there is a file of that name; `temp` is then gone. Where only the last sync fails the file is
 * there, and the reason says that a power cut may take it.
 */
bool new_file_publish(const char *temp, const char *path, struct error *err);

/* Syncs the folder in which the path is. False with errno. */
bool new_file_sync_folder(const char *path);

/* Reads a file of at most `out->cap` bytes. False with a reason. */
bool new_file_read(const char *path, struct bytes_out *out, struct error *err);

#endif
