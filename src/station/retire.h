/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retiring a device: its keys are given up, so that provisioning may replace them. The mark in the chip is cleared, the
 * key records are forgotten, and last of all its record is moved aside. Until then the record protects the keys, and
 * after a cut at any moment the same again finishes it. The keys in the chip are not touched.
 */
#ifndef IMPRINT_STATION_RETIRE_H
#define IMPRINT_STATION_RETIRE_H

#include "ledger/mcus.h"
#include "order/order.h"
#include "station/mark.h"
#include "station/session.h"
#include "station/station_ledger.h"

/* What there is to give up. Zero-initialised before retire_look(). */
struct retirement {
    struct station_mark mark; /* head.state MARK_NONE: none, or the device was not asked */
    json_t *keys;             /* of records, mark and evidence: key_id, slot, name, public_key as far as known */
    size_t key_records;
    bool has_record;              /* a record.json, be it damaged */
    char board[ORDER_BOARD_SIZE]; /* the number of its board, according to the ledger; "": none */
    struct ledger_mcu mcu;        /* its microcontroller, according to the ledger */
    bool is_made;                 /* the ledger has it as made, and not as retired since */
    char moved_to[PATH_MAX];      /* where the record was moved; "": it was not */
};

/*
 * Looks at what the session's device has. `is_here`: the device was opened, so its mark is read as well. False with a
 * reason. retire_forget() frees what it holds.
 */
bool retire_look(struct session *session, bool is_here, struct retirement *found, struct error *err);

/*
 * What the ledger has of the device: its board's number and its microcontroller, which are free when the device is
 * retired, whatever else there is of it; and whether it counts as made, which the entry of a retirement ends: one that
 * was killed before its entry is done again. False with a reason.
 */
bool retire_look_ledger(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES],
                        struct retirement *found, struct error *err);

/* True when there is nothing to give up. */
bool retire_is_empty(const struct retirement *found);

/* Gives it up, as far as retire_look() found it. `time` as run_facts_time() writes it. False with a reason. */
bool retire_device(struct session *session, struct retirement *found, const char *time, struct error *err);

/* As a JSON object, `retired` in docs/reference/record.md. The caller's reference. */
json_t *retire_value(const struct retirement *found);

void retire_forget(struct retirement *found);

#endif
