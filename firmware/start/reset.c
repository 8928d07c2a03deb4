/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/start/start.h"

#include <stdint.h>

#include <imprint/board.h>
#include "firmware/start/fault.h"
#include "firmware/start/guard.h"

/* The pattern of unused stack. */
#define PAINT 0xA5A5A5A5u

/* From sections.ld: addresses, not variables. */
extern uint32_t start_stack_bottom[], start_stack_top[];
extern uint32_t start_data_begin[], start_data_end[];
extern const uint32_t start_data_image[];
extern uint32_t start_bss_begin[], start_bss_end[];

int main(void);

/*
 * Armv7-M ARM B1.5.2: the initial stack pointer, then one handler for each exception. No interrupt handler ever runs
 * (boards that wait for an interrupt keep it masked), so the table ends here.
 */
struct vectors {
    // cppcheck-suppress unusedStructMember ; read by the processor
    uint32_t *stack;
    // cppcheck-suppress unusedStructMember ; likewise
    void (*handlers[15])(void);
};
__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    .stack = start_stack_top,
    .handlers =
        {
            start_reset, start_fault, start_fault, start_fault, start_fault, /* reset, NMI, hard, memory, bus fault */
            start_fault, start_fault, start_fault, start_fault, start_fault, /* usage, secure fault, reserved */
            start_fault, start_fault, start_fault, start_fault, start_fault, /* SVCall, debug, PendSV, SysTick */
        },
};

static uintptr_t address_of(const uint32_t *mark)
{
    return (uintptr_t)mark;
}

/* Fills the words between two linker symbols, which are addresses and not parts of one object. */
static void fill(uintptr_t begin, uintptr_t end, uint32_t value)
{
    for (uintptr_t at = begin; at < end; at += sizeof(uint32_t))
        *(volatile uint32_t *)at = value;
}

/* Fills the unused stack. Leaves 16 words below this function's frame, of which fill() needs a few. */
static void paint_stack(void)
{
    fill(address_of(start_stack_bottom), (uintptr_t)__builtin_frame_address(0) - 16 * sizeof(uint32_t), PAINT);
}

void start_reset(void)
{
    const uint32_t *from = start_data_image;

    for (uintptr_t at = address_of(start_data_begin); at < address_of(start_data_end); at += sizeof(uint32_t))
        *(volatile uint32_t *)at = *from++;
    fill(address_of(start_bss_begin), address_of(start_bss_end), 0);
    paint_stack();
    guard_stack();
    start_heap();
    imprint_board_end(main());
}

size_t start_stack_size(void)
{
    return address_of(start_stack_top) - address_of(start_stack_bottom);
}

size_t start_stack_used(void)
{
    const uintptr_t top = address_of(start_stack_top);
    uintptr_t at = address_of(start_stack_bottom) + GUARD_BYTES;

    while (at < top && *(const volatile uint32_t *)at == PAINT)
        at += sizeof(uint32_t);
    return top - at;
}
