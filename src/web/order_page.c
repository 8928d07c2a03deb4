/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a work order, and what a lead decides there: as imprint order approve and imprint order close do it. */
#include <inttypes.h>
#include <string.h>

#include "order/claim.h"
#include "report/markup.h"
#include "station/orders.h"
#include "web/pages.h"

/* --- showing --- */

static void put_count(FILE *out, const char *name, int64_t count)
{
    fprintf(out, "<div><dt>%s</dt><dd>%" PRId64 "</dd></div>", name, count);
}

static void put_facts(FILE *out, const struct order *order, const struct order_count *count)
{
    fputs("<dl class=\"count\">", out);
    put_count(out, "ordered", order->quantity);
    put_count(out, "done", count->done);
    put_count(out, "begun", count->claimed - count->done);
    put_count(out, "failed", count->failed);
    put_count(out, "left", order->quantity - count->leased);
    fprintf(out, "</dl>\n<p>State: <strong>%s</strong>. Profile: ", order_state_name(order->state));
    markup_text(out, order->profile);
    fputs(", digest ", out);
    markup_text(out, order->digest);
    fputs(". Made ", out);
    markup_text(out, order->made);
    if (order->made_by[0] != '\0') {
        fputs(" by ", out);
        markup_text(out, order->made_by);
    }
    fprintf(out, ".%s</p>\n",
            order->scan_labels ? " Each label is scanned back before its socket takes another board." : "");
}

static void begin_form(FILE *out, const char *action, const struct session *session, const struct order *order)
{
    fprintf(out, "<form class=\"act\" method=\"post\" action=\"%s\">", action);
    reply_put_token(out, session);
    fputs("<input type=\"hidden\" name=\"id\" value=\"", out);
    markup_text(out, order->id);
    fputs("\">", out);
}

static void put_article(FILE *out, const struct session *session, const struct order *order,
                        const struct order_count *count)
{
    if (!order->first_article || order->article[0] == '\0')
        return;
    fputs("<h2>First article</h2>\n<p>", out);
    pages_put_device(out, order->article);
    fputs(", made by ", out);
    markup_text(out, order->article_by[0] != '\0' ? order->article_by : "a person without a name");
    fputs(order->state != ORDER_FIRST_ARTICLE ? ": approved.</p>\n"
          : count->done > 0                   ? ": finished; another person approves it.</p>\n"
                                              : ": not finished yet.</p>\n",
          out);
    if (order->state != ORDER_FIRST_ARTICLE || count->done == 0)
        return;
    if (session->user.role != USERS_LEAD) {
        fputs("<p>A lead approves it.</p>\n", out);
        return;
    }
    begin_form(out, "/order/approve", session, order);
    fputs("<button>Approve the first article</button></form>\n", out);
}

static void put_closing(FILE *out, const struct session *session, const struct order *order)
{
    if (order->state == ORDER_CLOSED || session->user.role != USERS_LEAD)
        return;
    fputs(
        "<h2>Close</h2>\n<p>No board takes a unit of it any more; a board that has begun can still be finished. A closed "
        "order is never opened again.</p>\n",
        out);
    begin_form(out, "/order/close", session, order);
    fputs("<label><input type=\"checkbox\" name=\"sure\" value=\"yes\" required> I am sure</label> <button>Close the "
          "order</button></form>\n",
          out);
}

static void put_unit(void *context, const struct order_unit_row *row)
{
    FILE *out = context;

    fputs("<tr><td>", out);
    pages_put_device(out, row->device);
    fputs("</td>", out);
    pages_put_cell(out, row->board);
    pages_put_cell(out, row->state);
    pages_put_cell(out, row->is_held ? "yes" : "no");
    fputs("</tr>\n", out);
}

