/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all on a console. The first byte says how much room the reader has; all others come over the wire. Each
 * line is split and its words are asked for every kind of value. What must hold: texts and words stay in the room, and
 * after all of it a whole frame is found.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "link/frame.h"
#include "link/line.h"

static void take_words(const struct link_reader *reader, const struct link_words *words)
{
    require(words->count >= 1 && words->count <= LINK_WORDS_MAX);
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->word[i], *equals = strchr(word, '=');
        char name[32];
        uint8_t data[8];
        struct bytes_out out = {.data = data, .cap = sizeof data};
        uint32_t number = 0;

        require(word >= reader->text && word + strlen(word) < reader->text + reader->cap);
        require(!link_parse_number(word, 1000, &number) || number <= 1000);
        if (i == 0 || equals == NULL || (size_t)(equals - word) >= sizeof name)
            continue;
        memcpy(name, word, (size_t)(equals - word));
        name[equals - word] = '\0';
        require(link_value(words, name) != NULL);
        require(!link_number(words, name, 9, &number) || number <= 9);
        require(!link_hex(words, name, &out) || out.len <= sizeof data);
    }
}

static bool feed(struct link_reader *reader, uint8_t byte)
{
    enum link_kind kind;
    struct link_words words;

    if (!link_reader_add_byte(reader, byte, &kind))
        return false;
    require(strlen(reader->text) < reader->cap);
    if ((kind == LINK_TEXT || kind == LINK_FRAME) && link_split(reader->text, kind, &words))
        take_words(reader, &words);
    return kind == LINK_FRAME;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char after[] = "\n@run *48E5\r";
    size_t cap = size == 0 ? 16 : 16 + (size_t)data[0];
    char *room = malloc(cap);
    struct link_reader reader;
    bool found = false;

    require(room != NULL);
    if (room == NULL)
        return 0;
    link_reader_init(&reader, room, cap);
    for (size_t i = 1; i < size; i++)
        (void)feed(&reader, data[i]);
    for (size_t i = 0; i < sizeof after - 1; i++)
        found = feed(&reader, (uint8_t)after[i]);
    require(found && strcmp(reader.text + 1, "run") == 0);
    free(room);
    return 0;
}
