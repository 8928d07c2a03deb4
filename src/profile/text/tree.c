/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/text/tree.h"

#include <yaml.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool tree_refuse(struct profile_complaint *complaint, uint32_t line, uint32_t column, const char *message,
                        const char *expected)
{
    *complaint = (struct profile_complaint){.reason = ERROR_PROFILE_SYNTAX, .line = line, .column = column};
    (void)snprintf(complaint->message, sizeof(complaint->message), "%s", message);
    (void)snprintf(complaint->expected, sizeof(complaint->expected), "%s", expected);
    return false;
}

static bool tree_refuse_mark(struct profile_complaint *complaint, const yaml_mark_t *mark, const char *message,
                             const char *expected)
{
    return tree_refuse(complaint, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, message, expected);
}

static bool tree_out_of_memory(struct profile_complaint *complaint)
{
    (void)tree_refuse(complaint, 0, 0, "out of memory", "");
    complaint->reason = ERROR_UNEXPECTED;
    return false;
}

/*
 * The length of the UTF-8 character at the start of `len` > 0 bytes, 0 when there is none: RFC 3629, so no overlong
 * forms, no surrogates, nothing above U+10FFFF.
 */
static size_t tree_utf8_length(const uint8_t *bytes, size_t len, uint32_t *character)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t smallest;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t extra = 0; extra < sizeof(forms) / sizeof(forms[0]); extra++) {
        uint32_t value = bytes[0] & (uint8_t)~forms[extra].mask;

        if ((bytes[0] & forms[extra].mask) != forms[extra].lead)
            continue;
        if (extra >= len)
            return 0;
        for (size_t i = 1; i <= extra; i++) {
            if ((bytes[i] & 0xc0) != 0x80)
                return 0;
            value = value << 6 | (bytes[i] & 0x3fu);
        }
        if (value < forms[extra].smallest || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
            return 0;
        *character = value;
        return extra + 1;
    }
    return 0;
}

/* The characters that YAML 1.1 (section 4.1.1) and libyaml accept. The caller has skipped a byte order mark. */
static bool tree_is_printable(uint32_t character)
{
    return character == '\t' || character == '\n' || character == '\r' || (character >= 0x20 && character <= 0x7e) ||
           character == 0x85 || (character >= 0xa0 && character < 0xfeff) ||
           (character > 0xfeff && character <= 0xfffd) || character >= 0x10000;
}

/* Refuses input that is not text before the YAML parser sees it. */
static bool tree_check_bytes(const uint8_t *bytes, size_t len, struct profile_complaint *complaint)
{
    uint32_t line = 1;
    uint32_t column = 1;
    bool indenting = true;
    size_t step;

    for (size_t at = 0; at < len; at += step) {
        uint32_t character = 0;

        step = tree_utf8_length(bytes + at, len - at, &character);
        if (step == 0 || !tree_is_printable(character)) {
            char message[PROFILE_MESSAGE_MAX];

            (void)snprintf(message, sizeof(message), "not a text file: %s, byte 0x%02x at offset %zu",
                           step == 0 ? "not UTF-8" : "a control character", bytes[at], at);
            return tree_refuse(complaint, line, column, message, "a YAML file, as UTF-8 text");
        }
        if (indenting && character == '\t')
            return tree_refuse(complaint, line, column, "a tab in the indentation",
                               "spaces: YAML indents with nothing else");
        if (character == '\n' || (character == '\r' && (at + 1 == len || bytes[at + 1] != '\n'))) {
            line++;
            column = 1;
            indenting = true;
            continue;
        }
        indenting = indenting && character == ' ';
        column++;
    }
    return true;
}

/* The tree being built: the open mappings and lists, and where the next value of each is linked. */
struct tree_builder {
    struct profile_complaint *complaint;
    struct tree_node *root;
    struct tree_node *latest; /* of the chain along made_before */
    size_t count;
    size_t depth;
    struct tree_node **hook[TREE_DEPTH_MAX + 1];
    unsigned documents;
};

static struct tree_node *tree_add(struct tree_builder *builder, enum tree_kind kind, const yaml_mark_t *mark,
                                  const char *text, size_t len)
{
    struct tree_node *node;
    char *copy;

    if (builder->count == TREE_NODES_MAX) {
        (void)tree_refuse_mark(builder->complaint, mark, "more values than a file can have", "");
        return NULL;
    }
    node = calloc(1, sizeof(*node) + len + 1);
    if (node == NULL) {
        (void)tree_out_of_memory(builder->complaint);
        return NULL;
    }
    copy = (char *)(node + 1);
    if (len != 0)
        memcpy(copy, text, len);
    node->kind = kind;
    node->text = copy;
    node->line = (uint32_t)mark->line + 1;
    node->column = (uint32_t)mark->column + 1;
    node->made_before = builder->latest;
    builder->latest = node;
    builder->count++;
    *builder->hook[builder->depth] = node;
    builder->hook[builder->depth] = &node->next;
    return node;
}

static bool tree_open(struct tree_builder *builder, enum tree_kind kind, const yaml_event_t *event)
{
    struct tree_node *node;

    if (builder->depth == TREE_DEPTH_MAX)
        return tree_refuse_mark(builder->complaint, &event->start_mark, "nested too deep", "");
    node = tree_add(builder, kind, &event->start_mark, NULL, 0);
    if (node == NULL)
        return false;
    builder->hook[++builder->depth] = &node->first;
    return true;
}

