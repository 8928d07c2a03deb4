/* SPDX-License-Identifier: Apache-2.0 */
/* An order for people, and as the event `order` of --json: docs/reference/json.md. */
#ifndef IMPRINT_CLI_ORDER_PRINT_H
#define IMPRINT_CLI_ORDER_PRINT_H

#include "cli/output.h"
#include "order/lease.h"
#include "station/station_ledger.h"

/* The caller's reference; NULL without memory. */
json_t *order_print_value(const struct order *order, const struct order_count *count);

/* A lease, as the event `order-lease`. */
json_t *order_print_lease_value(const struct order_lease *lease);

void order_print(const struct output *output, const struct order *order, const struct order_count *count);

/* After a run that succeeded: how far its order is; nothing for `id` NULL, or where the ledger does not say. */
void order_print_progress(const struct output *output, struct station_ledger *ledger, const char *id);

#endif
