/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a device: all its entries, its certificates, and the proof that the ledger has it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "order/claim.h"
#include "report/markup.h"
#include "report/serial_word.h"
#include "web/decision.h"
#include "web/pages.h"
#include "web/proof_file.h"

#define ATTEMPTS_SHOWN 200

/* The entry that says what the device is: of the last run that finished it. NULL, with no reason, where none did. */
static json_t *read_made(struct ledger *ledger, const char *serial, struct error *err)
{
    uint64_t seq;

    return ledger_last_made(ledger, serial, &seq, err) ? pages_read_entry(ledger, seq, err) : NULL;
}

/* --- the page --- */

static bool put_entries(FILE *out, struct ledger *ledger, const char *serial, struct error *err)
{
    uint64_t *seqs = calloc(ATTEMPTS_SHOWN, sizeof *seqs);
    const size_t count = seqs != NULL ? ledger_attempts(ledger, serial, seqs, ATTEMPTS_SHOWN, err) : 0;
    bool ok = seqs != NULL && err->reason == ERROR_NONE;

    fputs("<h2>Entries, newest first</h2>\n", out);
    pages_begin_entries(out);
    for (size_t i = 0; ok && i < count; i++) {
        json_t *entry = pages_read_entry(ledger, seqs[i], err);

        ok = entry != NULL;
        if (ok)
            pages_put_entry(out, seqs[i], entry);
        json_decref(entry);
    }
    fputs("</table></div>\n", out);
    if (count == ATTEMPTS_SHOWN)
        fprintf(out, "<p>The newest %d are shown; all: <code>imprint ledger show</code>.</p>\n", ATTEMPTS_SHOWN);
    free(seqs);
    return ok;
}

