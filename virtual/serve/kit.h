/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Microchip kit's firmware, as far as hosts use it: lines of ASCII in, lines out, chips on an I2C bus behind it. Like
 * the real thing it waits for a command's end itself, in real time. It answers a command that the chip refused with the
 * chip's own group and status 00, as older kits do; no status byte is lost that way.
 */
#ifndef IMPRINT_SERVE_KIT_H
#define IMPRINT_SERVE_KIT_H

#include <stddef.h>

#include "virtual/serve/bus.h"
#include "virtual/serve/peer.h"

#define SERVE_KIT_LINE_MAX 512 /* CryptoAuth kits' own limit, without the line's end */

/* Zero-initialised, but for the bus: no chip selected, which means the first. */
struct serve_kit {
    struct serve_bus *bus;
    uint8_t identity; /* 8-bit I2C address */
    /* The line in the making; one that is too long is answered as the empty line, which is no command. */
    char line[SERVE_KIT_LINE_MAX + 1];
    size_t line_len;
    bool too_long;
};

/*
 * Answers `line`, which has no line end, with a line that has one. Returns its length; `reply` has room for
 * SERVE_KIT_LINE_MAX + 2 characters.
 */
size_t serve_kit_answer(struct serve_kit *kit, const char *line, char reply[static SERVE_KIT_LINE_MAX + 2]);

/* The kit as a peer of hosts that send it lines. */
struct serve_peer serve_kit_peer(struct serve_kit *kit);

#endif
