/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/slots.h"

#include <string.h>

#include "chip/operations.h"
#include "driver/atecc608a_se.h"
#include "driver/status.h"
#include "storage/scrap.h"

/* Abilities that are about putting a key into a slot: they count as they are now. All others are about its use. */
#define PUTTING                                                                                                        \
    (CHIP_CAN_GENERATE | CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET | CHIP_CAN_WRITE_CLEAR | CHIP_CAN_LOCK)

/* Config zone byte 86, LockValue: 0x55 while the data zone is unlocked. */
#define LOCK_VALUE_OFFSET 86
#define LOCKED 0x00

static unsigned count_bits(uint32_t bits)
{
    unsigned count = 0;

    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

static bool has_slot(uint16_t slots, uint8_t slot)
{
    return ((unsigned)slots & 1u << slot) != 0;
}

/* The lowest bit of a word that has one: of several missing abilities the first is explained. */
static enum chip_ability first_ability(uint32_t abilities)
{
    return (enum chip_ability)(abilities & (~abilities + 1));
}

static struct chip_config with_data_locked(const struct chip_config *config)
{
    struct chip_config locked = *config;

    locked.bytes[LOCK_VALUE_OFFSET] = LOCKED;
    return locked;
}

static const struct driver_write_key *find_write_key(const struct driver_settings *settings, uint8_t slot)
{
    for (size_t i = 0; i < settings->write_key_count; i++)
        if (settings->write_keys[i].slot == slot)
            return &settings->write_keys[i];
    return NULL;
}

static void read_policies(const struct driver *driver, struct driver_map *map)
{
    struct chip_config later = with_data_locked(&driver->config);

    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        struct chip_slot_policy policy = chip_slot_policy(&driver->config, slot);
        uint32_t putting = chip_slot_can(&driver->config, slot) & (uint32_t)PUTTING;
        uint32_t using = chip_slot_can(&later, slot) & ~(uint32_t)PUTTING;
        map->slots[slot] = (struct driver_slot){
            .abilities = putting | using,
            .locked = policy.locked,
            .write_key_known = find_write_key(&driver->settings, policy.write_key) != NULL,
        };
    }
}

static bool note_claim(void *context, const struct driver_record *record)
{
    struct driver_map *map = context;
    struct driver_slot *slot = &map->slots[record->slot_number];

    if (slot->claimed_by == 0)
        slot->claimed_by = record->key_id;
    return true;
}

/* Policies only; `*config` points into the driver. */
static psa_status_t load_policies(struct driver *driver, struct driver_map *map, const struct chip_config **config,
                                  struct error *err)
{
    enum chip_status status = driver_config(driver, config, err);

    if (status != CHIP_OK) {
        driver_note_chip_status(driver, status);
        return driver_status_of_chip(status);
    }
    read_policies(driver, map);
    return PSA_SUCCESS;
}

/*
 * A claimed slot is never scrap, whatever an old record says. With an erase due it is only where that can be done:
 * elsewhere the key that was destroyed stays, and may be registered again. What cannot be read makes no slot scrap.
 */
static void read_scrap(const struct driver *driver, struct driver_map *map)
{
    for (uint8_t i = 0; i < CHIP_SLOTS; i++) {
        struct driver_slot *slot = &map->slots[i];
        bool due;

        if (slot->claimed_by == 0 &&
            storage_scrap_get(driver->storage, storage_scrap_uid(PSA_ATECC608A_LOCATION, i), &due) == STORAGE_OK)
            slot->scrap = !due || (!slot->locked && (slot->abilities & CHIP_CAN_GENERATE) != 0);
    }
}

/* Policies, claims and scrap. */
static psa_status_t read_unprobed(struct driver *driver, struct driver_map *map, const struct chip_config **config,
                                  struct error *err)
{
    psa_status_t status = load_policies(driver, map, config, err);

    if (status == PSA_SUCCESS)
        status = driver_visit_records(driver, note_claim, map, err);
    if (status == PSA_SUCCESS)
        read_scrap(driver, map);
    return status;
}

/* `found` is what came of a question whose refusal may be a good answer; a failure that is not is passed on. */
static psa_status_t probe_failed(struct driver *driver, enum chip_status status, const struct error *found,
                                 struct error *err)
{
    driver_note_chip_status(driver, status);
    if (err != NULL && err->reason == ERROR_NONE)
        *err = *found;
    return driver_status_of_chip(status);
}

