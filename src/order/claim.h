/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units: a device claims one before anything is written to it, keeps it as its own while it is not finished, and is
 * counted once when it is. A run that failed before anything lasting was written gives it back.
 *
 *        claim              done
 *   (none) ---> claimed --------> done --- retire ---> retired
 *     ^           |  ^              |                     | release
 *     |   failed  v  | claim        | (a second unit      v
 *     |         failed              |  of the device)   released
 *     |  returned |  \ release      v
 *     +-- returned    +-> released  repeated
 */
#ifndef IMPRINT_ORDER_CLAIM_H
#define IMPRINT_ORDER_CLAIM_H

#include "order/order.h"

/* What a device asks for. The texts are read during the call only; "" where there is none. */
struct order_claim {
    const char *order, *device;
    const char *lease;  /* "": from the order itself */
    const char *board;  /* its number */
    const char *person; /* the operator */
    bool may_lease;     /* for order_ask(): a share that is used up does not refuse, more will be leased */
};

enum order_unit {
    ORDER_UNIT_TAKEN,   /* a free unit is or will be the device's */
    ORDER_UNIT_HELD,    /* it has one from an earlier run that did not finish */
    ORDER_UNIT_COUNTED, /* it was finished in this order: nothing is taken */
};

/* What order_ask() says of a device. */
struct order_answer {
    enum order_unit unit;
    char lease[ORDER_LEASE_SIZE]; /* where the unit is, or is to be taken from */
    char board[ORDER_BOARD_SIZE]; /* the device's number: the one asked for, or the one that it has; "": none */
};

/*
 * Whether the device may be made in this order, and with which unit; nothing is changed. `claim->lease` is not looked
 * at. False with a reason: ERROR_ORDER_FULL; ERROR_ORDER_REFUSED where the order is closed or waits for its first
 * article's approval; ERROR_ORDER_DEVICE where the device is another order's, or the board number is not in the list or
 * another device's; ERROR_USAGE where order, board number or operator are missing.
 */
bool order_ask(struct database *database, const struct order_claim *claim, struct order_answer *answer,
               struct error *err);

/* Whether the board number is free for this device: the part of order_ask() for runs without an order. */
bool order_check_board(struct database *database, const char *board, const char *device, struct error *err);

/* Whose the board number is; "" for nobody's. */
bool order_board_owner(struct database *database, const char *board, char device[static ORDER_DEVICE_SIZE],
                       struct error *err);

/* The number of the device's board; "" for none. */
bool order_board_of(struct database *database, const char *device, char board[static ORDER_BOARD_SIZE],
                    struct error *err);

/* Notes that the device is on the board with this number; the first that says so has it. */
bool order_note_board(struct database *database, const char *board, const char *device, struct error *err);

/* Takes the unit, or notes a new attempt with the one that is held. False with ERROR_ORDER_FULL where none is left. */
bool order_take(struct database *database, const struct order_claim *claim, struct error *err);

/* What became of a claimed unit. */
enum order_end {
    ORDER_END_DONE,     /* the device is finished: counted */
    ORDER_END_FAILED,   /* it keeps the unit */
    ORDER_END_RETURNED, /* nothing lasting was written */
    ORDER_END_RELEASED, /* a person gave the unit up for it */
    ORDER_END_COUNT
};
const char *order_end_name(enum order_end end); /* "done" */

/* Only `order`, `device` and `lease` of the claim are read. A device that is done stays done. */
bool order_end(struct database *database, const struct order_claim *claim, enum order_end end, struct error *err);

/* Whether a person may give up the device's unit: it holds one, and is not finished. `lease` gets where it is from. */
bool order_check_release(struct database *database, const char *order, const char *device,
                         char lease[static ORDER_LEASE_SIZE], struct error *err);

/* A unit, for people. Texts are valid during the call only. */
struct order_unit_row {
    const char *device, *state, *board, *lease;
    bool is_held;
};

/* Calls `show` for every device of the order that is not finished: claimed, failed, returned. */
bool order_list_open(struct database *database, const char *order,
                     void (*show)(void *context, const struct order_unit_row *row), void *context, struct error *err);

/* The device's record was given up: its units stay counted, its board number is free, another order may have it. */
bool order_retire(struct database *database, const char *device, struct error *err);

#endif
