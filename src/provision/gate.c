/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/gate.h"

#include <string.h>

#include "chip/operations.h"
#include "profile/check_bytes.h"
#include "provision/prove.h"
#include "provision/status.h"
#include "psa/keys.h"

/* What a rule looks at. `after` is `now` with every lock that the profile asks for. */
struct gate_view {
    const struct profile *profile;
    const struct provision_plan *plan;
    const struct provision_step *step;
    const struct chip_config *now;
    struct chip_config after;
};

struct gate_rule {
    unsigned locks; /* PROVISION_GATE_CONFIG, _DATA, _SLOT, _SECRET: for which locks the rule counts */
    bool (*broken)(const struct gate_view *view, struct error *err); /* may add slot or offset to `err` */
    const char *cause;
    const char *next;
};

static bool rule_bytes_differ(const struct gate_view *view, struct error *err)
{
    int differs = chip_config_compare_unlocked(view->now, &view->plan->wanted);

    if (differs < 0)
        return false;
    chip_config_note_difference(err, differs, &view->plan->wanted, view->now);
    return true;
}

static bool rule_table_shifted(const struct gate_view *view, struct error *err)
{
    uint8_t slot;

    if (!profile_zone_is_shifted(view->now, &slot))
        return false;
    error_at_slot(err, slot);
    return true;
}

static bool rule_private_unusable(const struct gate_view *view, struct error *err)
{
    uint8_t slot;

    if (!profile_zone_has_dead_key(view->now, &slot))
        return false;
    error_at_slot(err, slot);
    return true;
}

static bool rule_write_key_unusable(const struct gate_view *view, struct error *err)
{
    uint8_t slot;

    if (!profile_zone_has_dead_write(view->now, &slot))
        return false;
    error_at_slot(err, slot);
    return true;
}

static bool rule_address_moved(const struct gate_view *view, struct error *err)
{
    uint8_t wanted =
        view->profile->i2c_address != 0 ? view->profile->i2c_address : chip_config_i2c_address(&view->plan->found);

    if (!chip_config_is_i2c(view->now))
        return false;
    err->expected = wanted;
    err->found = chip_config_i2c_address(view->now);
    if (err->expected != err->found)
        return true;
    err->expected = err->found = 0;
    return false;
}

static bool rule_slot_frozen(const struct gate_view *view, struct error *err)
{
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        if (chip_slot_is_locked(view->now, slot)) {
            error_at_slot(err, slot);
            return true;
        }
    }
    return false;
}

/* Every key of the profile must be able to do its work once the chip is locked. */
static bool rule_key_unusable(const struct gate_view *view, struct error *err)
{
    for (size_t i = 0; i < view->plan->step_count; i++) {
        const struct provision_step *step = &view->plan->steps[i];
        psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
        const struct profile_key *key;
        struct driver_slot_needs want;
        psa_status_t status;

        if (!step->kind->proves_key || step->slot == PROFILE_SLOT_ANY)
            continue;
        key = &view->profile->keys[step->key];
        profile_key_attributes(key, KEYS_LIFETIME, &attributes);
        status = driver_needs_of(&attributes, DRIVER_REGISTER, &want, NULL);
        psa_reset_key_attributes(&attributes);
        want.abilities |= provision_proof_needs(key);
        if (status != PSA_SUCCESS || (chip_slot_can(&view->after, step->slot) & want.abilities) != want.abilities) {
            error_at_slot(err, step->slot);
            error_with_key(err, key->id);
            return true;
        }
    }
    return false;
}

static bool rule_key_missing(const struct gate_view *view, struct error *err)
{
    for (size_t i = 0; i < view->plan->step_count; i++) {
        const struct provision_step *step = &view->plan->steps[i];

        if (step->kind->makes_key && !step->done) {
            error_with_key(err, view->profile->keys[step->key].id);
            return true;
        }
    }
    return false;
}

static bool rule_key_unproven(const struct gate_view *view, struct error *err)
{
    for (size_t i = 0; i < view->plan->step_count; i++) {
        const struct provision_step *step = &view->plan->steps[i];

        if (step->kind->proves_key && step->key == view->step->key && !step->done) {
            error_at_slot(err, view->step->slot);
            return true;
        }
    }
    return false;
}

