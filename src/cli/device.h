/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to one chip, from DEVICE: the transport is opened, power applied where it is ours to apply, and the chip
 * asked who it is. Nothing is written to the chip by opening it.
 */
#ifndef IMPRINT_CLI_DEVICE_H
#define IMPRINT_CLI_DEVICE_H

#include "chip/chip.h"
#include "chip/config.h"
#include "cli/cli.h"
#include "cli/tracing.h"
#include "transport/i2c_linux.h"
#include "transport/kit_hid.h"
#include "transport/kit_tty.h"
#include "transport/socket.h"
#include "transport/swi_tty.h"
#include "transport/virtual.h"

struct virtual_chip;

/* Zero-initialised: closed. Must not move while open. */
struct device {
    struct chip chip;
    struct chip_config config; /* as read at opening */
    enum chip_part part;
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t given_address; /* 7-bit, by DEVICE or for want of one there; 0: the only or first chip */
    /* Private. */
    struct imprint_transport transport;
    struct virtual_chip *virtual_chip; /* not NULL: this is where the transport goes */
    struct transport_virtual virtual_bus;
    struct transport_i2c_linux i2c_bus;
    bool i2c_open;
    struct tracing tracing;
    struct transport_socket socket_bus;
    bool socket_open;
    struct transport_kit_tty kit_bus;
    bool kit_open;
    struct transport_kit_hid hid_bus;
    bool hid_open;
    struct transport_swi_tty swi_bus;
    bool swi_open;
    char path[PATH_MAX];
};

/*
 * Opens `cli->device`, arms `cli->faults`, reads the config zone. With `looking` the chip is guarded from then on: no
 * command that may change its memory is sent. False with a reason, and nothing held. Error subjects point into
 * `device`.
 */
bool device_open(struct device *device, const struct cli *cli, bool looking, struct error *err);

/*
 * Opens the virtual chip in the file `path` and arms `cli->faults`. `*chip` is the caller's to virtual_close(). False
 * with a reason, and nothing held.
 */
bool device_open_virtual(const struct cli *cli, const char *path, struct virtual_chip **chip, struct error *err);

/* Takes "HOST:PORT" or "[HOST]:PORT" apart, in place. False when it is neither. */
bool device_split_host(char **host, char **port);

/* The 7-bit I2C address at which the chip is spoken to now; 0: this way to it knows none. */
uint8_t device_address(const struct device *device);

/* Ends the guard of `looking`. */
void device_allow_writes(struct device *device);

/* Puts the chip to sleep and lets go of it; a closed device stays closed. */
void device_close(struct device *device);

/* A line of --verbose about what has been sent. */
void device_say_counters(const struct device *device, const struct output *output);

#endif
