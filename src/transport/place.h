/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the text after the colon of DEVICE for buses with addresses: PLACE, or PLACE@ADDRESS. */
#ifndef IMPRINT_TRANSPORT_PLACE_H
#define IMPRINT_TRANSPORT_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "transport/usual_addresses.h"

struct transport_place {
    char path[PATH_MAX];
    uint8_t address; /* 7-bit; 0: none was given */
};

/*
 * Splits `text` at its last @, if the rest looks like a number: it begins with a digit and has nothing but hexadecimal
 * digits and x. With `any_path` another @ belongs to the path ("a@b.sock"); without it is an error. `form` is the cause
 * if PLACE is missing. False with ERROR_USAGE: no place, or no 7-bit address from 0x08 to 0x77 (the I2C
 * specification reserves the others); the 8-bit form of a usual address gets a hint.
 */
bool transport_place_read(struct transport_place *place, const char *text, bool any_path, const char *form,
                          struct error *err);

#endif