/* What a secret proved before may not be what its slot holds now. */
static bool rule_secret_unproven(const struct gate_view *view, struct error *err)
{
    for (size_t i = 0; i < view->plan->step_count; i++) {
        const struct provision_step *step = &view->plan->steps[i];

        if (step->kind->proves_datum && step->datum == view->step->datum && step->done)
            return false;
    }
    error_at_slot(err, view->step->slot);
    return true;
}

/* Counters and the locks of other slots may change after the plan was made; serial number and policy may not. */
static bool rule_other_chip(const struct gate_view *view, struct error *err)
{
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t planned[CHIP_SERIAL_BYTES];

    (void)err;
    chip_config_serial(view->now, serial);
    chip_config_serial(&view->plan->wanted, planned);
    return memcmp(serial, planned, sizeof(serial)) != 0 ||
           chip_config_compare_policy(view->plan->part, view->now, &view->plan->wanted) >= 0;
}

#define NOT_LOCKABLE "the slot cannot be locked by itself: its KeyConfig is not Lockable"
#define DO_NOT_LOCK "leave lock-slot out of the profile"

static bool rule_slot_not_lockable(const struct gate_view *view, struct error *err)
{
    if ((chip_slot_can(view->now, view->step->slot) & CHIP_CAN_LOCK) != 0)
        return false;
    error_at_slot(err, view->step->slot);
    return true;
}

#define AT_CONFIG PROVISION_GATE_CONFIG
#define AT_DATA PROVISION_GATE_DATA
#define AT_SLOT PROVISION_GATE_SLOT
#define AT_SECRET PROVISION_GATE_SECRET

/* In this order: the first broken rule is reported. */
static const struct gate_rule gate_rules[] = {
    {AT_CONFIG | AT_DATA, rule_bytes_differ, "the config zone read back differs from the planned one",
     "run again: imprint writes the zone again; if the bytes differ again, take this part off the line"},
    {AT_CONFIG, rule_table_shifted, "a slot has a KeyConfig that no part can have: the table looks shifted",
     "correct the configuration in the profile"},
    {AT_CONFIG, rule_private_unusable,
     "a private-key slot lacks IsSecret or KeyType P-256: nothing could ever use its key",
     "correct the configuration in the profile"},
    {AT_CONFIG, rule_write_key_unusable, "a slot's encrypted writes name a WriteKey slot that holds a private key",
     "correct the configuration in the profile"},
    {AT_CONFIG, rule_address_moved, "the chip would have another I2C address than the profile says",
     "set chip.i2c-address in the profile to the intended address"},
    {AT_CONFIG, rule_slot_frozen, "a slot is marked locked in SlotLocked before it was ever filled",
     "correct the configuration in the profile"},
    {AT_CONFIG | AT_DATA, rule_key_unusable, "a key of the profile could not do its work once the chip is locked",
     "correct the configuration in the profile"},
    {AT_DATA, rule_key_missing, "a key of the profile is not in the chip yet", "run again"},
    {AT_SLOT | AT_SECRET, rule_other_chip, "chip or policy are not those that the plan was made for", "run again"},
    {AT_SLOT, rule_key_unproven, "the key in the slot has not been proven in this run", "run again"},
    {AT_SECRET, rule_secret_unproven, "the secret in the slot has not been proven in this run", "run again"},
    {AT_SLOT | AT_SECRET, rule_slot_not_lockable, NOT_LOCKABLE, DO_NOT_LOCK},
};

bool provision_gate_inspect(const struct profile *profile, const struct provision_plan *plan,
                            const struct provision_step *step, const struct chip_config *now, struct error *err)
{
    struct gate_view view = {.profile = profile, .plan = plan, .step = step, .now = now, .after = *now};

    chip_config_mark_locked(&view.after);
    if (profile->lock_data)
        chip_config_mark_data_locked(&view.after);
    for (size_t i = 0; i < sizeof(gate_rules) / sizeof(gate_rules[0]); i++) {
        struct error details = {.reason = ERROR_NONE};

        if ((gate_rules[i].locks & step->kind->lock->rules) == 0 || !gate_rules[i].broken(&view, &details))
            continue;
        error_set(&details, ERROR_GATE_REFUSED, gate_rules[i].cause, gate_rules[i].next);
        error_pass(err, &details);
        return false;
    }
    return true;
}

/* All rules: against what is known of the chip, or `again`, after reading it back. */
static enum provision_status look(struct provision *provision, const struct provision_plan *plan,
                                  const struct provision_step *step, bool again, struct chip_config *now,
                                  struct error *err)
{
    const struct chip_config *config;
    enum chip_status status =
        again ? driver_reread_config(provision->driver, &config, err) : driver_config(provision->driver, &config, err);

