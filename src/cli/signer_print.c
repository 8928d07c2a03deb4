/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/signer_print.h"

#include <stdio.h>
#include <string.h>

#include "station/value.h"

#define LINE_SIZE 1536

static const char *or_dash(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

/* Order and subject are the station's words: the callers print the line through what makes text safe for a terminal. */
static void make_line(const struct signer_print *print, char line[static LINE_SIZE])
{
    const struct signer_record *record = print->record;
    char number[32] = "not recorded", left[48] = "", reason[SIGNER_WORD_MAX + 4] = "";

    if (print->number != 0)
        (void)snprintf(number, sizeof number, "record %lld", (long long)print->number);
    if (print->left >= 0)
        (void)snprintf(left, sizeof left, ", %lld left", (long long)print->left);
    if (strcmp(record->decision, record->reason) != 0)
        (void)snprintf(reason, sizeof reason, " (%s)", record->reason);
    (void)snprintf(line, LINE_SIZE, "%s %s%s order %s station %s%s%s%s subject \"%s\", %s%s%s%s", record->time,
                   record->decision, reason, or_dash(record->order), or_dash(record->station),
                   print->address != NULL ? " (" : "", print->address != NULL ? print->address : "",
                   print->address != NULL ? ")" : "", or_dash(record->subject), number, left,
                   or_dash(record->text)[0] != '-' ? ": " : "", record->text != NULL ? record->text : "");
}

static void print_object(const struct output *output, const struct signer_print *print)
{
    const struct signer_record *record = print->record;
    json_t *object =
        json_pack("{s:s, s:I, s:s, s:s, s:s}", "event", "signer-decision", "number", (json_int_t)print->number, "time",
                  record->time, "decision", record->decision, "reason", record->reason);
    const struct {
        const char *name, *text;
    } texts[] = {{"station", record->station},
                 {"order", record->order},
                 {"subject", record->subject},
                 {"text", record->text},
                 {"address", print->address}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].text != NULL && texts[i].text[0] != '\0')
            json_object_set_new(object, texts[i].name, value_text(texts[i].text));
    if (record->public_key.len != 0)
        json_object_set_new(object, "public_key", value_hex(record->public_key));
    if (print->left >= 0)
        json_object_set_new(object, "left", json_integer(print->left));
    output_object(output, object);
}

void signer_print_result(const struct output *output, const struct signer_print *print)
{
    char line[LINE_SIZE];

    make_line(print, line);
    output_result(output, "%s\n", line);
    print_object(output, print);
}

void signer_print_message(const struct output *output, const struct signer_print *print)
{
    char line[LINE_SIZE];

    make_line(print, line);
    output_say(output, "imprint: %s", line);
    print_object(output, print);
}
