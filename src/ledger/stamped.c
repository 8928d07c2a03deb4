/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/stamped.h"

#include <string.h>
#include <time.h>

#define DAY_SIZE 11 /* "2026-01-31" and a NUL */

bool stamped_newest(struct ledger *ledger, struct stamped_newest *newest, struct error *err)
{
    struct statement get;
    enum statement_result result = STATEMENT_FAILED;

    *newest = (struct stamped_newest){.size = 0};
    if (statement_prepare(&get, &ledger->database, "SELECT size, time FROM stamp ORDER BY size DESC LIMIT 1", err))
        result = statement_step(&get, err);
    if (result == STATEMENT_ROW)
        *newest = (struct stamped_newest){(uint64_t)statement_number(&get, 0), (uint64_t)statement_number(&get, 1)};
    statement_finish(&get);
    return result != STATEMENT_FAILED;
}

static bool store(struct ledger *ledger, const struct ledger_head *head, struct bytes reply, uint64_t time,
                  struct error *err)
{
    static const char sql[] = "INSERT INTO stamp (day, size, time, note, reply) VALUES ($1, $2, $3, $4, $5)"
                              " ON CONFLICT (day) DO UPDATE SET size = excluded.size, time = excluded.time,"
                              " note = excluded.note, reply = excluded.reply WHERE excluded.size >= stamp.size";
    const time_t when = (time_t)time;
    char day[DAY_SIZE] = "";
    struct statement set;
    struct tm utc;
    bool ok = statement_prepare(&set, &ledger->database, sql, err);

    if (gmtime_r(&when, &utc) != NULL)
        (void)strftime(day, sizeof day, "%Y-%m-%d", &utc);
    statement_bind_text(&set, 1, day);
    statement_bind_number(&set, 2, (int64_t)head->tree.size);
    statement_bind_number(&set, 3, (int64_t)time);
    statement_bind_text(&set, 4, head->checkpoint);
    statement_bind_bytes(&set, 5, reply);
    ok = ok && ledger_run(ledger, &set, err);
    statement_finish(&set);
    return ok;
}

bool stamped_keep(struct ledger *ledger, const struct ledger_head *head, struct bytes reply, const char *ca,
                  uint64_t *time, struct error *err)
{
    return stamp_verify(reply, bytes_of(head->checkpoint, strlen(head->checkpoint)), ca, time, err) &&
           store(ledger, head, reply, *time, err);
}

bool stamped_select(struct ledger *ledger, struct statement *rows, struct error *err)
{
    return statement_prepare(rows, &ledger->database, "SELECT size, note, reply FROM stamp ORDER BY size", err);
}

bool stamped_select_newest(struct ledger *ledger, struct statement *rows, struct error *err)
{
    return statement_prepare(rows, &ledger->database,
                             "SELECT size, note, reply FROM stamp ORDER BY size DESC, time DESC LIMIT 1", err);
}

enum statement_result stamped_next(struct statement *rows, struct stamped_row *row, struct error *err)
{
    const enum statement_result result = statement_step(rows, err);

    if (result == STATEMENT_ROW)
        *row = (struct stamped_row){(uint64_t)statement_number(rows, 0), statement_bytes(rows, 1),
                                    statement_bytes(rows, 2)};
    return result;
}
