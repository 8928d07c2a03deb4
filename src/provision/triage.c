/* SPDX-License-Identifier: Apache-2.0 */
/* Names the state of a device from its plan, for programs that show it to a person. Boards leave that to the station.
 */
#include "provision/status.h"

static enum provision_state state_of_refusal(enum error_reason reason)
{
    const struct error refusal = {.reason = reason};

    switch (reason) {
    case ERROR_WRONG_PART:
        return PROVISION_STATE_WRONG_PART;
    case ERROR_OTHER_PROFILE:
        return PROVISION_STATE_OTHER;
    case ERROR_DONE_ELSEWHERE:
        return PROVISION_STATE_ELSEWHERE;
    default:
        /* Reasons that say nothing about the device (no answer, no key store) have another status. */
        return provision_status_of(&refusal) == PROVISION_WRONG ? PROVISION_STATE_FOREIGN : PROVISION_STATE_UNKNOWN;
    }
}

/*
 * Steps are done in order, so the first open step shows how far a run got. A step done after it (somebody deleted a key
 * record since) makes the device partial too.
 */
struct provision_triage provision_triage(const struct provision_plan *plan, enum error_reason refusal)
{
    struct provision_triage found = {.stopped_after = -1, .stopped_in = -1};
    const struct provision_step *open = NULL;
    bool any = false, adopts = false;

    if (refusal != ERROR_NONE) {
        found.state = state_of_refusal(refusal);
        return found;
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *step = &plan->steps[i];

        adopts = adopts || (step->adopts && !step->done);
        if (!step->is_persistent)
            continue;
        any = any || step->done || step->started;
        if (!step->done && open == NULL)
            open = step;
        if (open == NULL)
            found.stopped_after = (int)i;
        else if (open == step && step->started)
            found.stopped_in = (int)i;
    }
    found.state = open == NULL ? PROVISION_STATE_DONE
                  : adopts     ? PROVISION_STATE_ELSEWHERE
                  : any        ? PROVISION_STATE_PARTIAL
                               : PROVISION_STATE_BLANK;
    if (found.state != PROVISION_STATE_PARTIAL)
        found.stopped_after = found.stopped_in = -1;
    else if (found.stopped_after < 0 && found.stopped_in < 0) /* the first of all is to be done once more */
        found.stopped_in = (int)(open - plan->steps);
    return found;
}

const char *provision_state_name(enum provision_state state)
{
    static const char *const names[PROVISION_STATE_COUNT] = {
        [PROVISION_STATE_UNKNOWN] = "unknown",
        [PROVISION_STATE_BLANK] = "blank",
        [PROVISION_STATE_PARTIAL] = "partial",
        [PROVISION_STATE_DONE] = "done",
        [PROVISION_STATE_OTHER] = "done-by-another-profile",
        [PROVISION_STATE_ELSEWHERE] = "done-elsewhere",
        [PROVISION_STATE_FOREIGN] = "foreign",
        [PROVISION_STATE_WRONG_PART] = "wrong-part",
    };

    return (unsigned)state < PROVISION_STATE_COUNT ? names[state] : "unexpected";
}
