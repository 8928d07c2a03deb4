/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a YAML tree by the schema: `tree.c` parses the file, `schema.c` says what it must contain, and this file stores
 * the values in the profile. `complain.c` makes the error messages; reading stops at the first error.
 */
#include "profile/text/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "base/suggest.h"
#include "profile/certificate.h"
#include "profile/check.h"
#include "profile/text/complain.h"
#include "profile/text/configuration.h"
#include "profile/text/schema.h"
#include "profile/text/tree.h"

/* Stores `value` in the unsigned integer or enum of `size` bytes at `at`. */
static void text_store(uint8_t *at, size_t size, uint32_t value)
{
    uint8_t value8 = (uint8_t)value;
    uint16_t value16 = (uint16_t)value;

    if (size == sizeof(value8))
        memcpy(at, &value8, sizeof(value8));
    else if (size == sizeof(value16))
        memcpy(at, &value16, sizeof(value16));
    else
        memcpy(at, &value, sizeof(value));
}

/* True for a value that YAML does not read as a text unless it is quoted. */
static bool text_is_untyped(const struct tree_node *node)
{
    static const char *const words[] = {"~", "null", "true", "false"};
    uint64_t number;

    if (node->quoted)
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (suggest_distance(node->text, strlen(node->text), words[i]) == 0)
            return true;
    return number_parse(node->text, 0, UINT64_MAX, &number) != NUMBER_MALFORMED;
}

/* The argument of every value reader. The field's offsets are relative to `base`. */
struct text_value {
    struct profile_complaint *complaint;
    const struct schema_field *field;
    const struct tree_node *node;
    const struct complain_path *path;
    uint8_t *base;
};

static bool value_refuse(const struct text_value *value, const char *what)
{
    return complain_value(value->complaint, value->field, value->node, value->path, what);
}

static bool read_number(const struct text_value *value)
{
    const struct schema_field *field = value->field;
    uint64_t number = 0;

    if (value->node->quoted)
        return value_refuse(value, "is a text, not a number, because it is in quotes");
    switch (number_parse(value->node->text, field->min, field->max, &number)) {
    case NUMBER_OK:
        text_store(value->base + field->at, field->size, (uint32_t)number);
        return true;
    case NUMBER_OUT_OF_RANGE:
        return value_refuse(value, "is out of range");
    default:
        return value_refuse(value, "is not a number: digits without sign or leading zero, or 0x and hex digits");
    }
}

static bool read_flag(const struct text_value *value)
{
    bool flag = strcmp(value->node->text, "true") == 0;

    if (value->node->quoted)
        return value_refuse(value, "is a text, not true or false, because it is in quotes");
    if (!flag && strcmp(value->node->text, "false") != 0)
        return value_refuse(value, "is neither true nor false");
    memcpy(value->base + value->field->at, &flag, sizeof(flag));
    return true;
}

static bool read_name(const struct text_value *value)
{
    char name[PROFILE_NAME_MAX] = {0};
    size_t len = strlen(value->node->text);

    if (text_is_untyped(value->node))
        return value_refuse(value, "is not a text");
    if (len >= sizeof(name))
        return value_refuse(value, "is too long");
    memcpy(name, value->node->text, len);
    if (!profile_name_valid(name))
        return value_refuse(value, "is not a valid name");
    memcpy(value->base + value->field->at, name, sizeof(name));
    return true;
}

static bool text_check_count(const struct text_value *value);

/* Whether an item of the list before `item` is the same text. */
static bool text_is_repeated(const struct text_value *value, const struct tree_node *item)
{
    for (const struct tree_node *earlier = value->node->first; earlier != item; earlier = earlier->next)
        if (strcmp(earlier->text, item->text) == 0)
            return true;
    return false;
}

static bool read_names(const struct text_value *value)
{
    struct schema_field field = *value->field;
    size_t count = 0;

    if (!text_check_count(value))
        return false;
    for (const struct tree_node *item = value->node->first; item != NULL; item = item->next, count++) {
        const struct complain_path path = {.outer = value->path, .index = count};
        struct text_value name = *value;

        field.at = value->field->at + count * field.size;
        name.field = &field;
        name.node = item;
        name.path = &path;
        if (item->kind != TREE_SCALAR)
            return value_refuse(&name, "is not a text");
        if (text_is_repeated(value, item))
            return value_refuse(&name, "is in the list twice");
        if (!read_name(&name))
            return false;
    }
    memcpy(value->base + value->field->count_at, &count, sizeof(count));
    return true;
}

