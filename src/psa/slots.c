/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/slots.h"

#include <string.h>

#include "base/order.h"
#include "chip/operations.h"
#include "chip/operations_device.h"
#include "psa/location.h"
#include "psa/symmetric.h"
#include "psa/uses.h"

/* Abilities to put a key into a slot, judged in the present lock state. All others are about using the key. */
#define PUTTING                                                                                                        \
    (CHIP_CAN_GENERATE | CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET | CHIP_CAN_WRITE_CLEAR | CHIP_CAN_LOCK)

static unsigned count_bits(uint32_t bits)
{
    unsigned count = 0;

    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

static struct chip_config with_data_locked(const struct chip_config *config)
{
    struct chip_config locked = *config;

    chip_config_mark_data_locked(&locked);
    return locked;
}

/* --- one slot -------------------------------------------------------------------------------------------------- */

bool driver_slot_is_private(const struct chip_config *config, uint8_t slot)
{
    if (slot >= CHIP_SLOTS || !chip_config_is_locked(config))
        return false;
    return chip_slot_is_key_pair(config, slot);
}

psa_status_t driver_require(const struct chip_config *config, uint8_t slot, uint32_t abilities, struct error *err)
{
    enum error_reason reason = ERROR_NONE;
    enum chip_rule rule = chip_slot_why_not(config, slot, abilities, &reason);

    if (rule == CHIP_RULE_NONE)
        return PSA_SUCCESS;
    error_set_slot_rule(err, reason, (uint8_t)rule, NULL);
    if (reason == ERROR_USAGE)
        return PSA_ERROR_INVALID_ARGUMENT;
    return reason == ERROR_CONFIG_UNLOCKED || reason == ERROR_DATA_UNLOCKED ? PSA_ERROR_BAD_STATE
                                                                            : PSA_ERROR_NOT_PERMITTED;
}

psa_status_t driver_require_use(const struct driver *driver, const struct chip_config *config, uint8_t slot,
                                uint32_t abilities, struct error *err)
{
    enum error_reason reason = ERROR_NONE;
    bool set = false;

    /* The latch's rule is the last of those for uses: nothing else forbids them. */
    if (chip_slot_why_not(config, slot, abilities, &reason) == CHIP_RULE_LATCH &&
        chip_read_latch(driver->chip, &set, NULL) == CHIP_OK && set)
        return PSA_SUCCESS;
    return driver_require(config, slot, abilities, err);
}

const struct imprint_write_key *driver_write_key(const struct driver *driver, uint8_t slot)
{
    const uint8_t wanted = chip_slot_write_key(&driver->config, slot);

    for (size_t i = 0; i < driver->settings.write_key_count; i++)
        if (driver->settings.write_keys[i].slot == wanted)
            return &driver->settings.write_keys[i];
    return NULL;
}

void driver_note_public_key(struct driver *driver, uint8_t slot, const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES])
{
    struct driver_seen *seen = driver_seen(driver);

    if (seen == NULL)
        return;
    driver_forget_slot(driver, slot);
    if (driver_slot_is_private(&driver->config, slot)) /* what another slot shows need not be a key */
        seen->fill[slot] = DRIVER_FILL_KEY;
    if (seen->count == DRIVER_SEEN_KEYS)
        return;
    seen->public_keys[seen->count].slot = slot;
    memcpy(seen->public_keys[seen->count++].key, public_key, CHIP_PUBLIC_KEY_BYTES);
}

/* The public key that the run has seen of the slot, NULL where it has seen none. */
static const uint8_t *seen_key(const struct driver *driver, uint8_t slot)
{
    const struct driver_seen *seen = driver_seen(driver);

    for (uint8_t i = 0; seen != NULL && i < seen->count; i++) {
        if (seen->public_keys[i].slot == slot)
            return seen->public_keys[i].key;
    }
    return NULL;
}