static bool put_units(FILE *out, struct database *orders, const struct order *order, struct error *err)
{
    bool ok;

    fputs(
        "<h2>Devices that are not finished</h2>\n<div class=\"wide\" role=\"region\" aria-label=\"unfinished devices\" tabindex=\"0\"><table class=\"plain\"><thead><tr><th "
        "scope=\"col\">Device</th><th scope=\"col\">Board</th><th scope=\"col\">State</th><th scope=\"col\">Holds a "
        "unit</th></tr></thead>\n",
        out);
    ok = order_list_open(orders, order->id, put_unit, out, err);
    fputs("</table></div>\n", out);
    return ok;
}

static void put_link(void *context, const struct order *order)
{
    FILE *out = context;

    fputs("<li><a href=\"/order?id=", out);
    markup_text(out, order->id);
    fputs("\">", out);
    markup_text(out, order->id);
    fprintf(out, "</a>: %s</li>\n", order_state_name(order->state));
}

static bool put_list(FILE *out, struct database *orders, struct error *err)
{
    bool ok;

    fputs("<h2>All orders</h2>\n<ul>\n", out);
    ok = order_list(orders, put_link, out, err);
    fputs("</ul>\n<p>A new one: <code>imprint order new PROFILE --quantity N</code></p>\n", out);
    return ok;
}

static bool put_order(FILE *out, struct database *orders, const struct session *session, const char *id,
                      struct error *err)
{
    struct order_count count;
    struct order order;

    if (!order_get(orders, id, &order, err) || !order_count(orders, order.id, &count, err))
        return false;
    fputs("<h1>Order ", out);
    markup_text(out, order.id);
    fputs("</h1>\n", out);
    put_facts(out, &order, &count);
    put_article(out, session, &order, &count);
    if (!put_units(out, orders, &order, err))
        return false;
    fputs("<p><a href=\"/report?order=", out);
    markup_text(out, order.id);
    fputs("\">Report of this order</a></p>\n", out);
    put_closing(out, session, &order);
    return true;
}

void web_order(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Order");
    const char *asked = request_field(&call->form, "id");
    char room[ERROR_ROOM], own[PAGE_TEXT_SIZE];
    const char *id = asked[0] != '\0' ? asked : own;
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    FILE *out;

    desk_order(desk, own);
    out = pages_begin(desk, &frame, &ledger, reply);
    if (out == NULL)
        return;
    if (id[0] == '\0')
        fputs("<h1>Orders</h1>\n<p>The station works on no order.</p>\n", out);
    if ((id[0] != '\0' && !put_order(out, &ledger.database, &call->session, id, &err)) ||
        !put_list(out, &ledger.database, &err)) {
        reply->status = 404;
        reply_put_error(out, &err);
    }
    pages_end(&ledger, reply);
}

/* --- deciding --- */

static void decide(struct desk *desk, const struct call *call, const char *verb,
                   bool (*change)(struct ledger *, const struct orders_who *, const char *, struct error *),
                   struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Order");
    const struct orders_who who = {.verb = verb, .operator_name = call->session.user.name};
    const char *id = request_field(&call->form, "id");
    char room[ERROR_ROOM], path[REPLY_HEADER_SIZE];
    struct error err = ERROR_IN(room);
    struct ledger ledger;

    if (!pages_open_ledger(desk, &frame, LEDGER_USE, &ledger, reply))
        return;
    if (change(&ledger, &who, id, &err)) {
        (void)snprintf(path, sizeof path, "/order?id=%s", id); /* the id of an order: nothing to escape */
        reply_redirect(reply, path);
    } else {
        reply_failure(reply, 409, &frame, &err);
    }
    ledger_close(&ledger);
}

void web_order_approve(struct desk *desk, const struct call *call, struct reply *reply)
{
    decide(desk, call, "approve", orders_approve, reply);
}

void web_order_close(struct desk *desk, const struct call *call, struct reply *reply)
{
    if (strcmp(request_field(&call->form, "sure"), "yes") == 0)
        decide(desk, call, "close", orders_close, reply);
    else
        reply_text(reply, 400, "tick that you are sure: a closed order is never opened again");
}
