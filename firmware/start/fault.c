/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/start/fault.h"

#include <stdint.h>
#include <string.h>

#include <imprint/board.h>
#include "firmware/start/guard.h"

/*
 * Armv7-M ARM B3.2.2: the System Control Space's fault registers; SFSR exists in Armv8-M and reads as zero in Armv7-M.
 */
#define REGISTER_CFSR 0xE000ED28u
#define REGISTER_HFSR 0xE000ED2Cu
#define REGISTER_MMFAR 0xE000ED34u
#define REGISTER_BFAR 0xE000ED38u
#define REGISTER_SFSR 0xE000EDE4u

extern uint32_t start_stack_bottom[], start_stack_top[];

static uint32_t read_register(uint32_t address)
{
    return *(const volatile uint32_t *)(uintptr_t)address;
}

static void say(const char *text)
{
    imprint_board_console_write((const uint8_t *)text, strlen(text));
}

static void say_number(const char *name, uint32_t number)
{
    char text[9] = "";

    for (unsigned i = 0; i < 8; i++)
        text[i] = "0123456789abcdef"[number >> (28 - 4 * i) & 0xf];
    say(name);
    say(text);
}

/* `frame` is what the processor pushed: r0 to r3, r12, lr, pc, xPSR. */
__attribute__((used)) static void report(const uint32_t *frame, uint32_t exception)
{
    const bool overflow = guard_was_hit(frame);

    guard_lift();
    imprint_board_start(); /* it may not have run yet */
    say(overflow ? "\r\nfault, stack overflow" : "\r\nfault");
    say_number(": exception ", exception & 0x1ffu);
    if (!overflow && frame >= start_stack_bottom && frame + 8 <= start_stack_top) {
        say_number(", pc ", frame[6]);
        say_number(", lr ", frame[5]);
    }
    say_number(", sp ", (uint32_t)(uintptr_t)frame);
    say_number(", cfsr ", read_register(REGISTER_CFSR));
    say_number(", hfsr ", read_register(REGISTER_HFSR));
    say_number(", mmfar ", read_register(REGISTER_MMFAR));
    say_number(", bfar ", read_register(REGISTER_BFAR));
    say_number(", sfsr ", read_register(REGISTER_SFSR));
    say("\r\n");
    imprint_board_end(START_FAULT_STATUS);
}

/* The stack itself may be at fault, so the report starts again at its top. */
__attribute__((naked)) void start_fault(void)
{
    __asm__ volatile("mrs r0, msp\n"
                     "mrs r1, ipsr\n"
                     "ldr r2, =start_stack_top\n"
                     "msr msp, r2\n"
                     "b %0\n"
                     :
                     : "i"(report));
}
