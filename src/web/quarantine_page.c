/* SPDX-License-Identifier: Apache-2.0 */
/* The boards that have failed through their own fault and wait for a lead's word, with the forms to give it. */
#include <stdlib.h>

#include "ledger/failed.h"
#include "report/markup.h"
#include "web/decision.h"
#include "web/pages.h"

#define SHOWN_MAX 200
#define LOOKED_AT_MAX 10000 /* most of those that did not succeed are no board's own fault, and not shown */

/* What became of the list. */
struct listing {
    size_t shown;
    bool is_cut; /* there are, or may be, more */
};

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

static void put_unreadable(FILE *out, const char *serial)
{
    fputs("<li>", out);
    pages_put_device(out, serial);
    fputs(": its entries cannot be read: <code>imprint ledger verify</code></li>\n", out);
}

static void put_board(FILE *out, struct ledger *ledger, const struct session *session, const char *serial,
                      const struct quarantine *found)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    fputs("<li>", out);
    pages_put_device(out, serial);
    fprintf(out, ": %s, %u failure%s",
            found->state == QUARANTINE_HELD ? "<strong>in quarantine</strong>" : "may be tried again", found->failures,
            found->failures == 1 ? "" : "s");
    if (!put_last(out, ledger, serial, &err))
        fputs("; last: its entry cannot be read", out);
    if (session->user.role == USERS_LEAD) {
        fprintf(out, "<details><summary>Decide<span class=\"heard\"> about %s</span></summary>\n", serial);
        decision_put_forms(out, session, serial, found, true);
        fputs("</details>", out);
    }
    fputs("</li>\n", out);
}

/*
 * A board that a person has decided about, or that failed for another's fault, is not in the list. A damaged entry
 * hides its own board's story alone. True where the board is shown.
 */
static bool put_if_waiting(FILE *out, struct desk *desk, struct ledger *ledger, const struct session *session,
                           const char *serial)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct quarantine found;

    if (!quarantine_look(ledger, serial, desk->settings->tries, &found, &err)) {
        put_unreadable(out, serial);
        return true;
    }
    if (found.failures == 0 || found.state == QUARANTINE_SCRAPPED)
        return false;
    put_board(out, ledger, session, serial, &found);
    return true;
}

static bool put_boards(FILE *out, struct desk *desk, struct ledger *ledger, const struct session *session,
                       struct listing *listing, struct error *err)
{
    char(*devices)[LEDGER_DEVICE_SIZE] = calloc(LOOKED_AT_MAX, sizeof *devices);
    size_t count = 0, i = 0;
    const bool ok = devices != NULL && ledger_list_failed(ledger, devices, LOOKED_AT_MAX, &count, err);

    if (devices == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    for (; ok && i < count && listing->shown < SHOWN_MAX; i++)
        listing->shown += put_if_waiting(out, desk, ledger, session, devices[i]);
    listing->is_cut = i < count || count == LOOKED_AT_MAX;
    free(devices);
    return ok;
}

static void put_list(FILE *out, struct desk *desk, struct ledger *ledger, const struct session *session,
                     struct error *err)
{
    struct listing listing = {.shown = 0};

    fputs("<ul class=\"boards\">\n", out);
    const bool ok = put_boards(out, desk, ledger, session, &listing, err);

    fputs("</ul>\n", out);
    if (!ok)
        reply_put_error(out, err);
    else if (listing.is_cut)
        fprintf(out,
                "<p>There may be more: the list ends after %d boards, or after a look at the last %d that did not "
                "succeed. Scan a board to see it.</p>\n",
                SHOWN_MAX, LOOKED_AT_MAX);
    else if (listing.shown == 0)
        fputs("<p>No board waits for a decision.</p>\n", out);
    if (ok && listing.shown > 0 && session->user.role != USERS_LEAD)
        fputs("<p>A lead decides what becomes of them.</p>\n", out);
}

void web_quarantine(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Quarantine");
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    const unsigned tries = desk->settings->tries;
    FILE *out = pages_begin(desk, &frame, &ledger, reply);

    if (out == NULL)
        return;
    fprintf(out,
            "<h1>Quarantine</h1>\n<p>Boards that have failed through their own fault, the last first. After %u "
            "failure%s the station no longer works on a board, until a lead says rework or scrap. Put a board that "
            "was reworked in again.</p>\n",
            tries, tries == 1 ? "" : "s");
    put_list(out, desk, &ledger, &call->session, &err);
    pages_end(&ledger, reply);
}
