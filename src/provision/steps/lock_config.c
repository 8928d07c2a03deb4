/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations.h"
#include "provision/gate.h"
#include "provision/steps.h"

bool provision_needs_lock_config(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile->lock_config;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    (void)provision;
    (void)err;
    step->done = chip_config_is_locked(&plan->found);
    return true;
}

static enum chip_status send(struct chip *chip, const struct provision_step *step, const struct chip_config *now,
                             uint16_t summary, struct error *err)
{
    (void)step;
    (void)summary;
    return chip_lock_config(chip, now, err);
}

static bool took(const struct provision_step *step, const struct chip_config *now)
{
    (void)step;
    return chip_config_is_locked(now);
}

static const struct provision_lock lock = {.rules = PROVISION_GATE_CONFIG, .send = send, .took = took};

const struct provision_step_kind provision_step_lock_config = {
    .name = "lock-config",
    .is_persistent = true,
    .is_needed = provision_needs_lock_config,
    .observe = observe,
    .run = provision_gate_lock,
    .lock = &lock,
    .doing = "lock the config zone",
    .consequence = "what each slot may do (SlotConfig, KeyConfig) can never be changed again",
};
