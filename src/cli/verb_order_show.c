/* SPDX-License-Identifier: Apache-2.0 */
/* imprint order list and show: how far each order is, and which devices of it are not finished. */
#include <inttypes.h>
#include <string.h>

#include "cli/order_print.h"
#include "cli/with_orders.h"
#include "order/claim.h"
#include "order/lease.h"
#include "station/value.h"

enum order_show_option { OPTION_SERVER, OPTION_LOCAL, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_SERVER] = WITH_ORDERS_SERVER,
    [OPTION_LOCAL] = WITH_ORDERS_LOCAL,
};

static struct orders_place place_of(const struct cli *cli, const char *order, const char *away)
{
    return (struct orders_place){
        .server = cli->values[OPTION_SERVER],
        .is_local = cli->values[OPTION_LOCAL] != NULL,
        .order = order,
        .away = away,
    };
}

struct listing {
    struct cli *cli;
    struct database *orders;
    struct error *err;
    size_t count;
    bool ok;
};

static void list_row(void *context, const struct order *order)
{
    struct listing *listing = context;
    const struct output *output = &listing->cli->output;
    struct order_count count;

    if (!listing->ok || !order_count(listing->orders, order->id, &count, listing->err)) {
        listing->ok = false;
        return;
    }
    if (listing->count++ == 0)
        output_result(output, "%-20s  %-13s  %8s  %8s  %8s  %8s  %s\n", "order", "state", "ordered", "claimed", "done",
                      "failed", "profile");
    output_result(output, "%-20s  %-13s  %8" PRId64 "  %8" PRId64 "  %8" PRId64 "  %8" PRId64 "  %s%s\n", order->id,
                  order_state_name(order->state), order->quantity, count.claimed, count.done, count.failed,
                  order->profile, order->scan_labels ? ", labels scanned back" : "");
    output_object(output, order_print_value(order, &count));
}

static bool list(struct cli *cli, struct database *orders, struct error *err)
{
    struct listing listing = {.cli = cli, .orders = orders, .err = err, .ok = true};

    if (!order_list(orders, list_row, &listing, err) || !listing.ok)
        return false;
    if (listing.count == 0)
        output_result(&cli->output, "there are no orders\n");
    return true;
}

static enum cli_exit run_order_list(struct cli *cli)
{
    const struct orders_place place =
        place_of(cli, NULL, "bring the server back; what this station knows of its orders: imprint order list --local");

    return with_orders(cli, &place, list);
}

const struct cli_verb cli_verb_order_list = {
    .name = "order list",
    .arguments = "",
    .summary = "List the work orders and how far each one is",
    .description = "A line for each order, oldest first: state, devices ordered, devices that hold a\n"
                   "unit, devices finished, and devices whose last run failed. Changes nothing.\n"
                   "On a station of a line (line.yaml) these are the line's orders.\n",
    .examples = "  imprint order list\n"
                "  imprint --json order list | jq -r 'select(.done < .quantity).order'\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 0,
    .most = 0,
    .run = run_order_list,
};

static void show_unit(void *context, const struct order_unit_row *row)
{
    const struct output *output = &((struct cli *)context)->output;

    output_result(output, "  %-18s  %s%s%s%s\n", row->device,
                  strcmp(row->state, "claimed") == 0  ? "begun, not finished; holds a unit"
                  : strcmp(row->state, "failed") == 0 ? "failed; holds a unit"
                                                      : "failed before anything was written; holds no unit",
                  row->board[0] != '\0' ? ", board " : "", row->board, "");
    output_object(output,
                  json_pack("{s:s, s:s, s:s, s:b, s:s*, s:s*}", "event", "order-unit", "device", row->device, "state",
                            row->state, "held", (int)row->is_held, "board", row->board[0] != '\0' ? row->board : NULL,
                            "lease", row->lease[0] != '\0' ? row->lease : NULL));
}

static void show_lease(void *context, const struct order_lease *lease)
{
    const struct output *output = &((struct cli *)context)->output;

    output_result(output, "  lease %s  %s: %" PRId64 " of %" PRId64 " used\n", lease->id, lease->state, lease->used,
                  lease->amount);
    output_object(output, order_print_lease_value(lease));
}

static bool show(struct cli *cli, struct database *orders, struct error *err)
{
    struct order_count count;
    struct order order;

    if (!order_get(orders, cli->arguments[0], &order, err) || !order_count(orders, order.id, &count, err)) {
        error_doing(err, "show the order");
        return false;
    }
    order_print(&cli->output, &order, &count);
    output_object(&cli->output, order_print_value(&order, &count));
    return order_list_open(orders, order.id, show_unit, cli, err) &&
           order_lease_list(orders, order.id, show_lease, cli, err);
}

static enum cli_exit run_order_show(struct cli *cli)
{
    const struct orders_place place =
        place_of(cli, cli->arguments[0],
                 "bring the server back; what this station knows of the order: imprint order show ORDER --local");

    return with_orders(cli, &place, show);
}

const struct cli_verb cli_verb_order_show = {
    .name = "order show",
    .arguments = "ORDER",
    .summary = "Show a work order: what it is, and how far it is",
    .description = "Profile, issuer, state and counts of the order; then each device that is not\n"
                   "finished, and whether it holds a unit. Changes nothing.\n"
                   "On a station of a line (line.yaml) the line is asked, unless this station made\n"
                   "the order for itself.\n",
    .examples = "  imprint order show WO-1042\n"
                "  imprint --json order show WO-1042 | jq 'select(.event == \"order\").done'\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_order_show,
};
