/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/label_settings.h"

#include <stddef.h>
#include <string.h>

#include "issuer/settings_file.h"
#include "station/printer.h"

#define FOLDER "folder:"

#define VALUE(member)                                                                                                  \
    .at = offsetof(struct panel_settings, member), .size = sizeof(((struct panel_settings *)0)->member)

static const struct profile_word formats[] = {{"svg", 1}, {"png", 2}, {"zpl", 3}, {NULL, 0}};

const struct schema_field label_settings_fields[] = {
    {.key = "to",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(labels.to),
     .help = "where labels go: folder:DIR, cups:PRINTER or zpl:HOST:PORT",
     .example = "to: 'zpl:printer.local:9100'"},
    {.key = "format",
     .kind = SCHEMA_WORD,
     VALUE(labels.format),
     .words = formats,
     .help = "the format of labels, if it is not what the printer usually gets",
     .example = "format: png"},
    {.key = "width",
     .kind = SCHEMA_NUMBER,
     VALUE(labels.width_mm),
     .min = 5,
     .max = 300,
     .help = "the width of a label in millimetres",
     .example = "width: 40"},
    {.key = "height",
     .kind = SCHEMA_NUMBER,
     VALUE(labels.height_mm),
     .min = 5,
     .max = 300,
     .help = "the height of a label in millimetres",
     .example = "height: 15"},
    {.key = "dpi",
     .kind = SCHEMA_NUMBER,
     VALUE(labels.dpi),
     .min = 100,
     .max = 1200,
     .help = "the printer's dots per inch",
     .example = "dpi: 203"},
    {.key = "confirmed",
     .kind = SCHEMA_FLAG,
     VALUE(labels.confirmed),
     .help = "whether a board that is only confirmed gets a label, too",
     .example = "confirmed: true"},
    {.key = "scan",
     .kind = SCHEMA_FLAG,
     VALUE(labels.scan),
     .help = "whether a label must be scanned before its socket takes the next board",
     .example = "scan: true"},
    {.key = NULL},
};

static bool refuse(const char *key, const char *fault, const struct tree_node *root,
                   struct profile_complaint *complaint)
{
    const struct complain_path path = {.key = "labels"};

    return settings_file_refuse(complaint, label_settings_fields, tree_get(root, "labels"), &path, key, fault);
}

bool label_settings_check(const struct panel_settings *settings, const struct tree_node *root,
                          struct profile_complaint *complaint)
{
    const struct panel_label_settings *labels = &settings->labels;
    const char *format = label_settings_format(labels);
    struct error ignored = {.reason = ERROR_NONE};
    struct printer printer;

    if (labels->to[0] == '\0')
        return true;
    if (!printer_read(labels->to, &printer, &ignored))
        return refuse("to", "is no place for labels: folder:DIR, cups:PRINTER or zpl:HOST:PORT", root, complaint);
    if (format != NULL && !printer_takes(&printer, format))
        return refuse("format", "is no format that this printer takes", root, complaint);
    if (labels->scan && settings->page[0] == '\0')
        return refuse("scan", "needs a page to scan at: page: '127.0.0.1:8080'", root, complaint);
    return true;
}

bool label_settings_complete(struct panel_label_settings *labels, const char *path, struct error *err)
{
    if (strncmp(labels->to, FOLDER, strlen(FOLDER)) != 0)
        return true;
    return settings_file_complete(labels->to + strlen(FOLDER), sizeof labels->to - strlen(FOLDER), path, err);
}

const char *label_settings_format(const struct panel_label_settings *labels)
{
    return labels->format == 0 ? NULL : profile_word_of(formats, labels->format);
}
