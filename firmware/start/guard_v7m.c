/* SPDX-License-Identifier: Apache-2.0 */
/* Armv7-M: an MPU region forbids access to the last bytes of the stack. A part without an MPU has no guard. */
#include "firmware/start/guard.h"

#include <stdint.h>

/* Armv7-M ARM B3.5. */
#define MPU_TYPE 0xE000ED90u
#define MPU_CTRL 0xE000ED94u
#define MPU_RNR 0xE000ED98u
#define MPU_RBAR 0xE000ED9Cu
#define MPU_RASR 0xE000EDA0u

/* Armv7-M ARM B3.2.15 and B3.2.18. */
#define CFSR 0xE000ED28u
#define MMARVALID (1u << 7)
#define MMFAR 0xE000ED34u

#define CTRL_DEFAULT_MAP_ELSE 5u /* on; memory that no region names is as without an MPU */
#define RASR_NO_ACCESS_32 9u     /* on, 2^(4+1) bytes, access permission 0; no execution */
#define RASR_NO_EXECUTION (1u << 28)

extern uint32_t start_stack_bottom[];

static volatile uint32_t *at(uint32_t address)
{
    return (volatile uint32_t *)(uintptr_t)address;
}

void guard_stack(void)
{
    if (*at(MPU_TYPE) == 0)
        return;
    *at(MPU_RNR) = 0;
    *at(MPU_RBAR) = (uint32_t)(uintptr_t)start_stack_bottom;
    *at(MPU_RASR) = RASR_NO_EXECUTION | RASR_NO_ACCESS_32;
    *at(MPU_CTRL) = CTRL_DEFAULT_MAP_ELSE;
    __asm__ volatile("dsb\n isb" ::: "memory");
}

/*
 * The exception's own frame may not have fitted; the frame's address shows that. For other accesses the address is in
 * MMFAR.
 */
bool guard_was_hit(const uint32_t *stack)
{
    const uint32_t touched = *at(MMFAR) - (uint32_t)(uintptr_t)start_stack_bottom;

    return stack < start_stack_bottom + GUARD_BYTES / 4 || ((*at(CFSR) & MMARVALID) != 0 && touched < GUARD_BYTES);
}

void guard_lift(void)
{
    *at(MPU_CTRL) = 0;
    __asm__ volatile("dsb\n isb" ::: "memory");
}
