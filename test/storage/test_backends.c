/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of storage/storage.h, on every backend. */
#include "test/storage/backends.h"

#include <stdio.h>
#include <string.h>

#include "base/order.h"
#include "storage/record.h"

struct run {
    enum world_store_kind kind;
    const struct backend *backend;
    struct world_store store;
};

static int start(void **state)
{
    struct run *run = *state;
    world_store_make(&run->store, run->kind);
    world_store_open(&run->store);
    return 0;
}

static int stop(void **state)
{
    struct run *run = *state;
    world_store_close(&run->store);
    world_store_remove(&run->store);
    return 0;
}

#define STORE_OF(state) (&((struct run *)*(state))->store.storage)

static void restart(void **state)
{
    struct run *run = *state;
    world_store_close(&run->store);
    world_store_open(&run->store);
}

/* Sizes around the limits; each is set, read, replaced by the next, and survives a restart. */
static void test_set_get_replace(void **state)
{
    struct storage *storage = STORE_OF(state);
    static const size_t sizes[] = {0, 1, 44, 4095, STORAGE_RECORD_MAX, 3, 0};
    uint8_t content[STORAGE_RECORD_MAX];
    expect_absent(storage, 16);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        fill_content(content, sizes[i], (unsigned)i);
        expect_status(put(storage, 16, bytes_of(content, sizes[i])), STORAGE_OK, "set");
        expect_content(storage, 16, bytes_of(content, sizes[i]));
        restart(state);
        expect_content(storage, 16, bytes_of(content, sizes[i]));
    }
}

static void test_too_long(void **state)
{
    struct storage *storage = STORE_OF(state);
    static const uint8_t content[STORAGE_RECORD_MAX + 1];
    expect_status(put(storage, 16, bytes_of("a", 1)), STORAGE_OK, "set");
    expect_status(put(storage, 16, bytes_of(content, sizeof content)), STORAGE_FULL, "set");
    expect_status(put(storage, 17, bytes_of(content, sizeof content)), STORAGE_FULL, "set");
    expect_content(storage, 16, bytes_of("a", 1));
    expect_absent(storage, 17);
    expect_status(storage->operations->reserve(storage->context, STORAGE_RECORD_MAX + 1), STORAGE_FULL, "reserve");
}

static void test_parts(void **state)
{
    struct storage *storage = STORE_OF(state);
    static const struct {
        uint32_t offset;
        size_t cap, expected;
    } rows[] = {
        {0, 0, 0},  {0, 1, 1}, {0, 10, 10}, {0, 64, 10}, {3, 4, 4},           {3, 64, 7},
        {9, 64, 1}, {9, 1, 1}, {10, 64, 0}, {11, 64, 0}, {UINT32_MAX, 64, 0},
    };
    expect_status(put(storage, 5, bytes_of("0123456789", 10)), STORAGE_OK, "set");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t room[65];
        struct bytes_out out = {.data = room, .cap = rows[i].cap, .len = rows[i].cap};
        struct storage_record record;
        memset(room, 0xEE, sizeof room);
        expect_status(storage->operations->get(storage->context, 5, rows[i].offset, &out, &record), STORAGE_OK, "get");
        assert_int_equal(out.len, rows[i].expected);
        assert_int_equal(record.size, 10);
        if (out.len > 0)
            assert_memory_equal(room, &"0123456789"[rows[i].offset], out.len);
        assert_true(bytes_all(bytes_of(room + out.len, sizeof room - out.len), 0xEE));
    }
}

static void test_remove(void **state)
{
    struct storage *storage = STORE_OF(state);
    expect_status(storage->operations->remove(storage->context, 9), STORAGE_ABSENT, "remove");
    for (uint64_t uid = 8; uid <= 10; uid++)
        expect_status(put(storage, uid, bytes_of(&uid, sizeof uid)), STORAGE_OK, "set");
    expect_status(storage->operations->remove(storage->context, 9), STORAGE_OK, "remove");
    restart(state);
    expect_absent(storage, 9);
    expect_status(storage->operations->remove(storage->context, 9), STORAGE_ABSENT, "remove");
    for (uint64_t uid = 8; uid <= 10; uid += 2)
        expect_content(storage, uid, bytes_of(&uid, sizeof uid));
}

