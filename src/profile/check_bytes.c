/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/check_bytes.h"

#include "chip/words.h"
#include "profile/data.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SIGNING (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)
#define ANOTHER_SLOT "a slot that permits it: imprint explain shows each of the file"

#define KEY_CONFIG_RFU 0x2000 /* bit 13 of KeyConfig, zero in every real configuration: chip-zones section 6 */

/* ---- the zone as a whole ---- */

bool profile_zone_is_shifted(const struct chip_config *config, uint8_t *slot)
{
    for (*slot = 0; *slot < CHIP_SLOTS; (*slot)++) {
        const struct chip_slot_policy policy = chip_slot_policy(config, *slot);

        if ((policy.key_config & KEY_CONFIG_RFU) != 0 || policy.type == CHIP_KEY_RESERVED)
            return true;
    }
    return false;
}

bool profile_zone_has_dead_key(const struct chip_config *config, uint8_t *slot)
{
    for (*slot = 0; *slot < CHIP_SLOTS; (*slot)++) {
        const struct chip_slot_policy policy = chip_slot_policy(config, *slot);

        if (policy.is_private && (!policy.is_secret || policy.type != CHIP_KEY_P256))
            return true;
    }
    return false;
}

bool profile_zone_has_dead_write(const struct chip_config *config, uint8_t *slot)
{
    for (*slot = 0; *slot < CHIP_SLOTS; (*slot)++) {
        const struct chip_slot_policy policy = chip_slot_policy(config, *slot);
        const bool encrypted_write = policy.is_private ? policy.priv_write : policy.write == CHIP_WRITE_ENCRYPTED;

        if (encrypted_write && chip_slot_is_private(config, policy.write_key))
            return true;
    }
    return false;
}

static const struct zone_rule {
    bool (*broken)(const struct chip_config *config, uint8_t *slot);
    const char *cause;
} zone_rules[] = {
    {profile_zone_is_shifted, "a slot of the file has a KeyConfig that no part can have: the table looks shifted"},
    {profile_zone_has_dead_key,
     "a private-key slot of the file lacks IsSecret or KeyType P-256: nothing could ever use its key"},
    {profile_zone_has_dead_write, "encrypted writes into a slot of the file name a WriteKey slot with a private key"},
};

/* ---- what the entries need ---- */

/* The part in two states: with its data zone unlocked, when slots are filled, and with it locked. */
struct bytes_view {
    struct chip_config filling, locked;
    struct profile_conflict *conflict;
};

static bool report(const struct bytes_view *view, enum profile_place place, size_t index, const char *field,
                   const char *cause)
{
    *view->conflict = (struct profile_conflict){
        .place = place,
        .index = index,
        .field = field,
        .reason = ERROR_PROFILE_CONFLICT,
        .cause = cause,
        .next = ANOTHER_SLOT,
    };
    return true;
}

/* Whether the slot lacks one of the abilities in this state; the cause is the first rule that forbids them. */
static bool lacks(const struct chip_config *config, uint8_t slot, uint32_t abilities, const char **cause)
{
    struct error err = {.reason = ERROR_NONE};
    enum error_reason reason = ERROR_NONE;

    if ((chip_slot_can(config, slot) & abilities) == abilities)
        return false;
    err.slot_rule = (uint8_t)chip_slot_why_not(config, slot, abilities, &reason);
    chip_words_for_rule(&err);
    *cause = err.cause != NULL ? err.cause : "the slot does not permit it";
    return true;
}

/* Whether the chip itself changes the first byte of what is written: a public key that must be validated. */
static bool is_unvalidated(const struct chip_config *config, uint8_t slot)
{
    const struct chip_slot_policy policy = chip_slot_policy(config, slot);

    return slot >= PROFILE_PUBLIC_SLOT_MIN && !policy.is_private && policy.type == CHIP_KEY_P256 && policy.pub_info;
}

/* Reports the field if its slot cannot be filled, or cannot do afterwards what it is for. */
static bool check_slot(const struct bytes_view *view, enum profile_place place, size_t index, const char *field,
                       uint8_t slot, uint32_t to_fill, uint32_t to_use)
{
    const char *cause = NULL;

    if (lacks(&view->filling, slot, to_fill, &cause) || lacks(&view->locked, slot, to_use, &cause))
        return report(view, place, index, field, cause);
    return is_unvalidated(&view->locked, slot) &&
           report(
               view, place, index, field,
               "its KeyConfig (PubInfo) is for a public key that another validates: the chip changes its first byte");
}

static bool check_key(const struct bytes_view *view, const struct profile *profile, size_t index)
{
    const struct profile_key *key = &profile->keys[index];
    const bool is_pair = PSA_KEY_TYPE_IS_KEY_PAIR(key->type);
    uint32_t to_fill = key->method == PROFILE_GENERATE ? CHIP_CAN_GENERATE : CHIP_CAN_IMPORT_CLEAR;
    uint32_t to_use = CHIP_CAN_GIVE_PUBLIC;
    const char *cause = NULL;

    if (!is_pair) {
        to_fill = CHIP_CAN_WRITE_CLEAR;
        to_use = CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_READ_CLEAR;
    }
    if ((key->usage & SIGNING) != 0)
        to_use |= CHIP_CAN_SIGN_DIGEST;
    if ((key->usage & PSA_KEY_USAGE_DERIVE) != 0)
        to_use |= CHIP_CAN_ECDH;
    if (check_slot(view, PROFILE_AT_KEY, index, "slot", key->slot, to_fill, to_use))
        return true;
    return key->lock_slot && lacks(&view->filling, key->slot, CHIP_CAN_LOCK, &cause) &&
           report(view, PROFILE_AT_KEY, index, "lock-slot", cause);
}

