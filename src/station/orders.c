/* SPDX-License-Identifier: Apache-2.0 */
#include "station/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "station/input.h"
#include "station/value.h"

#define BOARDS_IN_ENTRY 1000 /* of at most 32 characters: an entry has at most 60,000 bytes */

/* --- entries --- */

json_t *orders_entry(const struct orders_who *who, const char *id, const char *result)
{
    char host[RUN_FACTS_HOST_SIZE] = "", now[RUN_FACTS_TIME_SIZE], kind[32];

    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    run_facts_time(now);
    (void)snprintf(kind, sizeof kind, "order %s", who->verb);
    return json_pack("{s:s, s:o, s:n, s:s?, s:s?, s:n, s:n, s:s, s:s, s:s, s:n, s:{}}", "kind", kind, "station",
                     value_text(host), "socket", "operator", who->operator_name, "order", id, "device", "profile",
                     "started", now, "ended", now, "result", result, "reason", "evidence");
}

bool orders_add(struct ledger *ledger, json_t *entry, struct error *err)
{
    struct ledger_conflict conflict;
    uint64_t seq;
    bool ok;

    if (entry == NULL) {
        error_set(err, ERROR_UNEXPECTED, "there is no memory", NULL);
        return false;
    }
    ok = ledger_add(ledger, entry, &seq, &conflict, err);
    json_decref(entry);
    return ok;
}

static bool end_transaction(struct ledger *ledger, bool ok, const char *doing, struct error *err)
{
    if (ok && database_commit(&ledger->database, err))
        return true;
    database_rollback(&ledger->database);
    error_doing(err, doing);
    return false;
}

/* --- a list of board numbers --- */

static bool refuse_line(const char *path, size_t line, const char *cause, struct error *err)
{
    error_set(err, ERROR_INPUT_FILE, cause,
              "write one board number a line: 1 to 32 letters, digits and - . _ /, each only once");
    error_with_subject(err, path);
    err->line = (uint32_t)line;
    return false;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b); /* an element is a text */
}

/* In place: the text without blanks around it. */
static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
        text[--len] = '\0';
    return text;
}

static bool take_line(char *text, const char *path, size_t line, struct orders_list *list, struct error *err)
{
    const char *number = trim(text);

    if (number[0] == '\0' || number[0] == '#')
        return true;
    if (!order_board_is_valid(number))
        return refuse_line(path, line, error_keep_format(err, "this cannot be a board number: %.40s", number), err);
    memcpy(list->numbers[list->count++], number, strlen(number) + 1);
    return true;
}

static bool check_unique(const char *path, const struct orders_list *list, struct error *err)
{
    for (size_t i = 1; i < list->count; i++)
        if (strcmp(list->numbers[i - 1], list->numbers[i]) == 0)
            return refuse_line(path, 0, error_keep_format(err, "board number %s is there twice", list->numbers[i]),
                               err);
    return list->count > 0 || refuse_line(path, 0, "there is no board number in the file", err);
}

bool orders_list_read(const char *path, struct orders_list *list, struct error *err)
{
    struct input input = {.data = NULL};
    size_t lines = 1;
    char *text;
    bool ok = input_read(&input, path, ORDERS_LIST_MAX, err);

    *list = (struct orders_list){.count = 0};
    if (!ok) {
        error_doing(err, "read the list of board numbers");
        return false;
    }
    text = (char *)input.data;
    for (size_t i = 0; i < input.len; i++)
        lines += text[i] == '\n';
    list->numbers = calloc(lines, sizeof *list->numbers);
    if (list->numbers == NULL) {
        error_set(err, ERROR_UNEXPECTED, "there is no memory", NULL);
        ok = false;
    }
    for (size_t line = 1; ok && text != NULL; line++) {
        char *next = strchr(text, '\n');

        if (next != NULL)
            *next++ = '\0';
        ok = take_line(text, path, line, list, err);
        text = next;
    }
    input_release(&input);
    if (ok)
        qsort(list->numbers, list->count, sizeof *list->numbers, compare);
    ok = ok && check_unique(path, list, err);
    if (!ok) {
        error_doing(err, "read the list of board numbers");
        free(list->numbers);
        *list = (struct orders_list){.count = 0};
    }
    return ok;
}

/* --- making --- */

bool orders_choose_id(struct database *database, char id[static ORDER_ID_SIZE], struct error *err)
{
    struct order other;
    bool found = id[0] == '\0';

    if (!found && !order_id_is_valid(id)) {
        error_set(err, ERROR_USAGE, "this cannot be an order's id",
                  "a letter, then letters, digits, - and _, at most 63 characters, as in WO-1042");
        error_with_subject(err, id);
        return false;
    }
    for (unsigned number = 1; found; number++) {
        (void)snprintf(id, ORDER_ID_SIZE, "WO-%u", number);
        if (!order_find(database, id, &other, &found, err))
            return false;
    }
    return true;
}

