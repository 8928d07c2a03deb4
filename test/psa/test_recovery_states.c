/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state that storage can be left in, and what becomes of it: the table of psa/recovery.c against its
 * description in docs/reference/psa-keys.md, with the medium failing at every change; torn and foreign transaction
 * records of every length; a chip that is missing or only to be looked at; a driver that is registered late.
 */
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <psa/internal_trusted_storage.h>

#include "base/order.h"
#include "psa/recovery.h"
#include "psa/scrap.h"
#include "psa/settle.h"
#include "psa/slots.h"
#include "storage/memory.h"
#include "storage/record.h"
#include "psa/transaction.h"
#include "virtual/chip/virtual_invasive.h"

#define SUBJECT 18u
#define SLOT 2u
#define SCRAP_UID ((uint64_t)0x60 << 32 | SLOT)

/* --- a store that fails where it is told to -------------------------------------------------------------------- */

static struct {
    struct store_front front;
    unsigned changes, fail_at; /* the change that fails, 0 for none */
    enum storage_status failure;
} medium;

static enum storage_status fail_a_change(enum store_call call, uint64_t uid)
{
    (void)uid;
    if (call != STORE_SET && call != STORE_REMOVE)
        return STORAGE_OK;
    return ++medium.changes == medium.fail_at ? medium.failure : STORAGE_OK;
}

static void put_medium_under(struct storage *storage)
{
    medium.fail_at = 0;
    store_front_put(&medium.front, storage, fail_a_change);
}

static void store(struct storage *storage, uint64_t uid, const void *content, size_t len)
{
    expect_status(put(storage, uid, bytes_of(content, len)), STORAGE_OK, "set");
}

static void make_transaction(uint8_t record[static TRANSACTION_STORED_MAX], uint16_t kind, uint32_t lifetime,
                             uint64_t slot, uint64_t uid, struct transaction_note note)
{
    memset(record, 0, TRANSACTION_STORED_MAX);
    store16_le(record, kind);
    store32_le(record + 4, lifetime);
    store64_le(record + 8, slot);
    store64_le(record + 16, uid);
    transaction_write_note(note, record + TRANSACTION_BYTES);
}

