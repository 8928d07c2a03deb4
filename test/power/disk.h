/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system for storage/file.c that knows what of its one directory is durable and what is not yet. It works on
 * real files in a real directory; beside them it keeps what a loss of power may leave: of the changes of names that
 * were not synced any leading part, or the last alone; of each file's content that was not synced what was durable,
 * what was written, half of it, or zeros of its length.
 *
 * A directory as bytes ("image"): a byte whether it exists at all, then for each file, in the order of names, the
 * lengths of name and content (1 and 2 bytes) and both.
 */
#ifndef IMPRINT_TEST_POWER_DISK_H
#define IMPRINT_TEST_POWER_DISK_H

#include "storage/file.h"

#define DISK_FILES_MAX 40
#define DISK_CONTENT_MAX 160
#define DISK_IMAGE_MAX 8192

/* What the next run is to meet. Calls are those that change something, counted from 1; 0: never. */
struct disk_plan {
    unsigned full_from;  /* no free block any more but those that files give back; a file takes one */
    unsigned fails_at;   /* this call fails, and has done nothing */
    unsigned late_at;    /* this call does its work and reports an error */
    unsigned fails_from; /* every call from here on fails */
    unsigned lies_at;    /* the how-manieth fsync() reports success and has done nothing */
};

/* Defects of the store, planted below it. */
enum disk_plant {
    DISK_SOUND,
    DISK_NO_FILE_SYNC,      /* the content of files is never synced */
    DISK_NO_DIRECTORY_SYNC, /* names are never synced */
    DISK_RENAME_FIRST,      /* a file is synced after it was renamed, not before */
};

struct disk_counts {
    unsigned calls, writes, syncs, renames;
    unsigned altered; /* calls that changed names, or the content of anything but the lock file */
};

/* The one disk of the process: the calls of struct storage_file_system have no context. */
extern const struct storage_file_system disk_system;

/* The directory that is modelled from now on, with this content on a real file system. False where that fails. */
bool disk_load(const char *path, struct bytes image);

/* After that, and before the store is opened. `changed` (NULL: nobody) is called after each call that changes. */
void disk_plan(const struct disk_plan *plan, enum disk_plant plant, void (*changed)(void *context, unsigned call),
               void *context);

/* Closes what a store that was given up has left open. */
void disk_reap(void);

void disk_count(struct disk_counts *counts);

/* What an orderly end leaves. */
void disk_keep(struct bytes_out *image);

/* The directory as it really lies there, whoever has written it. */
bool disk_read(const char *path, struct bytes_out *image);

/* How many ways there are for power to fail now, and what one of them (from 0) leaves. */
unsigned disk_ways(void);
void disk_remains(unsigned way, struct bytes_out *image);

/* A limit of this model was exceeded, so that its answers are wrong; NULL when none was. */
const char *disk_broken(void);

#endif
