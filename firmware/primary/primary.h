/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary application, standing for a product's own: boots from the flash that the factory has left, finds the keys
 * by their ids and signs with them. It makes no key, changes none and locks nothing; what could is not linked.
 *
 * Its console signs challenges for whoever asks, as a line's end test wants it; docs/reference/board-protocol.md says
 * what that means, and that a product ships without it.
 */
#ifndef IMPRINT_FIRMWARE_PRIMARY_H
#define IMPRINT_FIRMWARE_PRIMARY_H

#include "firmware/console.h"
#include "firmware/platform.h"

struct primary {
    struct console console;
    struct platform platform;
    bool ended; /* somebody has said so */
};

/* Serves commands until one of them says to end. `primary` is the caller's memory, of any content. */
void primary_serve(struct primary *primary);

#endif
