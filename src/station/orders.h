/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work orders at this station: each change is an entry of the ledger, with who made it and when, and the tables of
 * orders (order/order.h) follow from it in the same commit.
 */
#ifndef IMPRINT_STATION_ORDERS_H
#define IMPRINT_STATION_ORDERS_H

#include "ledger/ledger.h"
#include "order/claim.h"
#include "profile/profile.h"
#include "station/run_facts.h"

#define ORDERS_LIST_MAX (1 << 22) /* bytes of a file of board numbers */

/* Who changes an order: an entry's operator; NULL: not named. The entry's `kind` is "order VERB". */
struct orders_who {
    const char *verb, *operator_name;
};

/*
 * An entry of kind "order VERB" about the order, NULL for none, with the members that every entry has
 * (docs/reference/ledger.md); others are added. The caller's reference; NULL without memory.
 */
json_t *orders_entry(const struct orders_who *who, const char *id, const char *result);

/* Adds the entry, which it takes over, in a transaction of the caller's. False with a reason; NULL is no memory. */
bool orders_add(struct ledger *ledger, json_t *entry, struct error *err);

/* The board numbers of a file: one a line, blanks around it left out, empty lines and those that begin with # too. */
struct orders_list {
    size_t count;
    char (*numbers)[ORDER_BOARD_SIZE]; /* for free() */
};
bool orders_list_read(const char *path, struct orders_list *list, struct error *err);

/*
 * Makes the order: `order` has id ("": the next free one of WO-1, WO-2, ..., which is written there), quantity, issuer
 * ("": that of the profile's certificates, where they have one) and first_article; the rest is set here. False with a
 * reason, and nothing is made.
 */
bool orders_make(struct ledger *ledger, const struct orders_who *who, const struct profile *profile,
                 const struct orders_list *list, struct order *order, struct error *err);

/* The entry of a new order: the caller's reference. */
json_t *orders_new_entry(const struct orders_who *who, const struct order *order);

/* Entries for a copy of a line's order, in a transaction of the caller's: the order, and the numbers of its list. */
bool orders_add_copy(struct ledger *ledger, const struct orders_who *who, const struct order *order, struct error *err);
bool orders_add_boards(struct ledger *ledger, const struct orders_who *who, const char *id,
                       const struct orders_list *list, struct error *err);

/*
 * Sets what orders_make() sets of `order` from the profile: name, digest, issuer. False with a reason.
 */
bool orders_describe(const struct profile *profile, const struct orders_list *list, struct order *order,
                     struct error *err);

/* The id: checked, or the next free one where it is "". In a transaction of the caller's. */
bool orders_choose_id(struct database *database, char id[static ORDER_ID_SIZE], struct error *err);

/* Approves the first article; closes the order; gives up the unit that the device holds. False with a reason. */
bool orders_approve(struct ledger *ledger, const struct orders_who *who, const char *id, struct error *err);
bool orders_close(struct ledger *ledger, const struct orders_who *who, const char *id, struct error *err);
bool orders_release(struct ledger *ledger, const struct orders_who *who, const char *id, const char *device,
                    struct error *err);

#endif
