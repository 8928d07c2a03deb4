/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/line_entries.h"

#include <string.h>

/* A statement has all its rows at once: so a cursor gives some, and then some more. */
#define BEGIN "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL enable_sort = off"
#define COUNTS "SELECT coalesce(sum(size), 0)::bigint, count(*), count(DISTINCT station) FROM line_log WHERE size > 0"
/* In the order of an index that has all of it (line_briefs.c): nothing is sorted, and bodies are not read. */
#define CURSOR                                                                                                         \
    "DECLARE line_entries NO SCROLL CURSOR FOR SELECT e.brief, l.station FROM line_entry e"                            \
    " JOIN line_log l ON l.id = e.log ORDER BY e.brief, e.received, e.log, e.seq"
#define BATCH "FETCH 500 FROM line_entries"

static bool read_counts(struct line_entries *reader, struct error *err)
{
    struct statement counts;
    bool ok = statement_prepare(&counts, reader->line, COUNTS, err) && statement_step(&counts, err) == STATEMENT_ROW;

    if (ok) {
        reader->entries = (uint64_t)statement_number(&counts, 0);
        reader->logs = (uint64_t)statement_number(&counts, 1);
        reader->stations = (uint64_t)statement_number(&counts, 2);
    }
    statement_finish(&counts);
    return ok;
}

bool line_entries_open(struct line_entries *reader, struct database *line, struct error *err)
{
    *reader = (struct line_entries){.line = line};
    return database_run(line, BEGIN, err) && read_counts(reader, err) && database_run(line, CURSOR, err) &&
           statement_prepare(&reader->batch, line, BATCH, err);
}

void line_entries_close(struct line_entries *reader)
{
    struct error ignored = {.reason = ERROR_NONE}; /* nothing was changed; without a connection it is over anyway */

    statement_finish(&reader->batch);
    if (reader->line != NULL)
        (void)database_run(reader->line, "ROLLBACK", &ignored);
    reader->line = NULL;
}

/* A brief without its first two lines. */
static struct bytes members_of(struct bytes brief)
{
    for (int i = 0; i < 2 && brief.len > 0; i++) {
        const uint8_t *end = memchr(brief.data, '\n', brief.len);

        if (end == NULL)
            return BYTES_NONE;
        brief = bytes_of(end + 1, brief.len - (size_t)(end + 1 - brief.data));
    }
    return brief;
}

bool line_entries_next(struct line_entries *reader, struct bytes *body, const char **station, struct error *err)
{
    enum statement_result result = statement_step(&reader->batch, err);

    if (result == STATEMENT_DONE) {
        statement_reset(&reader->batch);
        result = statement_step(&reader->batch, err);
    }
    if (result != STATEMENT_ROW)
        return false;
    *body = members_of(statement_bytes(&reader->batch, 0));
    *station = statement_text(&reader->batch, 1);
    return true;
}
