/* SPDX-License-Identifier: Apache-2.0 */
#include "web/reply.h"

#include <stdlib.h>
#include <string.h>

#include "report/markup.h"

#define HTML "text/html; charset=utf-8"

void reply_release(struct reply *reply)
{
    if (reply->out != NULL)
        (void)fclose(reply->out);
    free(reply->body);
    *reply = (struct reply){.status = 0};
}

void reply_text(struct reply *reply, unsigned status, const char *text)
{
    const int len = asprintf(&reply->body, "%s\n", text);

    reply->status = status;
    reply->type = "text/plain; charset=utf-8";
    reply->len = len > 0 ? (size_t)len : 0;
    if (len < 0)
        reply->body = NULL;
}

void reply_redirect(struct reply *reply, const char *path)
{
    reply_text(reply, 303, "see the other page");
    (void)snprintf(reply->location, sizeof reply->location, "%s", path);
}

void reply_download(struct reply *reply, const char *type, const char *name, struct bytes content)
{
    reply->body = malloc(content.len + 1);
    if (reply->body == NULL) {
        reply_text(reply, 500, "out of memory");
        return;
    }
    memcpy(reply->body, content.data, content.len);
    reply->len = content.len;
    reply->status = 200;
    reply->type = type;
    (void)snprintf(reply->file_name, sizeof reply->file_name, "%s", name);
}

/* --- the frame --- */

static const struct {
    const char *path, *text;
} links[] = {
    {"/", "Sockets"}, {"/order", "Order"},  {"/report", "Report"}, {"/device", "Device"}, {"/quarantine", "Quarantine"},
    {"/log", "Log"},  {"/setup", "Set-up"},
};

void reply_put_token(FILE *out, const struct session *session)
{
    fprintf(out, "<input type=\"hidden\" name=\"token\" value=\"%s\">", session->form_token);
}

static void put_person(FILE *out, const struct session *session)
{
    fputs("<form class=\"who\" method=\"post\" action=\"/logout\"><span>", out);
    markup_text(out, session->user.name);
    fprintf(out, ", %s</span> ", users_role_name(session->user.role));
    reply_put_token(out, session);
    fputs("<button>Log out</button></form>\n", out);
}

static void put_navigation(FILE *out, const struct frame *frame)
{
    fputs("<nav aria-label=\"pages\">", out);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        fprintf(out, "<a href=\"%s\"%s>%s</a> ", links[i].path,
                strcmp(links[i].text, frame->title) == 0 ? " aria-current=\"page\"" : "", links[i].text);
    fputs(
        "</nav>\n<form class=\"scan\" action=\"/find\" role=\"search\"><label for=\"scan\">Scan</label> <input id=\"scan\" "
        "name=\"text\" autocomplete=\"off\" maxlength=\"64\"></form>\n",
        out);
    put_person(out, frame->session);
}

FILE *reply_begin_page(struct reply *reply, unsigned status, const struct frame *frame)
{
    FILE *out = open_memstream(&reply->body, &reply->len);

    reply->out = out;
    reply->status = status;
    reply->type = HTML;
    if (out == NULL) {
        reply_text(reply, 500, "out of memory");
        return NULL;
    }
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          out);
    markup_text(out, frame->title);
    fputs(": ", out);
    markup_text(out, frame->station);
    fputs("</title>\n<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n", out);
    if (frame->style != NULL)
        fprintf(out, "<link rel=\"stylesheet\" href=\"%s\">\n", frame->style);
    if (frame->script != NULL)
        fprintf(out, "<script src=\"%s\" defer></script>\n", frame->script);
    fputs("<link rel=\"stylesheet\" href=\"/pages.css\">\n<script src=\"/scan.js\" defer></script>\n</head>\n<body>\n"
          "<header class=\"bar\"><strong>",
          out);
    markup_text(out, frame->station);
    fputs("</strong>\n", out);
    if (frame->session->id != 0)
        put_navigation(out, frame);
    fputs("</header>\n<main>\n", out);
    return out;
}

void reply_end_page(struct reply *reply)
{
    bool ok;

    if (reply->out == NULL)
        return;
    fputs("</main>\n</body>\n</html>\n", reply->out);
    ok = ferror(reply->out) == 0;
    ok = fclose(reply->out) == 0 && ok;
    reply->out = NULL;
    if (ok)
        return;
    free(reply->body);
    reply->body = NULL;
    reply_text(reply, 500, "out of memory");
}

/* --- failures --- */

static void put_sentence(FILE *out, const char *lead, const char *text)
{
    if (text == NULL)
        return;
    fputs(lead, out);
    markup_text(out, text);
}

void reply_put_error(FILE *out, const struct error *err)
{
    const char *next = err->next != NULL ? err->next : error_reason_advice(err->reason);

    fputs("<p class=\"failure\" role=\"alert\"><strong>Cannot ", out);
    markup_text(out, err->doing != NULL ? err->doing : "continue");
    fputs("</strong>", out);
    put_sentence(out, " (", err->subject);
    fputs(err->subject != NULL ? "): " : ": ", out);
    markup_text(out, err->cause != NULL ? err->cause : error_reason_name(err->reason));
    if (err->system_errno != 0)
        put_sentence(out, ": ", strerror(err->system_errno));
    put_sentence(out, ".<br>Next: ", next);
    fputs("</p>\n", out);
}

void reply_failure(struct reply *reply, unsigned status, const struct frame *frame, const struct error *err)
{
    FILE *out = reply_begin_page(reply, status, frame);

    if (out != NULL) {
        fputs("<h1>", out);
        markup_text(out, frame->title);
        fputs("</h1>\n", out);
        reply_put_error(out, err);
    }
    reply_end_page(reply);
}