/*
 * Private key: Info(KeyValid) and GenKey(public) must agree that there is none, for "empty" lets a key be written
 * there. Where the public key may not be computed, only Info can be asked.
 */
static psa_status_t probe_private(struct driver *driver, uint32_t can, uint8_t slot, enum driver_fill *fill,
                                  struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
    bool valid = false;
    enum chip_status status = chip_read_key_valid(driver->chip, slot, &valid, &found);

    if (status == CHIP_EXECUTION || status == CHIP_PARSE)
        return PSA_SUCCESS;
    if (status != CHIP_OK)
        return probe_failed(driver, status, &found, err);
    if (valid) {
        *fill = DRIVER_FILL_KEY;
        return PSA_SUCCESS;
    }
    if ((can & CHIP_CAN_GIVE_PUBLIC) == 0) {
        *fill = DRIVER_FILL_EMPTY;
        return PSA_SUCCESS;
    }
    status = chip_read_public_key(driver->chip, slot, public_key, &found);
    if (status == CHIP_OK)
        *fill = DRIVER_FILL_KEY;
    else if (status == CHIP_EXECUTION)
        *fill = DRIVER_FILL_EMPTY;
    else
        return probe_failed(driver, status, &found, err);
    return PSA_SUCCESS;
}

static psa_status_t probe_public(struct driver *driver, uint32_t can, uint8_t slot, enum driver_fill *fill,
                                 struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES] = {0};
    struct bytes key = bytes_of(public_key, sizeof public_key);

    if ((can & CHIP_CAN_READ_CLEAR) == 0)
        return PSA_SUCCESS;
    enum chip_status status = chip_read_stored_public_key(driver->chip, slot, public_key, &found);
    if (status == CHIP_EXECUTION)
        return PSA_SUCCESS;
    if (status != CHIP_OK)
        return probe_failed(driver, status, &found, err);
    *fill = bytes_all(key, 0x00) || bytes_all(key, 0xff) ? DRIVER_FILL_EMPTY : DRIVER_FILL_KEY;
    return PSA_SUCCESS;
}

static psa_status_t ask_slot(struct driver *driver, const struct chip_config *config, uint8_t slot,
                             enum driver_fill *fill, struct error *err)
{
    struct chip_slot_policy policy = chip_slot_policy(config, slot);
    struct chip_config later = with_data_locked(config);
    uint32_t can = chip_slot_can(config, slot);

    *fill = DRIVER_FILL_UNKNOWN;
    if (!chip_config_is_locked(config))
        return PSA_SUCCESS;
    if (policy.is_private && policy.type == CHIP_KEY_P256)
        return probe_private(driver, can, slot, fill, err);
    if (((chip_slot_can(&later, slot) | can) & CHIP_CAN_HOLD_PUBLIC) != 0)
        return probe_public(driver, can, slot, fill, err);
    return PSA_SUCCESS;
}

