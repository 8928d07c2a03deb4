/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of orders have in common: their options --server and --local, and where an order then is. */
#ifndef IMPRINT_CLI_WITH_ORDERS_H
#define IMPRINT_CLI_WITH_ORDERS_H

#include "cli/with_ledger.h"

#define WITH_ORDERS_SERVER                                                                                             \
    {"server", 0, "SETTINGS", "the line's database instead of line.yaml's: PostgreSQL's settings, without a password", \
     NULL}
#define WITH_ORDERS_LOCAL                                                                                              \
    {"local", 0, NULL, "orders of this station, and its copies of the line's: no server is asked", NULL}

/* The verb's work on the tables of orders: those of this station, or of the line. False with a reason. */
typedef bool orders_work(struct cli *cli, struct database *orders, struct error *err);

/* The same on both, for verbs that change an order; `home` NULL: it is of this station alone. */
typedef bool orders_change(struct cli *cli, struct ledger *ledger, struct database *home, struct error *err);

/*
 * Where the orders are: in the database that --server names; with --local in this station's ledger; else where
 * line.yaml says, and without that file in this station's ledger.
 */
struct orders_place {
    const char *server; /* NULL: not given */
    bool is_local;
    const char *order; /* one that this station made itself is here, whatever line.yaml says; NULL: none is named */
    const char *away;  /* what to do while the server is away; NULL: as the error has it */
    /* What is done of a change without the server, before it is said to be away: `home` is NULL. NULL: nothing. */
    orders_change *while_away;
    const char *refused; /* what to do where the role may not do it; NULL: the same */
    bool makes_tables;   /* in the database that --server names, where they are not there */
};

/* Opens what the place says, calls `work`, prints what failed. */
enum cli_exit with_orders(struct cli *cli, const struct orders_place *place, orders_work *work);

/*
 * The same for verbs that change an order. Of the line both are open: the order is in `home`, and this station's ledger
 * says what was done; of the station `home` is NULL. ERROR_USAGE for an order of the line where none is named and
 * `needs_line`.
 */
enum cli_exit with_orders_change(struct cli *cli, const struct orders_place *place, bool needs_line,
                                 orders_change *work);

#endif
