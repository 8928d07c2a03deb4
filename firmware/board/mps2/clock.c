/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time from the FPGA's counter, and sleep. Interrupts stay masked. A pending one still ends a WFI (Armv7-M ARM
 * B1.5.19), so none needs a handler.
 */
#include <imprint/board.h>
#include "firmware/board/mps2/mps2.h"

/* The FPGA system control registers (Arm DAI 0385, 5.2). The counter advances each time the prescaler wraps. */
#define COUNTER 0x18u
#define PRESCALE 0x1Cu

/* Armv7-M ARM B3.3 and B3.4. */
#define SYST_CSR 0xE000E010u
#define SYST_RVR 0xE000E014u
#define SYST_CVR 0xE000E018u
#define NVIC_ISER 0xE000E100u
#define NVIC_ICPR 0xE000E280u
#define ICSR 0xE000ED04u

#define SYST_RUN 7u        /* enabled, pends its exception, uses the processor's clock */
#define SYST_MAX 0xFFFFFFu /* 24 bits */
#define ICSR_PENDSTCLR (1u << 25)

static volatile uint32_t *at(uint32_t address)
{
    return (volatile uint32_t *)(uintptr_t)address;
}

void mps2_clock_start(void)
{
    __asm__ volatile("cpsid i");
    *at(mps2_layout.fpgaio + PRESCALE) = mps2_layout.clock_hz / 1000000u - 1;
}

/* The counter has 32 bits and wraps after 71 minutes; every wait reads it more often than that. */
uint64_t imprint_board_now_us(void)
{
    static uint32_t last, rounds;
    const uint32_t now = *at(mps2_layout.fpgaio + COUNTER);

    if (now < last)
        rounds++;
    last = now;
    return (uint64_t)rounds << 32 | now;
}

void mps2_sleep_until_irq(uint8_t irq, uint64_t most_us)
{
    const uint32_t ticks_us = mps2_layout.clock_hz / 1000000u;
    const uint64_t ticks = most_us * ticks_us;

    *at(NVIC_ISER + irq / 32 * 4) = 1u << irq % 32;
    *at(SYST_RVR) = ticks > SYST_MAX ? SYST_MAX : (uint32_t)ticks;
    *at(SYST_CVR) = 0;
    *at(SYST_CSR) = SYST_RUN;
    __asm__ volatile("dsb\n wfi" ::: "memory");
    *at(SYST_CSR) = 0;
    *at(ICSR) = ICSR_PENDSTCLR;
    *at(NVIC_ICPR + irq / 32 * 4) = 1u << irq % 32;
}

void mps2_delay_us(uint32_t microseconds)
{
    const uint64_t start = imprint_board_now_us();
    uint64_t waited = 0;

    while (waited < microseconds) {
        mps2_sleep_until_irq(mps2_layout.wire.receive_irq, microseconds - waited);
        waited = imprint_board_now_us() - start;
    }
}
