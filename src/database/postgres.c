/* SPDX-License-Identifier: Apache-2.0 */
/* A server: connecting, versions, the write lock. */
#include "database/postgres.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "database/postgres_shared.h"

#define SETTINGS_MAX 48 /* how many of libpq's settings a connection can have here */
#define SQL_MAX 512
#define SETTINGS_NAME "the server's settings" /* in messages, before there is a connection */

/*
 * SQLite keeps a version in its header; here a table does, a row for each kind. Every role may read it, and finds out
 * that a newer program made the tables before it touches them.
 */
#define MAKE_VERSIONS                                                                                                  \
    "CREATE TABLE IF NOT EXISTS imprint_version (name TEXT PRIMARY KEY, application_id BIGINT NOT NULL,"               \
    " version BIGINT NOT NULL); GRANT SELECT ON imprint_version TO PUBLIC;"

/* Read as a row: to_regclass() may answer from what the session has cached, before another one made the table. */
#define HAS_VERSIONS                                                                                                   \
    "SELECT relname FROM pg_class WHERE relname = 'imprint_version' AND relnamespace = 'public'::regnamespace"

/* --- the row of functions --- */

static bool run(struct database *database, const char *sql, struct error *err)
{
    PGresult *result = database_postgres_ask(database, sql, NULL, err);
    const bool ok = result != NULL && database_postgres_succeeded(database, result, err);

    PQclear(result);
    return ok;
}

/* The lock ends with the transaction: one writer of a kind at a time, as in a file. */
static bool begin(struct database *database, struct error *err)
{
    char sql[SQL_MAX];

    if (database->is_shared)
        return database_refuse(database, ERROR_UNEXPECTED, "a shared connection has no transactions", NULL, err);
    (void)snprintf(sql, sizeof sql, "BEGIN; SELECT pg_advisory_xact_lock(%lu)",
                   (unsigned long)database->kind->application_id);
    if (run(database, sql, err))
        return true;
    database->in_transaction = true;
    database_rollback(database);
    return false;
}

static bool commit(struct database *database, struct error *err)
{
    return run(database, "COMMIT", err);
}

static void rollback(struct database *database)
{
    struct error ignored = {.reason = ERROR_NONE}; /* without a connection the server does it by itself */

    (void)run(database, "ROLLBACK", &ignored);
}

/* The server shows others only what is durable. */
static bool settle(struct database *database, struct error *err)
{
    (void)database;
    (void)err;
    return true;
}

static void close_connection(struct database *database)
{
    if (database->is_shared)
        database_postgres_close_shared(database);
    else
        PQfinish(database->handle);
}

const struct database_engine database_postgres_engine = {
    .run = run,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .settle = settle,
    .close = close_connection,
    .prepare = database_postgres_prepare,
    .bind = database_postgres_bind,
    .step = database_postgres_step,
    .refused = database_postgres_refused,
    .reset = database_postgres_reset,
    .text = database_postgres_text,
    .bytes = database_postgres_bytes,
    .number = database_postgres_number,
    .is_null = database_postgres_is_null,
    .finish = database_postgres_finish,
};

/* --- connecting --- */

/* What libpq is asked for: names and values, ended by NULL. */
struct settings {
    const char *names[SETTINGS_MAX], *values[SETTINGS_MAX];
    size_t count;
};

static void add(struct settings *settings, const char *name, const char *value)
{
    if (settings->count >= SETTINGS_MAX - 1)
        return;
    settings->names[settings->count] = name;
    settings->values[settings->count++] = value;
}

static bool check_settings(const struct database *database, const PQconninfoOption *options, struct error *err)
{
    for (; options->keyword != NULL; options++) {
        if (options->val != NULL &&
            (strcmp(options->keyword, "password") == 0 || strcmp(options->keyword, "sslpassword") == 0))
            return database_refuse(database, ERROR_USAGE, "the server's settings must not have a password",
                                   "put it into a file of its own, or into ~/.pgpass", err);
    }
    return true;
}

/*
 * Ours come last, where libpq takes the last of a name; what may be set otherwise comes first. A server that lost its
 * power is noticed in half a minute by who keeps a connection; the system's own default is two hours.
 */
