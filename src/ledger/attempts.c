/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/attempts.h"

#include <string.h>

#define COLUMNS "SELECT entry.seq, entry.body, attempt.before FROM entry LEFT JOIN attempt ON attempt.seq = entry.seq"

bool attempts_open(struct attempts *attempts, struct ledger *ledger, struct error *err)
{
    memset(attempts, 0, sizeof *attempts);
    attempts->ledger = ledger;
    return statement_prepare(&attempts->all, &ledger->database, COLUMNS " WHERE entry.log = 1 ORDER BY entry.seq",
                             err) &&
           statement_prepare(&attempts->one, &ledger->database, COLUMNS " WHERE entry.log = 1 AND entry.seq = $1", err);
}

void attempts_close(struct attempts *attempts)
{
    statement_finish(&attempts->all);
    statement_finish(&attempts->one);
}

static void read_row(struct statement *statement, struct attempts_row *row)
{
    row->seq = (uint64_t)statement_number(statement, 0);
    row->body = statement_bytes(statement, 1);
    row->before = statement_is_null(statement, 2) ? ATTEMPTS_NONE : (uint64_t)statement_number(statement, 2);
}

bool attempts_next(struct attempts *attempts, struct attempts_row *row, struct error *err)
{
    if (statement_step(&attempts->all, err) != STATEMENT_ROW)
        return false;
    read_row(&attempts->all, row);
    return true;
}

bool attempts_get(struct attempts *attempts, uint64_t seq, struct attempts_row *row, struct error *err)
{
    statement_reset(&attempts->one);
    statement_bind_number(&attempts->one, 1, (int64_t)seq);
    if (statement_step(&attempts->one, err) == STATEMENT_ROW) {
        read_row(&attempts->one, row);
        return true;
    }
    error_set(err, ERROR_DATABASE_DAMAGED, "an entry is missing", "see which: imprint ledger verify");
    error_with_subject(err, attempts->ledger->database.path);
    return false;
}
