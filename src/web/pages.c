/* SPDX-License-Identifier: Apache-2.0 */
#include "web/pages.h"

#include <inttypes.h>
#include <stdlib.h>

#include "report/markup.h"
#include "station/station_ledger.h"

struct frame pages_frame(const struct desk *desk, const struct call *call, const char *title)
{
    return (struct frame){.title = title, .station = desk->settings->station, .session = &call->session};
}

bool pages_open_ledger(const struct desk *desk, const struct frame *frame, enum ledger_mode mode, struct ledger *ledger,
                       struct reply *reply)
{
    struct station_config config = {.device = ""};
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    (void)snprintf(config.state, sizeof config.state, "%s", desk->settings->state);
    if (station_ledger_open(&config, mode, ledger, &err))
        return true;
    reply_failure(reply, 503, frame, &err);
    return false;
}

FILE *pages_begin(const struct desk *desk, const struct frame *frame, struct ledger *ledger, struct reply *reply)
{
    FILE *out;

    if (!pages_open_ledger(desk, frame, LEDGER_READ, ledger, reply))
        return NULL;
    out = reply_begin_page(reply, 200, frame);
    if (out == NULL)
        ledger_close(ledger);
    return out;
}

void pages_end(struct ledger *ledger, struct reply *reply)
{
    reply_end_page(reply);
    ledger_close(ledger);
}

json_t *pages_read_entry(struct ledger *ledger, uint64_t seq, struct error *err)
{
    json_t *entry = ledger_load(ledger, seq, err);

    if (entry == NULL)
        error_set(err, ERROR_DATABASE_DAMAGED, "an entry is damaged", "see which: verify the ledger");
    return entry;
}

const char *pages_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));

    return text != NULL ? text : "";
}

void pages_reply_json(struct reply *reply, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    json_decref(object);
    reply_text(reply, text != NULL ? 200 : 500, text != NULL ? text : "out of memory");
    reply->type = "application/json";
    free(text);
}

void pages_put_cell(FILE *out, const char *text)
{
    fputs("<td>", out);
    markup_text(out, text);
    fputs("</td>", out);
}

void pages_put_device(FILE *out, const char *serial)
{
    fputs("<a href=\"/device?serial=", out);
    markup_text(out, serial);
    fputs("\">", out);
    markup_text(out, serial);
    fputs("</a>", out);
}

void pages_begin_entries(FILE *out)
{
    fputs(
        "<div class=\"wide\" role=\"region\" aria-label=\"entries\" tabindex=\"0\"><table class=\"plain\">\n<thead><tr>"
        "<th scope=\"col\">Entry</th><th scope=\"col\">Time (UTC)</th><th scope=\"col\">Device</th><th "
        "scope=\"col\">What</th><th scope=\"col\">Result</th><th scope=\"col\">Operator</th><th "
        "scope=\"col\">Socket</th><th scope=\"col\">Order</th></tr></thead>\n",
        out);
}

void pages_put_entry(FILE *out, uint64_t seq, const json_t *entry)
{
    const char *device = pages_text(entry, "device"), *reason = pages_text(entry, "reason");

    fprintf(out, "<tr><td>%" PRIu64 "</td>", seq);
    pages_put_cell(out, pages_text(entry, "time"));
    fputs("<td>", out);
    if (device[0] != '\0')
        pages_put_device(out, device);
    fputs("</td>", out);
    pages_put_cell(out, pages_text(entry, "kind"));
    fputs("<td>", out);
    markup_text(out, pages_text(entry, "result"));
    if (reason[0] != '\0')
        fputs(", ", out);
    markup_text(out, reason);
    fputs("</td>", out);
    pages_put_cell(out, pages_text(entry, "operator"));
    pages_put_cell(out, pages_text(entry, "socket"));
    pages_put_cell(out, pages_text(entry, "order"));
    fputs("</tr>\n", out);
}
