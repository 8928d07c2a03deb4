/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/with_orders.h"

#include "station/order_line.h"

enum cli_exit with_orders(struct cli *cli, const char *settings, orders_work *work)
{
    struct error err = ERROR_IN(cli->error_room);
    struct database home = {.handle = NULL};
    struct ledger ledger;
    bool ok;

    if (settings != NULL) {
        ok = order_line_open(&home, settings, DATABASE_JOIN, &err) && work(cli, &home, &err);
        database_close(&home);
        return ok ? CLI_DONE : output_error(&cli->output, &err);
    }
    ok = with_ledger_open(cli, LEDGER_READ, &ledger, &err);
    if (ok) {
        ok = work(cli, &ledger.database, &err);
        ledger_close(&ledger);
    }
    return ok ? CLI_DONE : output_error(&cli->output, &err);
}

enum cli_exit with_orders_on_line(struct cli *cli, const char *settings, enum database_mode mode, line_work *work)
{
    struct error err = ERROR_IN(cli->error_room);
    struct database home = {.handle = NULL};
    struct ledger ledger;
    bool ok = settings != NULL;

    if (!ok)
        error_set(&err, ERROR_USAGE, "--server is missing",
                  "name the line's database: --server 'host=db.example dbname=line user=st-01'");
    ok = ok && with_ledger_open(cli, LEDGER_WRITE, &ledger, &err);
    if (ok) {
        ok = order_line_open(&home, settings, mode, &err) && work(cli, &ledger, &home, &err);
        database_close(&home);
        ledger_close(&ledger);
    }
    return ok ? CLI_DONE : output_error(&cli->output, &err);
}
