/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/text/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "base/suggest.h"

#define SHOWN_MAX 40 /* characters of a found value to show */

/* A text of bounded length; longer text is cut off. */
struct complain_line {
    char *at;
    size_t left; /* the closing NUL included */
};

__attribute__((format(printf, 2, 3))) static void line_add(struct complain_line *line, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(line->at, line->left, format, arguments);
    va_end(arguments);
    if (len < 0)
        return;
    if ((size_t)len >= line->left)
        len = (int)(line->left - 1);
    line->at += len;
    line->left -= (size_t)len;
}

static void line_add_path(struct complain_line *line, const struct complain_path *path)
{
    const struct complain_path *steps[TREE_DEPTH_MAX];
    size_t count = 0;

    for (; path != NULL && count < TREE_DEPTH_MAX; path = path->outer)
        steps[count++] = path;
    if (count == 0)
        line_add(line, "profile");
    for (size_t i = count; i-- != 0;) {
        if (steps[i]->key == NULL)
            line_add(line, "[%zu]", steps[i]->index);
        else
            line_add(line, "%s%s", i + 1 == count ? "" : ".", steps[i]->key);
    }
}

/* Prints a value as found: shortened, printable, on one line. */
static void line_add_found(struct complain_line *line, const struct tree_node *node)
{
    const char *quote = node->quoted ? "\"" : "'";
    size_t len = strlen(node->text);

    if (node->kind != TREE_SCALAR) {
        line_add(line, "%s", node->kind == TREE_LIST ? "a list" : "a mapping");
        return;
    }
    if (len == 0 && !node->quoted) {
        line_add(line, "nothing");
        return;
    }
    line_add(line, "%s", quote);
    for (size_t i = 0; i < len && i < SHOWN_MAX; i++) {
        unsigned char c = (unsigned char)node->text[i];

        line_add(line, "%c", c >= 0x20 && c < 0x7f ? c : '?');
    }
    line_add(line, "%s%s", len > SHOWN_MAX ? "..." : "", quote);
}

static void line_add_number(struct complain_line *line, uint32_t number, bool hex)
{
    if (hex && number > 1)
        line_add(line, "0x%02x", (unsigned)number);
    else
        line_add(line, "%u", (unsigned)number);
}

static void line_add_words(struct complain_line *line, const struct profile_word *words)
{
    for (const struct profile_word *word = words; word->word != NULL; word++)
        line_add(line, "%s%s", word == words ? "" : word[1].word == NULL ? " or " : ", ", word->word);
}

static void line_add_keys(struct complain_line *line, const struct schema_field *fields)
{
    for (const struct schema_field *field = fields; field->key != NULL; field++)
        line_add(line, "%s%s", field == fields ? "" : field[1].key == NULL ? " or " : ", ", field->key);
}

static void line_add_expected(struct complain_line *line, const struct schema_field *field)
{
    line_add(line, "%s: ", field->help);
    switch (field->kind) {
    case SCHEMA_NUMBER:
        line_add_number(line, field->min, field->hex);
        if (field->max != field->min) {
            line_add(line, " to ");
            line_add_number(line, field->max, field->hex);
        }
        break;
    case SCHEMA_FLAG:
        line_add(line, "true or false");
        break;
    case SCHEMA_NAME:
        line_add(line, "a letter, then letters, digits, - and _, at most %zu characters", field->size - 1);
        break;
    case SCHEMA_NAMES:
        line_add(line, "a list of %u to %u different names", (unsigned)field->min, (unsigned)field->max);
        break;
    case SCHEMA_FILE:
        line_add(line, "a file name of at most %zu bytes", field->size - 1);
        break;
    case SCHEMA_TEXT:
        line_add(line, "a text of at most %zu bytes", field->size - 1);
        break;
    case SCHEMA_VALIDITY:
        line_add(line, "never, 1 to %u years, or a day such as 2045-12-31", (unsigned)field->max);
        break;
    case SCHEMA_WORD:
        line_add_words(line, field->words);
        break;
    case SCHEMA_WORDS:
        line_add(line, "a list of ");
        line_add_words(line, field->words);
        break;
    case SCHEMA_MAPPING:
        line_add(line, "a mapping with the keys ");
        line_add_keys(line, field->fields);
        break;
    case SCHEMA_ENTRIES:
        line_add(line, "a list of %u to %u mappings with the keys ", (unsigned)field->min, (unsigned)field->max);
        line_add_keys(line, field->fields);
        break;
    case SCHEMA_KIND_COUNT:
        break;
    }
    if (field->example != NULL)
        line_add(line, ", for example %s", field->example);
}

