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
    const bool ok = database->engine->commit(database, err);

    if (!ok)
        database_rollback(database);
    database->in_transaction = false;
    return ok;
}

void database_rollback(struct database *database)
{
    if (database->in_transaction)
        database->engine->rollback(database);
    database->in_transaction = false;
}

bool database_settle(struct database *database, struct error *err)
{
    return database->engine->settle(database, err);
}

void database_close(struct database *database)
{
    if (database->handle == NULL)
        return;
    database_rollback(database);
    database->engine->close(database);
    database->handle = NULL;
}
