/* SPDX-License-Identifier: Apache-2.0 */
/* The mark's bytes: what is written is read again, and no state of a torn write is taken for another. */
#include "provision/mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const uint8_t digest[PROFILE_DIGEST_BYTES] = {0xC0, 0x78, 0x87, 0xA7, 0xF4, 0x2D, 0x4E, 0xB6};
static const uint8_t other_digest[PROFILE_DIGEST_BYTES] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66};

/* A profile with that many keys, in slots 0, 1, 2 and so on. */
static void make_profile(struct profile *profile, uint8_t slots[static PROFILE_KEYS_MAX], size_t keys)
{
    memset(profile, 0, sizeof(*profile));
    memset(slots, 0, PROFILE_KEYS_MAX);
    (void)snprintf(profile->name, sizeof(profile->name), "door-lock-with-a-name-that-is-longer-than-a-block");
    profile->key_count = keys;
    for (size_t i = 0; i < keys; i++) {
        profile->keys[i].id = (uint32_t)(0x01020310 + i);
        profile->keys[i].method = (enum profile_method)(i % 3);
        slots[i] = (uint8_t)i;
    }
}

static void make_point(uint8_t point[static P256_POINT_BYTES], size_t key)
{
    memset(point, (int)(0x40 + key), P256_POINT_BYTES);
    point[0] = 0x04;
}

/* A mark of that many keys: begun, or with `done` finished. */
static void make_mark(struct mark *mark, uint8_t description[static MARK_DESCRIPTION_MAX], size_t keys, uint8_t unused,
                      bool done)
{
    static struct profile profile;
    uint8_t slots[PROFILE_KEYS_MAX];

    make_profile(&profile, slots, keys);
    mark->unused = unused;
    mark_begin(mark, &profile, digest, slots, description);
    for (size_t i = 0; done && i < keys; i++) {
        uint8_t point[P256_POINT_BYTES];

        make_point(point, i);
        assert_int_equal(mark_note_key(mark, i, point), PSA_SUCCESS);
    }
    if (done)
        mark->state = MARK_DONE;
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    for (size_t keys = 0; keys <= 15; keys++) {
        for (int done = 0; done < 2; done++) {
            uint8_t description[MARK_DESCRIPTION_MAX], head[MARK_BLOCK_BYTES], point[P256_POINT_BYTES];
            char name[PROFILE_NAME_MAX];
            struct mark mark = {.state = MARK_NONE};
            struct mark read;

            make_mark(&mark, description, keys, 0xff, done != 0);
            mark_write_head(&mark, head);
            assert_true(mark_read_head(head, NULL, &read));
            assert_int_equal(read.state, done != 0 ? MARK_DONE : MARK_BEGUN);
            assert_int_equal(read.key_count, keys);
            assert_memory_equal(read.profile, digest, MARK_PROFILE_BYTES);
            assert_true(mark_description_matches(&read, description));
            assert_true(mark_description_bytes(keys) >= keys * MARK_KEY_BYTES + MARK_NAME_LEAST);
            assert_true(mark_description_bytes(keys) <= MARK_DESCRIPTION_MAX);
            mark_profile_name(&read, description, name);
            assert_true(strlen(name) >= MARK_NAME_LEAST);
            assert_memory_equal(name, "door-lock-wi", MARK_NAME_LEAST);
            for (size_t i = 0; i < keys; i++) {
                struct mark_key key = mark_key_at(description, i);

                assert_int_equal(key.id, 0x01020310 + i);
                assert_int_equal(key.slot, i);
                assert_int_equal(key.method, i % 3);
                make_point(point, i);
                assert_true(mark_has_key(&read, i, point));
                point[64] ^= 1;
                assert_int_equal(mark_has_key(&read, i, point), done == 0);
            }
        }
    }
}