enum chip_status driver_public_key(struct driver *driver, uint8_t slot,
                                   uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    const uint8_t *seen = seen_key(driver, slot);
    enum chip_status status;

    if (seen != NULL) {
        memcpy(public_key, seen, CHIP_PUBLIC_KEY_BYTES);
        return CHIP_OK;
    }
    status = driver_slot_is_private(&driver->config, slot)
                 ? chip_read_public_key(driver->chip, slot, public_key, err)
                 : chip_read_stored_public_key(driver->chip, slot, public_key, err);
    if (status == CHIP_OK)
        driver_note_public_key(driver, slot, public_key);
    return status;
}

/*
 * A private-key slot is empty if both Info(KeyValid) and GenKey(public) say so, because a key may be written to an
 * "empty" slot. Where the public key may not be computed, Info decides alone.
 */
static enum chip_status ask_private(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err)
{
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
    bool valid;
    enum chip_status status = chip_read_key_valid(driver->chip, slot, &valid, err);

    if (status != CHIP_OK)
        return status == CHIP_PARSE ? CHIP_EXECUTION : status;
    *fill = valid ? DRIVER_FILL_KEY : DRIVER_FILL_EMPTY;
    if (valid || (chip_slot_can(&driver->config, slot) & CHIP_CAN_GIVE_PUBLIC) == 0)
        return CHIP_OK;
    status = driver_public_key(driver, slot, public_key, err);
    if (status == CHIP_OK)
        *fill = DRIVER_FILL_KEY;
    return status;
}

static enum chip_status ask_public(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err)
{
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
    const struct bytes key = bytes_of(public_key, sizeof public_key);
    enum chip_status status = driver_public_key(driver, slot, public_key, err);

    if (status == CHIP_OK)
        *fill = bytes_all(key, 0x00) || bytes_all(key, 0xff) ? DRIVER_FILL_EMPTY : DRIVER_FILL_KEY;
    return status;
}

/* What the slot holds, from the chip or from memory. UNKNOWN after a refusal. */
static psa_status_t ask_slot(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err)
{
    static const uint32_t shows = CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_READ_CLEAR;
    struct driver_seen *seen = driver_seen(driver);
    enum chip_status status = CHIP_OK;

    *fill = DRIVER_FILL_UNKNOWN;
    if (seen != NULL && seen->fill[slot] != DRIVER_FILL_UNKNOWN) {
        *fill = seen->fill[slot];
        return PSA_SUCCESS;
    }
    if (driver_slot_is_private(&driver->config, slot))
        status = ask_private(driver, slot, fill, err);
    else if ((chip_slot_can(&driver->config, slot) & shows) == shows)
        status = ask_public(driver, slot, fill, err);
    if (status != CHIP_OK && status != CHIP_EXECUTION)
        return driver_outcome(driver, status);
    error_clear(err);
    if (seen != NULL)
        seen->fill[slot] = (uint8_t)*fill;
    return PSA_SUCCESS;
}

/*
 * For a slot that no key id points to. With an erase due, the slot is scrap only if it can be erased; otherwise the
 * destroyed key stays and may be registered again. An unreadable record does not make a slot scrap.
 */
static bool is_scrap(const struct driver *driver, uint8_t slot)
{
    bool due;

    return driver_scrap_get(driver, slot, &due) &&
           (!due || (chip_slot_can(&driver->config, slot) & CHIP_CAN_GENERATE) != 0);
}

psa_status_t driver_probe_slot(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err)
{
    psa_status_t status = driver_load_config(driver, err);

    *fill = DRIVER_FILL_UNKNOWN;
    if (status == PSA_SUCCESS)
        status = driver_require(&driver->config, slot, 0, err); /* check only that the slot exists */
    if (status == PSA_SUCCESS)
        status = ask_slot(driver, slot, fill, err);
    driver_rest(driver);
    return status;
}

bool driver_slot_is_scrap(struct driver *driver, uint8_t slot)
{
    bool scrap = driver_load_config(driver, NULL) == PSA_SUCCESS && is_scrap(driver, slot);

    driver_rest(driver);
    return scrap;
}

/* --- all slots ------------------------------------------------------------------------------------------------- */

