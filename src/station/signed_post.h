/* SPDX-License-Identifier: Apache-2.0 */
/* One request to a witness or a time stamping authority: what they answer is signed, so that HTTP will do. */
#ifndef IMPRINT_STATION_SIGNED_POST_H
#define IMPRINT_STATION_SIGNED_POST_H

#include "issuer/http.h"

/*
 * Posts `body` and waits `timeout_s` seconds at most. True with whatever was answered, for http_release(). False with
 * ERROR_SERVER_AWAY or ERROR_SERVER_UNTRUSTED, the cause with the URL; `again` is the command to run when it is mended.
 */
bool signed_post(const char *url, const char *type, unsigned timeout_s, struct bytes body, const char *again,
                 struct http_answer *answer, struct error *err);

#endif