psa_status_t driver_probe_slot(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err)
{
    const struct chip_config *config;
    psa_status_t status;

    *fill = DRIVER_FILL_UNKNOWN;
    if (slot >= CHIP_SLOTS) {
        error_set(err, ERROR_USAGE, "a chip has slots 0 to 15", NULL);
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    status = driver_status_of_chip(driver_config(driver, &config, err));
    if (status == PSA_SUCCESS)
        status = ask_slot(driver, config, slot, fill, err);
    if (status != PSA_SUCCESS) {
        error_doing(err, "ask the chip what a slot holds");
        error_at_slot(err, slot);
    }
    driver_rest(driver);
    return status;
}

psa_status_t driver_slot_is_scrap(struct driver *driver, uint8_t slot, bool *scrap, struct error *err)
{
    struct driver_map map;
    const struct chip_config *config;

    *scrap = false;
    if (slot >= CHIP_SLOTS) {
        error_set(err, ERROR_USAGE, "a chip has slots 0 to 15", NULL);
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    psa_status_t status = read_unprobed(driver, &map, &config, err);
    if (status == PSA_SUCCESS)
        *scrap = map.slots[slot].scrap;
    chip_sleep(driver->chip);
    return status;
}

psa_status_t driver_read_map(struct driver *driver, bool probe, struct driver_map *map, struct error *err)
{
    const struct chip_config *config;
    psa_status_t status = read_unprobed(driver, map, &config, err);

    for (uint8_t slot = 0; status == PSA_SUCCESS && probe && slot < CHIP_SLOTS; slot++) {
        status = ask_slot(driver, config, slot, &map->slots[slot].fill, err);
        if (status != PSA_SUCCESS)
            error_at_slot(err, slot);
    }
    if (status != PSA_SUCCESS)
        error_doing(err, "find out which slots are in use");
    driver_rest(driver);
    return status;
}

/* --- what is wanted -------------------------------------------------------------------------------------------- */

static psa_status_t unsupported(struct error *err, const char *cause, const char *next)
{
    error_set(err, ERROR_KEY_ATTRIBUTES, cause, next);
    return PSA_ERROR_NOT_SUPPORTED;
}

/* Usages that no key in the chip can have, and why. */
static const struct {
    psa_key_usage_t usage;
    const char *cause;
} refused_usages[] = {
    {PSA_KEY_USAGE_DERIVE, "key agreement with a chip key cannot be reached through the PSA secure element interface"},
    {PSA_KEY_USAGE_VERIFY_DERIVATION, "a chip key cannot verify derived secrets"},
    {PSA_KEY_USAGE_ENCRYPT, "a P-256 key in the chip does not encrypt"},
    {PSA_KEY_USAGE_DECRYPT, "a P-256 key in the chip does not decrypt"},
    {PSA_KEY_USAGE_COPY, "a key in the chip cannot be copied"},
};

static bool is_supported_hash(psa_algorithm_t hash)
{
    static const psa_algorithm_t hashes[] = {
        0, /* PSA_ALG_ECDSA_ANY */
        PSA_ALG_ANY_HASH,
        PSA_ALG_SHA_224,
        PSA_ALG_SHA_256,
        PSA_ALG_SHA_384,
        PSA_ALG_SHA_512,
    };

    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
        if (hashes[i] == hash)
            return true;
    return false;
}

static psa_status_t check_algorithm(psa_algorithm_t algorithm, struct error *err)
{
    static const char *const next = "use PSA_ALG_ECDSA(PSA_ALG_ANY_HASH) or PSA_ALG_ECDSA with a SHA-2 hash";

    if (PSA_ALG_IS_KEY_AGREEMENT(algorithm))
        return unsupported(
            err, "key agreement with a chip key cannot be reached through the PSA secure element interface", next);
    if (PSA_ALG_IS_DETERMINISTIC_ECDSA(algorithm))
        return unsupported(err, "the chip signs with its own random numbers, never deterministically", next);
    if (!PSA_ALG_IS_RANDOMIZED_ECDSA(algorithm))
        return unsupported(err, "the key's algorithm is not randomized ECDSA", next);
    if (!is_supported_hash(PSA_ALG_SIGN_GET_HASH(algorithm)))
        return unsupported(err, "the key's algorithm names a hash other than SHA-2", next);
    return PSA_SUCCESS;
}

static psa_status_t check_usage(psa_key_usage_t usage, bool private_key, struct error *err)
{
    static const char *const next = "take the usage flag away";

    for (size_t i = 0; i < sizeof refused_usages / sizeof refused_usages[0]; i++)
        if ((usage & refused_usages[i].usage) != 0)
            return unsupported(err, refused_usages[i].cause, next);
    if (private_key && (usage & PSA_KEY_USAGE_EXPORT) != 0)
        return unsupported(err, "a private key never leaves the chip", next);
    if (!private_key && (usage & (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)) != 0)
        return unsupported(err, "a public key does not sign", next);
    return PSA_SUCCESS;
}

static psa_status_t check_method(psa_key_creation_method_t method, bool private_key, struct driver_want *want,
                                 struct error *err)
{
    switch (method) {
    case PSA_KEY_CREATION_IMPORT:
        want->method = private_key ? CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET : CHIP_CAN_WRITE_CLEAR;
        return PSA_SUCCESS;
    case PSA_KEY_CREATION_GENERATE:
        want->method = CHIP_CAN_GENERATE;
        if (private_key)
            return PSA_SUCCESS;
        error_set(err, ERROR_KEY_ATTRIBUTES, "a public key cannot be generated", "generate a key pair");
        return PSA_ERROR_INVALID_ARGUMENT;
    case PSA_KEY_CREATION_REGISTER:
        want->method = 0;
        return PSA_SUCCESS;
    case PSA_KEY_CREATION_COPY:
        return unsupported(err, "a key in the chip cannot be copied", NULL);
    case PSA_KEY_CREATION_DERIVE:
    default:
        return unsupported(err, "the chip does not derive keys through the PSA secure element interface", NULL);
    }
}

psa_status_t driver_want_of(const psa_key_attributes_t *attributes, psa_key_creation_method_t method,
                            struct driver_want *want, struct error *err)
{
    psa_key_type_t type = psa_get_key_type(attributes);
    psa_key_usage_t usage = psa_get_key_usage_flags(attributes);
    psa_algorithm_t second = psa_get_key_enrollment_algorithm(attributes);
    size_t bits = psa_get_key_bits(attributes);
    bool private_key = type == PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
    psa_status_t status;

    *want = (struct driver_want){.private_key = private_key};
    if (psa_get_key_lifetime(attributes) != PSA_ATECC608A_LIFETIME)
        return unsupported(err, "a key in a slot of the chip is never volatile: its lifetime must be 0x6001",
                           "use PSA_ATECC608A_LIFETIME with a key id");
    if (!private_key && type != PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1))
        return unsupported(err, "the chip holds keys of the family SECP R1 only", "use a P-256 key pair or public key");
    if (bits != 256 && !(bits == 0 && method == PSA_KEY_CREATION_IMPORT))
        return unsupported(err, "the chip's curve is P-256: a key has 256 bits", "set 256 key bits");
    status = check_algorithm(psa_get_key_algorithm(attributes), err);
    if (status == PSA_SUCCESS && second != PSA_ALG_NONE)
        status = check_algorithm(second, err);
    if (status == PSA_SUCCESS)
        status = check_usage(usage, private_key, err);
    if (status == PSA_SUCCESS)
        status = check_method(method, private_key, want, err);
    if (status != PSA_SUCCESS)
        return status;

    if (!private_key)
        want->abilities = CHIP_CAN_HOLD_PUBLIC;
    else if ((usage & (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)) != 0)
        want->abilities = CHIP_CAN_SIGN_DIGEST;
    if (private_key && (usage & (PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE)) != 0)
        want->abilities |= CHIP_CAN_GIVE_PUBLIC;
    return PSA_SUCCESS;
}

/* --- choosing -------------------------------------------------------------------------------------------------- */

static uint32_t needed_to_pick(const struct driver_want *want)
{
    uint32_t gives_public = want->private_key ? CHIP_CAN_GIVE_PUBLIC : CHIP_CAN_READ_CLEAR;

    return want->abilities | gives_public;
}

static bool fits(const struct driver_slot *slot, const struct driver_want *want)
{
    uint32_t needed = needed_to_pick(want), methods = slot->abilities & want->method;

    if ((slot->abilities & needed) != needed)
        return false;
    if (!slot->write_key_known)
        methods &= ~(uint32_t)CHIP_CAN_IMPORT_SECRET;
    return methods != 0;
}

static bool is_free(const struct driver_map *map, uint8_t slot, const struct driver_settings *settings)
{
    return map->slots[slot].claimed_by == 0 && !map->slots[slot].locked && !has_slot(settings->reserved_slots, slot);
}

static unsigned surplus(const struct driver_slot *slot, const struct driver_want *want)
{
    return count_bits(slot->abilities & ~(needed_to_pick(want) | want->method));
}

/* Of the slots in `among` the least capable one, or CHIP_SLOTS. */
static uint8_t least_capable(const struct driver_map *map, const struct driver_want *want, uint16_t among)
{
    uint8_t best = CHIP_SLOTS;

    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        if (has_slot(among, slot) &&
            (best == CHIP_SLOTS || surplus(&map->slots[slot], want) < surplus(&map->slots[best], want)))
            best = slot;
    return best;
}

/* Bit masks of the slots that could take `want`, by what stands in the way. */
struct candidates {
    uint16_t fit;  /* by policy */
    uint16_t free; /* and not claimed, locked or reserved */
};

static struct candidates find_candidates(const struct driver_map *map, const struct driver_want *want,
                                         const struct driver_settings *settings)
{
    struct candidates found = {.fit = 0};

    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        uint16_t bit = (uint16_t)(1u << slot);
        if (!fits(&map->slots[slot], want))
            continue;
        found.fit |= bit;
        if (is_free(map, slot, settings))
            found.free |= bit;
    }
    return found;
}

