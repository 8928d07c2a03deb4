/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/settings_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "issuer/input_file.h"

static bool load(const struct settings_kind *kind, const char *path, struct input_file *file, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    if (input_file_read(file, path, kind->most, INPUT_FILE_TRUSTED, &failure))
        return true;
    if (failure.system_errno == ENOENT)
        failure.next = kind->missing;
    error_pass(err, &failure);
    return false;
}

static bool parse(const struct settings_kind *kind, const struct input_file *file, void *document, struct error *err)
{
    struct profile_complaint complaint = {.reason = ERROR_NONE};
    struct tree_node *root = tree_read((const char *)file->data, file->len, &complaint);
    const bool ok = root != NULL && text_read_mapping(root, kind->fields, kind->help, document, &complaint) &&
                    (kind->check == NULL || kind->check(kind->context, document, root, &complaint));

    tree_free(root);
    return ok || complain_as_error(&complaint, kind->next, err);
}

bool settings_file_read(const struct settings_kind *kind, const char *path, void *document, struct error *err)
{
    struct input_file file = {.data = NULL};
    const bool ok = load(kind, path, &file, err) && parse(kind, &file, document, err);

    input_file_release(&file);
    if (ok)
        return true;
    error_doing(err, kind->doing);
    error_with_subject(err, path);
    return false;
}

const struct schema_field *settings_file_row(const struct schema_field *fields, const char *key)
{
    while (strcmp(fields->key, key) != 0)
        fields++;
    return fields;
}

bool settings_file_refuse(struct profile_complaint *complaint, const struct schema_field *fields,
                          const struct tree_node *mapping, const struct complain_path *path, const char *key,
                          const char *what)
{
    const struct complain_path inner = {.outer = path, .key = key};

    return complain_value(complaint, settings_file_row(fields, key), tree_get(mapping, key), &inner, what);
}

bool settings_file_complete(char *name, size_t size, const char *file, struct error *err)
{
    const char *slash = strrchr(file, '/');
    char whole[PATH_MAX];
    int len;

    if (name[0] == '\0' || name[0] == '/' || slash == NULL)
        return true;
    len = snprintf(whole, sizeof whole, "%.*s/%s", (int)(slash - file), file, name);
    if (len >= 0 && (size_t)len < sizeof whole && (size_t)len < size) {
        memcpy(name, whole, (size_t)len + 1);
        return true;
    }
    error_set(err, ERROR_INPUT_FILE, "the path of a file that these settings name is too long",
              "name a shorter path, or move the files");
    error_with_subject(err, file);
    return false;
}
