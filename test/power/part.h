/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip on the harness's board: a virtual chip whose power goes and comes with the memory that a cut has left. The
 * one file of the harness that looks inside virtual/chip/; what a torn write leaves is the virtual chip's own tear@N.K.
 */
#ifndef IMPRINT_TEST_POWER_PART_H
#define IMPRINT_TEST_POWER_PART_H

#include "base/bytes.h"
#include "transport/virtual.h"
#include "virtual/chip/model.h"

/* All that outlives the power. `sequence` only decides which key comes next out of the seed. */
struct part_memory {
    struct virtual_memory bytes;
    uint64_t sequence;
};

struct part {
    struct virtual_chip *chip;
    struct transport_virtual wire;
    struct imprint_transport transport; /* to `chip` */

    /* A second chip, on which a group is tried that the first one is about to execute. */
    struct virtual_chip *twin;
    struct transport_virtual twin_wire;
    struct imprint_transport twin_transport;
    struct virtual_chip before; /* the first one, before its group */
    char file[512], twin_file[512];
};

/* Opens copies of the chip in the file `path`. False when a file cannot be had. */
bool part_open(struct part *part, const char *path);
void part_close(struct part *part);

/* Puts the memory into the chip's file as well, which is else only written. Its sequence is 2 or more. */
bool part_write_file(struct part *part, const struct part_memory *memory);

/* What the chip's file holds, whoever has written it. */
bool part_read_file(const struct part *part, struct part_memory *memory);

void part_take(const struct part *part, struct part_memory *memory);

/* Power comes on, over this memory: everything volatile, counts and faults included, is as in a new part. */
void part_power_on(struct part *part, const struct part_memory *memory);

/* A part whose host has died: the power stays on, and with it what it was about to do. */
void part_freeze(const struct part *part, struct virtual_chip *frozen);
void part_thaw(struct part *part, const struct virtual_chip *frozen);

/* Before a group is sent. */
void part_remember(struct part *part);

/*
 * After it: how many ways there are to tear what it wrote, 0 when it wrote nothing. Way 1 to this number, into
 * `memory`: each changed page old, torn or new in all patterns but all old and all new, and those with a torn page
 * twice more, torn at other bits.
 */
unsigned part_tears(const struct part *part);
void part_tear(struct part *part, struct bytes group, unsigned way, struct part_memory *memory);

/* Slots whose content is another than in `memory`, bit n for slot n. */
uint16_t part_changed_slots(const struct part *part, const struct virtual_memory *memory);

/* Its public key is seen by nobody but who made it: after a lost reply there is no way but to make it again. */
bool part_hides_public(const struct virtual_memory *memory, unsigned slot);
bool part_is_private(const struct virtual_memory *memory, unsigned slot);
struct bytes part_slot(const struct virtual_memory *memory, unsigned slot);

/* The private key in a slot; false when there is no valid one. */
bool part_scalar(const struct virtual_memory *memory, unsigned slot, uint8_t scalar[static 32]);

/* 04 | X | Y of the key in a slot, private or public, computed outside; false when a private one is not valid. */
bool part_public(const struct virtual_memory *memory, unsigned slot, uint8_t point[static 65]);

#endif
