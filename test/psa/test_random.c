/* SPDX-License-Identifier: Apache-2.0 */
/* The chip as the host's source of random numbers: what it gives, and that nothing that is not random passes for it. */
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/crc16.h"
#include "base/order.h"
#include "chip/operations.h"
#include "psa/keys.h"
#include "psa/random.h"

#define RANDOM_OPCODE 0x1b

static struct world world;

static void start(enum world_kind kind)
{
    world_make(&world, kind);
    world_start(&world);
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static psa_status_t ask(uint8_t *out, size_t len, enum error_reason *reason)
{
    struct error err = {.reason = ERROR_NONE};
    psa_status_t status;

    memset(out, 0x5a, len);
    status = driver_random(&world.driver, out, len, &err);
    *reason = err.reason;
    return status;
}

/* Refused, with nothing left in the buffer that could be taken for random. */
static void expect_refused(psa_status_t expected, enum error_reason expected_reason)
{
    uint8_t out[70];
    enum error_reason reason;

    assert_int_equal(ask(out, sizeof out, &reason), expected);
    assert_int_equal(reason, expected_reason);
    assert_true(bytes_all(bytes_of(out, sizeof out), 0));
}

/* What an application is told: the reason of this very failure, not PSA's general sentence for its status. */
static void test_the_reason_goes_with_its_status(void **state)
{
    struct error told = {.reason = ERROR_NONE};
    uint8_t out[8];

    (void)state;
    start(WORLD_BLANK);
    keys_forget_reason(&world.driver);
    assert_int_equal(driver_random(&world.driver, out, sizeof out, &world.driver.last_error),
                     PSA_ERROR_INSUFFICIENT_ENTROPY);
    keys_explain(&world.driver, PSA_ERROR_INSUFFICIENT_ENTROPY, &told);
    assert_int_equal(told.reason, ERROR_CONFIG_UNLOCKED);
}

static void test_any_length(void **state)
{
    static const size_t lengths[] = {0, 1, 31, 32, 33, 64, 100};
    uint8_t seen[100] = {0}, out[101];
    enum error_reason reason;

    (void)state;
    start(WORLD_TRUST_AND_GO);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        out[lengths[i]] = 0x77;
        assert_int_equal(ask(out, lengths[i], &reason), PSA_SUCCESS);
        assert_int_equal(reason, ERROR_NONE);
        assert_int_equal(out[lengths[i]], 0x77);
        if (lengths[i] > 16) {
            assert_memory_not_equal(out, seen, lengths[i]);
            assert_memory_not_equal(out, out + lengths[i] - 8, 8);
        }
        memcpy(seen, out, lengths[i]);
    }
    assert_false(world.chip.awake);
}

/* It answers with FF FF 00 00 again and again, as the data sheets say. */
static void test_unlocked(void **state)
{
    uint8_t pattern[32], out[32];
    enum error_reason reason;
    struct chip_config config;

    (void)state;
    start(WORLD_BLANK);
    assert_int_equal(chip_random(&world.chip, pattern, NULL), CHIP_OK);
    assert_int_equal(load32_le(pattern), 0x0000ffff);
    expect_refused(PSA_ERROR_INSUFFICIENT_ENTROPY, ERROR_CONFIG_UNLOCKED);
    assert_false(world.chip.awake);

    /* Locked since, by somebody who told the driver nothing. */
    assert_int_equal(chip_read_config(&world.chip, &config, NULL), CHIP_OK);
    assert_int_equal(chip_lock_config(&world.chip, &config, NULL), CHIP_OK);
    assert_int_equal(ask(out, sizeof out, &reason), PSA_SUCCESS);
    assert_memory_not_equal(out, pattern, sizeof out);
}

