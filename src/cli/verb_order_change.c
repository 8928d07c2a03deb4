/* SPDX-License-Identifier: Apache-2.0 */
/* imprint order approve, close and release: what people decide about an order. */
#include <inttypes.h>

#include "cli/order_print.h"
#include "cli/with_orders.h"
#include "report/serial_word.h"
#include "station/order_line.h"

enum order_change_option { OPTION_OPERATOR, OPTION_SERVER, OPTION_LOCAL, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_OPERATOR] = {"operator", 0, "NAME", "who decides this, for the ledger; at most 64 bytes", NULL},
    /* The others not of release, which is the station's. */
    [OPTION_SERVER] = WITH_ORDERS_SERVER,
    [OPTION_LOCAL] = WITH_ORDERS_LOCAL,
};

static bool show_changed(struct cli *cli, struct database *orders, struct error *err)
{
    struct order_count count;
    struct order order;

    if (!order_get(orders, cli->arguments[0], &order, err) || !order_count(orders, order.id, &count, err))
        return false;
    output_result(&cli->output, "%s: %s; %" PRId64 " of %" PRId64 " done\n", order.id, order_state_name(order.state),
                  count.done, order.quantity);
    output_object(&cli->output, order_print_value(&order, &count));
    return true;
}

static enum cli_exit change(struct cli *cli, orders_change *work)
{
    struct error err = ERROR_IN(cli->error_room);
    const struct orders_place place = {
        .server = cli->values[OPTION_SERVER],
        .is_local = cli->values[OPTION_LOCAL] != NULL,
        .order = cli->arguments[0],
        .away = "bring the server back, then run the same command again: nothing is changed",
        .refused = "have it done by a role that plans orders: imprint line add-planner NAME",
    };

    if (!run_facts_check_operator(cli->values[OPTION_OPERATOR], &err))
        return output_error(&cli->output, &err);
    return with_orders_change(cli, &place, false, work);
}

static bool check_approver(const struct orders_who *who, struct error *err)
{
    if (who->operator_name != NULL)
        return true;
    error_set(err, ERROR_USAGE, "--operator is missing",
              "name the second person, who looked at the device: --operator NAME");
    return false;
}

static bool approve(struct cli *cli, struct ledger *ledger, struct database *home, struct error *err)
{
    const struct orders_who who = {.verb = "approve", .operator_name = cli->values[OPTION_OPERATOR]};

    return check_approver(&who, err) &&
           (home != NULL ? order_line_approve(ledger, home, &who, cli->arguments[0], err)
                         : orders_approve(ledger, &who, cli->arguments[0], err)) &&
           show_changed(cli, home != NULL ? home : &ledger->database, err);
}

static enum cli_exit run_order_approve(struct cli *cli)
{
    return change(cli, approve);
}

const struct cli_verb cli_verb_order_approve = {
    .name = "order approve",
    .arguments = "ORDER",
    .summary = "Approve the first device of a work order, so that the others are made",
    .description = "The first article has to be finished, and another person than the one who made\n"
                   "it approves it. The names are those that --operator gives.\n",
    .examples = "  imprint order approve WO-1042 --operator 4\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_order_approve,
};

static bool close_order(struct cli *cli, struct ledger *ledger, struct database *home, struct error *err)
{
    const struct orders_who who = {.verb = "close", .operator_name = cli->values[OPTION_OPERATOR]};

    return (home != NULL ? order_line_close(ledger, home, &who, cli->arguments[0], err)
                         : orders_close(ledger, &who, cli->arguments[0], err)) &&
           show_changed(cli, home != NULL ? home : &ledger->database, err);
}

static enum cli_exit run_order_close(struct cli *cli)
{
    return change(cli, close_order);
}

const struct cli_verb cli_verb_order_close = {
    .name = "order close",
    .arguments = "ORDER",
    .summary = "Close a work order: no device takes a unit of it any more",
    .description = "A device that holds a unit can still be finished, and a finished one confirmed.\n"
                   "A closed order is never opened again: make a new one for what is missing.\n",
    .examples = "  imprint order close WO-1042 --operator 3\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_order_close,
};

static bool release(struct cli *cli, struct ledger *ledger, struct error *err)
{
    const struct orders_who who = {.verb = "release", .operator_name = cli->values[OPTION_OPERATOR]};
    char serial[LEDGER_DEVICE_SIZE];

    return serial_word_read(cli->arguments[1], serial, err) &&
           orders_release(ledger, &who, cli->arguments[0], serial, err) && show_changed(cli, &ledger->database, err);
}

static enum cli_exit run_order_release(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    if (!run_facts_check_operator(cli->values[OPTION_OPERATOR], &err))
        return output_error(&cli->output, &err);
    return with_ledger(cli, LEDGER_USE, release);
}

const struct cli_verb cli_verb_order_release = {
    .name = "order release",
    .arguments = "ORDER SERIAL",
    .summary = "Give back the unit of a device that will not be finished",
    .description = "A device whose run failed after something lasting was written keeps its unit, so\n"
                   "that a retry needs no second one. For one that is broken or lost, this gives the\n"
                   "unit back: another device takes it. Its board number is free again.\n"
                   "A finished device is counted; if it is scrap, retire it first.\n",
    .examples = "  imprint order release WO-1042 0123A1B2C3D4E5F601 --operator 3\n",
    .options = options,
    .option_count = OPTION_SERVER,
    .least = 2,
    .most = 2,
    .run = run_order_release,
};