static void test_flags(void **state)
{
    struct storage *storage = STORE_OF(state);
    struct bytes_out nothing = {.data = NULL, .cap = 0};
    struct storage_record record;
    expect_status(put(storage, 1, bytes_of("a", 1)), STORAGE_OK, "set");
    /* Flags alone are a change. */
    expect_status(storage->operations->set(storage->context, 1, STORAGE_FLAG_WRITE_ONCE, bytes_of("a", 1)), STORAGE_OK,
                  "set");
    restart(state);
    expect_status(storage->operations->get(storage->context, 1, 0, &nothing, &record), STORAGE_OK, "get");
    assert_int_equal(record.flags, STORAGE_FLAG_WRITE_ONCE);
    expect_status(put(storage, 1, bytes_of("b", 1)), STORAGE_PERMANENT, "set");
    expect_status(storage->operations->set(storage->context, 1, STORAGE_FLAG_WRITE_ONCE, bytes_of("a", 1)),
                  STORAGE_PERMANENT, "set the same again");
    expect_status(storage->operations->remove(storage->context, 1), STORAGE_PERMANENT, "remove");
    expect_content(storage, 1, bytes_of("a", 1));
}

static enum storage_status put_once(struct storage *storage, uint64_t uid)
{
    return storage->operations->set(storage->context, uid, STORAGE_FLAG_WRITE_ONCE, bytes_of("x", 1));
}

/* What PSA's core and the driver replace all the time cannot be made write-once; what is so already does not stop them.
 */
