/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prepared statements. The parameter $1 has the number 1; columns are numbered from 0.
 *
 *     struct statement insert;
 *     bool ok = statement_prepare(&insert, database, "INSERT INTO part (serial, made) VALUES ($1, $2)", err);
 *
 *     statement_bind_text(&insert, 1, serial);
 *     statement_bind_number(&insert, 2, now_ms);
 *     ok = ok && statement_run(&insert, err);
 *     statement_finish(&insert);
 *
 * A failed statement_prepare() leaves a statement that can be bound, run (which fails) and finished. Wrong SQL is found
 * when a statement is prepared (SQLite) or first stepped (PostgreSQL).
 */
#ifndef IMPRINT_DATABASE_STATEMENT_H
#define IMPRINT_DATABASE_STATEMENT_H

#include "base/bytes.h"
#include "database/database.h"

#define STATEMENT_PARAMETERS_MAX 16

enum statement_result {
    STATEMENT_FAILED, /* with a reason */
    STATEMENT_ROW,    /* its columns can be read until the next step, reset or finish */
    STATEMENT_DONE,   /* no more rows; it can be bound and stepped again */
    STATEMENT_EXISTS, /* a UNIQUE, PRIMARY KEY, FOREIGN KEY or CHECK rule refused it; the transaction goes on */
};

struct statement {
    void *handle; /* NULL: not prepared, or finished */
    struct database *database;
    int failure; /* of a bind, reported by the next step */
};

/* False with a reason. `sql` is one statement with at most STATEMENT_PARAMETERS_MAX parameters; it is copied. */
bool statement_prepare(struct statement *statement, struct database *database, const char *sql, struct error *err);

/* The value must stay valid until the statement is reset or finished. NULL text and bytes without data bind NULL. */
void statement_bind_text(struct statement *statement, int parameter, const char *text);
void statement_bind_string(struct statement *statement, int parameter, struct bytes text); /* UTF-8 without a NUL */
void statement_bind_bytes(struct statement *statement, int parameter, struct bytes data);
void statement_bind_number(struct statement *statement, int parameter, int64_t number);

/* The next row, or the end. */
enum statement_result statement_step(struct statement *statement, struct error *err);

/* Runs a statement that gives no rows, and resets it. False with a reason; ERROR_UNEXPECTED where a rule refuses it. */
bool statement_run(struct statement *statement, struct error *err);

/* For another run: parameters are forgotten. */
void statement_reset(struct statement *statement);

/*
 * NULL, and no bytes, for SQL's NULL. Valid until the next step, reset or finish. A text that is not UTF-8, which only
 * a file that somebody has changed can have, is given as U+FFFD alone: so what is printed of it is still JSON.
 */
const char *statement_text(struct statement *statement, int column);
struct bytes statement_bytes(struct statement *statement, int column);
int64_t statement_number(struct statement *statement, int column);
bool statement_is_null(struct statement *statement, int column);

/* Finished stays finished. */
void statement_finish(struct statement *statement);

#endif