static void line_add_guess(struct complain_line *line, const struct suggestion *guess)
{
    if (guess->word != NULL)
        line_add(line, "; did you mean '%s'?", guess->word);
}

/* Starts a complaint at `node` with the path; the caller adds what is wrong. */
static struct complain_line complain_start(struct profile_complaint *complaint, enum error_reason reason,
                                           const struct tree_node *node, const struct complain_path *path)
{
    struct complain_line line = {.at = complaint->message, .left = sizeof(complaint->message)};

    *complaint = (struct profile_complaint){.reason = reason, .line = node->line, .column = node->column};
    line_add_path(&line, path);
    line_add(&line, ": ");
    return line;
}

static struct complain_line complain_expected(struct profile_complaint *complaint)
{
    return (struct complain_line){.at = complaint->expected, .left = sizeof(complaint->expected)};
}

bool complain_file(struct profile_complaint *complaint, const char *expected, const char *format, ...)
{
    va_list arguments;

    *complaint = (struct profile_complaint){.reason = ERROR_INPUT_FILE};
    va_start(arguments, format);
    (void)vsnprintf(complaint->message, sizeof(complaint->message), format, arguments);
    va_end(arguments);
    (void)snprintf(complaint->expected, sizeof(complaint->expected), "%s", expected);
    return false;
}

bool complain_memory(struct profile_complaint *complaint)
{
    (void)complain_file(complaint, "", "out of memory");
    complaint->reason = ERROR_UNEXPECTED;
    return false;
}

bool complain_value(struct profile_complaint *complaint, const struct schema_field *field, const struct tree_node *node,
                    const struct complain_path *path, const char *what)
{
    struct complain_line line = complain_start(complaint, ERROR_PROFILE_SCHEMA, node, path);
    struct complain_line expected = complain_expected(complaint);

    line_add_found(&line, node);
    line_add(&line, " %s", what);
    line_add_expected(&expected, field);
    return false;
}

bool complain_word(struct profile_complaint *complaint, const struct schema_field *field, const struct tree_node *node,
                   const struct complain_path *path)
{
    struct complain_line line = complain_start(complaint, ERROR_PROFILE_SCHEMA, node, path);
    struct complain_line expected = complain_expected(complaint);
    struct suggestion guess = {.word = NULL};

    for (const struct profile_word *word = field->words; node->kind == TREE_SCALAR && word->word != NULL; word++)
        suggest_consider(&guess, node->text, strlen(node->text), word->word);
    line_add_found(&line, node);
    line_add(&line, " is not one of its values");
    line_add_guess(&line, &guess);
    line_add_expected(&expected, field);
    return false;
}

bool complain_unknown(struct profile_complaint *complaint, const struct schema_field *fields,
                      const struct tree_node *key, const struct complain_path *path)
{
    struct complain_line line = complain_start(complaint, ERROR_PROFILE_SCHEMA, key, path);
    struct complain_line expected = complain_expected(complaint);
    struct suggestion guess = {.word = NULL};

    for (const struct schema_field *field = fields; key->kind == TREE_SCALAR && field->key != NULL; field++)
        suggest_consider(&guess, key->text, strlen(key->text), field->key);
    line_add_found(&line, key);
    line_add(&line, " is not a key of this mapping");
    line_add_guess(&line, &guess);
    line_add_keys(&expected, fields);
    return false;
}

bool complain_twice(struct profile_complaint *complaint, const struct tree_node *key, uint32_t first_line,
                    const struct complain_path *path)
{
    struct complain_line line = complain_start(complaint, ERROR_PROFILE_SCHEMA, key, path);
    struct complain_line expected = complain_expected(complaint);

    line_add(&line, "given twice, first in line %u", (unsigned)first_line);
    line_add(&expected, "each key once");
    return false;
}

