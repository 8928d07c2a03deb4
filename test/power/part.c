/* SPDX-License-Identifier: Apache-2.0 */
#include "test/power/part.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "virtual/chip/crypto.h"
#include "virtual/chip/image.h"
#include "virtual/chip/policy.h"
#include "virtual/chip/virtual_invasive.h"
#include "virtual/chip/power.h"

enum { TORN_TIMES = 3 };

static bool copy_file(const char *from, const char *to)
{
    uint8_t content[8192];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    ssize_t len = in < 0 ? -1 : read(in, content, sizeof content);
    int out = len <= 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = out >= 0 && write(out, content, (size_t)len) == len;

    if (in >= 0)
        (void)close(in);
    if (out >= 0)
        (void)close(out);
    return good;
}

bool part_open(struct part *part, const char *path)
{
    struct virtual_problem problem;

    *part = (struct part){.chip = NULL};
    if (snprintf(part->file, sizeof part->file, "%s.live", path) >= (int)sizeof part->file ||
        snprintf(part->twin_file, sizeof part->twin_file, "%s.twin", path) >= (int)sizeof part->twin_file ||
        !copy_file(path, part->file) || !copy_file(path, part->twin_file) ||
        virtual_open(part->file, &part->chip, &problem) != VIRTUAL_OK ||
        virtual_open(part->twin_file, &part->twin, &problem) != VIRTUAL_OK) {
        part_close(part);
        return false;
    }
    part->transport = transport_virtual_init(&part->wire, part->chip);
    part->twin_transport = transport_virtual_init(&part->twin_wire, part->twin);
    return true;
}

void part_close(struct part *part)
{
    virtual_close(part->chip);
    virtual_close(part->twin);
    part->chip = part->twin = NULL;
}

bool part_write_file(struct part *part, const struct part_memory *memory)
{
    struct virtual_chip *chip = part->chip;
    bool good = true;

    chip->image.sequence = memory->sequence - 2;
    for (unsigned half = 0; half < 2; half++)
        good = virtual_image_commit(&chip->image, &memory->bytes) == 0 && good;
    return good;
}

bool part_read_file(const struct part *part, struct part_memory *memory)
{
    struct virtual_problem problem;
    struct virtual_chip *chip = NULL;
    char copy[520];

    (void)snprintf(copy, sizeof copy, "%s.read", part->file);
    if (!copy_file(part->file, copy) || virtual_open(copy, &chip, &problem) != VIRTUAL_OK)
        return false;
    *memory = (struct part_memory){.bytes = chip->memory, .sequence = chip->image.sequence};
    virtual_close(chip);
    return unlink(copy) == 0;
}

void part_take(const struct part *part, struct part_memory *memory)
{
    *memory = (struct part_memory){.bytes = part->chip->memory, .sequence = part->chip->image.sequence};
}

/* Everything of `from` but what belongs to the process: file and library contexts. */
static void become(struct virtual_chip *chip, const struct virtual_chip *from)
{
    struct virtual_image image = chip->image;
    struct virtual_crypto *crypto = chip->crypto;

    image.sequence = from->image.sequence;
    *chip = *from;
    chip->image = image;
    chip->crypto = crypto;
}

void part_power_on(struct part *part, const struct part_memory *memory)
{
    struct virtual_chip fresh = {.memory = memory->bytes, .committed = memory->bytes, .clock_hz = part->chip->clock_hz};

    fresh.image.sequence = memory->sequence;
    become(part->chip, &fresh);
    virtual_power_up(part->chip);
}

void part_freeze(const struct part *part, struct virtual_chip *frozen)
{
    *frozen = *part->chip;
}

void part_thaw(struct part *part, const struct virtual_chip *frozen)
{
    become(part->chip, frozen);
    part->chip->counters = (struct virtual_counters){.commands = 0};
    part->chip->fault_count = 0;
}

void part_remember(struct part *part)
{
    part->before = *part->chip;
}

/* 3 to the power of the pages that the last group has changed; 0 when it has changed none. */
static unsigned patterns_of(const struct part *part)
{
    const uint64_t writes = part->chip->counters.nonvolatile_writes;
    unsigned patterns = 1;

    if (writes == part->before.counters.nonvolatile_writes)
        return 0;
    for (unsigned page = 0; page < part->chip->writes[(writes - 1) % VIRTUAL_WRITES_KEPT].pages; page++)
        patterns *= 3;
    return patterns;
}

unsigned part_tears(const struct part *part)
{
    const unsigned patterns = patterns_of(part);

    return patterns == 0 ? 0 : TORN_TIMES * (patterns - 2);
}

void part_tear(struct part *part, struct bytes group, unsigned way, struct part_memory *memory)
{
    const unsigned patterns = patterns_of(part), inner = patterns - 2;
    char id[48];

    become(part->twin, &part->before);
    part->twin->fault_count = 0;
    (void)snprintf(id, sizeof id, "tear@%llu.%u", (unsigned long long)part->before.counters.groups + 1,
                   (way - 1) / inner * patterns + (way - 1) % inner + 1);
    (void)virtual_arm_fault(part->twin, id);
    (void)part->twin_transport.operations->send(part->twin_transport.context, group.data, group.len);
    *memory = (struct part_memory){.bytes = part->twin->memory, .sequence = part->twin->image.sequence};
}

uint16_t part_changed_slots(const struct part *part, const struct virtual_memory *memory)
{
    uint16_t changed = 0;

    for (unsigned slot = 0; slot < VIRTUAL_SLOTS; slot++)
        if (!bytes_equal(part_slot(&part->chip->memory, slot), part_slot(memory, slot)))
            changed = (uint16_t)(changed | 1u << slot);
    return changed;
}

bool part_is_private(const struct virtual_memory *memory, unsigned slot)
{
    return virtual_is_private(memory, slot) && virtual_is_p256(memory, slot);
}

bool part_hides_public(const struct virtual_memory *memory, unsigned slot)
{
    return (virtual_key_config(memory, slot) & VIRTUAL_KEY_PUB_INFO) == 0;
}

struct bytes part_slot(const struct virtual_memory *memory, unsigned slot)
{
    return bytes_of(memory->data + virtual_slot_at(slot), virtual_slot_size(slot));
}

bool part_scalar(const struct virtual_memory *memory, unsigned slot, uint8_t scalar[static 32])
{
    memcpy(scalar, part_slot(memory, slot).data + 4, 32);
    return part_is_private(memory, slot) && virtual_scalar_is_valid(scalar);
}

/* The public key of a private one, computed outside. */
static bool public_of(const uint8_t scalar[static 32], uint8_t point[static 65])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *sum = group == NULL ? NULL : EC_POINT_new(group);
    BIGNUM *number = BN_bin2bn(scalar, 32, NULL);
    const bool good = sum != NULL && number != NULL && EC_POINT_mul(group, sum, number, NULL, NULL, NULL) == 1 &&
                      EC_POINT_point2oct(group, sum, POINT_CONVERSION_UNCOMPRESSED, point, 65, NULL) == 65;

    BN_free(number);
    EC_POINT_free(sum);
    EC_GROUP_free(group);
    return good;
}

bool part_public(const struct virtual_memory *memory, unsigned slot, uint8_t point[static 65])
{
    const uint8_t *content = part_slot(memory, slot).data;
    uint8_t scalar[32];

    if (part_is_private(memory, slot))
        return part_scalar(memory, slot, scalar) && public_of(scalar, point);
    point[0] = 4;
    memcpy(point + 1, content + 4, 32);
    memcpy(point + 33, content + 40, 32);
    return true;
}