static void take_settings(const PQconninfoOption *options, const struct database_server *server,
                          struct settings *settings)
{
    add(settings, "keepalives_idle", "15");
    add(settings, "keepalives_interval", "5");
    add(settings, "keepalives_count", "3");
    for (; options->keyword != NULL; options++) {
        if (options->val != NULL)
            add(settings, options->keyword, options->val);
    }
    if (server->password != NULL)
        add(settings, "password", server->password);
    add(settings, "client_encoding", "UTF8");
    add(settings, "fallback_application_name", "imprint");
}

/* libpq prints warnings of the server to stderr; what matters comes as an error. */
static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* Waits for the connection. False with a reason. */
static bool await_connection(struct database *database, unsigned ms, struct error *err)
{
    const int64_t deadline = database_postgres_deadline(ms);
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    bool in_tls = false;

    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        if (!database_postgres_wait(PQsocket(database->handle), next == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                                    deadline))
            return database_refuse(database, ERROR_SERVER_AWAY, "the server did not accept a connection in time",
                                   "check server and network, then run the same command again", err);
        in_tls = PQstatus(database->handle) == CONNECTION_SSL_STARTUP;
        next = PQconnectPoll(database->handle);
    }
    return next == PGRES_POLLING_OK || database_postgres_connection_failed(database, database->handle, in_tls, err);
}

/* "database line on db.example:5432 as st-01". */
static void name_server(struct database *database)
{
    const PGconn *connection = database->handle;
    const char *host = PQhost(connection), *port = PQport(connection), *user = PQuser(connection);
    const char *name = PQdb(connection);

    if (name != NULL && name[0] != '\0')
        (void)snprintf(database->path, sizeof database->path, "database %.64s on %.512s:%.16s as %.64s", name,
                       host != NULL && host[0] != '\0' ? host : "localhost", port != NULL ? port : "5432",
                       user != NULL ? user : "?");
}

static bool connect_with(struct database *database, const struct settings *settings, unsigned ms, struct error *err)
{
    database->handle = PQconnectStartParams(settings->names, settings->values, 0);
    if (database->handle == NULL)
        return database_refuse(database, ERROR_UNEXPECTED, "out of memory", NULL, err);
    (void)PQsetErrorVerbosity(database->handle, PQERRORS_VERBOSE); /* with the SQLSTATE */
    (void)PQsetNoticeReceiver(database->handle, ignore_notice, NULL);
    name_server(database);
    if (PQstatus(database->handle) == CONNECTION_BAD)
        return database_postgres_connection_failed(database, database->handle, false, err);
    if (!await_connection(database, ms, err))
        return false;
    name_server(database);
    if (PQsetnonblocking(database->handle, 1) == 0)
        return true;
    return database_refuse(database, ERROR_UNEXPECTED, "libpq failed", NULL, err);
}

/* The settings one by one, for PQconninfoFree(). NULL with a reason. */
static PQconninfoOption *parse_settings(const struct database *database, const char *text, struct error *err)
{
    char *message = NULL, *end;
    PQconninfoOption *options = PQconninfoParse(text, &message);

    if (options == NULL) {
        end = message == NULL ? NULL : strchr(message, '\n');
        if (end != NULL)
            *end = '\0';
        (void)database_refuse(database, ERROR_USAGE,
                              error_keep_format(err, "the server's settings cannot be read: %s",
                                                message != NULL ? message : "out of memory"),
                              "write them as libpq has them: 'host=db.example dbname=line user=st-01'", err);
        PQfreemem(message);
    } else if (!check_settings(database, options, err)) {
        PQconninfoFree(options);
        options = NULL;
    }
    return options;
}

bool database_check_settings(const char *settings, struct error *err)
{
    const struct database nowhere = {.path = SETTINGS_NAME};
    PQconninfoOption *options = parse_settings(&nowhere, settings, err);

    PQconninfoFree(options);
    return options != NULL;
}

