/* SPDX-License-Identifier: Apache-2.0 */
/* The page of the ledger: its newest entries, its checkpoint, and its verification. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/verify.h"
#include "report/markup.h"
#include "web/pages.h"

#define ENTRIES_SHOWN 50

/* Lines of a text, which as such may not stand in a page. */
static void put_lines(FILE *out, const char *text)
{
    char line[NOTE_MAX];

    for (size_t len = 0; *text != '\0'; text += len) {
        len = strcspn(text, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)len, text);
        markup_text(out, line);
        fputc('\n', out);
        len += text[len] == '\n';
    }
}

static bool put_newest(FILE *out, struct ledger *ledger, uint64_t size, struct error *err)
{
    bool ok = true;

    fputs("<h2>Newest entries</h2>\n", out);
    pages_begin_entries(out);
    for (uint64_t seq = size; ok && seq > 0 && size - seq < ENTRIES_SHOWN; seq--) {
        json_t *entry = pages_read_entry(ledger, seq - 1, err);

        ok = entry != NULL;
        if (ok)
            pages_put_entry(out, seq - 1, entry);
        json_decref(entry);
    }
    fputs("</table></div>\n", out);
    return ok;
}

static bool put_head(FILE *out, struct ledger *ledger, const struct session *session, uint64_t *size, struct error *err)
{
    struct ledger_head head;
    char vkey[NOTE_VKEY_SIZE];

    if (!ledger_head(ledger, &head, err) || !note_key_text(ledger->log, &ledger->public_key, vkey, err))
        return false;
    *size = head.tree.size;
    fprintf(out, "<dl class=\"count\"><div><dt>entries</dt><dd>%" PRIu64 "</dd></div></dl>\n<p>Newest entry: ",
            head.tree.size);
    markup_text(out, head.time);
    fputs("</p>\n<h2>Checkpoint</h2>\n<pre>", out);
    put_lines(out, head.checkpoint);
    fputs("</pre>\n<p><a href=\"/log/checkpoint\">Download it</a>, and keep it on another machine: "
          "<code>imprint ledger verify CHECKPOINT</code> compares the ledger with it. The log's public key:</p>\n<pre>",
          out);
    markup_text(out, vkey);
    fputs("</pre>\n", out);
    if (session->user.role != USERS_OPERATOR) {
        fputs("<form class=\"act\" method=\"post\" action=\"/log/verify\">", out);
        reply_put_token(out, session);
        fputs("<button>Verify now</button></form>\n", out);
    }
    return true;
}

void web_log(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Log");
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    uint64_t size = 0;
    FILE *out = pages_begin(desk, &frame, &ledger, reply);

    if (out == NULL)
        return;
    fputs("<h1>Log ", out);
    markup_text(out, ledger.log);
    fputs("</h1>\n", out);
    if (!put_head(out, &ledger, &call->session, &size, &err) || !put_newest(out, &ledger, size, &err)) {
        reply->status = 503;
        reply_put_error(out, &err);
    }
    pages_end(&ledger, reply);
}

void web_log_checkpoint(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Log");
    char room[ERROR_ROOM], name[REPLY_HEADER_SIZE];
    struct error err = ERROR_IN(room);
    struct ledger_head head;
    struct ledger ledger;

    if (!pages_open_ledger(desk, &frame, LEDGER_READ, &ledger, reply))
        return;
    if (ledger_head(&ledger, &head, &err)) {
        (void)snprintf(name, sizeof name, "checkpoint-%" PRIu64, head.tree.size);
        reply_download(reply, "application/octet-stream", name, bytes_of(head.checkpoint, strlen(head.checkpoint)));
    } else {
        reply_failure(reply, 503, &frame, &err);
    }
    ledger_close(&ledger);
}

/* --- verification --- */

static void put_finding(void *context, const struct ledger_finding *finding)
{
    FILE *out = context;

    fprintf(out, "<li>%s %s: ", finding->is_bad ? "<strong>BAD</strong>" : "note,", finding->check);
    if (finding->has_seq)
        fprintf(out, "entry %" PRIu64 ": ", finding->seq);
    markup_text(out, finding->text);
    fputs("</li>\n", out);
}

static bool verify(FILE *out, struct ledger *ledger, struct error *err)
{
    struct ledger_verify *verify = calloc(1, sizeof *verify);
    bool ok;

    if (verify == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    verify->context = out;
    verify->finding = put_finding;
    fputs("<ul>\n", out);
    ok = database_check(&ledger->database, err) && ledger_verify(ledger, verify, err);
    fputs("</ul>\n", out);
    if (ok && verify->bad == 0)
        fprintf(out,
                "<p class=\"good\" role=\"status\"><strong>HOLDS:</strong> %" PRIu64 " entries, all as they were "
                "signed.</p>\n",
                verify->entries);
    else if (ok)
        fprintf(out,
                "<p class=\"failure\" role=\"alert\"><strong>DOES NOT HOLD:</strong> %" PRIu64 " of the checks above "
                "found something. Keep the state folder as it is, compare it with a backup, and find out who changed "
                "it.</p>\n",
                verify->bad);
    free(verify);
    return ok;
}

void web_log_verify(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Verification of the log");
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    FILE *out = pages_begin(desk, &frame, &ledger, reply);

    if (out == NULL)
        return;
    fputs("<h1>Verification of the log</h1>\n", out);
    if (!verify(out, &ledger, &err))
        reply_put_error(out, &err);
    fputs("<p><a href=\"/log\">Back to the log</a></p>\n", out);
    pages_end(&ledger, reply);
}