static bool read_text(const struct text_value *value)
{
    size_t len = strlen(value->node->text);

    if (text_is_untyped(value->node))
        return value_refuse(value, "is not a text");
    if (len == 0)
        return value_refuse(value, value->field->kind == SCHEMA_FILE ? "is not a file name" : "is empty");
    if (len >= value->field->size)
        return value_refuse(value, "is too long");
    memcpy(value->base + value->field->at, value->node->text, len);
    if (value->field->tag != 0)
        value->base[value->field->tag_at] |= value->field->tag;
    return true;
}

/* "2045-12-31" as 20451231; 0 where it is no day of the calendar. */
static uint32_t text_read_day(const char *text)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const char shape[] = "dddd-dd-dd";
    uint32_t number = 0, year, month, day;

    if (strlen(text) != sizeof(shape) - 1)
        return 0;
    for (size_t i = 0; shape[i] != '\0'; i++) {
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != '-')
            return 0;
        number = shape[i] == 'd' ? number * 10 + (uint32_t)(text[i] - '0') : number;
    }
    year = number / 10000;
    month = number / 100 % 100;
    day = number % 100;
    if (month < 1 || month > 12 || day < 1)
        return 0;
    if (month == 2 && day == 29)
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? number : 0;
    return day <= days[month - 1] ? number : 0;
}

static bool read_validity(const struct text_value *value)
{
    const char *text = value->node->text;
    uint64_t years = 0;
    uint32_t valid;

    if (!value->node->quoted && number_parse(text, 1, value->field->max, &years) == NUMBER_OK)
        valid = (uint32_t)years;
    else if (strcmp(text, "never") == 0)
        valid = PROFILE_VALID_NEVER;
    else
        valid = text_read_day(text);
    if (valid == 0 && strcmp(text, "never") != 0)
        return value_refuse(value, "is neither never, a number of years nor a day");
    if (valid > PROFILE_VALID_YEARS_MAX && valid < PROFILE_VALID_DAY_MIN)
        return value_refuse(value, "is out of range");
    text_store(value->base + value->field->at, value->field->size, valid);
    return true;
}

/* Looks up the value of the word at `node`; reports an error if it is unknown. */
static bool text_find_word(const struct text_value *value, const struct tree_node *node,
                           const struct complain_path *path, uint32_t *found)
{
    for (const struct profile_word *word = value->field->words; word->word != NULL; word++) {
        if (node->kind == TREE_SCALAR && strcmp(word->word, node->text) == 0) {
            *found = word->value;
            return true;
        }
    }
    return complain_word(value->complaint, value->field, node, path);
}

static bool read_word(const struct text_value *value)
{
    uint32_t found = 0;

    if (!text_find_word(value, value->node, value->path, &found))
        return false;
    text_store(value->base + value->field->at, value->field->size, found);
    return true;
}

static bool text_check_count(const struct text_value *value)
{
    size_t count = 0;

    for (const struct tree_node *item = value->node->first; item != NULL; item = item->next)
        count++;
    if (count < value->field->min)
        return value_refuse(value, "is empty");
    if (count > value->field->max)
        return value_refuse(value, "is too long");
    return true;
}

/* Check the words before their number: a list that is too long contains a duplicate or an unknown word. */
static bool read_words(const struct text_value *value)
{
    uint32_t all = 0;
    size_t index = 0;

    for (const struct tree_node *item = value->node->first; item != NULL; item = item->next, index++) {
        const struct complain_path path = {.outer = value->path, .index = index};
        uint32_t found = 0;

        if (!text_find_word(value, item, &path, &found))
            return false;
        if ((all & found) != 0)
            return complain_value(value->complaint, value->field, item, &path, "is in the list twice");
        all |= found;
    }
    if (!text_check_count(value))
        return false;
    text_store(value->base + value->field->at, value->field->size, all);
    return true;
}

static bool read_fields(const struct text_value *value);

static bool read_entries(const struct text_value *value)
{
    const struct schema_field *field = value->field;
    uint8_t *base = value->base + field->at;
    size_t count = 0;

    if (!text_check_count(value))
        return false;
    for (const struct tree_node *item = value->node->first; item != NULL; item = item->next) {
        const struct complain_path path = {.outer = value->path, .index = count};
        const struct text_value entry = {.complaint = value->complaint,
                                         .field = field,
                                         .node = item,
                                         .path = &path,
                                         .base = base + count * field->size};

        if (item->kind != TREE_MAPPING)
            return complain_value(value->complaint, field, item, &path, "is not a mapping");
        if (!read_fields(&entry))
            return false;
        if (field->line_at != SCHEMA_NOWHERE)
            text_store(entry.base + field->line_at, sizeof(item->line), item->line);
        count++;
    }
    memcpy(value->base + field->count_at, &count, sizeof(count));
    return true;
}