static bool connect_to(struct database *database, const struct database_server *server, struct error *err)
{
    const unsigned ms = server->connect_ms != 0 ? server->connect_ms : DATABASE_CONNECT_MS;
    PQconninfoOption *options = parse_settings(database, server->settings, err);
    struct settings settings = {.count = 0};
    bool ok;

    if (options == NULL)
        return false;
    take_settings(options, server, &settings);
    ok = connect_with(database, &settings, ms, err);
    PQconninfoFree(options);
    return ok;
}

/* The server gives up a little before we do, so that its own words arrive. */
static bool set_session(struct database *database, enum database_mode mode, struct error *err)
{
    const unsigned busy_ms = database->kind->busy_ms != 0 ? database->kind->busy_ms : DATABASE_BUSY_MS;
    const unsigned answer_ms = database->answer_ms;
    char sql[SQL_MAX];

    (void)snprintf(sql, sizeof sql,
                   "SET statement_timeout = %u; SET lock_timeout = %u; SET synchronous_commit = on;"
                   " SET default_transaction_read_only = %s; SET search_path = public; SET bytea_output = hex",
                   answer_ms - answer_ms / 8, busy_ms < answer_ms / 2 ? busy_ms : answer_ms / 2,
                   mode == DATABASE_READ ? "on" : "off");
    return run(database, sql, err);
}

/* --- versions --- */

#define UPGRADE_MS 86400000u /* a day for each statement: one may read every row of a table of many millions */

void database_postgres_version_sql(const struct database_kind *kind, char sql[static POSTGRES_VERSION_SQL_SIZE])
{
    (void)snprintf(sql, POSTGRES_VERSION_SQL_SIZE,
                   "SELECT application_id || ' ' || version FROM imprint_version WHERE name = '%s'", kind->name);
}

static bool has_value(const PGresult *result)
{
    return PQntuples(result) == 1 && PQgetisnull(result, 0, 0) == 0;
}

/* The row of the tables' kind. `*version` 0: there is none. */
static bool judge_row(const struct database *database, const PGresult *result, unsigned *version, struct error *err)
{
    const struct database_kind *kind = database->kind;
    unsigned long long id, number;
    char *end;

    *version = 0;
    if (!database_postgres_succeeded(database, result, err) || !has_value(result))
        return err->reason == ERROR_NONE;
    id = strtoull(PQgetvalue(result, 0, 0), &end, 10);
    number = strtoull(end, NULL, 10);
    if (id != kind->application_id)
        return database_refuse(database, ERROR_DATABASE_VERSION,
                               error_keep_format(err, "its tables are not a %s of imprint's", kind->name),
                               "name another database", err);
    if (number < 1 || number > kind->version)
        return database_refuse(database, ERROR_DATABASE_VERSION,
                               error_keep_format(err, "the %s has version %llu; this program knows versions 1 to %u",
                                                 kind->name, number, kind->version),
                               NULL, err);
    *version = (unsigned)number;
    return true;
}

bool database_postgres_is_version(const struct database *database, const PGresult *answer)
{
    char room[ERROR_ROOM];
    struct error ignored = ERROR_IN(room);
    unsigned version;

    return judge_row(database, answer, &version, &ignored) && version == database->kind->version;
}

static bool read_row(struct database *database, unsigned *version, struct error *err)
{
    char sql[POSTGRES_VERSION_SQL_SIZE];
    PGresult *result;
    bool ok;

    *version = 0;
    database_postgres_version_sql(database->kind, sql);
    result = database_postgres_ask(database, sql, NULL, err);
    ok = result != NULL && judge_row(database, result, version, err);
    PQclear(result);
    return ok;
}

/* `*version` 0: it has no tables of this kind. */
static bool read_version(struct database *database, unsigned *version, struct error *err)
{
    PGresult *result = database_postgres_ask(database, HAS_VERSIONS, NULL, err);
    const bool ok = result != NULL && database_postgres_succeeded(database, result, err);
    const bool is_there = ok && has_value(result);

    *version = 0;
    PQclear(result);
    return ok && (!is_there || read_row(database, version, err));
}

