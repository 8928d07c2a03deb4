/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip's side of a profile: which config zone the part must have. `attributes.c` makes PSA's side of the same key
 * entries, so that what PSA allows and what the slot allows cannot drift apart.
 */
#include "profile/profile.h"

#include "profile/data.h"
#include "profile/named.h"

static bool derive_pair(const struct profile_key *key)
{
    return PSA_KEY_TYPE_IS_KEY_PAIR(key->type);
}

static bool derive_pair_signs(const struct profile_key *key)
{
    return derive_pair(key) && (key->usage & (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)) != 0;
}

static bool derive_pair_agrees(const struct profile_key *key)
{
    return derive_pair(key) && (key->usage & PSA_KEY_USAGE_DERIVE) != 0;
}

static bool derive_pair_regenerates(const struct profile_key *key)
{
    return derive_pair(key) && key->method == PROFILE_GENERATE && key->replace == PROFILE_REPLACE_UNCLAIMED &&
           !key->lock_slot;
}

static bool derive_locks(const struct profile_key *key)
{
    return key->lock_slot;
}

static bool derive_public(const struct profile_key *key)
{
    return !derive_pair(key);
}

static bool derive_public_fixed(const struct profile_key *key)
{
    return !derive_pair(key) && key->replace == PROFILE_REPLACE_NEVER;
}

static bool derive_public_replaceable(const struct profile_key *key)
{
    return !derive_pair(key) && key->replace != PROFILE_REPLACE_NEVER;
}

/*
 * Makes SlotConfig and KeyConfig from a key entry: the bits of all rows that apply are ORed; all other bits are 0. So
 * Write never writes a key pair's slot, and an import is possible only while the data zone is unlocked. Bits as in the
 * ATECC508A data sheet (DS20005927A, tables 2-6 to 2-12), which the 608 shares.
 */
static const struct {
    bool (*applies)(const struct profile_key *key);
    uint16_t slot_config, key_config;
} derive_rows[] = {
    {derive_pair, 0x0080, 0x0013},        /* IsSecret; Private, PubInfo, KeyType 4 (P-256) */
    {derive_pair_signs, 0x0001, 0},       /* ReadKey bit 0: external signatures */
    {derive_pair_agrees, 0x0004, 0},      /* ReadKey bit 2: ECDH, result on the bus */
    {derive_pair_regenerates, 0x2000, 0}, /* WriteConfig bit 13: GenKey also after the data lock */
    {derive_public, 0x0F0F, 0x0010},      /* ReadKey and WriteKey F: none; KeyType 4; read in clear */
    {derive_public_fixed, 0x8000, 0},     /* WriteConfig 1000: never written after the data lock */
    {derive_public_replaceable, 0,
     0x0020},                  /* WriteConfig 0000: always writable; Lockable, so it can be made permanent later */
    {derive_locks, 0, 0x0020}, /* Lockable */
};

static void derive_slot(const struct profile_key *key, struct chip_config *config)
{
    uint16_t slot_config = 0;
    uint16_t key_config = 0;

    for (size_t i = 0; i < sizeof(derive_rows) / sizeof(derive_rows[0]); i++) {
        if (!derive_rows[i].applies(key))
            continue;
        slot_config = (uint16_t)(slot_config | derive_rows[i].slot_config);
        key_config = (uint16_t)(key_config | derive_rows[i].key_config);
    }
    chip_set_slot_policy(config, key->slot, slot_config, key_config);
}

/*
 * The slot of the mark: read and written in clear, before and after the data lock, as slot 8 of a Trust&GO part is. Not
 * Lockable: a locked slot would keep an unfinished mark for ever.
 */
#define MARK_SLOT_CONFIG 0x0F0F
#define MARK_KEY_CONFIG 0x001C /* KeyType 7: no ECC key */

/* Slots of certificates, as TrustFLEX parts have theirs in the permanent choice: read in clear, written before the data
 * lock only (DS40002138A). */
#define CERTIFICATE_SLOT_CONFIG 0x8F0F
#define CERTIFICATE_KEY_CONFIG 0x001C        /* KeyType 7: no ECC key */
#define CERTIFICATE_SIGNER_KEY_CONFIG 0x0010 /* KeyType 4, not private */

static void derive_certificate(const struct profile_certificate *certificate, struct chip_config *config)
{
    if (certificate->slot != 0)
        chip_set_slot_policy(config, certificate->slot, CERTIFICATE_SLOT_CONFIG, CERTIFICATE_KEY_CONFIG);
    if (certificate->signer_slot != 0)
        chip_set_slot_policy(config, certificate->signer_slot, CERTIFICATE_SLOT_CONFIG, CERTIFICATE_KEY_CONFIG);
    if (certificate->signer_key_slot != 0)
        chip_set_slot_policy(config, certificate->signer_key_slot, CERTIFICATE_SLOT_CONFIG,
                             CERTIFICATE_SIGNER_KEY_CONFIG);
}

/*
 * A secret is never read, and written once, as the chip's documents have it for a fixed key; with a write key it can be
 * written again, encrypted (WriteConfig 0100). Other data is read in clear. Bits as above.
 */
