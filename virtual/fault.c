/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults by id, "KIND@N". What a fault does depends on its id alone, so that a run can be repeated. The bus takes care
 * of `nack` and `silent`, virtual_execute() of `reset`, `slow` and `kill`; the bytes of groups are changed here.
 */
#include "virtual/crypto.h"

#include <string.h>

static const struct {
    const char *name;
    enum virtual_fault_kind kind;
} kinds[] = {
    {"silent", VIRTUAL_FAULT_SILENT}, {"nack", VIRTUAL_FAULT_NACK}, {"garbage", VIRTUAL_FAULT_GARBAGE},
    {"badcrc", VIRTUAL_FAULT_BADCRC}, {"flip", VIRTUAL_FAULT_FLIP}, {"lost", VIRTUAL_FAULT_LOST},
    {"reset", VIRTUAL_FAULT_RESET},   {"slow", VIRTUAL_FAULT_SLOW}, {"kill", VIRTUAL_FAULT_KILL},
};

/* A decimal number from 1 to 9 digits long, not 0, and nothing after it. */
static bool read_group(const char *text, uint64_t *group)
{
    const size_t len = strlen(text);

    *group = 0;
    if (len == 0 || len > 9)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *group = *group * 10 + (uint64_t)(text[i] - '0');
    }
    return *group != 0;
}

bool virtual_arm_fault(struct virtual_chip *chip, const char *id)
{
    const char *at = strchr(id, '@');
    struct virtual_fault fault = {.group = 0};

    if (at == NULL || !read_group(at + 1, &fault.group) || chip->fault_count == VIRTUAL_FAULTS_MAX)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].name) != (size_t)(at - id) || strncmp(id, kinds[i].name, (size_t)(at - id)) != 0)
            continue;
        fault.kind = kinds[i].kind;
        chip->faults[chip->fault_count++] = fault;
        return true;
    }
    return false;
}

bool virtual_fault_armed(const struct virtual_chip *chip, enum virtual_fault_kind kind, uint64_t group)
{
    for (size_t i = 0; i < chip->fault_count; i++)
        if (chip->faults[i].kind == kind && chip->faults[i].group == group)
            return true;
    return false;
}

void virtual_fault_input(struct virtual_chip *chip)
{
    size_t bit = 0;

    if (!virtual_fault_armed(chip, VIRTUAL_FAULT_FLIP, chip->groups))
        return;
    /* Any bit but those of the count; 13 makes neighbouring groups differ in more than one place. */
    bit = 8 + (size_t)(chip->groups * 13 % ((chip->input_len - 1) * 8));
    chip->input[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* Bytes that look random and follow from the group's number. */
static void make_garbage(struct virtual_chip *chip)
{
    uint8_t block[32] = "garbage";

    memcpy(block + 16, &chip->groups, sizeof chip->groups);
    for (size_t at = 0; at < VIRTUAL_GROUP_MAX; at++) {
        if (at % 32 == 0)
            virtual_sha256(chip->crypto, block, sizeof block, block);
        chip->output[at] = block[at % 32];
    }
    chip->output_len = VIRTUAL_GROUP_MAX;
    chip->output_pos = 0;
}

void virtual_fault_output(struct virtual_chip *chip)
{
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_GARBAGE, chip->groups))
        make_garbage(chip);
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_BADCRC, chip->groups))
        chip->output[chip->output_len - 1] ^= (uint8_t)(1u << chip->groups % 8);
    if (virtual_fault_armed(chip, VIRTUAL_FAULT_LOST, chip->groups))
        virtual_enter_sleep(chip);
}
