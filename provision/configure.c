/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations.h"
#include "provision/skills.h"
#include "provision/status.h"

enum provision_status provision_write_config(struct provision *provision, const struct provision_plan *plan,
                                             struct error *err)
{
    struct chip *chip = provision->driver->chip;
    struct chip_config now;

    driver_forget_config(provision->driver);
    if (chip_read_config(chip, &now, err) != CHIP_OK || chip_write_config(chip, &now, &plan->wanted, err) != CHIP_OK ||
        chip_read_config(chip, &now, err) != CHIP_OK)
        return provision_status_of(err);
    if (chip_config_compare_policy(plan->part, &now, &plan->wanted) >= 0) {
        error_set(err, ERROR_CHIP_REFUSED, "the config zone reads back otherwise than it was written",
                  "run again; if it stays so, take this part off the line");
        return PROVISION_REFUSED;
    }
    return PROVISION_OK;
}
