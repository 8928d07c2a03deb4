/* SPDX-License-Identifier: Apache-2.0 */
/* What is special to the flash backend: geometries, full stores, bad flash, damage, later versions, wear. */
#include "test/support/scratch.h"

#include <stdio.h>
#include <string.h>

#include "base/order.h"
#include "storage/record.h"
#include "test/support/flash_sim.h"

static struct flash_sim sim;
static struct storage_flash flash;
static struct storage storage;

static enum storage_status open_store(bool create)
{
    return storage_flash_open(&flash, &sim.device, create, &storage, NULL);
}

static void start(const struct imprint_flash_device *geometry)
{
    flash_sim_make(&sim, geometry);
    expect_status(open_store(true), STORAGE_OK, "make");
}

static void restart(void)
{
    assert_null(sim.violation);
    flash_sim_restart(&sim);
    expect_status(open_store(false), STORAGE_OK, "open");
}

static enum storage_status set_sized(uint64_t uid, size_t size, unsigned seed)
{
    uint8_t content[STORAGE_RECORD_MAX];
    fill_content(content, size, seed);
    return put(&storage, uid, bytes_of(content, size));
}

static void expect_sized(uint64_t uid, size_t size, unsigned seed)
{
    uint8_t content[STORAGE_RECORD_MAX];
    fill_content(content, size, seed);
    expect_content(&storage, uid, bytes_of(content, size));
}

static enum storage_status take_out(uint64_t uid)
{
    return storage.operations->remove(storage.context, uid);
}

static enum storage_status keep_room(uint32_t size)
{
    return storage.operations->reserve(storage.context, size);
}

static const struct imprint_flash_device small = {
    .unit = 8, .block_size = 512, .block_count = 4, .blank_is_erased = true};
static const struct imprint_flash_device pair = {.unit = 16, .block_size = 512, .block_count = 2};
static const struct imprint_flash_device spared = {
    .unit = 8, .block_size = 512, .block_count = 6, .spare_blocks = 2, .blank_is_erased = true};

