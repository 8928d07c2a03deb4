/* SPDX-License-Identifier: Apache-2.0 */
/* Identity and random numbers. Keys are in operations_keys.c, zones and locks in operations_zones.c. */
#include "chip/operations.h"

#include "chip/sequence.h"

#include <string.h>

#define INFO_REVISION 0x00
#define INFO_KEY_VALID 0x01

#define RANDOM_UPDATE_SEED 0x00

enum chip_status chip_read_revision(struct chip *chip, uint8_t revision[static 4], struct error *err)
{
    static const struct chip_question question = {&chip_command_info, "read the chip's revision", INFO_REVISION, 0, 4};

    return chip_ask(chip, &question, 0, revision, err);
}

enum chip_status chip_identify_part(struct chip *chip, struct chip_config *config, struct error *err)
{
    uint8_t revision[CHIP_REVISION_BYTES];
    enum chip_status status = chip_read_revision(chip, revision, err);

    if (status != CHIP_OK)
        return status;
    memcpy(chip->revision, revision, sizeof(chip->revision));
    chip->has_revision = true;
    chip_config_set_revision(config, revision);
    return CHIP_OK;
}

enum chip_status chip_read_key_valid(struct chip *chip, uint8_t slot, bool *valid, struct error *err)
{
    static const struct chip_question question = {&chip_command_info, "ask whether a slot holds a valid key",
                                                  INFO_KEY_VALID, CHIP_SLOTS, 4};
    uint8_t answer[4] = {0};
    enum chip_status status = chip_ask_slot(chip, &question, slot, answer, err);

    *valid = status == CHIP_OK && answer[0] == 0x01;
    return status;
}

enum chip_status chip_random(struct chip *chip, uint8_t out[static 32], struct error *err)
{
    static const struct chip_question question = {&chip_command_random, "get random numbers from the chip",
                                                  RANDOM_UPDATE_SEED, 0, 32};

    return chip_ask(chip, &question, 0, out, err);
}
