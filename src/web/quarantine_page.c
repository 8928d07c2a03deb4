/* SPDX-License-Identifier: Apache-2.0 */
/* The boards that have failed through their own fault and wait for a lead's word, with the forms to give it. */
#include <stdlib.h>

#include "ledger/failed.h"
#include "report/markup.h"
#include "web/decision.h"
#include "web/pages.h"

#define LISTED_MAX 200

/* The newest entry: what the lead wants to know first. */
static bool put_last(FILE *out, struct ledger *ledger, const char *serial, struct error *err)
{
    uint64_t seq;
    json_t *entry = ledger_attempts(ledger, serial, &seq, 1, err) == 1 ? pages_read_entry(ledger, seq, err) : NULL;
    const char *reason = pages_text(entry, "reason"), *socket = pages_text(entry, "socket");

    if (entry == NULL)
        return false;
    fputs("; last: ", out);
    markup_text(out, reason[0] != '\0' ? reason : pages_text(entry, "result"));
    if (socket[0] != '\0') {
        fputs(", in socket ", out);
        markup_text(out, socket);
    }
    fputs(", ", out);
    markup_text(out, pages_text(entry, "time"));
    json_decref(entry);
    return true;
}

static bool put_board(FILE *out, struct ledger *ledger, const struct session *session, const char *serial,
                      const struct quarantine *found, struct error *err)
{
    bool ok;

    fputs("<li>", out);
    pages_put_device(out, serial);
    fprintf(out, ": %s, %u failure%s",
            found->state == QUARANTINE_HELD ? "<strong>in quarantine</strong>" : "may be tried again", found->failures,
            found->failures == 1 ? "" : "s");
    ok = put_last(out, ledger, serial, err);
    if (ok && session->user.role == USERS_LEAD) {
        fprintf(out, "<details><summary>Decide<span class=\"heard\"> about %s</span></summary>\n", serial);
        decision_put_forms(out, session, serial, found, true);
        fputs("</details>", out);
    }
    fputs("</li>\n", out);
    return ok;
}

/* Boards that a person has decided about, or that failed for another's fault, are not in the list. */
static bool put_boards(FILE *out, struct desk *desk, struct ledger *ledger, const struct session *session,
                       size_t *shown, struct error *err)
{
    char(*devices)[LEDGER_DEVICE_SIZE] = calloc(LISTED_MAX, sizeof *devices);
    size_t count = 0;
    bool ok = devices != NULL && ledger_list_failed(ledger, devices, LISTED_MAX, &count, err);

    if (devices == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    for (size_t i = 0; ok && i < count; i++) {
        struct quarantine found;

        ok = quarantine_look(ledger, devices[i], desk->settings->tries, &found, err);
        if (!ok || found.failures == 0 || found.state == QUARANTINE_SCRAPPED)
            continue;
        ok = put_board(out, ledger, session, devices[i], &found, err);
        (*shown)++;
    }
    free(devices);
    return ok;
}

static void put_list(FILE *out, struct desk *desk, struct ledger *ledger, const struct session *session,
                     struct error *err)
{
    size_t shown = 0;

    fputs("<ul class=\"boards\">\n", out);
    const bool ok = put_boards(out, desk, ledger, session, &shown, err);

    fputs("</ul>\n", out);
    if (!ok)
        reply_put_error(out, err);
    else if (shown == 0)
        fputs("<p>No board waits for a decision.</p>\n", out);
    else if (session->user.role != USERS_LEAD)
        fputs("<p>A lead decides what becomes of them.</p>\n", out);
}

void web_quarantine(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Quarantine");
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    FILE *out;

    if (!pages_open_ledger(desk, &frame, LEDGER_READ, &ledger, reply))
        return;
    out = reply_begin_page(reply, 200, &frame);
    if (out != NULL) {
        const unsigned tries = desk->settings->tries;

        fprintf(out,
                "<h1>Quarantine</h1>\n<p>Boards that have failed through their own fault, the last first. After %u "
                "failure%s the station no longer works on a board, until a lead says rework or scrap. Put a board that "
                "was reworked in again.</p>\n",
                tries, tries == 1 ? "" : "s");
        put_list(out, desk, &ledger, &call->session, &err);
    }
    reply_end_page(reply);
    ledger_close(&ledger);
}
