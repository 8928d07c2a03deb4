/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations.h"
#include "provision/skills.h"
#include "provision/status.h"

/*
 * Before the part gets another I2C address: nobody else may have it, and from now on the part is looked for there too.
 * When a new address counts is documented for byte 85 alone (after the next sleep), so both places are good until then.
 */
static bool prepare_move(struct chip *chip, uint8_t address, struct error *err)
{
    if (chip_address_is_taken(chip, address)) {
        error_set(err, ERROR_GATE_REFUSED,
                  "somebody else on the bus has the I2C address that the profile gives the part",
                  "take it off the bus, or give another address");
        return false;
    }
    chip_also_at(chip, address);
    return true;
}

enum provision_status provision_write_config(struct provision *provision, const struct provision_plan *plan,
                                             struct error *err)
{
    struct chip *chip = provision->driver->chip;
    const uint8_t address = chip_config_i2c_address(&plan->wanted);
    struct chip_config now;
    bool moves;

    driver_forget_config(provision->driver);
    if (chip_read_config(chip, &now, err) != CHIP_OK)
        return provision_status_of(err);
    moves = chip_config_is_i2c(&now) && chip_config_i2c_address(&now) != address;
    if ((moves && !prepare_move(chip, address, err)) || chip_write_config(chip, &now, &plan->wanted, err) != CHIP_OK)
        return provision_status_of(err);
    if (moves) /* before anything is locked it shows that the part can be reached where it is now */
        chip_sleep(chip);
    if (chip_read_config(chip, &now, err) != CHIP_OK)
        return provision_status_of(err);
    if (chip_config_compare_policy(plan->part, &now, &plan->wanted) >= 0) {
        error_set(err, ERROR_CHIP_REFUSED, "the config zone reads back otherwise than it was written",
                  "run again; if it stays so, take this part off the line");
        return PROVISION_REFUSED;
    }
    return PROVISION_OK;
}
