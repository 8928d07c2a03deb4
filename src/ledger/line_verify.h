/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks what a line's server has of its stations' logs: the hash of each entry, and each checkpoint's root and
 * signature by the log's key. The server compares roots when entries arrive, and cannot verify a signature in SQL: this
 * does, for its administrator or an auditor who can read its tables. Memory does not grow with the line.
 */
#ifndef IMPRINT_LEDGER_LINE_VERIFY_H
#define IMPRINT_LEDGER_LINE_VERIFY_H

#include "ledger/line.h"

/* Texts are valid during the call. */
struct ledger_line_finding {
    const char *check; /* "edited", "gap", "cut", "checkpoint", "tree" */
    const char *station, *log;
    const char *text;
};

struct ledger_line_verify {
    void *context;
    void (*finding)(void *context, const struct ledger_line_finding *finding);
    /* Gets: */
    uint64_t logs, entries, checkpoints, bad;
    uint64_t not_signed; /* entries that are newer than the newest checkpoint of their log */
};

/* False with a reason when it could not be checked to the end. What it found is in `verify`. */
bool ledger_line_verify(struct database *line, struct ledger_line_verify *verify, struct error *err);

#endif
