/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slot map of whole parts, and the questions it is made of: filled, empty or not to be told. A slot is empty only
 * when both of the chip's answers say so, and a key is made only when it is read back so: here one answer lies.
 */
#include "test/support/p256.h"
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crc16.h"
#include "base/order.h"
#include "psa/slots.h"
#include "virtual/chip/virtual_invasive.h"

#include <string.h>

#define E DRIVER_FILL_EMPTY
#define K DRIVER_FILL_KEY
#define U DRIVER_FILL_UNKNOWN

static struct world world;

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static const struct map_row {
    const char *name;
    enum world_kind kind;
    enum driver_fill fill[CHIP_SLOTS];
} map_rows[] = {
    {"trust-and-go", WORLD_TRUST_AND_GO, {K, K, K, K, K, U, U, U, U, U, U, K, U, U, U, U}},
    {"blank", WORLD_BLANK, {U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U}},
    {"blank, config zone locked", WORLD_BLANK_CONFIG_LOCKED, {E, E, E, U, U, U, U, U, U, U, U, U, U, U, U, U}},
    {"blank, both zones locked", WORLD_BLANK_LOCKED, {E, E, E, U, U, U, U, U, U, U, U, U, U, U, U, U}},
    {"varied", WORLD_VARIED, {E, E, E, E, E, E, E, E, U, U, U, U, U, U, U, U}},
    {"varied, both zones locked", WORLD_VARIED_LOCKED, {E, E, E, E, E, E, E, E, U, E, E, U, U, U, U, U}},
};

static void maps_of_whole_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof map_rows / sizeof map_rows[0]; i++) {
        const struct map_row *row = &map_rows[i];
        uint8_t digest[2][32];
        struct driver_map map, unprobed;
        struct error err = {.reason = ERROR_NONE};

        world_make(&world, row->kind);
        world_start(&world);
        virtual_digest(world.part, digest[0]);
        assert_int_equal(driver_read_map(&world.driver, false, &unprobed, &err), PSA_SUCCESS);
        assert_int_equal(driver_read_map(&world.driver, true, &map, &err), PSA_SUCCESS);
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
            enum driver_fill fill;
            if (map.slots[slot].fill != row->fill[slot])
                fail_msg("%s: slot %u: fill %d", row->name, slot, (int)map.slots[slot].fill);
            assert_int_equal(unprobed.slots[slot].fill, DRIVER_FILL_UNKNOWN);
            assert_int_equal(unprobed.slots[slot].abilities, map.slots[slot].abilities);
            assert_int_equal(map.slots[slot].claimed_by, 0);
            assert_int_equal(driver_probe_slot(&world.driver, slot, &fill, &err), PSA_SUCCESS);
            assert_int_equal(fill, row->fill[slot]);
        }
        /* Looking never writes. */
        virtual_digest(world.part, digest[1]);
        assert_memory_equal(digest[0], digest[1], 32);
        assert_int_equal(world.chip.counters.writing, 0);
        world_remove(&world);
    }
}

static void abilities_are_those_that_last(void **state)
{
    const uint32_t making = CHIP_CAN_GENERATE | CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET;
    struct driver_map map;

    (void)state;
    world_make(&world, WORLD_VARIED);
    world_start(&world);
    assert_int_equal(driver_read_map(&world.driver, false, &map, NULL), PSA_SUCCESS);
    assert_int_equal(map.slots[VARIED_SIGN].abilities, making | CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC);
    assert_int_equal(map.slots[VARIED_FIXED].abilities, making | CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC);
    assert_int_equal(map.slots[VARIED_INTERNAL].abilities, making | CHIP_CAN_SIGN_INTERNAL | CHIP_CAN_GIVE_PUBLIC);
    assert_int_equal(map.slots[VARIED_HIDDEN].abilities, making | CHIP_CAN_SIGN_DIGEST);
    assert_int_equal(map.slots[VARIED_PUBLIC].abilities,
                     CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_READ_CLEAR | CHIP_CAN_WRITE_CLEAR | CHIP_CAN_LOCK);
}

static void claims_and_locks(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(18, 2);
    struct driver_map map;
    psa_key_id_t id;

    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    world_expect(&world, psa_generate_key(&attributes, &id), PSA_SUCCESS);
    attributes = world_key_pair(7, 2);
    world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
    world_lock_slot(&world, 3);
    driver_forget_config(&world.driver);
    assert_int_equal(driver_read_map(&world.driver, false, &map, NULL), PSA_SUCCESS);
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        assert_int_equal(map.slots[slot].claimed_by, slot == 2 ? 7 : 0);
        assert_int_equal(map.slots[slot].locked, slot == 3);
    }
}

static void no_such_slot(void **state)
{
    enum driver_fill fill = K;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    for (unsigned slot = 16; slot < 256; slot++) {
        assert_int_equal(driver_probe_slot(&world.driver, (uint8_t)slot, &fill, &err), PSA_ERROR_INVALID_ARGUMENT);
        assert_int_equal(fill, U);
    }
    assert_int_equal(err.reason, ERROR_USAGE);
}

/* --- a chip with one false answer ------------------------------------------------------------------------------ */