/* The issuer that signs the profile's certificates: the one that was named, or the only one there is. */
static bool choose_issuer(const struct profile *profile, char issuer[static ORDER_PROFILE_SIZE], struct error *err)
{
    const bool is_named = issuer[0] != '\0';

    for (size_t i = 0; i < profile->certificate_count; i++) {
        const char *other = profile->certificates[i].issuer;

        if (is_named && strcmp(issuer, other) != 0) {
            error_set(err, ERROR_ORDER_REFUSED,
                      error_keep_format(err, "the profile's certificate %s is signed by issuer %s",
                                        profile->certificates[i].name, other),
                      "name that issuer, or correct the profile");
            error_with_subject(err, issuer);
            return false;
        }
        if (!is_named && (i == 0 || strcmp(issuer, other) != 0))
            (void)snprintf(issuer, ORDER_PROFILE_SIZE, "%s", i == 0 ? other : "");
    }
    if (!is_named || profile->certificate_count > 0)
        return true;
    error_set(err, ERROR_ORDER_REFUSED, "the profile has no certificates, so no issuer signs any",
              "leave --issuer out, or give the profile certificates");
    error_with_subject(err, issuer);
    return false;
}

json_t *orders_new_entry(const struct orders_who *who, const struct order *order)
{
    json_t *entry = orders_entry(who, order->id, "new");

    json_object_set_new(entry, "profile", json_pack("{s:s, s:s}", "name", order->profile, "digest", order->digest));
    json_object_set_new(entry, "quantity", json_integer((json_int_t)order->quantity));
    json_object_set_new(entry, "issuer", order->issuer[0] != '\0' ? json_string(order->issuer) : json_null());
    json_object_set_new(entry, "has_boards", json_boolean(order->has_boards));
    json_object_set_new(entry, "first_article", json_boolean(order->first_article));
    json_object_set_new(entry, "scan_labels", json_boolean(order->scan_labels));
    if (!order->is_home)
        json_object_set_new(entry, "is_copy", json_true());
    return entry;
}

bool orders_add_copy(struct ledger *ledger, const struct orders_who *who, const struct order *order, struct error *err)
{
    struct order copy = *order;

    copy.is_home = false;
    return orders_add(ledger, orders_new_entry(who, &copy), err);
}

bool orders_add_boards(struct ledger *ledger, const struct orders_who *who, const char *id,
                       const struct orders_list *list, struct error *err)
{
    const struct orders_who adder = {.verb = "boards", .operator_name = who->operator_name};

    for (size_t at = 0; at < list->count;) {
        json_t *entry = orders_entry(&adder, id, "added"), *numbers = json_array();

        for (size_t i = 0; i < BOARDS_IN_ENTRY && at < list->count; i++)
            json_array_append_new(numbers, json_string(list->numbers[at++]));
        json_object_set_new(entry, "boards", numbers);
        if (!orders_add(ledger, entry, err))
            return false;
    }
    return true;
}

bool orders_describe(const struct profile *profile, const struct orders_list *list, struct order *order,
                     struct error *err)
{
    uint8_t digest[PROFILE_DIGEST_BYTES];

    (void)snprintf(order->profile, sizeof order->profile, "%s", profile->name);
    if (!profile_digest(profile, digest)) {
        error_set(err, ERROR_UNEXPECTED, "the profile has no digest", NULL);
        return false;
    }
    hex_encode(bytes_of(digest, sizeof digest), order->digest);
    order->has_boards = list->count > 0;
    if (order->has_boards && order->quantity > (int64_t)list->count) {
        error_set(err, ERROR_USAGE,
                  error_keep_format(err, "the list has %zu board numbers, fewer than the quantity", list->count),
                  "correct list or quantity; without --quantity it is that of the list");
        return false;
    }
    return choose_issuer(profile, order->issuer, err);
}

bool orders_make(struct ledger *ledger, const struct orders_who *who, const struct profile *profile,
                 const struct orders_list *list, struct order *order, struct error *err)
{
    bool ok;

    order->is_home = true;
    if (!orders_describe(profile, list, order, err) || !database_begin(&ledger->database, err))
        return false;
    ok = orders_choose_id(&ledger->database, order->id, err) && orders_add(ledger, orders_new_entry(who, order), err) &&
         orders_add_boards(ledger, who, order->id, list, err);
    return end_transaction(ledger, ok, "make the order", err);
}

/* --- changing --- */

bool orders_approve(struct ledger *ledger, const struct orders_who *who, const char *id, struct error *err)
{
    bool ok = database_begin(&ledger->database, err);

    ok = ok && order_approve(&ledger->database, id, who->operator_name, true, err) &&
         orders_add(ledger, orders_entry(who, id, "approved"), err);
    return end_transaction(ledger, ok, "approve the order", err);
}

bool orders_close(struct ledger *ledger, const struct orders_who *who, const char *id, struct error *err)
{
    struct order order;
    bool ok = database_begin(&ledger->database, err);

    ok = ok && order_get(&ledger->database, id, &order, err);
    if (ok && order.state == ORDER_CLOSED) {
        error_set(err, ERROR_ORDER_REFUSED, "it is closed already", NULL);
        error_with_subject(err, id);
        ok = false;
    }
    ok = ok && orders_add(ledger, orders_entry(who, id, "closed"), err);
    return end_transaction(ledger, ok, "close the order", err);
}

bool orders_release(struct ledger *ledger, const struct orders_who *who, const char *id, const char *device,
                    struct error *err)
{
    char lease[ORDER_LEASE_SIZE];
    json_t *entry = NULL;
    bool ok = database_begin(&ledger->database, err);

    ok = ok && order_check_release(&ledger->database, id, device, lease, err);
    if (ok) {
        entry = orders_entry(who, id, "released");
        json_object_set_new(entry, "device", json_string(device));
        json_object_set_new(entry, "lease", lease[0] != '\0' ? json_string(lease) : json_null());
        ok = orders_add(ledger, entry, err);
    }
    return end_transaction(ledger, ok, "give the unit back", err);
}
