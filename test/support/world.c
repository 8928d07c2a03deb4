/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/order.h"
#include "chip/config.h"
#include "chip/operations.h"
#include "chip/words.h"
#include "psa/records.h"

#include <stdio.h>
#include <string.h>

#include "test/support/chip_file.h"
#include "test/support/p256.h"

const uint8_t world_write_key[32] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54,
                                     0x76, 0x98, 0xba, 0xdc, 0xfe, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
                                     0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xf0, 0x0f};

const struct world_policy world_varied_policies[CHIP_SLOTS] = {
    [VARIED_SIGN] = {0x2081, 0x0013},
    [VARIED_SIGN_ECDH] = {0x2085, 0x0013},
    [VARIED_FIXED] = {0x0081, 0x0013},
    [VARIED_INTERNAL] = {0x2082, 0x0013},
    [VARIED_IMPORT] = {0x6f83, 0x0013},
    [VARIED_HIDDEN] = {0x2081, 0x0011},
    [VARIED_LOCKABLE] = {0x2085, 0x0033},
    [VARIED_FOREIGN_KEY] = {0x4e81, 0x0013},
    [VARIED_DATA] = {0x0f0f, 0x003c},
    [VARIED_PUBLIC] = {0x0f0f, 0x0030},
    [VARIED_PUBLIC_FIXED] = {0x8f0f, 0x0010},
    [VARIED_PUBLIC_SECRET] = {0x8f8f, 0x0010},
    [12] = {0x8f8f, 0x001c},
    [13] = {0x8f8f, 0x001c},
    [14] = {0x8f8f, 0x005c},
    [15] = {0x8f8f, 0x001c},
};

/* Offsets in the config zone. */
enum { SLOT_CONFIG = 20, LOCK_VALUE = 86, LOCK_CONFIG = 87, KEY_CONFIG = 96 };

static void create_part(const struct world *world, const struct virtual_making *making)
{
    struct virtual_making seeded = *making;

    if (!seeded.has_seed) {
        seeded.has_seed = true;
        seeded.seed = 7;
    }
    chip_file_make(world->chip_path, &seeded);
}

void world_power_on(struct world *world)
{
    world->part = chip_file_open(world->chip_path);
    struct imprint_transport transport = transport_virtual_init(&world->transport, world->part);
    chip_init(&world->chip, &transport);
}

void world_power_off(struct world *world)
{
    virtual_close(world->part);
    world->part = NULL;
}

/* The blank part's config zone, locked, with other slot policies where given. */
static void create_configured(struct world *world, const struct world_policy *policies, bool data_locked)
{
    uint8_t config[VIRTUAL_CONFIG_BYTES];

    create_part(world, &(struct virtual_making){.part = VIRTUAL_BLANK});
    world_power_on(world);
    virtual_peek_config(world->part, config);
    world_power_off(world);
    config[LOCK_CONFIG] = 0;
    if (data_locked)
        config[LOCK_VALUE] = 0;
    for (size_t slot = 0; policies != NULL && slot < CHIP_SLOTS; slot++) {
        store16_le(&config[SLOT_CONFIG + 2 * slot], policies[slot].slot_config);
        store16_le(&config[KEY_CONFIG + 2 * slot], policies[slot].key_config);
    }
    create_part(world, &(struct virtual_making){.part = VIRTUAL_FROM_CONFIG, .config = config});
}

static void lock_data(struct world *world, bool write_key)
{
    world_power_on(world);
    if (write_key)
        assert_int_equal(chip_write_slot_block(&world->chip, 15, 0, world_write_key, NULL), CHIP_OK);
    assert_int_equal(chip_lock_data(&world->chip, false, 0, NULL), CHIP_OK);
    world_power_off(world);
}

static void make_directory(struct world *world)
{
    *world = (struct world){.part = NULL};
    scratch_make(world->directory);
    snprintf(world->chip_path, sizeof world->chip_path, "%s/chip", world->directory);
    world_store_make(&world->store, WORLD_STORE_FILE);
}