/* Info with mode 1 (KeyValid), and GenKey with mode 0 (public key): opcode and first parameter of a group. */
static const uint8_t info_key_valid[2] = {0x30, 0x01}, genkey_public[2] = {0x40, 0x00};
/* GenKey(create), and Read of 32 bytes of a slot. */
static const uint8_t genkey_create[2] = {0x40, 0x04}, read_slot[2] = {0x02, 0x82};

static struct {
    struct imprint_transport real;
    struct imprint_transport_operations operations;
    const uint8_t *command; /* whose answer is false */
    uint8_t answer[8]; /* the false answer without its CRC, count first; count 0: one bit of the true one is false */
    bool lies_next;    /* the command has just been sent */
} liar;

static enum imprint_transport_status liar_send(void *context, const uint8_t *group, size_t len)
{
    (void)context;
    liar.lies_next = memcmp(group + 1, liar.command, 2) == 0;
    return liar.real.operations->send(liar.real.context, group, len);
}

/* The false answer, or the true one with one bit changed, with a right CRC. */
static enum imprint_transport_status liar_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    enum imprint_transport_status status = liar.real.operations->receive(liar.real.context, group, cap, len);

    (void)context;
    if (status != IMPRINT_TRANSPORT_OK || !liar.lies_next)
        return status;
    if (liar.answer[0] != 0) {
        *len = liar.answer[0];
        memcpy(group, liar.answer, *len - 2);
    } else {
        group[5] ^= 1;
    }
    store16_le(group + *len - 2, crc16_update(CRC16_START, bytes_of(group, *len - 2)));
    return IMPRINT_TRANSPORT_OK;
}

static void make_liar(const uint8_t *command, const uint8_t answer[static 8])
{
    liar.real = world.chip.transport;
    liar.operations = *world.chip.transport.operations;
    liar.operations.send = liar_send;
    liar.operations.receive = liar_receive;
    liar.command = command;
    liar.lies_next = false;
    memcpy(liar.answer, answer, sizeof liar.answer);
    world.chip.transport.operations = &liar.operations;
    /* Its context: the liar's functions use the real one, the others are the real ones. */
}

static void one_answer_is_not_enough_for_empty(void **state)
{
    static const uint8_t not_valid[8] = {7, 0, 0, 0, 0}, refused[8] = {4, 0x0f};
    uint8_t digest[2][32];
    enum driver_fill fill = E;

    (void)state;
    /* Filled slots; the chip says that they hold no valid key, and yet computes their public keys. */
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    virtual_digest(world.part, digest[0]);
    make_liar(info_key_valid, not_valid);
    for (uint8_t slot = 0; slot < 5; slot++) {
        assert_int_equal(driver_probe_slot(&world.driver, slot, &fill, NULL), PSA_SUCCESS);
        assert_int_equal(fill, K);
    }
    psa_key_attributes_t attributes = world_key_pair(18, -1);
    psa_key_id_t id;
    world_expect_reason(&world, psa_generate_key(&attributes, &id), PSA_ERROR_INSUFFICIENT_STORAGE, ERROR_SLOT_FILLED);
    virtual_digest(world.part, digest[1]);
    assert_memory_equal(digest[0], digest[1], 32);
    world_remove(&world);

    /* And the other way round. */
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    make_liar(genkey_public, refused);
    assert_int_equal(driver_probe_slot(&world.driver, 2, &fill, NULL), PSA_SUCCESS);
    assert_int_equal(fill, K);
    world_expect_reason(&world, psa_generate_key(&attributes, &id), PSA_ERROR_INSUFFICIENT_STORAGE, ERROR_SLOT_FILLED);
    /* A key that answers only half is not registered. */
    attributes = world_key_pair(16, 0);
    world_expect_reason(&world, world_register_key(&attributes), PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY);
}

/* What is read back decides, not what the command answered. */
static void a_key_read_back_differently_is_an_error(void **state)
{
    static const uint8_t one_bit[8] = {0};
    psa_key_attributes_t attributes = world_key_pair(18, 2);
    uint8_t scalar[32], point[65];
    psa_key_id_t id;

    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    make_liar(genkey_create, one_bit);
    world_expect_reason(&world, psa_generate_key(&attributes, &id), PSA_ERROR_CORRUPTION_DETECTED, ERROR_PROOF_FAILED);
    assert_int_equal(psa_get_key_attributes(18, &attributes), PSA_ERROR_INVALID_HANDLE);
    world_remove(&world);

    world_make(&world, WORLD_VARIED_LOCKED);
    world_start(&world);
    make_liar(read_slot, one_bit);
    p256_make_key(scalar, point);
    attributes = world_public_key(18, VARIED_PUBLIC);
    world_expect_reason(&world, psa_import_key(&attributes, point, sizeof point, &id), PSA_ERROR_CORRUPTION_DETECTED,
                        ERROR_PROOF_FAILED);
    assert_int_equal(psa_get_key_attributes(18, &attributes), PSA_ERROR_INVALID_HANDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(maps_of_whole_parts, end),
        cmocka_unit_test_teardown(abilities_are_those_that_last, end),
        cmocka_unit_test_teardown(claims_and_locks, end),
        cmocka_unit_test_teardown(no_such_slot, end),
        cmocka_unit_test_teardown(one_answer_is_not_enough_for_empty, end),
        cmocka_unit_test_teardown(a_key_read_back_differently_is_an_error, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