static void test_geometries(void **state)
{
    (void)state;
    enum { KEPT = 16 + 64 + 8 }; /* a transaction: prefix, stored form, mark */
    static const struct {
        struct imprint_flash_device device;
        uint32_t record_max;
    } rows[] = {
        {{.unit = 8, .block_size = 4096, .block_count = 2}, 4096 - 64 - 8 - 48 - KEPT},
        {{.unit = 64, .block_size = 256, .block_count = 3}, 0}, /* no room for a transaction */
        {{.unit = 64, .block_size = 512, .block_count = 3}, 512 - 128 - 64 - 48},
        {{.unit = 64, .block_size = 512, .block_count = 2}, 512 - 128 - 64 - 48 - (128 + 64)},
        {{.unit = 1, .block_size = 8192, .block_count = 32}, STORAGE_RECORD_MAX},
        {{.unit = 8, .block_size = 4096, .block_count = 3, .spare_blocks = 1}, 4096 - 64 - 8 - 48 - KEPT},
        {{.unit = 8, .block_size = 4096, .block_count = 2, .spare_blocks = 1}, 0},
        {{.unit = 8, .block_size = 4096, .block_count = 1}, 0},
        {{.unit = 8, .block_size = 4096, .block_count = 33}, 0},
        {{.unit = 0, .block_size = 4096, .block_count = 2}, 0},
        {{.unit = 3, .block_size = 4096, .block_count = 2}, 0},
        {{.unit = 128, .block_size = 4096, .block_count = 2}, 0},
        {{.unit = 8, .block_size = 4100, .block_count = 2}, 0},
        {{.unit = 8, .block_size = 64, .block_count = 2}, 0},
        {{.unit = 1, .block_size = 65536, .block_count = 2}, 0},
        {{.unit = 64, .block_size = 0x8000000, .block_count = 2}, 0},
        {{.unit = 8, .block_size = 0, .block_count = 2}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = {.reason = ERROR_NONE};
        if (storage_flash_record_max(&rows[i].device) != rows[i].record_max)
            fail_msg("row %zu: %u", i, storage_flash_record_max(&rows[i].device));
        if (rows[i].record_max == 0) {
            expect_status(storage_flash_open(&flash, &rows[i].device, true, &storage, &err), STORAGE_FAILED, "open");
            assert_int_equal(err.reason, ERROR_STORAGE_FAILED);
        } else {
            start(&rows[i].device);
            expect_status(set_sized(1, rows[i].record_max, 1), STORAGE_OK, "the longest");
            expect_status(set_sized(1, rows[i].record_max, 2), STORAGE_OK, "the longest again");
            if (rows[i].record_max < STORAGE_RECORD_MAX) {
                expect_status(set_sized(1, rows[i].record_max + 1, 3), STORAGE_FULL, "longer");
                expect_status(keep_room(rows[i].record_max + 1), STORAGE_FULL, "longer");
            }
            restart();
            expect_sized(1, rows[i].record_max, 2);
        }
    }
}

/* Fills the store; nothing that fails changes anything; what is there can be changed and removed all the same. */
static void test_full(void **state)
{
    (void)state;
    static const struct imprint_flash_device *const geometries[] = {&small, &pair, &spared};
    for (size_t g = 0; g < sizeof geometries / sizeof geometries[0]; g++) {
        unsigned count = 0;
        start(geometries[g]);
        while (set_sized(1 + count, 40, count) == STORAGE_OK)
            count++;
        assert_true(count >= 3);
        const unsigned long programs = sim.programs;
        expect_status(set_sized(1 + count, 40, count), STORAGE_FULL, "one more");
        expect_status(keep_room(40), STORAGE_FULL, "reserve");
        expect_status(set_sized(1, 140, 1), STORAGE_FULL, "a longer one");
        assert_int_equal(sim.programs, programs);
        for (unsigned turn = 1; turn <= 20; turn++) {
            for (unsigned i = 0; i < count; i++) {
                expect_sized(1 + i, 40, i + turn - 1);
                expect_status(set_sized(1 + i, 40, i + turn), STORAGE_OK, "replace by as much");
            }
            if (turn % 7 == 0)
                restart();
        }
        for (unsigned i = 0; i < count; i++) {
            expect_status(take_out(1 + i), STORAGE_OK, "remove");
            expect_absent(&storage, 1 + i);
        }
        for (unsigned i = 0; i < count; i++)
            expect_status(set_sized(100 + i, 40, i), STORAGE_OK, "all the room is back");
        expect_status(set_sized(1, 40, 1), STORAGE_FULL, "and no more");
    }
}

/* After reserve() says yes, one more record goes in, whatever else is changed in between; across all degrees of fill.
 */
static void test_reserve_is_kept(void **state)
{
    (void)state;
    static const struct imprint_flash_device *const geometries[] = {&small, &pair, &spared};
    uint32_t random = 99;
    for (unsigned run = 0; run < 600; run++) {
        unsigned sizes[16] = {0};
        start(geometries[run % 3]);
        for (unsigned i = 0; i < run % 90; i++) {
            random = random * 1664525 + 1013904223;
            const unsigned uid = 1 + (random >> 10) % 15, size = (random >> 16) % 120;
            if (set_sized(uid, size, i) == STORAGE_OK)
                sizes[uid] = size + 1;
        }
        random = random * 1664525 + 1013904223;
        const unsigned kept = (random >> 16) % 160;
        if (keep_room(kept) != STORAGE_OK)
            continue;
        for (unsigned i = 0; i < 20; i++) {
            random = random * 1664525 + 1013904223;
            const unsigned uid = 1 + (random >> 10) % 15, size = (random >> 16) % 120;
            if (sizes[uid] == 0)
                continue;
            if ((random >> 27) % 8 == 0) {
                expect_status(take_out(uid), STORAGE_OK, "remove");
                sizes[uid] = 0;
            } else if (set_sized(uid, size, i) == STORAGE_OK) {
                sizes[uid] = size + 1;
            } else {
                assert_true(size + 1 > sizes[uid]); /* only what grows may find no room */
            }
        }
        expect_status(set_sized(77, kept, run), STORAGE_OK, "the record that room was kept for");
        expect_sized(77, kept, run);
        restart();
        expect_sized(77, kept, run);
    }
}

/* Every program in turn leaves a bit out: it is noticed, and written elsewhere. */
static void test_bits_that_do_not_take(void **state)
{
    (void)state;
    for (unsigned at = 1; at < 200; at++) {
        start(&spared);
        flash_sim_plan(&sim, 0, FLASH_SIM_AFTER, 0);
        sim.bad_program = at;
        for (unsigned i = 0; i < 12; i++) {
            expect_status(set_sized(1 + i % 3, 30, i), STORAGE_OK, "set");
            expect_sized(1 + i % 3, 30, i);
        }
        expect_status(take_out(1), STORAGE_OK, "remove");
        restart();
        expect_absent(&storage, 1);
        expect_sized(2, 30, 10);
        expect_sized(3, 30, 11);
    }
}

static void test_blocks_that_fail(void **state)
{
    (void)state;
    /* With two to spare, any two may fail, at any time, and it is remembered. */
    for (uint32_t first = 0; first < 6; first++) {
        for (uint32_t second = 0; second < 6; second++) {
            for (unsigned when = 0; when < 30; when += 3) {
                start(&spared);
                sim.silent = when % 2 == 1;
                for (unsigned i = 0; i < 60; i++) {
                    if (i == when)
                        sim.bad_erase = 1u << first | 1u << second;
                    expect_status(set_sized(1 + i % 5, 60, i), STORAGE_OK, "set");
                    if (i % 20 == 19)
                        restart();
                }
                for (unsigned i = 55; i < 60; i++)
                    expect_sized(1 + i % 5, 60, i);
                const unsigned tried = sim.erases[first];
                for (unsigned i = 0; i < 60; i++)
                    expect_status(set_sized(1 + i % 5, 60, i), STORAGE_OK, "set");
                assert_int_equal(sim.erases[first], tried);
            }
        }
    }
    /* Where none can be erased, writing fails, and reading does not. */
    start(&pair);
    expect_status(set_sized(1, 40, 1), STORAGE_OK, "set");
    sim.bad_erase = 3;
    enum storage_status status = STORAGE_OK;
    for (unsigned i = 0; i < 10 && status == STORAGE_OK; i++) {
        status = set_sized(2, 40, i);
        if (status != STORAGE_OK)
            expect_sized(2, 40, i - 1);
    }
    expect_status(status, STORAGE_FAILED, "no block left");
    expect_status(take_out(1), STORAGE_FAILED, "remove");
    expect_sized(1, 40, 1);
    restart();
    expect_sized(1, 40, 1);
    flash_sim_make(&sim, &pair);
    sim.bad_erase = 3;
    expect_status(open_store(true), STORAGE_FAILED, "make");
}

/* No store is made unasked; one of a later version, of another geometry, or damaged is left alone. */
static void test_refused(void **state)
{
    (void)state;
    static uint8_t before[FLASH_SIM_BYTES_MAX];
    uint8_t header[STORAGE_FLASH_HEADER];
    struct error err = {.reason = ERROR_NONE};

    flash_sim_make(&sim, &small);
    expect_status(open_store(false), STORAGE_ABSENT, "open");
    assert_int_equal(sim.programs + sim.erases[0], 0);

    start(&small);
    expect_status(set_sized(1, 10, 1), STORAGE_OK, "set");
    memcpy(header, sim.held, sizeof header);
    store16_le(header + 4, 2);
    store32_le(header + 28, storage_record_crc(0, header, 28));
    for (uint32_t block = 0; block < small.block_count; block++) {
        start(&small);
        memcpy(sim.held + (size_t)block * small.block_size, header, sizeof header);
        flash_sim_restart(&sim);
        memcpy(before, sim.held, sizeof before);
        const unsigned long programs = sim.programs;
        expect_status(storage_flash_open(&flash, &sim.device, true, &storage, &err), STORAGE_FUTURE, "later version");
        assert_int_equal(err.reason, ERROR_STORAGE_FAILED);
        assert_memory_equal(before, sim.held, sizeof before);
        assert_int_equal(sim.programs, programs);
    }

    start(&small);
    sim.device.block_count = 3;
    expect_status(open_store(true), STORAGE_FAILED, "fewer blocks");
    sim.device.block_count = 4;
    sim.device.unit = 16;
    expect_status(open_store(true), STORAGE_FAILED, "another unit");

    /* A block out of the middle of the log, and the oldest. */
    for (unsigned lost = 0; lost < 2; lost++) {
        start(&small);
        for (unsigned i = 0; flash.count < 3; i++)
            expect_status(set_sized(1 + i % 3, 30, i), STORAGE_OK, "set");
        memset(sim.held + (size_t)flash.blocks[lost].index * small.block_size, 0, 64);
        flash_sim_restart(&sim);
        expect_status(open_store(true), STORAGE_CORRUPT, "a block is missing");
    }
}

/*
 * A prefix whose checksum is right and that is no entry all the same: of a later version, or made by hand. What it says
 * of its length is not believed, and what lies behind it is damage.
 */
static void test_prefix_that_is_no_entry(void **state)
{
    (void)state;
    static const struct {
        uint64_t uid;
        uint32_t length;
        uint8_t kind;
        bool followed;
        enum storage_status status;
    } rows[] = {
        {9, 0xffffff, 1, false, STORAGE_OK}, {9, 500, 1, false, STORAGE_OK},    {9, 0xffffff, 1, true, STORAGE_CORRUPT},
        {9, 24, 3, false, STORAGE_OK},       {9, 24, 3, true, STORAGE_CORRUPT}, {0, 24, 1, true, STORAGE_CORRUPT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint32_t block = 0; block < small.block_count; block++) {
            uint8_t prefix[16];
            unsigned seed = 0;

            start(&small);
            do
                expect_status(set_sized(1, 30, ++seed), STORAGE_OK, "set");
            while (flash.blocks[flash.count - 1].index != block);
            const struct storage_flash_block *last = &flash.blocks[flash.count - 1];
            uint8_t *at = sim.held + (size_t)last->index * small.block_size + (size_t)last->end * small.unit;
            store64_le(prefix, rows[i].uid);
            store32_le(prefix + 8, rows[i].length | (uint32_t)rows[i].kind << 24);
            store32_le(prefix + 12, storage_record_crc(0, prefix, 12));
            memcpy(at, prefix, sizeof prefix);
            if (rows[i].followed)
                memset(at + sizeof prefix, 0, 24 + small.unit);
            flash_sim_restart(&sim);
            expect_status(open_store(true), rows[i].status, "open");
            if (rows[i].status == STORAGE_OK) {
                expect_sized(1, 30, seed);
                expect_status(set_sized(2, 30, 7), STORAGE_OK, "set");
                restart();
                expect_sized(1, 30, seed);
                expect_sized(2, 30, 7);
            }
            assert_null(sim.violation);
        }
    }
}

/* Turns every bit of a store over, one at a time: what was stored is there, or an error says that it is not. */
static void test_rot(void **state)
{
    (void)state;
    static struct flash_sim whole;
    start(&small);
    for (unsigned i = 0; i < 9; i++)
        expect_status(set_sized(1 + i % 3, 20, i), STORAGE_OK, "set");
    expect_status(take_out(1), STORAGE_OK, "remove");
    whole = sim;
    unsigned refused = 0, damaged = 0;
    const uint32_t size = small.block_size * small.block_count;
    for (uint32_t at = 0; at < size; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(sim.held, whole.held, size);
            sim.held[at] ^= (uint8_t)(1u << bit);
            flash_sim_restart(&sim);
            const enum storage_status status = open_store(true);
            if (status != STORAGE_OK) {
                expect_status(status, STORAGE_CORRUPT, "open");
                refused++;
                continue;
            }
            expect_absent(&storage, 1);
            for (unsigned uid = 2; uid <= 3; uid++) {
                uint8_t room[32];
                struct bytes_out out = {.data = room, .cap = sizeof room};
                if (storage.operations->get(storage.context, uid, 0, &out, NULL) == STORAGE_CORRUPT)
                    damaged++;
                else
                    expect_sized(uid, 20, uid == 2 ? 7 : 8);
            }
        }
    }
    assert_true(refused > 0 && damaged > 0);
    /* A whole header gone, both copies: with entries behind it, it is no place to make a new store. */
    start(&small);
    expect_status(set_sized(1, 20, 1), STORAGE_OK, "set");
    memset(sim.held, 0, 64);
    flash_sim_restart(&sim);
    expect_status(open_store(true), STORAGE_CORRUPT, "open");
}

