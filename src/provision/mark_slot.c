/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/mark_slot.h"

#include "chip/operations.h"
#include "provision/status.h"

void provision_begin_mark(const struct provision *provision, const struct provision_plan *plan, struct mark *mark,
                          uint8_t description[static MARK_DESCRIPTION_MAX])
{
    const struct profile *profile = provision->profile;
    uint8_t slots[PROFILE_KEYS_MAX] = {0};

    for (size_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].kind->makes_key)
            slots[plan->steps[i].key] = plan->steps[i].slot;
    }
    mark->unused = plan->mark.unused;
    mark_begin(mark, profile, plan->profile_digest, slots, description);
}

static enum provision_status write_block(struct provision *provision, size_t block, const uint8_t *bytes,
                                         struct error *err)
{
    const uint8_t slot = provision->profile->mark_slot;

    if (chip_write_slot_block(provision->driver->chip, slot, (uint8_t)block, bytes, err) == CHIP_OK)
        return PROVISION_OK;
    error_at_slot(err, slot);
    return provision_status_of(err);
}

enum provision_status provision_write_description(struct provision *provision, const struct mark *mark,
                                                  const uint8_t description[static MARK_DESCRIPTION_MAX],
                                                  struct error *err)
{
    const size_t blocks = mark_description_bytes(mark->key_count) / MARK_BLOCK_BYTES;
    enum provision_status result = PROVISION_OK;

    for (size_t i = 0; i < blocks && result == PROVISION_OK; i++)
        result = write_block(provision, 1 + i, description + i * MARK_BLOCK_BYTES, err);
    return result;
}

enum provision_status provision_write_head(struct provision *provision, const struct mark *mark, struct error *err)
{
    uint8_t head[MARK_BLOCK_BYTES];

    mark_write_head(mark, head);
    return write_block(provision, 0, head, err);
}

bool provision_read_description(struct chip *chip, uint8_t slot, const struct mark *mark,
                                uint8_t description[static MARK_DESCRIPTION_MAX], struct error *err)
{
    const size_t blocks = mark_description_bytes(mark->key_count) / MARK_BLOCK_BYTES;

    for (size_t i = 0; i < blocks; i++) {
        if (chip_read_slot_block(chip, slot, (uint8_t)(1 + i), description + i * MARK_BLOCK_BYTES, err) != CHIP_OK)
            return false;
    }
    if (mark_description_matches(mark, description))
        return true;
    error_set(err, ERROR_NO_MARK, "the mark's description of the keys is damaged",
              "run imprint provision again on the station that provisioned the device: it writes the mark again");
    error_at_slot(err, slot);
    return false;
}
