/* SPDX-License-Identifier: Apache-2.0 */
#include "station/station_order.h"

#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "station/orders.h"

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

struct station_order station_order_of(const char *id, const char *board, const char *person)
{
    return (struct station_order){.id = id, .board = board, .person = person};
}

/* --- before the device is opened --- */

static bool check_board(const char *board, struct error *err)
{
    if (board == NULL || order_board_is_valid(board))
        return true;
    error_set(err, ERROR_USAGE, "this cannot be a board number", "1 to 32 letters, digits and - . _ /");
    error_with_subject(err, board);
    return false;
}

static bool refuse_order(const char *id, const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_ORDER_REFUSED, cause, next);
    error_with_subject(err, id);
    return false;
}

static bool check_profile(const struct order *order, const struct profile *profile, struct error *err)
{
    uint8_t digest[PROFILE_DIGEST_BYTES];
    char text[HEX_SIZE(PROFILE_DIGEST_BYTES)];

    if (!profile_digest(profile, digest))
        return refuse_order(order->id, "the profile has no digest", NULL, err);
    hex_encode(bytes_of(digest, sizeof digest), text);
    if (strcmp(text, order->digest) != 0)
        return refuse_order(
            order->id,
            error_keep_format(err, "the order is for profile %s with digest %.16s..., this one (%s) has %.16s...",
                              order->profile, order->digest, profile->name, text),
            "use the profile that the order was made for; for a changed profile make a new order: imprint order new "
            "PROFILE --quantity N",
            err);
    for (size_t i = 0; i < profile->certificate_count && order->issuer[0] != '\0'; i++)
        if (strcmp(profile->certificates[i].issuer, order->issuer) != 0)
            return refuse_order(order->id,
                                error_keep_format(err, "the order's issuer is %s, certificate %s names %s",
                                                  order->issuer, profile->certificates[i].name,
                                                  profile->certificates[i].issuer),
                                "use the profile that the order was made for", err);
    return true;
}

static bool check_order(struct station_order *order, struct station_ledger *ledger, const struct profile *profile,
                        struct error *err)
{
    struct order found;
    struct ledger *open;

    if (!station_ledger_look(ledger, &open, err))
        return false;
    if (open == NULL) {
        error_set(err, ERROR_USAGE, "there is no order of this id: this station has no ledger yet",
                  order_id_is_valid(order->id)
                      ? error_keep_format(err, "make one: imprint order new PROFILE --id %s --quantity N", order->id)
                      : "make one: imprint order new PROFILE --quantity N");
        error_with_subject(err, order->id);
        return false;
    }
    if (!order_get(&open->database, order->id, &found, err) || !check_profile(&found, profile, err))
        return false;
    order->may_lease = station_ledger_lease_more(ledger, order->id, order->person, false) && ledger->is_dry;
    return true;
}

bool station_order_check(struct station_order *order, struct station_ledger *ledger, const struct profile *profile,
                         struct error *err)
{
    if (!check_board(order->board, err))
        return false;
    if (order->id == NULL || check_order(order, ledger, profile, err))
        return true;
    error_doing(err, "work on the order");
    return false;
}

/* --- the device's unit --- */

static struct order_claim claim_of(const struct station_order *order)
{
    return (struct order_claim){
        .order = or_empty(order->id),
        .device = order->device,
        .lease = order->answer.lease,
        .board = order->answer.board,
        .person = or_empty(order->person),
        .may_lease = order->may_lease,
    };
}

static bool ask(struct station_order *order, struct ledger *ledger, struct error *err)
{
    struct order_claim claim = claim_of(order);

    claim.board = or_empty(order->board);
    if (order->id != NULL)
        return order_ask(&ledger->database, &claim, &order->answer, err);
    if (claim.board[0] == '\0')
        return order_board_of(&ledger->database, order->device, order->answer.board, err);
    (void)snprintf(order->answer.board, sizeof order->answer.board, "%s", claim.board);
    return order_check_board(&ledger->database, claim.board, order->device, err);
}

