/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GenKey and PrivWrite silently replace what is in a slot. So: on parts in every state, with some slots claimed and
 * some locked, every way to create or destroy a key is tried on every slot, named and chosen, with every setting - and
 * no claimed or locked slot ever changes its key, and what is refused changes nothing at all.
 */
#include "test/support/p256.h"
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chip/operations.h"
#include "psa/operations.h"
#include "psa/slots.h"
#include "virtual/chip/virtual_invasive.h"

#include <string.h>

#define NEW_ID 1000
#define FIRST_CLAIM 16

enum route { ROUTE_GENERATE, ROUTE_IMPORT, ROUTE_IMPORT_PUBLIC, ROUTE_REGISTER, ROUTE_REGISTER_PUBLIC, ROUTES };

static const struct scene {
    const char *name;
    enum world_kind kind;
    uint16_t fill;          /* slots to fill behind PSA's back first */
    uint16_t claim;         /* private-key slots to claim, by registration of what they hold */
    uint16_t claim_public;  /* public-key slots to claim, by import */
    uint16_t lock;          /* slots to lock */
    uint16_t takes[ROUTES]; /* slots that a named creation may succeed in */
    bool chooses[ROUTES];   /* whether automatic allocation finds a slot when it may replace */
} scenes[] = {
    {"trust-and-go", WORLD_TRUST_AND_GO, .claim = 1 << 0 | 1 << 2, .lock = 1 << 3,
     .takes = {[ROUTE_GENERATE] = 1 << 4,
               [ROUTE_REGISTER] = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4,
               [ROUTE_REGISTER_PUBLIC] = 1 << 11},
     .chooses = {[ROUTE_GENERATE] = true}},
    {"trust-and-go, all claimed", WORLD_TRUST_AND_GO, .claim = 0x1d,
     .takes = {[ROUTE_REGISTER] = 0x1d, [ROUTE_REGISTER_PUBLIC] = 1 << 11}},
    {"trust-flex", WORLD_TRUST_FLEX, .claim = 1 << 2, .claim_public = 1 << 13, .lock = 1 << 4,
     .takes = {[ROUTE_GENERATE] = 1 << 3,
               [ROUTE_REGISTER] = 0x1d,
               [ROUTE_IMPORT_PUBLIC] = 1 << 11 | 1 << 15,
               [ROUTE_REGISTER_PUBLIC] = 1 << 11 | 1 << 13 | 1 << 15},
     .chooses = {[ROUTE_GENERATE] = true, [ROUTE_IMPORT_PUBLIC] = true}},
    {"blank, both zones locked", WORLD_BLANK_LOCKED, .fill = 0x7, .claim = 1 << 1, .lock = 1 << 2,
     .takes = {[ROUTE_GENERATE] = 1 << 0, [ROUTE_REGISTER] = 0x7}, .chooses = {[ROUTE_GENERATE] = true}},
    {"blank, config zone locked", WORLD_BLANK_CONFIG_LOCKED, .fill = 0x3, .claim = 1 << 1, .lock = 1 << 0,
     .takes = {[ROUTE_GENERATE] = 1 << 2, [ROUTE_IMPORT] = 1 << 2, [ROUTE_REGISTER] = 0x7},
     .chooses = {[ROUTE_GENERATE] = true, [ROUTE_IMPORT] = true}},
    {"varied", WORLD_VARIED, .fill = 0x7f, .claim = 1 << VARIED_SIGN | 1 << VARIED_IMPORT,
     .claim_public = 1 << VARIED_PUBLIC, .lock = 1 << VARIED_LOCKABLE,
     .takes = {[ROUTE_GENERATE] = 1 << VARIED_SIGN_ECDH | 1 << VARIED_FIXED | 1 << VARIED_FOREIGN_KEY,
               [ROUTE_IMPORT] = 1 << VARIED_SIGN_ECDH | 1 << VARIED_FIXED | 1 << VARIED_FOREIGN_KEY,
               [ROUTE_REGISTER] = 0xff & ~(1 << VARIED_INTERNAL | 1 << VARIED_HIDDEN),
               [ROUTE_IMPORT_PUBLIC] = 1 << VARIED_PUBLIC_FIXED | 1 << VARIED_PUBLIC_SECRET},
     .chooses = {[ROUTE_GENERATE] = true, [ROUTE_IMPORT] = true, [ROUTE_IMPORT_PUBLIC] = true}},
    {"varied, both zones locked", WORLD_VARIED_LOCKED,
     .fill = 1 << VARIED_SIGN | 1 << VARIED_SIGN_ECDH | 1 << VARIED_LOCKABLE, .claim = 1 << VARIED_SIGN,
     .lock = 1 << VARIED_LOCKABLE,
     .takes = {[ROUTE_GENERATE] = 1 << VARIED_SIGN_ECDH | 1 << VARIED_IMPORT,
               [ROUTE_IMPORT] = 1 << VARIED_IMPORT,
               [ROUTE_REGISTER] = 1 << VARIED_SIGN | 1 << VARIED_SIGN_ECDH | 1 << VARIED_LOCKABLE | 1 << VARIED_IMPORT,
               [ROUTE_IMPORT_PUBLIC] = 1 << VARIED_PUBLIC,
               [ROUTE_REGISTER_PUBLIC] = 1 << VARIED_PUBLIC},
     .chooses = {[ROUTE_GENERATE] = true, [ROUTE_IMPORT] = true, [ROUTE_IMPORT_PUBLIC] = true}},
};

