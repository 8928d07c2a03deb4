/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/use.h"

#include "provision/status.h"
#include "psa/keys.h"
#include "psa/uses.h"

#define SIGNING (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)

static bool is_limited(const struct chip_config *config, uint8_t slot)
{
    return slot < CHIP_SLOTS && chip_slot_is_limited(config, slot);
}

/* Has the key proven itself before, and is it still that key? GenKey(public) is not counted. */
static bool is_recorded(struct provision *provision, const struct profile_key *key)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;
    struct error err = {.reason = ERROR_NONE};
    uint8_t point[P256_POINT_BYTES];

    return callbacks->recorded != NULL && keys_public(provision->driver, key->id, point, &err) == PSA_SUCCESS &&
           callbacks->recorded(callbacks->context, key, point);
}

uint8_t provision_uses_of_proof(const struct profile_key *key)
{
    return key->csr_subject[0] == '\0' ? 1 : 2;
}

/* What this key does in the steps that are in the plan already: how often it signs, and whether that is its proof. */
static uint32_t uses_before(const struct provision_plan *plan, int key, bool *proves)
{
    uint32_t uses = 0;

    *proves = false;
    for (size_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].key != key || plan->steps[i].done)
            continue;
        uses += plan->steps[i].uses_spent;
        *proves = *proves || plan->steps[i].spends_use;
    }
    return uses;
}

static bool note_limit(struct provision *provision, const struct provision_plan *plan, struct provision_step *step)
{
    step->limited = (provision_key_of(provision, step)->usage & SIGNING) != 0 && is_limited(&plan->wanted, step->slot);
    if (step->limited)
        step->uses_left = driver_uses_left(provision->driver, &plan->found, step->slot);
    return step->limited;
}

bool provision_observe_one_use(struct provision *provision, const struct provision_plan *plan,
                               struct provision_step *step, bool recorded, struct error *err)
{
    bool proves;

    if (!note_limit(provision, plan, step) || recorded)
        return true;
    step->spends_use = step->forever = true;
    step->uses_spent = 1;
    if (step->uses_left > uses_before(plan, step->key, &proves))
        return true;
    error_set(err, ERROR_SLOT_POLICY,
              "the key must sign once more than it can (LimitedUse), to prove its certificate by a connection",
              "use another part, or another slot of this one, or leave prove: tls out of the profile: imprint info "
              "shows the uses left");
    error_at_slot(err, step->slot);
    error_with_key(err, provision_key_of(provision, step)->id);
    return false;
}

static const char *cause_of(uint32_t uses_left)
{
    switch (uses_left) {
    case 0:
        return "the key must sign to prove itself, and no use of it is left (LimitedUse): it can never sign again";
    case 1:
        return "the key must sign twice, to prove itself and a certificate request, and one use of it is left "
               "(LimitedUse)";
    default:
        return "the key must sign three times, to prove itself and two certificate requests, and two uses of it are "
               "left (LimitedUse)";
    }
}

/* Whether the chip has the uses that the step, and those before it, spend. What is spent needs to be armed. */
static bool spend(struct provision *provision, struct provision_step *step, uint32_t before, uint8_t uses,
                  struct error *err)
{
    step->uses_spent = uses;
    step->forever = step->forever || uses != 0;
    if (uses == 0 || step->uses_left >= before + uses)
        return true;
    error_set(err, ERROR_SLOT_POLICY, cause_of(step->uses_left),
              "use another part, or another slot of this one: imprint info shows the uses left");
    error_at_slot(err, step->slot);
    error_with_key(err, provision_key_of(provision, step)->id);
    return false;
}

bool provision_observe_use(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                           struct error *err)
{
    const struct profile_key *key = provision_key_of(provision, step);
    uint32_t before;
    uint8_t uses;
    bool proves;

    if (!note_limit(provision, plan, step) || is_recorded(provision, key))
        return true;
    before = uses_before(plan, step->key, &proves);
    uses = provision_uses_of_proof(key);
    step->spends_use = !proves;
    return spend(provision, step, before, proves ? uses - 1 : uses, err);
}

bool provision_observe_certificate_use(struct provision *provision, struct provision_plan *plan,
                                       struct provision_step *step, bool signs, bool request, struct error *err)
{
    if (!note_limit(provision, plan, step))
        return true;
    step->spends_use = signs && !is_recorded(provision, provision_key_of(provision, step));
    return spend(provision, step, 0, (uint8_t)((step->spends_use ? 1 : 0) + (request ? 1 : 0)), err);
}

bool provision_spares_use(const struct provision *provision, const struct provision_step *step)
{
    const struct chip_config *config;

    if (step->spends_use)
        return false;
    return driver_config(provision->driver, &config, NULL) == CHIP_OK && is_limited(config, step->slot);
}