static bool note_claim(void *context, const struct driver_record *record)
{
    struct driver_map *map = context;

    if (record->slot >= CHIP_SLOTS)
        return true;
    struct driver_slot *slot = &map->slots[record->slot];
    if (slot->claimed_by == 0)
        slot->claimed_by = record->key_id;
    slot->scrap = false;
    return true;
}

/* Fills in abilities, claims and scrap. Does not ask the chip what the slots hold (`fill`). */
static psa_status_t read_unprobed(struct driver *driver, enum driver_fill fill, struct driver_map *map,
                                  struct error *err)
{
    psa_status_t status = driver_load_config(driver, err);
    struct chip_config later = with_data_locked(&driver->config);

    if (status != PSA_SUCCESS)
        return status;
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        uint32_t putting = chip_slot_can(&driver->config, slot) & (uint32_t)PUTTING;
        uint32_t using = chip_slot_can(&later, slot) & ~(uint32_t)PUTTING;
        map->slots[slot] = (struct driver_slot){
            .abilities = putting | using,
            .locked = chip_slot_is_locked(&driver->config, slot),
            .limited = chip_slot_is_limited(&driver->config, slot),
            .write_key_known = driver_write_key(driver, slot) != NULL,
            .fill = fill,
            .scrap = is_scrap(driver, slot),
        };
    }
    return driver_visit_records(driver, note_claim, map, err);
}

psa_status_t driver_read_map(struct driver *driver, bool probe, struct driver_map *map, struct error *err)
{
    psa_status_t status = read_unprobed(driver, DRIVER_FILL_UNKNOWN, map, err);

    for (uint8_t slot = 0; status == PSA_SUCCESS && probe && slot < CHIP_SLOTS; slot++) {
        status = ask_slot(driver, slot, &map->slots[slot].fill, err);
        if (status != PSA_SUCCESS)
            error_at_slot(err, slot);
        if (map->slots[slot].limited)
            map->slots[slot].uses_left = driver_uses_left(driver, &driver->config, slot);
    }
    if (status != PSA_SUCCESS)
        error_doing(err, "find out which slots are in use");
    driver_rest(driver);
    return status;
}

/* --- choosing -------------------------------------------------------------------------------------------------- */

/* The abilities that the chosen slot must have: see driver_pick_slot(). */
static uint32_t needed_to_pick(const struct driver_slot_needs *needs)
{
    return needs->abilities | (needs->private_key ? CHIP_CAN_GIVE_PUBLIC : CHIP_CAN_READ_CLEAR);
}

static bool fits(const struct driver_slot *slot, const struct driver_slot_needs *needs)
{
    uint32_t methods = needs->method;

    if (!slot->write_key_known)
        methods &= ~(uint32_t)CHIP_CAN_IMPORT_SECRET;
    return (needed_to_pick(needs) & ~slot->abilities) == 0 && (slot->abilities & methods) != 0;
}

/* How good a choice a slot is. */
struct candidate {
    bool loses_key;   /* would overwrite a key that no key id points to */
    unsigned surplus; /* number of abilities that this key does not need */
};

/* Prefers a slot without a key; of two such slots, the one with fewer abilities. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
    if (a->loses_key != b->loses_key)
        return b->loses_key;
    return a->surplus < b->surplus;
}

/* What was found of slots that fit, but were not chosen. */
struct rejected {
    bool any, free, limited;
};

static psa_status_t no_slot(const struct rejected *rejected, struct error *err)
{
    if (rejected->free)
        error_set(err, ERROR_SLOT_FILLED, "each free slot that fits holds a key that no key id points to",
                  "name the slot, or allow replacing unclaimed keys");
    else if (rejected->limited)
        error_set(
            err, ERROR_NO_FREE_SLOT,
            "each free slot that fits counts the uses of its key (LimitedUse): the key would stop working one day",
            "name the slot, if that is wanted");
    else if (rejected->any)
        error_set(err, ERROR_NO_FREE_SLOT, "each slot that fits is claimed by a key id, locked or reserved",
                  "destroy a key that is no longer needed");
    else
        error_set(err, ERROR_NO_FREE_SLOT, "the chip's configuration has no slot for such a key",
                  "see what each slot can do: imprint info");
    return PSA_ERROR_INSUFFICIENT_STORAGE;
}

