/* SPDX-License-Identifier: Apache-2.0 */
/* The stored form of a record: every byte of it, and every way in which it can be wrong. */
#include "test/support/scratch.h"

#include <string.h>

#include "base/order.h"
#include "storage/file_name.h"
#include "storage/record.h"

/* uid 0x1122334455667788, flags 1, content "abc"; both checksums computed with zlib's crc32(). */
static const uint8_t golden[] = {
    'I',  'R',  'E',  'C',  0x01, 0x00, 0x00, 0x00, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x01, 0x00,
    0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x07, 0x69, 0xAC, 0x2A, 'a',  'b',  'c',  0x40, 0x68, 0x34, 0x5B,
};
static const uint64_t golden_uid = 0x1122334455667788;

static void test_golden(void **state)
{
    (void)state;
    uint8_t room[sizeof golden];
    struct bytes_out out = {.data = room, .cap = sizeof room};
    assert_true(storage_record_write(golden_uid, 1, bytes_of("abc", 3), &out));
    assert_int_equal(out.len, sizeof golden);
    assert_memory_equal(room, golden, sizeof golden);

    struct storage_record record;
    struct bytes content;
    expect_status(storage_record_read(bytes_of(golden, sizeof golden), golden_uid, &record, &content), STORAGE_OK, "");
    assert_int_equal(record.uid, golden_uid);
    assert_int_equal(record.flags, 1);
    assert_int_equal(record.size, 3);
    assert_true(bytes_equal(content, bytes_of("abc", 3)));
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 24, 44, 68, 255, 256, 2400, STORAGE_RECORD_MAX - 1, STORAGE_RECORD_MAX};
    uint8_t in[STORAGE_RECORD_MAX + 1], room[STORAGE_RECORD_BYTES(STORAGE_RECORD_MAX)];
    struct storage_record record;
    struct bytes content;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bytes_out out = {.data = room, .cap = STORAGE_RECORD_BYTES(sizes[i])};
        fill_content(in, sizes[i], (unsigned)i);
        assert_true(storage_record_write(i + 1, (uint32_t)i, bytes_of(in, sizes[i]), &out));
        expect_status(storage_record_read(bytes_written(&out), i + 1, &record, &content), STORAGE_OK, "read");
        assert_true(bytes_equal(content, bytes_of(in, sizes[i])));
        /* One byte less of room, and nothing is written. */
        out = (struct bytes_out){.data = room, .cap = STORAGE_RECORD_BYTES(sizes[i]) - 1};
        assert_false(storage_record_write(i + 1, 0, bytes_of(in, sizes[i]), &out));
        assert_int_equal(out.len, 0);
    }
    struct bytes_out out = {.data = room, .cap = sizeof room};
    assert_false(storage_record_write(1, 0, bytes_of(in, sizeof in), &out));
}

/* Writes behind what is there. */
static void test_append(void **state)
{
    (void)state;
    uint8_t room[2 * sizeof golden];
    struct bytes_out out = {.data = room, .cap = sizeof room, .len = sizeof golden};
    assert_true(storage_record_write(golden_uid, 1, bytes_of("abc", 3), &out));
    assert_int_equal(out.len, sizeof room);
    assert_memory_equal(room + sizeof golden, golden, sizeof golden);
    assert_false(storage_record_write(golden_uid, 1, bytes_of("abc", 3), &out));
}

static void test_truncated_or_longer(void **state)
{
    (void)state;
    uint8_t stored[sizeof golden + 1] = {0};
    struct storage_record record;
    struct bytes content;
    memcpy(stored, golden, sizeof golden);
    for (size_t len = 0; len <= sizeof stored; len++) {
        if (len != sizeof golden)
            expect_status(storage_record_read(bytes_of(stored, len), golden_uid, &record, &content), STORAGE_CORRUPT,
                          "read");
    }
    expect_status(storage_record_read(BYTES_NONE, golden_uid, &record, &content), STORAGE_CORRUPT, "read");
}

/* Every other value of every byte. A damaged version is not a later one. */
static void test_every_byte(void **state)
{
    (void)state;
    struct storage_record record;
    struct bytes content;
    for (size_t at = 0; at < sizeof golden; at++) {
        for (unsigned flip = 1; flip < 256; flip++) {
            uint8_t stored[sizeof golden];
            memcpy(stored, golden, sizeof stored);
            stored[at] ^= (uint8_t)flip;
            expect_status(storage_record_read(bytes_of(stored, sizeof stored), golden_uid, &record, &content),
                          STORAGE_CORRUPT, "read");
        }
    }
}