psa_status_t driver_pick_slot(const struct driver_map *map, const struct driver_want *want,
                              const struct driver_settings *settings, uint8_t *slot, struct error *err)
{
    struct candidates found = find_candidates(map, want, settings);
    uint16_t empty = 0;

    for (uint8_t i = 0; i < CHIP_SLOTS; i++)
        if (map->slots[i].fill == DRIVER_FILL_EMPTY || map->slots[i].scrap)
            empty |= (uint16_t)(1u << i);
    empty &= found.free;
    if (empty != 0) {
        *slot = least_capable(map, want, empty);
        return PSA_SUCCESS;
    }
    if (found.free != 0 && settings->replace_unclaimed) {
        *slot = least_capable(map, want, found.free);
        return PSA_SUCCESS;
    }
    if (found.free != 0)
        error_set(err, ERROR_SLOT_FILLED, "each free slot that fits holds a key that no key id points to",
                  "name the slot, or allow replacing unclaimed keys");
    else if (found.fit != 0)
        error_set(err, ERROR_NO_FREE_SLOT, "each slot that fits is claimed by a key id, locked or reserved",
                  "destroy a key that is not needed any more");
    else
        error_set(err, ERROR_NO_FREE_SLOT, "the chip's configuration has no slot for such a key",
                  "see what each slot can do: imprint info");
    return PSA_ERROR_INSUFFICIENT_STORAGE;
}

