/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/needs.h"

#include "provision/status.h"
#include "psa/keys.h"

/* A public key goes to the chip and comes back in blocks of 32 bytes, as everything does that the plan reads. */
#define BLOCK_SENT CHIP_SENT_BYTES(32)
#define BLOCK_RECEIVED CHIP_REPLY_BYTES(32)

/* The longest groups of what is still to do, to the chip and from it. */
struct longest {
    size_t sent, received;
};

static bool is_public(const struct provision *provision, const struct provision_step *step)
{
    return step->key != PROVISION_NO_KEY && PSA_KEY_TYPE_IS_PUBLIC_KEY(provision_key_of(provision, step)->type);
}

static struct longest longest_of(const struct provision *provision, const struct provision_plan *plan)
{
    struct longest longest = {.sent = CHIP_SENT_BYTES(0), .received = BLOCK_RECEIVED};

    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *step = &plan->steps[i];
        const size_t sent = is_public(provision, step) ? BLOCK_SENT : step->sends_most;
        const size_t received = is_public(provision, step) ? BLOCK_RECEIVED : step->receives_most;

        if (!step->done && longest.sent < sent)
            longest.sent = sent;
        if (!step->done && longest.received < received)
            longest.received = received;
    }
    return longest;
}

static bool check_bus(const struct provision *provision, const struct provision_plan *plan, struct error *err)
{
    const struct longest longest = longest_of(provision, plan);

    if (chip_bus_carries(provision->driver->chip, longest.sent, longest.received))
        return true;
    error_set(err, ERROR_MESSAGE_TOO_LONG, "the bus carries no message as long as the longest of this plan", NULL);
    return false;
}

static bool check_room(const struct provision *provision, const struct provision_plan *plan, struct error *err)
{
    size_t missing = 0;

    for (size_t i = 0; i < plan->step_count; i++)
        missing += (plan->steps[i].kind->makes_key || plan->steps[i].kind->registers) && !plan->steps[i].done;
    return missing == 0 || keys_check_room(provision->driver, missing, err) == PSA_SUCCESS;
}

bool provision_check_needs(struct provision *provision, const struct provision_plan *plan, struct error *err)
{
    return plan->changes_left == 0 || (check_room(provision, plan, err) && check_bus(provision, plan, err));
}