psa_status_t driver_pick_slot(const struct driver_map *map, const struct driver_slot_needs *needs,
                              const struct driver_settings *settings, uint8_t *slot, struct error *err)
{
    struct rejected rejected = {.any = false};
    bool picked = false;
    struct candidate best = {.loses_key = true};

    for (uint8_t i = 0; i < CHIP_SLOTS; i++) {
        const struct driver_slot *found = &map->slots[i];
        if (!fits(found, needs))
            continue;
        rejected.any = true;
        if (found->claimed_by != 0 || found->locked || (settings->reserved_slots & 1u << i) != 0)
            continue;
        if (found->limited) {
            rejected.limited = true;
            continue;
        }
        rejected.free = true;
        const struct candidate candidate = {
            .loses_key = found->fill != DRIVER_FILL_EMPTY && !found->scrap,
            .surplus = count_bits(found->abilities & ~(needed_to_pick(needs) | needs->method)),
        };
        if (candidate.loses_key && !settings->replace_unclaimed)
            continue;
        if (!picked || is_better(&candidate, &best)) {
            picked = true;
            best = candidate;
            *slot = i;
        }
    }
    return picked ? PSA_SUCCESS : no_slot(&rejected, err);
}

/* Treats all slots as empty, then asks the chip about them in order of preference until one really is empty. */
static psa_status_t pick_asking(struct driver *driver, struct driver_map *map, const struct driver_slot_needs *needs,
                                uint8_t *slot, struct error *err)
{
    unsigned asked = 0;

    for (;;) {
        psa_status_t status = driver_pick_slot(map, needs, &driver->settings, slot, err);
        if (status != PSA_SUCCESS || (asked & 1u << *slot) != 0 || map->slots[*slot].scrap)
            return status;
        status = ask_slot(driver, *slot, &map->slots[*slot].fill, err);
        if (status != PSA_SUCCESS)
            return status;
        asked |= 1u << *slot;
    }
}

psa_status_t driver_choose_slot(struct driver *driver, const struct driver_slot_needs *needs, uint8_t *slot,
                                struct error *err)
{
    struct driver_map map;
    uint8_t picked;
    psa_status_t status = read_unprobed(driver, DRIVER_FILL_EMPTY, &map, err);

    /* No slot has any ability then, so any slot gives the right error. */
    if (status == PSA_SUCCESS && !chip_config_is_locked(&driver->config))
        status = driver_require(&driver->config, 0, CHIP_CAN_GENERATE, err);
    if (status == PSA_SUCCESS)
        status = pick_asking(driver, &map, needs, &picked, err);
    if (status == PSA_SUCCESS)
        *slot = picked;
    driver_rest(driver);
    return status;
}

/* --- a slot that was named ------------------------------------------------------------------------------------- */

/* Checks the slot's policy: the uses of the key, and the way it is put there. */
static psa_status_t check_policy(const struct driver *driver, const struct driver_slot_needs *needs, uint8_t slot,
                                 struct error *err)
{
    const struct chip_config *config = &driver->config;
    const struct chip_config later = with_data_locked(config);
    uint32_t uses = needs->abilities, ways = needs->method;

    /* For a slot of another kind, the rule of an ability that only private keys have gives the message. */
    if (needs->private_key && !driver_slot_is_private(config, slot))
        uses = CHIP_CAN_GIVE_PUBLIC;
    psa_status_t status =
        ways == 0 ? driver_require_use(driver, &later, slot, uses, err) : driver_require(&later, slot, uses, err);
    if (status != PSA_SUCCESS || ways == 0)
        return status;
    ways &= chip_slot_can(config, slot);
    if (ways == 0) /* no slot accepts an import in clear after the data lock */
        return driver_require(
            config, slot,
            chip_data_is_locked(config) ? needs->method & ~(uint32_t)CHIP_CAN_IMPORT_CLEAR : needs->method, err);
    if (ways != CHIP_CAN_IMPORT_SECRET || driver_write_key(driver, slot) != NULL)
        return PSA_SUCCESS;
    error_set(err, ERROR_WRITE_KEY_MISSING,
              "the slot accepts only encrypted keys, and the secret in its WriteKey slot was not given",
              "give that secret: write-keys in the profile, or imprint_psa_settings");
    return PSA_ERROR_NOT_PERMITTED;
}

