/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second UART as the chip's single wire. Under QEMU a virtual chip is at the other end and sends the echo of the
 * wire.
 */
#include <imprint/board.h>
#include "firmware/board/mps2/mps2.h"
#include "transport/swi.h"

/*
 * Under QEMU the other end of the UART is a process, which answers only when the host schedules it. A late answer would
 * be mistaken for the answer to the next command, so once the chip has answered at all, these limits are long. On a
 * real wire 1,000 is enough for all three.
 */
#define ANSWER_TIMEOUT_US 1000000
#define ECHO_TIMEOUT_US 2000000
#define NO_CHIP_TIMEOUT_US 100000

static bool chip_has_answered;

static bool wire_set_baud(void *context, uint32_t baud)
{
    const struct mps2_uart *uart = &mps2_layout.wire;

    (void)context;
    while (mps2_uart_is_sending(uart)) {
    }
    mps2_uart_start(uart, baud);
    return true;
}

static uint32_t byte_timeout_us(bool echo_is_due, uint32_t silence_us)
{
    if (!chip_has_answered)
        return NO_CHIP_TIMEOUT_US;
    return echo_is_due ? ECHO_TIMEOUT_US : silence_us;
}

static bool wire_exchange(void *context, struct bytes out, struct bytes_out *in, uint32_t silence_us)
{
    const struct mps2_uart *uart = &mps2_layout.wire;
    size_t sent = 0;

    (void)context;
    in->len = 0;
    while (out.len > 0 && mps2_uart_receive(uart) >= 0) {
    }
    while (sent < out.len || in->len < in->cap) {
        int byte;

        if (sent < out.len && mps2_uart_send(uart, out.data[sent]))
            sent++;
        byte = sent < out.len ? mps2_uart_receive(uart)
                              : mps2_uart_await(uart, byte_timeout_us(in->len < out.len, silence_us));
        if (byte >= 0)
            (void)bytes_append_byte(in, (uint8_t)byte);
        else if (sent == out.len)
            break;
        chip_has_answered = chip_has_answered || byte >= 0;
    }
    return true;
}

static void wire_delay_us(void *context, uint32_t microseconds)
{
    (void)context;
    mps2_delay_us(microseconds);
}

static uint64_t wire_now_us(void *context)
{
    (void)context;
    return imprint_board_now_us();
}

static const struct swi_port port = {
    .set_baud = wire_set_baud,
    .exchange = wire_exchange,
    .delay_us = wire_delay_us,
    .now_us = wire_now_us,
    .patience_us = ANSWER_TIMEOUT_US,
};

static struct transport_swi swi;
static struct imprint_transport transport;

void mps2_chip_start(void)
{
    mps2_uart_start(&mps2_layout.wire, SWI_BAUD);
    transport = transport_swi_init(&swi, &port);
}

const struct imprint_transport *mps2_chip(void)
{
    return &transport;
}
