/* SPDX-License-Identifier: Apache-2.0 */
/* imprint signer status: what a signer has issued, and what is left of each order. */
#include "cli/cli.h"

#include <stdlib.h>

#include "cli/signer_print.h"
#include "signer/rules.h"

enum status_option { OPTION_DECISIONS, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_DECISIONS] = {"decisions", 0, NULL, "list every decision as well, the first one first", NULL},
};

struct status {
    const struct output *output;
    const struct signer_rules *rules;
    struct database database;
    bool ok; /* every order could be counted */
    struct error *err;
};

static void show_decision(void *context, int64_t number, const struct signer_record *record)
{
    const struct status *status = context;
    const struct signer_print print = {.number = number, .left = -1, .record = record};

    signer_print_result(status->output, &print);
}

/* An order of the rule file, or one that it no longer has: such a one has no budget. */
static void show_order(struct status *status, const char *name, const struct signer_order *order)
{
    const struct output *output = status->output;
    struct signer_count count;
    int64_t left = 0;

    if (!signer_store_count(&status->database, name, &count, status->err)) {
        status->ok = false;
        return;
    }
    if (order != NULL && count.used < (int64_t)order->budget)
        left = (int64_t)order->budget - count.used;
    output_result(output, "%-24s  %10lld  %10lld  %10lld  %s\n", name, (long long)(count.used - count.reserved),
                  (long long)count.reserved, (long long)left, order != NULL ? "" : "not in the rule file");
    output_object(output, json_pack("{s:s, s:s, s:b, s:o, s:I, s:I, s:I}", "event", "signer-order", "order", name,
                                    "in_rules", order != NULL, "budget",
                                    order != NULL ? json_integer((json_int_t)order->budget) : json_null(), "issued",
                                    (json_int_t)(count.used - count.reserved), "reserved", (json_int_t)count.reserved,
                                    "left", (json_int_t)left));
}

static void show_other(void *context, const char *order)
{
    struct status *status = context;

    if (signer_rules_order(status->rules, order) == NULL)
        show_order(status, order, NULL);
}

static bool show(struct status *status, bool decisions, struct error *err)
{
    if (decisions && !signer_store_list(&status->database, show_decision, status, err))
        return false;
    output_result(status->output, "%-24s  %10s  %10s  %10s\n", "order", "issued", "reserved", "left");
    for (size_t i = 0; status->ok && i < status->rules->order_count; i++)
        show_order(status, status->rules->orders[i].certificate.name, &status->rules->orders[i]);
    return status->ok && signer_store_orders(&status->database, show_other, status, err) && status->ok;
}

static enum cli_exit run_signer_status(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct signer_rules *rules = NULL;
    struct status status = {.output = &cli->output, .ok = true, .err = &err};
    bool ok = signer_rules_read(cli->arguments[0], &rules, &err);

    status.rules = rules;
    ok = ok && signer_store_open(&status.database, rules->records, DATABASE_READ, &err) &&
         show(&status, cli->values[OPTION_DECISIONS] != NULL, &err);
    database_close(&status.database);
    free(rules);
    if (ok)
        return CLI_DONE;
    error_doing(&err, "show what the signer has issued");
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_signer_status = {
    .name = "signer status",
    .arguments = "FILE",
    .summary = "Show what a signer has issued, and what is left of each order",
    .description = "Reads the database that the rule file FILE names, also while a signer serves,\n"
                   "and prints a line for each order: certificates issued, units of the budget that\n"
                   "are reserved for a key whose certificate was not finished (a signer was killed\n"
                   "or its key failed; the key gets it when it asks again), and units left. Changes\n"
                   "nothing, and needs no key.\n",
    .examples = "  imprint signer status rules.yaml\n"
                "  imprint --json signer status rules.yaml --decisions\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_signer_status,
};
