/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary application, an example for a product's own: it starts from the key store that the factory application
 * left in flash, opens the keys by id and signs with them. Code that creates or changes keys, or locks, is not linked.
 *
 * Its console signs challenges for the end-of-line test, for any caller. A product ships without this console
 * (docs/reference/board-protocol.md).
 */
#ifndef IMPRINT_FIRMWARE_PRIMARY_H
#define IMPRINT_FIRMWARE_PRIMARY_H

#include "firmware/console.h"
#include "firmware/platform.h"

struct primary {
    struct console console;
    struct platform platform;
    bool ended; /* the command `end` has run */
};

/* Runs commands from the console until `end`. `primary` is the caller's memory and needs no initialisation. */
void primary_serve(struct primary *primary);

#endif
