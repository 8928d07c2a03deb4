/* SPDX-License-Identifier: Apache-2.0 */
/* What both engines do alike: transactions and closing. */
#include "database/database.h"

#include "database/engine.h"

bool database_refuse(const struct database *database, enum error_reason reason, const char *cause, const char *next,
                     struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, database->path);
    return false;
}

bool database_run(struct database *database, const char *sql, struct error *err)
{
    return database->engine->run(database, sql, err);
}

bool database_begin(struct database *database, struct error *err)
{
    database->in_transaction = database->engine->begin(database, err);
    return database->in_transaction;
}

bool database_commit(struct database *database, struct error *err)
{
    bool ok = database_run(database, "COMMIT", err);

    if (!ok)
        database_rollback(database);
    database->in_transaction = false;
    return ok;
}

void database_rollback(struct database *database)
{
    struct error ignored = {.reason = ERROR_NONE}; /* without a connection the server does it by itself */

    if (database->in_transaction)
        (void)database_run(database, "ROLLBACK", &ignored);
    database->in_transaction = false;
}

void database_close(struct database *database)
{
    if (database->handle == NULL)
        return;
    database_rollback(database);
    database->engine->close(database);
    database->handle = NULL;
}
