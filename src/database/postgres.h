/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL behind database.h, through libpq. For the files of this folder. */
#ifndef IMPRINT_DATABASE_POSTGRES_H
#define IMPRINT_DATABASE_POSTGRES_H

#include <libpq-fe.h>

#include "database/engine.h"

#define POSTGRES_STATE_SIZE 6 /* an SQLSTATE and a NUL: PostgreSQL's documentation, appendix A */

/* The parameters of a statement, as libpq wants them. */
struct postgres_parameters {
    int count;
    Oid types[STATEMENT_PARAMETERS_MAX];
    const char *values[STATEMENT_PARAMETERS_MAX];
    int lengths[STATEMENT_PARAMETERS_MAX];
    int formats[STATEMENT_PARAMETERS_MAX];
};

/* A moment at which waiting ends. */
int64_t database_postgres_deadline(unsigned ms);

/* Waits until the socket can be read or written (poll's events), or the deadline. False: not in time. */
bool database_postgres_wait(int socket, short events, int64_t deadline);

/*
 * Sends SQL and waits for its last result, or the first that is an error. `parameters` NULL: the SQL may be several
 * statements. The caller's, for PQclear(). NULL with a reason when no answer came.
 */
PGresult *database_postgres_ask(struct database *database, const char *sql,
                                const struct postgres_parameters *parameters, struct error *err);

/* Whether the result is one; else notes why not. */
bool database_postgres_succeeded(const struct database *database, const PGresult *result, struct error *err);

/* Whether a rule of a table refused it (SQLSTATE class 23). */
bool database_postgres_is_refusal(const PGresult *result);

/* Notes why there is no connection: libpq's message, which names an SQLSTATE where it is the server's. Always false. */
bool database_postgres_connection_failed(const struct database *database, const PGconn *connection, bool in_tls,
                                         struct error *err);

/* The row of functions of a server. */
extern const struct database_engine database_postgres_engine;

#define POSTGRES_VERSION_SQL_SIZE 192

/* The question for the version of the tables of this kind. */
void database_postgres_version_sql(const struct database_kind *kind, char sql[static POSTGRES_VERSION_SQL_SIZE]);

/* Whether its answer says that they are there, in this program's version. */
bool database_postgres_is_version(const struct database *database, const PGresult *answer);

/* Notes that what the server does with what it was sent is unknown from here on. Always NULL. */
PGresult *database_postgres_lose(struct database *database, const char *cause, struct error *err);

/* postgres_statement.c, for the row of functions in postgres.c. */
bool database_postgres_prepare(struct statement *statement, const char *sql, struct error *err);
void database_postgres_bind(struct statement *statement, int parameter, const struct database_value *value);
enum statement_result database_postgres_step(struct statement *statement, struct error *err);
bool database_postgres_refused(struct statement *statement, struct error *err);
void database_postgres_reset(struct statement *statement);
const char *database_postgres_text(struct statement *statement, int column);
struct bytes database_postgres_bytes(struct statement *statement, int column);
int64_t database_postgres_number(struct statement *statement, int column);
bool database_postgres_is_null(struct statement *statement, int column);
void database_postgres_finish(struct statement *statement);

#endif
