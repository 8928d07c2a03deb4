/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds the port's watchdog (imprint_board_feed_watchdog()) before and after each exchange with the chip, each wait for
 * it, and each change of the flash: the same transport and flash, with that around each call. Nothing feeds it from an
 * interrupt, so a call that does not return is not covered up.
 */
#ifndef IMPRINT_FIRMWARE_WATCHDOG_H
#define IMPRINT_FIRMWARE_WATCHDOG_H

#include <imprint/flash.h>
#include <imprint/transport.h>

/* Private. Must not move while the transport or the flash is in use. */
struct watchdog {
    struct imprint_transport inner, outer;
    struct imprint_transport_operations operations;
    const struct imprint_flash_device *inner_flash;
    struct imprint_flash_device flash;
};

/* The transport through which `watchdog` is fed; valid as long as both are. */
const struct imprint_transport *watchdog_watch_chip(struct watchdog *watchdog, const struct imprint_transport *chip);

/* The flash through which `watchdog` is fed; valid as long as both are. */
const struct imprint_flash_device *watchdog_watch_flash(struct watchdog *watchdog,
                                                        const struct imprint_flash_device *flash);

#endif
