/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/with_orders.h"

#include <errno.h>

#include "station/order_line.h"

/* Whether this station made the order itself. */
static bool is_own(struct ledger *ledger, const char *id, bool *own, struct error *err)
{
    struct order order;
    bool found;

    *own = false;
    if (id == NULL)
        return true;
    if (!order_find(&ledger->database, id, &order, &found, err))
        return false;
    *own = found && order.is_home;
    return true;
}

/* Opens the home of the line's orders; `*has_line` false, without a reason: no line is named. False with a reason. */
static bool open_home(struct cli *cli, const struct orders_place *place, struct database *home, bool *has_line,
                      struct error *err)
{
    struct line_file file = {.timeout_s = 0};
    bool ok;

    *has_line = place->server != NULL;
    if (*has_line) {
        ok = order_line_open(home, place->server, place->makes_tables ? DATABASE_MAKE : DATABASE_JOIN, err);
    } else {
        ok = line_file_read(&cli->station.config, &file, has_line, err) &&
             (!*has_line || order_line_join(home, &file, err));
    }
    return ok;
}

/* Prints a failure: what can be done then differs from verb to verb. `home` is closed where it was open. */
static enum cli_exit end(const struct cli *cli, const struct orders_place *place, struct database *home, bool ok,
                         struct error *err)
{
    const bool was_open = home->handle != NULL;

    database_close(home);
    if (ok)
        return CLI_DONE;
    if (err->reason == ERROR_SERVER_AWAY && place->away != NULL)
        err->next = place->away;
    if (err->reason == ERROR_SERVER_REFUSED && was_open && place->refused != NULL)
        err->next = place->refused;
    return output_error(&cli->output, err);
}

static bool open_ledger(struct cli *cli, enum ledger_mode mode, struct ledger *ledger, struct error *err)
{
    if (with_ledger_open(cli, mode, ledger, err))
        return true;
    if (err->system_errno == ENOENT)
        err->next =
            "make an order: imprint order new PROFILE --quantity N; or name another state folder with --state DIR";
    return false;
}

/* --- looking --- */

static bool look_here(struct cli *cli, orders_work *work, struct error *err)
{
    struct ledger ledger;
    bool ok = open_ledger(cli, LEDGER_READ, &ledger, err);

    if (ok) {
        ok = work(cli, &ledger.database, err);
        ledger_close(&ledger);
    }
    return ok;
}

/* A station that has no ledger yet made no order. */
static bool was_made_here(struct cli *cli, const char *id, bool *here, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct ledger ledger;
    bool ok;

    *here = false;
    if (id == NULL)
        return true;
    if (!station_ledger_open(&cli->station.config, LEDGER_READ, &ledger, &failure)) {
        if (failure.system_errno == ENOENT)
            return true;
        error_pass(err, &failure);
        return false;
    }
    ok = is_own(&ledger, id, here, err);
    ledger_close(&ledger);
    return ok;
}

enum cli_exit with_orders(struct cli *cli, const struct orders_place *place, orders_work *work)
{
    struct error err = ERROR_IN(cli->error_room);
    struct database home = {.handle = NULL};
    bool here = place->is_local, has_line = false;
    bool ok = here || place->server != NULL || was_made_here(cli, place->order, &here, &err);

    ok = ok && (here || open_home(cli, place, &home, &has_line, &err));
    ok = ok && (has_line ? work(cli, &home, &err) : look_here(cli, work, &err));
    return end(cli, place, &home, ok, &err);
}

/* --- changing --- */

static bool refuse_no_line(struct error *err)
{
    error_set(
        err, ERROR_USAGE, "this station belongs to no line: there is no line.yaml in its state folder",
        "write one (docs/guide/line.md), or name the database: --server 'host=db.example dbname=line user=st-01'");
    return false;
}

/* A ledger is made for a new order, and for what this station does to one of the line: else there is nothing to change,
 * and a wrong state folder gets no log and no key. False with a reason. */
static bool choose_mode(struct cli *cli, const struct orders_place *place, bool needs_line, enum ledger_mode *mode,
                        struct error *err)
{
    struct line_file file = {.timeout_s = 0};
    bool has_line = place->server != NULL;

    if (!has_line && !place->is_local && !line_file_read(&cli->station.config, &file, &has_line, err))
        return false;
    *mode = has_line || place->makes_tables ? LEDGER_WRITE : LEDGER_USE;
    return has_line || !needs_line || refuse_no_line(err);
}

/* False with a reason. */
static bool change(struct cli *cli, const struct orders_place *place, bool needs_line, orders_change *work,
                   struct ledger *ledger, struct database *home, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    bool here = place->is_local, has_line = false;

    if (!here && place->server == NULL && !is_own(ledger, place->order, &here, err))
        return false;
    if (!here && !open_home(cli, place, home, &has_line, err)) {
        if (err->reason != ERROR_SERVER_AWAY || place->while_away == NULL ||
            place->while_away(cli, ledger, NULL, &failure))
            return false;
        error_clear(err);
        error_pass(err, &failure);
        return false;
    }
    return (has_line || !needs_line || refuse_no_line(err)) && work(cli, ledger, has_line ? home : NULL, err);
}

enum cli_exit with_orders_change(struct cli *cli, const struct orders_place *place, bool needs_line,
                                 orders_change *work)
{
    struct error err = ERROR_IN(cli->error_room);
    struct database home = {.handle = NULL};
    enum ledger_mode mode;
    struct ledger ledger;
    bool ok = choose_mode(cli, place, needs_line, &mode, &err) && open_ledger(cli, mode, &ledger, &err);

    if (ok) {
        ok = change(cli, place, needs_line, work, &ledger, &home, &err);
        ledger_close(&ledger);
    }
    return end(cli, place, &home, ok, &err);
}
