/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform part of a program with keys in a chip: it opens the chip and the key records. It is written once per
 * board, and applications (primary.c) do not depend on either. Only one process at a time may use a chip.
 */
#ifndef IMPRINT_EXAMPLES_PLATFORM_H
#define IMPRINT_EXAMPLES_PLATFORM_H

#include <imprint/psa.h>
#include <imprint/store.h>
#include <imprint/transport.h>

#include "transport/i2c_linux.h"
#include "transport/virtual.h"

/* The settings of a program. */
struct platform_options {
    const char *program; /* its name, for messages, also for a process that finds the records locked */

    /*
     * An I2C adapter, with or without the chip's 7-bit address ("/dev/i2c-1@0x60"), or the file of a virtual chip.
     * Without an address, the addresses of blank, Trust&GO and TrustFLEX parts are tried: 0x60, 0x35, 0x36.
     */
    const char *chip;
    const char *records; /* the directory of the key records: `imprint provision` makes STATE/devices/SERIAL/psa */
    bool create;         /* true in a factory application: make the directory if it does not exist */

    const psa_drv_se_t *table; /* what the program may do with keys: one of imprint/psa.h */
};

/* Private. Must not move until platform_stop(). */
struct platform {
    struct virtual_chip *virtual_chip; /* NULL: the chip is on an I2C adapter */
    struct transport_virtual virtual_bus;
    struct imprint_transport transport;
    struct imprint_store store;
    struct imprint_psa psa;
};

/*
 * Opens chip and records and starts PSA Crypto on them. On failure it prints the reason to stderr, closes everything
 * and returns false.
 */
bool platform_start(struct platform *platform, const struct platform_options *options);

/*
 * True for PSA_SUCCESS; otherwise prints to stderr what `program` cannot do, and why. Call it after each PSA call, so
 * that the reason is that call's.
 */
bool platform_went_well(const char *program, const char *what, psa_status_t status);

/* Ends PSA Crypto and closes what platform_start() opened. */
void platform_stop(struct platform *platform);

#endif
