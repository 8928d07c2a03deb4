/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which device is on which microcontroller, according to this station's entries: the unique number that a board told
 * when its chip was proven. A microcontroller has one device, and a device one microcontroller, until the device is
 * retired.
 */
#ifndef IMPRINT_LEDGER_MCUS_H
#define IMPRINT_LEDGER_MCUS_H

#include "ledger/ledger.h"

#define LEDGER_MCU_SIZE 65 /* a unique number of at most 32 bytes, as hex, with a NUL */

/* A device and its microcontroller. */
struct ledger_mcu {
    char device[LEDGER_DEVICE_SIZE]; /* "": none */
    char number[LEDGER_MCU_SIZE];
};

/*
 * What keeps the device from being on this microcontroller: another device that is on it, or else this device on
 * another one. `found->device` "" for nothing. False with a reason.
 */
bool ledger_find_mcu(struct ledger *ledger, const char *number, const char *device, struct ledger_mcu *found,
                     struct error *err);

/* The device's own: "" for none. False with a reason. */
bool ledger_mcu_of(struct ledger *ledger, const char *device, struct ledger_mcu *found, struct error *err);

/* The number that an entry ties to its device; NULL for none. */
const char *ledger_entry_mcu(const json_t *entry);

/*
 * Notes what the entry ties together, or, of a device that was retired, forgets it. The first that says so has it: what
 * stands against it is left in `found`, as ledger_find_mcu() finds it. False with a reason. For the files of this
 * folder.
 */
bool ledger_derive_mcu(struct ledger *ledger, const json_t *entry, const char *device, struct ledger_mcu *found,
                       struct error *err);

/* Empties the table. */
extern const char ledger_forget_mcus[];

/* The table, as an upgrade of the ledger's, with what the entries that are there say. */
extern const char ledger_mcus_upgrade[];

#endif
