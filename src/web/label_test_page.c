/* SPDX-License-Identifier: Apache-2.0 */
/* A test label: printed by the panel's worker as any label is, and scanned back. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/check_char.h"
#include "report/markup.h"
#include "web/pages.h"
#include "web/teach.h"

#define DIGITS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define WORD_SIZE 16

/* --- on the page --- */

static void put_result(FILE *out, const json_t *test)
{
    const char *word = pages_text(test, "serial"), *state = pages_text(test, "state");

    if (strcmp(state, "failed") == 0) {
        fprintf(out, "<p class=\"failure\" role=\"alert\"><strong>%s was not printed</strong>: ", word);
        markup_text(out, pages_text(test, "cause"));
        fputs(".<br>Next: ", out);
        markup_text(out, pages_text(test, "next"));
        fputs("</p>\n", out);
    } else if (strcmp(state, "printed") == 0) {
        fprintf(out,
                "<p class=\"good\" role=\"status\"><strong>%s was handed over to the printer.</strong> See that paper "
                "came out, then scan it.</p>\n",
                word);
    } else {
        fprintf(out, "<p id=\"printing\" role=\"status\">%s is being printed.</p>\n", word);
    }
}

static void put_scan(FILE *out, const struct session *session)
{
    fputs("<form class=\"act\" method=\"post\" action=\"/setup/label/scan\">", out);
    reply_put_token(out, session);
    fputs("<label>Test label, scanned <input name=\"text\" required maxlength=\"64\" size=\"20\" autocomplete=\"off\" "
          "autofocus></label> <button>Compare</button></form>\n",
          out);
}

void web_put_label_test(FILE *out, const struct desk *desk, const struct call *call, const json_t *state)
{
    const struct session *session = &call->session;
    const json_t *test = json_object_get(state, "label_test");
    const char *asked = request_field(&call->form, "label"), *word = pages_text(test, "serial");
    const bool is_asked = strcmp(asked, word) > 0; /* later, and the panel has not heard of it yet */

    if (session->user.role != USERS_LEAD || desk->settings->labels_to[0] == '\0')
        return;
    fputs("<h2>Label test</h2>\n<p>Labels go to ", out);
    markup_text(out, desk->settings->labels_to);
    fputs(".</p>\n", out);
    if (is_asked) {
        fputs("<p id=\"printing\" role=\"status\">", out);
        markup_text(out, asked);
        fputs(" is being printed.</p>\n", out);
    } else if (test != NULL) {
        put_result(out, test);
    }
    if (!is_asked && strcmp(pages_text(test, "state"), "printed") == 0)
        put_scan(out, session);
    fputs("<form class=\"act\" method=\"post\" action=\"/setup/label\">", out);
    reply_put_token(out, session);
    fputs("<button>Print a test label</button></form>\n", out);
}

/* --- printing --- */

/* TEST and the time: another one each second. */
static void make_word(char word[static WORD_SIZE])
{
    char digits[WORD_SIZE];
    unsigned long number = (unsigned long)time(NULL);
    size_t len = 0;

    for (; len < 6; len++, number /= 36)
        digits[5 - len] = DIGITS[number % 36];
    (void)snprintf(word, WORD_SIZE, "TEST%.6s", digits);
}

void web_setup_label(struct desk *desk, const struct call *call, struct reply *reply)
{
    char word[WORD_SIZE], path[REPLY_HEADER_SIZE];

    (void)call;
    make_word(word);
    (void)snprintf(path, sizeof path, "/setup?label=%s", word);
    if (desk->settings->labels_to[0] == '\0')
        reply_text(reply, 409, "the station file has no `labels`: write where they go, and start the station again");
    else if (!asks_put(&desk->asks, PAGE_ASK_LABEL_TEST, word))
        reply_text(reply, 503, "too many people ask at once: try again");
    else
        reply_redirect(reply, path);
}

/* --- scanning back --- */

/* Whether it is the word, as the QR code has it or as it is typed: any case, blanks and hyphens, the check character.
 */
static bool is_word(const char *scanned, const char *word)
{
    char plain[PAGE_TEXT_SIZE];
    const size_t word_len = strlen(word);
    size_t len = 0;

    for (; *scanned != '\0' && len + 1 < sizeof plain; scanned++)
        if (*scanned != ' ' && *scanned != '-')
            plain[len++] = (char)toupper((unsigned char)*scanned);
    plain[len] = '\0';
    return *scanned == '\0' && word_len > 0 && strncmp(plain, word, word_len) == 0 &&
           (len == word_len || (len == word_len + 1 && plain[word_len] == check_char_of(word)));
}

void web_setup_label_scan(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Set-up");
    const char *scanned = request_field(&call->form, "text");
    char *text = streams_state(desk->streams);
    json_t *state = text != NULL ? json_loads(text, 0, NULL) : NULL;
    const char *word = pages_text(json_object_get(state, "label_test"), "serial");
    const bool matches = is_word(scanned, word);
    FILE *out = reply_begin_page(reply, matches ? 200 : 409, &frame);

    if (out != NULL) {
        fprintf(out, "<h1>Label test</h1>\n<p class=\"%s\" role=\"alert\">&ldquo;", matches ? "good" : "failure");
        markup_text(out, scanned);
        fputs("&rdquo; was scanned", out);
        if (matches)
            fputs(": printer and scanner work.</p>\n", out);
        else
            fprintf(out,
                    "; expected: %s.<br>Next: scan the test label that was printed last, or print another one.</p>\n",
                    word[0] != '\0' ? word : "a test label that was printed");
        fputs("<p><a href=\"/setup\">Set-up</a></p>\n", out);
    }
    reply_end_page(reply);
    json_decref(state);
    free(text);
}
