/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/steps/fill_data.h"

#include <string.h>

#include "base/crc16.h"
#include "base/p256.h"
#include "chip/operations.h"
#include "provision/mark_slot.h"
#include "provision/status.h"
#include "provision/steps.h"

#define BLOCK_BYTES 32
#define OTP_BLOCKS (CHIP_OTP_BYTES / BLOCK_BYTES)
#define FIRST_PUBLIC_SLOT 8 /* shorter ones have no room for a public key */
#define SHIPPED_BYTE 0xff   /* what a part holds where nothing was written: chip-zones section 7 */

bool provision_needs_fill_data(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile->lock_data;
}

/* After the data lock the slots cannot be filled, and need not be. */
static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    (void)provision;
    (void)err;
    step->done = chip_data_is_locked(&plan->found);
    return true;
}

/* The first blocks of a slot; the rest is SHIPPED_BYTE. Long enough for a padded public key, and for the mark. */
struct slot_content {
    uint8_t bytes[(1 + MARK_DESCRIPTION_BLOCKS) * BLOCK_BYTES];
};
_Static_assert(BLOCK_BYTES == MARK_BLOCK_BYTES, "a block is a block");

/* A stored public key is 00000000 X 00000000 Y; the last block is filled with zeros after Y. */
static void content_of_public_key(const uint8_t point[static P256_POINT_BYTES], struct slot_content *content)
{
    memset(content->bytes, 0, 3 * (size_t)BLOCK_BYTES);
    memcpy(content->bytes + 4, point + 1, 32);
    memcpy(content->bytes + 40, point + 33, 32);
}

/* The mark, begun: it is the first thing that a station can read after the data lock. */
static void content_of_mark(const struct provision *provision, const struct provision_plan *plan,
                            struct slot_content *content)
{
    uint8_t description[MARK_DESCRIPTION_MAX];
    struct mark mark;

    provision_begin_mark(provision, plan, &mark, description);
    mark_write_head(&mark, content->bytes);
    memcpy(content->bytes + MARK_BLOCK_BYTES, description, mark_description_bytes(mark.key_count));
}

static enum provision_status content_of_slot(struct provision *provision, const struct provision_plan *plan,
                                             uint8_t slot, struct slot_content *content, struct error *err)
{
    const struct profile *profile = provision->profile;
    const struct driver_settings *settings = &provision->driver->settings;

    memset(content->bytes, SHIPPED_BYTE, sizeof(content->bytes));
    if (profile->mark_slot != 0 && profile->mark_slot == slot) {
        content_of_mark(provision, plan, content);
        return PROVISION_OK;
    }
    if (provision->certificates != NULL)
        (void)provision->certificates->slot(provision->certificates->context, slot, content->bytes);
    for (size_t i = 0; i < settings->write_key_count; i++) {
        if (settings->write_keys[i].slot == slot)
            memcpy(content->bytes, settings->write_keys[i].secret, sizeof(settings->write_keys[i].secret));
    }
    for (size_t i = 0; i < profile->key_count; i++) {
        const struct profile_key *key = &profile->keys[i];
        uint8_t point[P256_POINT_BYTES];
        struct bytes_out out = {.data = point, .cap = sizeof(point)};

        if (key->slot != slot || !PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type) || key->method != PROFILE_IMPORT)
            continue;
        if (provision->callbacks.import_key == NULL ||
            !provision->callbacks.import_key(provision->callbacks.context, key, &out, err) ||
            out.len != sizeof(point)) {
            error_set(err, ERROR_INPUT_FILE, "cannot read the public key to import", NULL);
            error_with_key(err, key->id);
            return provision_status_of(err);
        }
        content_of_public_key(point, content);
    }
    return PROVISION_OK;
}

#define KEY_CONFIG_KIND 0x001F        /* KeyType, PubInfo, Private */
#define KEY_CONFIG_UNVALIDATED 0x0012 /* P-256, public, to be validated before use: chip-zones section 6 */

/*
 * Any write into the slot of a key that must be validated sets the high nibble of its first byte to A: not valid. No
 * configuration that imprint itself makes has such a slot.
 */
