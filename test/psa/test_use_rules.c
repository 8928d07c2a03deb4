/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the chip tests at each use of a key: the latch, the authorisation by another key, the count of uses. Through
 * PSA, a slot whose keys could not be used is refused before anything in the chip changes, whatever slot it is.
 */
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chip/words.h"
#include "virtual/chip/virtual_invasive.h"

#include <string.h>

#define SIGNS 0x2081 /* SlotConfig: IsSecret, external Sign, GenKey */
#define LIMITED 0x0020
#define PAIR 0x0013 /* KeyConfig: Private, PubInfo, P-256 */
#define REQ_AUTH 0x0080
#define LATCH 0x1000
#define DATA_SLOT_CONFIG 0x8f8f
#define DATA_KEY_CONFIG 0x001c

static struct world world;

/* A part with private keys in all slots, of the first policy in `slot` and of the second elsewhere. */
static void begin(uint8_t slot, struct world_policy special, struct world_policy others, bool data_locked)
{
    struct world_policy policies[CHIP_SLOTS];

    for (size_t i = 0; i < CHIP_SLOTS; i++)
        policies[i] = others;
    policies[slot] = special;
    world_make_with(&world, policies, data_locked);
    world_start(&world);
}

static void expect_unchanged(const uint8_t before[static 32])
{
    uint8_t now[32];

    virtual_digest(world.part, now);
    assert_memory_equal(before, now, sizeof now);
}

static void expect_refused(psa_status_t status, const char *words)
{
    world_expect_reason(&world, status, PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY);
    if (strstr(imprint_psa_reason(status), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", imprint_psa_reason(status), words);
}

/* In every slot, by either way, with and without the data lock: refused with the rule, and the chip as it was. */
static void refused_where_named(void **state)
{
    static const struct {
        uint16_t key_config;
        const char *words;
    } rows[] = {{PAIR | LATCH, "PersistentDisable"}, {PAIR | REQ_AUTH, "ReqAuth"}};

    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++)
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
            const bool data_locked = slot % 2 == 0;
            uint8_t before[32];

            begin(slot, (struct world_policy){SIGNS, rows[row].key_config}, (struct world_policy){SIGNS, PAIR},
                  data_locked);
            virtual_digest(world.part, before);
            expect_refused(world_register(16, slot), rows[row].words);
            expect_refused(world_generate(17, slot), rows[row].words);
            expect_unchanged(before);
            world_remove(&world);
        }
}

/* Automatic allocation takes the one slot whose key will work for ever. */
static void avoided_where_not_named(void **state)
{
    static const struct world_policy others[] = {
        {SIGNS, PAIR | LATCH}, {SIGNS, PAIR | REQ_AUTH}, {SIGNS | LIMITED, PAIR}};

    (void)state;
    for (size_t row = 0; row < sizeof others / sizeof others[0]; row++)
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
            begin(slot, (struct world_policy){SIGNS, PAIR}, others[row], false);
            world_expect(&world, world_generate(18, -1), PSA_SUCCESS);
            assert_int_equal(world_slot_of(&world, 18), slot);
            world_prove_key(&world, 18);
            world_remove(&world);
        }
}

/* Only slots that count uses are free: the reason says so, and a named one is given. */
static void limited_only_where_named(void **state)
{
    psa_status_t status;

    (void)state;
    begin(0, (struct world_policy){SIGNS | LIMITED, PAIR}, (struct world_policy){DATA_SLOT_CONFIG, DATA_KEY_CONFIG},
          false);
    status = world_generate(18, -1);
    world_expect_reason(&world, status, PSA_ERROR_INSUFFICIENT_STORAGE, ERROR_NO_FREE_SLOT);
    assert_non_null(strstr(imprint_psa_reason(status), "LimitedUse"));
    world_expect(&world, world_generate(18, 0), PSA_SUCCESS);
    world_prove_key(&world, 18);
    world_remove(&world);
}

/* After a secure boot has set the latch, the application's keys are registered and sign; after power-up they do not. */
static void works_while_the_latch_is_set(void **state)
{
    static const uint8_t hash[32] = {1};
    uint8_t signature[64];
    size_t len;
    psa_status_t status;

    (void)state;
    begin(3, (struct world_policy){SIGNS, PAIR | LATCH}, (struct world_policy){SIGNS, PAIR}, true);
    virtual_set_latch(world.part, true);
    world_expect(&world, world_register(16, 3), PSA_SUCCESS);
    world_prove_key(&world, 16);

    virtual_set_latch(world.part, false);
    status = psa_sign_hash(16, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, signature, sizeof signature, &len);
    expect_refused(status, "PersistentDisable");

    virtual_set_latch(world.part, true);
    world_prove_key(&world, 16);
    world_restart(&world);
    status = psa_sign_hash(16, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, signature, sizeof signature, &len);
    expect_refused(status, "PersistentDisable");
    world_remove(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_where_named),
        cmocka_unit_test(avoided_where_not_named),
        cmocka_unit_test(limited_only_where_named),
        cmocka_unit_test(works_while_the_latch_is_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
