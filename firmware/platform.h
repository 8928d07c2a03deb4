/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both applications stand on: the board's chip, the key store in its flash, the driver, and PSA Crypto on top.
 * Started and stopped as one; starting again looks at everything afresh.
 */
#ifndef IMPRINT_FIRMWARE_PLATFORM_H
#define IMPRINT_FIRMWARE_PLATFORM_H

#include <psa/crypto.h>

#include "chip/chip.h"
#include "psa/driver.h"
#include "psa/start.h"
#include "storage/flash.h"
#include "storage/empty.h"
#include "storage/storage.h"

enum platform_use {
    PLATFORM_USE,  /* the key store as the factory has left it */
    PLATFORM_LOOK, /* the same, and where there is no key store yet, an empty one */
};

/* Private. Must stay where it is until platform_stop(). */
struct platform {
    struct chip chip;
    struct storage_flash flash;
    bool absent; /* there is no store yet: `storage` is empty */
    struct storage storage;
    struct driver driver;
    struct its its;
};

/*
 * Nothing in the chip may be changed until platform_make_lasting(). `shell` is one of psa/start.h. False
 * with a reason; nothing is started then.
 */
bool platform_start(struct platform *platform, enum platform_use use, const struct driver_shell *shell,
                    struct error *err);

/* From now on the chip may be changed, and keys are kept: a key store is made where there is none. */
bool platform_make_lasting(struct platform *platform, struct error *err);

/* Puts the chip to sleep and ends PSA. */
void platform_stop(struct platform *platform);

/* Why a PSA call failed (psa/keys.h). */
void platform_psa_failed(struct platform *platform, psa_status_t status, const char *doing, struct error *err);

#endif
