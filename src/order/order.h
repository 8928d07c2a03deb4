/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work orders: how many devices of which profile are to be made, who holds a unit of them, and which shares stations
 * have leased. Each function is one step inside a transaction of the caller's, so a crash leaves all of it or nothing.
 *
 * Two databases have these tables. The *home* of an order (a station by itself, or the line's server) decides: units
 * are taken from the order there. A *station of a line* has a copy of the order and takes units from the leases that
 * the home granted it (order/lease.h), also while the home cannot be reached. The rule that holds at every moment, in
 * each of them: units held and granted never exceed the order's quantity.
 *
 * Each change is an entry of the ledger as well, and the tables are derived from the entries: what is called here is
 * called again, in the same order, when they are made anew. So the functions that change something check what the
 * tables must hold, and order_ask() checks what a person or the profile could have wrong.
 */
#ifndef IMPRINT_ORDER_ORDER_H
#define IMPRINT_ORDER_ORDER_H

#include "database/database.h"

#define ORDER_ID_SIZE 64 /* with a NUL: a letter, then letters, digits, - and _, as a signer's orders are named */
#define ORDER_PROFILE_SIZE 64
#define ORDER_DIGEST_SIZE 65 /* hex digits of a profile's SHA-256, with a NUL */
#define ORDER_PERSON_SIZE 65
#define ORDER_DEVICE_SIZE 64 /* a device's serial number as text */
#define ORDER_BOARD_SIZE 33  /* a board number: letters, digits, - . _ and / */
#define ORDER_LEASE_SIZE 160 /* the station's log and a number: "line-1/0123456789abcdef/7" */
#define ORDER_TIME_SIZE 25
#define ORDER_QUANTITY_MAX 10000000 /* as a signer's budget */

/*
 * The tables, in SQL that SQLite and PostgreSQL both take: upgrades of the database that has them, in this order.
 * Others may come between.
 */
extern const char order_tables[];
extern const char order_labels_upgrade[]; /* work_order.scan_labels */
/* Empties them. */
extern const char order_forget[];

enum order_state {
    ORDER_NEW,           /* no device has been begun */
    ORDER_FIRST_ARTICLE, /* the first one has: no other before a second person has approved it */
    ORDER_OPEN,
    ORDER_CLOSED, /* no new device; one that holds a unit can be finished */
    ORDER_STATE_COUNT
};
const char *order_state_name(enum order_state state); /* "first-article" */

struct order {
    char id[ORDER_ID_SIZE];
    char profile[ORDER_PROFILE_SIZE]; /* its name, for people */
    char digest[ORDER_DIGEST_SIZE];   /* what counts */
    char issuer[ORDER_PROFILE_SIZE];  /* who is to sign the devices' certificates; "": as the profile says */
    int64_t quantity;
    bool has_boards;    /* only boards of its list */
    bool first_article; /* the first device is approved before the others are made */
    bool scan_labels;   /* the label of each device is scanned back before its socket takes another board */
    bool is_home;       /* this database decides; else it is a station's copy */
    enum order_state state;
    char made[ORDER_TIME_SIZE], made_by[ORDER_PERSON_SIZE];
    char article[ORDER_DEVICE_SIZE], article_by[ORDER_PERSON_SIZE]; /* the first device, and who made it; "" before */
};

struct order_count {
    int64_t leased;  /* units that are taken or granted, of `quantity` */
    int64_t claimed; /* devices that hold a unit */
    int64_t done;    /* of these finished */
    int64_t failed;  /* devices whose last run failed, whether they hold a unit or not */
};

/* Whether the text can be an order's id, or a board's number. */
bool order_id_is_valid(const char *id);
bool order_board_is_valid(const char *number);

/* Adds an order in state new, or open where it needs no first article. ERROR_USAGE where there is one of that id. */
bool order_make(struct database *database, const struct order *order, struct error *err);

/* Adds a number to the order's list. ERROR_USAGE where it is there already. */
bool order_add_board(struct database *database, const char *id, const char *number, struct error *err);

/* The numbers of the order's list, sorted: `*numbers` is the caller's, for free(). False with a reason. */
bool order_list_boards(struct database *database, const char *id, char (**numbers)[ORDER_BOARD_SIZE], size_t *count,
                       struct error *err);

/* The order; `*found` false: there is none. False with a reason. */
bool order_find(struct database *database, const char *id, struct order *order, bool *found, struct error *err);

/* The same; ERROR_USAGE, with the id that was meant, perhaps, where there is none. */
bool order_get(struct database *database, const char *id, struct order *order, struct error *err);

bool order_count(struct database *database, const char *id, struct order_count *count, struct error *err);

/* Whether there is a copy of a line's order here: what this station makes of it is told to the line. */
bool order_has_copy(struct database *database, bool *has_copy, struct error *err);

/* Calls `show` for every order, the oldest first. */
bool order_list(struct database *database, void (*show)(void *context, const struct order *order), void *context,
                struct error *err);

/*
 * The first article is approved by `person`: the order is open. ERROR_ORDER_REFUSED where the order waits for no
 * approval, the device is not finished, or the person made it. `check` false: somebody has decided that already.
 */
bool order_approve(struct database *database, const char *id, const char *person, bool check, struct error *err);

/* No new units. Closed stays closed. */
bool order_close(struct database *database, const char *id, struct error *err);

#endif
