/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arm's MPS2 boards, as far as imprint uses them: two CMSDK UARTs, the FPGA's counter, and a memory that stands for
 * flash. Every image of such a board has the same registers at other addresses: `mps2_layout` says where, and is all
 * that a folder `firmware/board/mps2-.../` has to define. Private to these folders.
 */
#ifndef IMPRINT_FIRMWARE_MPS2_H
#define IMPRINT_FIRMWARE_MPS2_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/flash.h"
#include "transport/swi.h"

/* A CMSDK UART (Arm DDI 0479, 4.3), and the interrupt that says that it has received. */
struct mps2_uart {
    uint32_t base;
    uint8_t receive_irq;
};

struct mps2_layout {
    const char *name;
    uint32_t clock_hz; /* of processor, UARTs and counter */
    struct mps2_uart console, wire;
    uint32_t fpgaio; /* base of the FPGA's system registers, the counter among them */
    uint8_t *flash;  /* the memory that stands for flash */
};
extern const struct mps2_layout mps2_layout;

/* The flash, with the geometry of some microcontroller; the functions are flash.c's, which keep its rules. */
extern const struct imprint_flash_device mps2_flash;
bool mps2_flash_read(void *context, uint32_t at, uint8_t *data, size_t len);
bool mps2_flash_program(void *context, uint32_t at, const uint8_t *data, size_t len);
bool mps2_flash_erase(void *context, uint32_t block);

/* The UART of the wire, for transport/swi.h. */
extern const struct swi_port mps2_wire;

/* One UART. Sending takes the byte when there is room for it, receiving gives -1 when there is none. */
void mps2_uart_start(const struct mps2_uart *uart, uint32_t baud);
bool mps2_uart_is_sending(const struct mps2_uart *uart);
bool mps2_uart_send(const struct mps2_uart *uart, uint8_t byte);
int mps2_uart_receive(const struct mps2_uart *uart);

/* The next byte; -1 when none came within `timeout_us`. The processor sleeps meanwhile. */
int mps2_uart_await(const struct mps2_uart *uart, uint64_t timeout_us);

/* The clock behind imprint_board_now_us(), and sleep of at least that long. */
void mps2_clock_start(void);
void mps2_delay_us(uint32_t microseconds);

/* Sleeps until an interrupt of `irq` is pending, or `most_us` have passed, or earlier. */
void mps2_doze(uint8_t irq, uint64_t most_us);

#endif
