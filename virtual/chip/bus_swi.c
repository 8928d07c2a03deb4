/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The single wire of parts without I2C: tokens of one bit, flags of one byte before each group, a turnaround before
 * each reply. There is no acknowledgement. A busy part ignores the wire. One that no longer follows a group goes to
 * sleep after the I/O timeout. Times are those of the ATECC608B-TFLXTLS data sheet, 8.1 to 8.4 and 9.3.2.
 */
#include "virtual/chip/group.h"
#include "virtual/chip/policy.h"
#include "virtual/chip/power.h"

#include <string.h>

#define FRAME_BITS 9       /* start, 7 data bits, stop */
#define TOKEN_ONE 0x7f     /* low for the start bit alone */
#define TOKEN_ZERO 0x7d    /* low for the start bit and the second data bit */
#define PULSE_MIN_NS 4100u /* tSTART, tZHI and tZLO to the device; 4.34 us at 230,400 baud */
#define PULSE_MAX_NS 4560u
#define WAKE_LOW_NS 60000u      /* tWLO */
#define TURNAROUND_NS 96000u    /* typical, from the start of the transmit flag's last bit */
#define DEVICE_BIT_NS 54000u    /* tBIT from the device, typical */
#define IO_TIMEOUT_NS 65000000u /* typical */

enum { FLAG_COMMAND = 0x77, FLAG_TRANSMIT = 0x88, FLAG_IDLE = 0xbb, FLAG_SLEEP = 0xcc };

/* The host's receiver gets what its transmitter sends. If the host sends during a reply, the rest of it is lost. */
static void echo(struct virtual_chip *chip, uint8_t uart_byte)
{
    chip->swi_queue_len = chip->swi_echo_len;
    if (chip->swi_queue_len == VIRTUAL_SWI_QUEUE) /* the host does not read: the newest byte is lost */
        return;
    chip->swi_queue[chip->swi_queue_len++] = uart_byte;
    chip->swi_echo_len = chip->swi_queue_len;
}

/* How long the line is low from the start bit on. */
static uint64_t low_ns(uint64_t bit_ns, uint8_t uart_byte)
{
    uint64_t bits = 1;

    while (bits < 8 && (uart_byte >> (bits - 1) & 1) == 0)
        bits++;
    return bits * bit_ns;
}

static void get_lost(struct virtual_chip *chip)
{
    chip->swi = VIRTUAL_SWI_LOST;
    chip->input_len = 0;
}

/* Queues the reply, eight UART bytes for a byte. It stays in the buffer and can be asked for again. */
static void transmit(struct virtual_chip *chip)
{
    if (chip->output_len == 0)
        return;
    virtual_advance(chip, TURNAROUND_NS);
    for (size_t i = 0; i < chip->output_len; i++)
        for (unsigned bit = 0; bit < 8 && chip->swi_queue_len < VIRTUAL_SWI_QUEUE; bit++)
            chip->swi_queue[chip->swi_queue_len++] = (chip->output[i] >> bit & 1) != 0 ? TOKEN_ONE : TOKEN_ZERO;
}

static void take_flag(struct virtual_chip *chip, uint8_t flag)
{
    if (!virtual_begin_transaction(chip) || chip->power != VIRTUAL_AWAKE)
        return;
    switch (flag) {
    case FLAG_COMMAND:
        chip->input_len = 0;
        if (virtual_refuse_group(chip))
            get_lost(chip);
        else
            chip->swi = VIRTUAL_SWI_COMMAND;
        break;
    case FLAG_TRANSMIT:
        transmit(chip);
        break;
    case FLAG_IDLE:
        virtual_enter_idle(chip);
        break;
    case FLAG_SLEEP:
        virtual_enter_sleep(chip);
        break;
    default: /* reserved */
        get_lost(chip);
        break;
    }
}

static void take_byte(struct virtual_chip *chip, uint8_t byte)
{
    chip->counters.bus_bytes++;
    if (chip->swi == VIRTUAL_SWI_FLAG) {
        take_flag(chip, byte);
        return;
    }
    chip->output_len = 0; /* one buffer for both directions */
    chip->input[chip->input_len++] = byte;
    if (!virtual_group_is_complete(chip))
        return;
    chip->swi = VIRTUAL_SWI_FLAG;
    virtual_execute(chip);
}

static void take_token(struct virtual_chip *chip, uint64_t bit_ns, uint8_t uart_byte)
{
    const uint8_t token = uart_byte & 0x7f;

    if ((token != TOKEN_ONE && token != TOKEN_ZERO) || bit_ns < PULSE_MIN_NS || bit_ns > PULSE_MAX_NS)
        get_lost(chip);
    if (chip->swi != VIRTUAL_SWI_LOST) {
        chip->swi_byte = (uint8_t)(chip->swi_byte >> 1 | (token == TOKEN_ONE ? 0x80 : 0));
        chip->swi_bits = (chip->swi_bits + 1) % 8;
        if (chip->swi_bits == 0)
            take_byte(chip, chip->swi_byte);
    }
    /* Sleep and idle have cleared all of this. A busy chip does not run its timeout. */
    if (chip->power == VIRTUAL_AWAKE)
        chip->io_timeout_ns = chip->swi != VIRTUAL_SWI_FLAG || chip->swi_bits != 0 ? chip->now_ns + IO_TIMEOUT_NS : 0;
}

/* A wake token to a chip that is awake restarts the I/O. The wake group replaces the reply. */
static void wake(struct virtual_chip *chip)
{
    if (chip->power != VIRTUAL_AWAKE) {
        virtual_wake(chip);
        return;
    }
    if (!virtual_can_answer(chip))
        return;
    chip->swi = VIRTUAL_SWI_FLAG;
    chip->swi_bits = 0;
    chip->io_timeout_ns = 0;
    chip->input_len = 0;
    virtual_set_output(chip, (const uint8_t[1]){0x11}, 1);
}

void virtual_swi_send(struct virtual_chip *chip, uint32_t baud, uint8_t uart_byte)
{
    const uint64_t bit_ns = baud == 0 ? 0 : 1000000000u / baud;

    echo(chip, uart_byte);
    virtual_advance(chip, FRAME_BITS * bit_ns);
    if (virtual_is_i2c(chip))
        return;
    if (low_ns(bit_ns, uart_byte) >= WAKE_LOW_NS)
        wake(chip);
    else if (virtual_can_answer(chip))
        take_token(chip, bit_ns, uart_byte);
}

size_t virtual_swi_receive(struct virtual_chip *chip, uint8_t *uart_bytes, size_t cap)
{
    size_t len = 0;

    while (len < cap && len < chip->swi_queue_len) {
        uart_bytes[len] = chip->swi_queue[len];
        if (len++ >= chip->swi_echo_len)
            virtual_advance(chip, DEVICE_BIT_NS);
    }
    if (len > chip->swi_queue_len) { /* the watchdog cut the reply short: there are no more bytes */
        chip->swi_queue_len = 0;
        chip->swi_echo_len = 0;
        return len;
    }
    memmove(chip->swi_queue, chip->swi_queue + len, chip->swi_queue_len - len);
    chip->swi_queue_len -= len;
    chip->swi_echo_len -= chip->swi_echo_len < len ? chip->swi_echo_len : len;
    return len;
}
