/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operating system for storage/file.c that fails where it is told to, and watches that nothing is taken for durable
 * that was not synced. One plan at a time; calls are counted from 1 since faults_plan().
 */
#ifndef IMPRINT_TEST_SUPPORT_FAULTS_H
#define IMPRINT_TEST_SUPPORT_FAULTS_H

#include "storage/file.h"

enum faults_mode {
    FAULTS_NONE,
    FAULTS_ERROR,      /* call `at` fails with `error`, and has done nothing */
    FAULTS_ERROR_FROM, /* so does every call from `at` on that changes the medium */
    FAULTS_LATE_ERROR, /* call `at` does its work and reports `error` all the same */
    FAULTS_FULL_FROM,  /* from call `at` on the disk has no free block: only blocks that files have can be written */
    FAULTS_CRASH,      /* from call `at` on nothing is done any more */
    FAULTS_TORN,       /* call `at` is the last: a write does half of its work, anything else all of it */
    FAULTS_SHORT,      /* every read and write moves at most `at` bytes */
    FAULTS_INTERRUPT,  /* call `at` fails with EINTR, if POSIX lets that call do so */
    FAULTS_LYING_SYNC, /* fsync() does nothing and reports success: the watch must notice */
};

extern const struct storage_file_system faults_system;

void faults_plan(enum faults_mode mode, unsigned at, int error);

/* Calls since the plan was made; of those, the ones that change names or contents on the medium. */
unsigned faults_calls(void);
unsigned faults_changes(void);

/* Whether the plan has struck. */
bool faults_fired(void);

/*
 * What of the changes since faults_reap() would not survive a power cut now, in words; NULL when all would. A file that
 * was renamed before it was synced is reported for ever.
 */
const char *faults_not_durable(void);

/* Closes what a crash has left open, which also drops its locks, and forgets what is not durable. */
void faults_reap(void);

#endif
