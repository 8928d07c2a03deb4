/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger file of a station, STATE/ledger.yaml: where the key of its log is, and who outside confirms its ledger, in
 * YAML (docs/reference/ledger.md). Without the file the key is in a file, and nobody confirms anything.
 */
#ifndef IMPRINT_STATION_LEDGER_FILE_H
#define IMPRINT_STATION_LEDGER_FILE_H

#include "base/error.h"
#include "ledger/cosigned.h"
#include "station/station.h"

#define LEDGER_FILE_WITNESSES_MAX 8
#define LEDGER_FILE_URL_SIZE 1024

struct ledger_file_witness {
    char url[LEDGER_FILE_URL_SIZE]; /* add-checkpoint is below it */
    struct cosigned_witness witness;
};

/* The key of the log in a chip of the station's own. */
struct ledger_file_key {
    char device[PATH_MAX]; /* as --device; "": the key is in the file log.key */
    uint32_t slot;         /* 0..15 */
};

struct ledger_file {
    struct ledger_file_key key;
    struct ledger_file_witness witnesses[LEDGER_FILE_WITNESSES_MAX];
    size_t witness_count;
    char stamp_url[LEDGER_FILE_URL_SIZE]; /* of the time stamping authority; "": none is named */
    char stamp_ca[PATH_MAX];              /* PEM file of the certificates that vouch for it */
    uint32_t stamp_every_s;               /* a run asks it again after this */
    uint32_t timeout_s;                   /* of a request */
    uint32_t every_s;                     /* a run asks no witness again before */
};

/*
 * Reads and checks the file. Without one it succeeds, and names nobody. False with ERROR_INPUT_FILE: file, line and
 * column, what was found and expected; also for a file that every user of this machine can write.
 */
bool ledger_file_read(const struct station_config *config, struct ledger_file *file, struct error *err);

#endif