static void make_key_record(uint8_t record[static 44], uint32_t lifetime, uint64_t slot)
{
    static const uint8_t magic[8] = {'P', 'S', 'A', 0, 'K', 'E', 'Y', 0};

    memset(record, 0, 44);
    memcpy(record, magic, sizeof magic);
    store32_le(record + 12, lifetime);
    store16_le(record + 16, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    store16_le(record + 18, 256);
    store32_le(record + 32, 8);
    store64_le(record + 36, slot);
}

/* --- the table ------------------------------------------------------------------------------------------------- */

enum transaction { CREATION, DESTRUCTION, FOREIGN, OTHER_LIFETIME, IMPOSSIBLE_ID, UNKNOWN_KIND, TRANSACTIONS };
enum key { ABSENT, WHOLE, DAMAGED, OTHER_SLOT, OTHER_LOCATION, KEYS };
enum note { NONE, LATER_NOTE, REGISTER, GENERATE_FRESH, GENERATE_REPLACING, IMPORT_FRESH, IMPORT_REPLACING, NOTES };
enum scrap { NO_SCRAP, PLAIN_SCRAP, DUE_SCRAP, SCRAPS };

struct state {
    enum transaction transaction;
    enum key key;
    enum note note;
    enum scrap scrap;
};

static void put_state(struct storage *storage, const struct state *state)
{
    static const struct transaction_note notes[NOTES] = {
        [REGISTER] = {TRANSACTION_CREATION_REGISTER, false},
        [GENERATE_FRESH] = {TRANSACTION_CREATION_GENERATE, true},
        [GENERATE_REPLACING] = {TRANSACTION_CREATION_GENERATE, false},
        [IMPORT_FRESH] = {TRANSACTION_CREATION_IMPORT, true},
        [IMPORT_REPLACING] = {TRANSACTION_CREATION_IMPORT, false},
    };
    static const uint16_t kinds[TRANSACTIONS] = {1, 2, 1, 1, 2, 3};
    uint8_t record[TRANSACTION_STORED_MAX], key[44];
    uint32_t lifetime = state->transaction == FOREIGN ? 0x4201 : state->transaction == OTHER_LIFETIME ? 0x6002 : 0x6001;

    make_transaction(record, kinds[state->transaction], lifetime, SLOT,
                     state->transaction == IMPOSSIBLE_ID ? 0xfffffe60 : SUBJECT, notes[state->note]);
    if (state->note == LATER_NOTE)
        record[TRANSACTION_BYTES] = 2;
    store(storage, TRANSACTION_UID, record, state->note == NONE ? TRANSACTION_BYTES : TRANSACTION_STORED_MAX);
    make_key_record(key, state->key == OTHER_LOCATION ? 0x4201 : 0x6001, state->key == OTHER_SLOT ? SLOT + 1 : SLOT);
    if (state->key != ABSENT)
        store(storage, SUBJECT, key, state->key == DAMAGED ? 20 : sizeof key);
    if (state->scrap != NO_SCRAP)
        assert_int_equal(scrap_set(storage, SCRAP_UID, state->scrap == DUE_SCRAP), STORAGE_OK);
    /* What no state touches. */
    store(storage, 77, key, sizeof key);
    store(storage, 0xfffffe60, "", 0);
}

/* What docs/reference/psa-keys.md says, in its own words. */
static void expect_end(const struct storage *storage, const struct state *state)
{
    bool mine = state->key == WHOLE || state->key == DAMAGED, key = state->key != ABSENT, due = false;
    bool fresh = state->note == GENERATE_FRESH || state->note == IMPORT_FRESH;
    enum scrap scrap = state->scrap, found = NO_SCRAP;

    if (state->transaction == CREATION && state->key == WHOLE) {
        scrap = NO_SCRAP;
    } else if (state->transaction == CREATION) {
        if (state->key == DAMAGED)
            key = false;
        if (fresh && scrap == NO_SCRAP)
            scrap = PLAIN_SCRAP;
    } else if (state->transaction == DESTRUCTION && mine) {
        key = false;
        scrap = DUE_SCRAP;
    } else if (state->transaction == DESTRUCTION && state->key == ABSENT && scrap == NO_SCRAP) {
        scrap = DUE_SCRAP;
    }
    if (scrap_get(storage, SCRAP_UID, &due) == STORAGE_OK)
        found = due ? DUE_SCRAP : PLAIN_SCRAP;
    if (is_stored(storage, TRANSACTION_UID) || is_stored(storage, SUBJECT) != key || found != scrap ||
        !is_stored(storage, 77) || !is_stored(storage, 0xfffffe60))
        fail_msg("transaction %d, key %d, note %d, scrap %d: key %s and scrap %d, not %s and %d", state->transaction,
                 state->key, state->note, state->scrap, is_stored(storage, SUBJECT) ? "kept" : "gone", found,
                 key ? "kept" : "gone", scrap);
}

static void every_state(void **unused)
{
    uint8_t room[1024];
    struct storage_memory memory;
    struct storage storage;
    struct driver driver;
    unsigned states = 0, failures = 0;

    (void)unused;
    for (unsigned n = 0; n < TRANSACTIONS * KEYS * NOTES * SCRAPS; n++) {
        const struct state state = {n % TRANSACTIONS, n / TRANSACTIONS % KEYS, n / TRANSACTIONS / KEYS % NOTES,
                                    n / TRANSACTIONS / KEYS / NOTES};
        unsigned changes = 0;
        for (unsigned fail_at = 0; fail_at <= changes; fail_at++) {
            storage_memory_open(&memory, room, sizeof room, &storage);
            put_state(&storage, &state);
            put_medium_under(&storage);
            driver_init(&driver, NULL, &storage, NULL);
            struct se_session session = {.storage = &storage};
            medium.changes = 0;
            medium.fail_at = fail_at;
            medium.failure = fail_at % 2 == 0 ? STORAGE_FAILED : STORAGE_READ_ONLY;
            driver_recover(&driver, &session);
            assert_int_equal(session.settled, fail_at == 0);
            if (fail_at == 0)
                changes = medium.changes;
            else
                failures++;
            driver_recover(&driver, &session);
            assert_true(session.settled);
            expect_end(&storage, &state);
        }
        states++;
    }
    print_message("  %u states, %u failures of the medium\n", states, failures);
}

/* No room for the scrap record: what is removed makes some, and PSA goes on whatever happens. */
static void full_store(void **unused)
{
    static const struct state states[] = {{CREATION, ABSENT, GENERATE_FRESH, NO_SCRAP},
                                          {CREATION, DAMAGED, IMPORT_FRESH, NO_SCRAP},
                                          {DESTRUCTION, WHOLE, NONE, NO_SCRAP}};
    uint8_t room[1024];
    struct storage_memory memory;
    struct storage storage;
    struct driver driver;

    (void)unused;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        storage_memory_open(&memory, room, sizeof room, &storage);
        put_state(&storage, &states[i]);
        memory.entries.cap = memory.entries.len;
        driver_init(&driver, NULL, &storage, NULL);
        struct se_session session = {.storage = &storage};
        driver_recover(&driver, &session);
        expect_end(&storage, &states[i]);
    }
}

