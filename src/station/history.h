/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history of a device: one line of JSON for each run, failed, refused and confirming ones too, in history.jsonl
 * beside its record. Lines are only ever appended. docs/reference/record.md has the fields.
 */
#ifndef IMPRINT_STATION_HISTORY_H
#define IMPRINT_STATION_HISTORY_H

#include <jansson.h>

#include "station/evidence.h"

/* A run that has ended. */
struct history_run {
    const struct evidence_run *evidence; /* what it checked itself; complete only where it succeeded */
    const uint8_t *serial;               /* CHIP_SERIAL_BYTES; NULL: it never learned which device it is */
    bool serial_checked;                 /* read from the chip, or proven by its keys; false: a board's word */
    const struct chip_config *config;    /* as last read; NULL: it was not */
    json_t *plan;                        /* a list of step objects, as they were at the end; NULL: none was made */
    bool executed;                       /* steps of the plan were begun: not refused before */
    const struct error *failure;         /* NULL: it succeeded */
};

/* The run as a JSON object: the caller's reference; NULL without memory. */
json_t *history_line(const struct history_run *run);

/* A proof of keys by the primary application of a board, which is a run of its own. */
struct history_proof {
    const struct run_facts *facts; /* ended */
    const uint8_t *serial;         /* CHIP_SERIAL_BYTES; NULL: of a device that this station does not know */
    const char *board, *application;
    json_t *keys;                /* what was proven: station/board_proof.h; NULL: nothing */
    const struct error *failure; /* NULL: it succeeded */
};

/* The proof as a JSON object: the caller's reference; NULL without memory. */
json_t *history_proof_line(const struct history_proof *proof);

/* The end of a device's record: `imprint retire`. */
struct history_retirement {
    const struct run_facts *facts; /* ended */
    const uint8_t *serial;         /* CHIP_SERIAL_BYTES */
    bool serial_checked;           /* read from the chip; false: the device was not asked */
    json_t *retired;               /* what was given up: docs/reference/record.md */
    const struct error *failure;   /* NULL: it succeeded */
};

/* The retirement as a JSON object: the caller's reference; NULL without memory. */
json_t *history_retirement_line(const struct history_retirement *retirement);

/*
 * Appends the line to the file at `path`, durably: it is written and synced, or the file is as before. The file and
 * the folders above it are made where needed, for this user alone. A line that a power cut has torn stays, by itself.
 * False with ERROR_RECORD_FAILED.
 */
bool history_append(const char *path, const json_t *line, struct error *err);

#endif