/* A whole record under another name; the header of one record before the content of another. */
static void test_mixed_up(void **state)
{
    (void)state;
    uint8_t room[2][sizeof golden], mixed[sizeof golden];
    struct storage_record record;
    struct bytes content;
    expect_status(storage_record_read(bytes_of(golden, sizeof golden), golden_uid + 1, &record, &content),
                  STORAGE_CORRUPT, "another uid");
    for (unsigned i = 0; i < 2; i++) {
        struct bytes_out out = {.data = room[i], .cap = sizeof room[i]};
        assert_true(storage_record_write(7, i, bytes_of(i == 0 ? "abc" : "abd", 3), &out));
    }
    memcpy(mixed, room[0], sizeof mixed);
    memcpy(mixed + STORAGE_RECORD_HEADER, room[1] + STORAGE_RECORD_HEADER, sizeof mixed - STORAGE_RECORD_HEADER);
    expect_status(storage_record_read(bytes_of(mixed, sizeof mixed), 7, &record, &content), STORAGE_CORRUPT, "mixed");
}

/* CRC-32 bit by bit, as the standard has it, for headers that storage_record_write() does not make. */
static void seal_header(uint8_t *stored)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < 24; i++) {
        crc ^= stored[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
    }
    store32_le(stored + 24, ~crc);
}

static void test_headers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t at;
        uint16_t value;
        enum storage_status expected;
    } rows[] = {
        {"the present version", 4, 1, STORAGE_OK},
        {"version 0", 4, 0, STORAGE_CORRUPT},
        {"the next version", 4, 2, STORAGE_FUTURE},
        {"the last version", 4, 0xffff, STORAGE_FUTURE},
        {"reserved field in use", 6, 1, STORAGE_CORRUPT},
        {"size above the limit", 20, STORAGE_RECORD_MAX + 1, STORAGE_CORRUPT},
        {"size in the millions", 22, 0xffff, STORAGE_CORRUPT},
    };
    struct storage_record record;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t stored[sizeof golden];
        memcpy(stored, golden, sizeof stored);
        store16_le(stored + rows[i].at, rows[i].value);
        seal_header(stored);
        expect_status(storage_record_read_header(bytes_of(stored, sizeof stored), &record), rows[i].expected,
                      rows[i].name);
        if (rows[i].expected == STORAGE_FUTURE) {
            struct bytes content;
            /* Whatever length a later version has. */
            for (size_t len = STORAGE_RECORD_HEADER; len <= sizeof stored; len++)
                expect_status(storage_record_read(bytes_of(stored, len), golden_uid, &record, &content), STORAGE_FUTURE,
                              rows[i].name);
        }
    }
}

static void test_file_names(void **state)
{
    (void)state;
    static const struct {
        uint64_t uid;
        const char *name;
    } rows[] = {
        {1, "0000000000000001.record"},
        {0xffffff74, "00000000ffffff74.record"},
        {0x0123456789abcdef, "0123456789abcdef.record"},
        {UINT64_MAX, "ffffffffffffffff.record"},
    };
    static const char *const others[] = {
        "",
        ".",
        "..",
        "lock",
        "format",
        "writing.tmp",
        "reserved.tmp",
        "0000000000000000.record",
        "000000000000001.record",
        "00000000000000001.record",
        "0000000000000001.recor",
        "0000000000000001.record~",
        "000000000000000A.record",
        "0000000000000001",
        "000000000000000g.record",
    };
    char name[STORAGE_FILE_NAME_SIZE];
    uint64_t uid;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        storage_file_name(rows[i].uid, name);
        assert_string_equal(name, rows[i].name);
        assert_true(storage_file_name_parse(name, &uid));
        assert_int_equal(uid, rows[i].uid);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(storage_file_name_parse(others[i], &uid));
}

static void test_status_text(void **state)
{
    (void)state;
    for (int i = STORAGE_OK; i <= STORAGE_FAILED; i++) {
        for (int j = STORAGE_OK; j < i; j++)
            assert_string_not_equal(storage_status_text((enum storage_status)i),
                                    storage_status_text((enum storage_status)j));
    }
    assert_string_equal(storage_status_text((enum storage_status)99), "unexpected storage status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),      cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_append),      cmocka_unit_test(test_truncated_or_longer),
        cmocka_unit_test(test_every_byte),  cmocka_unit_test(test_mixed_up),
        cmocka_unit_test(test_headers),     cmocka_unit_test(test_file_names),
        cmocka_unit_test(test_status_text),
    };
    return cmocka_run_group_tests_name("storage record", tests, NULL, NULL);
}
