/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the time stamping authority of ledger.yaml (RFC 3161) to stamp the ledger's newest checkpoint, and keeps that.
 */
#ifndef IMPRINT_STATION_STAMPING_H
#define IMPRINT_STATION_STAMPING_H

#include "ledger/stamped.h"
#include "station/ledger_file.h"

/* What became of it. */
struct stamping_result {
    bool is_asked;       /* false: it was not due */
    uint64_t size, time; /* what was stamped, and when (seconds since 1970) */
};

/*
 * With `only_due`, asks only where there are new entries and `every` has passed. Over a ledger that is open to append.
 * False with ERROR_SERVER_AWAY, ERROR_SERVER_UNTRUSTED, ERROR_INPUT_FILE or another reason.
 */
bool stamping_ask(const struct ledger_file *file, struct ledger *ledger, bool only_due, struct stamping_result *result,
                  struct error *err);

#endif
