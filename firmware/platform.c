/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/platform.h"

#include <string.h>

#include <imprint/board.h>
#include "psa/keys.h"

static bool open_store(struct platform *platform, enum platform_use use, struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    enum storage_status status =
        storage_flash_open(&platform->flash, watchdog_watch_flash(&platform->watchdog, imprint_board_flash()), false,
                           &platform->storage, &found);

    if (status == STORAGE_OK)
        return true;
    if (status == STORAGE_ABSENT && use == PLATFORM_LOOK) {
        storage_empty_open(&platform->storage);
        platform->absent = true;
        return true;
    }
    if (status == STORAGE_ABSENT)
        error_set(err, ERROR_KEY_UNKNOWN, "there is no key store in the board's flash",
                  "provision the board with the factory application first");
    else
        error_pass(err, &found);
    error_doing(err, "open the key store in the board's flash");
    return false;
}

void platform_psa_failed(struct platform *platform, psa_status_t status, const char *doing, struct error *err)
{
    keys_explain(&platform->driver, status, err);
    error_doing(err, doing);
}

bool platform_start(struct platform *platform, enum platform_use use, const struct driver_shell *shell,
                    struct error *err)
{
    psa_status_t status;

    memset(platform, 0, sizeof *platform);
    chip_init(&platform->chip, watchdog_watch_chip(&platform->watchdog, imprint_board_chip()));
    chip_forbid_changes(&platform->chip);
    if (!open_store(platform, use, err))
        return false;
    driver_init(&platform->driver, &platform->chip, &platform->storage, NULL);
    status = driver_start(&platform->driver, &platform->its, shell);
    if (status == PSA_SUCCESS)
        return true;
    platform_psa_failed(platform, status, "start PSA Crypto", err);
    platform_stop(platform);
    return false;
}

bool platform_make_persistent(struct platform *platform, struct error *err)
{
    struct storage made = {.operations = NULL};

    if (platform->absent) {
        if (storage_flash_open(&platform->flash, &platform->watchdog.flash, true, &made, err) != STORAGE_OK) {
            error_set(err, ERROR_STORAGE_FAILED, "the flash cannot be erased and programmed", NULL);
            error_doing(err, "make the key store in the board's flash");
            return false;
        }
        /* Both stores are empty, so only the pointer changes; the driver's recovery hook stays set. */
        platform->storage.operations = made.operations;
        platform->storage.context = made.context;
        platform->absent = false;
    }
    platform->chip.guard.allow = NULL;
    return true;
}

void platform_stop(struct platform *platform)
{
    driver_stop();
    chip_sleep(&platform->chip);
}
