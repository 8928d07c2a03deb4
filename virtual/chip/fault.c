/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults by id, "KIND@N". What a fault does depends only on its id and on what the host does, so that a run can be
 * repeated. This file changes bytes of groups and of memory. power.c and commands.c ask it whether a fault is armed,
 * and decide what happens to the group and to the chip's power.
 */
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

#define PAGE_BYTES 32 /* no public number: the block that Write addresses */
#define NUMBER_DIGITS 9
#define COUNTERS_BYTES 16 /* both monotonic counters */

static const struct {
    const char *name;
    const char *suffix; /* NULL: a point and a number, stored as `choice` */
    enum virtual_fault_kind kind;
} kinds[] = {
    {"silent", "", VIRTUAL_FAULT_SILENT},
    {"nack", "", VIRTUAL_FAULT_NACK},
    {"garbage", "", VIRTUAL_FAULT_GARBAGE},
    {"badcrc", "", VIRTUAL_FAULT_BADCRC},
    {"flip", "", VIRTUAL_FAULT_FLIP},
    {"lost", "", VIRTUAL_FAULT_LOST},
    {"reset", "", VIRTUAL_FAULT_RESET},
    {"slow", "", VIRTUAL_FAULT_SLOW},
    {"kill", "", VIRTUAL_FAULT_KILL},
    {"watchdog", "", VIRTUAL_FAULT_WATCHDOG},
    {"brownout", "", VIRTUAL_FAULT_BROWNOUT},
    {"swap", "", VIRTUAL_FAULT_SWAP},
    {"cut", "", VIRTUAL_FAULT_CUT_BEFORE},
    {"cut", ".before", VIRTUAL_FAULT_CUT_BEFORE},
    {"cut", ".after", VIRTUAL_FAULT_CUT_AFTER},
    {"tear", NULL, VIRTUAL_FAULT_TEAR},
    {"selftest", NULL, VIRTUAL_FAULT_SELF_TEST},
    {"buscut", "", VIRTUAL_FAULT_BUS_CUT},
    {"busnack", "", VIRTUAL_FAULT_BUS_NACK},
};

/* A decimal number from 1 to 9 digits long. Returns what follows it, NULL when there is none. */
static const char *read_number(const char *text, uint32_t *number)
{
    unsigned digits = 0;

    *number = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (++digits > NUMBER_DIGITS)
            return NULL;
        *number = *number * 10 + (uint32_t)(*text - '0');
    }
    return digits == 0 ? NULL : text;
}

bool virtual_arm_fault(struct virtual_chip *chip, const char *id)
{
    const char *at = strchr(id, '@');
    const char *rest = NULL;
    struct virtual_fault fault = {.at = 0};
    uint32_t number = 0;

    if (at == NULL || chip->fault_count == VIRTUAL_FAULTS_MAX)
        return false;
    rest = read_number(at + 1, &number);
    if (rest == NULL || number == 0)
        return false;
    fault.at = number;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].name) != (size_t)(at - id) || strncmp(id, kinds[i].name, (size_t)(at - id)) != 0)
            continue;
        if (kinds[i].suffix == NULL) {
            const char *end = *rest == '.' ? read_number(rest + 1, &fault.choice) : NULL;

            if (end == NULL || *end != '\0')
                continue;
        } else if (strcmp(rest, kinds[i].suffix) != 0) {
            continue;
        }
        fault.kind = kinds[i].kind;
        chip->faults[chip->fault_count++] = fault;
        return true;
    }
    return false;
}

static const struct virtual_fault *find_fault(const struct virtual_chip *chip, enum virtual_fault_kind kind,
                                              uint64_t at)
{
    for (size_t i = 0; i < chip->fault_count; i++)
        if (chip->faults[i].kind == kind && chip->faults[i].at == at)
            return &chip->faults[i];
    return NULL;
}

bool virtual_fault_armed(const struct virtual_chip *chip, enum virtual_fault_kind kind, uint64_t at)
{
    return find_fault(chip, kind, at) != NULL;
}

uint8_t virtual_fault_self_test(struct virtual_chip *chip, uint64_t group)
{
    for (size_t i = 0; i < chip->fault_count; i++)
        if (chip->faults[i].kind == VIRTUAL_FAULT_SELF_TEST && chip->faults[i].at <= group) {
            chip->faults[i].at = UINT64_MAX; /* once */
            return (uint8_t)chip->faults[i].choice;
        }
    return 0;
}

/* ---- memory ---- */

/* Length of the page that begins at offset `at` of the memory struct: config, OTP, slots. */
static size_t page_len(size_t at)
{
    const size_t data_at = VIRTUAL_CONFIG_BYTES + VIRTUAL_OTP_BYTES;
    size_t left = PAGE_BYTES;

    for (unsigned slot = 0; slot < VIRTUAL_SLOTS; slot++) {
        const size_t begin = data_at + virtual_slot_at(slot);

        if (at >= begin && at < begin + virtual_slot_size(slot))
            left = begin + virtual_slot_size(slot) - at;
    }
    return left < PAGE_BYTES ? left : PAGE_BYTES;
}

