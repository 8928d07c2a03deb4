/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of words, one row per ability and kind, and the two printers over them. */
#include "cli/describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "station/evidence.h"
#include "station/value.h"

static const struct {
    enum chip_ability ability;
    const char *word;
    const char *meaning;
} abilities[] = {
    {CHIP_CAN_SIGN_DIGEST, "sign", "signs any hash that it is given"},
    {CHIP_CAN_SIGN_INTERNAL, "attest", "signs what the chip says of itself"},
    {CHIP_CAN_ECDH, "ecdh", "agrees on a secret with another key"},
    {CHIP_CAN_GENERATE, "generate", "the chip can make a new key here; one that is here is then lost"},
    {CHIP_CAN_IMPORT_CLEAR, "import", "takes a private key, in clear"},
    {CHIP_CAN_IMPORT_SECRET, "import-encrypted", "takes a private key, encrypted with its write key"},
    {CHIP_CAN_GIVE_PUBLIC, "give-public", "gives the public key of the private one"},
    {CHIP_CAN_HOLD_PUBLIC, "hold-public", "has a public key to verify with"},
    {CHIP_CAN_WRITE_CLEAR, "write", "can be written, in clear"},
    {CHIP_CAN_READ_CLEAR, "read", "can be read, in clear"},
    {CHIP_CAN_LOCK, "lock", "can be locked by itself, for ever"},
};
#define ABILITY_COUNT (sizeof abilities / sizeof abilities[0])

static const char *kind_of(const struct chip_slot_policy *policy)
{
    switch (policy->type) {
    case CHIP_KEY_P256:
        return policy->is_private ? "p256-private" : "p256-public";
    case CHIP_KEY_AES:
        return "aes";
    case CHIP_KEY_DATA:
        return "data";
    case CHIP_KEY_RESERVED:
    default:
        return "reserved";
    }
}

static const char *fill_of(const struct driver_slot *slot)
{
    switch (slot->fill) {
    case DRIVER_FILL_EMPTY:
        return "empty";
    case DRIVER_FILL_KEY:
        return "key";
    case DRIVER_FILL_UNKNOWN:
    default:
        return "unknown";
    }
}

static json_t *slot_object(const struct chip_config *config, uint8_t slot, const struct driver_map *map,
                           const json_t *record)
{
    const struct chip_slot_policy policy = chip_slot_policy(config, slot);
    uint32_t can = chip_slot_can(config, slot);
    json_t *words = json_array(), *object;

    for (size_t i = 0; i < ABILITY_COUNT; i++) {
        if ((can & abilities[i].ability) != 0)
            json_array_append_new(words, json_string(abilities[i].word));
    }
    object = json_pack("{s:i, s:s, s:i, s:b, s:i, s:i, s:o}", "slot", (int)slot, "kind", kind_of(&policy), "bytes",
                       (int)policy.bytes, "locked", (int)policy.locked, "slot_config", (int)policy.slot_config,
                       "key_config", (int)policy.key_config, "can", words);
    if (map != NULL) {
        const struct driver_slot *found = &map->slots[slot];

        json_object_set_new(object, "holds", json_string(fill_of(found)));
        json_object_set_new(object, "key", found->claimed_by != 0 ? json_integer(found->claimed_by) : json_null());
        json_object_set_new(
            object, "name",
            json_pack("s?", found->claimed_by != 0 ? evidence_key_name(record, found->claimed_by) : NULL));
    }
    return object;
}

const char *describe_bus(const struct chip_config *config)
{
    return chip_config_is_i2c(config) ? "i2c" : "single-wire";
}

json_t *describe_address(const struct chip_config *config)
{
    return chip_config_is_i2c(config) ? json_integer(chip_config_i2c_address(config)) : json_null();
}

static void describe_as_object(const struct output *output, const struct chip_config *config,
                               const struct driver_map *map, const json_t *record)
{
    json_t *slots = json_array(), *fields = json_object();
    uint8_t serial[CHIP_SERIAL_BYTES];

    chip_config_serial(config, serial);
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        json_array_append_new(slots, slot_object(config, slot, map, record));
    for (size_t i = 0; i < chip_config_field_count; i++) {
        const struct chip_config_field *field = &chip_config_fields[i];

        json_object_set_new(fields, field->name, value_hex(chip_config_field(config, field)));
    }
    output_object(output, json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:b, s:b, s:o, s:o, s:o}", "event", "chip", "part",
                                    chip_part_name(chip_config_part(config)), "serial",
                                    value_hex(bytes_of(serial, sizeof serial)), "revision",
                                    value_hex(chip_config_revision(config)), "bus", describe_bus(config), "i2c_address",
                                    describe_address(config), "config_locked", (int)chip_config_is_locked(config),
                                    "data_locked", (int)chip_data_is_locked(config), "slots", slots, "fields", fields,
                                    "config", value_hex(bytes_of(config->zone, sizeof config->zone))));
}

