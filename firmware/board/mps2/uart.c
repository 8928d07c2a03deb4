/* SPDX-License-Identifier: Apache-2.0 */
#include <imprint/board.h>
#include "firmware/board/mps2/mps2.h"

/* Arm DDI 0479, table 4-11. */
#define DATA 0x00u
#define STATE 0x04u
#define CTRL 0x08u
#define INTCLEAR 0x0Cu
#define BAUDDIV 0x10u

#define STATE_SENDING 1u /* the transmit buffer is full */
#define STATE_RECEIVED 2u
#define CTRL_BOTH_WAYS 0xBu /* transmitter, receiver, and the receiver's interrupt */
#define INT_RECEIVED 2u

static volatile uint32_t *at(const struct mps2_uart *uart, uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(uart->base + offset);
}

void mps2_uart_start(const struct mps2_uart *uart, uint32_t baud)
{
    *at(uart, BAUDDIV) = (mps2_layout.clock_hz + baud / 2) / baud;
    *at(uart, CTRL) = CTRL_BOTH_WAYS;
}

bool mps2_uart_is_sending(const struct mps2_uart *uart)
{
    return (*at(uart, STATE) & STATE_SENDING) != 0;
}

bool mps2_uart_send(const struct mps2_uart *uart, uint8_t byte)
{
    if (mps2_uart_is_sending(uart))
        return false;
    *at(uart, DATA) = byte;
    return true;
}

int mps2_uart_receive(const struct mps2_uart *uart)
{
    return (*at(uart, STATE) & STATE_RECEIVED) != 0 ? (int)(*at(uart, DATA) & 0xff) : -1;
}

int mps2_uart_await(const struct mps2_uart *uart, uint64_t timeout_us)
{
    const uint64_t start = imprint_board_now_us();

    for (;;) {
        uint64_t waited;
        int byte;

        /* Clear the interrupt before checking for a byte, so that a byte that arrives afterwards ends the sleep. */
        *at(uart, INTCLEAR) = INT_RECEIVED;
        byte = mps2_uart_receive(uart);
        waited = imprint_board_now_us() - start;
        if (byte >= 0 || waited >= timeout_us)
            return byte;
        mps2_sleep_until_irq(uart->receive_irq, timeout_us - waited);
    }
}
