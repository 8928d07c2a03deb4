/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All entries that a line's server has, device by device: for figures over the whole line. For the administrator and
 * for who plans orders; a station's role has no right to the entries of others.
 */
#ifndef IMPRINT_LEDGER_LINE_ENTRIES_H
#define IMPRINT_LEDGER_LINE_ENTRIES_H

#include "ledger/line.h"

/* As of one moment. Zero-initialised: closed. */
struct line_entries {
    struct database *line;
    struct statement batch;
    uint64_t entries, logs, stations; /* how many there are */
};

/* False with a reason; line_entries_close() in both cases. */
bool line_entries_open(struct line_entries *reader, struct database *line, struct error *err);
void line_entries_close(struct line_entries *reader);

/*
 * The next entry: those of a device follow each other, by their time. `*body` has those of its members that reports
 * read (report/attempt.h), and is empty where they are too long; it and `*station`, the station's role, are valid until
 * the next call. False at the end, or with a reason.
 */
bool line_entries_next(struct line_entries *reader, struct bytes *body, const char **station, struct error *err);

#endif