/* One reader per kind, and the YAML node type that it accepts. */
static const struct {
    enum tree_kind shape;
    const char *not_it;
    bool (*read)(const struct text_value *value);
} text_readers[SCHEMA_KIND_COUNT] = {
    [SCHEMA_NUMBER] = {TREE_SCALAR, "is not a number", read_number},
    [SCHEMA_FLAG] = {TREE_SCALAR, "is neither true nor false", read_flag},
    [SCHEMA_NAME] = {TREE_SCALAR, "is not a text", read_name},
    [SCHEMA_NAMES] = {TREE_LIST, "is not a list", read_names},
    [SCHEMA_FILE] = {TREE_SCALAR, "is not a text", read_text},
    [SCHEMA_TEXT] = {TREE_SCALAR, "is not a text", read_text},
    [SCHEMA_VALIDITY] = {TREE_SCALAR, "is neither never, a number of years nor a day", read_validity},
    [SCHEMA_WORD] = {TREE_SCALAR, "is not one of its values", read_word},
    [SCHEMA_WORDS] = {TREE_LIST, "is not a list", read_words},
    [SCHEMA_MAPPING] = {TREE_MAPPING, "is not a mapping", read_fields},
    [SCHEMA_ENTRIES] = {TREE_LIST, "is not a list", read_entries},
};

static bool read_value(const struct text_value *value)
{
    const struct tree_node *node = value->node;

    if (node->kind == TREE_SCALAR && !node->quoted && node->text[0] == '\0')
        return value_refuse(value, "is given as its value");
    if (node->kind != text_readers[value->field->kind].shape)
        return value_refuse(value, text_readers[value->field->kind].not_it);
    return text_readers[value->field->kind].read(value);
}

static const struct schema_field *text_find_field(const struct schema_field *fields, const struct tree_node *key)
{
    for (; key->kind == TREE_SCALAR && fields->key != NULL; fields++)
        if (strcmp(fields->key, key->text) == 0)
            return fields;
    return NULL;
}

/* Reads the mapping at value->node key by key, in the file's order, then reports missing keys. */
static bool read_fields(const struct text_value *value)
{
    const struct schema_field *fields = value->field->fields;

    for (const struct tree_node *key = value->node->first; key != NULL; key = key->next->next) {
        const struct schema_field *field = text_find_field(fields, key);
        struct complain_path path = {.outer = value->path};
        struct text_value inner = {
            .complaint = value->complaint, .node = key->next, .path = &path, .base = value->base};

        if (field == NULL)
            return complain_unknown(value->complaint, fields, key, value->path);
        path.key = field->key;
        inner.field = field;
        for (const struct tree_node *earlier = value->node->first; earlier != key; earlier = earlier->next->next)
            if (strcmp(earlier->text, key->text) == 0)
                return complain_twice(value->complaint, key, earlier->line, &path);
        if (!read_value(&inner))
            return false;
    }
    for (const struct schema_field *field = fields; field->key != NULL; field++) {
        if (tree_get(value->node, field->key) != NULL)
            continue;
        if (field->required)
            return complain_missing(value->complaint, field, value->node, value->path);
        if (field->kind == SCHEMA_NUMBER || field->kind == SCHEMA_WORD)
            text_store(value->base + field->at, field->size, field->otherwise);
    }
    return true;
}

bool text_read_mapping(const struct tree_node *root, const struct schema_field *fields, const char *help, void *into,
                       struct profile_complaint *complaint)
{
    const struct schema_field whole = {.kind = SCHEMA_MAPPING, .fields = fields, .help = help};
    const struct text_value value = {.complaint = complaint, .field = &whole, .node = root, .base = into};

    if (root->kind != TREE_MAPPING)
        return complain_value(complaint, &whole, root, NULL, "is not a mapping");
    return read_fields(&value);
}

/* Checks the version first, wherever it is in the file, because it decides which schema applies. */
static bool read_version(const struct text_value *root)
{
    const struct schema_field *field = &schema_root[0];
    const struct complain_path path = {.key = field->key};
    const struct text_value version = {.complaint = root->complaint,
                                       .field = field,
                                       .node = tree_get(root->node, field->key),
                                       .path = &path,
                                       .base = root->base};

    return version.node != NULL ? read_value(&version) : complain_missing(root->complaint, field, root->node, NULL);
}

