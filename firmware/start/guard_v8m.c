/* SPDX-License-Identifier: Apache-2.0 */
/* Armv8-M mainline: the processor checks the stack pointer itself. */
#include "firmware/start/guard.h"

#include <stdint.h>

/* Armv8-M ARM D1.2.10. */
#define CFSR 0xE000ED28u
#define STKOF (1u << 20)

/* Leaves room for the frame that the processor pushes for the fault itself. */
#define FRAME GUARD_BYTES

extern uint32_t start_stack_bottom[];

void guard_stack(void)
{
    __asm__ volatile("msr msplim, %0" ::"r"((uint32_t)(uintptr_t)start_stack_bottom + FRAME));
}

bool guard_was_hit(const uint32_t *stack)
{
    (void)stack;
    return (*(const volatile uint32_t *)CFSR & STKOF) != 0;
}

void guard_lift(void)
{
    __asm__ volatile("msr msplim, %0" ::"r"(0));
}
