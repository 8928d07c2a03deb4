/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A NOR flash in memory for storage/flash.c: strict about its rules, with power cuts at any program and erase, bits
 * that do not take, blocks that fail, and planted defects. One program unit or one erase is one operation, counted
 * from 1 since flash_sim_plan().
 */
#ifndef IMPRINT_TEST_SUPPORT_FLASH_SIM_H
#define IMPRINT_TEST_SUPPORT_FLASH_SIM_H

#include "storage/flash.h"

#define FLASH_SIM_BYTES_MAX (256u * 1024)

/* What a cut leaves of the operation that it strikes. Program: bits cleared. Erase: what the block then holds. */
enum flash_sim_cut {
    FLASH_SIM_AFTER,  /* all of it is done; the next one is not begun (the cut before the next is the same) */
    FLASH_SIM_NONE,   /* nothing to be seen; on a strict flash the unit counts as programmed all the same */
    FLASH_SIM_RANDOM, /* program: any of the bits; erase: bits as before, or set */
    FLASH_SIM_OTHER,  /* program: the bits of some bytes; erase: garbage, for chips clear all bits before they erase */
    FLASH_SIM_CUTS
};

/* Defects of a store, planted under it: it sees what it expects until the next restart. */
enum flash_sim_plant {
    FLASH_SIM_SOUND,
    FLASH_SIM_NO_MARK,      /* units of zeros are never programmed: the commit mark skipped */
    FLASH_SIM_SWAPPED,      /* each program takes effect after the next one: order swapped */
    FLASH_SIM_EARLY_ERASE,  /* with a block the one behind it is erased too: source erased before it is copied */
    FLASH_SIM_NO_READ_BACK, /* some bits do not take, and it does not show */
    FLASH_SIM_PLANTS
};

struct flash_sim {
    struct imprint_flash_device device;
    /* What the flash holds, and what reading shows; they differ only where a defect is planted. */
    uint8_t held[FLASH_SIM_BYTES_MAX], shown[FLASH_SIM_BYTES_MAX];
    bool programmed[FLASH_SIM_BYTES_MAX]; /* per unit, since its block's last erase */
    unsigned erases[STORAGE_FLASH_BLOCKS_MAX];
    unsigned long programs, reads, read_bytes;

    unsigned operations, cut_at; /* cut_at 0: no cut */
    enum flash_sim_cut cut;
    uint32_t random;
    bool powered;

    enum flash_sim_plant plant;
    uint32_t pending_at; /* of the program that is held back; UINT32_MAX for none */
    uint8_t pending[STORAGE_FLASH_UNIT_MAX];

    uint32_t bad_erase;    /* bit n: block n fails to erase, and stays as it is */
    bool silent;           /* and does not say so */
    unsigned bad_program;  /* this operation, counted like cuts, leaves a bit out; 0 for none */
    uint32_t unreadable;   /* the unit at this address cannot be read; UINT32_MAX for none */
    const char *violation; /* the first rule of the flash that was broken, or NULL */
};

/* An erased flash. `geometry` is its size, unit and blank_is_erased. */
void flash_sim_make(struct flash_sim *self, const struct imprint_flash_device *geometry);

/* Counts operations anew and cuts power at number `cut_at` (0: never). `seed` decides which bits are hit. */
void flash_sim_plan(struct flash_sim *self, unsigned cut_at, enum flash_sim_cut cut, uint32_t seed);

/* Power comes back; nothing is planned. */
void flash_sim_restart(struct flash_sim *self);

#endif
