/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template of a board with a UART for the console, an ATECC608 on I2C, and flash of its own for the key store. It
 * compiles and links as it is, and reaches no hardware: each function says what to write into it, and until then fails,
 * so that `bringup` names the first one that is missing (docs/guide/product.md). "STM32L4" are hints for that family,
 * by register; other microcontrollers have the same under other names.
 *
 * imprint's start code (firmware/start/) has a vector table without interrupts. Leave them masked, and poll. A vendor's
 * function that counts the ticks of an interrupt (STM32's HAL with its SysTick) waits for ever here: use its low-layer
 * functions (LL), or registers.
 */
#include <imprint/board.h>
#include <imprint/i2c.h>

/* --- clocks and console ------------------------------------------------------------------------------------------ */

/*
 * Called first, with the clock and the pins as they are after reset. Starts the clocks, a UART at 115,200 baud 8N1, the
 * I2C master at 100 kHz with its two pins as open drain, and a free-running counter. A fault handler may call it once
 * more: it must work again from any state.
 *
 * STM32L4: RCC (PLL, AHB2ENR for the ports, APB1ENR1 for USART2 and I2C1); GPIO alternate functions; USART2->BRR, CR1;
 * I2C1->TIMINGR, CR1; TIM2 at 1 MHz: PSC, CR1. A watchdog (IWDG) is started here, too, last.
 */
void imprint_board_start(void)
{
}

/* One word, for people and for the station's records. */
const char *imprint_board_name(void)
{
    return "template";
}

/*
 * Sends `len` bytes and returns when the UART has accepted the last one. STM32L4: for each byte wait for USART_ISR_TXE,
 * write TDR.
 */
void imprint_board_console_write(const uint8_t *data, size_t len)
{
    (void)data;
    (void)len;
}

/*
 * The next byte, or -1 if none comes within `timeout_us`; with 0 it does not wait. STM32L4: until the time is over,
 * look at USART_ISR_RXNE and read RDR; clear USART_ISR_ORE if it is set, else no byte follows. The station sends
 * nothing before it has the answer to its last command, so one byte of buffer is enough.
 */
int imprint_board_console_read(uint32_t timeout_us)
{
    (void)timeout_us;
    return -1;
}

/*
 * Microseconds, in 64 bits, never running backward. STM32L4: TIM2->CNT at 1 MHz wraps after 71 minutes: keep the last
 * value and add 2^32 to the high half when the counter has become smaller. Called often enough for that.
 */
uint64_t imprint_board_now_us(void)
{
    return 0;
}

/* --- the chip on I2C --------------------------------------------------------------------------------------------- */

/*
 * One whole transfer: START, address, all bytes, STOP. IMPRINT_I2C_NACK when the address or a byte is not acknowledged:
 * for this chip that is an everyday answer (it sleeps, or is busy), after which the bus must be free and the master
 * ready. Never repeats a transfer. Ends after a time limit of its own, 5 ms and 10 bit times a byte.
 *
 * STM32L4: I2C1->CR2 = address << 1 | len << 16 | AUTOEND | START, RD_WRN for reading; then TXIS or RXNE for each byte;
 * NACKF means _NACK, ARLO and BERR mean _FAILED; wait for STOPF; clear all of them in ICR. NBYTES counts to 255, more
 * than the longest transfer has (163).
 */
static enum imprint_i2c_result i2c_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    (void)context;
    (void)address;
    (void)data;
    (void)len;
    return IMPRINT_I2C_FAILED;
}

static enum imprint_i2c_result i2c_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    (void)context;
    (void)address;
    (void)data;
    (void)len;
    return IMPRINT_I2C_FAILED;
}

/* At least `microseconds`. Also feeds no watchdog: imprint does (imprint_board_feed_watchdog()). */
static void i2c_delay_us(void *context, uint32_t microseconds)
{
    (void)context;
    (void)microseconds;
}

static uint64_t i2c_now_us(void *context)
{
    (void)context;
    return imprint_board_now_us();
}

/*
 * Four functions are enough on a bus that runs at 100 kHz and has no other master or device: a byte to address 0x00 is
 * then the wake pulse. A faster bus needs `set_clock` or `wake`; a bus with other devices should have `recover`, and
 * one that other tasks use `lock` and `unlock` (imprint/i2c.h). STM32L4: TIMINGR may be changed only while PE is 0.
 */
static const struct imprint_i2c_port i2c_port = {
    .write = i2c_write,
    .read = i2c_read,
    .delay_us = i2c_delay_us,
    .now_us = i2c_now_us,
    .clock_hz = 100000,
};

/*
 * The opened transport. The 7-bit address is 0x60 for a part with the usual configuration, 0x35 for Trust&GO, 0x36 for
 * TrustFLEX; 0 looks at all three. A part on a single wire has struct swi_port instead (src/transport/swi.h).
 */
const struct imprint_transport *imprint_board_chip(void)
{
    static struct imprint_i2c i2c;
    static struct imprint_transport transport;
    const char *problem;

    if (transport.operations == NULL)
        (void)imprint_i2c_open(&i2c, &i2c_port, 0, &transport, &problem);
    return &transport;
}

/* --- flash for the key store ------------------------------------------------------------------------------------- */

/* STM32L4: memcpy() from the address in the flash's memory map. False if the flash reports an error it cannot correct.
 */
static bool flash_read(void *context, uint32_t at, uint8_t *data, size_t len)
{
    (void)context;
    (void)at;
    (void)data;
    (void)len;
    return false;
}

/*
 * Programs whole units, each once between two erases. STM32L4: unlock by KEYR, clear SR, set PG, write two words for
 * each double word, wait for BSY, look at SR's errors, lock.
 */
static bool flash_program(void *context, uint32_t at, const uint8_t *data, size_t len)
{
    (void)context;
    (void)at;
    (void)data;
    (void)len;
    return false;
}

/* Sets one block to 0xFF. STM32L4: PER and PNB in CR, STRT, wait for BSY: 25 ms, in which code must not run from that
 * bank. */
static bool flash_erase(void *context, uint32_t block)
{
    (void)context;
    (void)block;
    return false;
}

/*
 * The pages of the key store, which nothing else may use and which no update of the firmware may erase. Two keys fit
 * into two blocks of 1 KiB; more blocks spread the wear. STM32L4: pages of 2 KiB, units of 8 bytes, and an error
 * correcting code, hence blank_is_erased = false.
 */
const struct imprint_flash_device *imprint_board_flash(void)
{
    static const struct imprint_flash_device device = {
        .block_size = 2048,
        .block_count = 4,
        .unit = 8,
        .spare_blocks = 1,
        .blank_is_erased = false,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
    };

    return &device;
}

/* --- watchdog and end -------------------------------------------------------------------------------------------- */

/* Leave this function out on a board without a watchdog. STM32L4: IWDG->KR = 0xAAAA. Its period: 2 seconds or more. */
void imprint_board_feed_watchdog(void)
{
}

/* The application has finished: reset, sleep, or stop. Does not return. */
_Noreturn void imprint_board_end(int status)
{
    (void)status;
    for (;;)
        __asm__ volatile("wfi");
}
