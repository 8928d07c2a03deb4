/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a server for several processes of this machine: one process has it and answers what the others ask
 * (database_share()), these are connected to it by a socket each (database_connect_shared()). For the files of this
 * folder.
 *
 *     question: the SQL, the number of its parameters (-1: none are possible), of each its type, format and bytes
 *     answer:   what kind it is; then rows and columns, each column's type, and the values; or an SQLSTATE and a
 * message; or why there is no answer
 *
 * The first question of each database begins with bytes that are not there, the server's settings and how long an
 * answer may take. Its answer begins with the server's name for messages; where the connection is another server's it
 * is bytes that are not there, and nothing was asked.
 */
#ifndef IMPRINT_DATABASE_POSTGRES_SHARED_H
#define IMPRINT_DATABASE_POSTGRES_SHARED_H

#include "database/postgres.h"

enum postgres_answer {
    POSTGRES_ANSWER_ROWS = 1,
    POSTGRES_ANSWER_ERROR, /* the server's */
    POSTGRES_ANSWER_LOST,  /* with the cause; the process ends, and its connection */
};

#define POSTGRES_COLUMNS_MAX 64

/* An error that came from another process: libpq has no way to set the fields of one, so they are the columns of a row.
 */
enum postgres_error_column { POSTGRES_ERROR_STATE, POSTGRES_ERROR_MESSAGE, POSTGRES_ERROR_COLUMNS };

/* As database_postgres_ask(). */
PGresult *database_postgres_ask_shared(struct database *database, const char *sql,
                                       const struct postgres_parameters *parameters, struct error *err);

/* The socket stays open: it is the caller's. */
void database_postgres_close_shared(struct database *database);

#endif
