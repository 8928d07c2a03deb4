/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines and frames: a table of lines as they come over a wire, what is written is read back, and whatever noise comes
 * before, between and after frames, each whole frame is found and no other is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "link/frame.h"
#include "link/line.h"

#define ROOM (LINK_LINE_MAX + 1)

/* A wire: what was written, for a reader to take. */
struct wire {
    uint8_t data[16384];
    size_t len;
};

static void wire_put(void *context, const uint8_t *data, size_t len)
{
    struct wire *wire = context;

    assert_true(wire->len + len <= sizeof wire->data);
    memcpy(wire->data + wire->len, data, len);
    wire->len += len;
}

/* --- tables ----------------------------------------------------------------------------------------------------- */

#define NO_LINE 99

static const struct line_row {
    const char *name, *bytes;
    unsigned kind;
    const char *words; /* joined by '|' */
} line_rows[] = {
    {"nothing", "", NO_LINE, NULL},
    {"not ended", "@run *48E5", NO_LINE, NULL},
    {"empty lines", "\r\n\r\r\n\n", NO_LINE, NULL},
    {"talk", "run\n", LINK_TEXT, "run"},
    {"carriage return ends a line", "run\r", LINK_TEXT, "run"},
    {"blanks between words", "  sign   18  \tAB \n", LINK_TEXT, "sign|18|AB"},
    {"a frame", "@run *48E5\r\n", LINK_FRAME, "run"},
    {"small hex digits", "@run *48e5\r\n", LINK_FRAME, "run"},
    {"frame with values", "@key id=18 name=board *7D88\n", LINK_FRAME, "key|id=18|name=board"},
    {"wrong checksum", "@run *48E6\n", LINK_DAMAGED, NULL},
    {"flipped letter", "@rum *48E5\n", LINK_DAMAGED, NULL},
    {"no checksum", "@run\n", LINK_DAMAGED, NULL},
    {"checksum of three digits", "@run *48E\n", LINK_DAMAGED, NULL},
    {"checksum that is no hex", "@run *48EG\n", LINK_DAMAGED, NULL},
    {"a frame without its first character", "run *48E5\n", LINK_DAMAGED, NULL},
    {"a frame without its blank", "@run*48E5\n", LINK_DAMAGED, NULL},
    {"a star in talk", "a * b\n", LINK_TEXT, "a|*|b"},
    {"control character", "ru\001n\n", LINK_DAMAGED, NULL},
    {"high bit", "r\303\274n\n", LINK_DAMAGED, NULL},
    {"only noise", "\377\376\n", LINK_DAMAGED, NULL},
    {"corrected by hand", "sihn\b\bgn 18\n", LINK_TEXT, "sign|18"},
    {"corrected beyond the start", "\b\b\x7frun\n", LINK_TEXT, "run"},
    {"quoted", "say \"two words\" x=\"a \\\"b\\\" \\\\\"\n", LINK_TEXT, "say|two words|x=a \"b\" \\"},
    {"the longest typed line", "123456789012345678901234567890\n", LINK_TEXT, "123456789012345678901234567890"},
    {"one character too long", "1234567890123456789012345678901\n", LINK_TOO_LONG, NULL},
    {"too long is not corrected", "1234567890123456789012345678901\b\b\b\n", LINK_TOO_LONG, NULL},
};

static unsigned read_all(struct link_reader *reader, const uint8_t *data, size_t len)
{
    enum link_kind kind;
    unsigned found = NO_LINE;

    for (size_t i = 0; i < len; i++) {
        if (link_reader_add_byte(reader, data[i], &kind)) {
            assert_int_equal(found, NO_LINE);
            found = kind;
        }
    }
    return found;
}

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof line_rows / sizeof line_rows[0]; i++) {
        const struct line_row *row = &line_rows[i];
        struct link_reader reader;
        struct link_words words;
        char room[31], joined[64] = "";
        unsigned kind;

        link_reader_init(&reader, room, sizeof room);
        kind = read_all(&reader, (const uint8_t *)row->bytes, strlen(row->bytes));
        if (kind != row->kind)
            fail_msg("%s: kind %u, not %u", row->name, kind, row->kind);
        if (row->words == NULL)
            continue;
        assert_true(link_split(reader.text, kind, &words));
        for (size_t w = 0; w < words.count; w++) {
            strcat(joined, w == 0 ? "" : "|");
            strcat(joined, words.word[w]);
        }
        assert_string_equal(joined, row->words);
    }
}

static const char *const bad_splits[] = {
    "\"open", "a b=\"", "a \"\\n\"",
    "a \"\\", "   ",    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25",
};

static void test_bad_splits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_splits / sizeof bad_splits[0]; i++) {
        char text[128];
        struct link_words words;

        strcpy(text, bad_splits[i]);
        if (link_split(text, LINK_TEXT, &words))
            fail_msg("'%s' was taken for words", bad_splits[i]);
    }
}