/* Any unit may become unreadable: the same, and the store goes on where it opens. */
static void test_unreadable(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < small.block_size * small.block_count; at += small.unit) {
        start(&small);
        for (unsigned i = 0; i < 9; i++)
            expect_status(set_sized(1 + i % 3, 20, i), STORAGE_OK, "set");
        sim.unreadable = at;
        for (unsigned turn = 0; turn < 2; turn++) {
            for (unsigned uid = 1; uid <= 3; uid++) {
                uint8_t room[32];
                struct bytes_out out = {.data = room, .cap = sizeof room};
                const enum storage_status status = storage.operations->get(storage.context, uid, 0, &out, NULL);
                if (status == STORAGE_OK)
                    expect_sized(uid, 20, uid + 5);
                else
                    assert_true(status == STORAGE_CORRUPT || status == STORAGE_FAILED);
            }
            const enum storage_status status = open_store(true);
            if (status != STORAGE_OK) {
                expect_status(status, STORAGE_CORRUPT, "open");
                break;
            }
        }
        assert_null(sim.violation);
    }
}

/* Thousands of lives, each ended by a cut: no room is lost, and no block wears out before the others. */
static void test_thousands_of_cuts(void **state)
{
    (void)state;
    static const struct imprint_flash_device *const geometries[] = {&small, &pair, &spared};
    for (size_t g = 0; g < sizeof geometries / sizeof geometries[0]; g++) {
        uint32_t random = 7;
        start(geometries[g]);
        for (unsigned life = 0; life < 3000; life++) {
            random = random * 1664525 + 1013904223;
            flash_sim_plan(&sim, 1 + (random >> 12) % 60, (enum flash_sim_cut)((random >> 24) % FLASH_SIM_CUTS), life);
            for (unsigned i = 0; sim.powered; i++) {
                const unsigned uid = 1 + (random + i) % 3;
                if (i % 5 == 4)
                    (void)take_out(uid);
                else if (set_sized(uid, 30, life + i) == STORAGE_FULL)
                    fail_msg("life %u: no room", life);
            }
            restart();
        }
        unsigned count = 0;
        for (unsigned uid = 1; uid <= 3; uid++)
            (void)take_out(uid);
        while (set_sized(1 + count, 40, count) == STORAGE_OK)
            count++;
        unsigned fresh = 0;
        start(geometries[g]);
        while (set_sized(1 + fresh, 40, fresh) == STORAGE_OK)
            fresh++;
        assert_int_equal(count, fresh);
    }
}

