/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that a board port defines: console, transport to the chip, flash for the key store, clock, watchdog,
 * end of the program. imprint's factory and primary applications call them; everything else is the same code on every
 * board. On a Linux host (`firmware/board/host/`) the same functions use a terminal, a virtual chip and an image file.
 * docs/guide/porting.md explains how to write a port, function by function.
 *
 * There is one caller at a time, never an interrupt handler.
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

/*
 * Sets up clocks, UARTs and what else the other functions need. Called first; a fault handler may call it once more.
 */
void imprint_board_start(void);

/* A short name of the board for people and for the station, such as "mps2-an385". Returns a string literal. */
const char *imprint_board_name(void);

/*
 * The unique number that the microcontroller's maker has given to it, which the station binds to the chip: writes it to
 * `id`, and returns its length in bytes. A port without it has none: 0.
 */
#define IMPRINT_BOARD_ID_MAX 16
size_t imprint_board_unique_id(uint8_t id[IMPRINT_BOARD_ID_MAX]);

/*
 * The image that runs, as it was flashed, where the processor can read it: sets `*begin` and returns its length in
 * bytes. The factory application tells the station its SHA-256. Ports that are laid out by firmware/start/sections.ld
 * have this function; one without it tells none: 0.
 */
size_t imprint_board_image(const uint8_t **begin);

/*
 * Writes `len` bytes to the console and waits until the hardware has accepted all of them. On a UART use 115,200 baud,
 * 8 data bits, no parity: `imprint board` expects that.
 */
void imprint_board_console_write(const uint8_t *data, size_t len);

/*
 * Reads the next byte from the console. Returns 0 to 255, or -1 if no byte came within `timeout_us` microseconds; with
 * 0 it does not wait.
 */
int imprint_board_console_read(uint32_t timeout_us);

/*
 * Writes to, and reads from, the UART that carries bytes to a server and back: a modem or a network module in its
 * transparent mode, flow control on. As the two functions of the console. Only an application that connects calls them
 * (firmware/primary_tls/): a port without such a UART leaves them out.
 */
void imprint_board_network_write(const uint8_t *data, size_t len);
int imprint_board_network_read(uint32_t timeout_us);

/*
 * Returns the open transport to the chip, usually a single wire on the board's second UART. It stays valid until the
 * program ends; the caller does not close it.
 */
const struct imprint_transport *imprint_board_chip(void);

/* Returns a monotonic clock in microseconds. It may start at any value. */
uint64_t imprint_board_now_us(void);

/*
 * Returns the flash region of the key store, which nothing else may use. It stays valid until the program ends; the
 * caller does not free it.
 */
const struct imprint_flash_device *imprint_board_flash(void);

/*
 * Feeds the board's watchdog. A port without one leaves this function out. Called by the program itself, never by an
 * interrupt: before and after each exchange with the chip and each wait for it (0.7 seconds at most, and the time limit
 * for a chip or bus that tasks share), before each change of the flash and after each erase, before each piece of
 * console output, and once a second while the console waits for input. Between two calls the program may verify one
 * ECDSA signature in software or erase one block. Set the watchdog to at least twice the longer of the two, and to 2
 * seconds at least: whatever hangs, also in the port's own functions, then resets the board, and the next run finishes
 * the job.
 */
void imprint_board_feed_watchdog(void);

/*
 * Called when the application has finished; does not return. `status` 0 means success. A product sleeps or resets here;
 * the host board ends its process.
 */
IMPRINT_BOARD_NORETURN void imprint_board_end(int status);

#ifdef __cplusplus
}
#endif

#endif
