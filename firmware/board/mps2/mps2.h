/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of Arm's MPS2 boards that imprint uses: three CMSDK UARTs, the FPGA's counter, and a memory used as flash.
 * Every FPGA image of such a board has the same registers at other addresses. `mps2_layout` has the addresses; it is
 * all that a folder `firmware/board/mps2-.../` must define. Private to these folders.
 */
#ifndef IMPRINT_FIRMWARE_MPS2_H
#define IMPRINT_FIRMWARE_MPS2_H

#include <stdbool.h>
#include <stdint.h>

#include <imprint/transport.h>

#include "storage/flash.h"

/* A CMSDK UART (Arm DDI 0479, 4.3), and its receive interrupt. */
struct mps2_uart {
    uint32_t base;
    uint8_t receive_irq;
};

struct mps2_layout {
    const char *name;
    uint32_t clock_hz; /* of processor, UARTs and counter */
    struct mps2_uart console, wire, network;
    uint32_t fpgaio; /* base of the FPGA's system registers, which include the counter */
    uint8_t *flash;  /* the memory used as flash */
};
extern const struct mps2_layout mps2_layout;

/* The flash, with the geometry of a typical microcontroller. flash.c has its functions. */
extern const struct imprint_flash_device mps2_flash;
bool mps2_flash_read(void *context, uint32_t at, uint8_t *data, size_t len);
bool mps2_flash_program(void *context, uint32_t at, const uint8_t *data, size_t len);
bool mps2_flash_erase(void *context, uint32_t block);

/*
 * The chip, at the other end of the second UART: on a single wire (mps2-swi/), or on I2C (mps2-i2c/). A board's
 * `board_family` says which. Starting it again does no harm.
 */
void mps2_chip_start(void);
const struct imprint_transport *mps2_chip(void);

/* One UART, without waiting: sending is false when the transmit buffer is full, receiving is -1 when no byte is there.
 */
void mps2_uart_start(const struct mps2_uart *uart, uint32_t baud);
bool mps2_uart_is_sending(const struct mps2_uart *uart);
bool mps2_uart_send(const struct mps2_uart *uart, uint8_t byte);
int mps2_uart_receive(const struct mps2_uart *uart);

/* Waits for the next byte, sleeping; -1 when none came within `timeout_us`. */
int mps2_uart_await(const struct mps2_uart *uart, uint64_t timeout_us);

/* The clock of imprint_board_now_us(), and a sleep of at least the given time. */
void mps2_clock_start(void);
void mps2_delay_us(uint32_t microseconds);

/* Sleeps until interrupt `irq` is pending or `most_us` have passed. May return earlier. */
void mps2_sleep_until_irq(uint8_t irq, uint64_t most_us);

#endif
