/* SPDX-License-Identifier: Apache-2.0 */
#include <imprint/board.h>

#include <string.h>

#include "firmware/board/mps2/mps2.h"
#include "firmware/start/start.h"

#define CONSOLE_BAUD 115200

void imprint_board_start(void)
{
    mps2_clock_start();
    mps2_uart_start(&mps2_layout.console, CONSOLE_BAUD);
    mps2_uart_start(&mps2_layout.network, CONSOLE_BAUD);
    mps2_chip_start();
}

const char *imprint_board_name(void)
{
    return mps2_layout.name;
}

static void write(const struct mps2_uart *uart, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while (!mps2_uart_send(uart, data[i])) {
        }
    }
}

void imprint_board_console_write(const uint8_t *data, size_t len)
{
    write(&mps2_layout.console, data, len);
}

int imprint_board_console_read(uint32_t timeout_us)
{
    return mps2_uart_await(&mps2_layout.console, timeout_us);
}

/* Under QEMU the other end is a TCP connection: firmware/run --network. */
void imprint_board_network_write(const uint8_t *data, size_t len)
{
    write(&mps2_layout.network, data, len);
}

int imprint_board_network_read(uint32_t timeout_us)
{
    return mps2_uart_await(&mps2_layout.network, timeout_us);
}

const struct imprint_transport *imprint_board_chip(void)
{
    return mps2_chip();
}

const struct imprint_flash_device *imprint_board_flash(void)
{
    return &mps2_flash;
}

/*
 * Arm's semihosting specification, 7.8: SYS_EXIT_EXTENDED, which ends QEMU: operation number in r0, parameters in r1.
 */
static void leave(const uint32_t parameters[static 2])
{
    __asm__ volatile("mov r1, %1\n\tmov r0, %0\n\tbkpt 0xAB" : : "r"(0x20u), "r"(parameters) : "r0", "r1", "memory");
}

#if defined(IMPRINT_MEASURE)
static void say(const char *before, size_t number)
{
    char text[11] = "";
    size_t at = sizeof text - 1;

    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    imprint_board_console_write((const uint8_t *)before, strlen(before));
    imprint_board_console_write((const uint8_t *)text + at, strlen(text + at));
}

static void say_measures(void)
{
    say("measured: stack ", start_stack_used());
    say(" of ", start_stack_size());
    say(", heap ", start_heap_used());
    say(" of ", IMPRINT_HEAP_BYTES);
    imprint_board_console_write((const uint8_t *)"\r\n", 2);
}
#else
static void say_measures(void)
{
}
#endif

/* A board without a debugger stops here. */
void imprint_board_end(int status)
{
    const uint32_t reason[2] = {0x20026u /* ADP_Stopped_ApplicationExit */, (uint32_t)status};

    say_measures();
    while (mps2_uart_is_sending(&mps2_layout.console)) {
    }
    leave(reason);
    for (;;)
        __asm__ volatile("wfi");
}