void world_make_part(struct world *world, const struct virtual_making *making)
{
    make_directory(world);
    create_part(world, making);
}

void world_open_chip(struct world *world, const struct virtual_making *making)
{
    world_make_part(world, making);
    world_power_on(world);
}

void world_make_with(struct world *world, const struct world_policy policies[static CHIP_SLOTS], bool data_locked)
{
    make_directory(world);
    create_configured(world, policies, data_locked);
}

void world_make(struct world *world, enum world_kind kind)
{
    make_directory(world);
    switch (kind) {
    case WORLD_TRUST_AND_GO:
        create_part(world, &(struct virtual_making){.part = VIRTUAL_TRUST_AND_GO});
        break;
    case WORLD_TRUST_FLEX:
        create_part(world, &(struct virtual_making){.part = VIRTUAL_TRUST_FLEX});
        break;
    case WORLD_BLANK:
        create_part(world, &(struct virtual_making){.part = VIRTUAL_BLANK});
        break;
    case WORLD_BLANK_CONFIG_LOCKED:
    case WORLD_BLANK_LOCKED:
        create_configured(world, NULL, false);
        if (kind == WORLD_BLANK_LOCKED)
            lock_data(world, false);
        break;
    case WORLD_VARIED:
    case WORLD_VARIED_LOCKED:
        create_configured(world, world_varied_policies, false);
        if (kind == WORLD_VARIED_LOCKED)
            lock_data(world, true);
        break;
    }
}

void world_use_store(struct world *world, enum world_store_kind kind)
{
    world_store_remove(&world->store);
    world_store_make(&world->store, kind);
}

void world_replace_part(struct world *world, const struct virtual_making *making)
{
    assert_null(world->part);
    create_part(world, making);
}

static void open_store(struct world *world)
{
    world_power_on(world);
    world_store_open(&world->store);
    world->storage = world->store.storage;
    driver_init(&world->driver, &world->chip, &world->storage, &world->settings);
}

void world_attach(struct world *world)
{
    open_store(world);
    driver_attach(&world->driver, &world->its);
}

#ifdef MBEDTLS_PSA_CRYPTO_SE_C
void world_start_table(const psa_drv_se_t *driver)
{
    assert_int_equal(psa_register_se_driver(PSA_ATECC608A_LOCATION, driver), PSA_SUCCESS);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
}
#endif

void world_start(struct world *world)
{
    open_store(world);
    assert_int_equal(driver_start(&world->driver, &world->its, world_shell), PSA_SUCCESS);
}

void world_stop(struct world *world)
{
    driver_stop();
    world_store_close(&world->store);
    world_power_off(world);
}

void world_restart(struct world *world)
{
    world_stop(world);
    world_start(world);
}

void count_up(uint8_t *out, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(first + i);
}

void world_arm(struct world *world, const char *kind, unsigned group)
{
    char id[32];

    snprintf(id, sizeof id, "%s@%u", kind, group);
    assert_true(virtual_arm_fault(world->part, id));
}

void world_remove(struct world *world)
{
    if (world->part != NULL)
        world_stop(world);
    if (world->directory[0] != '\0') {
        scratch_remove(world->directory);
        world_store_remove(&world->store);
    }
    world->directory[0] = '\0';
}

bool world_has_key(psa_key_id_t id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    const psa_status_t status = psa_get_key_attributes(id, &attributes);

    psa_reset_key_attributes(&attributes);
    assert_true(status == PSA_SUCCESS || status == PSA_ERROR_INVALID_HANDLE);
    return status == PSA_SUCCESS;
}

void world_expect(const struct world *world, psa_status_t status, psa_status_t expected)
{
    struct error err = world->driver.last_error;

    chip_words_for_failure(&err);
    chip_words_for_rule(&err);
    if (status != expected)
        fail_msg("PSA answered %d instead of %d; the driver's reason: %s, %s: %s (slot %d, key %u, chip status %02x)",
                 (int)status, (int)expected, error_reason_name(err.reason), err.doing != NULL ? err.doing : "-",
                 err.cause != NULL ? err.cause : "-", err.has_slot ? err.slot : -1, (unsigned)err.key_id,
                 err.chip_status);
}