/* A page of which some changed bits are new and others old. Group, choice and page decide which. */
static void tear_page(const struct virtual_fault *fault, uint8_t *now, const uint8_t *then, size_t at, size_t len)
{
    uint8_t mask[32] = "tear";

    memcpy(mask + 8, &fault->at, sizeof fault->at);
    memcpy(mask + 16, &fault->choice, sizeof fault->choice);
    memcpy(mask + 24, &at, sizeof at);
    virtual_sha256(mask, sizeof mask, mask);
    for (size_t i = 0; i < len; i++)
        now[i] = (uint8_t)((now[i] & mask[i]) | (then[i] & ~mask[i]));
}

void virtual_fault_write(struct virtual_chip *chip)
{
    const struct virtual_fault *fault = find_fault(chip, VIRTUAL_FAULT_TEAR, chip->counters.groups);
    const uint64_t index = chip->counters.nonvolatile_writes;
    struct virtual_write record = {.group = chip->counters.groups};
    struct virtual_memory wanted = chip->memory;
    uint8_t *now = (uint8_t *)&chip->memory;
    const uint8_t *then = (const uint8_t *)&chip->committed;
    uint32_t pattern = fault == NULL ? 0 : fault->choice;
    bool counters_are_new = false;
    size_t len = 0;

    for (size_t at = 0; at < sizeof chip->memory; at += len) {
        len = page_len(at);
        if (memcmp(now + at, then + at, len) == 0)
            continue;
        record.pages++;
        if (at < VIRTUAL_AT_COUNTERS + COUNTERS_BYTES && at + len > VIRTUAL_AT_COUNTERS && pattern % 3 != 0)
            counters_are_new = true;
        if (fault != NULL && pattern % 3 == 0)
            memcpy(now + at, then + at, len);
        if (fault != NULL && pattern % 3 == 1)
            tear_page(fault, now + at, then + at, at, len);
        pattern /= 3;
    }
    if (fault != NULL) /* the part stores its counters so that no cut loses a count */
        memcpy(now + VIRTUAL_AT_COUNTERS, (counters_are_new ? (const uint8_t *)&wanted : then) + VIRTUAL_AT_COUNTERS,
               COUNTERS_BYTES);
    virtual_wipe(&wanted, sizeof wanted);
    if (index < VIRTUAL_WRITES_KEPT)
        chip->writes[index] = record;
}

/* Another serial number, and another key in every private slot that has one. */
static void change_identity(struct virtual_memory *memory)
{
    static const uint8_t serial[] = {2, 3, 8, 9, 10, 11};

    for (size_t i = 0; i < sizeof serial; i++)
        memory->config[serial[i]] ^= 0xff;
    for (unsigned slot = 0; slot < VIRTUAL_SLOTS; slot++) {
        uint8_t *scalar = virtual_slot_scalar(memory, slot);

        if (!virtual_is_private(memory, slot) || !virtual_is_p256(memory, slot) || !virtual_scalar_is_valid(scalar))
            continue;
        virtual_sha256(scalar, 32, scalar);
        scalar[0] &= 0x7f; /* certainly below the order */
    }
}

bool virtual_fault_swap(struct virtual_chip *chip, uint64_t group)
{
    if (chip->swapped || !virtual_fault_armed(chip, VIRTUAL_FAULT_SWAP, group))
        return false;
    change_identity(&chip->memory);
    chip->committed = chip->memory;
    chip->swapped = true;
    return true;
}

/* ---- bytes of groups ---- */

void virtual_fault_input(struct virtual_chip *chip)
{
    size_t bit = 0;

    if (!virtual_fault_armed(chip, VIRTUAL_FAULT_FLIP, chip->counters.groups) || chip->input_len < 2)
        return;
    /* Any bit but those of the count. The factor 13 makes neighbouring groups differ in more than one place. */
    bit = 8 + (size_t)(chip->counters.groups * 13 % ((chip->input_len - 1) * 8));
    chip->input[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* Bytes that look random and follow from the group's number. */
static void make_garbage(struct virtual_chip *chip)
{
    uint8_t block[32] = "garbage";

    memcpy(block + 16, &chip->counters.groups, sizeof chip->counters.groups);
    for (size_t at = 0; at < VIRTUAL_GROUP_MAX; at++) {
        if (at % 32 == 0)
            virtual_sha256(block, sizeof block, block);
        chip->output[at] = block[at % 32];
    }
    chip->output_len = VIRTUAL_GROUP_MAX;
    chip->output_pos = 0;
}

void virtual_fault_output(struct virtual_chip *chip)
{
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_GARBAGE, chip->counters.groups))
        make_garbage(chip);
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_BADCRC, chip->counters.groups))
        chip->output[chip->output_len - 1] ^= (uint8_t)(1u << chip->counters.groups % 8);
}