static void mark_unvalidated(const struct profile *profile, const struct chip_config *config, uint8_t slot,
                             uint8_t block[static BLOCK_BYTES])
{
    if (profile_bytes(profile) != NULL && slot >= FIRST_PUBLIC_SLOT &&
        (chip_key_config(config, slot) & KEY_CONFIG_KIND) == KEY_CONFIG_UNVALIDATED)
        block[0] = (uint8_t)(0xA0 | (block[0] & 0x0F));
}

/* Calls `visit` for each 32-byte block of every slot without a private key, with its content and the bytes that exist.
 */
typedef enum provision_status fill_visit(struct provision *provision, void *context, uint8_t slot, uint8_t block,
                                         const uint8_t bytes[static BLOCK_BYTES], size_t exist, struct error *err);

static enum provision_status fill_walk(struct provision *provision, const struct provision_plan *plan,
                                       fill_visit *visit, void *context, struct error *err)
{
    enum provision_status result = PROVISION_OK;
    struct slot_content content;

    for (uint8_t slot = 0; slot < CHIP_SLOTS && result == PROVISION_OK; slot++) {
        size_t size = chip_slot_bytes(slot);

        if (chip_slot_is_private(&plan->wanted, slot))
            continue;
        result = content_of_slot(provision, plan, slot, &content, err);
        for (size_t at = 0; at < size && result == PROVISION_OK; at += BLOCK_BYTES) {
            uint8_t block[BLOCK_BYTES];

            memset(block, SHIPPED_BYTE, sizeof(block));
            if (at < sizeof(content.bytes))
                memcpy(block, content.bytes + at, sizeof(block));
            if (PROFILE_HAS_DATA != 0 && provision->contents != NULL)
                result = provision->contents->block(provision, plan, slot, (uint8_t)(at / BLOCK_BYTES), block, err);
            if (at == 0)
                mark_unvalidated(provision->profile, &plan->wanted, slot, block);
            if (result == PROVISION_OK)
                result = visit(provision, context, slot, (uint8_t)(at / BLOCK_BYTES), block,
                               size - at < BLOCK_BYTES ? size - at : BLOCK_BYTES, err);
            bytes_wipe(block, sizeof(block));
        }
    }
    bytes_wipe(&content, sizeof(content));
    return result;
}

static enum provision_status write_block(struct provision *provision, void *context, uint8_t slot, uint8_t block,
                                         const uint8_t bytes[static BLOCK_BYTES], size_t exist, struct error *err)
{
    (void)context;
    (void)exist;
    if (chip_write_slot_block(provision->driver->chip, slot, block, bytes, err) == CHIP_OK)
        return PROVISION_OK;
    error_at_slot(err, slot);
    return provision_status_of(err);
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    struct provision *provision = run->provision;
    uint8_t shipped[BLOCK_BYTES];
    enum provision_status result = fill_walk(provision, run->plan, write_block, NULL, err);

    (void)step;
    memset(shipped, SHIPPED_BYTE, sizeof(shipped));
    for (uint8_t block = 0; block < OTP_BLOCKS && result == PROVISION_OK; block++) {
        if (chip_write_otp_block(provision->driver->chip, block, shipped, err) != CHIP_OK)
            result = provision_status_of(err);
    }
    return result;
}

static enum provision_status sum_block(struct provision *provision, void *context, uint8_t slot, uint8_t block,
                                       const uint8_t bytes[static BLOCK_BYTES], size_t exist, struct error *err)
{
    uint16_t *summary = context;

    (void)provision;
    (void)slot;
    (void)block;
    (void)err;
    *summary = crc16_update(*summary, bytes_of(bytes, exist));
    return PROVISION_OK;
}

enum provision_status provision_data_summary(struct provision *provision, const struct provision_plan *plan,
                                             uint16_t *summary, struct error *err)
{
    uint8_t otp[CHIP_OTP_BYTES];
    enum provision_status result;

    memset(otp, SHIPPED_BYTE, sizeof(otp));
    *summary = CRC16_START;
    result = fill_walk(provision, plan, sum_block, summary, err);
    *summary = crc16_update(*summary, bytes_of(otp, sizeof(otp)));
    return result;
}

const struct provision_step_kind provision_step_fill_data = {
    .name = "fill-data",
    .is_persistent = true,
    .sends_most = CHIP_SENT_BYTES(32),
    .is_needed = provision_needs_fill_data,
    .observe = observe,
    .run = run,
    .doing = "fill the unused slots before the data lock",
};
