/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of the test's own, and files read and written without the code under test. */
#ifndef IMPRINT_TEST_SUPPORT_SCRATCH_H
#define IMPRINT_TEST_SUPPORT_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "storage/storage.h"

#define SCRATCH_PATH_MAX 256

/* Makes a directory for this test, in $TMPDIR where that is set; scratch_remove() removes it with all in it. */
void scratch_make(char path[static SCRATCH_PATH_MAX]);
void scratch_remove(const char *path);

/* "directory/name"; the result is overwritten by the next call but three. */
const char *path_in(const char *directory, const char *name);

/* The whole file into `out`; fails the test when it cannot be read. */
void file_load(const char *path, struct bytes_out *out);

/* Makes the file with this content, over what was there. */
void file_store(const char *path, struct bytes content);

bool file_exists(const char *path);
mode_t file_mode(const char *path);

/* Fails the test unless the directory holds nothing but "lock", "format" and `records` files of records. */
void expect_only_records(const char *directory, unsigned records);

/* Fails the test, naming both, when two statuses differ. */
void expect_status(enum storage_status found, enum storage_status expected, const char *what);

/* `size` bytes that differ from one `seed` to the next. */
void fill_content(uint8_t *content, size_t size, unsigned seed);

/* set() and get() with the checks that belong to every call. */
enum storage_status put(struct storage *storage, uint64_t uid, struct bytes content);
void expect_content(struct storage *storage, uint64_t uid, struct bytes content);
void expect_absent(struct storage *storage, uint64_t uid);

/* Whether a record with this uid is there, whole or damaged. */
bool is_stored(const struct storage *storage, uint64_t uid);

#endif
