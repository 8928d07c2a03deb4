/* SPDX-License-Identifier: Apache-2.0 */
/* Time stamps (RFC 3161) over checkpoints: one a day stays. What is stamped is the checkpoint's text as it is signed.
 */
#ifndef IMPRINT_LEDGER_STAMPED_H
#define IMPRINT_LEDGER_STAMPED_H

#include "ledger/ledger.h"
#include "stamp/stamp.h"

/* The newest stamp: how many entries, and when (seconds since 1970); 0 and 0 for none. False with a reason. */
struct stamped_newest {
    uint64_t size, time;
};
bool stamped_newest(struct ledger *ledger, struct stamped_newest *newest, struct error *err);

/*
 * Verifies the reply to a request over the checkpoint in `head`, and keeps it; `*time` is when it was stamped. False as
 * stamp_verify(), or with another reason.
 */
bool stamped_keep(struct ledger *ledger, const struct ledger_head *head, struct bytes reply, const char *ca,
                  uint64_t *time, struct error *err);

/* One that is kept; valid until the next step. */
struct stamped_row {
    uint64_t size;
    struct bytes note, reply;
};

/* All that are kept, by size; the newest alone. The caller finishes the statement. False with a reason. */
bool stamped_select(struct ledger *ledger, struct statement *rows, struct error *err);
bool stamped_select_newest(struct ledger *ledger, struct statement *rows, struct error *err);

/* The next: STATEMENT_ROW, STATEMENT_DONE or STATEMENT_FAILED with a reason. */
enum statement_result stamped_next(struct statement *rows, struct stamped_row *row, struct error *err);

#endif
