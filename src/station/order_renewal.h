/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A station whose share of a line's order comes to its end takes more, while the line can be reached and has any. Only
 * of an order of which it has an open lease: the first one is a person's decision (order lease), and whoever returned
 * them all gets no other.
 */
#ifndef IMPRINT_STATION_ORDER_RENEWAL_H
#define IMPRINT_STATION_ORDER_RENEWAL_H

#include "station/order_line.h"

/*
 * Whether it is time: the order is a copy of the line's, and of this station's open leases no unit is left, or, with
 * `is_early`, no more than a quarter of the largest. A share of less than four units is never renewed early: whoever
 * takes so few does not mean to hold some in reserve. False also with a reason.
 */
bool order_renewal_is_due(struct ledger *ledger, const char *id, bool is_early, struct error *err);

/*
 * Takes as many units as the largest open lease has, but of what is left no more than half (rounded up), so that no
 * station sits on the last ones. `answer->amount` 0: there were none to take, or it is not time any more (is_due(),
 * which is asked again in the transaction that notes the lease): of processes that find out together, one takes them.
 * False with a reason.
 */
bool order_renewal_take(struct ledger *ledger, const struct line_file *file, const char *operator_name, const char *id,
                        bool is_early, struct order_lease *answer, struct error *err);

/* Whether there are any to take. Changes nothing. False also with a reason. */
bool order_renewal_could_take(const struct line_file *file, const char *id, struct error *err);

#endif
