/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of a line, from its ledger: first pass yield, cycle time, units per hour, failures by reason; in all, and
 * by order, profile, station, firmware and period. One pass over the entries, memory bounded by names
 * (report/groups.h). docs/guide/reports-and-labels.md defines each figure, as report/html.c does in the page.
 */
#ifndef IMPRINT_REPORT_FIGURES_H
#define IMPRINT_REPORT_FIGURES_H

#include "ledger/ledger.h"
#include "ledger/line_entries.h"
#include "report/attempt.h"
#include "report/groups.h"
#include "report/period.h"

/* What is reported. */
struct figures_range {
    bool has_from, has_to;
    int64_t from, to;  /* attempts that ended at or after `from` and before `to` */
    const char *order; /* of this order alone; NULL: of all, and of none */
    bool rehearsals;   /* rehearsals, and nothing else; false: production alone */
    struct period_shifts shifts;
};

enum figures_by {
    FIGURES_BY_PERIOD,
    FIGURES_BY_ORDER,
    FIGURES_BY_PROFILE,
    FIGURES_BY_STATION,
    FIGURES_BY_FIRMWARE, /* of boards: the digest of the image that ran the attempt */
    FIGURES_BY_COUNT
};

/* Entries that are in no figure, and why. */
enum figures_left_out {
    FIGURES_OUT_OF_RANGE, /* production of another time or order */
    FIGURES_OTHER_MODE,   /* rehearsals; in a report of rehearsals: production */
    FIGURES_CONFIRMED,
    FIGURES_ADOPTED,
    FIGURES_RETIRED,
    FIGURES_PROVEN,
    FIGURES_OTHER,
    FIGURES_UNREADABLE,
    FIGURES_LEFT_OUT_COUNT
};

/* Called every few thousand entries. */
typedef void figures_progress(void *context, uint64_t done, uint64_t all);

#define FIGURES_LOG_SIZE 1024

/* Zero-initialised, with `range` set: ready for figures_collect(). figures_release() in every case. */
struct figures {
    struct figures_range range;
    figures_progress *progress; /* NULL: nobody */
    void *context;

    char log[FIGURES_LOG_SIZE]; /* which ledger this was made from; of a line: which database, in words */
    char root[NOTE_HASH_SIZE];  /* of the tree over the entries, base64; of a line, which has many trees: "" */
    uint64_t logs, stations;    /* of a line: how many */
    uint64_t entries;
    uint64_t left_out[FIGURES_LEFT_OUT_COUNT];
    uint64_t no_order;   /* attempts that belong to no order */
    int64_t first, last; /* when the first and the last attempt ended; without attempts 0 */
    struct sum total;
    struct groups by[FIGURES_BY_COUNT];
    struct groups reasons; /* `sum.failed`: attempts; most first */
};

/* False with a reason. */
bool figures_collect(struct figures *figures, struct ledger *ledger, struct error *err);

/*
 * The same over the entries of all stations that a line's server has. A device's attempts are in the order of their
 * time, at whatever station; a station is named as the server knows it.
 */
bool figures_collect_line(struct figures *figures, struct database *line, struct error *err);
void figures_release(struct figures *figures);

/* "order". */
const char *figures_by_name(enum figures_by by);

/* The group's name for people: "(no order)" and such where none was given; of a digest the first 16 digits. */
const char *figures_shown_name(enum figures_by by, const struct group *group, char text[static GROUP_NAME_SIZE]);

/* Whether the list says more than the total: a line of chips without boards has no firmware. */
bool figures_has_list(const struct figures *figures, enum figures_by by);

/* "confirming runs", and such. */
const char *figures_left_out_name(enum figures_left_out why, bool rehearsals);

#endif
