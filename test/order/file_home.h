/* SPDX-License-Identifier: Apache-2.0 */
/* A home of orders in a file, for tests without a server. Programs have theirs on one (order/home.h). */
#ifndef IMPRINT_TEST_ORDER_FILE_HOME_H
#define IMPRINT_TEST_ORDER_FILE_HOME_H

#include "order/lease.h"

/* As order_home_lease(), which the simulation holds to the same rules. */
bool file_home_lease(struct database *database, const struct order_lease *asked, struct order_lease *answer,
                     struct error *err);

#endif
