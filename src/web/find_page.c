/* SPDX-License-Identifier: Apache-2.0 */
/* What a scanner read: leads to the page of the order, the device or its board, or to the login of a person. */
#include <stdlib.h>

#include "order/claim.h"
#include "report/markup.h"
#include "report/serial_word.h"
#include "web/pages.h"

/* Each writes the path of the page. False: it is no such thing. */

static bool find_order(const struct desk *desk, struct ledger *ledger, const char *text,
                       char path[static REPLY_HEADER_SIZE])
{
    struct error ignored = {.reason = ERROR_NONE};
    struct order order;
    bool found = false;

    (void)desk;
    if (!order_find(&ledger->database, text, &order, &found, &ignored) || !found)
        return false;
    (void)snprintf(path, REPLY_HEADER_SIZE, "/order?id=%s", order.id);
    return true;
}

static bool find_device(const struct desk *desk, struct ledger *ledger, const char *text,
                        char path[static REPLY_HEADER_SIZE])
{
    struct error ignored = {.reason = ERROR_NONE};
    char serial[LEDGER_DEVICE_SIZE];

    (void)desk;
    (void)ledger;
    if (!serial_word_read(text, serial, &ignored))
        return false;
    (void)snprintf(path, REPLY_HEADER_SIZE, "/device?serial=%s", serial);
    return true;
}

static bool find_board(const struct desk *desk, struct ledger *ledger, const char *text,
                       char path[static REPLY_HEADER_SIZE])
{
    struct error ignored = {.reason = ERROR_NONE};
    char device[ORDER_DEVICE_SIZE] = "";

    (void)desk;
    if (!order_board_is_valid(text) || !order_board_owner(&ledger->database, text, device, &ignored) ||
        device[0] == '\0')
        return false;
    (void)snprintf(path, REPLY_HEADER_SIZE, "/device?serial=%s", device);
    return true;
}

static bool find_person(const struct desk *desk, struct ledger *ledger, const char *text,
                        char path[static REPLY_HEADER_SIZE])
{
    struct error ignored = {.reason = ERROR_NONE};
    struct users *users = calloc(1, sizeof *users);
    const bool found = users != NULL && users_name_is_valid(text) &&
                       users_read(desk->settings->users, users, &ignored) && users_find(users, text) != NULL;

    (void)ledger;
    free(users);
    if (found)
        (void)snprintf(path, REPLY_HEADER_SIZE, "/login?name=%s", text);
    return found;
}

bool web_find_path(const struct desk *desk, struct ledger *ledger, const char *text,
                   char path[static REPLY_HEADER_SIZE])
{
    return find_order(desk, ledger, text, path) || find_device(desk, ledger, text, path) ||
           find_board(desk, ledger, text, path) || find_person(desk, ledger, text, path);
}

static void say_not_found(const struct frame *frame, const char *text, struct reply *reply)
{
    FILE *out = reply_begin_page(reply, 404, frame);

    if (out != NULL) {
        fputs("<h1>Not found</h1>\n<p class=\"failure\" role=\"alert\">&ldquo;", out);
        markup_text(out, text);
        fputs("&rdquo; is no order, no serial number with its check character, no board number, and no person of this "
              "station.<br>Next: scan it again.</p>\n<p><a href=\"/\">Sockets</a></p>\n",
              out);
    }
    reply_end_page(reply);
}

void web_find(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Not found");
    const char *text = request_field(&call->form, "text");
    char path[REPLY_HEADER_SIZE];
    struct ledger ledger;

    if (!pages_open_ledger(desk, &frame, LEDGER_READ, &ledger, reply))
        return;
    if (web_find_path(desk, &ledger, text, path))
        reply_redirect(reply, path);
    else
        say_not_found(&frame, text, reply);
    ledger_close(&ledger);
}