static const struct number_row {
    const char *text;
    uint32_t most;
    bool good;
    uint32_t number;
} number_rows[] = {
    {"0", 9, true, 0},
    {"007", 9, false, 0},
    {"9", 9, true, 9},
    {"10", 9, false, 0},
    {"4294967295", UINT32_MAX, true, UINT32_MAX},
    {"4294967296", UINT32_MAX, false, 0},
    {"42949672950", UINT32_MAX, false, 0},
    {"99999999999999999999", UINT32_MAX, false, 0},
    {"", 9, false, 0},
    {"-1", 9, false, 0},
    {"+1", 9, false, 0},
    {" 1", 9, false, 0},
    {"1 ", 9, false, 0},
    {"0x12", 99, true, 18},
    {"0x64", 99, false, 0},
    {"0x", 99, false, 0},
};

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof number_rows / sizeof number_rows[0]; i++) {
        const struct number_row *row = &number_rows[i];
        uint32_t number = 0;

        if (link_parse_number(row->text, row->most, &number) != row->good || number != row->number)
            fail_msg("'%s' at most %u", row->text, (unsigned)row->most);
    }
}

static void test_values(void **state)
{
    char text[] = "key id=18 idx=3 public=04aB name= public=FF odd=123 long=0102030405";
    struct link_words words;
    uint8_t data[4];
    struct bytes_out out = {.data = data, .cap = sizeof data};
    uint32_t number = 0;

    (void)state;
    assert_true(link_split(text, LINK_TEXT, &words));
    assert_true(link_number(&words, "id", 99, &number));
    assert_int_equal(number, 18);
    assert_false(link_number(&words, "i", 99, &number));
    assert_false(link_number(&words, "public", 99, &number));
    assert_string_equal(link_value(&words, "name"), "");
    assert_null(link_value(&words, "key"));
    assert_true(link_hex(&words, "public", &out)); /* the first of two */
    assert_int_equal(out.len, 2);
    assert_memory_equal(data, ((uint8_t[]){0x04, 0xab}), 2);
    assert_false(link_hex(&words, "odd", &out));
    assert_false(link_hex(&words, "long", &out));
    assert_int_equal(out.len, 2);
}

/* --- what is written is read back --------------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

struct sample {
    char text[64];
    uint32_t number;
    uint8_t bytes[16];
    size_t bytes_len;
    bool flag;
};

static void make_sample(uint32_t *seed, struct sample *sample)
{
    size_t len = next_random(seed) % sizeof sample->text;

    for (size_t i = 0; i < len; i++)
        sample->text[i] = (char)(0x20 + next_random(seed) % 0x5f);
    sample->text[len] = '\0';
    sample->number = next_random(seed) << 8 ^ next_random(seed);
    sample->bytes_len = next_random(seed) % (sizeof sample->bytes + 1);
    for (size_t i = 0; i < sample->bytes_len; i++)
        sample->bytes[i] = (uint8_t)next_random(seed);
    sample->flag = next_random(seed) % 2 == 0;
}

static void write_sample(struct wire *wire, const struct sample *sample)
{
    struct link_frame frame = {.put = wire_put, .context = wire};

    link_begin(&frame, "sample");
    link_add_text(&frame, "text", sample->text);
    link_add_number(&frame, "number", sample->number);
    link_add_hex(&frame, "bytes", bytes_of(sample->bytes, sample->bytes_len));
    link_add_flag(&frame, "flag", sample->flag);
    link_end(&frame);
}

static void expect_sample(char *text, const struct sample *sample)
{
    struct link_words words;
    uint8_t data[16];
    struct bytes_out out = {.data = data, .cap = sizeof data};
    uint32_t number;

    assert_true(link_split(text, LINK_FRAME, &words));
    assert_string_equal(words.word[0], "sample");
    assert_string_equal(link_value(&words, "text"), sample->text);
    assert_true(link_number(&words, "number", UINT32_MAX, &number));
    assert_int_equal(number, sample->number);
    assert_true(link_hex(&words, "bytes", &out));
    assert_int_equal(out.len, sample->bytes_len);
    assert_memory_equal(out.data, sample->bytes, out.len);
    assert_string_equal(link_value(&words, "flag"), sample->flag ? "yes" : "no");
}

static void test_written_is_read(void **state)
{
    uint32_t seed = 1;
    char room[ROOM];
    struct link_reader reader;

    (void)state;
    link_reader_init(&reader, room, sizeof room);
    for (unsigned i = 0; i < 2000; i++) {
        struct wire wire = {.len = 0};
        struct sample sample;

        make_sample(&seed, &sample);
        write_sample(&wire, &sample);
        assert_int_equal(read_all(&reader, wire.data, wire.len), LINK_FRAME);
        expect_sample(reader.text, &sample);
    }
}

/* Texts of any length: the frame stays whole and in its bounds, and what is there of the text is its beginning. */
static void test_long_texts_are_cut(void **state)
{
    char text[2 * LINK_LINE_MAX];
    char room[ROOM];

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        struct wire wire = {.len = 0};
        struct link_frame frame = {.put = wire_put, .context = &wire};
        struct link_reader reader;
        struct link_words words;
        const char *value;

        for (size_t i = 0; i < len; i++)
            text[i] = i % 7 == 0 ? '"' : i % 5 == 0 ? '\\' : (char)('a' + i % 26);
        text[len] = '\0';
        link_begin(&frame, "error");
        link_add_text(&frame, "cause", text);
        link_end(&frame);
        assert_true(wire.len <= LINK_LINE_MAX + 2);
        link_reader_init(&reader, room, sizeof room);
        assert_int_equal(read_all(&reader, wire.data, wire.len), LINK_FRAME);
        assert_true(link_split(reader.text, LINK_FRAME, &words));
        value = link_value(&words, "cause");
        assert_non_null(value);
        assert_memory_equal(value, text, strlen(value));
        assert_true(strlen(value) == len || wire.len > LINK_LINE_MAX - 4);
    }
}