static void put_keys(FILE *out, const json_t *evidence)
{
    const json_t *key;
    size_t i;

    fputs(
        "<h2>Keys</h2>\n<div class=\"wide\" role=\"region\" aria-label=\"keys\" tabindex=\"0\"><table class=\"plain\"><thead><tr><th "
        "scope=\"col\">Key id</th><th scope=\"col\">Name</th><th scope=\"col\">Made by</th><th scope=\"col\">Public "
        "key</th></tr></thead>\n",
        out);
    json_array_foreach(json_object_get(evidence, "keys"), i, key)
    {
        fprintf(out, "<tr><td>%" JSON_INTEGER_FORMAT "</td>", json_integer_value(json_object_get(key, "key_id")));
        pages_put_cell(out, pages_text(key, "name"));
        pages_put_cell(out, pages_text(key, "method"));
        fputs("<td class=\"long\">", out);
        markup_text(out, pages_text(key, "public_key"));
        fputs("</td></tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

static void put_certificates(FILE *out, const char *serial, const json_t *evidence)
{
    const json_t *list = json_object_get(evidence, "certificates"), *one;
    size_t i;

    if (json_array_size(list) == 0)
        return;
    fputs("<h2>Certificates</h2>\n<ul>\n", out);
    json_array_foreach(list, i, one)
    {
        fprintf(out, "<li><a href=\"/device/certificate?serial=%s&amp;number=%zu\">", serial, i);
        markup_text(out, pages_text(one, "name"));
        fputs("</a>: ", out);
        markup_text(out, pages_text(one, "subject"));
        fputs(", until ", out);
        markup_text(out, pages_text(one, "not_after"));
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

/* What failures the device has, and what a lead can decide about them. */
static bool put_quarantine(FILE *out, const struct desk *desk, const struct session *session, struct ledger *ledger,
                           const char *serial, struct error *err)
{
    struct quarantine found;

    if (!quarantine_look(ledger, serial, desk->settings->tries, &found, err))
        return false;
    if (found.is_finished || (found.failures == 0 && found.state == QUARANTINE_NONE))
        return true;
    fputs("<h2>Failures</h2>\n<p>", out);
    if (found.state == QUARANTINE_SCRAPPED)
        fputs("<strong>Scrapped</strong>: no station works on it again.", out);
    else
        fprintf(
            out, "It has failed %u time%s through its own fault. %s", found.failures, found.failures == 1 ? "" : "s",
            found.state == QUARANTINE_HELD ? "It is <strong>in quarantine</strong>: this station works on it when a "
                                             "lead has said rework."
                                           : "It may be tried again, in another socket.");
    fputs("</p>\n", out);
    decision_put_forms(out, session, serial, &found, false);
    return true;
}

static bool put_device(FILE *out, const struct desk *desk, const struct session *session, struct ledger *ledger,
                       const char *serial, struct error *err)
{
    char board[ORDER_BOARD_SIZE] = "";
    json_t *made = read_made(ledger, serial, err);
    bool ok = err->reason == ERROR_NONE && order_board_of(&ledger->database, serial, board, err);

    if (ok && board[0] != '\0') {
        fputs("<p>Board ", out);
        markup_text(out, board);
        fputs("</p>\n", out);
    }
    if (ok && made == NULL)
        fputs("<p>No run has finished this device.</p>\n", out);
    ok = ok && put_quarantine(out, desk, session, ledger, serial, err) && put_entries(out, ledger, serial, err);
    if (ok && made != NULL) {
        put_keys(out, json_object_get(made, "evidence"));
        put_certificates(out, serial, json_object_get(made, "evidence"));
        fprintf(out,
                "<p><a href=\"/device/proof?serial=%s\">Proof for the customer</a>: the last entry that finished the "
                "device, and how to check that the ledger has it.</p>\n",
                serial);
    }
    json_decref(made);
    return ok;
}

static void put_search(FILE *out, const char *asked)
{
    fputs("<form action=\"/device\" role=\"search\"><label>Serial number <input name=\"serial\" size=\"24\" value=\"",
          out);
    markup_text(out, asked);
    fputs("\"></label> <button>Show</button></form>\n", out);
}

static bool is_known(struct ledger *ledger, const char *serial, struct error *err)
{
    uint64_t seq;

    if (ledger_attempts(ledger, serial, &seq, 1, err) == 1)
        return true;
    error_set(err, ERROR_USAGE, "the ledger has no entry of this device", "compare the number with the label");
    error_with_subject(err, serial);
    error_doing(err, "show the device");
    return false;
}

void web_device(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Device");
    const char *asked = request_field(&call->form, "serial");
    char room[ERROR_ROOM], serial[LEDGER_DEVICE_SIZE] = "";
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    FILE *out = pages_begin(desk, &frame, &ledger, reply);

    if (out == NULL)
        return;
    const bool ok = asked[0] == '\0' || (serial_word_read(asked, serial, &err) && is_known(&ledger, serial, &err));

    fprintf(out, "<h1>Device %s</h1>\n", ok ? serial : "");
    put_search(out, asked);
    if (!ok || (serial[0] != '\0' && !put_device(out, desk, &call->session, &ledger, serial, &err))) {
        reply->status = 404;
        reply_put_error(out, &err);
    }
    pages_end(&ledger, reply);
}

/* --- downloads --- */

/* DER of the certificate with this number in the evidence, for free(). False: there is none. */
static bool decode_certificate(const json_t *made, const char *number, struct bytes_out *der)
{
    const json_t *list = json_object_get(json_object_get(made, "evidence"), "certificates");
    const json_t *one = json_array_get(list, (size_t)strtoul(number, NULL, 10));
    const char *text = pages_text(one, "certificate");
    const size_t len = strlen(text);

    *der = (struct bytes_out){.data = malloc(len / 2 + 1), .cap = len / 2 + 1};
    return der->data != NULL && len > 0 && hex_decode(text, len, der, NULL);
}

void web_device_certificate(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Device");
    char room[ERROR_ROOM], serial[LEDGER_DEVICE_SIZE], name[REPLY_HEADER_SIZE];
    struct error err = ERROR_IN(room);
    struct bytes_out der = {.data = NULL};
    struct ledger ledger;
    json_t *made;

    if (!pages_open_ledger(desk, &frame, LEDGER_READ, &ledger, reply))
        return;
    made =
        serial_word_read(request_field(&call->form, "serial"), serial, &err) ? read_made(&ledger, serial, &err) : NULL;
    if (made != NULL && decode_certificate(made, request_field(&call->form, "number"), &der)) {
        (void)snprintf(name, sizeof name, "%s.crt", serial);
        reply_download(reply, "application/pkix-cert", name, bytes_written(&der));
    } else {
        reply_text(reply, 404, "the ledger has no such certificate");
    }
    free(der.data);
    json_decref(made);
    ledger_close(&ledger);
}

void web_device_proof(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Device");
    char room[ERROR_ROOM], serial[LEDGER_DEVICE_SIZE], name[REPLY_HEADER_SIZE];
    struct error err = ERROR_IN(room);
    struct ledger ledger;
    char *tar = NULL;
    size_t len = 0;
    uint64_t seq;

    if (!pages_open_ledger(desk, &frame, LEDGER_READ, &ledger, reply))
        return;
    if (serial_word_read(request_field(&call->form, "serial"), serial, &err) && is_known(&ledger, serial, &err) &&
        (ledger_last_made(&ledger, serial, &seq, &err) ||
         (err.reason == ERROR_NONE && ledger_attempts(&ledger, serial, &seq, 1, &err) == 1)) &&
        proof_file_make(&ledger, seq, serial, &tar, &len, &err)) {
        (void)snprintf(name, sizeof name, "%s-proof.tar", serial);
        reply_download(reply, "application/x-tar", name, bytes_of(tar, len));
    } else {
        reply_failure(reply, 404, &frame, &err);
    }
    free(tar);
    ledger_close(&ledger);
}
