/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/issuing.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/ask.h"
#include "station/request_files.h"
#include "station/stop.h"
#include "station/value.h"

#define LOOK_MS 100 /* how soon a signal is noticed */

static bool on_sign(void *context, psa_key_id_t key_id, const char *subject, struct bytes attributes,
                    struct bytes_out *der, struct error *err)
{
    struct issuing *issuing = context;

    return request_files_sign(issuing->session, key_id, subject, attributes, der, err);
}

/* The issuer may take hours: what the run waits for is said, and a signal ends it. */
static bool on_wait(void *context, const char *issuer, unsigned seconds, struct error *err)
{
    const struct issuing *issuing = context;
    const struct output *output = &issuing->cli->output;

    output_say(output, "imprint: issuer %s has not decided yet; asking again in %u s", issuer, seconds);
    output_object(output, json_pack("{s:s, s:o, s:I}", "event", "waiting", "issuer", value_text(issuer), "seconds",
                                    (json_int_t)seconds));
    for (unsigned looks = 0; looks < seconds * (1000 / LOOK_MS); looks++) {
        if (stop_is_wanted()) {
            error_set(err, ERROR_INTERRUPTED, "stopped while waiting for the issuer", NULL);
            return false;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000 * 1000}, NULL);
    }
    return true;
}

void issuing_start(struct issuing *issuing)
{
    issuing->issue = (struct certificate_issue){.config = &issuing->cli->station.config,
                                                .ledger = issuing->ledger,
                                                .profile = issuing->profile,
                                                .prompt = ask_prompt(),
                                                .rehearsal = issuing->rehearsal,
                                                .record = issuing->session != NULL ? issuing->session->record : NULL,
                                                .device = issuing->session != NULL ? &issuing->session->device : NULL,
                                                .signer = {issuing, issuing->session != NULL ? on_sign : NULL},
                                                .wait = on_wait,
                                                .wait_context = issuing};
}

void issuing_advise(struct issuing *issuing, struct error *err)
{
    const char *next = err->next != NULL ? err->next : error_reason_advice(err->reason);
    const char *arm = issuing->arm;

    if (error_reason_exit(err->reason) != ERROR_EXIT_ISSUER || issuing->issue.failed_issuer == NULL)
        return;
    if (err->reason == ERROR_ISSUER_LATER)
        snprintf(issuing->next, sizeof issuing->next,
                 "run the same command again in %u s, or later: it sends the same request: imprint %s PROFILE%s%s",
                 issuing->issue.retry_after_s, issuing->cli->verb->name, arm != NULL ? " --arm " : "",
                 arm != NULL ? arm : "");
    else
        snprintf(issuing->next, sizeof issuing->next, "%s; try the issuer with: imprint issuers %s", next,
                 issuing->issue.failed_issuer);
    err->next = issuing->next;
}
