/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power that fails: counts the moments of a run at which it makes a difference, and ends the process at one of them.
 * Such moments are before and after each change of a record, and before and after each chip command that writes. The
 * part's own state is always that of the commands it has executed; a write torn inside the part looks to all that is
 * outside like one that happened, for what it leaves is never taken over.
 */
#ifndef IMPRINT_TEST_DRIVER_CUTS_H
#define IMPRINT_TEST_DRIVER_CUTS_H

#include <sys/types.h>

#include "chip/chip.h"
#include "storage/storage.h"

/* The exit status of a process that was cut. */
#define CUTS_EXIT 77

/* Puts itself between storage, chip and what is below them; from now on the `at`th moment is the last. 0: never. */
void cuts_install(struct storage *storage, struct chip *chip, unsigned at);

/* Moments since then. */
unsigned cuts_passed(void);

/*
 * Runs `run` in a process of its own, in which failed assertions abort. False when it was cut; ends the test, naming
 * `id`, when it neither ended nor was cut.
 */
bool cuts_run_child(void (*run)(void *context), void *context, const char *id);

/* Zeroed memory that children share with their parent. Never freed: tests are short. */
void *cuts_share(size_t size);

void cuts_copy_file(const char *from, const char *to);

/* Copies the files of a directory (one level) into a new one. */
void cuts_copy_directory(const char *from, const char *to);

#endif
