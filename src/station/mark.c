/* SPDX-License-Identifier: Apache-2.0 */
#include "station/mark.h"

#include <string.h>

#include "chip/operations.h"
#include "profile/check.h"
#include "provision/mark_slot.h"

static void describe(struct chip *chip, struct station_mark *found)
{
    struct error ignored = {.reason = ERROR_NONE}; /* a damaged description is told by `described` */
    uint8_t description[MARK_DESCRIPTION_MAX];

    found->described = provision_read_description(chip, found->slot, &found->head, description, &ignored);
    if (!found->described)
        return;
    mark_profile_name(&found->head, description, found->profile);
    for (size_t i = 0; i < found->head.key_count; i++)
        found->keys[i] = mark_key_at(description, i);
}

bool station_find_mark(struct chip *chip, const struct chip_config *config, struct station_mark *found,
                       struct error *err)
{
    memset(found, 0, sizeof *found);
    if (!chip_data_is_locked(config))
        return true;
    for (uint8_t slot = PROFILE_MARK_SLOT_MIN; slot < CHIP_SLOTS; slot++) {
        uint8_t head[MARK_BLOCK_BYTES];

        if ((chip_slot_can(config, slot) & CHIP_CAN_READ_CLEAR) == 0)
            continue;
        if (chip_read_slot_block(chip, slot, 0, head, err) != CHIP_OK)
            return false;
        (void)mark_read_head(head, NULL, &found->head);
        if (found->head.state == MARK_NONE)
            continue;
        found->slot = slot;
        if (found->head.state != MARK_DAMAGED)
            describe(chip, found);
        return true;
    }
    found->head.state = MARK_NONE;
    return true;
}

bool station_clear_mark(struct chip *chip, const struct station_mark *found, struct error *err)
{
    uint8_t beginning[MARK_BLOCK_BYTES];
    static const uint8_t nothing[MARK_BLOCK_BYTES];

    mark_write_void(beginning);
    if (chip_write_slot_block(chip, found->slot, 0, beginning, err) == CHIP_OK &&
        chip_write_slot_block(chip, found->slot, 0, nothing, err) == CHIP_OK)
        return true;
    error_at_slot(err, found->slot);
    return false;
}

const char *station_mark_state(enum mark_state state)
{
    if (state == MARK_DAMAGED)
        return "damaged";
    return state == MARK_DONE ? "done" : "begun";
}