#define DATUM_REPLACEABLE_CONFIG 0x0F0F /* as the mark's slot */
#define DATUM_ENCRYPTED_CONFIG 0x408F

static const struct {
    uint16_t slot_config, key_config;
} derive_datum_rows[] = {
    [PROFILE_DATUM_BYTES] = {0x8F0F, 0x001C},
    [PROFILE_DATUM_HMAC] = {0x8F8F, 0x001C},
    [PROFILE_DATUM_AES] = {0x8F8F, 0x0018}, /* KeyType 6 */
    [PROFILE_DATUM_DERIVE] = {0x8F8F, 0x001C},
    [PROFILE_DATUM_IO_KEY] = {0x8F8F, 0x005C}, /* ReqRandom, as slot 6 of a TrustFLEX part in the permanent choice */
};

static void derive_datum(const struct profile_datum *datum, struct chip_config *config)
{
    uint16_t slot_config = derive_datum_rows[datum->type].slot_config;

    if (datum->write_key < CHIP_SLOTS)
        slot_config = (uint16_t)(DATUM_ENCRYPTED_CONFIG | datum->write_key << 8);
    else if (datum->replace != PROFILE_REPLACE_NEVER)
        slot_config = DATUM_REPLACEABLE_CONFIG;
    chip_set_slot_policy(config, datum->slot, slot_config, derive_datum_rows[datum->type].key_config);
    if (datum->type == PROFILE_DATUM_IO_KEY)
        chip_config_protect_io(config, datum->slot);
}

/*
 * With an IO protection key: slots that no entry names and that are to permit no ECDH, as slot 0 of a blank part; and
 * those where the ECDH of a key of the profile can put its result: never read, never written, no MAC, as slot 6 of a
 * blank part. Slot 3 of a blank part would be read, encrypted with what slot 4 is filled with, which everybody knows.
 * Keys that may do ECDH are in slots 0 to 7 (profile/check.c, key_policy_private_slot()). Public keys, certificates and
 * the mark are in slots 8 to 15, which are therefore never changed here.
 */
#define SPARE_SLOT_CONFIG 0x2083
#define SECRET_SLOT_CONFIG 0x8F9F
#define SECRET_KEY_CONFIG 0x001C

static bool is_named(const struct profile *profile, uint8_t slot)
{
    for (size_t i = 0; i < profile->key_count; i++)
        if (profile->keys[i].slot == slot)
            return true;
    for (size_t i = 0; i < profile_data_count(profile); i++)
        if (profile->data[i].slot == slot)
            return true;
    return false;
}

static void derive_other_slots(const struct profile *profile, struct chip_config *config)
{
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        if (!is_named(profile, slot) && chip_slot_is_private(config, slot))
            chip_set_slot_policy(config, slot, SPARE_SLOT_CONFIG, chip_key_config(config, slot));
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        if (!is_named(profile, slot) && chip_slot_takes_secret(config, slot))
            chip_set_slot_policy(config, slot, SECRET_SLOT_CONFIG, SECRET_KEY_CONFIG);
}

static const struct named_configuration *wanted_blank(enum chip_part part)
{
    return part == CHIP_PART_ATECC508A ? &named_blank_508a : &named_blank_608;
}

static void wanted_trust_and_go(enum chip_part part, const struct chip_config *now, struct chip_config *wanted)
{
    const struct chip_policy_bytes *older = &named_trust_and_go_608a.policy;
    const struct chip_policy_bytes *newer = &named_trust_and_go_608b.policy;
    bool is_older = chip_config_policy_distance(now, part, older) < chip_config_policy_distance(now, part, newer);

    chip_config_set_policy(wanted, part, is_older ? older : newer);
}

/* An option applies to a slot only if the part has both of the option's words in that slot. */
static void wanted_trust_flex(enum chip_part part, const struct chip_config *now, struct chip_config *wanted)
{
    chip_config_set_policy(wanted, part, &named_trust_flex.policy);
    for (size_t i = 0; i < named_trust_flex_option_count; i++) {
        const struct named_slot_option *option = &named_trust_flex_options[i];

        if (chip_slot_config(now, option->slot) == option->slot_config &&
            chip_key_config(now, option->slot) == option->key_config)
            chip_set_slot_policy(wanted, option->slot, option->slot_config, option->key_config);
    }
    if (chip_config_secure_boot(now) == named_trust_flex_secure_boot)
        chip_config_set_secure_boot(wanted, named_trust_flex_secure_boot);
}

static bool wanted_policy(const struct profile *profile, enum chip_part part, const struct chip_config *now,
                          struct chip_config *wanted, struct error *err)
{
    uint8_t address = chip_config_address_byte(now);

