/* SPDX-License-Identifier: Apache-2.0 */
#include "report/attempt.h"

#include <string.h>

#include <jansson.h>

#include "ledger/canonical.h"

static bool is(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of(word, strlen(word)));
}

/* Cut at `size`, but never within a UTF-8 character. */
static void copy_cut(const char *text, size_t len, char *to, size_t size)
{
    if (len > size - 1) {
        len = size - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(to, text, len);
    to[len] = '\0';
}

/* A JSON string; null and everything else leave `to` empty. */
static void copy_text(struct bytes value, char *to, size_t size)
{
    json_t *text;

    if (value.len < 2 || value.data[0] != '"')
        return;
    if (memchr(value.data, '\\', value.len) == NULL) {
        copy_cut((const char *)value.data + 1, value.len - 2, to, size);
        return;
    }
    text = json_loadb((const char *)value.data, value.len, JSON_DECODE_ANY, NULL);
    if (text != NULL)
        copy_cut(json_string_value(text), json_string_length(text), to, size);
    json_decref(text);
}

static void on_profile(void *context, struct bytes name, struct bytes value)
{
    struct attempt *attempt = context;

    if (is(name, "name"))
        copy_text(value, attempt->profile, sizeof attempt->profile);
    else if (is(name, "digest"))
        copy_text(value, attempt->digest, sizeof attempt->digest);
}

static void on_board(void *context, struct bytes name, struct bytes value)
{
    struct attempt *attempt = context;

    if (is(name, "firmware"))
        copy_text(value, attempt->firmware, sizeof attempt->firmware);
}

static void on_run(void *context, struct bytes name, struct bytes value)
{
    struct attempt *attempt = context;

    if (is(name, "virtual") && is(value, "true"))
        attempt->is_rehearsal = true;
    else if (is(name, "board"))
        (void)canonical_check(value, on_board, attempt, NULL);
}

static void on_evidence(void *context, struct bytes name, struct bytes value)
{
    struct attempt *attempt = context;

    if (is(name, "rehearsal") && value.len > 2 && value.data[0] == '[') /* "[]": nothing of a rehearsal */
        attempt->is_rehearsal = true;
    else if (is(name, "run"))
        (void)canonical_check(value, on_run, attempt, NULL);
}

static void on_member(void *context, struct bytes name, struct bytes value)
{
    struct attempt *attempt = context;
    const struct {
        const char *name;
        char *text;
        size_t size;
    } texts[] = {
        {"kind", attempt->kind, sizeof attempt->kind},       {"result", attempt->result, sizeof attempt->result},
        {"device", attempt->device, sizeof attempt->device}, {"reason", attempt->reason, sizeof attempt->reason},
        {"order", attempt->order, sizeof attempt->order},    {"station", attempt->station, sizeof attempt->station},
        {"time", attempt->time, sizeof attempt->time},       {"started", attempt->started, sizeof attempt->started},
        {"ended", attempt->ended, sizeof attempt->ended},
    };

    if (is(name, "profile"))
        (void)canonical_check(value, on_profile, attempt, NULL);
    else if (is(name, "evidence"))
        (void)canonical_check(value, on_evidence, attempt, NULL);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (is(name, texts[i].name))
            copy_text(value, texts[i].text, texts[i].size);
}

static enum attempt_class classify(const struct attempt *attempt)
{
    static const struct {
        const char *kind, *result; /* NULL: any */
        enum attempt_class class;
    } rows[] = {
        {"adopt", NULL, ATTEMPT_ADOPTED},
        {"retire", NULL, ATTEMPT_RETIRED},
        {"board prove", NULL, ATTEMPT_PROVEN},
        {"provision", "provisioned", ATTEMPT_PASSED},
        {"provision", "confirmed", ATTEMPT_CONFIRMED},
        {"provision", "refused", ATTEMPT_FAILED},
        {"provision", "failed", ATTEMPT_FAILED},
        {"provision", "interrupted", ATTEMPT_FAILED},
    };
    const char *kind = strcmp(attempt->kind, "board provision") == 0 ? "provision" : attempt->kind;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(kind, rows[i].kind) == 0 && (rows[i].result == NULL || strcmp(attempt->result, rows[i].result) == 0))
            return rows[i].class;
    return ATTEMPT_OTHER;
}

void attempt_read(struct bytes body, struct attempt *attempt)
{
    memset(attempt, 0, sizeof *attempt);
    attempt->class = canonical_check(body, on_member, attempt, NULL) ? ATTEMPT_OTHER : ATTEMPT_UNREADABLE;
    if (attempt->class == ATTEMPT_OTHER)
        attempt->class = classify(attempt);
}

bool attempt_is_production(const struct attempt *attempt)
{
    return attempt->class == ATTEMPT_PASSED || attempt->class == ATTEMPT_FAILED;
}
