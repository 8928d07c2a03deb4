/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/platform.h"

#include <stdio.h>
#include <string.h>

#include "chip/words.h"
#include "virtual/chip/virtual.h"

#define TRUST_AND_GO_ADDRESS 0x35 /* 7-bit; TrustFLEX parts have 0x36, blank ones 0x60 */

static bool open_chip(struct platform *platform, const char *name, struct error *err)
{
    struct virtual_problem problem = {.cause = NULL};

    if (strncmp(name, "/dev/", 5) == 0) {
        return transport_i2c_linux_open(name, TRUST_AND_GO_ADDRESS, &platform->transport, err);
    }
    if (virtual_open(name, &platform->virtual_chip, &problem) != VIRTUAL_OK) {
        platform->virtual_chip = NULL;
        error_set(err, ERROR_DEVICE_MISSING, problem.cause, NULL);
        return false;
    }
    platform->transport = transport_virtual_init(&platform->virtual_bus, platform->virtual_chip);
    return true;
}

bool platform_start(struct platform *platform, const char *chip, const char *records)
{
    struct error err = {.reason = ERROR_NONE};
    const char *subject = chip;

    memset(platform, 0, sizeof *platform);
    if (!open_chip(platform, chip, &err))
        goto failed;
    chip_init(&platform->chip, &platform->transport);
    subject = records;
    platform->records_open =
        storage_file_open(&platform->file, records, false, "primary", NULL, &platform->storage, &err);
    if (!platform->records_open)
        goto failed;
    driver_init(&platform->driver, &platform->chip, &platform->storage, NULL);
    driver_attach(&platform->driver, &platform->its);
    return true;
failed:
    fprintf(stderr, "primary: %s: %s\n", subject, err.cause != NULL ? err.cause : "cannot be opened");
    platform_stop(platform);
    return false;
}

const char *platform_reason(void)
{
    const struct driver *driver = driver_bound();
    struct error err = {.reason = ERROR_NONE};

    if (driver != NULL)
        err = driver->last_error;
    chip_words_for_failure(&err);
    chip_words_for_rule(&err);
    return err.cause;
}

void platform_stop(struct platform *platform)
{
    driver_stop();
    if (platform->records_open)
        storage_file_close(&platform->file);
    imprint_transport_close(&platform->transport);
    virtual_close(platform->virtual_chip);
    memset(platform, 0, sizeof *platform);
}
