/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a Microchip kit's firmware that hosts use: it answers ASCII lines and controls chips on an I2C bus. Like
 * a real kit it waits for the end of a command itself, in real time. It answers a command that the chip refused with
 * the chip's own group and status 00, as older kits do, so the host gets the chip's status byte.
 */
#ifndef IMPRINT_SERVE_KIT_H
#define IMPRINT_SERVE_KIT_H

#include <stddef.h>

#include "virtual/serve/bus.h"
#include "virtual/serve/peer.h"

#define SERVE_KIT_LINE_MAX 512 /* CryptoAuth kits' own limit, without the line's end */

/* Set `bus`, zero the rest: then no chip is selected, and the first is used. */
struct serve_kit {
    struct serve_bus *bus;
    uint8_t identity; /* 8-bit I2C address */
    /* The line received so far. A line that is too long is answered like an empty one. */
    char line[SERVE_KIT_LINE_MAX + 1];
    size_t line_len;
    bool too_long;
};

/*
 * Answers `line`, which has no line end, with a line that has one. Returns its length; `reply` must have
 * SERVE_KIT_LINE_MAX + 2 characters.
 */
size_t serve_kit_answer(struct serve_kit *kit, const char *line, char reply[static SERVE_KIT_LINE_MAX + 2]);

/* The kit as a peer of hosts that send it lines. */
struct serve_peer serve_kit_peer(struct serve_kit *kit);

#endif