/* A stored public key: bytes 0 to 3 and 36 to 39 are zero, X is at 4 and Y at 40. No X is zero. */
static const char *public_fault(const uint8_t stored[static 64])
{
    if (load32_le(stored) != 0 || load32_le(stored + 36) != 0)
        return "the slot does not hold a public key";
    return bytes_all(bytes_of(stored + 4, 32), 0x00) ? "the slot holds no key" : NULL;
}

/* For registration: checks that the slot really holds a key pair. */
static psa_status_t check_holds_pair(struct driver *driver, uint8_t slot, const char **fault, struct error *err)
{
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
    enum driver_fill fill;

    if ((chip_slot_can(&driver->config, slot) & CHIP_CAN_GIVE_PUBLIC) != 0) {
        enum chip_status answer = driver_public_key(driver, slot, public_key, err);

        if (answer == CHIP_EXECUTION)
            *fault = "the slot holds no key";
        return driver_outcome(driver, answer);
    }
    psa_status_t status = ask_slot(driver, slot, &fill, err);
    if (status == PSA_SUCCESS && fill != DRIVER_FILL_KEY)
        *fault = "the slot holds no key";
    return status;
}

static psa_status_t check_holds_public(struct driver *driver, uint8_t slot, const char **fault, struct error *err)
{
    uint8_t stored[64]; /* the first two blocks of the slot */
    psa_status_t status = driver_require(&driver->config, slot, CHIP_CAN_READ_CLEAR, err);

    for (uint8_t block = 0; block < 2 && status == PSA_SUCCESS; block++)
        status =
            driver_outcome(driver, chip_read_slot_block(driver->chip, slot, block, stored + (size_t)32 * block, err));
    if (status == PSA_SUCCESS)
        *fault = public_fault(stored);
    return status;
}

static psa_status_t check_holds(struct driver *driver, bool private_key, uint8_t slot, struct error *err)
{
    const char *fault = NULL;
    psa_status_t status =
        private_key ? check_holds_pair(driver, slot, &fault, err) : check_holds_public(driver, slot, &fault, err);

    if (fault == NULL)
        return status;
    error_clear(err);
    error_set(err, ERROR_SLOT_EMPTY, fault, "name another slot, or generate or import a key");
    return PSA_ERROR_DOES_NOT_EXIST;
}

static psa_status_t check_unclaimed(struct driver *driver, uint8_t slot, struct error *err)
{
    uint32_t claimed_by;
    psa_status_t status = driver_find_claim(driver, slot, 0, &claimed_by, err);

    if (status != PSA_SUCCESS || claimed_by == 0)
        return status;
    error_set(err, ERROR_SLOT_CLAIMED, "a key id points to the slot", "destroy that key first, or name another slot");
    error_with_key(err, claimed_by);
    return PSA_ERROR_ALREADY_EXISTS;
}

psa_status_t driver_check_slot(struct driver *driver, const struct driver_slot_needs *needs, uint8_t slot,
                               struct error *err)
{
    psa_status_t status = driver_load_config(driver, err);

    if (status == PSA_SUCCESS) {
        status = check_policy(driver, needs, slot, err);
        if (status != PSA_SUCCESS && err != NULL && err->next == NULL && err->reason != ERROR_CONFIG_UNLOCKED)
            err->next = "name another slot: imprint info shows all";
    }
    if (status == PSA_SUCCESS)
        status = needs->method != 0              ? check_unclaimed(driver, slot, err)
                 : driver_needs_symmetric(needs) ? driver->symmetric->check_holds(driver, needs->abilities, slot, err)
                                                 : check_holds(driver, needs->private_key, slot, err);
    if (status != PSA_SUCCESS)
        error_at_slot(err, slot);
    driver_rest(driver);
    return status;
}
