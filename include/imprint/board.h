/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a board supplies, and all that differs from one board to the next: a console for people, the way to the chip,
 * flash for the key store, time, and an end. A port defines these functions; imprint's factory and primary applications
 * call them. Everything above is the same code on every board and on the host (`firmware/board/host/`), where the same
 * functions reach a terminal, a served virtual chip and an image file. docs/guide/porting.md takes a new board through
 * it, function by function.
 *
 * One caller at a time; nothing here is called from an interrupt.
 */
#ifndef IMPRINT_BOARD_H
#define IMPRINT_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include <imprint/flash.h>
#include <imprint/transport.h>

#ifdef __cplusplus
#define IMPRINT_BOARD_NORETURN [[noreturn]]
extern "C" {
#else
#define IMPRINT_BOARD_NORETURN _Noreturn
#endif

/* Clocks, UARTs, whatever must run before anything else here is called. A fault handler may call it once more. */
void imprint_board_start(void);

/* A short name for people and for the station: "mps2-an385". A string literal. */
const char *imprint_board_name(void);

/* The console: 115,200 baud, 8 bits, no parity, or whatever is there. Writing waits until the bytes are taken. */
void imprint_board_console_write(const uint8_t *data, size_t len);

/* The next byte from the console, 0 to 255; -1 when none came within `timeout_us` microseconds (0: does not wait). */
int imprint_board_console_read(uint32_t timeout_us);

/* The way to the chip, opened: usually a single wire on the board's second UART. Valid for ever. */
const struct imprint_transport *imprint_board_chip(void);

/* A clock that only runs forward, in microseconds from any start. */
uint64_t imprint_board_now_us(void);

/* The flash of the key store, and nothing else's. Valid for ever. */
const struct imprint_flash_device *imprint_board_flash(void);

/* The end of all work: status 0 is good. A product would sleep or reset here; a rehearsal ends its process. */
IMPRINT_BOARD_NORETURN void imprint_board_end(int status);

#ifdef __cplusplus
}
#endif

#endif
