/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL's and libpq's failures mean to the person at the command line. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "database/postgres_shared.h"

#define TEXT_MAX 512
#define AGAIN "check server and network, then run the same command again"

/* SQLSTATEs: PostgreSQL's documentation, appendix A. The first row that begins alike counts. */
static const struct {
    const char *state;
    enum error_reason reason;
    const char *cause, *next; /* cause NULL: the server's own words */
} rows[] = {
    {"28P01", ERROR_SERVER_REFUSED, NULL, "correct the password file, or have the administrator set a new password"},
    {"28", ERROR_SERVER_REFUSED, NULL, "check user name, certificate and password, and the server's pg_hba.conf"},
    {"3D000", ERROR_SERVER_REFUSED, NULL, "correct the database's name, or create it: createdb NAME"},
    {"42501", ERROR_SERVER_REFUSED, NULL,
     "have the administrator give this role its rights: imprint line add-station NAME"},
    {"25006", ERROR_SERVER_REFUSED, "the server accepts no changes: it is read-only, or a standby",
     "name the primary server"},
    {"53100", ERROR_STORAGE_FULL, "the server's disk is full", "make room there, then run the same command again"},
    {"53", ERROR_SERVER_AWAY, NULL, "run the same command again later"},
    {"55P03", ERROR_DATABASE_BUSY, "another station or process has locked it", NULL},
    {"57014", ERROR_DATABASE_BUSY, "the server needed too long", "run the same command again later"},
    {"40", ERROR_DATABASE_BUSY, "another station changed the same rows at the same time", "run the same command again"},
    {"57P", ERROR_SERVER_AWAY, NULL, AGAIN},
    {"08", ERROR_SERVER_AWAY, NULL, AGAIN},
    {"XX", ERROR_DATABASE_DAMAGED, NULL, "have the administrator look at the server's log"},
    {"58", ERROR_DATABASE_DAMAGED, NULL, "have the administrator look at the server's log"},
};

/* One line of the message: without the line feed, and without what libpq puts in front. */
static void clean(const char *message, char text[static TEXT_MAX])
{
    size_t len = 0;

    while (*message != '\0' && *message != '\n' && len < TEXT_MAX - 1) {
        text[len++] = iscntrl((unsigned char)*message) != 0 ? ' ' : *message;
        message++;
    }
    text[len] = '\0';
}

static void set_reason(const char *state, const char *text, struct error *err)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strncmp(state, rows[i].state, strlen(rows[i].state)) == 0)
            error_set(err, rows[i].reason,
                      rows[i].cause != NULL ? rows[i].cause : error_keep_format(err, "the server says: %s", text),
                      rows[i].next);
    }
    error_set(err, ERROR_UNEXPECTED, error_keep_format(err, "PostgreSQL: %s (SQLSTATE %s)", text, state), NULL);
}

static bool failed(const struct database *database, const char *state, const char *text, struct error *err)
{
    if (err == NULL || err->reason != ERROR_NONE)
        return false;
    set_reason(state, text, err);
    error_with_subject(err, database->path);
    return false;
}

/* The server's word on a failure. A result that came from another process has them as a row: postgres_shared.c. */
static const char *error_field(const PGresult *result, int field)
{
    const char *text = PQresultErrorField(result, field);

    if (text == NULL && PQresultStatus(result) == PGRES_FATAL_ERROR && PQntuples(result) == 1)
        text = PQgetvalue(result, 0, field == PG_DIAG_SQLSTATE ? POSTGRES_ERROR_STATE : POSTGRES_ERROR_MESSAGE);
    return text == NULL || text[0] == '\0' ? NULL : text;
}

bool database_postgres_succeeded(const struct database *database, const PGresult *result, struct error *err)
{
    const ExecStatusType status = PQresultStatus(result);
    const char *state, *message;
    char text[TEXT_MAX];

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return true;
    state = error_field(result, PG_DIAG_SQLSTATE);
    message = error_field(result, PG_DIAG_MESSAGE_PRIMARY);
    clean(message != NULL ? message : PQresultErrorMessage(result), text);
    return failed(database, state != NULL ? state : "08006", text, err); /* without one it is libpq's: no connection */
}

