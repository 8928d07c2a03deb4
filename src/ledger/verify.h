/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks a whole ledger: edits, gaps, reorderings, entries cut off at the end, a clock that went back, and against
 * checkpoints that somebody kept whether the log is still the same one. Memory does not grow with the ledger.
 */
#ifndef IMPRINT_LEDGER_VERIFY_H
#define IMPRINT_LEDGER_VERIFY_H

#include "ledger/cosigned.h"
#include "ledger/stamped.h"

#define LEDGER_CHECKPOINTS_MAX 64
#define LEDGER_FINDINGS_MAX 50 /* shown; more are only counted */

struct ledger_finding {
    const char *check; /* "edited", "gap", "place", "clock", "checkpoint", "fork", "cut", "malformed", "witness",
                        * "stamp", "schema", "table" */
    bool is_bad;       /* false: worth knowing; the ledger holds */
    bool has_seq;
    uint64_t seq;
    const char *text; /* valid during the call */
};

struct ledger_verify {
    void *context;
    void (*finding)(void *context, const struct ledger_finding *finding);
    struct checkpoint checkpoints[LEDGER_CHECKPOINTS_MAX]; /* of other times, their signatures verified: note_open() */
    size_t checkpoint_count;
    /* The witnesses that this station's settings name: a kept cosignature must be by the key that is named there. */
    const struct cosigned_witness *witnesses;
    size_t witness_count;
    const char *stamp_ca; /* PEM file of the certificates that vouch for time stamps; NULL: they are not verified */
    bool tables;          /* the derived tables are compared with the entries, too: takes far longer than the rest */
    /* Results. */
    uint64_t entries, bad, notes;
    uint64_t rows;     /* of the tables that were compared */
    int64_t rows_ms;   /* how long that took */
    uint64_t differs;  /* of `bad` those that are in derived tables alone */
    uint64_t cosigned; /* how many entries the newest cosigned checkpoint covers */
    uint64_t stamped;  /* the same of the newest that is stamped */
    uint8_t root[MERKLE_BYTES];
};

/* False with a reason when it could not be checked to the end. What it found is in `verify`. */
bool ledger_verify(struct ledger *ledger, struct ledger_verify *verify, struct error *err);

#endif
