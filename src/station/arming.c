/* SPDX-License-Identifier: Apache-2.0 */
#include "station/arming.h"

#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"

bool arming_read(struct arming *arming, const char *what, struct error *err)
{
    struct bytes_out out = {.data = arming->serial, .cap = sizeof arming->serial};

    if (what == NULL)
        return true;
    if (strcmp(what, "profile") == 0) {
        arming->for_profile = true;
        return true;
    }
    arming->for_serial = hex_decode(what, strlen(what), &out, NULL) && out.len == CHIP_SERIAL_BYTES;
    if (arming->for_serial)
        return true;
    error_set(err, ERROR_USAGE,
              "expected after --arm: the device's serial number (18 hex digits) or the word \"profile\"",
              "imprint info shows the serial number");
    error_with_subject(err, what);
    return false;
}

bool arming_allows(const struct arming *arming, const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    return arming->for_profile || (arming->for_serial && memcmp(serial, arming->serial, CHIP_SERIAL_BYTES) == 0);
}

/* Armed for nothing, or for another device. */
static void explain(const struct arming *arming, const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    char armed[HEX_SIZE(CHIP_SERIAL_BYTES)], found[HEX_SIZE(CHIP_SERIAL_BYTES)];

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), found);
    if (!arming->for_serial) {
        error_set(err, ERROR_NOT_ARMED, "irreversible steps are not armed",
                  error_keep_format(err,
                                    "read the plan (--dry-run); if it is what you want, add --arm %s (this device) or "
                                    "--arm profile (every device)",
                                    found));
        return;
    }
    hex_encode(bytes_of(arming->serial, sizeof arming->serial), armed);
    error_set(err, ERROR_NOT_ARMED, error_keep_format(err, "armed for %s, this is %s", armed, found),
              error_keep_format(err, "connect the armed device, or read this one's plan (--dry-run) and use: --arm %s",
                                found));
}

bool arming_check_plan(const struct arming *arming, const struct provision_plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].done || !plan->steps[i].forever || arming_allows(arming, plan->serial))
            continue;
        explain(arming, plan->serial, err);
        error_doing(err, "provision the device");
        error_with_serial(err, plan->serial);
        return false;
    }
    return true;
}