void world_expect_reason(const struct world *world, psa_status_t status, psa_status_t expected,
                         enum error_reason reason)
{
    struct error err = world->driver.last_error;

    world_expect(world, status, expected);
    assert_string_equal(error_reason_name(err.reason), error_reason_name(reason));
    chip_words_for_failure(&err);
    chip_words_for_rule(&err);
    assert_non_null(err.cause);
    assert_int_equal(err.psa_status, expected);
}

static psa_key_attributes_t key_attributes(psa_key_id_t id, int slot, psa_key_type_t type, psa_key_usage_t usage)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_id(&attributes, id);
    psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME);
    psa_set_key_type(&attributes, type);
    psa_set_key_bits(&attributes, 256);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    psa_set_key_usage_flags(&attributes, usage);
    if (slot >= 0)
        world_name_slot(&attributes, (uint8_t)slot);
    return attributes;
}

psa_key_attributes_t world_key_pair(psa_key_id_t id, int slot)
{
    return key_attributes(id, slot, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1),
                          PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_VERIFY_HASH);
}

psa_key_attributes_t world_public_key(psa_key_id_t id, int slot)
{
    return key_attributes(id, slot, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), PSA_KEY_USAGE_VERIFY_HASH);
}

psa_status_t world_generate(psa_key_id_t id, int slot)
{
    psa_key_attributes_t attributes = world_key_pair(id, slot);
    psa_key_id_t made;

    return psa_generate_key(&attributes, &made);
}

psa_status_t world_register(psa_key_id_t id, int slot)
{
    psa_key_attributes_t attributes = world_key_pair(id, slot);

    return world_register_key(&attributes);
}

uint64_t world_slot_of(struct world *world, psa_key_id_t id)
{
    struct driver_record record;

    assert_int_equal(driver_read_record(&world->driver, id, &record, NULL), PSA_SUCCESS);
    assert_true(record.is_ours);
    return record.number;
}

bool world_slot_public(struct world *world, uint8_t slot, uint8_t public_key[static 64])
{
    struct chip_config config;

    assert_int_equal(chip_read_config(&world->chip, &config, NULL), CHIP_OK);
    enum chip_status status = chip_slot_policy(&config, slot).is_private
                                  ? chip_read_public_key(&world->chip, slot, public_key, NULL)
                                  : chip_read_stored_public_key(&world->chip, slot, public_key, NULL);
    chip_sleep(&world->chip);
    return status == CHIP_OK;
}

void world_lock_slot(struct world *world, uint8_t slot)
{
    assert_int_equal(chip_lock_slot(&world->chip, slot, NULL), CHIP_OK);
    chip_sleep(&world->chip);
}

void world_fill_slot(struct world *world, uint8_t slot)
{
    uint8_t public_key[64];

    assert_int_equal(chip_generate_key(&world->chip, slot, public_key, NULL), CHIP_OK);
    chip_sleep(&world->chip);
}

void world_prove(const struct world *world, psa_key_id_t id, const uint8_t point[static P256_POINT_BYTES])
{
    uint8_t digest[32], signature[64];
    size_t len = 0;

    assert_int_equal(psa_generate_random(digest, sizeof digest), PSA_SUCCESS);
    world_expect(
        world,
        psa_sign_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, sizeof signature, &len),
        PSA_SUCCESS);
    assert_int_equal(len, sizeof signature);
    assert_true(p256_verifies(point + 1, digest, sizeof digest, signature));
    digest[0] ^= 1;
    assert_false(p256_verifies(point + 1, digest, sizeof digest, signature));
}

void world_prove_key(const struct world *world, psa_key_id_t id)
{
    uint8_t point[P256_POINT_BYTES];
    size_t len = 0;

    world_expect(world, psa_export_public_key(id, point, sizeof point, &len), PSA_SUCCESS);
    assert_int_equal(len, sizeof point);
    world_prove(world, id, point);
}