static void test_write_once_of_the_system(void **state)
{
    struct run *run = *state;
    struct storage *storage = STORE_OF(state);
    static const uint64_t system[] = {0xfffffe00, 0xfffffe60,   0xffffff52,  0xffffff74,
                                      0xffffffff, 0x6000000000, 0x600000000f};
    static const uint64_t others[] = {1, 0x3fffffff, 0xfffffdff, 0x100000000, 0x5fffffffff, 0x6100000000};
    uint8_t stored[STORAGE_RECORD_BYTES(1)];

    for (size_t i = 0; i < sizeof system / sizeof system[0]; i++) {
        struct bytes_out out = {.data = stored, .cap = sizeof stored};
        expect_status(put_once(storage, system[i]), STORAGE_REFUSED, "set write-once");
        expect_absent(storage, system[i]);
        expect_status(put(storage, system[i], bytes_of("a", 1)), STORAGE_OK, "set");
        expect_status(put_once(storage, system[i]), STORAGE_REFUSED, "make write-once");
        expect_content(storage, system[i], bytes_of("a", 1));
        assert_true(storage_record_write(system[i], STORAGE_FLAG_WRITE_ONCE, bytes_of("b", 1), &out));
        run->backend->damage(&run->store, system[i], bytes_written(&out));
        restart(state);
        expect_content(storage, system[i], bytes_of("b", 1));
        expect_status(put(storage, system[i], bytes_of("c", 1)), STORAGE_OK, "replace one that is write-once");
        run->backend->damage(&run->store, system[i], bytes_written(&out));
        expect_status(storage->operations->remove(storage->context, system[i]), STORAGE_OK, "remove one");
        expect_absent(storage, system[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        expect_status(put_once(storage, others[i]), STORAGE_OK, "set write-once");
        expect_status(put(storage, others[i], bytes_of("b", 1)), STORAGE_PERMANENT, "replace");
    }
}

/* Records of `size` bytes until there is no room; no more than `most`, for a backend that is never full. */
static unsigned fill_store(struct storage *storage, uint64_t first, size_t size, unsigned most)
{
    static const uint8_t content[STORAGE_RECORD_MAX];
    unsigned count = 0;
    while (count < most && put(storage, first + count, bytes_of(content, size)) == STORAGE_OK)
        count++;
    return count;
}

/* A full store takes a transaction, then gives its room back: again and again, whatever else is stored meanwhile. */
static void test_kept_room(void **state)
{
    struct storage *storage = STORE_OF(state);
    static const size_t sizes[] = {4000, 700, 90, 44, 13, 1, 0}; /* coarse to fine: until not one byte fits */
    uint8_t transaction[STORAGE_KEPT_BYTES];
    uint64_t next = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        next += fill_store(storage, next, sizes[i], 64);
    for (unsigned turn = 0; turn < 12; turn++) {
        fill_content(transaction, sizeof transaction, turn);
        expect_status(put(storage, STORAGE_KEPT_UID, bytes_of(transaction, sizeof transaction)), STORAGE_OK,
                      "a transaction on a full store");
        expect_content(storage, STORAGE_KEPT_UID, bytes_of(transaction, sizeof transaction));
        if (turn % 3 == 1)
            expect_status(storage->operations->remove(storage->context, turn + 1), STORAGE_OK, "remove a key's record");
        if (turn % 4 == 2)
            restart(state);
        (void)fill_store(storage, 1000 + 10 * turn, 44, 5);
        expect_status(storage->operations->remove(storage->context, STORAGE_KEPT_UID), STORAGE_OK, "end it");
        expect_absent(storage, STORAGE_KEPT_UID);
        (void)fill_store(storage, 2000 + 10 * turn, 0, 5);
    }
}

static void test_order(void **state)
{
    struct storage *storage = STORE_OF(state);
    static const uint64_t sorted[] = {1, 2, 16, 18, 0x3fffffff, 0xfffffe60, 0xffffff74, 0x100000001, UINT64_MAX};
    static const size_t shuffled[] = {4, 8, 0, 6, 2, 7, 1, 5, 3};
    const size_t count = sizeof sorted / sizeof sorted[0];
    uint64_t uid = 0;
    expect_status(storage->operations->next(storage->context, true, &uid), STORAGE_ABSENT, "next");
    for (size_t i = 0; i < count; i++)
        expect_status(put(storage, sorted[shuffled[i]], bytes_of("x", 1)), STORAGE_OK, "set");
    expect_status(storage->operations->reserve(storage->context, 100), STORAGE_OK, "reserve");
    for (size_t i = 0; i < count; i++) {
        expect_status(storage->operations->next(storage->context, i == 0, &uid), STORAGE_OK, "next");
        assert_int_equal(uid, sorted[i]);
        /* Removing on the way is allowed. */
        expect_status(storage->operations->remove(storage->context, uid), STORAGE_OK, "remove");
    }
    expect_status(storage->operations->next(storage->context, false, &uid), STORAGE_ABSENT, "next");
    assert_int_equal(uid, UINT64_MAX);
    storage->operations->release(storage->context);
}

/* What every damaged record has in common: an error, listed, no content, replaceable, removable, no harm to others. */
static void expect_damaged(void **state, struct bytes stored, const char *what)
{
    struct run *run = *state;
    struct storage *storage = STORE_OF(state);
    uint8_t room[64];
    struct bytes_out out = {.data = room, .cap = sizeof room};
    struct storage_record record;
    uint64_t uid = 0;

    run->backend->damage(&run->store, 18, stored);
    expect_status(storage->operations->get(storage->context, 18, 0, &out, &record), STORAGE_CORRUPT, what);
    assert_int_equal(out.len, 0);
    expect_content(storage, 17, bytes_of("left", 4));
    expect_content(storage, 19, bytes_of("right", 5));
    expect_status(storage->operations->next(storage->context, true, &uid), STORAGE_OK, what);
    expect_status(storage->operations->next(storage->context, false, &uid), STORAGE_OK, what);
    assert_int_equal(uid, 18);
}

static void test_damage(void **state)
{
    struct run *run = *state;
    struct storage *storage = STORE_OF(state);
    uint8_t whole[128], changed[129];
    struct bytes_out stored = {.data = whole, .cap = sizeof whole};

    expect_status(put(storage, 17, bytes_of("left", 4)), STORAGE_OK, "set");
    expect_status(put(storage, 18, bytes_of("a record in the middle", 22)), STORAGE_OK, "set");
    expect_status(put(storage, 19, bytes_of("right", 5)), STORAGE_OK, "set");
    run->backend->load(&run->store, 18, &stored);

    for (size_t len = 0; len < stored.len; len++)
        expect_damaged(state, bytes_of(whole, len), "truncated");
    for (size_t at = 0; at < stored.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(changed, whole, stored.len);
            changed[at] ^= (uint8_t)(1u << bit);
            expect_damaged(state, bytes_of(changed, stored.len), "one bit");
        }
        memcpy(changed, whole, stored.len);
        memset(changed + at, 0, stored.len - at);
        expect_damaged(state, bytes_of(changed, stored.len), "zeros to the end");
        memset(changed + at, 0xff, stored.len - at);
        expect_damaged(state, bytes_of(changed, stored.len), "ones to the end");
    }
    memcpy(changed, whole, stored.len);
    changed[stored.len] = 0;
    expect_damaged(state, bytes_of(changed, stored.len + 1), "one byte more");

    /* Whole again, and it is read again: nothing was remembered. */
    run->backend->damage(&run->store, 18, bytes_written(&stored));
    expect_content(storage, 18, bytes_of("a record in the middle", 22));

    expect_damaged(state, bytes_of(whole, 5), "to be replaced");
    expect_status(put(storage, 18, bytes_of("new", 3)), STORAGE_OK, "replace a damaged one");
    expect_content(storage, 18, bytes_of("new", 3));
    expect_damaged(state, bytes_of(whole, 5), "to be removed");
    expect_status(storage->operations->remove(storage->context, 18), STORAGE_OK, "remove a damaged one");
    expect_absent(storage, 18);
}

/* A whole record under another uid is none of that uid. */
static void test_swapped(void **state)
{
    struct run *run = *state;
    struct storage *storage = STORE_OF(state);
    uint8_t whole[128];
    struct bytes_out stored = {.data = whole, .cap = sizeof whole}, out = {.data = NULL, .cap = 0};
    expect_status(put(storage, 1, bytes_of("one", 3)), STORAGE_OK, "set");
    expect_status(put(storage, 2, bytes_of("two", 3)), STORAGE_OK, "set");
    run->backend->load(&run->store, 1, &stored);
    run->backend->damage(&run->store, 2, bytes_written(&stored));
    expect_status(storage->operations->get(storage->context, 2, 0, &out, NULL), STORAGE_CORRUPT, "get");
    expect_content(storage, 1, bytes_of("one", 3));
}

/* A record of a later version is an error of its own, and stays as it is, whatever is done. */
static void test_future(void **state)
{
    struct run *run = *state;
    struct storage *storage = STORE_OF(state);
    /* Header of a version 2, sealed with zlib's crc32(), and a content that only version 2 understands. */
    static const uint8_t future[] = {
        'I', 'R', 'E', 'C', 2, 0, 9, 9,  18, 0,    0,    0,    0,    0,   0,
        0,   7,   0,   0,   0, 8, 9, 10, 11, 0xB6, 0xE4, 0x42, 0xAE, 'v', '2',
    };
    uint8_t after[sizeof future + 1];
    struct bytes_out out = {.data = NULL, .cap = 0}, stored = {.data = after, .cap = sizeof after};
    uint64_t uid = 0;
    expect_status(put(storage, 18, bytes_of("a", 1)), STORAGE_OK, "set");
    run->backend->damage(&run->store, 18, bytes_of(future, sizeof future));
    restart(state);
    expect_status(storage->operations->get(storage->context, 18, 0, &out, NULL), STORAGE_FUTURE, "get");
    expect_status(put(storage, 18, bytes_of("b", 1)), STORAGE_FUTURE, "set");
    expect_status(storage->operations->remove(storage->context, 18), STORAGE_FUTURE, "remove");
    expect_status(storage->operations->next(storage->context, true, &uid), STORAGE_OK, "next");
    assert_int_equal(uid, 18);
    run->backend->load(&run->store, 18, &stored);
    assert_true(bytes_equal(bytes_written(&stored), bytes_of(future, sizeof future)));
}

static void test_reserve(void **state)
{
    struct storage *storage = STORE_OF(state);
    uint8_t content[200];
    fill_content(content, sizeof content, 3);
    expect_status(put(storage, 2, bytes_of("old", 3)), STORAGE_OK, "set");
    storage->operations->release(storage->context);
    expect_status(storage->operations->reserve(storage->context, 64), STORAGE_OK, "reserve");
    expect_status(storage->operations->reserve(storage->context, 100), STORAGE_OK, "more");
    expect_status(storage->operations->reserve(storage->context, 10), STORAGE_OK, "less");
    /* Replacing, reading and removing leave it alone ... */
    expect_status(put(storage, 2, bytes_of("newer", 5)), STORAGE_OK, "replace");
    expect_status(put(storage, 2, bytes_of("newer", 5)), STORAGE_OK, "replace by the same");
    expect_absent(storage, 3);
    /* ... creating uses it, with content shorter or as long, and once. */
    expect_status(put(storage, 3, bytes_of(content, 100)), STORAGE_OK, "create");
    expect_content(storage, 3, bytes_of(content, 100));
    expect_status(put(storage, 4, bytes_of(content, 7)), STORAGE_OK, "create without");
    expect_status(storage->operations->reserve(storage->context, STORAGE_RECORD_MAX), STORAGE_OK, "the longest");
    expect_status(put(storage, 5, bytes_of(content, 7)), STORAGE_OK, "create a short one");
    expect_status(storage->operations->reserve(storage->context, 10), STORAGE_OK, "too little");
    expect_status(put(storage, 6, bytes_of(content, sizeof content)), STORAGE_OK, "create a longer one");
    expect_status(storage->operations->reserve(storage->context, 10), STORAGE_OK, "reserve");
    storage->operations->release(storage->context);
    storage->operations->release(storage->context);
    restart(state);
    expect_content(storage, 2, bytes_of("newer", 5));
    expect_content(storage, 3, bytes_of(content, 100));
    expect_content(storage, 4, bytes_of(content, 7));
    expect_content(storage, 5, bytes_of(content, 7));
    expect_content(storage, 6, bytes_of(content, sizeof content));
    uint64_t uid = 6;
    expect_status(storage->operations->next(storage->context, false, &uid), STORAGE_ABSENT, "next");
}

/* A creation reserves room, then stores its transaction: a full store still has the room for the key. */
static void test_reserve_is_not_for_the_transaction(void **state)
{
    struct storage *storage = STORE_OF(state);
    enum { MANY = 200, STEP = 16 };
    uint8_t content[400];
    uint64_t last = 99;
    enum storage_status status = STORAGE_OK;

    fill_content(content, sizeof content, 3);
    while (status == STORAGE_OK && last < MANY)
        status = put(storage, ++last, bytes_of(content, 200));
    assert_true(status == STORAGE_OK || status == STORAGE_FULL); /* files: no end */
    expect_status(storage->operations->remove(storage->context, 100), STORAGE_OK, "remove");
    expect_status(storage->operations->reserve(storage->context, 64), STORAGE_OK, "reserve");
    expect_status(put(storage, STORAGE_KEPT_UID, bytes_of(content, STORAGE_KEPT_BYTES)), STORAGE_OK, "transaction");
    for (uint64_t uid = 101; uid < last; uid++) {
        status = STORAGE_OK;
        for (size_t size = 200; status == STORAGE_OK && size <= sizeof content; size += STEP)
            status = put(storage, uid, bytes_of(content, size));
        assert_true(status == STORAGE_OK || status == STORAGE_FULL);
    }
    expect_status(put(storage, 16, bytes_of(content, 64)), STORAGE_OK, "create");
    expect_content(storage, 16, bytes_of(content, 64));
}

/* Random calls, compared with a plain array after each. */
static void test_against_model(void **state)
{
    struct storage *storage = STORE_OF(state);
    enum { UIDS = 6, STEPS = 600, SIZES = 300 };
    struct {
        bool there;
        size_t size;
        unsigned seed;
    } model[UIDS + 1] = {{false, 0, 0}};
    uint8_t content[SIZES];
    uint32_t random = 12345;
    for (unsigned step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        const unsigned uid = 1 + (random >> 8) % UIDS;
        const size_t size = (random >> 12) % SIZES;
        switch ((random >> 24) % 6) {
        case 0:
        case 1:
        case 2:
            fill_content(content, size, step);
            expect_status(put(storage, uid, bytes_of(content, size)), STORAGE_OK, "set");
            model[uid].there = true;
            model[uid].size = size;
            model[uid].seed = step;
            break;
        case 3:
            expect_status(storage->operations->remove(storage->context, uid),
                          model[uid].there ? STORAGE_OK : STORAGE_ABSENT, "remove");
            model[uid].there = false;
            break;
        case 4:
            expect_status(storage->operations->reserve(storage->context, (uint32_t)size), STORAGE_OK, "reserve");
            break;
        default:
            restart(state);
            break;
        }
        uint64_t listed = 0;
        bool first = true;
        for (unsigned i = 1; i <= UIDS; i++) {
            if (!model[i].there) {
                expect_absent(storage, i);
                continue;
            }
            fill_content(content, model[i].size, model[i].seed);
            expect_content(storage, i, bytes_of(content, model[i].size));
            expect_status(storage->operations->next(storage->context, first, &listed), STORAGE_OK, "next");
            assert_int_equal(listed, i);
            first = false;
        }
        expect_status(storage->operations->next(storage->context, first, &listed), STORAGE_ABSENT, "next");
    }
}

/* One key as PSA makes it: the transaction, room for the record, the record, the end of the transaction. */
static enum storage_status make_key_record(struct storage *storage, uint64_t uid)
{
    static const uint8_t content[64] = {1};
    enum storage_status status = put(storage, STORAGE_KEPT_UID, bytes_of(content, STORAGE_KEPT_BYTES));

    if (status == STORAGE_OK)
        status = storage->operations->reserve(storage->context, sizeof content);
    if (status == STORAGE_OK)
        status = put(storage, uid, bytes_of(content, sizeof content));
    storage->operations->release(storage->context);
    expect_status(storage->operations->remove(storage->context, STORAGE_KEPT_UID), STORAGE_OK, "remove");
    return status;
}

static bool has_room(struct storage *storage, uint32_t count)
{
    const enum storage_status status = storage->operations->has_room(storage->context, count, 64);

    if (status != STORAGE_OK)
        expect_status(status, STORAGE_FULL, "has_room");
    return status == STORAGE_OK;
}

/* Fills the store with records that come ever smaller. False on a medium that does not get full. */
static bool fill_up(struct storage *storage, uint64_t uid, size_t size)
{
    static const uint8_t content[STORAGE_RECORD_MAX] = {2};

    for (unsigned i = 0; i < 2000; i++) {
        const enum storage_status status = put(storage, uid + i, bytes_of(content, size));
        if (status == STORAGE_FULL && size < 64)
            return true;
        if (status == STORAGE_FULL)
            size /= 2;
        else
            expect_status(status, STORAGE_OK, "fill");
    }
    return false;
}

/* What has_room() promises holds for that many keys, however full the store is; a full store promises none. */
static void test_has_room(void **state)
{
    struct storage *storage = STORE_OF(state);
    uint64_t uid = 1;

    assert_true(has_room(storage, 16));
    expect_status(storage->operations->has_room(storage->context, 1, STORAGE_RECORD_MAX + 1), STORAGE_FULL, "has_room");
    if (((const struct run *)*state)->kind == WORLD_STORE_FILE) {
        for (unsigned i = 0; i < 16; i++)
            expect_status(make_key_record(storage, uid++), STORAGE_OK, "key");
        return;
    }
    assert_true(fill_up(storage, 1000, 1200));
    assert_false(has_room(storage, 1));
    for (uint64_t freed = 1000; freed < 1008; freed++) {
        uint32_t count = 0;
        expect_status(storage->operations->remove(storage->context, freed), STORAGE_OK, "remove");
        while (has_room(storage, count + 1))
            count++;
        assert_true(count >= 7); /* 1,200 bytes of content were freed */
        for (uint32_t i = 0; i < count; i++)
            expect_status(make_key_record(storage, uid++), STORAGE_OK, "key that was promised room");
        assert_false(has_room(storage, 2));
        (void)fill_up(storage, 10000 * freed, 32);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction run;
    } rows[] = {
        {"set, get, replace", test_set_get_replace},
        {"too long", test_too_long},
        {"parts", test_parts},
        {"remove", test_remove},
        {"flags", test_flags},
        {"write-once of the system", test_write_once_of_the_system},
        {"kept room", test_kept_room},
        {"order", test_order},
        {"damage", test_damage},
        {"swapped", test_swapped},
        {"future", test_future},
        {"reserve", test_reserve},
        {"reserve is not for the transaction", test_reserve_is_not_for_the_transaction},
        {"has room", test_has_room},
        {"against a model", test_against_model},
    };
    static struct run run;
    int failed = 0;
    for (int kind = 0; kind < WORLD_STORE_KINDS; kind++) {
        struct CMUnitTest tests[sizeof rows / sizeof rows[0]];
        char group[64];
        run.kind = (enum world_store_kind)kind;
        run.backend = &backends[kind];
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            tests[i] = (struct CMUnitTest){rows[i].name, rows[i].run, start, stop, &run};
        (void)snprintf(group, sizeof group, "storage on %s", world_store_name(run.kind));
        failed += cmocka_run_group_tests_name(group, tests, NULL, NULL);
    }
    return failed;
}