/* Every byte of a finished head, changed in every bit: never read as the same, never as begun by another profile. */
static void test_each_bit_counts(void **state)
{
    uint8_t description[MARK_DESCRIPTION_MAX], head[MARK_BLOCK_BYTES];
    struct mark mark = {.state = MARK_NONE};

    (void)state;
    make_mark(&mark, description, 2, 0x00, true);
    mark_write_head(&mark, head);
    for (size_t bit = 0; bit < 8 * sizeof(head); bit++) {
        struct mark read;
        bool known;

        head[bit / 8] ^= (uint8_t)(1u << bit % 8);
        known = mark_read_head(head, digest, &read);
        if (bit < 14 * 8)
            assert_true(!known || read.state == MARK_NONE);
        else
            assert_true(known && read.state == MARK_TORN);
        head[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* A mix of old and new by bits, some of each. */
static void tear(uint8_t out[static MARK_BLOCK_BYTES], const uint8_t *old, const uint8_t *new, uint32_t *random)
{
    for (size_t i = 0; i < MARK_BLOCK_BYTES; i++) {
        uint8_t mask;

        *random = *random * 1664525u + 1013904223u;
        mask = (uint8_t)(*random >> 24);

        out[i] = (uint8_t)((old[i] & mask) | (new[i] & ~mask));
    }
}

/* A cut while the first part is written: nothing has been changed yet, so the device is blank, for its profile. */
static void test_torn_begin_is_no_mark(void **state)
{
    uint32_t random = 20240229;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint8_t description[MARK_DESCRIPTION_MAX], old[MARK_BLOCK_BYTES], new[MARK_BLOCK_BYTES], torn[MARK_BLOCK_BYTES];
        struct mark mark = {.state = MARK_NONE}, read;
        const uint8_t unused = i % 2 == 0 ? 0x00 : 0xff;

        memset(old, unused, sizeof(old));
        make_mark(&mark, description, 2, unused, false);
        mark_write_head(&mark, new);
        tear(torn, old, new, &random);
        assert_true(mark_read_head(torn, digest, &read));
        assert_true(read.state == MARK_NONE || read.state == MARK_BEGUN);
    }
}

/* A cut while the second part is written: everything had been done. It is never taken for begun, nor for a blank part.
 */
static void test_torn_finish_is_torn(void **state)
{
    uint32_t random = 7;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint8_t description[MARK_DESCRIPTION_MAX], old[MARK_BLOCK_BYTES], new[MARK_BLOCK_BYTES], torn[MARK_BLOCK_BYTES];
        struct mark mark = {.state = MARK_NONE}, read;

        make_mark(&mark, description, 2, i % 2 == 0 ? 0x00 : 0xff, false);
        mark_write_head(&mark, old);
        make_mark(&mark, description, 2, 0x00, true);
        mark_write_head(&mark, new);
        tear(torn, old, new, &random);
        assert_true(mark_read_head(torn, digest, &read));
        assert_true(read.state == MARK_TORN || read.state == MARK_DONE);
        if (read.state == MARK_DONE)
            assert_memory_equal(read.hashes, mark.hashes, sizeof(read.hashes));
    }
}

/* Other data is not a mark, and neither is what a cut left of another profile's: it must not be written over. */
static void test_other_data_is_refused(void **state)
{
    uint8_t description[MARK_DESCRIPTION_MAX], head[MARK_BLOCK_BYTES];
    uint32_t random = 1;
    struct mark mark = {.state = MARK_NONE}, read;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        for (size_t at = 0; at < sizeof(head); at++) {
            random = random * 1664525u + 1013904223u;
            head[at] = (uint8_t)(random >> 24);
        }
        assert_false(mark_read_head(head, digest, &read));
    }
    make_mark(&mark, description, 1, 0xff, false);
    mark_write_head(&mark, head);
    head[0] = 0xff; /* torn */
    assert_true(mark_read_head(head, digest, &read));
    assert_false(mark_read_head(head, other_digest, &read));
    assert_false(mark_read_head(head, NULL, &read));
}

/* A mark is cleared in two writes. A cut in the first leaves one that is found again, a cut in the second none. */
static void test_clearing_can_be_cut(void **state)
{
    static const uint8_t nothing[MARK_BLOCK_BYTES];
    uint8_t description[MARK_DESCRIPTION_MAX], head[MARK_BLOCK_BYTES], cleared[MARK_BLOCK_BYTES],
        torn[MARK_BLOCK_BYTES];
    uint32_t random = 1;

    (void)state;
    mark_write_void(cleared);
    for (int i = 0; i < 20000; i++) {
        struct mark mark = {.state = MARK_NONE}, read;

        make_mark(&mark, description, (size_t)(1 + i % 15), i % 2 == 0 ? 0xff : 0x00, i % 3 == 0);
        mark_write_head(&mark, head);
        tear(torn, head, cleared, &random);
        (void)mark_read_head(torn, NULL, &read);
        assert_true(read.state != MARK_NONE); /* retire finds it */
        tear(torn, cleared, nothing, &random);
        assert_true(mark_read_head(torn, digest, &read) && read.state == MARK_NONE);
        assert_true(mark_read_head(torn, other_digest, &read) && read.state == MARK_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read), cmocka_unit_test(test_each_bit_counts),
        cmocka_unit_test(test_torn_begin_is_no_mark),   cmocka_unit_test(test_torn_finish_is_torn),
        cmocka_unit_test(test_other_data_is_refused),   cmocka_unit_test(test_clearing_can_be_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
