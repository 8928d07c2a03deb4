/* SPDX-License-Identifier: Apache-2.0 */
/* The list of parts: what goes in comes out; what contradicts it is refused; what is not committed is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/parts.h"
#include "test/support/scratch.h"

struct list {
    char folder[SCRATCH_PATH_MAX], path[PATH_MAX];
    struct parts parts;
    char room[ERROR_ROOM];
    struct error err;
    int64_t manifest;
};

static void begin(struct list *list, const char *name)
{
    assert_true(parts_begin(&list->parts, name, "2026-01-01T00:00:00Z", &list->manifest, &list->err));
}

static int set_up(void **state)
{
    struct list *list = calloc(1, sizeof *list);

    assert_non_null(list);
    scratch_make(list->folder);
    snprintf(list->path, sizeof list->path, "%s/parts.db", list->folder);
    list->err = (struct error)ERROR_IN(list->room);
    assert_true(parts_open(&list->parts, list->path, DATABASE_MAKE, &list->err));
    *state = list;
    return 0;
}

static int tear_down(void **state)
{
    struct list *list = *state;

    parts_close(&list->parts);
    scratch_remove(list->folder);
    free(list);
    return 0;
}

static struct manifest_part part_of(uint8_t number, uint8_t first_key, size_t keys)
{
    struct manifest_part part = {.serial = {0x01, 0x23, number, 4, 5, 6, 7, 8, 0x01},
                                 .model = "ATECC608B",
                                 .part_number = "ATECC608B-TNGTLS",
                                 .time = "2026-01-01T00:00:00.000Z",
                                 .key_count = keys};

    for (size_t i = 0; i < keys; i++) {
        part.keys[i].slot = (uint8_t)(2 * i);
        part.keys[i].point[0] = P256_UNCOMPRESSED;
        for (size_t b = 1; b < P256_POINT_BYTES; b++)
            part.keys[i].point[b] = (uint8_t)(b + first_key + i);
    }
    return part;
}

static void expect_found(struct list *list, const struct manifest_part *part, const char *manifest)
{
    char name[PARTS_NAME_SIZE];
    struct manifest_part found;
    bool is_there;

    assert_true(parts_find(&list->parts, part->serial, &is_there, &found, name, &list->err));
    assert_int_equal(is_there, manifest != NULL);
    if (manifest == NULL)
        return;
    assert_string_equal(name, manifest);
    assert_string_equal(found.model, part->model);
    assert_string_equal(found.part_number, part->part_number);
    assert_string_equal(found.time, part->time);
    assert_int_equal(found.key_count, part->key_count);
    for (size_t i = 0; i < part->key_count; i++) {
        assert_int_equal(found.keys[i].slot, part->keys[i].slot);
        assert_memory_equal(found.keys[i].point, part->keys[i].point, P256_POINT_BYTES);
    }
}

static void expect_add(struct list *list, const struct manifest_part *part, enum parts_result result)
{
    assert_int_equal(parts_add(&list->parts, list->manifest, part, &list->err), result);
    assert_int_equal(list->err.reason, result == PARTS_CONFLICT ? ERROR_MANIFEST_REFUTED : ERROR_NONE);
    error_clear(&list->err);
}

static void test_in_and_out(void **state)
{
    struct list *list = *state;
    const struct manifest_part none = part_of(9, 9, 1), one = part_of(1, 10, 5), other = part_of(2, 100, 8);
    uint64_t count;

    begin(list, "first.json");
    expect_add(list, &one, PARTS_ADDED);
    assert_true(parts_commit(&list->parts, &list->err));
    begin(list, "second.json");
    expect_add(list, &one, PARTS_KNOWN);
    expect_add(list, &other, PARTS_ADDED);
    assert_true(parts_commit(&list->parts, &list->err));
    parts_close(&list->parts);
    assert_true(parts_open(&list->parts, list->path, DATABASE_READ, &list->err));
    expect_found(list, &one, "first.json");
    expect_found(list, &other, "second.json");
    expect_found(list, &none, NULL);
    assert_true(parts_count(&list->parts, &count, &list->err));
    assert_int_equal(count, 2);
}

static void test_contradictions(void **state)
{
    struct list *list = *state;
    const struct manifest_part one = part_of(1, 10, 5), fewer = part_of(1, 10, 4), changed = part_of(1, 11, 5),
                               same_key = part_of(2, 14, 1);
    struct manifest_part twice = part_of(3, 200, 2);

    memcpy(twice.keys[1].point, twice.keys[0].point, P256_POINT_BYTES);
    begin(list, "first.json");
    expect_add(list, &one, PARTS_ADDED);
    assert_true(parts_commit(&list->parts, &list->err));
    begin(list, "second.json");
    expect_add(list, &fewer, PARTS_CONFLICT);
    expect_add(list, &changed, PARTS_CONFLICT);
    expect_add(list, &same_key, PARTS_CONFLICT);
    expect_add(list, &twice, PARTS_CONFLICT);
    parts_close(&list->parts);
    assert_true(parts_open(&list->parts, list->path, DATABASE_USE, &list->err));
    expect_found(list, &one, "first.json");
    expect_found(list, &same_key, NULL);
}

static void test_without_commit(void **state)
{
    struct list *list = *state;
    const struct manifest_part one = part_of(1, 10, 5);

    begin(list, "first.json");
    expect_add(list, &one, PARTS_ADDED);
    parts_close(&list->parts);
    assert_true(parts_open(&list->parts, list->path, DATABASE_USE, &list->err));
    expect_found(list, &one, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_and_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_contradictions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_commit, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
