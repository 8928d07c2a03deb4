/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line, as a run of a station uses it: one connection to the server that line.yaml names, opened when it is first
 * needed, and asked whose a device, key or certificate is before anything is written. Without the file there is no line
 * and every call succeeds.
 */
#ifndef IMPRINT_STATION_STATION_LINE_H
#define IMPRINT_STATION_STATION_LINE_H

#include "ledger/outbox.h"
#include "station/line_file.h"

enum station_line_state {
    STATION_LINE_UNKNOWN, /* line.yaml was not read yet */
    STATION_LINE_NONE,    /* there is no line */
    STATION_LINE_OPEN,
    STATION_LINE_AWAY, /* not reached, in this run: it is not tried again */
};

/* Zero-initialised but for `config`, `is_late` and `longest_s`. Must not move while open. */
struct station_line {
    const struct station_config *config; /* must outlive it */
    enum station_line_state state;
    bool is_late;       /* the device is done: the line is not waited for, it compares what arrives */
    uint32_t longest_s; /* the most that the line is waited for, whatever line.yaml says; 0: as that says */
    struct line_file file;
    struct database database;
    char away[512]; /* why, and which server, when STATION_LINE_AWAY */
};

/*
 * Connects where there is a line and that was not done yet. False with a reason. While the server is away that is so
 * only with `without-server: stop`.
 */
bool station_line_open(struct station_line *line, struct error *err);
void station_line_close(struct station_line *line);

/* The same whatever line.yaml says of it: for who cannot do without. ERROR_USAGE where there is no line. */
bool station_line_require(struct station_line *line, struct error *err);

/*
 * Whose public keys (ledger_line_find_keys()) or a certificate's serial number are, according to the line: device ""
 * for nobody, and where there is no line or it is away. False as station_line_open().
 */
bool station_line_find_keys(struct station_line *line, struct bytes keys, struct ledger_line_owner *owners,
                            struct error *err);
bool station_line_find_certificate(struct station_line *line, struct bytes number, struct ledger_line_owner *owner,
                                   struct error *err);

/*
 * Whether the device may have the board number, according to the line; `take`: it has it from then on. Nothing stands
 * in the way where there is no line and while it is away. False as station_line_open().
 */
bool station_line_claim_board(struct station_line *line, const char *board, const char *device, bool take,
                              struct ledger_line_board *found, struct error *err);

/* The same for the microcontroller that the device's board tells (ledger_line_find_mcu()). */
bool station_line_find_mcu(struct station_line *line, const char *mcu, const char *device,
                           struct ledger_line_board *found, struct error *err);

/*
 * The attempts at the device that other logs of the line have (ledger_line_find_attempts()): none where there is no
 * line and while it is away. False as station_line_open().
 */
bool station_line_find_attempts(struct station_line *line, const char *device, const char *own_log,
                                struct ledger_line_attempt *attempts, size_t *count, struct error *err);

/*
 * The entry with which a station of the line last finished the device, as JSON: the caller's reference; NULL for none.
 * False as station_line_open().
 */
bool station_line_find_made(struct station_line *line, const char *device, json_t **entry, struct error *err);

#endif