    if (profile->i2c_address != 0 && !chip_config_is_i2c(now)) {
        error_set(err, ERROR_PROFILE_CONFLICT, "the profile sets an I2C address, but the part has no I2C interface",
                  "remove i2c-address from the profile, or use parts with I2C");
        return false;
    }
    if (profile->i2c_address != 0)
        address = (uint8_t)(profile->i2c_address << 1);
    chip_config_set_policy(wanted, part, &wanted_blank(part)->policy);
    chip_config_set_address_byte(wanted, address);
    for (size_t i = 0; i < profile->key_count; i++) {
        if (profile->keys[i].slot < CHIP_SLOTS)
            derive_slot(&profile->keys[i], wanted);
    }
    if (profile->mark_slot != 0)
        chip_set_slot_policy(wanted, profile->mark_slot, MARK_SLOT_CONFIG, MARK_KEY_CONFIG);
    for (size_t i = 0; i < profile->certificate_count; i++)
        derive_certificate(&profile->certificates[i], wanted);
    for (size_t i = 0; i < profile_data_count(profile); i++)
        derive_datum(&profile->data[i], wanted);
    if (profile_has_io_key(profile))
        derive_other_slots(profile, wanted);
    return true;
}

/* Without an address of its own (the bytes are of a single-wire part) the part keeps the address that it has. */
static void wanted_bytes(const struct profile *profile, enum chip_part part, const struct chip_config *now,
                         struct chip_config *wanted)
{
    const struct chip_policy_bytes *bytes = profile_bytes(profile);

    if (bytes == NULL)
        return;
    chip_config_set_policy(wanted, part, bytes);
    if (profile->i2c_address == 0)
        chip_config_set_address_byte(wanted, chip_config_address_byte(now));
}

/* PSA attributes leave `derive` out (profile_key_attributes()), so check that the slot itself permits ECDH. */
static bool wanted_serves_derive(const struct profile *profile, const struct chip_config *wanted, struct error *err)
{
    for (size_t i = 0; i < profile->key_count; i++) {
        const struct profile_key *key = &profile->keys[i];

        if ((key->usage & PSA_KEY_USAGE_DERIVE) == 0 ||
            (key->slot < CHIP_SLOTS && chip_slot_policy(wanted, key->slot).ecdh))
            continue;
        error_set(err, ERROR_PROFILE_CONFLICT,
                  "the key's usage has derive, but its slot does not permit ECDH (ReadKey bit 2 is 0)",
                  "name a slot that permits ECDH, or remove derive from the key's usage");
        error_at_slot(err, key->slot);
        error_with_key(err, key->id);
        error_with_subject(err, key->name);
        return false;
    }
    return true;
}

/* The chip takes its IO protection key from one slot, which the configuration names. */
static bool io_key_is_served(const struct chip_config *wanted, uint8_t slot, struct error *err)
{
    if (!chip_config_has_io_key(wanted))
        error_set(err, ERROR_PROFILE_CONFLICT, "the chip's configuration (ChipOptions) has no IO protection key",
                  "leave the io-protection entry out of the profile, or use a configuration that has such a key");
    else if (chip_config_io_key_slot(wanted) != slot)
        error_set(err, ERROR_PROFILE_CONFLICT,
                  "the chip's configuration (ChipOptions) has its IO protection key in another slot",
                  "name that slot: imprint info shows it");
    else if (chip_slot_takes_secret(wanted, slot))
        error_set(err, ERROR_PROFILE_CONFLICT,
                  "anybody on the bus can write over the IO protection key: the slot before it permits ECDH, and the "
                  "chip can put the result into the key's slot",
                  "use a configuration that has the key in an even slot, or after a slot that does not permit ECDH");
    else
        return true;
    return false;
}

static bool wanted_serves_io_key(const struct profile *profile, const struct chip_config *wanted, struct error *err)
{
    for (size_t i = 0; i < profile_data_count(profile); i++) {
        const struct profile_datum *datum = &profile->data[i];

        if (datum->type != PROFILE_DATUM_IO_KEY || io_key_is_served(wanted, datum->slot, err))
            continue;
        error_at_slot(err, datum->slot);
        error_with_subject(err, datum->name);
        return false;
    }
    return true;
}

bool profile_wanted_config(const struct profile *profile, const struct chip_config *now, struct chip_config *wanted,
                           struct error *err)
{
    struct chip_config found = *now;
    enum chip_part part = chip_config_part(&found);

    *wanted = found;
    switch (profile->configuration) {
    case PROFILE_AS_DELIVERED:
        break;
    case PROFILE_FACTORY_DEFAULT:
        chip_config_set_policy(wanted, part, &wanted_blank(part)->policy);
        break;
    case PROFILE_TRUST_AND_GO:
        wanted_trust_and_go(part, &found, wanted);
        break;
    case PROFILE_TRUST_FLEX:
        wanted_trust_flex(part, &found, wanted);
        break;
    case PROFILE_POLICY:
        if (!wanted_policy(profile, part, &found, wanted, err))
            goto refuse;
        break;
    case PROFILE_BYTES:
        wanted_bytes(profile, part, &found, wanted);
        break;
    }
    /* On a part without I2C, byte 16 configures a GPIO: the board decides it, not the profile. */
    if (!chip_config_is_i2c(&found))
        chip_config_set_address_byte(wanted, chip_config_address_byte(&found));
    if (!wanted_serves_derive(profile, wanted, err) || !wanted_serves_io_key(profile, wanted, err))
        goto refuse;
    return true;
refuse:
    error_doing(err, "derive the chip's configuration from the profile");
    return false;
}