static void test_wear(void **state)
{
    (void)state;
    static const struct imprint_flash_device *const geometries[] = {&small, &pair, &spared};
    for (size_t g = 0; g < sizeof geometries / sizeof geometries[0]; g++) {
        const struct imprint_flash_device *device = geometries[g];
        start(device);
        expect_status(set_sized(1, 44, 0), STORAGE_OK, "a record that stays");
        for (unsigned i = 0; i < 20000; i++)
            expect_status(set_sized(2, 44, i), STORAGE_OK, "update");
        unsigned least = sim.erases[0], most = sim.erases[0];
        for (uint32_t i = 1; i < device->block_count; i++) {
            least = sim.erases[i] < least ? sim.erases[i] : least;
            most = sim.erases[i] > most ? sim.erases[i] : most;
        }
        assert_true(most - least <= 1);
        expect_sized(1, 44, 0);
        /* The same again writes nothing. */
        const unsigned long programs = sim.programs;
        expect_status(set_sized(2, 44, 19999), STORAGE_OK, "the same");
        assert_int_equal(sim.programs, programs);
        assert_null(sim.violation);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"geometries", test_geometries, NULL, NULL, NULL},
        {"full", test_full, NULL, NULL, NULL},
        {"reserve is kept", test_reserve_is_kept, NULL, NULL, NULL},
        {"bits that do not take", test_bits_that_do_not_take, NULL, NULL, NULL},
        {"blocks that fail", test_blocks_that_fail, NULL, NULL, NULL},
        {"refused", test_refused, NULL, NULL, NULL},
        {"prefix that is no entry", test_prefix_that_is_no_entry, NULL, NULL, NULL},
        {"rot", test_rot, NULL, NULL, NULL},
        {"unreadable", test_unreadable, NULL, NULL, NULL},
        {"thousands of cuts", test_thousands_of_cuts, NULL, NULL, NULL},
        {"wear", test_wear, NULL, NULL, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
