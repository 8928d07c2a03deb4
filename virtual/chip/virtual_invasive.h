/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a virtual chip: counters, memory, and switches that no user needs. For tests, benches and harnesses
 * only; no program includes this.
 */
#ifndef IMPRINT_VIRTUAL_INVASIVE_H
#define IMPRINT_VIRTUAL_INVASIVE_H

#include "virtual/chip/virtual.h"

/*
 * True if a change could not be written to the file (disk full): the command was then answered with 0x0F and changed
 * nothing, and the file holds the state before. `problem` says why.
 */
bool virtual_file_failed(const struct virtual_chip *chip, struct virtual_problem *problem);

/* Cuts and restores power without closing the file: all volatile state is lost. Virtual time goes on. */
void virtual_power_cycle(struct virtual_chip *chip);

/* The pin SCL of a single-wire part, where the config zone makes it a GPIO: its level; drives it as an input. */
bool virtual_gpio_level(const struct virtual_chip *chip);
void virtual_gpio_drive(struct virtual_chip *chip, bool level);

/* The persistent latch, as a successful SecureBoot or Info(Latch) would leave it, until power is lost. */
void virtual_set_latch(struct virtual_chip *chip, bool set);

/*
 * When GenKey(public) asks for KeyConfig's PubInfo and ReqAuth. Public documents contradict one another: always, or
 * only once the data zone is locked. A host must work with both.
 */
enum virtual_public_rule {
    VIRTUAL_PUBLIC_ALWAYS, /* from the start: the stricter one */
    VIRTUAL_PUBLIC_ONCE_LOCKED,
};
void virtual_set_public_rule(struct virtual_chip *chip, enum virtual_public_rule rule);

/* What has happened since virtual_open(): for measuring. */
struct virtual_counters {
    uint64_t commands;           /* commands executed, refused ones included */
    uint64_t nonvolatile_writes; /* changes of non-volatile memory */
    uint64_t bus_bytes;          /* bytes clocked over the bus either way, address and word address bytes included */
    uint64_t wakes;
    uint64_t execution_ns; /* sum of the commands' own execution times */
    uint64_t groups;       /* groups the host has started to send: faults count them */
    uint64_t transactions; /* I2C start conditions, whoever was addressed, and single-wire flags */
};
void virtual_read_counters(const struct virtual_chip *chip, struct virtual_counters *counters);

/* One change of non-volatile memory: by which group, and how many 32-byte pages of it changed (see `tear` below). */
struct virtual_write {
    uint64_t group;
    unsigned pages;
};

/*
 * The changes since virtual_open(), in order: how many there were. Up to `cap` are copied, and never more than the
 * first VIRTUAL_WRITES_KEPT. From them a harness knows every place where power can fail.
 */
#define VIRTUAL_WRITES_KEPT 1024
size_t virtual_list_writes(const struct virtual_chip *chip, struct virtual_write *writes, size_t cap);

/* SHA-256 over all non-volatile memory: the same while nothing in the part has changed. */
void virtual_digest(const struct virtual_chip *chip, uint8_t digest[static 32]);

#endif
