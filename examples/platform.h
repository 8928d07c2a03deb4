/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform's part of a program that keeps its keys in a chip: which chip, and where the key records are. Written
 * once for a board; the application above it (primary.c) knows neither. One process at a time has a chip.
 */
#ifndef IMPRINT_EXAMPLES_PLATFORM_H
#define IMPRINT_EXAMPLES_PLATFORM_H

#include "chip/chip.h"
#include "psa/driver.h"
#include "psa/start.h"
#include "storage/file.h"
#include "storage/storage.h"
#include "transport/i2c_linux.h"
#include "transport/virtual.h"

/* Private. Must stay where it is until platform_stop(). */
struct platform {
    struct virtual_chip *virtual_chip; /* NULL: the chip is on an I2C adapter */
    struct transport_virtual virtual_bus;
    bool records_open;
    struct imprint_transport transport;
    struct chip chip;
    struct storage_file file;
    struct storage storage;
    struct driver driver;
    struct its its;
};

/*
 * `chip`: an I2C adapter (/dev/i2c-1; the chip at Trust&GO's address), else the file of a virtual chip. `records`: the
 * folder with the key records that `imprint provision` made, STATE/devices/SERIAL/psa. False after a word on stderr,
 * and nothing is held.
 */
bool platform_start(struct platform *platform, const char *chip, const char *records);

/* Why the last call on a key in the chip failed; NULL when it did not. */
const char *platform_reason(void);

/* Call it after mbedtls_psa_crypto_free(). */
void platform_stop(struct platform *platform);

#endif
