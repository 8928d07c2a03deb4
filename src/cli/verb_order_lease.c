/* SPDX-License-Identifier: Apache-2.0 */
/* imprint order lease, return and sync: this station's share of an order of the line. */
#include <inttypes.h>

#include "base/number.h"
#include "cli/order_print.h"
#include "cli/with_orders.h"
#include "station/order_line.h"

enum order_lease_option { OPTION_SERVER, OPTION_OPERATOR, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_SERVER] = WITH_ORDERS_SERVER,
    [OPTION_OPERATOR] = {"operator", 0, "NAME", "who does this, for the ledger; at most 64 bytes", NULL},
};

static enum cli_exit change(struct cli *cli, const char *away, orders_change *while_away, orders_change *work)
{
    struct error err = ERROR_IN(cli->error_room);
    const struct orders_place place = {.server = cli->values[OPTION_SERVER], .away = away, .while_away = while_away};

    if (!run_facts_check_operator(cli->values[OPTION_OPERATOR], &err))
        return output_error(&cli->output, &err);
    return with_orders_change(cli, &place, true, work);
}

static bool lease(struct cli *cli, struct ledger *ledger, struct database *home, struct error *err)
{
    struct order_line_wish wish = {.most_left = ORDER_LINE_ALWAYS};
    struct order_lease answer;
    uint64_t amount;

    if (number_parse(cli->arguments[1], 1, ORDER_QUANTITY_MAX, &amount) != NUMBER_OK) {
        error_set(err, ERROR_USAGE, "not a number from 1 to 10000000",
                  "say how many units: imprint order lease ORDER 50");
        error_with_subject(err, cli->arguments[1]);
        return false;
    }
    wish.amount = (int64_t)amount;
    if (!order_line_lease(ledger, home, cli->values[OPTION_OPERATOR], cli->arguments[0], &wish, &answer, err))
        return false;
    output_result(&cli->output, "%s: %" PRId64 " unit%s leased\n", answer.order, answer.amount,
                  answer.amount == 1 ? "" : "s");
    output_object(&cli->output, order_print_lease_value(&answer));
    return true;
}

static enum cli_exit run_order_lease(struct cli *cli)
{
    return change(cli,
                  "bring the server back, then run the same command again; what is left of an earlier share can be "
                  "made meanwhile",
                  NULL, lease);
}

const struct cli_verb cli_verb_order_lease = {
    .name = "order lease",
    .arguments = "ORDER AMOUNT",
    .summary = "Take a share of an order of the line for this station",
    .description = "Takes up to AMOUNT units of the order, fewer where fewer are left. provision\n"
                   "--order then makes that many devices, also while the line's database cannot be\n"
                   "reached. First tells the line of devices that it has not heard of (order sync).\n",
    .examples = "  imprint order lease WO-1042 50\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 2,
    .most = 2,
    .run = run_order_lease,
};

/* While the server is away. */
static bool end_leases(struct cli *cli, struct ledger *ledger, struct database *home, struct error *err)
{
    unsigned count;

    (void)home;
    return order_line_end_leases(ledger, cli->values[OPTION_OPERATOR], cli->arguments[0], &count, err);
}

static bool give_back(struct cli *cli, struct ledger *ledger, struct database *home, struct error *err)
{
    unsigned count;

    if (!order_line_return(ledger, home, cli->values[OPTION_OPERATOR], cli->arguments[0], &count, err))
        return false;
    output_result(&cli->output, "%s: %u lease%s ended; the line has the rest\n", cli->arguments[0], count,
                  count == 1 ? "" : "s");
    output_object(&cli->output, json_pack("{s:s, s:s, s:i}", "event", "order-returned", "order", cli->arguments[0],
                                          "leases", (int)count));
    return true;
}

static enum cli_exit run_order_return(struct cli *cli)
{
    return change(cli, "the leases are ended here; when the server is back, tell it: imprint order sync", end_leases,
                  give_back);
}

const struct cli_verb cli_verb_order_return = {
    .name = "order return",
    .arguments = "ORDER",
    .summary = "End this station's leases of an order, and give the rest back to the line",
    .description = "Devices that hold a unit keep it. Where the line cannot be reached the leases\n"
                   "are ended all the same: run order sync when it can.\n",
    .examples = "  imprint order return WO-1042\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_order_return,
};

static bool sync_orders(struct cli *cli, struct ledger *ledger, struct database *home, struct error *err)
{
    uint64_t told;

    if (!order_line_send(ledger, home, &told, err))
        return false;
    output_result(&cli->output, "the line knows this station's devices: %" PRIu64 " new entr%s\n", told,
                  told == 1 ? "y" : "ies");
    output_object(&cli->output, json_pack("{s:s, s:I}", "event", "order-synced", "entries", (json_int_t)told));
    return true;
}

static enum cli_exit run_order_sync(struct cli *cli)
{
    return change(cli,
                  "bring the server back, then run the same command again; nothing is lost, and every run tells the "
                  "line at its end",
                  NULL, sync_orders);
}

const struct cli_verb cli_verb_order_sync = {
    .name = "order sync",
    .arguments = "",
    .summary = "Tell the line which devices of its orders this station has made",
    .description = "Reads what is new in this station's ledger, and counts it at the line: units\n"
                   "that devices took, devices that are finished, leases that ended. On a station\n"
                   "with line.yaml every run does this at its end, and ledger sync too. It can be\n"
                   "run at any time and as often as you like; nothing is counted twice.\n",
    .examples = "  imprint order sync\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 0,
    .most = 0,
    .run = run_order_sync,
};
