/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML file with settings that is no profile: how such a file is read, checked and complained about. */
#ifndef IMPRINT_ISSUER_SETTINGS_FILE_H
#define IMPRINT_ISSUER_SETTINGS_FILE_H

#include <stddef.h>

#include "base/error.h"
#include "profile/text/complain.h"
#include "profile/text/schema.h"
#include "profile/text/tree.h"

/* The row that the fields of each of these files begin with; `type` is its document, with the member `version`. */
#define SETTINGS_VERSION(type)                                                                                         \
    {.key = "imprint",                                                                                                 \
     .kind = SCHEMA_NUMBER,                                                                                            \
     .required = true,                                                                                                 \
     .at = offsetof(type, version),                                                                                    \
     .size = sizeof(((type *)0)->version),                                                                             \
     .min = 1,                                                                                                         \
     .max = 1,                                                                                                         \
     .help = "the version of the format",                                                                              \
     .example = "imprint: 1"}

/* One kind of file. Texts are literals. */
struct settings_kind {
    const char *help;    /* what it is: "an issuers file" */
    const char *doing;   /* "read the issuers file" */
    const char *missing; /* what to do where there is none */
    const char *next;    /* what to do about a mistake in it */
    size_t most;         /* bytes */
    const struct schema_field *fields;
    /* The rules that no single setting breaks; NULL: none. `context` is the caller's. False with a complaint. */
    bool (*check)(const void *context, const void *document, const struct tree_node *root,
                  struct profile_complaint *complaint);
    const void *context;
};

/*
 * Reads and checks the file into `document`, which the caller has zeroed. False with ERROR_INPUT_FILE: file, line and
 * column, what was found and expected; also for a file that every user of this machine can write.
 */
bool settings_file_read(const struct settings_kind *kind, const char *path, void *document, struct error *err);

/* The row of the setting `key`, which `fields` have. */
const struct schema_field *settings_file_row(const struct schema_field *fields, const char *key);

/* Complains about the setting `key` of `mapping`, whose rows are `fields`. `what` follows its value: "names no folder".
 */
bool settings_file_refuse(struct profile_complaint *complaint, const struct schema_field *fields,
                          const struct tree_node *mapping, const struct complain_path *path, const char *key,
                          const char *what);

/*
 * Makes `name`, an array of `size` bytes with the name of a file that the settings in `file` mention, complete: a
 * relative name starts in that file's folder. An empty one stays empty. False with ERROR_INPUT_FILE: it is too long.
 */
bool settings_file_complete(char *name, size_t size, const char *file, struct error *err);

#endif