static struct world world;
static struct imprint_write_key write_key = {.slot = 15};

/* Every private and public key that the chip shows. */
struct keys {
    uint16_t shown;
    uint8_t public_key[CHIP_SLOTS][64];
};

static void read_keys(struct keys *keys)
{
    keys->shown = 0;
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        if (world_slot_public(&world, slot, keys->public_key[slot]))
            keys->shown |= (uint16_t)(1u << slot);
}

static psa_key_id_t claim_of(uint8_t slot)
{
    return FIRST_CLAIM + slot;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static void set_scene(const struct scene *scene)
{
    uint8_t scalar[32], point[65];

    world_make(&world, scene->kind);
    memcpy(write_key.secret, world_write_key, sizeof write_key.secret);
    world.settings = (struct driver_settings){.write_keys = &write_key, .write_key_count = 1};
    world_start(&world);
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        psa_key_id_t id = claim_of(slot);
        if ((scene->fill >> slot & 1) != 0)
            world_fill_slot(&world, slot);
        if ((scene->claim >> slot & 1) != 0) {
            psa_key_attributes_t attributes = world_key_pair(id, slot);
            world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
        }
        if ((scene->claim_public >> slot & 1) != 0) {
            psa_key_attributes_t attributes = world_public_key(id, slot);
            p256_make_key(scalar, point);
            world_expect(&world, psa_import_key(&attributes, point, sizeof point, &id), PSA_SUCCESS);
        }
        if ((scene->lock >> slot & 1) != 0)
            world_lock_slot(&world, slot);
    }
}

static psa_status_t take(enum route route, int slot)
{
    bool public_key = route == ROUTE_IMPORT_PUBLIC || route == ROUTE_REGISTER_PUBLIC;
    psa_key_attributes_t attributes = public_key ? world_public_key(NEW_ID, slot) : world_key_pair(NEW_ID, slot);
    uint8_t scalar[32], point[65];
    psa_key_id_t id;

    p256_make_key(scalar, point);
    switch (route) {
    case ROUTE_GENERATE:
        return psa_generate_key(&attributes, &id);
    case ROUTE_IMPORT:
        return psa_import_key(&attributes, scalar, sizeof scalar, &id);
    case ROUTE_IMPORT_PUBLIC:
        return psa_import_key(&attributes, point, sizeof point, &id);
    default:
        return world_register_key(&attributes);
    }
}

static uint8_t taken_slot(void)
{
    return (uint8_t)world_slot_of(&world, NEW_ID);
}

static void expect_protected_unchanged(const struct scene *scene, const struct keys *before)
{
    uint16_t kept = scene->claim | scene->claim_public | scene->lock;
    struct keys after;

    read_keys(&after);
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        if ((kept >> slot & 1) == 0)
            continue;
        assert_int_equal(before->shown >> slot & 1, after.shown >> slot & 1);
        if ((before->shown >> slot & 1) != 0)
            assert_memory_equal(before->public_key[slot], after.public_key[slot], 64);
    }
}

