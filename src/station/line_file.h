/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line file of a station, STATE/line.yaml: which server has the ledger of the line that this station belongs to,
 * and what to do without it, in YAML (docs/reference/line.md). Without the file the station is alone.
 */
#ifndef IMPRINT_STATION_LINE_FILE_H
#define IMPRINT_STATION_LINE_FILE_H

#include "base/error.h"
#include "database/database.h"
#include "station/station.h"

#define LINE_FILE_TEXT 1024 /* of a setting, with the NUL */

enum line_file_without {
    LINE_FILE_STOP,     /* no device is changed that the line was not asked about */
    LINE_FILE_CONTINUE, /* this station's own ledger decides; the line compares what arrives later */
};

struct line_file {
    char server[LINE_FILE_TEXT];  /* libpq's connection string or URI, without a password */
    char password_file[PATH_MAX]; /* "": none is named */
    uint32_t timeout_s;           /* for a connection, and for each answer */
    int shared;                   /* not of the file: station_config.line */
    uint32_t answer_s;            /* not of the file: another time for each answer; 0: timeout_s */
    enum line_file_without without_server;
    bool leases_by_hand; /* a run takes no lease by itself */
};

/*
 * Reads and checks the file. `*is_there` false, without a reason: there is none. False with ERROR_INPUT_FILE: file,
 * line and column, what was found and expected; also for a file that every user of this machine can write.
 */
bool line_file_read(const struct station_config *config, struct line_file *file, bool *is_there, struct error *err);

/*
 * Opens the server's database with the file's settings, for tables of this kind; with DATABASE_JOIN through the process
 * that keeps the station's connection, where there is one. False as database_connect(), or where the password file
 * cannot be read.
 */
bool line_file_connect(const struct line_file *file, const struct database_kind *kind, enum database_mode mode,
                       struct database *database, struct error *err);

/* database_share() for a database that was opened with this file. */
void line_file_share(const struct line_file *file, struct database *database, int from, unsigned most_ms);

#endif
