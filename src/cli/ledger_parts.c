/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ledger_parts.h"

#include "cli/csv.h"

#define FIELDS_MAX 10

/* The columns after `device`: fields of the record (docs/reference/record.md), in the order in which they are printed.
 */
static const struct parts {
    const char *list, *event, *heading;
    const char *fields[FIELDS_MAX]; /* up to NULL */
} parts[] = {
    [LEDGER_PARTS_KEYS] = {"keys",
                           "ledger-key",
                           "device,key_id,name,method,slot,public_key",
                           {"key_id", "name", "method", "slot", "public_key"}},
    [LEDGER_PARTS_CERTIFICATES] = {"certificates",
                                   "ledger-certificate",
                                   "device,name,key_id,issuer,kind,subject,serial_number,not_before,not_after,sha256,"
                                   "certificate",
                                   {"name", "key_id", "issuer", "kind", "subject", "serial_number", "not_before",
                                    "not_after", "sha256", "certificate"}},
};

void ledger_parts_heading(const struct output *output, enum ledger_parts which)
{
    csv_heading(output, parts[which].heading);
}

static void print_part(const struct output *output, const struct parts *which, json_t *device, const json_t *part)
{
    struct csv csv = {.output = output};
    json_t *object = json_pack("{s:s}", "event", which->event);

    json_object_set(object, "device", device);
    csv_text(&csv, json_string_value(device));
    for (size_t i = 0; i < FIELDS_MAX && which->fields[i] != NULL; i++) {
        json_t *value = json_object_get(part, which->fields[i]);

        json_object_set(object, which->fields[i], value);
        if (json_is_integer(value))
            csv_number(&csv, (uint64_t)json_integer_value(value));
        else
            csv_text(&csv, json_string_value(value));
    }
    csv_end(&csv);
    output_object(output, object);
}

void ledger_parts_print(const struct output *output, enum ledger_parts which, const json_t *entry)
{
    const json_t *part;
    size_t i;

    json_array_foreach(json_object_get(json_object_get(entry, "evidence"), parts[which].list), i, part)
        print_part(output, &parts[which], json_object_get(entry, "device"), part);
}
