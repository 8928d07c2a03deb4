/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of a line: a PostgreSQL database that has the logs of all stations, and knows whose each device, key and
 * certificate is. A station's role can append to its own log and ask whose something is; tables it cannot reach. Each
 * call may be repeated: what was done already is not done again. docs/reference/line.md describes it.
 */
#ifndef IMPRINT_LEDGER_LINE_H
#define IMPRINT_LEDGER_LINE_H

#include "ledger/ledger.h"
#include "ledger/mcus.h"

#define LEDGER_STATION_SIZE 64 /* the name of a role, with a NUL */

/* In the administrator's database: tables, functions and their versions. */
extern const struct database_kind ledger_line_kind;

#define LEDGER_STATION_SQL_SIZE 1024

/* The SQL by which ledger_line_add_station() makes a station of a role, without a password. ERROR_USAGE as there. */
bool ledger_line_station_sql(const char *name, char sql[static LEDGER_STATION_SQL_SIZE], struct error *err);

/* The same of ledger_line_add_reader(). */
bool ledger_line_reader_sql(const char *name, char sql[static LEDGER_STATION_SQL_SIZE], struct error *err);

/*
 * The administrator's work, on a database that was opened with DATABASE_MAKE or DATABASE_USE. Gives the role `name` a
 * station's rights and no others; makes it where it is not there, with the password (NULL: with none). False with a
 * reason; ERROR_USAGE for a name that no station can have.
 */
bool ledger_line_add_station(struct database *line, const char *name, const char *password, struct error *err);

/* A role that can log in and read all entries, for reports, and is no station; else the same. */
bool ledger_line_add_reader(struct database *line, const char *name, const char *password, struct error *err);

/* Of `line_station`, those that can get rights: a copy of the database on another server may have no roles yet. */
#define LEDGER_STATIONS_WITH_ROLES " WHERE to_regrole(quote_ident(name)) IS NOT NULL"

/* Gives every station that has a role its rights again: after an upgrade. False with a reason. */
bool ledger_line_grant(struct database *line, struct error *err);

#define LEDGER_PASSWORD_SIZE 33 /* 160 random bits, with a NUL */

/* A new random password, of digits and letters that are not mistaken for each other. False with a reason. */
bool ledger_line_password(char password[static LEDGER_PASSWORD_SIZE], struct error *err);

/* Who has something, according to the line. */
struct ledger_line_owner {
    char device[LEDGER_DEVICE_SIZE]; /* "": nobody */
    char station[LEDGER_STATION_SIZE];
};

/*
 * The owners of public keys, all in one question: `keys` has LEDGER_KEY_BYTES of each, `owners` gets one for each.
 * False with a reason.
 */
bool ledger_line_find_keys(struct database *line, struct bytes keys, struct ledger_line_owner *owners,
                           struct error *err);

/* The owner of a certificate serial number. False with a reason. */
bool ledger_line_find_certificate(struct database *line, struct bytes number, struct ledger_line_owner *owner,
                                  struct error *err);

/*
 * The last entry that finished the device, of whatever station, unless it was retired since: its text into `text`
 * (ENTRY_MAX bytes), verified against its hash. False with a reason.
 */
bool ledger_line_find_made(struct database *line, const char *device, struct ledger_line_owner *owner,
                           struct bytes_out *text, struct error *err);

/* What stands in the way of a board number, or of a microcontroller. */
struct ledger_line_board {
    struct ledger_line_owner owner; /* device "": nothing does */
    char number[LEDGER_MCU_SIZE];   /* the owner's number: another one where the device itself has that */
};

/*
 * Whether the device may have the board number; with `take` it has it from then on, until it is retired or its unit
 * released. May be repeated. False with a reason.
 */
bool ledger_line_claim_board(struct database *line, const char *board, const char *device, bool take,
                             struct ledger_line_board *found, struct error *err);

/*
 * What keeps the device from being on this microcontroller (ledger/mcus.h): `found->owner.device` "" for nothing, the
 * device's own serial number where it is on another one, `found->number`. False with a reason.
 */
bool ledger_line_find_mcu(struct database *line, const char *mcu, const char *device, struct ledger_line_board *found,
                          struct error *err);

#define LEDGER_LINE_ATTEMPTS_MAX 256 /* of one device that the line tells */

/* An attempt at a device, as far as it counts for its quarantine. */
struct ledger_line_attempt {
    char time[ENTRY_TIME_SIZE];
    char result[16], reason[32];       /* of the entry; "" where there is none, or a longer one */
    int exit;                          /* exit code of a run that failed */
    unsigned tries;                    /* how often its station lets a board fail; 0: it did not say */
    char station[LEDGER_STATION_SIZE]; /* whose entry it is; "": this one's */
};

/*
 * The attempts at a device that other logs than `own_log` have, newest first, but one that scrapped it before all: into
 * `attempts` (LEDGER_LINE_ATTEMPTS_MAX), their number into `*count`. False with a reason.
 */
bool ledger_line_find_attempts(struct database *line, const char *device, const char *own_log,
                               struct ledger_line_attempt *attempts, size_t *count, struct error *err);

/* What the line has of this station's log. */
struct ledger_line_log {
    struct merkle tree;
};

/*
 * Makes the log known, or finds what is there. False with a reason: ERROR_DUPLICATE where the log is another station's,
 * or has another key.
 */
bool ledger_line_open_log(struct database *line, const struct ledger *ledger, struct ledger_line_log *log,
                          struct error *err);

/* The hash of an entry that the line has. False with a reason. */
bool ledger_line_leaf(struct database *line, const char *log, uint64_t seq, uint8_t leaf[static MERKLE_BYTES],
                      struct error *err);

/*
 * What the line found in what was sent, a second owner as a rule. Texts are valid during the call; NULL: of a fork and
 * of an entry that cannot be read the line says only station and number.
 */
struct ledger_line_alarm {
    const char *what; /* "public key", "certificate serial number", "board number B-7", "microcontroller 00FF",
                         "unreadable entry", "fork" */
    const char *station;
    const char *device, *other, *other_station; /* `other` is `device`: it has two board numbers */
    uint64_t seq;                               /* of the entry that was sent */
    const char *time;                           /* when the line found it; NULL: now */
};

/*
 * Sends entries: `entries` is an array of texts, the first has the number `first`; `checkpoint` covers all up to the
 * last. `*size` gets how many the line has now. `alarm` is called for each. False with a reason: ERROR_DUPLICATE for a
 * fork, with what differs.
 */
bool ledger_line_append(struct database *line, const char *log, uint64_t first, const json_t *entries,
                        const char *checkpoint, uint64_t *size,
                        void (*alarm)(void *context, const struct ledger_line_alarm *alarm), void *context,
                        struct error *err);

#endif