/* One attempt: what it may do, what it must leave. True when a key was made. */
static bool attempt(const struct scene *scene, enum route route, int slot, const struct keys *before)
{
    uint16_t kept = scene->claim | scene->claim_public | scene->lock;
    bool registers = route == ROUTE_REGISTER || route == ROUTE_REGISTER_PUBLIC;
    uint8_t digest[2][32];

    virtual_digest(world.part, digest[0]);
    psa_status_t status = take(route, slot);
    virtual_digest(world.part, digest[1]);
    if (status != PSA_SUCCESS) {
        assert_memory_equal(digest[0], digest[1], 32);
        return false;
    }
    uint8_t taken = taken_slot();
    if (slot >= 0)
        assert_int_equal(taken, slot);
    if (registers)
        assert_memory_equal(digest[0], digest[1], 32);
    else if ((kept >> taken & 1) != 0)
        fail_msg("%s: route %d put a key into slot %u", scene->name, (int)route, taken);
    expect_protected_unchanged(scene, before);
    /* Destroying is one more way to write: a registered key's slot may be claimed by another, or locked. */
    world_expect(&world, psa_destroy_key(NEW_ID), PSA_SUCCESS);
    expect_protected_unchanged(scene, before);
    return true;
}

static void named_slots(const struct scene *scene, const struct keys *before)
{
    for (int route = 0; route < ROUTES; route++) {
        uint16_t took = 0;
        for (int slot = 0; slot < CHIP_SLOTS; slot++)
            if (attempt(scene, (enum route)route, slot, before))
                took |= (uint16_t)(1u << slot);
        if (took != scene->takes[route])
            fail_msg("%s: route %d took slots %04x instead of %04x", scene->name, route, took, scene->takes[route]);
        assert_false(attempt(scene, (enum route)route, 16, before));
        assert_false(attempt(scene, (enum route)route, 255, before));
    }
}

static void chosen_slots(const struct scene *scene, const struct keys *before)
{
    for (int route = 0; route < ROUTES; route++) {
        bool chose = attempt(scene, (enum route)route, -1, before);
        if (world.driver.settings.replace_unclaimed && world.driver.settings.reserved_slots == 0)
            assert_int_equal(chose, scene->chooses[route]);
        if (world.driver.settings.reserved_slots == 0xffff)
            assert_false(chose);
    }
}

static void no_claimed_or_locked_slot_is_ever_written(void **state)
{
    static const uint16_t reserved[] = {0, 0x00ff, 0x5555, 0xffff};

    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        const struct scene *scene = &scenes[i];
        struct keys before;

        print_message("  %s\n", scene->name);
        set_scene(scene);
        read_keys(&before);
        for (size_t setting = 0; setting < 8; setting++) {
            world.driver.settings.replace_unclaimed = (setting & 1) != 0;
            world.driver.settings.reserved_slots = reserved[setting / 2];
            /* Before the named slots fill what was empty, and after. */
            chosen_slots(scene, &before);
            if (setting < 2)
                named_slots(scene, &before);
        }
        world_restart(&world);
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
            if ((scene->claim >> slot & 1) != 0)
                world_prove_key(&world, claim_of(slot));
        world_remove(&world);
    }
}

/* The shells are thin: the same rules hold one floor lower, for shells yet to come. */
static void key_operations_hold_the_rules_themselves(void **state)
{
    const psa_key_type_t pair = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
    const psa_key_type_t public_only = PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1);

    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        const struct scene *scene = &scenes[i];
        uint16_t kept = scene->claim | scene->claim_public | scene->lock;
        uint8_t scalar[32], point[65], digest[2][32];

        set_scene(scene);
        p256_make_key(scalar, point);
        virtual_digest(world.part, digest[0]);
        for (uint8_t slot = 0; slot < 20; slot++) {
            size_t bits;
            if (slot < CHIP_SLOTS && (kept >> slot & 1) == 0)
                continue;
            assert_int_not_equal(driver_generate_key(&world.driver, slot), PSA_SUCCESS);
            assert_int_not_equal(driver_import_key(&world.driver, slot, pair, bytes_of(scalar, 32), &bits),
                                 PSA_SUCCESS);
            assert_int_not_equal(driver_import_key(&world.driver, slot, public_only, bytes_of(point, 65), &bits),
                                 PSA_SUCCESS);
        }
        /* Destroying an id that shares its slot with the claim. */
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
            if ((kept >> slot & 1) == 0)
                continue;
            assert_int_equal(driver_destroy_key(&world.driver, slot, NEW_ID), PSA_SUCCESS);
            assert_false(driver_slot_is_scrap(&world.driver, slot));
        }
        virtual_digest(world.part, digest[1]);
        assert_memory_equal(digest[0], digest[1], 32);
        world_remove(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(no_claimed_or_locked_slot_is_ever_written, end),
        cmocka_unit_test_teardown(key_operations_hold_the_rules_themselves, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
