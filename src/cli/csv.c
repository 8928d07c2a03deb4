/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct csv *csv, const char *field)
{
    output_result(csv->output, "%s%s", csv->has_field ? "," : "", field);
    csv->has_field = true;
}

void csv_text(struct csv *csv, const char *text)
{
    const size_t len = text != NULL ? strlen(text) : 0;
    char *quoted = malloc(2 * len + 4); /* each character a quote, the quotes around, an apostrophe, a NUL */
    size_t n = 0;

    if (quoted == NULL) {
        put(csv, "\"(no memory for this text)\"");
        return;
    }
    quoted[n++] = '"';
    if (len > 0 && strchr("=+-@\t\r", text[0]) != NULL)
        quoted[n++] = '\'';
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            quoted[n++] = '"';
        quoted[n++] = text[i];
    }
    quoted[n++] = '"';
    quoted[n] = '\0';
    put(csv, len > 0 ? quoted : "");
    free(quoted);
}

void csv_number(struct csv *csv, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, number);
    put(csv, text);
}

void csv_tenths(struct csv *csv, bool is_known, uint64_t tenths)
{
    char text[32] = "";

    if (is_known)
        snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
    put(csv, text);
}

void csv_end(struct csv *csv)
{
    if (!csv->output->json)
        fputs("\r\n", stdout); /* a control character, which output_result() would show */
    csv->has_field = false;
}

void csv_heading(const struct output *output, const char *names)
{
    struct csv csv = {.output = output};

    put(&csv, names);
    csv_end(&csv);
}
