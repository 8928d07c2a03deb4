/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of orders derive from an entry: orders, units, leases, board numbers. */
#include "ledger/derive_order.h"

#include <stdio.h>
#include <string.h>

#include "order/claim.h"
#include "order/lease.h"

static const char *text_of(const json_t *entry, const char *name)
{
    const char *text = json_string_value(json_object_get(entry, name));

    return text != NULL ? text : "";
}

/* Longer ones are no order's: they are cut, and found nowhere. */
static void copy_text(const json_t *entry, const char *name, char *to, size_t size)
{
    (void)snprintf(to, size, "%s", text_of(entry, name));
}

static struct order_claim claim_of(const json_t *entry)
{
    return (struct order_claim){
        .order = text_of(entry, "order"),
        .device = text_of(entry, "device"),
        .lease = text_of(entry, "lease"),
        .board = text_of(entry, "board"),
        .person = text_of(entry, "operator"),
    };
}

static struct order_lease lease_of(const json_t *entry, const char *state)
{
    struct order_lease lease = {.amount = json_integer_value(json_object_get(entry, "amount"))};

    copy_text(entry, "lease", lease.id, sizeof lease.id);
    copy_text(entry, "order", lease.order, sizeof lease.order);
    copy_text(entry, "station", lease.station, sizeof lease.station);
    (void)snprintf(lease.state, sizeof lease.state, "%s", state);
    return lease;
}

static bool derive_new(struct database *database, const json_t *entry, struct error *err)
{
    struct order order = {
        .quantity = json_integer_value(json_object_get(entry, "quantity")),
        .has_boards = json_is_true(json_object_get(entry, "has_boards")),
        .first_article = json_is_true(json_object_get(entry, "first_article")),
        .scan_labels = json_is_true(json_object_get(entry, "scan_labels")),
        .is_home = !json_is_true(json_object_get(entry, "is_copy")),
    };
    const json_t *profile = json_object_get(entry, "profile");

    copy_text(entry, "order", order.id, sizeof order.id);
    copy_text(profile, "name", order.profile, sizeof order.profile);
    copy_text(profile, "digest", order.digest, sizeof order.digest);
    copy_text(entry, "issuer", order.issuer, sizeof order.issuer);
    copy_text(entry, "time", order.made, sizeof order.made);
    copy_text(entry, "operator", order.made_by, sizeof order.made_by);
    return order_make(database, &order, err);
}

static bool derive_boards(struct database *database, const json_t *entry, struct error *err)
{
    const json_t *number;
    size_t i;

    json_array_foreach(json_object_get(entry, "boards"), i, number)
    {
        if (!order_add_board(database, text_of(entry, "order"), json_string_value(number), err))
            return false;
    }
    return true;
}

static bool derive_approve(struct database *database, const json_t *entry, struct error *err)
{
    return order_approve(database, text_of(entry, "order"), text_of(entry, "operator"), false, err);
}

static bool derive_close(struct database *database, const json_t *entry, struct error *err)
{
    return order_close(database, text_of(entry, "order"), err);
}

static bool derive_claim(struct database *database, const json_t *entry, struct error *err)
{
    const struct order_claim claim = claim_of(entry);

    return order_take(database, &claim, err);
}

static bool derive_release(struct database *database, const json_t *entry, struct error *err)
{
    const struct order_claim claim = claim_of(entry);

    return order_end(database, &claim, ORDER_END_RELEASED, err);
}

static bool derive_lease(struct database *database, const json_t *entry, struct error *err)
{
    const struct order_lease lease = lease_of(entry, text_of(entry, "lease_state"));

    return order_lease_ask(database, &lease, err) && order_lease_answer(database, &lease, err);
}

static bool derive_lease_end(struct database *database, const json_t *entry, struct error *err)
{
    return order_lease_end(database, text_of(entry, "lease"), err);
}

static const struct {
    const char *kind;
    bool (*derive)(struct database *database, const json_t *entry, struct error *err);
} kinds[] = {
    {"order new", derive_new},     {"order boards", derive_boards},    {"order approve", derive_approve},
    {"order close", derive_close}, {"order claim", derive_claim},      {"order release", derive_release},
    {"order lease", derive_lease}, {"order return", derive_lease_end},
};

/* A run: what became of the unit that it claimed. */
static bool derive_end(struct database *database, const json_t *entry, struct error *err)
{
    const struct order_claim claim = claim_of(entry);

    for (int end = 0; end < ORDER_END_COUNT; end++)
        if (strcmp(text_of(entry, "unit"), order_end_name((enum order_end)end)) == 0)
            return order_end(database, &claim, (enum order_end)end, err);
    return true;
}

static bool derive_board(struct database *database, const json_t *entry, struct ledger_conflict *conflict,
                         struct error *err)
{
    const char *board = text_of(entry, "board"), *device = text_of(entry, "device");
    struct error refusal = {.reason = ERROR_NONE};

    if (board[0] == '\0' || device[0] == '\0')
        return true;
    if (!order_check_board(database, board, device, &refusal) && refusal.reason == ERROR_ORDER_DEVICE) {
        if (conflict->what == NULL) {
            conflict->what = "board number";
            return order_board_owner(database, board, conflict->other, err);
        }
        return true;
    }
    return order_note_board(database, board, device, err);
}

bool ledger_apply_order(struct database *database, const json_t *entry, struct ledger_conflict *conflict,
                        struct error *err)
{
    const char *kind = text_of(entry, "kind");

    /* What this station's people did to an order of the line: the order is not here. */
    if (text_of(entry, "server")[0] != '\0')
        return true;
    if (strcmp(text_of(entry, "result"), "retired") == 0)
        return order_retire(database, text_of(entry, "device"), err);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            return kinds[i].derive(database, entry, err);
    return derive_board(database, entry, conflict, err) &&
           (text_of(entry, "order")[0] == '\0' || derive_end(database, entry, err));
}
