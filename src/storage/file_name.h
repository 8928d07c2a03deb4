/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of the files in a store's directory, for storage/file.c and its tests. A record's file is named by its uid:
 * 16 lower-case hex digits and ".record". Any other name in the directory is not a record.
 */
#ifndef IMPRINT_STORAGE_FILE_NAME_H
#define IMPRINT_STORAGE_FILE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#define STORAGE_FILE_LOCK "lock"             /* locked while the store is open; names the holder */
#define STORAGE_FILE_FORMAT "format"         /* the layout's version, as text */
#define STORAGE_FILE_TEMP "writing.tmp"      /* a record being written, before its rename */
#define STORAGE_FILE_RESERVED "reserved.tmp" /* reserved room for one record */

#define STORAGE_FILE_KEPT "kept" /* room for one record STORAGE_KEPT_UID, while there is none */

#define STORAGE_FILE_NAME_SIZE 24 /* length of a record's file name, with the closing NUL */

void storage_file_name(uint64_t uid, char name[static STORAGE_FILE_NAME_SIZE]);

/*
 * Parses the name of a record's file. False for any name that storage_file_name() does not produce for a uid above 0.
 */
bool storage_file_name_parse(const char *name, uint64_t *uid);

#endif