static void test_chip_that_fails(void **state)
{
    uint8_t out[70];
    enum error_reason reason;
    unsigned refused = 0;

    (void)state;
    start(WORLD_TRUST_AND_GO);
    world.driver.settings.stay_awake = true;
    /* Three commands, and before them the config zone; whichever of them is never answered. */
    for (unsigned group = 1; group <= 8; group++) {
        world_restart(&world);
        world_arm(&world, "silent", group);
        if (ask(out, sizeof out, &reason) != PSA_SUCCESS) {
            refused++;
            assert_int_equal(reason, ERROR_DEVICE_SILENT);
            assert_true(bytes_all(bytes_of(out, sizeof out), 0));
        }
    }
    assert_true(refused >= 6);
    world_restart(&world);
    assert_int_equal(ask(out, sizeof out, &reason), PSA_SUCCESS);
}

/* A chip whose generator is stuck: the reply to Random is replaced on its way, by a whole group. */
static struct imprint_transport_operations stuck_operations;
static const struct imprint_transport_operations *real_operations;
static bool is_random;
static uint8_t stuck[32];

static enum imprint_transport_status stuck_send(void *context, const uint8_t *group, size_t len)
{
    is_random = group[1] == RANDOM_OPCODE;
    return real_operations->send(context, group, len);
}

static enum imprint_transport_status stuck_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    enum imprint_transport_status status = real_operations->receive(context, group, cap, len);

    if (status == IMPRINT_TRANSPORT_OK && is_random && *len == 35) {
        memcpy(group + 1, stuck, sizeof stuck);
        store16_le(group + 33, crc16_update(CRC16_START, bytes_of(group, 33)));
    }
    return status;
}

static void test_chip_that_repeats_itself(void **state)
{
    (void)state;
    start(WORLD_TRUST_AND_GO);
    real_operations = world.chip.transport.operations;
    stuck_operations = *real_operations;
    stuck_operations.send = stuck_send;
    stuck_operations.receive = stuck_receive;
    world.chip.transport.operations = &stuck_operations;
    /* The same block again; the pattern of an unlocked chip; all zero. */
    for (size_t i = 0; i < sizeof stuck; i++)
        stuck[i] = (uint8_t)(i * 37 + 5);
    expect_refused(PSA_ERROR_INSUFFICIENT_ENTROPY, ERROR_CHIP_REFUSED);
    for (size_t i = 0; i < sizeof stuck; i++)
        stuck[i] = i % 4 < 2 ? 0xff : 0x00;
    expect_refused(PSA_ERROR_INSUFFICIENT_ENTROPY, ERROR_CHIP_REFUSED);
    memset(stuck, 0, sizeof stuck);
    expect_refused(PSA_ERROR_INSUFFICIENT_ENTROPY, ERROR_CHIP_REFUSED);
}

/* Asked for while a key is being made: from the guard, with the driver's method on the stack. */
static psa_status_t asked_within;

static bool ask_within(void *context, const struct chip_command *command, uint8_t param1, uint16_t param2)
{
    uint8_t out[32];
    enum error_reason reason;

    (void)context;
    (void)command;
    (void)param1;
    (void)param2;
    asked_within = ask(out, sizeof out, &reason);
    return true;
}

static void test_chip_that_is_at_work(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(18, 2);
    psa_key_id_t id;
    uint8_t out[32];
    enum error_reason reason;

    (void)state;
    start(WORLD_TRUST_AND_GO);
    world.chip.guard.allow = ask_within;
    asked_within = PSA_SUCCESS;
    world_expect(&world, psa_generate_key(&attributes, &id), PSA_SUCCESS);
    assert_int_equal(asked_within, PSA_ERROR_BAD_STATE);
    world.chip.guard.allow = NULL;
    world_prove_key(&world, 18);
    assert_int_equal(ask(out, sizeof out, &reason), PSA_SUCCESS);

    /* A method that has failed is no longer at work either. */
    attributes = world_key_pair(19, 2);
    world_expect(&world, psa_generate_key(&attributes, &id), PSA_ERROR_ALREADY_EXISTS);
    assert_int_equal(ask(out, sizeof out, &reason), PSA_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_any_length, end),
        cmocka_unit_test_teardown(test_unlocked, end),
        cmocka_unit_test_teardown(test_the_reason_goes_with_its_status, end),
        cmocka_unit_test_teardown(test_chip_that_fails, end),
        cmocka_unit_test_teardown(test_chip_that_repeats_itself, end),
        cmocka_unit_test_teardown(test_chip_that_is_at_work, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