static psa_status_t check_config_locked(const struct chip_config *config, struct error *err)
{
    if (chip_config_is_locked(config))
        return PSA_SUCCESS;
    error_set(err, ERROR_CONFIG_UNLOCKED, "the chip's config zone is unlocked: no slot has a policy yet",
              "configure the chip and lock its config zone");
    return PSA_ERROR_BAD_STATE;
}

psa_status_t driver_choose_slot(struct driver *driver, const struct driver_want *want, uint8_t *slot, struct error *err)
{
    struct driver_map map;
    const struct chip_config *config;
    psa_status_t status = read_unprobed(driver, &map, &config, err);
    uint16_t ask;

    if (status == PSA_SUCCESS)
        status = check_config_locked(config, err);
    if (status != PSA_SUCCESS)
        goto out;

    /* Asked in the order of preference, the first empty slot is the one a fully probed map would give. */
    ask = find_candidates(&map, want, &driver->settings).free;
    while (ask != 0) {
        uint8_t next = least_capable(&map, want, ask);
        if (map.slots[next].scrap)
            break;
        status = ask_slot(driver, config, next, &map.slots[next].fill, err);
        if (status != PSA_SUCCESS)
            goto out;
        ask &= (uint16_t)~(1u << next);
        if (map.slots[next].fill == DRIVER_FILL_EMPTY)
            break;
    }
    status = driver_pick_slot(&map, want, &driver->settings, slot, err);
out:
    if (status != PSA_SUCCESS)
        error_doing(err, "choose a slot for the key");
    driver_rest(driver);
    return status;
}

/* --- a slot that was named ------------------------------------------------------------------------------------- */

static psa_status_t forbidden(const struct chip_config *config, uint8_t slot, enum chip_ability ability,
                              struct error *err)
{
    enum error_reason reason = ERROR_SLOT_POLICY;
    enum chip_rule rule = chip_slot_why_not(config, slot, ability, &reason);

    error_set_slot_rule(err, reason, (uint8_t)rule, "name another slot: imprint info shows all");
    return PSA_ERROR_NOT_PERMITTED;
}

