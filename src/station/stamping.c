/* SPDX-License-Identifier: Apache-2.0 */
#include "station/stamping.h"

#include <string.h>
#include <time.h>

#include "base/error_format.h"
#include "station/signed_post.h"

static bool is_due(const struct ledger_file *file, struct ledger *ledger, const struct ledger_head *head, bool *due,
                   struct error *err)
{
    const int64_t now = (int64_t)time(NULL);
    struct stamped_newest newest;

    if (!stamped_newest(ledger, &newest, err))
        return false;
    *due = head->tree.size > newest.size &&
           (newest.time == 0 || now >= (int64_t)newest.time + file->stamp_every_s || now < (int64_t)newest.time);
    return true;
}

static bool take(const struct ledger_file *file, struct ledger *ledger, const struct ledger_head *head,
                 const struct http_answer *answer, struct stamping_result *result, struct error *err)
{
    if (answer->status == 200)
        return stamped_keep(ledger, head, bytes_of(answer->body, answer->len), file->stamp_ca, &result->time, err);
    error_set(err, ERROR_SERVER_AWAY,
              error_keep_format(err, "the authority answered with HTTP status %ld", answer->status),
              "correct its url in ledger.yaml, or ask who runs it; then: imprint ledger stamp");
    return false;
}

static bool ask(const struct ledger_file *file, struct ledger *ledger, const struct ledger_head *head,
                struct stamping_result *result, struct error *err)
{
    uint8_t der[STAMP_REQUEST_MAX];
    struct bytes_out request = {.data = der, .cap = sizeof der};
    struct http_answer answer;
    bool ok = database_settle(&ledger->database, err) &&
              stamp_request(bytes_of(head->checkpoint, strlen(head->checkpoint)), &request, err) &&
              signed_post(file->stamp_url, "application/timestamp-query", file->timeout_s, bytes_written(&request),
                          "imprint ledger stamp", &answer, err);

    if (!ok)
        return false;
    ok = take(file, ledger, head, &answer, result, err);
    http_release(&answer);
    return ok;
}

bool stamping_ask(const struct ledger_file *file, struct ledger *ledger, bool only_due, struct stamping_result *result,
                  struct error *err)
{
    struct ledger_head head;
    bool due = true;

    *result = (struct stamping_result){.is_asked = false};
    if (!ledger_head(ledger, &head, err) || (only_due && !is_due(file, ledger, &head, &due, err)))
        return false;
    if (!due)
        return true;
    result->is_asked = true;
    result->size = head.tree.size;
    if (ask(file, ledger, &head, result, err))
        return true;
    error_doing(err, "have the ledger's checkpoint stamped");
    error_with_subject(err, file->stamp_url);
    return false;
}
