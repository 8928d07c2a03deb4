/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform's part of a program that keeps its keys in a chip: which chip, and where the key records are. Written
 * once for a board; the applications above it (primary.c) know neither. One process at a time has a chip.
 */
#ifndef IMPRINT_EXAMPLES_PLATFORM_H
#define IMPRINT_EXAMPLES_PLATFORM_H

#include <imprint/psa.h>
#include <imprint/store.h>
#include <imprint/transport.h>

#include "transport/i2c_linux.h"
#include "transport/virtual.h"

/* What the program is started with. */
struct platform_options {
    const char *program; /* its name, for messages and for whoever finds the records locked */

    /*
     * An I2C adapter, with or without the chip's 7-bit address ("/dev/i2c-1@0x60"), else the file of a virtual chip.
     * Without an address, those of blank, Trust&GO and TrustFLEX parts are tried: 0x60, 0x35, 0x36.
     */
    const char *chip;
    const char *records; /* the directory of the key records: `imprint provision` makes STATE/devices/SERIAL/psa */
    bool create;         /* a factory application: make the directory where there is none */

    const psa_drv_se_t *table; /* what the program may do with keys: one of imprint/psa.h */
};

/* Private. Must stay where it is until platform_stop(). */
struct platform {
    struct virtual_chip *virtual_chip; /* NULL: the chip is on an I2C adapter */
    struct transport_virtual virtual_bus;
    struct imprint_transport transport;
    struct imprint_store store;
    struct imprint_psa psa;
};

/* Opens chip and records and starts PSA Crypto on them. False after a word on stderr, and nothing is held. */
bool platform_start(struct platform *platform, const struct platform_options *options);

/* Ends PSA Crypto and gives back what platform_start() has taken. */
void platform_stop(struct platform *platform);

#endif
