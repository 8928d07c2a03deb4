/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/watchdog.h"

#include <imprint/board.h>

/* For ports that have no watchdog. */
__attribute__((weak)) void imprint_board_feed_watchdog(void)
{
}

/* --- the chip ----------------------------------------------------------------------------------------------------- */

static const struct imprint_transport *chip_of(const void *context)
{
    return &((const struct watchdog *)context)->inner;
}

static enum imprint_transport_status fed(enum imprint_transport_status status)
{
    imprint_board_feed_watchdog();
    return status;
}

static enum imprint_transport_status watch_wake(void *context)
{
    const struct imprint_transport *chip = chip_of(context);

    imprint_board_feed_watchdog();
    return fed(chip->operations->wake(chip->context));
}

static enum imprint_transport_status watch_send(void *context, const uint8_t *group, size_t len)
{
    const struct imprint_transport *chip = chip_of(context);

    imprint_board_feed_watchdog();
    return fed(chip->operations->send(chip->context, group, len));
}

static enum imprint_transport_status watch_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    const struct imprint_transport *chip = chip_of(context);

    imprint_board_feed_watchdog();
    return fed(chip->operations->receive(chip->context, group, cap, len));
}

static enum imprint_transport_status watch_await(void *context, uint8_t *group, size_t cap, size_t *len,
                                                 uint32_t first_us, uint32_t worst_us)
{
    const struct imprint_transport *chip = chip_of(context);

    imprint_board_feed_watchdog();
    return fed(chip->operations->await(chip->context, group, cap, len, first_us, worst_us));
}

static enum imprint_transport_status watch_idle(void *context)
{
    const struct imprint_transport *chip = chip_of(context);

    imprint_board_feed_watchdog();
    return fed(chip->operations->idle(chip->context));
}

static enum imprint_transport_status watch_sleep(void *context)
{
    const struct imprint_transport *chip = chip_of(context);

    imprint_board_feed_watchdog();
    return fed(chip->operations->sleep(chip->context));
}

static bool watch_acquire(void *context)
{
    const struct imprint_transport *chip = chip_of(context);
    bool acquired;

    imprint_board_feed_watchdog();
    acquired = chip->operations->acquire(chip->context);
    imprint_board_feed_watchdog();
    return acquired;
}

static void watch_release(void *context)
{
    const struct imprint_transport *chip = chip_of(context);

    chip->operations->release(chip->context);
}

static void watch_delay_us(void *context, uint32_t microseconds)
{
    const struct imprint_transport *chip = chip_of(context);

    imprint_board_feed_watchdog();
    chip->operations->delay_us(chip->context, microseconds);
    imprint_board_feed_watchdog();
}

static uint64_t watch_now_us(void *context)
{
    const struct imprint_transport *chip = chip_of(context);

    return chip->operations->now_us(chip->context);
}

static uint8_t watch_address(void *context)
{
    return imprint_transport_address(chip_of(context));
}

static void watch_also_at(void *context, uint8_t address)
{
    const struct imprint_transport *chip = chip_of(context);

    chip->operations->also_at(chip->context, address);
}

static bool watch_is_taken(void *context, uint8_t address)
{
    const struct imprint_transport *chip = chip_of(context);

    imprint_board_feed_watchdog();
    return chip->operations->is_taken(chip->context, address);
}

const struct imprint_transport *watchdog_watch_chip(struct watchdog *watchdog, const struct imprint_transport *chip)
{
    const struct imprint_transport_operations *inner = chip->operations;

    watchdog->inner = *chip;
    /* What the bus cannot do stays NULL. Nobody closes a board's transport. */
    watchdog->operations = (struct imprint_transport_operations){
        .name = inner->name,
        .wake = watch_wake,
        .send = watch_send,
        .receive = watch_receive,
        .await = inner->await == NULL ? NULL : watch_await,
        .idle = watch_idle,
        .sleep = watch_sleep,
        .address = inner->address == NULL ? NULL : watch_address,
        .also_at = inner->also_at == NULL ? NULL : watch_also_at,
        .is_taken = inner->is_taken == NULL ? NULL : watch_is_taken,
        .acquire = inner->acquire == NULL ? NULL : watch_acquire,
        .release = inner->release == NULL ? NULL : watch_release,
        .delay_us = watch_delay_us,
        .now_us = watch_now_us,
    };
    watchdog->outer = (struct imprint_transport){.operations = &watchdog->operations, .context = watchdog};
    return &watchdog->outer;
}

/* --- the flash ---------------------------------------------------------------------------------------------------- */

static bool watch_read(void *context, uint32_t at, uint8_t *data, size_t len)
{
    const struct imprint_flash_device *flash = ((const struct watchdog *)context)->inner_flash;

    return flash->read(flash->context, at, data, len);
}

static bool watch_program(void *context, uint32_t at, const uint8_t *data, size_t len)
{
    const struct imprint_flash_device *flash = ((const struct watchdog *)context)->inner_flash;

    imprint_board_feed_watchdog();
    return flash->program(flash->context, at, data, len);
}

static bool watch_erase(void *context, uint32_t block)
{
    const struct imprint_flash_device *flash = ((const struct watchdog *)context)->inner_flash;
    bool ok;

    imprint_board_feed_watchdog();
    ok = flash->erase(flash->context, block);
    imprint_board_feed_watchdog();
    return ok;
}

const struct imprint_flash_device *watchdog_watch_flash(struct watchdog *watchdog,
                                                        const struct imprint_flash_device *flash)
{
    watchdog->inner_flash = flash;
    watchdog->flash = *flash;
    watchdog->flash.read = watch_read;
    watchdog->flash.program = watch_program;
    watchdog->flash.erase = watch_erase;
    watchdog->flash.context = watchdog;
    return &watchdog->flash;
}
