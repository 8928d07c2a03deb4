/* SPDX-License-Identifier: Apache-2.0 */
#include "web/decision.h"

#include <string.h>

#include "report/serial_word.h"
#include "web/pages.h"

#define LINE_S 1 /* for a connection to the line, and for its answer */

/* --- the forms --- */

static void begin_form(FILE *out, enum quarantine_decision decision, const struct session *session, const char *serial,
                       bool to_list)
{
    fprintf(out, "<form class=\"act\" method=\"post\" action=\"/device/%s\">", quarantine_verb(decision));
    reply_put_token(out, session);
    fprintf(out, "<input type=\"hidden\" name=\"serial\" value=\"%s\">", serial);
    if (to_list)
        fputs("<input type=\"hidden\" name=\"to\" value=\"list\">", out);
}

static void put_note(FILE *out, const char *label)
{
    fprintf(out, "<label>%s <input name=\"note\" required maxlength=\"%d\" size=\"32\" autocomplete=\"off\"></label> ",
            label, QUARANTINE_NOTE_MAX);
}

void decision_put_forms(FILE *out, const struct session *session, const char *serial, const struct quarantine *found,
                        bool to_list)
{
    if (session->user.role != USERS_LEAD || !found->is_known || found->state == QUARANTINE_SCRAPPED)
        return;
    if (found->failures > 0) {
        begin_form(out, QUARANTINE_REWORK, session, serial, to_list);
        put_note(out, "What was found or done");
        fputs("<button>Rework</button></form>\n", out);
    }
    if (!found->is_finished) {
        begin_form(out, QUARANTINE_SCRAP, session, serial, to_list);
        put_note(out, "Why it is scrapped");
        fputs("<label><input type=\"checkbox\" name=\"sure\" value=\"yes\" required> for good</label> "
              "<button>Scrap</button></form>\n",
              out);
    }
}

/* --- deciding --- */

/* A decision at the page has its reason. */
static bool check_note(const char *note, struct error *err)
{
    if (note[0] != '\0')
        return quarantine_check_note(note, err);
    error_set(err, ERROR_USAGE, "no reason is given", "write what was found or done");
    return false;
}

static void reply_decided(struct reply *reply, const char *serial, bool to_list)
{
    char path[REPLY_HEADER_SIZE];

    (void)snprintf(path, sizeof path, "/device?serial=%s", serial);
    reply_redirect(reply, to_list ? "/quarantine" : path);
}

static void decide(struct desk *desk, const struct call *call, enum quarantine_decision decision, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Device");
    const char *note = request_field(&call->form, "note");
    char room[ERROR_ROOM], serial[LEDGER_DEVICE_SIZE];
    struct error err = ERROR_IN(room);
    struct station_config config = {.device = ""};
    /* All pages wait meanwhile. A line that is away or slow is not asked: the decision is kept in the outbox. */
    struct station_ledger ledger = {.config = &config, .line.is_late = true, .line.longest_s = LINE_S};
    const struct quarantine_word word = {.operator_name = call->session.user.name, .note = note};
    struct quarantine found;

    if (!serial_word_read(request_field(&call->form, "serial"), serial, &err) || !check_note(note, &err)) {
        error_doing(&err, quarantine_verb(decision));
        reply_failure(reply, 400, &frame, &err);
        return;
    }
    (void)snprintf(config.state, sizeof config.state, "%s", desk->settings->state);
    if (quarantine_decide(&ledger, serial, decision, &word, &found, &err))
        reply_decided(reply, serial, strcmp(request_field(&call->form, "to"), "list") == 0);
    else
        reply_failure(reply, 409, &frame, &err);
    station_ledger_close(&ledger);
}

void web_device_rework(struct desk *desk, const struct call *call, struct reply *reply)
{
    decide(desk, call, QUARANTINE_REWORK, reply);
}

void web_device_scrap(struct desk *desk, const struct call *call, struct reply *reply)
{
    if (strcmp(request_field(&call->form, "sure"), "yes") == 0)
        decide(desk, call, QUARANTINE_SCRAP, reply);
    else
        reply_text(reply, 400, "tick that it is for good: no station works on a scrapped board again");
}
