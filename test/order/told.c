/* SPDX-License-Identifier: Apache-2.0 */
#include "test/order/told.h"

#include <stdio.h>
#include <string.h>

#define QUOTE "\\\"" /* within a string of JSON */
#define MEMBER(name) QUOTE name QUOTE ":" QUOTE "%s" QUOTE

bool told_begin(struct told_batch *batch, struct database *home, int station, struct error *err)
{
    batch->home = home;
    snprintf(batch->log, sizeof batch->log, "line-%d", station);
    snprintf(batch->entries, sizeof batch->entries, "[");
    if (!order_home_heard(home, batch->log, &batch->before, err))
        return false;
    batch->after = batch->before;
    return true;
}

/* The hash of an entry is its number here. */
void told_add(struct told_batch *batch, int64_t seq, const struct order_claim *claim, const char *kind,
              const char *unit)
{
    const size_t len = strlen(batch->entries);

    if (seq != (int64_t)batch->after.next)
        return;
    snprintf(batch->entries + len, sizeof batch->entries - len,
             "%s\"{" MEMBER("kind") "," MEMBER("order") "," MEMBER("device") "," MEMBER("lease") "," MEMBER(
                 "board") "," MEMBER("unit") "," MEMBER("operator") "}\"",
             len > 1 ? "," : "", kind, claim->order, claim->device, claim->lease, claim->board, unit, "17");
    snprintf(batch->after.leaf, sizeof batch->after.leaf, "%lld", (long long)seq);
    batch->after.next++;
}

void told_add_end(struct told_batch *batch, int64_t seq, const struct order_claim *claim, enum order_end end)
{
    told_add(batch, seq, claim, end == ORDER_END_RELEASED ? "order release" : "provision", order_end_name(end));
}

bool told_end(struct told_batch *batch, struct error *err)
{
    const size_t len = strlen(batch->entries);

    snprintf(batch->entries + len, sizeof batch->entries - len, "]");
    return batch->after.next == batch->before.next ||
           order_home_hear(batch->home, batch->log, &batch->before, &batch->after, batch->entries, err);
}
