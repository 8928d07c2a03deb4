/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power states, the watchdog and virtual time. Sleep clears all volatile state but the latch. Idle clears only the
 * reply. Power-up clears everything.
 */
#include "virtual/chip/power.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/group.h"
#include "virtual/chip/policy.h"

#define MS 1000000u
#define WAKE_DELAY_NS (1500u * 1000u)        /* tWHI */
#define WAKE_DELAY_TYPICAL_NS (400u * 1000u) /* tDVC_INIT: internal initialisation is done by then */
#define WAKE_DELAY_SELF_TEST_NS (20u * MS)   /* tWHIST: power-on self test enabled */
#define WATCHDOG_NS (1300u * MS)             /* nominal; 0.7 to 1.7 s on real parts */
#define WATCHDOG_LONG_NS (10000ull * MS)     /* ChipMode bit 2; 10 or 13 s, the public sources differ */
#define SINGLE_WIRE_ADDRESS 0xc0             /* of parts without I2C: their byte 16 is not an address */

/* The address in force from the next sleep or power-up on. */
static uint8_t configured_address(const struct virtual_chip *chip)
{
    const uint8_t *config = chip->memory.config;

    if (!virtual_is_i2c(chip))
        return SINGLE_WIRE_ADDRESS;
    if (virtual_is_608(chip) && (config[VIRTUAL_AT_CHIP_MODE] & 1) != 0 && config[VIRTUAL_AT_USER_EXTRA_ADDRESS] != 0)
        return config[VIRTUAL_AT_USER_EXTRA_ADDRESS] & 0xfe;
    return config[VIRTUAL_AT_I2C_ADDRESS] & 0xfe;
}

static bool tests_itself(const struct virtual_chip *chip)
{
    return virtual_is_608(chip) && (virtual_chip_options(chip) & VIRTUAL_CHIP_OPTION_SELF_TEST) != 0;
}

static void clear_buffer(struct virtual_chip *chip)
{
    virtual_wipe(chip->input, sizeof chip->input);
    virtual_wipe(chip->output, sizeof chip->output);
    chip->input_len = 0;
    chip->output_len = 0;
    chip->output_pos = 0;
    chip->swi = VIRTUAL_SWI_FLAG;
    chip->swi_bits = 0;
    chip->io_timeout_ns = 0;
    chip->swi_queue_len = chip->swi_echo_len; /* the rest of the reply is not sent */
}

void virtual_enter_idle(struct virtual_chip *chip)
{
    clear_buffer(chip);
    chip->power = VIRTUAL_IDLE;
}

void virtual_enter_sleep(struct virtual_chip *chip)
{
    clear_buffer(chip);
    virtual_wipe(&chip->registers, sizeof chip->registers);
    chip->power = VIRTUAL_ASLEEP;
    chip->address = configured_address(chip);
}

void virtual_cut_power(struct virtual_chip *chip)
{
    virtual_power_up(chip);
    chip->power = VIRTUAL_OFF;
}

void virtual_power_up(struct virtual_chip *chip)
{
    virtual_enter_sleep(chip);
    chip->latch = false;
    chip->boot_over = false;
    chip->gpio = (chip->memory.config[VIRTUAL_AT_I2C_ADDRESS] & 4) != 0; /* single wire: the pin's default level */
    chip->random_draws = 0;
    chip->silent = false;
    chip->bus = VIRTUAL_BUS_FREE;
}

/* Runs the tests that the config zone requires at each wake. A wake without tests ends the failure state, too. */
static bool run_self_tests(struct virtual_chip *chip)
{
    chip->failed_tests = 0;
    if (tests_itself(chip))
        chip->failed_tests = virtual_fault_self_test(chip, chip->counters.groups + 1) & VIRTUAL_SELF_TESTS;
    return chip->failed_tests == 0;
}

void virtual_be_awake(struct virtual_chip *chip)
{
    const uint8_t woken[1] = {run_self_tests(chip) ? 0x11 : 0x07};
    const bool long_watchdog = (chip->memory.config[VIRTUAL_AT_CHIP_MODE] & 4) != 0;

    chip->power = VIRTUAL_AWAKE;
    chip->watchdog_ns = chip->now_ns + (long_watchdog ? WATCHDOG_LONG_NS : WATCHDOG_NS);
    chip->answers_from_ns = chip->now_ns;
    chip->bus = VIRTUAL_BUS_FREE;
    virtual_set_output(chip, woken, sizeof woken);
}

/* How long after a wake pulse the chip does not answer. Self tests take their time whichever times apply. */
static uint64_t wake_delay_ns(const struct virtual_chip *chip)
{
    if (tests_itself(chip))
        return WAKE_DELAY_SELF_TEST_NS;
    return chip->times == VIRTUAL_TIMES_TYPICAL ? WAKE_DELAY_TYPICAL_NS : WAKE_DELAY_NS;
}

void virtual_wake(struct virtual_chip *chip)
{
    if (chip->power == VIRTUAL_AWAKE || chip->power == VIRTUAL_OFF || chip->silent)
        return;
    virtual_be_awake(chip);
    virtual_be_busy(chip, wake_delay_ns(chip));
    chip->counters.wakes++;
}

bool virtual_can_answer(const struct virtual_chip *chip)
{
    return chip->power == VIRTUAL_AWAKE && !chip->silent && chip->now_ns >= chip->answers_from_ns;
}

void virtual_be_busy(struct virtual_chip *chip, uint64_t nanoseconds)
{
    chip->answers_from_ns = chip->now_ns + (chip->times == VIRTUAL_TIMES_NONE ? 0 : nanoseconds);
}

static void pass(struct virtual_chip *chip, uint64_t nanoseconds)
{
    chip->now_ns += nanoseconds;
    if (chip->power != VIRTUAL_AWAKE)
        return;
    if (chip->now_ns >= chip->watchdog_ns || (chip->io_timeout_ns != 0 && chip->now_ns >= chip->io_timeout_ns))
        virtual_enter_sleep(chip);
}

void virtual_advance(struct virtual_chip *chip, uint64_t nanoseconds)
{
    pass(chip, chip->times == VIRTUAL_TIMES_NONE ? 0 : nanoseconds);
}

bool virtual_begin_transaction(struct virtual_chip *chip)
{
    const uint64_t transaction = ++chip->counters.transactions;

    if (virtual_fault_armed(chip, VIRTUAL_FAULT_BUS_CUT, transaction))
        virtual_cut_power(chip);
    return !virtual_fault_armed(chip, VIRTUAL_FAULT_BUS_NACK, transaction);
}

uint64_t virtual_now_ns(const struct virtual_chip *chip)
{
    return chip->now_ns;
}

void virtual_wait_ns(struct virtual_chip *chip, uint64_t nanoseconds)
{
    pass(chip, nanoseconds);
}

uint64_t virtual_busy_ns(const struct virtual_chip *chip)
{
    if (chip->power != VIRTUAL_AWAKE || chip->silent || chip->answers_from_ns <= chip->now_ns)
        return 0;
    return chip->answers_from_ns - chip->now_ns;
}
