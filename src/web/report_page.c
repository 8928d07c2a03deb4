/* SPDX-License-Identifier: Apache-2.0 */
/* The report of imprint report --html, with a form in front of it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/html.h"
#include "report/markup.h"
#include "web/pages.h"

void web_report_style(struct desk *desk, const struct call *call, struct reply *reply)
{
    (void)desk;
    (void)call;
    reply_download(reply, "text/css; charset=utf-8", "", bytes_of(html_style, strlen(html_style)));
}

static bool read_range(const struct request_form *form, struct figures_range *range, struct error *err)
{
    const char *from = request_field(form, "from"), *to = request_field(form, "to");
    const char *shifts = request_field(form, "shifts"), *order = request_field(form, "order");

    range->has_from = from[0] != '\0';
    range->has_to = to[0] != '\0';
    range->order = order[0] != '\0' ? order : NULL;
    range->rehearsals = strcmp(request_field(form, "rehearsals"), "yes") == 0;
    return (!range->has_from || period_read_bound(from, false, &range->from, err)) &&
           (!range->has_to || period_read_bound(to, true, &range->to, err)) &&
           (shifts[0] == '\0' || period_read_shifts(shifts, &range->shifts, err));
}

static void put_field(FILE *out, const struct request_form *form, const char *name, const char *label, const char *hint)
{
    fprintf(out, "<label>%s <input name=\"%s\" size=\"16\" placeholder=\"%s\" value=\"", label, name, hint);
    markup_text(out, request_field(form, name));
    fputs("\"></label> ", out);
}

static void put_form(FILE *out, const struct request_form *form)
{
    const bool rehearsals = strcmp(request_field(form, "rehearsals"), "yes") == 0;

    fputs("<form action=\"/report\">", out);
    put_field(out, form, "from", "From", "2026-01-31T06:00");
    put_field(out, form, "to", "To", "2026-01-31");
    put_field(out, form, "order", "Order", "all");
    put_field(out, form, "shifts", "Shifts", "06:00,14:00,22:00");
    fprintf(out,
            "<label><input type=\"checkbox\" name=\"rehearsals\" value=\"yes\"%s> Rehearsals</label> "
            "<button>Show</button></form>\n",
            rehearsals ? " checked" : "");
}

static void put_report(FILE *out, const struct figures *figures)
{
    if (figures->total.attempts == 0 && !figures->range.rehearsals && figures->left_out[FIGURES_OTHER_MODE] > 0)
        fputs("<p>The ledger has rehearsals: tick the box to see them.</p>\n", out);
    fputs("<div class=\"wide\" role=\"region\" aria-label=\"report\" tabindex=\"0\">\n", out);
    html_write_content(out, figures, (int64_t)time(NULL), "imprint");
    fputs("</div>\n", out);
}

void web_report(struct desk *desk, const struct call *call, struct reply *reply)
{
    struct frame frame = pages_frame(desk, call, "Report");
    struct figures *figures = calloc(1, sizeof *figures);
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    FILE *out;
    bool ok;

    frame.style = "/report.css";
    if (figures == NULL) {
        reply_text(reply, 500, "out of memory");
        return;
    }
    if (pages_open_ledger(desk, &frame, LEDGER_READ, &ledger, reply)) {
        ok = read_range(&call->form, &figures->range, &err) && figures_collect(figures, &ledger, &err);
        out = reply_begin_page(reply, ok ? 200 : 400, &frame);
        if (out != NULL) {
            put_form(out, &call->form);
            if (ok)
                put_report(out, figures);
            else
                reply_put_error(out, &err);
        }
        reply_end_page(reply);
        ledger_close(&ledger);
    }
    figures_release(figures);
    free(figures);
}