static bool check_certificate(const struct bytes_view *view, const struct profile *profile, size_t index)
{
    const struct profile_certificate *certificate = &profile->certificates[index];
    const struct {
        const char *field;
        uint8_t slot;
    } places[] = {{"slot", certificate->slot},
                  {"signer-key-slot", certificate->signer_key_slot},
                  {"signer-slot", certificate->signer_slot}};

    for (size_t i = 0; i < COUNT(places); i++)
        if (places[i].slot != 0 && check_slot(view, PROFILE_AT_CERTIFICATE, index, places[i].field, places[i].slot,
                                              CHIP_CAN_WRITE_CLEAR, CHIP_CAN_READ_CLEAR))
            return true;
    return false;
}

static bool check_datum(const struct bytes_view *view, const struct profile *profile, size_t index)
{
    const struct profile_datum *datum = &profile->data[index];
    const struct chip_slot_policy policy = chip_slot_policy(&view->locked, datum->slot);

    if (check_slot(view, PROFILE_AT_DATUM, index, "slot", datum->slot, CHIP_CAN_WRITE_CLEAR,
                   profile_datum_needs(datum)))
        return true;
    if (profile_datum_is_secret(datum) && policy.limited_use)
        return report(view, PROFILE_AT_DATUM, index, "slot",
                      "bit 5 of its SlotConfig (LimitedUse) is 1: each proof would spend a use");
    if (profile_datum_is_io_key(datum) &&
        (!chip_config_has_io_key(&view->locked) || chip_config_io_key_slot(&view->locked) != datum->slot))
        return report(view, PROFILE_AT_DATUM, index, "slot",
                      "bytes 90 and 91 (ChipOptions) do not say that the IO protection key is used and in this slot");
    if (profile_datum_is_io_key(datum) && chip_slot_takes_secret(&view->locked, datum->slot))
        return report(view, PROFILE_AT_DATUM, index, "slot",
                      "the slot before it permits ECDH, and the chip can put the result into this slot: anybody on the "
                      "bus can write over the key");
    return datum->write_key != PROFILE_SLOT_ANY &&
           (policy.write != CHIP_WRITE_ENCRYPTED || policy.write_key != datum->write_key) &&
           report(view, PROFILE_AT_DATUM, index, "write-key",
                  "its SlotConfig (WriteConfig, WriteKey) does not ask for writes encrypted with that slot's secret");
}

/* imprint writes the mark before and after the data lock, and reads it in every run. */
static bool check_mark(const struct bytes_view *view, const struct profile *profile)
{
    return profile->mark_slot != 0 && check_slot(view, PROFILE_AT_CHIP, 0, "mark", profile->mark_slot,
                                                 CHIP_CAN_WRITE_CLEAR, CHIP_CAN_WRITE_CLEAR | CHIP_CAN_READ_CLEAR);
}

static bool check_entries(const struct bytes_view *view, const struct profile *profile)
{
    bool found = check_mark(view, profile);

    for (size_t i = 0; i < profile->key_count && !found; i++)
        found = check_key(view, profile, i);
    for (size_t i = 0; i < profile->certificate_count && !found; i++)
        found = check_certificate(view, profile, i);
    for (size_t i = 0; i < profile_data_count(profile) && !found; i++)
        found = check_datum(view, profile, i);
    return found;
}

bool profile_find_bytes_conflict(const struct profile *profile, struct profile_conflict *conflict)
{
    const struct chip_policy_bytes *bytes = profile_bytes(profile);
    const bool is_508a = (profile->parts & 1u << CHIP_PART_ATECC508A) != 0;
    struct bytes_view view = {.conflict = conflict};
    uint8_t slot;

    if (bytes == NULL)
        return false;
    if (is_508a && profile->parts != 1u << CHIP_PART_ATECC508A) {
        (void)report(&view, PROFILE_AT_CHIP, 0, "parts",
                     "bytes 68 to 83 differ in meaning on an ATECC508A and an ATECC608");
        conflict->next = "ATECC508A alone, or ATECC608A and ATECC608B";
        return true;
    }
    chip_config_model(&view.filling, is_508a ? CHIP_PART_ATECC508A : CHIP_PART_ATECC608B, bytes);
    chip_config_mark_locked(&view.filling);
    view.locked = view.filling;
    chip_config_mark_data_locked(&view.locked);
    for (size_t i = 0; i < COUNT(zone_rules); i++) {
        if (!zone_rules[i].broken(&view.locked, &slot))
            continue;
        (void)report(&view, PROFILE_AT_CHIP, 0, "configuration-file", zone_rules[i].cause);
        conflict->next = "a configuration for this part: imprint explain shows each slot of the file";
        conflict->has_slot = true;
        conflict->slot = slot;
        return true;
    }
    return check_entries(&view, profile);
}
