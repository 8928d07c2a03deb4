/* SPDX-License-Identifier: Apache-2.0 */
#include "station/arming.h"

#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "station/device.h"

#define DIGEST_BYTES_MIN 4 /* as boards require: docs/reference/board-protocol.md */

/* SERIAL or SERIAL:DIGEST */
static bool read_device(struct arming *arming, const char *text)
{
    const char *colon = strchr(text, ':');
    struct bytes_out digest = {.data = arming->digest, .cap = sizeof arming->digest};

    if (!device_read_serial(text, colon != NULL ? (size_t)(colon - text) : strlen(text), arming->serial))
        return false;
    if (colon != NULL && (!hex_decode(colon + 1, strlen(colon + 1), &digest, NULL) || digest.len < DIGEST_BYTES_MIN))
        return false;
    arming->digest_bytes = digest.len;
    return true;
}

bool arming_read(struct arming *arming, const char *arm, const char *only, struct error *err)
{
    arming->has_only = only != NULL;
    if (only != NULL && !device_read_serial(only, strlen(only), arming->only)) {
        error_set(err, ERROR_USAGE, "expected after --only: the device's serial number (18 hex digits)",
                  "imprint info shows the serial number");
        error_with_subject(err, only);
        return false;
    }
    if (arm == NULL)
        return true;
    arming->for_profile = strcmp(arm, "profile") == 0;
    arming->for_serial = !arming->for_profile && read_device(arming, arm);
    if (arming->for_profile || arming->for_serial)
        return true;
    error_set(err, ERROR_USAGE,
              "expected after --arm: SERIAL:DIGEST (serial number, 18 hex digits, and at least 8 hex digits of the "
              "profile's digest), SERIAL, or the word \"profile\"",
              "imprint provision PROFILE --dry-run shows both numbers");
    error_with_subject(err, arm);
    return false;
}

bool arming_confirm(struct arming *arming, const char *line, const struct provision_plan *plan, struct error *err)
{
    struct arming given = {.for_serial = false};

    if (!read_device(&given, line) || memcmp(given.serial, plan->serial, CHIP_SERIAL_BYTES) != 0) {
        error_set(err, ERROR_USAGE, "expected on stdin: SERIAL:DIGEST, or SERIAL, of the plan that was shown",
                  "read the plan; if it is what you want, answer with its two numbers");
        return false;
    }
    if (given.digest_bytes == 0)
        return true;
    arming->for_profile = false;
    arming->for_serial = true;
    memcpy(arming->serial, given.serial, sizeof given.serial);
    memcpy(arming->digest, given.digest, sizeof given.digest);
    arming->digest_bytes = given.digest_bytes;
    return true;
}

bool arming_allows(const struct arming *arming, const uint8_t serial[static CHIP_SERIAL_BYTES],
                   const uint8_t digest[static PROFILE_DIGEST_BYTES])
{
    return arming->for_profile || (arming->for_serial && memcmp(serial, arming->serial, CHIP_SERIAL_BYTES) == 0 &&
                                   memcmp(digest, arming->digest, arming->digest_bytes) == 0);
}

static bool check_finished(const struct arming *arming, const struct provision_plan *plan, struct error *err)
{
    if (!arming->only_finished || plan->changes_left == 0)
        return true;
    error_set(err, ERROR_NOT_ARMED,
              error_keep_format(err, "the device is not finished: the profile would change it %u time%s",
                                (unsigned)plan->changes_left, plan->changes_left == 1 ? "" : "s"),
              "to finish it, leave --finished out; to confirm one, connect a device that this profile has finished");
    error_doing(err, "confirm the device");
    error_with_serial(err, plan->serial);
    return false;
}

bool arming_check_device(const struct arming *arming, const struct provision_plan *plan, struct error *err)
{
    char only[HEX_SIZE(CHIP_SERIAL_BYTES)], found[HEX_SIZE(CHIP_SERIAL_BYTES)];

    if (!arming->has_only || memcmp(plan->serial, arming->only, CHIP_SERIAL_BYTES) == 0)
        return check_finished(arming, plan, err);
    hex_encode(bytes_of(arming->only, sizeof arming->only), only);
    hex_encode(bytes_of(plan->serial, sizeof plan->serial), found);
    error_set(err, ERROR_WRONG_PART, error_keep_format(err, "this run is only for %s, this is %s", only, found),
              error_keep_format(err, "connect the device that --only names, or use: --only %s", found));
    error_doing(err, "provision the device");
    error_with_serial(err, plan->serial);
    return false;
}

/* Armed for nothing, for another device, or for another profile. */
static void explain(const struct arming *arming, const uint8_t serial[static CHIP_SERIAL_BYTES],
                    const uint8_t digest[static PROFILE_DIGEST_BYTES], struct error *err)
{
    char armed[HEX_SIZE(CHIP_SERIAL_BYTES)], found[HEX_SIZE(CHIP_SERIAL_BYTES)], has[HEX_SIZE(PROFILE_DIGEST_BYTES)];
    bool same_device = memcmp(serial, arming->serial, CHIP_SERIAL_BYTES) == 0;

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), found);
    hex_encode(bytes_of(digest, PROFILE_DIGEST_BYTES), has);
    has[ARMING_DIGITS] = '\0';
    if (!arming->for_serial) {
        error_set(err, ERROR_NOT_ARMED, "irreversible steps are not armed",
                  error_keep_format(err,
                                    "read the plan (--dry-run); if it is what you want, add --arm %s:%s (this device "
                                    "and profile) or --arm profile (every device)",
                                    found, has));
        return;
    }
    hex_encode(bytes_of(arming->serial, sizeof arming->serial), armed);
    error_set(
        err, ERROR_NOT_ARMED,
        same_device ? error_keep_format(err, "armed for another profile; this one's digest begins with %s", has)
                    : error_keep_format(err, "armed for %s, this is %s", armed, found),
        error_keep_format(err, "read this plan (--dry-run); if it is what you want, use: --arm %s:%s", found, has));
}

bool arming_check_plan(const struct arming *arming, const struct profile *profile, const struct provision_plan *plan,
                       struct error *err)
{
    uint8_t digest[PROFILE_DIGEST_BYTES];
    bool needs_arming = arming->for_serial; /* who names a device means no other, whatever is to do on it */

    if (!profile_digest(profile, digest)) {
        error_set(err, ERROR_UNEXPECTED, "the profile's digest cannot be computed", NULL);
        return false;
    }
    for (size_t i = 0; i < plan->step_count; i++)
        needs_arming = needs_arming || (plan->steps[i].forever && !plan->steps[i].done);
    if (!needs_arming || arming_allows(arming, plan->serial, digest))
        return true;
    explain(arming, plan->serial, digest, err);
    error_doing(err, "provision the device");
    error_with_serial(err, plan->serial);
    return false;
}
