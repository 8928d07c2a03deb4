/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts and stops what both applications use: the board's chip, the key store in its flash, the driver and PSA Crypto.
 * Each start reads chip and key store again.
 */
#ifndef IMPRINT_FIRMWARE_PLATFORM_H
#define IMPRINT_FIRMWARE_PLATFORM_H

#include <psa/crypto.h>

#include "chip/chip.h"
#include "firmware/watchdog.h"
#include "psa/driver.h"
#include "psa/start.h"
#include "storage/flash.h"
#include "storage/empty.h"
#include "storage/storage.h"

enum platform_use {
    PLATFORM_USE,  /* the key store that the factory application made */
    PLATFORM_LOOK, /* the same, or an empty read-only store if there is none yet */
};

/* Private. Must not move until platform_stop(). */
struct platform {
    struct watchdog watchdog; /* around chip and flash */
    struct chip chip;
    struct storage_flash flash;
    bool absent; /* no key store exists yet: `storage` is the empty one */
    struct storage storage;
    struct driver driver;
    struct its its;
};

/*
 * Changes nothing in the chip, and forbids changes until platform_make_persistent(). `shell` is one of psa/start.h.
 * False with a reason; nothing is started then.
 */
bool platform_start(struct platform *platform, enum platform_use use, const struct driver_shell *shell,
                    struct error *err);

/* Permits changes to the chip from now on, and makes the key store if there is none. */
bool platform_make_persistent(struct platform *platform, struct error *err);

/* Puts the chip to sleep and ends PSA. */
void platform_stop(struct platform *platform);

/* Sets in `err` why a PSA call failed (psa/keys.h). */
void platform_psa_failed(struct platform *platform, psa_status_t status, const char *doing, struct error *err);

#endif
