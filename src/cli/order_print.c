/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/order_print.h"

#include <inttypes.h>

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

json_t *order_print_value(const struct order *order, const struct order_count *count)
{
    json_t *value = json_pack(
        "{s:s, s:s, s:{s:s, s:s}, s:s?, s:s, s:I, s:I, s:I, s:I, s:I}", "event", "order", "order", order->id, "profile",
        "name", order->profile, "digest", order->digest, "issuer", or_null(order->issuer), "state",
        order_state_name(order->state), "quantity", (json_int_t)order->quantity, "leased", (json_int_t)count->leased,
        "claimed", (json_int_t)count->claimed, "done", (json_int_t)count->done, "failed", (json_int_t)count->failed);

    json_object_set_new(value, "boards", json_boolean(order->has_boards));
    json_object_set_new(value, "scan_labels", json_boolean(order->scan_labels));
    json_object_set_new(value, "made", json_string(order->made));
    json_object_set_new(value, "made_by", order->made_by[0] != '\0' ? json_string(order->made_by) : json_null());
    json_object_set_new(value, "first_article",
                        order->article[0] != '\0' && order->first_article
                            ? json_pack("{s:s, s:s?}", "device", order->article, "made_by", or_null(order->article_by))
                            : json_null());
    return value;
}

json_t *order_print_lease_value(const struct order_lease *lease)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "event", "order-lease", "lease", lease->id, "station",
                     lease->station, "state", lease->state, "amount", (json_int_t)lease->amount, "used",
                     (json_int_t)lease->used);
}

void order_print(const struct output *output, const struct order *order, const struct order_count *count)
{
    output_result(output, "%-14s  %s\n", "order", order->id);
    output_result(output, "%-14s  %s\n", "state", order_state_name(order->state));
    output_result(output, "%-14s  %s, digest %.16s...\n", "profile", order->profile, order->digest);
    if (order->issuer[0] != '\0')
        output_result(output, "%-14s  %s\n", "issuer", order->issuer);
    output_result(output, "%-14s  %" PRId64 "%s\n", "ordered", order->quantity,
                  order->has_boards ? ", only boards of its list" : "");
    if (order->scan_labels)
        output_result(output, "%-14s  each one is scanned back\n", "labels");
    output_result(output, "%-14s  %" PRId64 "\n", "leased", count->leased);
    output_result(output, "%-14s  %" PRId64 "\n", "claimed", count->claimed);
    output_result(output, "%-14s  %" PRId64 "\n", "done", count->done);
    output_result(output, "%-14s  %" PRId64 "\n", "failed", count->failed);
    if (order->article[0] != '\0' && order->first_article)
        output_result(output, "%-14s  %s, made by %s\n", "first article", order->article, order->article_by);
    output_result(output, "%-14s  %s%s%s\n", "made", order->made, order->made_by[0] != '\0' ? " by " : "",
                  order->made_by);
}

void order_print_progress(const struct output *output, struct station_ledger *ledger, const char *id)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct order_count count;
    struct ledger *open;
    struct order order;

    if (id == NULL || !station_ledger_look(ledger, &open, &ignored) || open == NULL ||
        !order_get(&open->database, id, &order, &ignored) || !order_count(&open->database, id, &count, &ignored))
        return;
    output_say(output, "imprint: order %s: %" PRId64 " of %" PRId64 " done", order.id, count.done, order.quantity);
    if (order.state == ORDER_FIRST_ARTICLE && count.done > 0)
        output_say(output,
                   "imprint: its first article is finished: another person approves it with imprint order "
                   "approve %s --operator NAME",
                   order.id);
    output_object(output, order_print_value(&order, &count));
}