/* "16 maker", or "-" for a slot that no key id points to. */
#define CLAIM_SIZE 96
static void claim_of(const struct driver_map *map, uint8_t slot, const json_t *record, char text[static CLAIM_SIZE])
{
    uint32_t id = map->slots[slot].claimed_by;
    const char *name = id != 0 ? evidence_key_name(record, id) : NULL;

    if (id == 0)
        snprintf(text, CLAIM_SIZE, "-");
    else
        snprintf(text, CLAIM_SIZE, "%" PRIu32 "%s%s", id, name != NULL ? " " : "", name != NULL ? name : "");
}

static void describe_slot(const struct output *output, const struct chip_config *config, uint8_t slot,
                          const struct driver_map *map, const json_t *record, int claim_width)
{
    const struct chip_slot_policy policy = chip_slot_policy(config, slot);
    uint32_t can = chip_slot_can(config, slot);
    char claim[CLAIM_SIZE];
    const char *between = "";

    output_result(output, "%4u  %-12s  %5u  %-6s  ", slot, kind_of(&policy), policy.bytes,
                  policy.locked ? "locked" : "open");
    if (map != NULL) {
        claim_of(map, slot, record, claim);
        output_result(output, "%-7s  %-*s  ", policy.type == CHIP_KEY_P256 ? fill_of(&map->slots[slot]) : "-",
                      claim_width, claim);
    }
    for (size_t i = 0; i < ABILITY_COUNT; i++) {
        if ((can & abilities[i].ability) == 0)
            continue;
        output_result(output, "%s%s", between, abilities[i].word);
        between = ", ";
    }
    output_result(output, "%s\n", can == 0 ? "-" : "");
}

static void describe_slots(const struct output *output, const struct chip_config *config, const struct driver_map *map,
                           const json_t *record)
{
    char claim[CLAIM_SIZE];
    int claim_width = (int)strlen("key id");
    uint32_t seen = 0;

    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        seen |= chip_slot_can(config, slot);
        if (map == NULL)
            continue;
        claim_of(map, slot, record, claim);
        claim_width = (int)strlen(claim) > claim_width ? (int)strlen(claim) : claim_width;
    }
    output_result(output, "%4s  %-12s  %5s  %-6s  ", "slot", "kind", "bytes", "lock");
    if (map != NULL)
        output_result(output, "%-7s  %-*s  ", "holds", claim_width, "key id");
    output_result(output, "can\n");
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        describe_slot(output, config, slot, map, record, claim_width);
    output_result(output, "\n");
    if (seen == 0)
        output_result(output, "%s\n",
                      chip_config_is_locked(config) ? "no slot can do anything"
                                                    : "no slot can do anything before the config zone is locked");
    for (size_t i = 0; i < ABILITY_COUNT; i++) {
        if ((seen & abilities[i].ability) != 0)
            output_result(output, "%-16s  %s\n", abilities[i].word, abilities[i].meaning);
    }
}

static void describe_fields(const struct output *output, const struct chip_config *config)
{
    char hex[HEX_SIZE(CHIP_CONFIG_BYTES)];

    output_result(output, "\nfields of the config zone\n");
    for (size_t i = 0; i < chip_config_field_count; i++) {
        const struct chip_config_field *field = &chip_config_fields[i];

        hex_encode(chip_config_field(config, field), hex);
        output_result(output, "  %3u  %-16s  %-26s  %s\n", field->offset, field->name, hex, field->meaning);
    }
}

void describe_chip(const struct output *output, const struct chip_config *config, const struct driver_map *map,
                   const json_t *record)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], revision[HEX_SIZE(CHIP_REVISION_BYTES)];
    char bus[32];
    uint8_t bytes[CHIP_SERIAL_BYTES];

    if (output->json) {
        describe_as_object(output, config, map, record);
        return;
    }
    chip_config_serial(config, bytes);
    hex_encode(bytes_of(bytes, sizeof bytes), serial);
    hex_encode(chip_config_revision(config), revision);
    if (chip_config_is_i2c(config))
        snprintf(bus, sizeof bus, "I2C address  0x%02x", chip_config_i2c_address(config));
    else
        snprintf(bus, sizeof bus, "bus          single wire");
    output_result(output,
                  "part         %s, revision %s\n"
                  "serial       %s\n"
                  "%s\n"
                  "config zone  %s\n"
                  "data zone    %s\n\n",
                  chip_part_name(chip_config_part(config)), revision, serial, bus,
                  chip_config_is_locked(config) ? "locked" : "unlocked",
                  chip_data_is_locked(config) ? "locked" : "unlocked");
    describe_slots(output, config, map, record);
    if (output->talk == OUTPUT_VERBOSE)
        describe_fields(output, config);
}