static bool tree_scalar(struct tree_builder *builder, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    struct tree_node *node;

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return tree_refuse_mark(builder->complaint, &event->start_mark,
                                    "a text of several lines or with control characters", "a text of one line");
    node = tree_add(builder, TREE_SCALAR, &event->start_mark, text, len);
    if (node == NULL)
        return false;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return true;
}

/* YAML's ways of saying something elsewhere than where it is read. */
static bool tree_check_plain(struct tree_builder *builder, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;

    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return tree_refuse_mark(builder->complaint, &event->start_mark, "an alias (*name)",
                                "the value itself: no anchors and aliases");
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor != NULL)
        return tree_refuse_mark(builder->complaint, &event->start_mark, "an anchor (&name)",
                                "the value alone: no anchors and aliases");
    if (tag != NULL)
        return tree_refuse_mark(builder->complaint, &event->start_mark, "a tag (!type)", "the value alone: no tags");
    return true;
}

static bool tree_take_event(struct tree_builder *builder, const yaml_event_t *event)
{
    if (!tree_check_plain(builder, event))
        return false;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (builder->documents++ != 0)
            return tree_refuse_mark(builder->complaint, &event->start_mark, "a second document starts here",
                                    "one document in one file");
        return true;
    case YAML_SCALAR_EVENT:
        return tree_scalar(builder, event);
    case YAML_SEQUENCE_START_EVENT:
        return tree_open(builder, TREE_LIST, event);
    case YAML_MAPPING_START_EVENT:
        return tree_open(builder, TREE_MAPPING, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        builder->depth--;
        return true;
    default:
        return true;
    }
}

static bool tree_parser_failed(const yaml_parser_t *parser, struct profile_complaint *complaint)
{
    char message[PROFILE_MESSAGE_MAX];
    const char *problem = parser->problem != NULL ? parser->problem : "not readable as YAML";

    if (parser->error == YAML_MEMORY_ERROR)
        return tree_out_of_memory(complaint);
    if (parser->context != NULL)
        (void)snprintf(message, sizeof(message), "not YAML: %s, %s that starts in line %zu", problem, parser->context,
                       parser->context_mark.line + 1);
    else
        (void)snprintf(message, sizeof(message), "not YAML: %s", problem);
    return tree_refuse_mark(complaint, &parser->problem_mark, message, "");
}

static bool tree_build(struct tree_builder *builder, yaml_parser_t *parser)
{
    bool ended = false;

    builder->hook[0] = &builder->root;
    while (!ended) {
        yaml_event_t event;
        bool taken;

        if (yaml_parser_parse(parser, &event) == 0)
            return tree_parser_failed(parser, builder->complaint);
        ended = event.type == YAML_STREAM_END_EVENT;
        taken = tree_take_event(builder, &event);
        yaml_event_delete(&event);
        if (!taken)
            return false;
    }
    if (builder->root == NULL)
        return tree_refuse(builder->complaint, 1, 1, "the file is empty", "a mapping that starts with imprint: 1");
    return true;
}

/* Frees all nodes from `latest` back to the first one made. */
static void tree_free_chain(struct tree_node *latest)
{
    while (latest != NULL) {
        struct tree_node *node = latest;

        latest = node->made_before;
        free(node);
    }
}

struct tree_node *tree_read(const char *text, size_t len, struct profile_complaint *complaint)
{
    static const uint8_t byte_order_mark[] = {0xef, 0xbb, 0xbf};
    const uint8_t *bytes = (const uint8_t *)text;
    struct tree_builder builder = {.complaint = complaint};
    yaml_parser_t parser;
    bool built = false;

    if (len >= sizeof(byte_order_mark) && memcmp(bytes, byte_order_mark, sizeof(byte_order_mark)) == 0) {
        bytes += sizeof(byte_order_mark);
        len -= sizeof(byte_order_mark);
    }
    if (!tree_check_bytes(bytes, len, complaint))
        return NULL;
    if (yaml_parser_initialize(&parser) == 0) {
        (void)tree_out_of_memory(complaint);
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, bytes, len);
    built = tree_build(&builder, &parser);
    yaml_parser_delete(&parser);
    if (!built) {
        tree_free_chain(builder.latest);
        return NULL;
    }
    /* The root was made first, so the chain starts elsewhere: hang its newest node where tree_free() finds it. */
    if (builder.root != builder.latest)
        builder.root->made_before = builder.latest;
    return builder.root;
}

void tree_free(struct tree_node *root)
{
    struct tree_node *node;

    if (root == NULL)
        return;
    node = root->made_before;
    root->made_before = NULL; /* the chain ends at the root, which is freed as its last node */
    tree_free_chain(node != NULL ? node : root);
}

const struct tree_node *tree_get(const struct tree_node *mapping, const char *key)
{
    if (mapping == NULL || mapping->kind != TREE_MAPPING)
        return NULL;
    for (const struct tree_node *at = mapping->first; at != NULL; at = at->next->next)
        if (at->kind == TREE_SCALAR && strcmp(at->text, key) == 0)
            return at->next;
    return NULL;
}

const struct tree_node *tree_item(const struct tree_node *list, size_t index)
{
    const struct tree_node *item;

    if (list == NULL || list->kind != TREE_LIST)
        return NULL;
    for (item = list->first; item != NULL && index != 0; index--)
        item = item->next;
    return item;
}
