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

uint32_t provision_uses_of_proof(const struct profile_key *key)
{
    return key->csr_subject[0] == '\0' ? 1 : 2;
}

uint32_t provision_uses_of_step(const struct provision_step *step, const struct profile_key *key)
{
    return step->kind->proves_key ? provision_uses_of_proof(key) : 1;
}

/* The uses of the key of `step` that the steps before it in the plan spend. */
static uint32_t uses_before(const struct provision *provision, const struct provision_plan *plan,
                            const struct provision_step *step)
{
    uint32_t uses = 0;

    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *other = &plan->steps[i];

        if (other->key == step->key && other->spends_use && !other->done)
            uses += provision_uses_of_step(other, provision_key_of(provision, other));
    }
    return uses;
}

bool provision_observe_one_use(struct provision *provision, const struct provision_plan *plan,
                               struct provision_step *step, bool recorded, struct error *err)
{
    if (!is_limited(&plan->wanted, step->slot))
        return true;
    step->limited = true;
    step->uses_left = driver_uses_left(provision->driver, &plan->found, step->slot);
    step->spends_use = step->forever = !recorded;
    if (!step->spends_use || step->uses_left > uses_before(provision, plan, step))
        return true;
    error_set(err, ERROR_SLOT_POLICY,
              "the key must sign once more than it can (LimitedUse), to prove its certificate by a connection",
              "use another part, or another slot of this one, or leave prove: tls out of the profile: imprint info "
              "shows the uses left");
    error_at_slot(err, step->slot);
    error_with_key(err, provision_key_of(provision, step)->id);
    return false;
}

bool provision_observe_use(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                           struct error *err)
{
    const struct profile_key *key = provision_key_of(provision, step);

    if ((key->usage & SIGNING) == 0 || !is_limited(&plan->wanted, step->slot))
        return true;
    step->limited = true;
    step->uses_left = driver_uses_left(provision->driver, &plan->found, step->slot);
    step->spends_use = step->forever = !is_recorded(provision, key);
    if (!step->spends_use || step->uses_left >= provision_uses_of_proof(key))
        return true;
    error_set(err, ERROR_SLOT_POLICY,
              step->uses_left == 0
                  ? "the key must sign to prove itself, and no use of it is left (LimitedUse): it can never sign again"
                  : "the key must sign twice, to prove itself and a certificate request, and one use of it is left "
                    "(LimitedUse)",
              "use another part, or another slot of this one: imprint info shows the uses left");
    error_at_slot(err, step->slot);
    error_with_key(err, key->id);
    return false;
}

bool provision_spares_use(const struct provision *provision, const struct provision_step *step)
{
    const struct chip_config *config;

    if (step->spends_use)
        return false;
    return driver_config(provision->driver, &config, NULL) == CHIP_OK && is_limited(config, step->slot);
}
