/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of words, one row per ability, kind and bit, and the two printers over them. */
#include "cli/describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "chip/uses.h"
#include "cli/progress.h"
#include "psa/uses.h"
#include "station/evidence.h"
#include "station/value.h"

static const struct {
    enum chip_ability ability;
    const char *word;
    const char *meaning;
} abilities[] = {
    {CHIP_CAN_SIGN_DIGEST, "sign", "signs any hash that it is given"},
    {CHIP_CAN_SIGN_INTERNAL, "attest", "signs what the chip states about itself"},
    {CHIP_CAN_ECDH, "ecdh", "agrees on a secret with another key"},
    {CHIP_CAN_GENERATE, "generate", "the chip can make a new key here; an old key is then lost"},
    {CHIP_CAN_IMPORT_CLEAR, "import", "a private key can be written, in clear"},
    {CHIP_CAN_IMPORT_SECRET, "import-encrypted", "a private key can be written, encrypted with its write key"},
    {CHIP_CAN_GIVE_PUBLIC, "give-public", "gives the public key of the private one"},
    {CHIP_CAN_HOLD_PUBLIC, "hold-public", "holds a public key to verify with"},
    {CHIP_CAN_WRITE_CLEAR, "write", "can be written, in clear"},
    {CHIP_CAN_READ_CLEAR, "read", "can be read, in clear"},
    {CHIP_CAN_HMAC, "hmac", "computes HMAC-SHA-256 with the secret in it"},
    {CHIP_CAN_MAC, "mac", "computes a MAC with the secret in it"},
    {CHIP_CAN_AES, "aes", "encrypts and decrypts with the AES-128 key in it"},
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

/* The bits of SlotConfig and KeyConfig. A row is for slots with a private key, for the others, or for both. */
static const struct bits {
    bool of_key_config, of_private, of_other;
    uint8_t high, low;
    const char *name, *name_508a; /* the second where the ATECC508A has another, else NULL */
    const char *meaning;          /* of a number, or of a bit that is 1 */
} bits[] = {
    {false, true, false, 0, 0, "ExternalSign", NULL, "may sign any hash that it is given"},
    {false, true, false, 1, 1, "InternalSign", NULL, "may sign what the chip states about itself"},
    {false, true, false, 2, 2, "ECDH", NULL, "may be used for ECDH"},
    {false, true, false, 3, 3, "EcdhToNextSlot", NULL, "ECDH writes its result into the next slot"},
    {false, false, true, 3, 0, "ReadKey", NULL,
     "slot of the key that encrypts reads; 0: CheckMac may copy to this slot"},
    {false, true, true, 4, 4, "NoMac", NULL, "not for MAC and HMAC"},
    {false, true, true, 5, 5, "LimitedUse", NULL, "each use counts"},
    {false, true, true, 6, 6, "EncryptRead", NULL, "reads are encrypted"},
    {false, true, true, 7, 7, "IsSecret", NULL, "never read in clear"},
    {false, true, true, 11, 8, "WriteKey", NULL, "slot of the key that encrypts writes"},
    {false, true, false, 13, 13, "GenKey", NULL, "the chip may make a new key here after the data lock"},
    {false, true, false, 14, 14, "PrivWrite", NULL, "a key may be written here, encrypted, after the data lock"},
    {false, false, true, 15, 12, "WriteConfig", NULL,
     "writes: 0 clear, 1 clear if invalid, 4-7 and 12-15 encrypted, else never"},
    {true, true, true, 0, 0, "Private", NULL, "holds a private key"},
    {true, true, true, 1, 1, "PubInfo", NULL, "public key may be computed; of a public key: must be validated"},
    {true, true, true, 4, 2, "KeyType", NULL, "4 P-256, 6 AES, 7 data or other"},
    {true, true, true, 5, 5, "Lockable", NULL, "this slot can be locked by itself"},
    {true, true, true, 6, 6, "ReqRandom", NULL, "use needs a random nonce"},
    {true, true, true, 7, 7, "ReqAuth", NULL, "use needs an authorisation with AuthKey"},
    {true, true, true, 11, 8, "AuthKey", NULL, "slot of the key for ReqAuth"},
    {true, true, true, 12, 12, "PersistentDisable", "IntrusionDisable", "use needs the persistent latch to be set"},
    {true, true, true, 15, 14, "X509id", NULL, "which byte of X509format applies"},
};
#define BITS_COUNT (sizeof bits / sizeof bits[0])

static bool applies(const struct bits *row, const struct chip_slot_policy *policy)
{
    return policy->is_private ? row->of_private : row->of_other;
}

static unsigned bits_value(const struct bits *row, const struct chip_slot_policy *policy)
{
    const unsigned word = row->of_key_config ? policy->key_config : policy->slot_config;

    return (word >> row->low) & ((1U << (row->high - row->low + 1)) - 1);
}

static const char *name_for(const char *name, const char *name_508a, enum chip_part part)
{
    return part == CHIP_PART_ATECC508A && name_508a != NULL ? name_508a : name;
}

static json_t *bits_object(const struct chip_slot_policy *policy, enum chip_part part)
{
    json_t *object = json_object();

    for (size_t i = 0; i < BITS_COUNT; i++) {
        if (applies(&bits[i], policy))
            json_object_set_new(object, name_for(bits[i].name, bits[i].name_508a, part),
                                json_integer(bits_value(&bits[i], policy)));
    }
    return object;
}

/* Uses left of a slot that counts them: false for any other. Of a dump, only where its bytes alone tell. */
static bool count_uses(const struct chip_config *config, uint8_t slot, const struct driver_map *map, uint32_t *left)
{
    uint8_t match_slot;

    if (!chip_slot_is_limited(config, slot))
        return false;
    if (map != NULL)
        *left = map->slots[slot].uses_left;
    else if (chip_slot_uses_counter(config, slot) && chip_config_count_match(config, &match_slot))
        *left = DRIVER_USES_UNKNOWN;
    else
        *left = chip_slot_uses_left(config, slot, CHIP_COUNTER_MAX);
    return true;
}

static json_t *slot_object(const struct chip_config *config, enum chip_part part, uint8_t slot,
                           const struct driver_map *map, const json_t *record)
{
    const struct chip_slot_policy policy = chip_slot_policy(config, slot);
    uint32_t can = chip_slot_can(config, slot);
    json_t *words = json_array(), *object;
    uint32_t left;

    for (size_t i = 0; i < ABILITY_COUNT; i++) {
        if ((can & abilities[i].ability) != 0)
            json_array_append_new(words, json_string(abilities[i].word));
    }
    object = json_pack("{s:i, s:s, s:i, s:b, s:i, s:i, s:o, s:o}", "slot", (int)slot, "kind", kind_of(&policy), "bytes",
                       (int)policy.bytes, "locked", (int)policy.locked, "slot_config", (int)policy.slot_config,
                       "key_config", (int)policy.key_config, "bits", bits_object(&policy, part), "can", words);
    if (count_uses(config, slot, map, &left))
        json_object_set_new(object, "uses_left", progress_uses_left(left));
    if (map != NULL) {
        const struct driver_slot *found = &map->slots[slot];

        json_object_set_new(object, "holds", json_string(fill_of(found)));
        json_object_set_new(object, "key_id", found->claimed_by != 0 ? json_integer(found->claimed_by) : json_null());
        json_object_set_new(
            object, "name",
            json_pack("s?", found->claimed_by != 0 ? evidence_key_name(record, found->claimed_by) : NULL));
    }
    return object;
}

/* A template has no identity, or 01 23 and zeros in its place. */
static bool has_serial(const struct chip_config *config)
{
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t any = 0;

    chip_config_serial(config, serial);
    for (size_t i = 2; i < CHIP_SERIAL_BYTES - 1; i++)
        any |= serial[i];
    return any != 0;
}

static bool has_revision(const struct chip_config *config)
{
    const struct bytes revision = chip_config_revision(config);
    uint8_t any = 0;

    for (size_t i = 0; i < revision.len; i++)
        any |= revision.data[i];
    return config->has_revision || any != 0;
}

/* A later revision of a part that is known: it is used as the latest known one, and that is said. */
static bool is_new_revision(const struct chip_config *config)
{
    return chip_config_part(config) != CHIP_PART_UNKNOWN && !chip_config_revision_is_known(config);
}

/* Is it known which bus the part has? The byte that says so is part of the identity. */
static bool has_bus(const struct chip_config *config)
{
    return chip_config_is_i2c(config) || has_serial(config);
}

const char *describe_bus(const struct chip_config *config)
{
    return chip_config_is_i2c(config) ? "i2c" : "single-wire";
}

json_t *describe_address(const struct chip_config *config)
{
    return chip_config_is_i2c(config) ? json_integer(chip_config_i2c_address(config)) : json_null();
}

/* What the chip's mark says: null without one. */
static json_t *mark_object(const struct station_mark *mark)
{
    json_t *keys = json_array();

    if (mark == NULL || mark->head.state == MARK_NONE) {
        json_decref(keys);
        return json_null();
    }
    for (size_t i = 0; mark->described && i < mark->head.key_count; i++)
        json_array_append_new(keys,
                              json_pack("{s:I, s:i, s:s}", "key_id", (json_int_t)mark->keys[i].id, "slot",
                                        (int)mark->keys[i].slot, "method", profile_method_name(mark->keys[i].method)));
    return json_pack("{s:i, s:s, s:s?, s:o, s:o}", "slot", (int)mark->slot, "state",
                     station_mark_state(mark->head.state), "profile", mark->described ? mark->profile : NULL,
                     "profile_digest_start", value_hex(bytes_of(mark->head.profile, sizeof mark->head.profile)), "keys",
                     keys);
}

/* Parts of another kind carry no certificates of the maker that imprint knows. */
static bool is_makers(const struct genuine *genuine)
{
    return genuine != NULL && genuine->part != NULL;
}

/* How shared secrets (ECDH) leave the chip: the object's word and the reader's. */
static const struct {
    const char *word, *meaning;
} secret_outputs[] = {
    [CHIP_SECRET_CLEAR] = {"clear", "shared secrets leave the chip in clear, or encrypted if the host asks for that"},
    [CHIP_SECRET_ENCRYPTED] = {"encrypted", "shared secrets leave the chip only encrypted"},
    [CHIP_SECRET_INSIDE] = {"inside", "shared secrets stay in the chip"},
};

static json_t *io_key_object(const struct chip_config *config)
{
    if (!chip_config_has_io_key(config))
        return json_null();
    return json_pack("{s:i, s:s}", "slot", (int)chip_config_io_key_slot(config), "ecdh",
                     secret_outputs[chip_config_ecdh_output(config)].word);
}

static void describe_as_object(const struct output *output, const struct chip_config *config, enum chip_part part,
                               const struct driver_map *map, const json_t *record, const struct station_mark *mark,
                               const struct genuine *genuine)
{
    json_t *object;
    json_t *slots = json_array(), *fields = json_object();
    uint8_t serial[CHIP_SERIAL_BYTES];

    chip_config_serial(config, serial);
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        json_array_append_new(slots, slot_object(config, part, slot, map, record));
    for (size_t i = 0; i < chip_config_field_count; i++) {
        const struct chip_config_field *field = &chip_config_fields[i];

        json_object_set_new(fields, name_for(field->name, field->name_508a, part),
                            value_hex(chip_config_field(config, field)));
    }
    object = json_pack("{s:s, s:s, s:o, s:o, s:b, s:s?, s:o, s:b, s:b, s:o, s:o, s:o, s:o}", "event", "chip", "part",
                       chip_part_name(part), "serial",
                       has_serial(config) ? value_hex(bytes_of(serial, sizeof serial)) : json_null(), "revision",
                       has_revision(config) ? value_hex(chip_config_revision(config)) : json_null(), "revision_known",
                       (int)chip_config_revision_is_known(config), "bus", has_bus(config) ? describe_bus(config) : NULL,
                       "i2c_address", describe_address(config), "config_locked", (int)chip_config_is_locked(config),
                       "data_locked", (int)chip_data_is_locked(config), "mark", mark_object(mark), "slots", slots,
                       "fields", fields, "config", value_hex(bytes_of(config->zone, sizeof config->zone)));
    json_object_set_new(object, "io_key", io_key_object(config));
    if (is_makers(genuine))
        json_object_set_new(object, "maker", genuine_object(genuine));
    output_object(output, object);
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
    uint32_t left;

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
    output_result(output, "%s", can == 0 ? "-" : "");
    if (can != 0 && count_uses(config, slot, map, &left) && left == DRIVER_USES_UNKNOWN)
        output_result(output, "; counts uses");
    else if (can != 0 && count_uses(config, slot, map, &left))
        output_result(output, "; uses left: %" PRIu32, left);
    output_result(output, "\n");
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

static void describe_fields(const struct output *output, const struct chip_config *config, enum chip_part part)
{
    char hex[HEX_SIZE(CHIP_CONFIG_BYTES)];

    output_result(output, "\n");
    output_result(output, "fields of the config zone\n");
    for (size_t i = 0; i < chip_config_field_count; i++) {
        const struct chip_config_field *field = &chip_config_fields[i];

        hex_encode(chip_config_field(config, field), hex);
        output_result(output, "  %3u  %-16s  %-26s  %s\n", field->offset, name_for(field->name, field->name_508a, part),
                      hex, field->meaning);
    }
}

static void describe_bits(const struct output *output, const struct chip_config *config, enum chip_part part)
{
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        const struct chip_slot_policy policy = chip_slot_policy(config, slot);

        output_result(output, "\n");
        output_result(output, "slot %u: SlotConfig 0x%04x, KeyConfig 0x%04x\n", slot, policy.slot_config,
                      policy.key_config);
        for (size_t i = 0; i < BITS_COUNT; i++) {
            const struct bits *row = &bits[i];
            const unsigned value = bits_value(row, &policy);
            char place[8];

            if (!applies(row, &policy))
                continue;
            snprintf(place, sizeof place, row->high != row->low ? "%u-%u" : "%u", row->high, row->low);
            output_result(output, "  %-10s  %5s  %-17s  %2u  %s\n", row->of_key_config ? "KeyConfig" : "SlotConfig",
                          place, name_for(row->name, row->name_508a, part), value,
                          value != 0 || row->high != row->low ? row->meaning : "-");
        }
    }
}

/* Part, serial number, bus and locks; what a template or a part of a dump lacks is said to be missing. */
static void describe_identity(const struct output *output, const struct chip_config *config, enum chip_part part,
                              const struct genuine *genuine)
{
    char maker[GENUINE_TEXT_SIZE];
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], revision[HEX_SIZE(4)];
    uint8_t bytes[CHIP_SERIAL_BYTES];

    chip_config_serial(config, bytes);
    hex_encode(bytes_of(bytes, sizeof bytes), serial);
    hex_encode(chip_config_revision(config), revision);
    output_result(output, "part         %s, revision %s%s%s\n", chip_part_name(part),
                  has_revision(config) ? revision : "not in the dump",
                  is_new_revision(config) ? " (newer than any that imprint knows: used as an ATECC608B)" : "",
                  chip_config_revision_differs(config) ? "; RevNum in the config zone differs" : "");
    output_result(output, "serial       %s\n", has_serial(config) ? serial : "not in the dump");
    if (is_makers(genuine)) {
        genuine_text(genuine, maker);
        output_result(output, "maker        %s\n", maker);
    }
    if (!has_bus(config))
        output_result(output, "bus          not in the dump\n");
    else if (chip_config_is_i2c(config))
        output_result(output, "I2C address  0x%02x\n", chip_config_i2c_address(config));
    else
        output_result(output, "bus          single wire\n");
    output_result(output, "config zone  %s\n", chip_config_is_locked(config) ? "locked" : "unlocked");
    output_result(output, "data zone    %s\n", chip_data_is_locked(config) ? "locked" : "unlocked");
    if (chip_config_has_io_key(config))
        output_result(output, "IO key       slot %u: %s\n", chip_config_io_key_slot(config),
                      secret_outputs[chip_config_ecdh_output(config)].meaning);
}

/* Which profile made the device, as far as its mark says. */
static void describe_mark(const struct output *output, const struct station_mark *mark)
{
    if (mark != NULL && mark->head.state != MARK_NONE)
        output_result(output, "mark         slot %u: %s by profile %s\n", mark->slot,
                      station_mark_state(mark->head.state), mark->described ? mark->profile : "(name damaged)");
    output_result(output, "\n");
}

void describe_chip(const struct output *output, const struct chip_config *config, enum chip_part part,
                   const struct driver_map *map, const json_t *record, const struct station_mark *mark,
                   const struct genuine *genuine)
{
    if (part == CHIP_PART_UNKNOWN)
        part = chip_config_part(config);
    if (output->json) {
        describe_as_object(output, config, part, map, record, mark, genuine);
        return;
    }
    describe_identity(output, config, part, genuine);
    describe_mark(output, mark);
    describe_slots(output, config, map, record);
    if (output->talk == OUTPUT_VERBOSE) {
        describe_fields(output, config, part);
        describe_bits(output, config, part);
    }
}
