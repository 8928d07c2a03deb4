/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip as a whole: open and close, power states, the watchdog and virtual time. Sleep destroys all volatile state
 * but the latch, idle only the reply; power-up destroys everything.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, nanosleep */
#include "virtual/chip/crypto.h"
#include "virtual/chip/image.h"
#include "virtual/chip/parts.h"
#include "virtual/chip/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS 1000000u
#define CLOCK_HZ_DEFAULT 400000
#define WAKE_DELAY_NS (1500u * 1000u)      /* tWHI */
#define WAKE_DELAY_SELF_TEST_NS (20u * MS) /* tWHIST: power-on self test enabled */
#define WATCHDOG_NS (1300u * MS)           /* nominal; 0.7 to 1.7 s on real parts */
#define WATCHDOG_LONG_NS (10000ull * MS)   /* ChipMode bit 2; 10 or 13 s, the public sources differ */
#define CLOCK_GRAIN_NS (1u * MS)           /* real time: shorter waits are left to add up */
#define SINGLE_WIRE_ADDRESS 0xc0           /* of parts without I2C: their byte 16 is no address */

/* The address that counts from the next sleep or power-up on. */
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
    chip->swi_queue_len = chip->swi_echo_len; /* what was still to be sent is not */
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

/* The tests that a wake makes when the config zone asks for them. A wake without them leaves the failure state, too. */
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

void virtual_wake(struct virtual_chip *chip)
{
    if (chip->power == VIRTUAL_AWAKE || chip->power == VIRTUAL_OFF || chip->silent)
        return;
    virtual_be_awake(chip);
    virtual_be_busy(chip, tests_itself(chip) ? WAKE_DELAY_SELF_TEST_NS : WAKE_DELAY_NS);
    chip->counters.wakes++;
}

static uint64_t clock_ns(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Virtual time never runs ahead of the clock by more than CLOCK_GRAIN_NS, and never falls behind it. */
static void follow_clock(struct virtual_chip *chip)
{
    const uint64_t elapsed_ns = clock_ns() - chip->real_origin_ns;
    struct timespec rest;
    int interrupted = 0;

    if (elapsed_ns >= chip->now_ns) {
        chip->now_ns = elapsed_ns;
        return;
    }
    if (chip->now_ns - elapsed_ns < CLOCK_GRAIN_NS)
        return;
    rest.tv_sec = (time_t)((chip->now_ns - elapsed_ns) / 1000000000u);
    rest.tv_nsec = (long)((chip->now_ns - elapsed_ns) % 1000000000u);
    do
        interrupted = nanosleep(&rest, &rest);
    while (interrupted != 0 && errno == EINTR);
}

void virtual_set_real_time(struct virtual_chip *chip, bool real_time)
{
    chip->real_time = real_time;
    chip->real_origin_ns = clock_ns() - chip->now_ns;
}

void virtual_set_times(struct virtual_chip *chip, enum virtual_times times)
{
    chip->times = times;
}

void virtual_set_public_rule(struct virtual_chip *chip, enum virtual_public_rule rule)
{
    chip->public_rule = rule;
}

bool virtual_gpio_level(const struct virtual_chip *chip)
{
    return chip->gpio;
}

void virtual_gpio_drive(struct virtual_chip *chip, bool level)
{
    if (virtual_gpio_mode(chip) == VIRTUAL_GPIO_INPUT)
        chip->gpio = level;
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
    if (chip->real_time)
        follow_clock(chip);
    if (chip->power != VIRTUAL_AWAKE)
        return;
    if (chip->now_ns >= chip->watchdog_ns || (chip->io_timeout_ns != 0 && chip->now_ns >= chip->io_timeout_ns))
        virtual_enter_sleep(chip);
}

void virtual_advance(struct virtual_chip *chip, uint64_t nanoseconds)
{
    pass(chip, chip->times == VIRTUAL_TIMES_NONE ? 0 : nanoseconds);
}

static struct virtual_problem no_problem(void)
{
    return (struct virtual_problem){.cause = NULL};
}

static enum virtual_status out_of_memory(struct virtual_problem *problem)
{
    problem->system_errno = ENOMEM;
    problem->cause = "out of memory";
    return VIRTUAL_SYSTEM;
}

enum virtual_status virtual_create(const char *path, const struct virtual_making *making,
                                   struct virtual_problem *problem)
{
    struct virtual_image image = {.fd = -1, .has_seed = making->has_seed, .seed = making->seed};
    struct virtual_memory memory;
    struct virtual_crypto *crypto = virtual_crypto_new();
    enum virtual_status status = VIRTUAL_OK;

    *problem = no_problem();
    if (crypto == NULL)
        return out_of_memory(problem);
    problem->cause = virtual_make_part(making, &image, crypto, &memory);
    if (problem->cause != NULL)
        status = VIRTUAL_BAD_IMAGE;
    else if (virtual_crypto_take_failure(crypto))
        status = out_of_memory(problem);
    else
        status = virtual_image_create(path, &image, crypto, &memory, problem);
    virtual_wipe(&memory, sizeof memory);
    virtual_crypto_free(crypto);
    return status;
}

enum virtual_status virtual_open(const char *path, struct virtual_chip **chip, struct virtual_problem *problem)
{
    struct virtual_chip *opened = calloc(1, sizeof *opened);
    enum virtual_status status = VIRTUAL_OK;

    *chip = NULL;
    *problem = no_problem();
    if (opened == NULL)
        return out_of_memory(problem);
    opened->image.fd = -1;
    opened->clock_hz = CLOCK_HZ_DEFAULT;
    opened->crypto = virtual_crypto_new();
    if (opened->crypto == NULL)
        status = out_of_memory(problem);
    else
        status = virtual_image_open(path, &opened->image, opened->crypto, &opened->memory, problem);
    if (status != VIRTUAL_OK) {
        virtual_close(opened);
        return status;
    }
    opened->committed = opened->memory;
    virtual_power_up(opened);
    *chip = opened;
    return VIRTUAL_OK;
}

void virtual_close(struct virtual_chip *chip)
{
    if (chip == NULL)
        return;
    virtual_image_close(&chip->image);
    virtual_crypto_free(chip->crypto);
    virtual_wipe(chip, sizeof *chip);
    free(chip);
}

void virtual_power_cycle(struct virtual_chip *chip)
{
    virtual_power_up(chip);
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

void virtual_read_counters(const struct virtual_chip *chip, struct virtual_counters *counters)
{
    *counters = chip->counters;
}

size_t virtual_list_writes(const struct virtual_chip *chip, struct virtual_write *writes, size_t cap)
{
    const size_t count = (size_t)chip->counters.nonvolatile_writes;

    for (size_t i = 0; i < count && i < cap && i < VIRTUAL_WRITES_KEPT; i++)
        writes[i] = chip->writes[i];
    return count;
}

bool virtual_file_failed(const struct virtual_chip *chip, struct virtual_problem *problem)
{
    *problem = chip->file_problem;
    return chip->file_problem.cause != NULL;
}

uint8_t virtual_i2c_address(const struct virtual_chip *chip)
{
    return chip->address;
}

bool virtual_is_single_wire(const struct virtual_chip *chip)
{
    return !virtual_is_i2c(chip);
}

void virtual_peek_config(const struct virtual_chip *chip, uint8_t config[static VIRTUAL_CONFIG_BYTES])
{
    memcpy(config, chip->memory.config, VIRTUAL_CONFIG_BYTES);
}

void virtual_digest(const struct virtual_chip *chip, uint8_t digest[static 32])
{
    virtual_sha256(chip->crypto, &chip->memory, sizeof chip->memory, digest);
}
