/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of this station, STATE/ledger, and what a run puts into it: the same object that its line in the history
 * is, with the facts by which a line's records are searched in front (docs/reference/ledger.md).
 */
#ifndef IMPRINT_STATION_STATION_LEDGER_H
#define IMPRINT_STATION_STATION_LEDGER_H

#include <jansson.h>

#include "chip/chip.h"
#include "ledger/ledger.h"
#include "order/lease.h"
#include "station/evidence.h"
#include "station/station.h"
#include "station/station_line.h"

#define STATION_LEDGER_LEASES 2 /* before the device, and at the end of the run */

/*
 * The ledger as one run uses it, and the line's where line.yaml names one: opened when the run first asks it, once, and
 * closed with the run. A run that ends may
 * append to it whatever went wrong before. Zero-initialised but for the first three. Must not move while open.
 */
struct station_ledger {
    const struct station_config *config; /* must outlive it */
    bool is_dry;                         /* the run changes nothing, here neither */
    bool may_upgrade;                    /* though it is dry: tables of an older version are brought up to date */
    const struct station_order *order;   /* the run's entry says what became of its unit; NULL: it has no order */
    bool is_finished;                    /* the device is finished and recorded, whatever fails afterwards */
    struct order_lease leased[STATION_LEDGER_LEASES]; /* gets what the run leased of its order by itself */
    size_t lease_count;
    /* Private. */
    bool is_open;
    struct ledger ledger;
    struct station_line line;
};

/* Closes it where it is open. */
void station_ledger_close(struct station_ledger *ledger);

/*
 * For verbs about the ledger itself: opens that of the state folder; with LEDGER_WRITE, makes folder and ledger where
 * they are not there. False with a reason, and closed.
 */
bool station_ledger_open(const struct station_config *config, enum ledger_mode mode, struct ledger *ledger,
                         struct error *err);

/* The same with `usual` for a log that is made now and whose key ledger.yaml does not put into a chip. */
bool station_ledger_open_keyed(const struct station_config *config, enum ledger_mode mode,
                               const struct ledger_key_choice *usual, struct ledger *ledger, struct error *err);

/*
 * Before a device is changed: that its run can be recorded, and that the line can be asked. Makes the ledger where it
 * is not there. False with the reason why it cannot be opened or written, or why there is no line.
 */
bool station_ledger_prepare(struct station_ledger *ledger, struct error *err);

/* The same for a run that may still be refused: a ledger that is not there is not made yet. */
bool station_ledger_check(struct station_ledger *ledger, struct error *err);

/* The ledger, opened where it is not open yet: `*open` NULL where there is none. False with a reason. */
bool station_ledger_look(struct station_ledger *ledger, struct ledger **open, struct error *err);

/*
 * Before a device is changed: that no other station's device has this board number, and this device no other number;
 * it has it from then on, but in a run that changes nothing (is_dry). False with ERROR_ORDER_DEVICE, or as
 * station_line_open().
 */
bool station_ledger_claim_board(struct station_ledger *ledger, const char *board, const char *device,
                                struct error *err);

/*
 * Before a device is changed: that ledger and line know no other device on this microcontroller, and the device on no
 * other one. True also for mcu "", the board tells none. False with ERROR_DUPLICATE, which names both, or as
 * station_ledger_check_key().
 */
bool station_ledger_check_mcu(struct station_ledger *ledger, const char *mcu,
                              const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err);

/* The attempts at the device that the line has of other logs than this ledger's: as station_line_find_attempts(). */
bool station_ledger_line_attempts(struct station_ledger *ledger, const char *device,
                                  struct ledger_line_attempt *attempts, size_t *count, struct error *err);

/* The entry's content for a line of the history (station/history.h): the caller's reference; NULL without memory. */
json_t *station_ledger_content(json_t *line);

/* An entry of the ledger as JSON: the caller's reference; NULL with a reason where it cannot be read. */
json_t *station_ledger_load(struct ledger *ledger, uint64_t seq, struct error *err);

/*
 * Appends the entry for this line, durably: what is not in the ledger is not reported as done. A run that reached no
 * device (no serial number) makes no ledger: it is appended where there is one. False with
 * ERROR_RECORD_FAILED, or with ERROR_DUPLICATE where the entry is kept but another device has one of its keys.
 */
bool station_ledger_append(struct station_ledger *ledger, json_t *line, struct error *err);

/*
 * Whether the ledger, or the line's, knows this public key (65 bytes) as that of another device than `serial`. True
 * also where there is no ledger yet. False with ERROR_DUPLICATE, which names both, or with the reason why the ledger
 * cannot be asked.
 */
bool station_ledger_check_key(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES],
                              const uint8_t *point, struct error *err);

/* The same for the serial number (content of the INTEGER) of a certificate that was issued for the device. */
bool station_ledger_check_certificate(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES],
                                      struct bytes number, struct error *err);

/*
 * The same for the keys of a run that is done: a line that is away now compares them when the entry arrives. Keys that
 * it imported are not asked for in a rehearsal: many devices may share them.
 */
bool station_ledger_check_keys(struct station_ledger *ledger, const struct evidence_run *run, struct error *err);

/*
 * What the ledger, or else the line's, has of the device's last provisioning, in the form of a record, for a device
 * whose record.json is not there: `*record` is the caller's reference; NULL where there is none, or the device was
 * retired since. False with a reason.
 */
bool station_ledger_record(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES],
                           json_t **record, struct error *err);

/*
 * At the end of a run: sends what waits in the outbox to the line, for at most the time-out that line.yaml has. True
 * without a line; `run->waiting` says what still waits, and ledger->line.away why, where it is not reached. False with
 * a reason.
 */
bool station_ledger_send(struct station_ledger *ledger, struct outbox_run *run, struct error *err);

/*
 * After that: tells the line what this station made of its orders, where the line is there and this station has a copy
 * of one. `*told` counts entries. False with a reason.
 */
bool station_ledger_tell_orders(struct station_ledger *ledger, uint64_t *told, struct error *err);

/*
 * Takes more units of the line's order where this station's share is used up, or with `is_early` nearly so, and notes
 * it in ledger->leased; a run that changes nothing only asks whether it could. True: it did, or could. What stands in
 * the way is not told: the run says so when it finds no unit.
 */
bool station_ledger_lease_more(struct station_ledger *ledger, const char *order, const char *person, bool is_early);

/* Notes that `other` has what this device shows: ERROR_DUPLICATE. Always false. */
bool station_ledger_alarm(const char *what, const char *other, struct error *err);

#endif
