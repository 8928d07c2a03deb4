/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the witnesses that ledger.yaml names to cosign the newest checkpoint of this station's ledger (C2SP
 * tlog-witness), and keeps what they answer. A witness that saw another continuation of this log, or a longer one,
 * refuses: that is how a copied or restored state folder is found.
 */
#ifndef IMPRINT_STATION_COSIGNING_H
#define IMPRINT_STATION_COSIGNING_H

#include "station/ledger_file.h"

/* What became of one witness. */
struct cosigning_told {
    const struct ledger_file_witness *witness;
    uint64_t size, time;         /* what it cosigned, and when (seconds since 1970) */
    const struct error *failure; /* NULL: it cosigned */
};

/* Zero-initialised but for what the caller wants to be told. */
struct cosigning_run {
    void *context;
    void (*told)(void *context, const struct cosigning_told *told); /* after each that was asked */
    bool only_due; /* not those that have cosigned the newest entry, or were asked less than `every` ago */
    /* Gets: */
    size_t cosigned, failed;
};

/*
 * Asks each witness once, over a ledger that is open to append. False with the most serious failure: ERROR_DUPLICATE
 * (another continuation) or ERROR_DATABASE_DAMAGED (this ledger is an older copy) before ERROR_SERVER_AWAY, and others.
 */
bool cosigning_ask(const struct ledger_file *file, struct ledger *ledger, struct cosigning_run *run, struct error *err);

#endif
