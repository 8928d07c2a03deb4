/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox: the entries of this station that the line's server has not confirmed. The station's ledger is what
 * counts; they are sent in order, in batches, each with a checkpoint of the log up to its last entry. Sending starts
 * from what the server has, and only after it was found to be the beginning of this very log.
 */
#ifndef IMPRINT_LEDGER_OUTBOX_H
#define IMPRINT_LEDGER_OUTBOX_H

#include "ledger/line.h"

/* What is known without the server. */
struct outbox_state {
    uint64_t entries;           /* in this ledger */
    uint64_t sent;              /* of them, how many the server said that it has */
    char time[ENTRY_TIME_SIZE]; /* when it said so; "": never */
};

/* False with a reason. */
bool outbox_read(struct ledger *ledger, struct outbox_state *state, struct error *err);

/* Zero-initialised but for what the caller wants to be told. */
struct outbox_run {
    void *context;
    void (*progress)(void *context, uint64_t sent, uint64_t of); /* after each batch; may be NULL */
    void (*alarm)(void *context, const struct ledger_line_alarm *alarm);
    unsigned limit_ms; /* no batch is begun after this; 0: no limit */
    /* Gets: */
    uint64_t sent, waiting, alarms;
};

/*
 * Sends what waits, over a server's database (ledger_line_kind) to which the ledger is open with LEDGER_WRITE. Entries
 * that arrive meanwhile may wait for the next time. False with a reason, also where a batch before was sent:
 * ERROR_DUPLICATE for a fork, ERROR_DATABASE_DAMAGED where the server has more entries than this ledger.
 */
bool outbox_send(struct ledger *ledger, struct database *line, struct outbox_run *run, struct error *err);

#endif