/* --- devices --------------------------------------------------------------------------------------------------- */

static struct world world;

static int begin(void **state)
{
    (void)state;
    world_make(&world, WORLD_BLANK_LOCKED);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static void expect_started(void)
{
    uint8_t byte;
    psa_key_attributes_t attributes = world_key_pair(0, -1);
    psa_key_id_t id;

    assert_int_equal(psa_generate_random(&byte, 1), PSA_SUCCESS);
    psa_set_key_lifetime(&attributes, PSA_KEY_LIFETIME_VOLATILE);
    assert_int_equal(psa_generate_key(&attributes, &id), PSA_SUCCESS);
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

static struct driver_slot slot_now(uint8_t slot)
{
    struct driver_map map;

    assert_int_equal(driver_read_map(&world.driver, true, &map, NULL), PSA_SUCCESS);
    return map.slots[slot];
}

/* A key in SLOT, and a transaction as a destruction of it leaves it when the power fails before anything else. */
static void interrupt_destruction(uint8_t before[static 64])
{
    uint8_t record[TRANSACTION_STORED_MAX];

    make_transaction(record, 2, PSA_ATECC608A_LIFETIME, SLOT, SUBJECT, (struct transaction_note){.fresh = false});
    world_start(&world);
    world_expect(&world, world_generate(17, 0), PSA_SUCCESS);
    world_expect(&world, world_generate(SUBJECT, SLOT), PSA_SUCCESS);
    assert_true(world_slot_public(&world, SLOT, before));
    store(&world.storage, TRANSACTION_UID, record, TRANSACTION_BYTES);
    world_stop(&world);
}

static void expect_erased(const uint8_t before[static 64])
{
    uint8_t now[64];
    bool due = true;

    assert_true(world_slot_public(&world, SLOT, now));
    assert_memory_not_equal(now, before, sizeof now);
    assert_int_equal(scrap_get(&world.storage, SCRAP_UID, &due), STORAGE_OK);
    assert_false(due);
    assert_true(slot_now(SLOT).scrap);
}

static void the_chip_is_missing(void **state)
{
    uint8_t before[64], now[64];
    bool due = false;

    (void)state;
    interrupt_destruction(before);
    world_attach(&world);
    world_arm(&world, "silent", 1);
    assert_int_equal(world_connect(), PSA_SUCCESS);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    expect_started();
    assert_false(world_has_key(SUBJECT));
    assert_true(world_has_key(17));
    assert_int_equal(scrap_get(&world.storage, SCRAP_UID, &due), STORAGE_OK);
    assert_true(due);

    /* It comes back: the next operation, on whatever key, settles it. */
    virtual_power_cycle(world.part);
    assert_true(world_slot_public(&world, SLOT, now));
    assert_memory_equal(now, before, sizeof now);
    world_prove_key(&world, 17);
    expect_erased(before);
    world_stop(&world);

    /* Or at the next start. */
    world_start(&world);
    world_expect(&world, world_generate(SUBJECT, SLOT), PSA_SUCCESS);
    assert_int_equal(scrap_get(&world.storage, SCRAP_UID, &due), STORAGE_ABSENT);
    world_stop(&world);
}

static void the_next_start_erases(void **state)
{
    uint8_t before[64];

    (void)state;
    interrupt_destruction(before);
    world_attach(&world);
    world_arm(&world, "silent", 1);
    assert_int_equal(world_connect(), PSA_SUCCESS);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    world_restart(&world);
    expect_erased(before);
}

/* Looking sends nothing that writes, whatever is due, and sees the slot as it will be. */
static void looking_leaves_the_erasure_due(void **state)
{
    uint8_t before[64], digest[32], after[32];

    (void)state;
    interrupt_destruction(before);
    world_attach(&world);
    chip_forbid_changes(&world.chip);
    virtual_digest(world.part, digest);
    assert_int_equal(world_connect(), PSA_SUCCESS);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    expect_started();
    assert_false(world_has_key(SUBJECT));
    world_prove_key(&world, 17);
    assert_true(slot_now(SLOT).scrap);
    virtual_digest(world.part, after);
    assert_memory_equal(digest, after, sizeof after);
    assert_int_equal(world.chip.counters.writing, 0);

    world.chip.guard.allow = NULL;
    world_prove_key(&world, 17);
    expect_erased(before);
}

static void registered_late(void **state)
{
    uint8_t before[64], record[TRANSACTION_STORED_MAX];

    (void)state;
    interrupt_destruction(before);
    world_attach(&world);
    if (world_is_opaque) /* the core has this driver from the start, but no chip yet */
        driver_bind(NULL);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    expect_started();
    /* A local key that cannot be made must not take the left-over with it. */
    psa_key_attributes_t local = world_key_pair(0, -1);
    psa_key_id_t id;
    psa_set_key_lifetime(&local, PSA_KEY_LIFETIME_VOLATILE);
    psa_set_key_bits(&local, 255);
    assert_int_not_equal(psa_generate_key(&local, &id), PSA_SUCCESS);
    assert_true(is_stored(&world.storage, TRANSACTION_UID));
    assert_int_equal(world_connect(), PSA_SUCCESS);
    driver_bind(&world.driver);
    world_prove_key(&world, 17);
    assert_false(world_has_key(SUBJECT));
    expect_erased(before);
    world_stop(&world);

    /* The first call is a destruction, which opens a transaction before the driver is called. */
    world_start(&world);
    world_expect(&world, world_generate(20, 2), PSA_SUCCESS);
    make_transaction(record, 1, PSA_ATECC608A_LIFETIME, 1, 19,
                     (struct transaction_note){.creation = TRANSACTION_CREATION_GENERATE, .fresh = true});
    store(&world.storage, TRANSACTION_UID, record, sizeof record);
    world_stop(&world);
    world_attach(&world);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    assert_int_equal(world_connect(), PSA_SUCCESS);
    world_expect(&world, psa_destroy_key(20), PSA_SUCCESS);
    assert_false(world_has_key(20));
    assert_false(is_stored(&world.storage, TRANSACTION_UID));
    assert_true(slot_now(1).scrap);
    assert_true(slot_now(2).scrap);
}

/* Whatever lies in the transaction's place, PSA starts, and nothing else changes. */
static void start_over(const char *what, size_t len)
{
    uint8_t digest[32], after[32], key[65];
    size_t key_len;

    world_attach(&world);
    virtual_digest(world.part, digest);
    assert_int_equal(world_connect(), PSA_SUCCESS);
    psa_status_t status = psa_crypto_init();
    if (status != PSA_SUCCESS)
        fail_msg("%s of %zu bytes: psa_crypto_init() says %d", what, len, (int)status);
    expect_started();
    assert_false(is_stored(&world.storage, TRANSACTION_UID));
    assert_int_equal(psa_export_public_key(17, key, sizeof key, &key_len), PSA_SUCCESS);
    world_prove(&world, 17, key);
    virtual_digest(world.part, after);
    assert_memory_equal(digest, after, sizeof after);
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        assert_false(slot_now(slot).scrap);
    world_stop(&world);
}

static void torn_and_foreign_records_of_every_length(void **state)
{
    uint8_t record[TRANSACTION_STORED_MAX], stored[40 + 32], content[40];
    char path[400];
    uint32_t random = 1;

    (void)state;
    world_start(&world);
    world_expect(&world, world_generate(17, 0), PSA_SUCCESS);
    world_stop(&world);
    snprintf(path, sizeof path, "%s/00000000ffffff74.record", world.store.directory);
    make_transaction(record, 2, PSA_ATECC608A_LIFETIME, 0, 17, (struct transaction_note){.fresh = false});

    /* Whole records, of any content. The last filling is the beginning of a destruction of key 17, but for 24 and 28.
     */
    for (size_t len = 0; len <= sizeof content; len++) {
        for (int filling = 0; filling < 4; filling++) {
            if (filling == 3 && (len == TRANSACTION_BYTES || len == TRANSACTION_STORED_MAX))
                continue;
            for (size_t i = 0; i < sizeof content; i++) {
                random = random * 1664525u + 1013904223u;
                content[i] = filling == 0 ? 0 : filling == 1 ? 0xff : (uint8_t)(random >> 24);
            }
            if (filling == 3)
                memcpy(content, record, sizeof record);
            world_attach(&world);
            store(&world.storage, TRANSACTION_UID, content, len);
            world_stop(&world);
            start_over("a whole record", len);
        }
    }
    /* Files that end anywhere in a record, or are not one. */
    struct bytes_out out = {.data = stored, .cap = sizeof stored};
    assert_true(storage_record_write(TRANSACTION_UID, 0, bytes_of(record, sizeof record), &out));
    for (size_t len = 0; len < out.len; len++) {
        for (int filling = 0; filling < 2; filling++) {
            static const uint8_t zeros[sizeof stored];
            int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
            assert_true(fd >= 0);
            assert_int_equal(write(fd, filling == 0 ? stored : zeros, len), len);
            close(fd);
            start_over(filling == 0 ? "a torn record" : "zeros", len);
        }
    }
}

/* A creation that fails after the chip has made a key: the slot is as free as before. */
static void a_failed_creation_leaves_scrap(void **state)
{
    (void)state;
    world_start(&world);
    put_medium_under(&world.storage);
    for (unsigned i = 0; i < 5; i++) {
        medium.changes = 0;
        medium.fail_at = 2; /* the key record, after the transaction */
        medium.failure = STORAGE_FULL;
        assert_int_not_equal(world_generate(SUBJECT, -1), PSA_SUCCESS);
        assert_true(medium.changes > 2);
        assert_false(world_has_key(SUBJECT));
        assert_true(slot_now(0).scrap);
        assert_int_equal(slot_now(1).fill, DRIVER_FILL_EMPTY);
    }
    world_expect(&world, world_generate(SUBJECT, -1), PSA_SUCCESS);
    assert_int_equal(slot_now(0).claimed_by, SUBJECT);
    assert_false(slot_now(0).scrap);
    assert_false(is_stored(&world.storage, (uint64_t)0x60 << 32));
}

/* The medium fails at each change of a whole creation and destruction; afterwards both go as ever, in the same slot. */
static void the_medium_fails_anywhere(void **state)
{
    (void)state;
    world_start(&world);
    put_medium_under(&world.storage);
    for (unsigned round = 2;; round++) {
        const unsigned fail_at = round / 2;
        medium.changes = 0;
        medium.fail_at = fail_at;
        medium.failure = STORAGE_FAILED;
        medium.front.late = round % 2 == 1;
        psa_status_t made = world_generate(SUBJECT, -1);
        psa_status_t destroyed = world_has_key(SUBJECT) ? psa_destroy_key(SUBJECT) : PSA_SUCCESS;
        if (medium.changes < fail_at)
            break;
        medium.fail_at = 0;
        if (made == PSA_SUCCESS && destroyed != PSA_SUCCESS && world_has_key(SUBJECT))
            world_expect(&world, psa_destroy_key(SUBJECT), PSA_SUCCESS);
        if (!world_has_key(SUBJECT))
            world_expect(&world, world_generate(SUBJECT, -1), PSA_SUCCESS);
        assert_int_equal(slot_now(0).claimed_by, SUBJECT);
        world_prove_key(&world, SUBJECT);
        world_expect(&world, psa_destroy_key(SUBJECT), PSA_SUCCESS);
        assert_true(slot_now(0).scrap);
        assert_int_equal(slot_now(1).fill, DRIVER_FILL_EMPTY);
    }
}

/* A claimed slot is never scrap, whatever an old record says, and a due erasure there is dropped. */
static void a_claimed_slot_is_never_scrap(void **state)
{
    uint8_t before[64], now[64];

    (void)state;
    for (int due = 0; due < 2; due++) {
        world_start(&world);
        if (due == 0)
            world_expect(&world, world_generate(SUBJECT, SLOT), PSA_SUCCESS);
        assert_true(world_slot_public(&world, SLOT, before));
        assert_int_equal(scrap_set(&world.storage, SCRAP_UID, due == 1), STORAGE_OK);
        world_restart(&world);
        assert_false(slot_now(SLOT).scrap);
        world_expect(&world, world_generate(20, SLOT), PSA_ERROR_ALREADY_EXISTS);
        assert_true(world_slot_public(&world, SLOT, now));
        assert_memory_equal(before, now, sizeof now);
        assert_int_equal(is_stored(&world.storage, SCRAP_UID), due == 0);
        world_stop(&world);
    }
}

/* A damaged scrap record makes nothing scrap, and stands in nobody's way. */
static void a_damaged_scrap_record(void **state)
{
    static const uint8_t contents[][5] = {{2, 0, 0, 0}, {1, 2, 0, 0}, {1, 0, 1, 0}, {1, 0, 0, 1}, {1, 0, 0, 0, 0}};

    (void)state;
    world_start(&world);
    world_fill_slot(&world, SLOT);
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        store(&world.storage, SCRAP_UID, contents[i], i == 4 ? 5 : 4);
        world_restart(&world);
        assert_false(slot_now(SLOT).scrap);
        assert_int_equal(slot_now(SLOT).fill, DRIVER_FILL_KEY);
    }
    world_expect(&world, world_generate(SUBJECT, SLOT), PSA_SUCCESS);
    assert_false(is_stored(&world.storage, SCRAP_UID));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state),
        cmocka_unit_test(full_store),
        TEST(the_chip_is_missing),
        TEST(the_next_start_erases),
        TEST(looking_leaves_the_erasure_due),
        TEST(registered_late),
        TEST(torn_and_foreign_records_of_every_length),
        TEST(a_failed_creation_leaves_scrap),
        TEST(the_medium_fails_anywhere),
        TEST(a_claimed_slot_is_never_scrap),
        TEST(a_damaged_scrap_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
