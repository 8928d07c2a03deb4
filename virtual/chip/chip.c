/* SPDX-License-Identifier: Apache-2.0 */
/* The chip as a whole: making, opening and closing a part, and what is asked of it from outside its pins. */
#include "virtual/chip/crypto.h"
#include "virtual/chip/image.h"
#include "virtual/chip/parts.h"
#include "virtual/chip/policy.h"
#include "virtual/chip/power.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_HZ_DEFAULT 400000

void virtual_set_times(struct virtual_chip *chip, enum virtual_times times)
{
    chip->times = times;
}

void virtual_prepare(struct virtual_chip *chip)
{
    virtual_crypto_prepare(chip->crypto);
}

void virtual_set_latch(struct virtual_chip *chip, bool set)
{
    chip->latch = set;
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
    image.has_revision = making->revision != NULL;
    if (image.has_revision)
        memcpy(image.revision, making->revision, sizeof image.revision);
    problem->cause = virtual_make_part(making, &image, crypto, &memory);
    if (problem->cause != NULL)
        status = VIRTUAL_BAD_IMAGE;
    else if (virtual_crypto_take_failure(crypto))
        status = out_of_memory(problem);
    else
        status = virtual_image_create(path, &image, &memory, problem);
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
        status = virtual_image_open(path, &opened->image, &opened->memory, problem);
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
    virtual_sha256(&chip->memory, sizeof chip->memory, digest);
}
