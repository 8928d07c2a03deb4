/* SPDX-License-Identifier: Apache-2.0 */
#include "station/order_renewal.h"

#define EARLY_PART 4 /* a quarter: at a line of one device a minute and a share of 50 that is twelve minutes */

/* With more units than these left, it is not time yet. */
static int64_t most_left(const struct order_share *share, bool is_early)
{
    return is_early ? share->largest / EARLY_PART : 0;
}

bool order_renewal_is_due(struct ledger *ledger, const char *id, bool is_early, struct error *err)
{
    struct order_share share;
    struct order order;
    bool found;

    return order_find(&ledger->database, id, &order, &found, err) && found && !order.is_home &&
           order_lease_share(&ledger->database, id, &share, err) && share.largest > 0 &&
           (!is_early || share.largest >= EARLY_PART) && share.left <= most_left(&share, is_early);
}

static int64_t amount_of(const struct order_share *share, int64_t free)
{
    const int64_t half = (free + 1) / 2;

    return half < share->largest ? half : share->largest;
}

/* Asked first: a refusal would be two entries in the ledger, at the end of each run. */
static bool find_free(struct database *home, const char *id, int64_t *free, struct error *err)
{
    struct order_count count;
    struct order order;

    *free = 0;
    if (!order_get(home, id, &order, err) || !order_count(home, id, &count, err))
        return false;
    if (order.state == ORDER_OPEN)
        *free = order.quantity - count.leased;
    return true;
}

bool order_renewal_take(struct ledger *ledger, const struct line_file *file, const char *operator_name, const char *id,
                        bool is_early, struct order_lease *answer, struct error *err)
{
    struct database home = {.handle = NULL};
    struct order_share share;
    int64_t free = 0;
    bool ok = order_lease_share(&ledger->database, id, &share, err) && order_line_join(&home, file, err) &&
              find_free(&home, id, &free, err);

    *answer = (struct order_lease){.amount = 0};
    if (ok && free > 0 && share.largest > 0) {
        const struct order_line_wish wish = {.amount = amount_of(&share, free),
                                             .most_left = most_left(&share, is_early)};

        ok = order_line_lease(ledger, &home, operator_name, id, &wish, answer, err);
    }
    database_close(&home);
    return ok;
}

bool order_renewal_could_take(const struct line_file *file, const char *id, struct error *err)
{
    struct database home = {.handle = NULL};
    int64_t free = 0;
    const bool ok = order_line_join(&home, file, err) && find_free(&home, id, &free, err) && free > 0;

    database_close(&home);
    return ok;
}
