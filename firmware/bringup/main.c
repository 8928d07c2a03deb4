/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first image to run on a new board: tests the functions of board.h one by one, then the chip, then PSA Crypto with
 * the keys that exist. It writes to flash only when that holds no key store, and changes nothing on the chip. Ends with
 * 0 when all steps pass; otherwise prints the error and ends with the number of the step that failed.
 */
#include <string.h>

#include <psa/crypto.h>

#include "base/hex.h"
#include "chip/operations.h"
#include "psa/driver.h"
#include "psa/keys.h"
#include "psa/records.h"
#include "storage/flash.h"
#include <imprint/board.h>
#include "firmware/texts.h"
#include "firmware/watchdog.h"
#include "psa/start.h"

/* Static because they are too large for a small stack. */
static struct watchdog watchdog;
static struct chip chip;
static struct storage_flash flash;
static struct storage storage;
static struct driver driver;
static struct its its;

static void print(const char *text)
{
    imprint_board_console_write((const uint8_t *)text, strlen(text));
}

static void print_number(const char *before, uint32_t number, const char *after)
{
    char digits[11];
    size_t at = sizeof(digits) - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    print(before);
    print(digits + at);
    print(after);
}

static void print_hex(const char *before, struct bytes what)
{
    char text[HEX_SIZE(CHIP_SERIAL_BYTES)];

    hex_encode(what, text);
    print(before);
    print(text);
    print("\r\n");
}

static void print_error(const struct error *err)
{
    uint32_t number;

    print("  ");
    print(error_reason_name(err->reason));
    if (err->cause != NULL && text_is_separate(err->cause, &number)) {
        print_number(": text ", number, "");
    } else if (err->cause != NULL) {
        print(": ");
        print(err->cause);
    }
    if (err->chip_failure != 0)
        print_number("; chip failure ", err->chip_failure, "");
    print("\r\n");
}

/* Checks that 100 delays of 1 ms take 0.1 to 2 seconds and that the clock never runs backward. */
static bool test_clock(void)
{
    const struct imprint_transport *wire = imprint_board_chip();
    const uint64_t start = imprint_board_now_us();
    uint64_t last = start, took;

    for (unsigned i = 0; i < 100; i++) {
        uint64_t now;

        wire->operations->delay_us(wire->context, 1000);
        now = imprint_board_now_us();
        if (now < last)
            return false;
        last = now;
    }
    took = last - start;
    print_number("clock: 100 delays of 1 ms took ", (uint32_t)took, " us\r\n");
    return took >= 100000 && took < 2000000;
}

/* Checks the rules of storage/flash.h in the last block of a flash that holds no key store. */
static bool test_flash(const struct imprint_flash_device *device)
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
    const struct imprint_flash_device *device = imprint_board_flash();
    enum storage_status status;

    print_number("flash: ", device->block_count, " blocks");
    print_number(" of ", device->block_size, " bytes\r\n");
    status = storage_flash_open(&flash, device, false, &storage, err);
    if (status != STORAGE_ABSENT)
        return status == STORAGE_OK;
    error_clear(err);
    if (!test_flash(device))
        return false;
    print("flash: test passed; it holds no key store, creating one\r\n");
    return storage_flash_open(&flash, device, true, &storage, err) == STORAGE_OK;
}

static bool open_chip(struct error *err)
{
    struct chip_config config;
    uint8_t serial[CHIP_SERIAL_BYTES];

    chip_init(&chip, watchdog_watch_chip(&watchdog, imprint_board_chip()));
    if (chip_read_config(&chip, &config, err) != CHIP_OK)
        return false;
    chip_sleep(&chip);
    chip_config_serial(&config, serial);
    print_hex("chip: ", bytes_of(serial, sizeof(serial)));
    return true;
}

static bool print_key(void *context, const struct driver_record *record)
{
    (void)context;
    print_number("key: ", record->key_id, "");
    print_number(" in slot ", record->slot, "\r\n");
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
        print_hex("random: ", bytes_of(random, sizeof(random)));
        status = driver_visit_records(&driver, print_key, NULL, err);
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
        return test_clock();
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

    imprint_board_start();
    print("board: ");
    print(imprint_board_name());
    print("\r\n");
    for (int number = 1; number <= 4; number++) {
        if (!step(&err, number)) {
            print_number("step ", (uint32_t)number, " failed\r\n");
            if (err.reason != ERROR_NONE)
                print_error(&err);
            return number;
        }
    }
    print("all is well\r\n");
    return 0;
}
