/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first image to run on a new board: tries one function of board.h after the other, then the chip, then PSA with
 * the keys that are there. It writes to flash only where there is no store yet, and changes nothing on the chip.
 * Ends with 0 when all is well, else says what was not and ends with the number of the step.
 */
#include <string.h>

#include <psa/crypto.h>

#include "base/hex.h"
#include "chip/operations.h"
#include "psa/driver.h"
#include "psa/keys.h"
#include "psa/records.h"
#include "firmware/board/board.h"
#include "firmware/texts.h"
#include "psa/start.h"

/* Too large for a small stack, and one of each is enough. */
static struct chip chip;
static struct storage_flash flash;
static struct storage storage;
static struct driver driver;
static struct its its;

static void say(const char *text)
{
    board_console_write((const uint8_t *)text, strlen(text));
}

static void say_number(const char *before, uint32_t number, const char *after)
{
    char digits[11];
    size_t at = sizeof(digits) - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say(before);
    say(digits + at);
    say(after);
}

static void say_hex(const char *before, struct bytes what)
{
    char text[HEX_SIZE(CHIP_SERIAL_BYTES)];

    hex_encode(what, text);
    say(before);
    say(text);
    say("\r\n");
}

static void say_error(const struct error *err)
{
    uint32_t number;

    say("  ");
    say(error_reason_name(err->reason));
    if (err->cause != NULL && texts_apart(err->cause, &number)) {
        say_number(": text ", number, "");
    } else if (err->cause != NULL) {
        say(": ");
        say(err->cause);
    }
    if (err->chip_failure != 0)
        say_number("; chip failure ", err->chip_failure, "");
    say("\r\n");
}

/* A tenth of a second passes, and the clock runs forward meanwhile. */
static bool try_clock(void)
{
    const struct imprint_transport *wire = board_chip();
    const uint64_t start = board_now_us();
    uint64_t last = start, took;

    for (unsigned i = 0; i < 100; i++) {
        uint64_t now;

        wire->operations->delay_us(wire->context, 1000);
        now = board_now_us();
        if (now < last)
            return false;
        last = now;
    }
    took = last - start;
    say_number("clock: 100 delays of 1 ms took ", (uint32_t)took, " us\r\n");
    return took >= 100000 && took < 2000000;
}

/* The rules of storage/flash.h, tried in the last block of a flash that holds no store. */
static bool try_flash(const struct imprint_flash_device *device)
{
    static const uint8_t pattern[STORAGE_FLASH_UNIT_MAX] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";
    const uint32_t block = device->block_count - 1;
    const uint32_t at = block * device->block_size;
    uint8_t found[STORAGE_FLASH_UNIT_MAX];
    bool good;

    good = device->erase(device->context, block) && device->read(device->context, at, found, device->unit) &&
           bytes_all(bytes_of(found, device->unit), 0xff) &&
           device->program(device->context, at + device->unit, pattern, device->unit) &&
           device->read(device->context, at + device->unit, found, device->unit) &&
           memcmp(found, pattern, device->unit) == 0 && device->read(device->context, at, found, device->unit) &&
           bytes_all(bytes_of(found, device->unit), 0xff);
    return device->erase(device->context, block) && good;
}

static bool open_flash(struct error *err)
{
    const struct imprint_flash_device *device = board_flash();
    enum storage_status status;

    say_number("flash: ", device->block_count, " blocks");
    say_number(" of ", device->block_size, " bytes\r\n");
    status = storage_flash_open(&flash, device, false, &storage, err);
    if (status != STORAGE_ABSENT)
        return status == STORAGE_OK;
    error_clear(err);
    if (!try_flash(device))
        return false;
    say("flash: holds no store, and keeps the rules; making one\r\n");
    return storage_flash_open(&flash, device, true, &storage, err) == STORAGE_OK;
}

static bool open_chip(struct error *err)
{
    struct chip_config config;
    uint8_t serial[CHIP_SERIAL_BYTES];

    chip_init(&chip, board_chip());
    if (chip_read_config(&chip, &config, err) != CHIP_OK)
        return false;
    chip_sleep(&chip);
    chip_config_serial(&config, serial);
    say_hex("chip: ", bytes_of(serial, sizeof(serial)));
    return true;
}

static bool say_key(void *context, const struct driver_record *record)
{
    (void)context;
    say_number("key: ", record->key_id, "");
    say_number(" in slot ", record->slot, "\r\n");
    return true;
}

static bool start_psa(struct error *err)
{
    uint8_t random[CHIP_SERIAL_BYTES];
    psa_status_t status;

    driver_init(&driver, &chip, &storage, NULL);
    status = driver_start(&driver, &its, &driver_shell_all);
    if (status == PSA_SUCCESS)
        status = psa_generate_random(random, sizeof(random));
    if (status == PSA_SUCCESS) {
        say_hex("random: ", bytes_of(random, sizeof(random)));
        status = driver_visit_records(&driver, say_key, NULL, err);
    } else {
        keys_explain(&driver, status, err);
    }
    driver_stop();
    return status == PSA_SUCCESS;
}

static bool step(struct error *err, int number)
{
    switch (number) {
    case 1:
        return try_clock();
    case 2:
        return open_flash(err);
    case 3:
        return open_chip(err);
    case 4:
        return start_psa(err);
    default:
        return false;
    }
}

int main(void)
{
    struct error err = {.reason = ERROR_NONE};

    board_start();
    say("board: ");
    say(board_name());
    say("\r\n");
    for (int number = 1; number <= 4; number++) {
        if (!step(&err, number)) {
            say_number("step ", (uint32_t)number, " failed\r\n");
            if (err.reason != ERROR_NONE)
                say_error(&err);
            return number;
        }
    }
    say("all is well\r\n");
    return 0;
}
