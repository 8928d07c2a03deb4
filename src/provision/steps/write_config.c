/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations.h"
#include "provision/run.h"
#include "provision/status.h"
#include "provision/steps.h"

bool provision_needs_write_config(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile_writes_config(profile);
}

/* expect-config has derived the wanted zone, and refused another one that is locked. */
static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    (void)provision;
    (void)err;
    step->done = provision_same_policy(plan, &plan->found, NULL);
    return true;
}

/*
 * Before the part gets another I2C address: no other part may have it, and from now on imprint looks for the part there
 * too. Only for byte 85 is it documented when a new address takes effect (after the next sleep); until then both
 * addresses are tried.
 */
static bool prepare_move(struct chip *chip, uint8_t address, struct error *err)
{
    if (chip_address_is_taken(chip, address)) {
        error_set(err, ERROR_GATE_REFUSED,
                  "another part on the bus has the I2C address that the profile gives this one",
                  "remove the other part from the bus, or choose another chip.i2c-address");
        return false;
    }
    chip_also_at(chip, address);
    return true;
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    struct provision *provision = run->provision;
    const struct provision_plan *plan = run->plan;
    struct chip *chip = provision->driver->chip;
    const uint8_t address = chip_config_i2c_address(&plan->wanted);
    const struct chip_config *now;
    bool moves;

    (void)step;
    if (driver_config(provision->driver, &now, err) != CHIP_OK)
        return provision_status_of(err);
    moves = chip_config_is_i2c(now) && chip_config_i2c_address(now) != address;
    if ((moves && !prepare_move(chip, address, err)) || chip_write_config(chip, now, &plan->wanted, err) != CHIP_OK)
        return provision_status_of(err);
    if (moves) /* shows before any lock that the part answers at its new address */
        chip_sleep(chip);
    if (driver_reread_config(provision->driver, &now, err) != CHIP_OK)
        return provision_status_of(err);
    if (chip_config_compare_policy(plan->part, now, &plan->wanted) >= 0) {
        error_set(err, ERROR_CHIP_REFUSED, "the config zone read back differs from what was written",
                  "run again; if it fails again, take this part off the line");
        return PROVISION_REFUSED;
    }
    return PROVISION_OK;
}

const struct provision_step_kind provision_step_write_config = {
    .name = "write-config",
    .is_persistent = true,
    .sends_most = CHIP_SENT_BYTES(32),
    .is_needed = provision_needs_write_config,
    .observe = observe,
    .run = run,
    .doing = "write the config zone",
};