/* In a transaction: what was read before it may have changed. */
static bool upgrade(struct database *database, const struct database_server *server, struct error *err)
{
    const struct database_kind *kind = database->kind;
    unsigned version = 0;
    bool ok = read_version(database, &version, err);
    const bool is_new = version == 0;
    char sql[SQL_MAX];

    for (; ok && version < kind->version; version++) {
        if (!is_new && server->upgrading != NULL)
            server->upgrading(server->context, kind, version + 1);
        ok = run(database, kind->upgrades[version], err);
    }
    (void)snprintf(sql, sizeof sql,
                   MAKE_VERSIONS "INSERT INTO imprint_version (name, application_id, version) VALUES ('%s', %lu, %u)"
                                 " ON CONFLICT (name) DO UPDATE SET version = excluded.version",
                   kind->name, (unsigned long)kind->application_id, kind->version);
    return ok && run(database, sql, err);
}

/*
 * A server does not look whether its client is still there while a statement runs: an upgrade that was interrupted
 * would go on, for nobody, with the locks that the next one needs. Since version 14 it can look.
 */
static void end_with_client(struct database *database)
{
    struct error ignored = {.reason = ERROR_NONE};

    (void)run(database, "SET client_connection_check_interval = 1000", &ignored);
}

/* With time for what reads whole tables. It waits for others' locks no longer than any statement does. */
static bool upgrade_patiently(struct database *database, const struct database_server *server, struct error *err)
{
    const unsigned answer_ms = database->answer_ms;
    char sql[SQL_MAX];
    bool ok;

    end_with_client(database);
    if (!database_begin(database, err))
        return false;
    (void)snprintf(sql, sizeof sql, "SET LOCAL statement_timeout = %u", UPGRADE_MS);
    database->answer_ms = UPGRADE_MS + DATABASE_ANSWER_MS;
    ok = run(database, sql, err) && upgrade(database, server, err) && database_commit(database, err);
    database_rollback(database);
    database->answer_ms = answer_ms;
    return ok;
}

static bool bring_to_version(struct database *database, const struct database_server *server, enum database_mode mode,
                             struct error *err)
{
    unsigned version;

    if (!read_version(database, &version, err))
        return false;
    if (version == database->kind->version)
        return true;
    if (version == 0 && mode != DATABASE_MAKE) {
        (void)database_refuse(database, ERROR_STORAGE_FAILED,
                              error_keep_format(err, "the database has no %s yet", database->kind->name), NULL, err);
        error_with_errno(err, ENOENT);
        return false;
    }
    if (mode == DATABASE_READ || mode == DATABASE_JOIN)
        return database_refuse(database, ERROR_DATABASE_VERSION, "its tables are of an older version of imprint",
                               "have the administrator bring them up to date: imprint line init", err);
    if (upgrade_patiently(database, server, err))
        return true;
    error_doing(err, "bring the database to this version");
    return false;
}

bool database_connect(struct database *database, const struct database_server *server, const struct database_kind *kind,
                      enum database_mode mode, struct error *err)
{
    memset(database, 0, sizeof *database);
    database->kind = kind;
    database->engine = &database_postgres_engine;
    database->answer_ms = server->answer_ms != 0 ? server->answer_ms : DATABASE_ANSWER_MS;
    (void)snprintf(database->path, sizeof database->path, SETTINGS_NAME);
    if (connect_to(database, server, err) && set_session(database, mode, err) &&
        bring_to_version(database, server, mode, err))
        return true;
    error_doing(err, error_keep_format(err, "open the %s", kind->name));
    database_close(database);
    return false;
}

bool database_password_verifier(struct database *database, const char *password, const char *role,
                                char verifier[static DATABASE_VERIFIER_SIZE], struct error *err)
{
    char *text = database->engine != &database_postgres_engine || database->is_shared
                     ? NULL
                     : PQencryptPasswordConn(database->handle, password, role, "scram-sha-256");
    const bool ok = text != NULL && strlen(text) < DATABASE_VERIFIER_SIZE;

    if (ok)
        memcpy(verifier, text, strlen(text) + 1);
    PQfreemem(text);
    return ok || database_refuse(database, ERROR_UNEXPECTED, "the password cannot be hashed", NULL, err);
}
