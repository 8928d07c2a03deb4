/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a board supplies, and all that differs from one board to the next: a console for people, one wire to the chip,
 * flash for the key store, time, and an end. Everything above is the same code on every board and on the host
 * (`firmware/board/host/`), where the same functions reach a terminal, a served virtual chip and an image file.
 * docs/guide/porting.md takes a new board through it, function by function.
 *
 * One caller at a time; nothing here is called from an interrupt.
 */
#ifndef IMPRINT_FIRMWARE_BOARD_H
#define IMPRINT_FIRMWARE_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "storage/flash.h"
#include <imprint/transport.h>

/* Clocks, UARTs, whatever must run before anything else here is called. A fault handler may call it once more. */
void board_start(void);

const char *board_name(void); /* "mps2-an385" */

/* The console: 115,200 baud, 8 bits, no parity, or whatever is there. Writing waits until the bytes are taken. */
void board_console_write(const uint8_t *data, size_t len);

/* The next byte from the console; -1 when none came within `timeout_us` (0: looks only). */
int board_console_read(uint32_t timeout_us);

/* The way to the chip, opened: usually transport/swi.h over the board's second UART. Valid for ever. */
const struct imprint_transport *board_chip(void);

/* A clock that only runs forward, in microseconds from any start. */
uint64_t board_now_us(void);

/* The flash of the key store, and nothing else's. Valid for ever. */
const struct imprint_flash_device *board_flash(void);

/* The end of all work: status 0 is good. A product would sleep or reset here; a rehearsal ends its process. */
_Noreturn void board_end(int status);

#endif