bool complain_missing(struct profile_complaint *complaint, const struct schema_field *field,
                      const struct tree_node *mapping, const struct complain_path *path)
{
    const struct complain_path missing = {.outer = path, .key = field->key};
    struct complain_line line = complain_start(complaint, ERROR_PROFILE_SCHEMA, mapping, &missing);
    struct complain_line expected = complain_expected(complaint);

    line_add(&line, "is missing");
    line_add_expected(&expected, field);
    return false;
}

/* An entry named in a conflict: its node (NULL if there is none) and its path. */
struct complain_place {
    const struct tree_node *node;
    struct complain_path list, path;
    bool whole; /* the profile itself, which has no path */
};

static void complain_find_entry(struct complain_place *entry, const struct tree_node *root, enum profile_place place,
                                size_t index)
{
    const struct tree_node *chip = tree_get(root, "chip");

    *entry = (struct complain_place){.node = root, .whole = place == PROFILE_AT_TOP};
    switch (place) {
    case PROFILE_AT_TOP:
        break;
    case PROFILE_AT_CHIP:
        entry->node = chip;
        entry->path.key = "chip";
        break;
    case PROFILE_AT_KEY:
        entry->node = tree_item(tree_get(root, "keys"), index);
        entry->list.key = "keys";
        entry->path = (struct complain_path){.outer = &entry->list, .index = index};
        break;
    case PROFILE_AT_CERTIFICATE:
        entry->node = tree_item(tree_get(root, "certificates"), index);
        entry->list.key = "certificates";
        entry->path = (struct complain_path){.outer = &entry->list, .index = index};
        break;
    case PROFILE_AT_DATUM:
        entry->node = tree_item(tree_get(root, "data"), index);
        entry->list.key = "data";
        entry->path = (struct complain_path){.outer = &entry->list, .index = index};
        break;
    case PROFILE_AT_WRITE_KEY:
        entry->node = tree_item(tree_get(chip, "write-keys"), index);
        entry->list.key = "chip.write-keys";
        entry->path = (struct complain_path){.outer = &entry->list, .index = index};
        break;
    }
}

bool complain_conflict(struct profile_complaint *complaint, const struct profile_conflict *conflict,
                       const struct tree_node *root)
{
    struct complain_place entry;
    struct complain_place other;
    struct complain_path path = {.key = conflict->field};
    const struct tree_node *value;
    struct complain_line line;
    struct complain_line expected = complain_expected(complaint);

    complain_find_entry(&entry, root, conflict->place, conflict->index);
    complain_find_entry(&other, root, conflict->other, conflict->other_index);
    if (!entry.whole)
        path.outer = &entry.path;
    value = tree_get(entry.node, conflict->field);
    line = complain_start(complaint, conflict->reason, value != NULL ? value : entry.node, &path);
    line_add(&line, "%s", conflict->cause);
    if (conflict->has_slot)
        line_add(&line, " (slot %u)", conflict->slot);
    if (!other.whole && value != NULL && other.node != NULL) {
        line_add(&line, ": ");
        line_add_found(&line, value);
        line_add(&line, ", as ");
        line_add_path(&line, &other.path);
        line_add(&line, " in line %u", (unsigned)other.node->line);
    }
    line_add(&expected, "%s", conflict->next);
    return false;
}

bool complain_entry(struct profile_complaint *complaint, const struct profile_conflict *conflict,
                    const struct tree_node *node, const struct complain_path *path)
{
    const struct complain_path inner = {.outer = path, .key = conflict->field};
    const struct tree_node *value = tree_get(node, conflict->field);
    struct complain_line line = complain_start(complaint, conflict->reason, value != NULL ? value : node, &inner);
    struct complain_line expected = complain_expected(complaint);

    line_add(&line, "%s", conflict->cause);
    line_add(&expected, "%s", conflict->next);
    return false;
}

bool complain_as_error(const struct profile_complaint *complaint, const char *next, struct error *err)
{
    const enum error_reason reason = complaint->reason == ERROR_UNEXPECTED
                                         ? ERROR_UNEXPECTED
                                         : ERROR_INPUT_FILE; /* a profile's reasons are its own */

    error_set(err, reason,
              error_keep_format(err, "%s%s%s", complaint->message, complaint->expected[0] != '\0' ? "; expected " : "",
                                complaint->expected),
              next);
    if (err != NULL) {
        err->line = complaint->line;
        err->column = complaint->column;
    }
    return false;
}
