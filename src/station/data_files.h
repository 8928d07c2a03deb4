/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contents of a profile's data (provision/provision.h, struct provision_contents): read once from the profile or
 * from the files it names, kept in memory for the run, and wiped. Also what they proved, for the record.
 */
#ifndef IMPRINT_STATION_DATA_FILES_H
#define IMPRINT_STATION_DATA_FILES_H

#include <jansson.h>

#include "profile/data.h"
#include "provision/provision.h"
#include "station/key_files.h"
#include "station/rehearsal.h"
#include "station/run_facts.h"

/* Zero-initialised, with `files` and `profile`: nothing is read yet. */
struct data_files {
    struct key_files *files;
    const struct profile *profile;
    /* Private. */
    uint8_t contents[PROFILE_DATA_MAX][PROFILE_DATUM_MOST]; /* secret */
    size_t lengths[PROFILE_DATA_MAX];                       /* 0: not read */
    struct provision_datum_evidence evidence[PROFILE_DATA_MAX];
    bool proven[PROFILE_DATA_MAX];
    char name[PROFILE_SUBJECT_TEXT_MAX];
};

/* The functions for the engine; `data` must not move while it runs. */
struct provision_contents data_files_functions(struct data_files *data);

/*
 * Notes published secrets among the entries, as rehearsal_check_imports() does for keys. Secrets that anybody can guess
 * are refused as input: a proof in the record would tell whoever tries them. False with the reason.
 */
bool data_files_check(struct data_files *data, struct rehearsal *rehearsal,
                      const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err);

/*
 * Adds to `keys`, which have room for CHIP_SLOTS, the profile's secrets that encrypt others (`write-key`).
 */
bool data_files_add_write_keys(struct data_files *data, const uint8_t serial[static CHIP_SERIAL_BYTES],
                               struct imprint_write_key keys[static CHIP_SLOTS], size_t *count, struct error *err);

/* What was proven, for the record: a list with an object for each entry; NULL without data. The caller's reference. */
json_t *data_files_record(const struct data_files *data, const struct run_facts *facts);

/* An object of it: that `datum`, with a content of this many bytes, has shown `evidence`. The caller's reference. */
json_t *data_files_entry(const struct profile_datum *datum, size_t bytes,
                         const struct provision_datum_evidence *evidence, const struct run_facts *facts);

/* Wipes the contents. */
void data_files_wipe(struct data_files *data);

#endif