bool database_postgres_is_refusal(const PGresult *result)
{
    const char *state = error_field(result, PG_DIAG_SQLSTATE);

    return state != NULL && strncmp(state, "23", 2) == 0;
}

/* A host can have several addresses: libpq writes a line for each, and hints below. The last of them, or the first
 * line. */
static const char *main_line(const char *message)
{
    static const char attempt[] = "connection to server";
    const char *line = message, *found = message;

    while ((line = strchr(line, '\n')) != NULL) {
        line++;
        if (strncmp(line, attempt, sizeof attempt - 1) == 0)
            found = line;
    }
    return found;
}

/* "FATAL:  28P01: password authentication failed": an SQLSTATE is five digits and capitals. */
static const char *find_state(const char *line, char state[static POSTGRES_STATE_SIZE])
{
    const char *at = strstr(line, "FATAL:  ");
    size_t len = at == NULL ? 0 : strspn(at + 8, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    if (len != POSTGRES_STATE_SIZE - 1 || at[8 + len] != ':')
        return NULL;
    memcpy(state, at + 8, len);
    state[len] = '\0';
    return at + 8 + len + 2;
}

/* What libpq and OpenSSL say of TLS, by words of it. The last row is for all else. */
static const struct {
    const char *words, *next;
} tls_rows[] = {
    {"root certificate file",
     "bring the certificate of the server's CA to that file, or name another: sslrootcert=FILE"},
    {"does not match host name",
     "name the server as its certificate does: host=NAME; or have the administrator get a certificate for this name"},
    {"certificate verify failed",
     "have the administrator say which CA signed the server's certificate, and that it is in date; name that CA's file: "
     "sslrootcert=FILE"},
    {"does not support SSL", "have the administrator turn TLS on (ssl = on); a password must not travel without it"},
    {"private key file", "correct the file that sslkey names: it must be there, and no other user may read it"},
    {"certificate file", "correct the file that sslcert names"},
    {" alert unknown ca",
     "have the administrator let the server believe the CA of this station's certificate (ssl_ca_file), or name "
     "another certificate: sslcert=FILE sslkey=FILE"},
    {"certificate required", "name this station's certificate and key: sslcert=FILE sslkey=FILE"},
    {" alert ", "check this station's certificate (sslcert, sslkey); the server's log has what is wrong with it"},
    {"", "check sslmode, sslrootcert, sslcert and sslkey in the server's settings"},
};

/* In TLS 1.3 the server judges a client's certificate after the handshake: by then it is an alert. */
static bool is_alert(const char *text)
{
    return strstr(text, "SSL error:") != NULL && strstr(text, " alert ") != NULL;
}

static const char *advise_tls(const char *text)
{
    size_t i = 0;

    while (strstr(text, tls_rows[i].words) == NULL)
        i++;
    return tls_rows[i].next;
}

bool database_postgres_connection_failed(const struct database *database, const PGconn *connection, bool in_tls,
                                         struct error *err)
{
    const char *line = main_line(PQerrorMessage(connection));
    char state[POSTGRES_STATE_SIZE], text[TEXT_MAX];
    const char *words = find_state(line, state);

    clean(words != NULL ? words : line, text);
    if (words != NULL)
        return failed(database, state, text, err);
    if (PQconnectionNeedsPassword(connection) != 0)
        return database_refuse(database, ERROR_SERVER_REFUSED, "the server asks for a password, and there is none",
                               "name a password file, or put the password into ~/.pgpass", err);
    if (in_tls || is_alert(text))
        return database_refuse(database, ERROR_SERVER_UNTRUSTED, error_keep_format(err, "TLS failed: %s", text),
                               advise_tls(text), err);
    return database_refuse(database, ERROR_SERVER_AWAY, error_keep_format(err, "cannot connect: %s", text), AGAIN, err);
}
