/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the board's records lie: a directory of files, or a raw flash. Both can be put into any state that a loss of
 * power leaves, and say at any moment of a run which states that would be ("image": all that outlives the power).
 * Beside test/support/world_store.h, which is one store in one state: a sweep makes millions of states, on a disk that
 * is modelled in memory (disk.h), and reports what is wrong with a replay id where a cmocka test would end.
 */
#ifndef IMPRINT_TEST_POWER_MEDIUM_H
#define IMPRINT_TEST_POWER_MEDIUM_H

#include "storage/file.h"
#include "test/power/disk.h"
#include "test/support/flash_sim.h"

#define MEDIUM_IMAGE_MAX 16384

enum medium_kind { MEDIUM_FILE, MEDIUM_FLASH, MEDIUM_FLASH_ECC, MEDIUM_KINDS };

/* What changes a medium is counted in calls of the file system, or in operations of the flash: from 1. */
struct medium_plan {
    struct disk_plan disk;
    unsigned spoilt_at; /* flash: this program leaves a bit out, and the read-back must find it */
};

struct medium_counts {
    unsigned changes;                           /* calls or operations */
    unsigned altered;                           /* those that left something other than before */
    unsigned writes, syncs, renames;            /* files */
    unsigned programs, erases;                  /* flash */
    unsigned long opening_reads, opening_bytes; /* flash: what opening the store took */
};

struct medium {
    enum medium_kind kind;
    char path[256]; /* of the directory */
    enum disk_plant disk_plant;
    enum flash_sim_plant flash_plant;

    /* After each change: power may fail here, and leave `image`. `change` counts them. May be NULL. */
    void (*remains)(void *context, unsigned change, struct bytes image);
    void *context;

    /* Private. */
    struct storage_file file;
    struct storage_flash flash;
    struct flash_sim *sim, *trial;
    struct imprint_flash_device device;
    unsigned operations, spoilt_at;
    unsigned long opening_reads, opening_bytes;
};

const char *medium_name(enum medium_kind kind);

/* `folder` exists. False when memory or a file cannot be had. */
bool medium_make(struct medium *medium, enum medium_kind kind, const char *folder);
void medium_free(struct medium *medium);

/* Power comes on: the medium holds `image` (len 0: it is new), and what `plan` says awaits the next run. */
bool medium_load(struct medium *medium, struct bytes image, const struct medium_plan *plan);

/* The store on it. */
bool medium_open(struct medium *medium, struct storage *storage, struct error *err);
void medium_close(struct medium *medium);

/* What an orderly end leaves; and each thing that a loss of power now may leave. */
void medium_keep(struct medium *medium, struct bytes_out *image);
void medium_visit_remains(struct medium *medium, void (*visit)(void *context, struct bytes image), void *context);

void medium_count(const struct medium *medium, struct medium_counts *counts);

/* A rule of the medium was broken, or a limit of its model exceeded; NULL: neither. */
const char *medium_broken(const struct medium *medium);

#endif