/* On the line, where there is one: its other stations know of no number that this ledger has. */
static bool claim_board(const struct station_order *order, struct station_ledger *ledger, struct error *err)
{
    const char *board = order->answer.board;

    return board[0] == '\0' || station_ledger_claim_board(ledger, board, order->device, err);
}

bool station_order_ask(struct station_order *order, struct station_ledger *ledger,
                       const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    struct ledger *open;

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), order->device);
    (void)snprintf(order->answer.board, sizeof order->answer.board, "%s", or_empty(order->board));
    if (!station_ledger_look(ledger, &open, err))
        return false;
    order->is_asked = (open == NULL || ask(order, open, err)) && (!ledger->is_dry || claim_board(order, ledger, err));
    if (!order->is_asked && (order->id != NULL || order->board != NULL)) {
        error_doing(err, order->id != NULL ? "take a unit of the order" : "check the board number");
        error_with_serial(err, serial);
    }
    return order->is_asked;
}

static bool add_claim(struct station_order *order, struct ledger *ledger, struct error *err)
{
    const struct orders_who who = {.verb = "claim", .operator_name = order->person};
    const struct order_claim claim = claim_of(order);
    struct ledger_conflict conflict;
    json_t *entry = orders_entry(&who, order->id, "claimed");
    uint64_t seq;
    bool ok;

    json_object_set_new(entry, "device", json_string(claim.device));
    json_object_set_new(entry, "lease", claim.lease[0] != '\0' ? json_string(claim.lease) : json_null());
    json_object_set_new(entry, "board", claim.board[0] != '\0' ? json_string(claim.board) : json_null());
    ok = ledger_add(ledger, entry, &seq, &conflict, err);
    json_decref(entry);
    return ok;
}

static bool claim_unit(struct station_order *order, struct station_ledger *ledger, struct error *err)
{
    struct ledger *open;
    bool ok;

    if (order->id == NULL)
        return true;
    ok = station_ledger_look(ledger, &open, err) && open != NULL && database_begin(&open->database, err);
    /* Asked again: another run may have taken the last unit meanwhile. */
    ok = ok && ask(order, open, err) && (order->answer.unit == ORDER_UNIT_COUNTED || add_claim(order, open, err)) &&
         database_commit(&open->database, err);
    if (!ok && open != NULL)
        database_rollback(&open->database);
    order->is_claimed = ok;
    return ok;
}

bool station_order_claim(struct station_order *order, struct station_ledger *ledger,
                         const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    bool ok;

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), order->device);
    ok = claim_board(order, ledger, err);
    /* A number that the line refused is not the device's. */
    order->is_asked = ok;
    ok = ok && claim_unit(order, ledger, err);
    if (!ok) {
        error_doing(err, order->id != NULL ? "take a unit of the order" : "check the board number");
        error_with_serial(err, serial);
    }
    return ok;
}

void station_order_note_change(struct station_order *order)
{
    order->is_lasting = true;
}

const char *station_order_board(const struct station_order *order)
{
    return order->is_asked || order->is_claimed ? order->answer.board : or_empty(order->board);
}

/* --- the run's entry --- */

/* A unit that an earlier run took stays: what that run has written is not known. */
static enum order_end end_of(const struct station_order *order, bool is_done)
{
    if (is_done)
        return ORDER_END_DONE;
    return order->is_lasting || order->answer.unit != ORDER_UNIT_TAKEN ? ORDER_END_FAILED : ORDER_END_RETURNED;
}

void station_order_describe(const struct station_order *order, bool is_done, json_t *entry)
{
    const char *board = station_order_board(order);

    if (order->id != NULL)
        json_object_set_new(entry, "order", json_string(order->id));
    /* A number that was refused is not the device's. */
    if (board[0] != '\0' && (order->is_claimed || (order->is_asked && order->id == NULL)))
        json_object_set_new(entry, "board", json_string(board));
    if (!order->is_claimed || order->answer.unit == ORDER_UNIT_COUNTED)
        return;
    json_object_set_new(entry, "unit", json_string(order_end_name(end_of(order, is_done))));
    json_object_set_new(entry, "lease",
                        order->answer.lease[0] != '\0' ? json_string(order->answer.lease) : json_null());
}
