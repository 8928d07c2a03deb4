/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine does for database.h and statement.h. For the files of this folder. */
#ifndef IMPRINT_DATABASE_ENGINE_H
#define IMPRINT_DATABASE_ENGINE_H

#include "database/statement.h"

enum database_type {
    DATABASE_NULL,
    DATABASE_TEXT, /* UTF-8 without a NUL */
    DATABASE_BYTES,
    DATABASE_NUMBER,
};

/* The value of a parameter. */
struct database_value {
    enum database_type type;
    struct bytes data; /* of text and bytes */
    int64_t number;
};

/* Each failure leaves a reason. A handle that is NULL is allowed where the header says so of its public function. */
struct database_engine {
    bool (*run)(struct database *database, const char *sql, struct error *err);
    bool (*begin)(struct database *database, struct error *err);
    /* `in_transaction` false where it failed when the transaction was over already. */
    bool (*commit)(struct database *database, struct error *err);
    void (*rollback)(struct database *database);
    bool (*settle)(struct database *database, struct error *err);
    void (*close)(struct database *database);

    bool (*prepare)(struct statement *statement, const char *sql, struct error *err);
    void (*bind)(struct statement *statement, int parameter, const struct database_value *value);
    enum statement_result (*step)(struct statement *statement, struct error *err);
    /* A rule refused what the last step did: its reason, for who did not expect it. */
    bool (*refused)(struct statement *statement, struct error *err);
    void (*reset)(struct statement *statement);
    const char *(*text)(struct statement *statement, int column);
    struct bytes (*bytes)(struct statement *statement, int column);
    int64_t (*number)(struct statement *statement, int column);
    bool (*is_null)(struct statement *statement, int column);
    void (*finish)(struct statement *statement);
};

/* Notes a failure of this database. Always false, for returning it. */
bool database_refuse(const struct database *database, enum error_reason reason, const char *cause, const char *next,
                     struct error *err);

#endif