    if (status != CHIP_OK)
        return provision_status_of(err);
    *now = *config;
    return provision_gate_inspect(provision->profile, plan, step, now, err) ? PROVISION_OK : provision_status_of(err);
}

static enum provision_status check_armed(const struct provision *provision, const struct provision_plan *plan,
                                         struct error *err)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;

    if (callbacks->armed != NULL && callbacks->armed(callbacks->context, plan->serial, plan->profile_digest))
        return PROVISION_OK;
    error_set(err, ERROR_NOT_ARMED, "this step cannot be undone and is not armed",
              "run again with --arm followed by this chip's serial number, or with --arm profile for a whole line");
    return PROVISION_NOT_ARMED;
}

static enum provision_status ask(const struct provision *provision, const struct provision_plan *plan,
                                 const struct provision_step *step, struct error *err)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;

    if (callbacks->before_lock == NULL || callbacks->before_lock(callbacks->context, plan, step))
        return PROVISION_OK;
    error_set(err, ERROR_INTERRUPTED, "stopped before the step that cannot be undone", "run again");
    return PROVISION_INTERRUPTED;
}

/* Whatever the chip answers to the lock: what counts is what it says afterwards. */
static enum provision_status send_and_confirm(struct provision *provision, const struct provision_step *step,
                                              const struct chip_config *before, uint16_t summary, struct error *err)
{
    const struct provision_lock *lock = step->kind->lock;
    struct chip *chip = provision->driver->chip;
    struct error lock_error = {.reason = ERROR_NONE};
    struct chip_config after = *before;
    enum chip_status sent = lock->send(chip, step, before, summary, &lock_error);

    driver_forget_config(provision->driver);
    if (chip_refresh_locks(chip, &after, err) != CHIP_OK)
        return provision_status_of(err);
    if (lock->took(step, &after))
        return PROVISION_OK;
    if (sent == CHIP_OK) {
        error_set(err, ERROR_CHIP_REFUSED, "the chip accepted the lock, but reads back unlocked",
                  "take this part off the line");
        return PROVISION_REFUSED;
    }
    error_pass(err, &lock_error);
    if (sent == CHIP_EXECUTION && lock->if_refused != NULL)
        err->next = lock->if_refused;
    return provision_status_of(err);
}

enum provision_status provision_gate_lock(struct provision_run *run, struct provision_step *step, struct error *err)
{
    const struct provision_lock *lock = step->kind->lock;
    struct provision *provision = run->provision;
    const struct provision_plan *plan = run->plan;
    struct chip_config now;
    uint16_t summary = 0;
    enum provision_status result = look(provision, plan, step, false, &now, err);

    if (result == PROVISION_OK && lock->prepare != NULL)
        result = lock->prepare(run, &summary, err);
    if (result == PROVISION_OK)
        result = check_armed(provision, plan, err);
    if (result == PROVISION_OK)
        result = ask(provision, plan, step, err);
    /* What counts is the chip as it is now: a person reads the consequences in his time. */
    if (result == PROVISION_OK)
        result = look(provision, plan, step, true, &now, err);
    return result == PROVISION_OK ? send_and_confirm(provision, step, &now, summary, err) : result;
}

enum provision_status provision_gate_ask(const struct provision_run *run, const struct provision_step *step,
                                         struct error *err)
{
    enum provision_status result = check_armed(run->provision, run->plan, err);

    return result == PROVISION_OK ? ask(run->provision, run->plan, step, err) : result;
}

/* --- the lock of one slot --- */

bool provision_gate_observe_slot(const struct provision_plan *plan, struct provision_step *step, uint8_t slot,
                                 struct error *err)
{
    step->done = chip_slot_is_locked(&plan->found, slot);
    if (step->done || chip_slot_policy(&plan->wanted, slot).lockable)
        return true;
    error_set(err, ERROR_SLOT_POLICY, NOT_LOCKABLE, DO_NOT_LOCK);
    error_at_slot(err, slot);
    return false;
}

enum chip_status provision_gate_send_slot(struct chip *chip, const struct provision_step *step,
                                          const struct chip_config *now, uint16_t summary, struct error *err)
{
    (void)now;
    (void)summary;
    return chip_lock_slot(chip, step->slot, err);
}

bool provision_gate_took_slot(const struct provision_step *step, const struct chip_config *now)
{
    return chip_slot_is_locked(now, step->slot);
}
