/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boards that failed through their own fault: known by their entries in the ledger, set aside by the station after some
 * failures, until a person says rework or scrap. That, too, is an entry. Nothing else is kept.
 */
#ifndef IMPRINT_STATION_QUARANTINE_H
#define IMPRINT_STATION_QUARANTINE_H

#include "station/station_ledger.h"

#define QUARANTINE_TRIES_USUAL 2 /* a second socket tells a bad socket from a bad board */
#define QUARANTINE_TRIES_MAX RUN_FACTS_TRIES_MAX

enum quarantine_state {
    QUARANTINE_NONE,     /* its last attempt succeeded, or it is not known, or it may be tried again */
    QUARANTINE_HELD,     /* it has failed too often since it last succeeded, or was reworked */
    QUARANTINE_SCRAPPED, /* for good, whatever was done to it since */
};

struct quarantine {
    enum quarantine_state state;
    unsigned failures; /* since it last succeeded, was reworked or retired */
    unsigned tries;   /* after so many it is held: the least of the caller's limit and those in its entries; 0: never */
    bool is_known;    /* the ledger has an attempt at it */
    bool is_finished; /* its last attempt finished it */
    char station[LEDGER_STATION_SIZE]; /* where it failed last, of another ledger of the line; "": in this one */
};

/* Whether a failure with this reason is the fault of the station, its settings or a server, and not of the board. */
bool quarantine_spares_board(const char *reason);

/*
 * What this ledger says of the device, where a board is held after `tries` failures, or after as many as a run at it
 * was given (its entry's `run.tries`), if that is less. `tries` 0: by the limits in its entries alone. False with a
 * reason.
 */
bool quarantine_look(struct ledger *ledger, const char *device, unsigned tries, struct quarantine *found,
                     struct error *err);

/*
 * The same of ledger and line, for a run that is about to change the device. The line's attempts come in by the time of
 * their entries. False with ERROR_QUARANTINED or ERROR_SCRAPPED, or as station_line_open().
 */
bool quarantine_check(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES], unsigned tries,
                      struct error *err);

/* What a person decides. */
enum quarantine_decision {
    QUARANTINE_REWORK, /* it was repaired, or is to be tried again */
    QUARANTINE_SCRAP,  /* it is thrown away: no station works on it again */
};

#define QUARANTINE_NOTE_MAX 200 /* bytes of UTF-8: what was found or done */

/* False with ERROR_USAGE where the note is too long, or cannot be printed. */
bool quarantine_check_note(const char *note, struct error *err);

/* "rework", "scrap": the kind of the entry; and its result, "reworked", "scrapped". */
const char *quarantine_verb(enum quarantine_decision decision);
const char *quarantine_result(enum quarantine_decision decision);

struct quarantine_word {
    const char *operator_name; /* who decides */
    const char *note;          /* what was found or done; NULL: nothing is said */
};

/*
 * Appends the decision, durably; `*found` is what the device was before, according to ledger and line. False with
 * ERROR_USAGE where it cannot be: an unknown device, one that has not failed (rework), one that is finished (scrap: it
 * is retired first), one that was scrapped; or with another reason.
 */
bool quarantine_decide(struct station_ledger *ledger, const char *device, enum quarantine_decision decision,
                       const struct quarantine_word *word, struct quarantine *found, struct error *err);

#endif
