/* SPDX-License-Identifier: Apache-2.0 */
#include "station/parts_listed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "chip/operations.h"
#include "provision/mark.h"
#include "station/manifest_files.h"

#define IDENTITY_SLOT 0 /* the key that the maker certifies */

/* Where it is required; else it is only a result. False with ERROR_NOT_LISTED. */
static bool judge(const struct profile *profile, const struct manifest_part *part, const char *cause, struct error *err)
{
    if (profile->listed != PROFILE_LISTED_REQUIRED)
        return true;
    error_set(err, ERROR_NOT_LISTED, cause, NULL);
    error_doing(err, "look the part up in the list of manifests");
    error_with_serial(err, part->serial);
    return false;
}

static bool find(struct parts_listed *listed, const struct station_config *config,
                 const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct parts parts;
    bool ok;

    if (!manifest_files_open(config, DATABASE_READ, &parts, &failure)) {
        if (failure.system_errno == ENOENT)
            return true;
        error_pass(err, &failure);
        return false;
    }
    ok = parts_find(&parts, serial, &listed->is_found, &listed->part, listed->manifest, err);
    parts_close(&parts);
    return ok;
}

bool parts_listed_find(struct parts_listed *listed, const struct station_config *config, const struct profile *profile,
                       const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    *listed = (struct parts_listed){.result = PARTS_UNCHECKED};
    memcpy(listed->part.serial, serial, sizeof listed->part.serial);
    if (!find(listed, config, serial, err))
        return false;
    if (profile->listed == PROFILE_LISTED_UNCHECKED)
        return true;
    listed->result = listed->is_found ? PARTS_LISTED : PARTS_NOT_LISTED;
    return listed->is_found || judge(profile, &listed->part, "no manifest that was imported lists this part", err);
}

/* Whether the slot's key must be the one that the manifest names. */
static bool must_be_makers(const struct profile *profile, uint8_t slot)
{
    for (size_t i = 0; i < profile->key_count; i++)
        if (profile->keys[i].slot == slot)
            return profile->keys[i].method == PROFILE_REGISTER;
    return slot == IDENTITY_SLOT;
}

/* `*same`: whether the chip shows this key. False if it cannot be reached. */
static bool compare(struct chip *chip, const struct chip_config *config, const struct manifest_key *key, bool *same,
                    struct error *err)
{
    uint8_t found[P256_POINT_BYTES - 1];

    *same = false;
    if ((chip_slot_can(config, key->slot) & CHIP_CAN_GIVE_PUBLIC) == 0)
        return true;
    if (chip_read_public_key(chip, key->slot, found, err) != CHIP_OK)
        return false;
    *same = memcmp(found, key->point + 1, sizeof found) == 0;
    return true;
}

bool parts_listed_check_keys(struct parts_listed *listed, struct chip *chip, const struct chip_config *config,
                             const struct profile *profile, struct error *err)
{
    bool ok = true;

    if (listed->result != PARTS_LISTED)
        return true;
    for (size_t i = 0; i < listed->part.key_count && ok && listed->result == PARTS_LISTED; i++) {
        const struct manifest_key *key = &listed->part.keys[i];
        bool same = true;

        if (must_be_makers(profile, key->slot))
            ok = compare(chip, config, key, &same, err);
        if (ok && !same) {
            listed->result = PARTS_OTHER_KEY;
            listed->slot = key->slot;
        }
    }
    chip_sleep(chip);
    if (!ok || listed->result == PARTS_LISTED)
        return ok;
    ok = judge(profile, &listed->part,
               error_keep_format(err, "the chip does not show the key that %s names", listed->manifest), err);
    if (!ok)
        error_at_slot(err, listed->slot);
    return ok;
}

void parts_listed_note(const struct parts_listed *listed, struct provision_plan *plan)
{
    for (size_t i = 0; i < listed->part.key_count; i++) {
        uint8_t hash[MARK_SHA256_BYTES];

        if (mark_hash_key(listed->part.keys[i].point, hash) != PSA_SUCCESS)
            continue;
        for (size_t j = 0; j < plan->step_count; j++)
            if (plan->steps[j].shows_lost && memcmp(plan->steps[j].lost, hash, PROVISION_LOST_BYTES) == 0)
                plan->steps[j].loses_unused = true;
    }
}

json_t *parts_listed_object(const struct parts_listed *listed)
{
    static const char *const names[] = {
        [PARTS_UNCHECKED] = "unchecked",
        [PARTS_LISTED] = "listed",
        [PARTS_NOT_LISTED] = "not-listed",
        [PARTS_OTHER_KEY] = "other-key",
    };
    json_t *object = json_pack("{s:s, s:s?}", "result", names[listed->result], "manifest",
                               listed->is_found ? listed->manifest : NULL);

    if (listed->result == PARTS_OTHER_KEY)
        json_object_set_new(object, "slot", json_integer(listed->slot));
    return object;
}

void parts_listed_text(const struct parts_listed *listed, char text[static PARTS_LISTED_TEXT_SIZE])
{
    if (listed->result == PARTS_OTHER_KEY)
        snprintf(text, PARTS_LISTED_TEXT_SIZE, "by %s, with another key in slot %u", listed->manifest, listed->slot);
    else if (listed->is_found)
        snprintf(text, PARTS_LISTED_TEXT_SIZE, "by %s", listed->manifest);
    else
        snprintf(text, PARTS_LISTED_TEXT_SIZE, "by no manifest that was imported");
}
