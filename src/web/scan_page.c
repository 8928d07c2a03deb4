/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is scanned at the sockets' page: a label that a socket waits for, an order to work on, the number of the next
 * board. Whatever else leads to its page, as everywhere. The answer says what was scanned, and what was expected.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "order/claim.h"
#include "report/serial_word.h"
#include "web/login_record.h"
#include "web/pages.h"

#define SAID_SIZE 400

__attribute__((format(printf, 3, 4))) static void say(struct reply *reply, bool matches, const char *format, ...)
{
    char said[SAID_SIZE];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(said, sizeof said, format, list);
    va_end(list);
    pages_reply_json(reply, json_pack("{s:b, s:s+}", "matches", matches ? 1 : 0, "text", said, ""));
}

static void say_error(struct reply *reply, const struct error *err)
{
    say(reply, false, "no: %s", err->cause != NULL ? err->cause : error_reason_name(err->reason));
}

/* --- an order --- */

static bool may_select(const struct desk *desk, const struct session *session)
{
    return session->user.role == USERS_LEAD ||
           (session->user.role == USERS_OPERATOR && desk->settings->select_order == PAGE_SELECT_OPERATOR);
}

/* What is wrong with the order for this station; NULL: nothing. */
static const char *find_fault(const struct desk *desk, const struct order *order)
{
    if (order->state == ORDER_CLOSED)
        return "is closed";
    if (strcmp(order->digest, desk->settings->digest) != 0)
        return "is for another profile than this station's";
    return order->scan_labels && desk->settings->labels_to[0] == '\0'
               ? "has each label scanned back, and this station prints none"
               : NULL;
}

/* In the ledger, and kept for the next start; or neither. */
static bool keep_order(const struct desk *desk, const struct login_record *entry, struct error *err)
{
    const struct page_selecting *selecting = &desk->settings->selecting;
    struct login_noting noting = {.state = desk->settings->state, .record = entry};

    return selecting->keep(selecting->context, entry->order, &(struct page_noting){login_record_note, &noting}, err);
}

static void take_order(struct desk *desk, const struct call *call, const struct order *order, struct reply *reply)
{
    const struct login_record entry = {.kind = "order select",
                                       .person = call->session.user.name,
                                       .result = "selected",
                                       .role = users_role_name(call->session.user.role),
                                       .address = call->address,
                                       .order = order->id};
    const char *fault = find_fault(desk, order);
    char room[ERROR_ROOM], own[PAGE_TEXT_SIZE];
    struct error err = ERROR_IN(room);

    desk_order(desk, own);
    if (strcmp(own, order->id) == 0)
        say(reply, true, "order %s: the station works on it", order->id);
    else if (!may_select(desk, &call->session))
        say(reply, false, "no: order %s was scanned; only a lead selects another one here", order->id);
    else if (fault != NULL)
        say(reply, false, "no: order %s %s (%s); expected: an open order of it", order->id, fault, order->profile);
    else if (!asks_have_room(&desk->asks))
        reply_text(reply, 503, "too many people ask at once: try again");
    else if (!keep_order(desk, &entry, &err))
        say_error(reply, &err);
    else if (asks_put(&desk->asks, PAGE_ASK_ORDER, order->id))
        say(reply, true, "order %s: boards that are put in when this page shows it count for it", order->id);
}

/* --- a board's number --- */

