/* SPDX-License-Identifier: Apache-2.0 */
/* imprint order new: a work order for a profile. */
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "cli/order_print.h"
#include "cli/with_orders.h"
#include "station/order_line.h"
#include "station/profile_file.h"

enum order_new_option {
    OPTION_QUANTITY,
    OPTION_ID,
    OPTION_ISSUER,
    OPTION_BOARDS,
    OPTION_NO_FIRST_ARTICLE,
    OPTION_SCAN_LABELS,
    OPTION_OPERATOR,
    OPTION_SERVER,
    OPTION_LOCAL,
    OPTION_COUNT
};
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_QUANTITY] = {"quantity", 'q', "N", "how many devices: 1 to 10000000; needed without --boards", NULL},
    [OPTION_ID] = {"id", 0, "ID", "the order's id, as in WO-1042; else the next free WO-1, WO-2, ...", NULL},
    [OPTION_ISSUER] = {"issuer", 0, "NAME", "who has to sign the devices' certificates", NULL},
    [OPTION_BOARDS] = {"boards", 0, "FILE", "only boards with these numbers, one a line; - is stdin", NULL},
    [OPTION_NO_FIRST_ARTICLE] = {"no-first-article", 0, NULL,
                                 "make devices without approval of the first one by a second person", NULL},
    [OPTION_SCAN_LABELS] = {"scan-labels", 0, NULL,
                            "each device's label is scanned back before its socket accepts another board", NULL},
    [OPTION_OPERATOR] = {"operator", 0, "NAME", "who makes the order, for the ledger; at most 64 bytes", NULL},
    [OPTION_SERVER] = WITH_ORDERS_SERVER,
    [OPTION_LOCAL] = WITH_ORDERS_LOCAL,
};

static bool read_options(const struct cli *cli, struct order *order, struct orders_list *list, struct error *err)
{
    const char *quantity = cli->values[OPTION_QUANTITY];
    uint64_t number = 0;

    if (cli->values[OPTION_BOARDS] != NULL && !orders_list_read(cli->values[OPTION_BOARDS], list, err))
        return false;
    if (quantity == NULL && list->count > 0) {
        number = list->count;
    } else if (quantity == NULL || number_parse(quantity, 1, ORDER_QUANTITY_MAX, &number) != NUMBER_OK) {
        error_set(err, ERROR_USAGE, quantity == NULL ? "--quantity is missing" : "not a number from 1 to 10000000",
                  "say how many: --quantity N; or name the boards: --boards FILE");
        error_with_subject(err, quantity);
        return false;
    }
    order->quantity = (int64_t)number;
    order->first_article = cli->values[OPTION_NO_FIRST_ARTICLE] == NULL;
    order->scan_labels = cli->values[OPTION_SCAN_LABELS] != NULL;
    order->is_home = true;
    (void)snprintf(order->id, sizeof order->id, "%s", cli->values[OPTION_ID] != NULL ? cli->values[OPTION_ID] : "");
    (void)snprintf(order->issuer, sizeof order->issuer, "%s",
                   cli->values[OPTION_ISSUER] != NULL ? cli->values[OPTION_ISSUER] : "");
    return true;
}

static void say_made(const struct cli *cli, const struct order *order, bool is_on_line)
{
    char next[2 * PATH_MAX];

    output_say(&cli->output, "imprint: order %s is made%s: %lld devices of profile %s", order->id,
               is_on_line ? " on the line" : "", (long long)order->quantity, order->profile);
    if (is_on_line) {
        output_say(&cli->output, "imprint: stations take shares of it: imprint order lease %s AMOUNT", order->id);
        return;
    }
    if (order->scan_labels) {
        output_say(&cli->output, "imprint: write `order: %s` into the file of a station that has `labels` and `page`",
                   order->id);
        return;
    }
    (void)snprintf(next, sizeof next, "imprint provision %s --order %s%s%s", cli->arguments[0], order->id,
                   order->has_boards ? " --board NUMBER" : "", order->first_article ? " --operator NAME" : "");
    output_next(&cli->output, next);
}

/* `home` NULL: an order of this station. */
static bool make(struct cli *cli, struct ledger *ledger, struct database *home, struct error *err)
{
    const struct orders_who who = {.verb = "new", .operator_name = cli->values[OPTION_OPERATOR]};
    struct database *orders = home != NULL ? home : &ledger->database;
    struct orders_list list = {.count = 0};
    struct order order = {.id = ""};
    struct order_count count;
    struct profile profile;
    bool ok;

    ok = profile_file_read(cli->arguments[0], &profile, err) && read_options(cli, &order, &list, err) &&
         (home != NULL ? order_line_make(ledger, home, &who, &profile, &list, &order, err)
                       : orders_make(ledger, &who, &profile, &list, &order, err)) &&
         order_get(orders, order.id, &order, err) && order_count(orders, order.id, &count, err);
    free(list.numbers);
    if (!ok) {
        error_doing(err, "make the order");
        return false;
    }
    order_print(&cli->output, &order, &count);
    output_object(&cli->output, order_print_value(&order, &count));
    say_made(cli, &order, home != NULL);
    return true;
}

static enum cli_exit run_order_new(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    const struct orders_place place = {
        .server = cli->values[OPTION_SERVER],
        .is_local = cli->values[OPTION_LOCAL] != NULL,
        .away = "bring the server back; for an order of this station alone: --local",
        .refused =
            "have it done by a role that plans orders: imprint line add-planner NAME; for an order of this station alone: --local",
        .makes_tables = true,
    };

    if (!run_facts_check_operator(cli->values[OPTION_OPERATOR], &err))
        return output_error(&cli->output, &err);
    return with_orders_change(cli, &place, false, make);
}

const struct cli_verb cli_verb_order_new = {
    .name = "order new",
    .arguments = "PROFILE",
    .summary = "Make a work order: how many devices of a profile",
    .description = "provision and board provision with --order ORDER then make devices of it, never\n"
                   "more than ordered: a device takes a unit of the order before anything is written\n"
                   "to it, and counts once when it is finished. Only the very profile counts, by its\n"
                   "digest.\n"
                   "\n"
                   "The first device is the first article: before the others are made, a second\n"
                   "person approves it (imprint order approve). --no-first-article leaves that out.\n"
                   "\n"
                   "Where line.yaml names a line, or --server, it is an order of the line: stations\n"
                   "take shares of it (imprint order lease). The role must be one that plans\n"
                   "(imprint line add-planner). With --local it is one of this station alone.\n"
                   "\n"
                   "With --scan-labels a station gives a socket no other board before the label of\n"
                   "the one before was scanned back at its page, whatever its file says; one that\n"
                   "prints no labels makes no device of the order.\n"
                   "\n"
                   "Numbers in FILE have 1 to 32 letters, digits and - . _ /; empty lines and lines\n"
                   "that begin with # are left out. Each device then needs --board NUMBER.\n",
    .examples = "  imprint order new profile.yaml --quantity 500\n"
                "  imprint order new profile.yaml --id WO-1042 --boards boards.txt --operator 3\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_order_new,
};
