/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/line_alarms.h"

#define PAGE 100 /* from a server all rows of a statement come at once */

/*
 * Everybody may call it: it gives only what the caller has a part in, as a station, and all to who can read the
 * entries. What differs in a fork is left out: it is as long as an entry.
 */
const char line_alarms_upgrade[] =
    "CREATE FUNCTION line_list_alarms(after_id BIGINT, most BIGINT)\n"
    "RETURNS TABLE (id BIGINT, told TEXT, what TEXT, station TEXT, seq BIGINT, details TEXT)\n"
    "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"
    "  SELECT a.id, to_char(a.time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), a.what, l.station, a.seq,\n"
    "    CASE WHEN a.what = 'fork' THEN '{}' ELSE a.details END\n"
    "  FROM line_alarm a JOIN line_log l ON l.id = a.log\n"
    "  WHERE a.id > after_id AND (has_table_privilege(session_user, 'public.line_entry', 'SELECT')\n"
    "    OR l.station = session_user OR a.details::json ->> 'other_station' = session_user)\n"
    "  ORDER BY a.id LIMIT least(most, 200)\n"
    "$$;\n";

/* One row: columns 0 id, 1 time, 2 what, 3 station, 4 number, 5 details. */
static void show_row(struct statement *row, void (*alarm)(void *context, const struct ledger_line_alarm *alarm),
                     void *context)
{
    const char *text = statement_text(row, 5);
    json_t *details = json_loads(text == NULL ? "{}" : text, 0, NULL);
    const struct ledger_line_alarm told = {
        .time = statement_text(row, 1),
        .what = statement_text(row, 2),
        .station = statement_text(row, 3),
        .device = json_string_value(json_object_get(details, "device")),
        .other = json_string_value(json_object_get(details, "other")),
        .other_station = json_string_value(json_object_get(details, "other_station")),
        .seq = (uint64_t)statement_number(row, 4),
    };

    alarm(context, &told);
    json_decref(details);
}

bool ledger_line_list_alarms(struct database *line, void (*alarm)(void *context, const struct ledger_line_alarm *alarm),
                             void *context, uint64_t *count, struct error *err)
{
    struct statement list;
    enum statement_result result;
    int64_t after = 0;
    uint64_t rows = PAGE;
    bool ok = statement_prepare(&list, line,
                                "SELECT id, told, what, station, seq, details FROM line_list_alarms($1, $2)", err);

    *count = 0;
    while (ok && rows == PAGE) {
        rows = 0;
        statement_bind_number(&list, 1, after);
        statement_bind_number(&list, 2, PAGE);
        while ((result = statement_step(&list, err)) == STATEMENT_ROW) {
            after = statement_number(&list, 0);
            rows++;
            show_row(&list, alarm, context);
        }
        ok = result == STATEMENT_DONE;
        *count += rows;
        statement_reset(&list);
    }
    statement_finish(&list);
    if (!ok)
        error_doing(err, "list the line's alarms");
    return ok;
}
