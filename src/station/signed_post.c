/* SPDX-License-Identifier: Apache-2.0 */
#include "station/signed_post.h"

#include "base/error_format.h"

/* What libcurl says of issuers, for others. */
static void pass_failure(const char *url, const struct error *failure, const char *again, struct error *err)
{
    const bool is_away = failure->reason == ERROR_ISSUER_AWAY;

    error_set(err, is_away ? ERROR_SERVER_AWAY : ERROR_SERVER_UNTRUSTED,
              error_keep_format(err, "%s: %s", url, failure->cause != NULL ? failure->cause : "the request failed"),
              error_keep_format(err, "%s in ledger.yaml, then: %s",
                                is_away ? "bring the server back, or correct its url" : "correct its url", again));
}

bool signed_post(const char *url, const char *type, unsigned timeout_s, struct bytes body, const char *again,
                 struct http_answer *answer, struct error *err)
{
    const struct http_settings settings = {.is_signed = true, .timeout_s = timeout_s};
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct http *http = http_open(&settings);
    bool ok;

    if (http == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    ok = http_request(http, url, type, body, answer, &failure);
    http_close(http);
    if (!ok)
        pass_failure(url, &failure, again, err);
    return ok;
}