static int compare_numbers(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Whether the number is one of the order's list, where it has one. `*fits` says so. False with a reason. */
static bool check_list(struct database *orders, const char *id, const char *number, bool *fits, struct error *err)
{
    char(*numbers)[ORDER_BOARD_SIZE] = NULL, key[ORDER_BOARD_SIZE];
    struct order order;
    size_t count = 0;
    bool found = false;

    *fits = true;
    if (id[0] == '\0')
        return true;
    if (!order_find(orders, id, &order, &found, err))
        return false;
    if (!found || !order.has_boards)
        return true;
    if (!order_list_boards(orders, id, &numbers, &count, err))
        return false;
    (void)snprintf(key, sizeof key, "%s", number);
    *fits = bsearch(key, numbers, count, sizeof *numbers, compare_numbers) != NULL;
    free(numbers);
    return true;
}

/* The sockets with a board that waits for its number: how many, and the name of one. */
static size_t count_waiting(struct desk *desk, char name[static PAGE_NAME_SIZE])
{
    char *text = streams_state(desk->streams);
    json_t *state = text != NULL ? json_loads(text, 0, NULL) : NULL;
    const json_t *sockets = json_object_get(state, "sockets");
    size_t count = 0;

    name[0] = '\0';
    for (size_t i = 0; i < json_array_size(sockets); i++) {
        const json_t *socket = json_array_get(sockets, i);

        if (strcmp(pages_text(socket, "reason"), PAGE_BOARD_FIRST) != 0 ||
            strcmp(pages_text(socket, "state"), "fail") != 0)
            continue;
        (void)snprintf(name, PAGE_NAME_SIZE, "%s", pages_text(socket, "name"));
        count++;
    }
    json_decref(state);
    free(text);
    return count;
}

static void take_board(struct desk *desk, struct ledger *ledger, const char *number, struct reply *reply)
{
    char room[ERROR_ROOM], own[PAGE_TEXT_SIZE], owner[ORDER_DEVICE_SIZE] = "", socket[PAGE_NAME_SIZE];
    struct error err = ERROR_IN(room);
    const size_t waiting = count_waiting(desk, socket);
    bool fits;

    desk_order(desk, own);
    if (!check_list(&ledger->database, own, number, &fits, &err) ||
        !order_board_owner(&ledger->database, number, owner, &err))
        say_error(reply, &err);
    else if (!fits)
        say(reply, false, "no: %s was scanned; expected: a board number in the list of order %s", number, own);
    else if (owner[0] != '\0')
        say(reply, false, "no: board %s is that of device %s: put it in without a scan", number, owner);
    else if (waiting > 1)
        say(reply, false, "no: %zu sockets wait for a board number: take all boards out but the one of %s", waiting,
            number);
    else if (!asks_put(&desk->asks, PAGE_ASK_BOARD, number))
        reply_text(reply, 503, "too many people ask at once: try again");
    else if (waiting == 1)
        say(reply, true, "board %s: in socket %s", number, socket);
    else
        say(reply, true, "board %s: put it in next", number);
}

/* --- what it is --- */

static void take(struct desk *desk, const struct call *call, struct ledger *ledger, const char *text,
                 struct reply *reply)
{
    struct error ignored = {.reason = ERROR_NONE};
    char path[REPLY_HEADER_SIZE] = "";
    const bool is_known = web_find_path(desk, ledger, text, path);
    struct order order;
    bool is_order = false;

    (void)order_find(&ledger->database, text, &order, &is_order, &ignored);
    if (is_order && desk->settings->select_order != PAGE_SELECT_NOBODY)
        take_order(desk, call, &order, reply);
    else if (!is_order && desk->settings->scan_board && strncmp(path, "/login", strlen("/login")) != 0 &&
             order_board_is_valid(text))
        take_board(desk, ledger, text, reply);
    else if (is_known)
        pages_reply_json(reply, json_object()); /* to its page */
    else
        say(reply, false, "no: %s was scanned; expected: an order, a label, %sa person of this station", text,
            desk->settings->scan_board ? "a board number, " : "");
}

void web_scan(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Sockets");
    const char *text = request_field(&call->form, "text");
    struct error ignored = {.reason = ERROR_NONE};
    char serial[LEDGER_DEVICE_SIZE];
    struct ledger ledger;

    if (call->session.user.role == USERS_AUDITOR) {
        pages_reply_json(reply, json_object());
        return;
    }
    if (serial_word_read(text, serial, &ignored)) {
        if (!web_take_label(desk, serial, reply))
            pages_reply_json(reply, json_object());
        return;
    }
    if (!pages_open_ledger(desk, &frame, LEDGER_READ, &ledger, reply))
        return;
    take(desk, call, &ledger, text, reply);
    ledger_close(&ledger);
}