/* Brings entries whose order has no meaning into canonical order. */
static void text_sort_write_keys(struct profile *profile)
{
    for (size_t i = 1; i < profile->write_key_count; i++) {
        const struct profile_write_key moved = profile->write_keys[i];
        size_t at = i;

        for (; at != 0 && profile->write_keys[at - 1].slot > moved.slot; at--)
            profile->write_keys[at] = profile->write_keys[at - 1];
        profile->write_keys[at] = moved;
    }
}

/* `path`: where the profile is, for a file that it names; NULL: in no file. */
static bool text_read_root(const struct tree_node *root, const char *path, struct schema_document *document,
                           struct profile_complaint *complaint)
{
    const struct schema_field whole = {.kind = SCHEMA_MAPPING, .fields = schema_root, .help = "a profile"};
    const struct text_value value = {
        .complaint = complaint, .field = &whole, .node = root, .base = (uint8_t *)document};
    struct profile *profile = &document->profile;
    struct profile_conflict conflict;
    char cause[CONFIGURATION_CAUSE_MAX];

    if (root->kind != TREE_MAPPING)
        return complain_value(complaint, &whole, root, NULL, "is not a mapping");
    if (!read_version(&value) || !read_fields(&value))
        return false;
    profile->lock_config = (document->lock & PROFILE_LOCK_CONFIG) != 0;
    profile->lock_data = (document->lock & PROFILE_LOCK_DATA) != 0;
    for (size_t i = 0; i < profile->key_count; i++)
        profile->keys[i].usage = profile_usage_extended(profile->keys[i].usage);
    if (!configuration_read(document, path, &conflict, cause) || profile_find_conflict(profile, &conflict))
        return complain_conflict(complaint, &conflict, root);
    text_sort_write_keys(profile);
    return true;
}

static bool text_refuse_size(struct profile_complaint *complaint)
{
    return complain_file(complaint, "a profile, which is a text of a few kilobytes",
                         "the file is too large (limit %d bytes)", PROFILE_TEXT_MAX);
}

static bool text_read_profile(const char *text, size_t len, const char *path, struct profile *profile,
                              struct profile_complaint *complaint)
{
    struct schema_document *document = NULL;
    struct tree_node *root = NULL;
    bool done = false;

    *complaint = (struct profile_complaint){.reason = ERROR_NONE};
    if (len > PROFILE_TEXT_MAX)
        return text_refuse_size(complaint);
    document = calloc(1, sizeof(*document));
    if (document == NULL) {
        (void)complain_memory(complaint);
        goto out;
    }
    root = tree_read(text, len, complaint);
    if (root == NULL)
        goto out;
    done = text_read_root(root, path, document, complaint);
    if (done)
        *profile = document->profile;
out:
    tree_free(root);
    free(document);
    return done;
}

bool profile_read_text(const char *text, size_t len, struct profile *profile, struct profile_complaint *complaint)
{
    return text_read_profile(text, len, NULL, profile, complaint);
}

/* Reads up to `cap` bytes. `*len` == `cap` means that the file may be longer. */
static bool text_load(int file, char *text, size_t cap, size_t *len, struct profile_complaint *complaint)
{
    *len = 0;
    while (*len < cap) {
        ssize_t got = read(file, text + *len, cap - *len);

        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return complain_file(complaint, "a profile that can be read", "cannot read the file: %s", strerror(errno));
        *len += (size_t)got;
    }
    return true;
}

bool profile_read_file(const char *path, struct profile *profile, struct profile_complaint *complaint)
{
    struct stat status;
    char *text = NULL;
    size_t len = 0;
    bool done = false;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0) {
        (void)complain_file(complaint, "the path of a profile", "cannot open the file: %s", strerror(errno));
        goto out;
    }
    if (fstat(file, &status) != 0) {
        (void)complain_file(complaint, "the path of a profile", "cannot read the file's type and size: %s",
                            strerror(errno));
        goto out;
    }
    if (S_ISDIR(status.st_mode)) {
        (void)complain_file(complaint, "the path of a profile", "it is a directory");
        goto out;
    }
    if (S_ISREG(status.st_mode) && status.st_size > PROFILE_TEXT_MAX) {
        (void)text_refuse_size(complaint);
        goto out;
    }
    text = malloc(PROFILE_TEXT_MAX + 1);
    if (text == NULL) {
        (void)complain_memory(complaint);
        goto out;
    }
    if (text_load(file, text, PROFILE_TEXT_MAX + 1, &len, complaint))
        done = text_read_profile(text, len, path, profile, complaint);
out:
    free(text);
    if (file >= 0)
        (void)close(file);
    return done;
}
