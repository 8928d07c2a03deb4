/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The I2C pins: wake pulses, address match, word addresses, and the one buffer for commands and replies. A command runs
 * at the STOP that follows its last byte. A chip that is busy, idle or asleep acknowledges nothing. It never stretches
 * the clock.
 */
#include "virtual/chip/group.h"
#include "virtual/chip/power.h"

#include <string.h>

#define BYTE_BITS 9
#define WAKE_LOW_NS 60000u /* tWLO; 15 to 60 microseconds are undefined on the part and do not wake this one */
#define READ_BIT 1u

enum { WORD_RESET = 0x00, WORD_SLEEP = 0x01, WORD_IDLE = 0x02, WORD_COMMAND = 0x03 };

static uint64_t bit_ns(const struct virtual_chip *chip)
{
    return (1000000000u + chip->clock_hz - 1) / chip->clock_hz;
}

static void pass_bits(struct virtual_chip *chip, unsigned bits)
{
    virtual_advance(chip, bits * bit_ns(chip));
}

/*
 * Zero bits in a row hold SDA low. If the bus is slow enough, they wake the chip, whatever address is sent. At 100 kHz
 * six of them do, so a scan of the bus wakes the chips when it comes to address 0x20 or 0x40.
 */
static void wake_by_zeros(struct virtual_chip *chip, uint8_t byte)
{
    unsigned longest = 0, zeros = 0;

    for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
        zeros = (byte & bit) == 0 ? zeros + 1 : 0;
        if (zeros > longest)
            longest = zeros;
    }
    if (longest * bit_ns(chip) >= WAKE_LOW_NS)
        virtual_wake(chip);
}

/* Reset of the address counter: a reply is read from its beginning, a command not yet complete is dropped. */
static void reset_counter(struct virtual_chip *chip)
{
    chip->output_pos = 0;
    chip->input_len = 0;
}

bool virtual_i2c_start(struct virtual_chip *chip, uint8_t address_byte)
{
    const bool reading = (address_byte & READ_BIT) != 0;
    const bool undisturbed = virtual_begin_transaction(chip);

    if (chip->bus == VIRTUAL_BUS_SINGLE && chip->word_address == WORD_RESET)
        reset_counter(chip); /* a repeated start ends the transaction as a stop does */
    chip->bus = VIRTUAL_BUS_OTHER;
    pass_bits(chip, 1 + BYTE_BITS);
    chip->counters.bus_bytes++;
    wake_by_zeros(chip, address_byte);
    if (!undisturbed || !virtual_can_answer(chip) || ((address_byte ^ chip->address) & ~READ_BIT) != 0)
        return false;
    if (reading && chip->input_len != 0) /* part of a command has arrived: there is nothing to read before it has run */
        return false;
    chip->bus = reading ? VIRTUAL_BUS_READ : VIRTUAL_BUS_WORD_ADDRESS;
    return true;
}

static bool take_word_address(struct virtual_chip *chip, uint8_t byte)
{
    chip->word_address = byte;
    switch (byte) {
    case WORD_RESET:
    case WORD_SLEEP:
    case WORD_IDLE:
        chip->bus = VIRTUAL_BUS_SINGLE;
        return true;
    case WORD_COMMAND:
        if (chip->input_len == 0 && virtual_refuse_group(chip)) {
            chip->bus = VIRTUAL_BUS_IGNORE;
            return false;
        }
        chip->bus = VIRTUAL_BUS_COMMAND;
        return true;
    default: /* reserved: acknowledged; the bytes after it are not */
        chip->bus = VIRTUAL_BUS_IGNORE;
        return true;
    }
}

/* Bytes after the announced count, or after what the buffer holds, are not acknowledged. */
static bool take_command_byte(struct virtual_chip *chip, uint8_t byte)
{
    if (chip->input_len != 0 && (chip->input_len >= chip->input[0] || chip->input_len == VIRTUAL_GROUP_MAX))
        return false;
    if (chip->input_len == 0)
        chip->output_len = 0; /* one buffer for both directions */
    chip->input[chip->input_len++] = byte;
    return true;
}

bool virtual_i2c_write(struct virtual_chip *chip, uint8_t byte)
{
    pass_bits(chip, BYTE_BITS);
    chip->counters.bus_bytes++;
    wake_by_zeros(chip, byte);
    if (!virtual_can_answer(chip))
        return false;
    switch (chip->bus) {
    case VIRTUAL_BUS_WORD_ADDRESS:
        return take_word_address(chip, byte);
    case VIRTUAL_BUS_COMMAND:
        return take_command_byte(chip, byte);
    case VIRTUAL_BUS_FREE:
    case VIRTUAL_BUS_OTHER:
    case VIRTUAL_BUS_SINGLE:
    case VIRTUAL_BUS_IGNORE:
    case VIRTUAL_BUS_READ:
        break;
    }
    return false;
}

uint8_t virtual_i2c_read(struct virtual_chip *chip)
{
    uint8_t byte = 0xff;

    if (chip->bus == VIRTUAL_BUS_READ && virtual_can_answer(chip) && chip->output_pos < chip->output_len)
        byte = chip->output[chip->output_pos++];
    pass_bits(chip, BYTE_BITS);
    chip->counters.bus_bytes++;
    return byte;
}

void virtual_i2c_stop(struct virtual_chip *chip)
{
    const enum virtual_bus ended = chip->bus;

    pass_bits(chip, 1);
    chip->bus = VIRTUAL_BUS_FREE;
    if (!virtual_can_answer(chip))
        return;
    if (ended == VIRTUAL_BUS_COMMAND && virtual_group_is_complete(chip))
        virtual_execute(chip);
    if (ended != VIRTUAL_BUS_SINGLE)
        return;
    switch (chip->word_address) {
    case WORD_RESET:
        reset_counter(chip);
        break;
    case WORD_SLEEP:
        virtual_enter_sleep(chip);
        break;
    case WORD_IDLE:
        virtual_enter_idle(chip);
        break;
    default:
        break;
    }
}

void virtual_i2c_sda_low(struct virtual_chip *chip, uint32_t microseconds)
{
    const uint64_t low_ns = (uint64_t)microseconds * 1000;

    chip->bus = VIRTUAL_BUS_FREE;
    virtual_advance(chip, low_ns);
    if (low_ns >= WAKE_LOW_NS)
        virtual_wake(chip);
}

void virtual_i2c_set_clock(struct virtual_chip *chip, uint32_t clock_hz)
{
    if (clock_hz != 0)
        chip->clock_hz = clock_hz;
}
