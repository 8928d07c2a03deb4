/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run for a work order: the device claims its unit before anything is written to it, and the run's entry says what
 * became of the unit. A run without an order can still say which board it is about.
 */
#ifndef IMPRINT_STATION_STATION_ORDER_H
#define IMPRINT_STATION_STATION_ORDER_H

#include "chip/chip.h"
#include "order/claim.h"
#include "profile/profile.h"
#include "station/station_ledger.h"

struct station_order {
    const char *id, *board, *person; /* --order, --board and --operator; NULL: not given */
    /* Private. */
    struct order_answer answer; /* of the ledger, for this device */
    bool is_asked;
    bool may_lease;  /* this run changes nothing, and one that does would lease a unit first */
    bool is_claimed; /* the device has a unit of the order now, or had one before */
    bool is_lasting; /* the run has begun to change something that stays */
    char device[ORDER_DEVICE_SIZE];
};

/* A run for this order, on this board, by this operator; each may be NULL. The texts must outlive it. */
struct station_order station_order_of(const char *id, const char *board, const char *person);

/*
 * Before the device is opened: that there is such an order, that it is for this very profile and its issuers, and that
 * the board number can be one. False with ERROR_USAGE or ERROR_ORDER_REFUSED.
 */
bool station_order_check(struct station_order *order, struct station_ledger *ledger, const struct profile *profile,
                         struct error *err);

/* Whether the device may be made in the order, on that board: order_ask(). Changes nothing. */
bool station_order_ask(struct station_order *order, struct station_ledger *ledger,
                       const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err);

/*
 * The device takes its unit, durably; after station_ledger_prepare(). False with the reason, where the order has none
 * left or the ledger cannot be written.
 */
bool station_order_claim(struct station_order *order, struct station_ledger *ledger,
                         const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err);

/* The run begins to change something that stays: a unit is not given back any more. */
void station_order_note_change(struct station_order *order);

/* The board's number: the one that was given, or the one that the order knows; "" for none. */
const char *station_order_board(const struct station_order *order);

/* Adds to the run's entry what became of the unit. `is_done`: the device is finished and proven. */
void station_order_describe(const struct station_order *order, bool is_done, json_t *entry);

#endif