/* Policy: what the key is to be used for, and how it is to get there. */
static psa_status_t check_policy(struct driver *driver, const struct chip_config *config, const struct driver_map *map,
                                 const struct driver_want *want, uint8_t slot, bool creating, struct error *err)
{
    const struct driver_slot *described = &map->slots[slot];
    struct chip_slot_policy policy = chip_slot_policy(config, slot);
    struct chip_config later = with_data_locked(config);
    uint32_t missing = want->abilities & ~described->abilities, methods = described->abilities & want->method;

    if (want->private_key && !(policy.is_private && policy.type == CHIP_KEY_P256)) {
        error_set(err, ERROR_SLOT_POLICY, "the slot's KeyConfig does not make it one for a P-256 private key",
                  "name another slot: imprint info shows all");
        return PSA_ERROR_NOT_PERMITTED;
    }
    if (missing != 0)
        return forbidden(&later, slot, first_ability(missing), err);
    if (!creating)
        return PSA_SUCCESS;
    if (described->locked) {
        error_set(err, ERROR_SLOT_LOCKED, "the slot is locked for ever: its key stays", "name another slot");
        return PSA_ERROR_NOT_PERMITTED;
    }
    if (want->method == 0) {
        error_set(err, ERROR_USAGE, "no way to put a key into the slot was named", NULL);
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    if (methods == 0) {
        bool secret = (want->method & CHIP_CAN_IMPORT_SECRET) != 0 && chip_data_is_locked(config);
        return forbidden(config, slot, secret ? CHIP_CAN_IMPORT_SECRET : first_ability(want->method), err);
    }
    if (methods == CHIP_CAN_IMPORT_SECRET && find_write_key(&driver->settings, policy.write_key) == NULL) {
        error_set(err, ERROR_WRITE_KEY_MISSING,
                  "the slot takes only encrypted keys, and the secret in its WriteKey slot was not given",
                  "give the write key");
        return PSA_ERROR_NOT_PERMITTED;
    }
    return PSA_SUCCESS;
}

static psa_status_t nothing_there(struct error *err, const char *cause)
{
    error_set(err, ERROR_SLOT_EMPTY, cause, "name another slot, or generate or import a key");
    return PSA_ERROR_DOES_NOT_EXIST;
}

/* Bytes 0 to 3 and 36 to 39 of a stored public key are zero, X and Y between and behind them. */
static bool has_public_key_form(const uint8_t first[static 32], const uint8_t second[static 32])
{
    return bytes_all(bytes_of(first, 4), 0x00) && bytes_all(bytes_of(second + 4, 4), 0x00);
}

/* For registration: a key of the wanted kind is really there and answers. */
static psa_status_t check_holds(struct driver *driver, const struct chip_config *config, bool private_key, uint8_t slot,
                                struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES], first[32], second[32];
    uint32_t can = chip_slot_can(config, slot);
    enum driver_fill fill;
    enum chip_status answer;

    if (!private_key && (can & CHIP_CAN_READ_CLEAR) == 0) {
        bool later = !chip_data_is_locked(config);
        error_set(err, later ? ERROR_DATA_UNLOCKED : ERROR_SLOT_POLICY,
                  later ? "no slot can be read before the data zone is locked" : "the slot cannot be read in clear",
                  later ? "lock the data zone first" : "name another slot");
        return later ? PSA_ERROR_BAD_STATE : PSA_ERROR_NOT_PERMITTED;
    }
    psa_status_t status = ask_slot(driver, config, slot, &fill, err);
    if (status != PSA_SUCCESS)
        return status;
    if (fill != DRIVER_FILL_KEY)
        return nothing_there(err, "the slot holds no key");
    if (private_key) {
        if ((can & CHIP_CAN_GIVE_PUBLIC) == 0)
            return PSA_SUCCESS;
        answer = chip_read_public_key(driver->chip, slot, public_key, &found);
        if (answer == CHIP_EXECUTION)
            return nothing_there(err, "the slot is marked as filled, but no public key can be computed from it");
        return answer == CHIP_OK ? PSA_SUCCESS : probe_failed(driver, answer, &found, err);
    }
    answer = chip_read_slot_block(driver->chip, slot, 0, first, &found);
    if (answer == CHIP_OK)
        answer = chip_read_slot_block(driver->chip, slot, 1, second, &found);
    if (answer != CHIP_OK)
        return probe_failed(driver, answer, &found, err);
    return has_public_key_form(first, second)
               ? PSA_SUCCESS
               : nothing_there(err, "what the slot holds has not the form of a public key");
}

psa_status_t driver_check_slot(struct driver *driver, const struct driver_want *want, uint8_t slot, bool creating,
                               struct error *err)
{
    struct driver_map map;
    const struct chip_config *config;
    psa_status_t status;

    if (slot >= CHIP_SLOTS) {
        error_set(err, ERROR_USAGE, "a chip has slots 0 to 15", "name one of them");
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    status = load_policies(driver, &map, &config, err);
    if (status == PSA_SUCCESS)
        status = check_config_locked(config, err);
    if (status == PSA_SUCCESS)
        status = check_policy(driver, config, &map, want, slot, creating, err);
    if (status == PSA_SUCCESS && creating)
        status = driver_visit_records(driver, note_claim, &map, err);
    if (status == PSA_SUCCESS && creating && map.slots[slot].claimed_by != 0) {
        error_set(err, ERROR_SLOT_CLAIMED, "a key id points to the slot",
                  "destroy that key first, or name another slot");
        error_with_key(err, map.slots[slot].claimed_by);
        status = PSA_ERROR_ALREADY_EXISTS;
    }
    if (status == PSA_SUCCESS && !creating)
        status = check_holds(driver, config, want->private_key, slot, err);
    if (status != PSA_SUCCESS) {
        error_doing(err, creating ? "put a key into a slot" : "register the key in a slot");
        error_at_slot(err, slot);
    }
    driver_rest(driver);
    return status;
}