/* --- noise ---------------------------------------------------------------------------------------------------------
 */

/* One changed, lost or doubled character anywhere: never a frame with other content. */
static void test_one_wrong_character(void **state)
{
    struct wire good = {.len = 0};
    struct sample sample;
    uint32_t seed = 7;
    char room[ROOM];

    (void)state;
    make_sample(&seed, &sample);
    write_sample(&good, &sample);
    for (size_t at = 0; at < good.len - 2; at++) {
        for (unsigned value = 0; value < 256 + 2; value++) {
            struct wire bad = {.len = 0};
            struct link_reader reader;
            enum link_kind kind;
            bool lost = value == 256, doubled = value == 257;

            if (value == good.data[at])
                continue;
            wire_put(&bad, good.data, lost ? at : at + 1);
            wire_put(&bad, good.data + at + (doubled ? 0 : 1), good.len - at - (doubled ? 0 : 1));
            if (!lost && !doubled)
                bad.data[at] = (uint8_t)value;
            link_reader_init(&reader, room, sizeof room);
            for (size_t i = 0; i < bad.len; i++) {
                /* Small hex digits of the checksum are as good. */
                if (link_reader_add_byte(&reader, bad.data[i], &kind) && kind == LINK_FRAME)
                    expect_sample(reader.text, &sample);
            }
        }
    }
}

/* Nonsense of any kind, then a line's end: the frame after it is found, whatever came before. */
static void test_resynchronises(void **state)
{
    uint32_t seed = 3;

    (void)state;
    for (unsigned round = 0; round < 5000; round++) {
        struct wire wire = {.len = 0};
        struct link_reader reader;
        struct sample sample;
        char room[ROOM];
        enum link_kind kind;
        size_t noise = next_random(&seed) % 1000;
        unsigned frames = 0;
        bool like_a_frame = next_random(&seed) % 2 == 0;

        link_reader_init(&reader, room, sizeof room);
        for (size_t i = 0; i < noise; i++) {
            static const char marks[] = "@* =\"\\09AFaf\r\n";
            uint8_t byte =
                like_a_frame ? (uint8_t)marks[next_random(&seed) % (sizeof marks - 1)] : (uint8_t)next_random(&seed);

            wire_put(&wire, &byte, 1);
        }
        wire_put(&wire, (const uint8_t *)"\n", 1);
        make_sample(&seed, &sample);
        write_sample(&wire, &sample);
        for (size_t i = 0; i < wire.len; i++) {
            struct link_words words;

            if (!link_reader_add_byte(&reader, wire.data[i], &kind))
                continue;
            if (i == wire.len - 2) { /* its CR */
                assert_int_equal(kind, LINK_FRAME);
                expect_sample(reader.text, &sample);
                frames++;
            } else if (kind == LINK_TEXT || kind == LINK_FRAME) {
                (void)link_split(reader.text, kind, &words);
            }
        }
        assert_int_equal(frames, 1);
    }
}

/* A frame that is cut anywhere is no frame, and harms none after its line's end. */
static void test_partial_lines(void **state)
{
    struct wire good = {.len = 0};
    struct sample sample;
    uint32_t seed = 11;

    (void)state;
    make_sample(&seed, &sample);
    write_sample(&good, &sample);
    for (size_t cut = 0; cut < good.len - 2; cut++) {
        struct wire wire = {.len = 0};
        struct link_reader reader;
        char room[ROOM];
        enum link_kind kind;
        unsigned frames = 0;

        wire_put(&wire, good.data, cut);
        wire_put(&wire, (const uint8_t *)"\r\n", 2);
        wire_put(&wire, good.data, good.len);
        link_reader_init(&reader, room, sizeof room);
        for (size_t i = 0; i < wire.len; i++) {
            if (link_reader_add_byte(&reader, wire.data[i], &kind) && kind == LINK_FRAME) {
                expect_sample(reader.text, &sample);
                frames++;
            }
        }
        assert_int_equal(frames, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bad_splits),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_written_is_read),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_one_wrong_character),
        cmocka_unit_test(test_resynchronises),
        cmocka_unit_test(test_partial_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
