/* SPDX-License-Identifier: Apache-2.0 */
#include "test/psa/symmetric.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/order.h"
#include "chip/operations.h"

#define AES_ENABLE 13 /* where they lie in the config zone */
#define SLOT_CONFIG 20
#define LOCK_CONFIG 87
#define KEY_CONFIG 96

static const struct {
    uint8_t slot;
    uint16_t slot_config, key_config;
    bool filled;
} slots[] = {
    {IN_HMAC, 0x808f, 0x003c, true},        {IN_AES, 0x808f, 0x0038, true},
    {IN_NO_MAC, 0x809f, 0x003c, true},      {IN_LIMITED_HMAC, 0x80af, 0x003c, true},
    {IN_LIMITED_AES, 0x80af, 0x0038, true}, {IN_BLANK_AES, 0x808f, 0x0038, false},
    {IN_BLANK_HMAC, 0x808f, 0x003c, false}, {IN_READABLE, 0x800f, 0x003c, true},
    {IN_LATCHED, 0x808f, 0x103c, true},
};

struct world symmetric_world;
uint8_t symmetric_secret[32], symmetric_text[SYMMETRIC_TEXT];

static void write_slots(void)
{
    world_power_on(&symmetric_world);
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i].filled)
            assert_int_equal(chip_write_slot_block(&symmetric_world.chip, slots[i].slot, 0, symmetric_secret, NULL),
                             CHIP_OK);
}

/* A part with the slots above, and PSA started through `shell`. */
void symmetric_begin_before_lock(void)
{
    uint8_t config[VIRTUAL_CONFIG_BYTES];

    count_up(symmetric_secret, sizeof symmetric_secret, 0x41);
    count_up(symmetric_text, sizeof symmetric_text, 0x07);
    world_make(&symmetric_world, WORLD_BLANK);
    world_power_on(&symmetric_world);
    virtual_peek_config(symmetric_world.part, config);
    world_power_off(&symmetric_world);
    config[AES_ENABLE] |= 1;
    config[LOCK_CONFIG] = 0;
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        store16_le(config + SLOT_CONFIG + 2 * slots[i].slot, slots[i].slot_config);
        store16_le(config + KEY_CONFIG + 2 * slots[i].slot, slots[i].key_config);
    }
    world_replace_part(&symmetric_world, &(struct virtual_making){.part = VIRTUAL_FROM_CONFIG, .config = config});
    write_slots();
}

void symmetric_begin(void)
{
    symmetric_begin_before_lock();
    assert_int_equal(chip_lock_data(&symmetric_world.chip, false, 0, NULL), CHIP_OK);
    world_power_off(&symmetric_world);
    world_start(&symmetric_world);
}

psa_key_attributes_t symmetric_hmac_key(psa_key_id_t id, uint8_t slot)
{
    psa_key_attributes_t attributes = world_key_pair(id, slot);

    psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
    psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(PSA_ALG_SHA_256));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_VERIFY_MESSAGE);
    return attributes;
}

psa_key_attributes_t symmetric_aes_key(psa_key_id_t id, uint8_t slot, psa_algorithm_t algorithm)
{
    psa_key_attributes_t attributes = symmetric_hmac_key(id, slot);

    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_bits(&attributes, 128);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
    return attributes;
}

void symmetric_register(psa_key_attributes_t attributes)
{
    world_expect(&symmetric_world, world_register_key(&attributes), PSA_SUCCESS);
}

void symmetric_mac(const uint8_t *message, size_t len, uint8_t mac[static 32])
{
    unsigned mac_len = 0;

    assert_non_null(HMAC(EVP_sha256(), symmetric_secret, sizeof symmetric_secret, message, len, mac, &mac_len));
    assert_int_equal(mac_len, 32);
}

psa_key_id_t symmetric_software_key(psa_algorithm_t algorithm)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
    assert_int_equal(psa_import_key(&attributes, symmetric_secret, 16, &id), PSA_SUCCESS);
    return id;
}
