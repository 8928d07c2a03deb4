/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board on a bench, behind include/imprint/board.h: a flash that is strict about its rules, a virtual chip, a console
 * with a script for its input, and one switch for the power of all. While power is off, flash and chip do not answer
 * and nothing changes; an application that runs on meanwhile is none that matters. One board in a process.
 */
#ifndef IMPRINT_TEST_FIRMWARE_BENCH_H
#define IMPRINT_TEST_FIRMWARE_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "profile/compiled.h"
#include "test/support/flash_sim.h"
#include "virtual/chip/virtual.h"

#define BENCH_HANG_US (UINT32_C(100) * 1000 * 1000)
#define BENCH_OUTPUT_MAX ((size_t)128 * 1024)

struct bench {
    struct flash_sim flash;
    struct virtual_chip *part;
    char output[BENCH_OUTPUT_MAX]; /* of the last boot */
    size_t output_len;
    unsigned groups;     /* sent to the chip since power came */
    unsigned cut_group;  /* power fails when so many have been sent, 0: never */
    bool cut_after;      /* behind that group, else before it */
    unsigned lost_group; /* this group does not reach the chip, once; 0: all do */
    unsigned hang_group; /* the transport returns from this group after BENCH_HANG_US only; 0: from all at once */
    unsigned feeds;      /* of the watchdog, since power came */
    uint64_t fed_us, unfed_max_us; /* when it was fed last, and the longest time between two feeds */
};
extern struct bench bench;

/* A new board with a part of this kind. `block_size` of the flash; it has 4 blocks, units of 4. */
void bench_make(enum virtual_part part, uint32_t block_size);
void bench_remove(void);

/*
 * Power on for a boot of the factory application: reads `input`, and `end` after it. At each `~` in it a second passes.
 */
void bench_factory(const struct profile_compiled *compiled, const char *input);
void bench_primary(const char *input);

/* Whether the last boot has said `text`. */
bool bench_said(const char *text);
void bench_expect(const char *text);

/* X | Y that the chip computes for `slot`. */
void bench_slot_public(uint8_t slot, uint8_t public_key[static 64]);

#endif
