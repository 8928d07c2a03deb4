/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of orders have in common: their option --server, and where an order then is. */
#ifndef IMPRINT_CLI_WITH_ORDERS_H
#define IMPRINT_CLI_WITH_ORDERS_H

#include "cli/with_ledger.h"

#define WITH_ORDERS_SERVER                                                                                             \
    {"server", 0, "SETTINGS", "the line's database, where the order is: PostgreSQL's settings, without a password",    \
     NULL}

/* The verb's work on the tables of orders: those of this station, or of the line. False with a reason. */
typedef bool orders_work(struct cli *cli, struct database *orders, struct error *err);

/* Opens the line's database where `settings` name it, else this station's ledger; calls `work`, prints what failed. */
enum cli_exit with_orders(struct cli *cli, const char *settings, orders_work *work);

/* The same for work on both: an order of the line, which this station's ledger says something of. */
typedef bool line_work(struct cli *cli, struct ledger *ledger, struct database *home, struct error *err);
enum cli_exit with_orders_on_line(struct cli *cli, const char *settings, enum database_mode mode, line_work *work);

#endif
