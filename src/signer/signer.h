/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signer: an EST server (RFC 7030, RFC 8951) for a machine away from the line. It issues certificates by the rules of
 * a file (signer/rules.h), to stations that show a client certificate; each decision is a record in a database before
 * it is answered (signer/decide.h). Prints nothing: what happens is reported through callbacks.
 *
 *     signer_open(), signer_serve(), signer_tend() until it is to end, signer_close()
 */
#ifndef IMPRINT_SIGNER_SIGNER_H
#define IMPRINT_SIGNER_SIGNER_H

#include "signer/decide.h"
#include "service/listen.h"

#define SIGNER_TEND_MS 100 /* how often signer_tend() is to be called */

struct signer;

/* What a signer reports. Called from a thread of its own after signer_serve(), one call at a time. */
struct signer_events {
    void *context;
    /* A request was decided and its record is durable; the answer is sent next. `address` is the station's. */
    void (*decided)(void *context, const struct signer_answer *answer, const char *address);
    /* Something that is no decision: a client that was not let in, a station that asks too often. One line. */
    void (*noticed)(void *context, const char *text);
};

/*
 * Reads the rule file and all that it names, opens the issuers, and checks that they can do what the orders ask for.
 * With `check_only` no database is opened or made, and the signer cannot serve. `*signer` is the caller's, for
 * signer_close(). `prompt` is asked where a secret is needed that no file holds. False with `*signer` NULL and a
 * reason: ERROR_INPUT_FILE, the issuers' own, the database's own.
 */
bool signer_open(const char *rules, const struct issuer_prompt *prompt, const struct signer_events *events,
                 bool check_only, struct signer **signer, struct error *err);

/* NULL is allowed. Ends serving: a request that is being decided is decided and recorded, and its answer may be lost.
 */
void signer_close(struct signer *signer);

/* The rules; valid until signer_close(). */
const struct signer_rules *signer_rules_of(const struct signer *signer);

/* The subject of an order's issuer, and when its certificate ends (seconds since 1970, UTC). */
const char *signer_issuer_of(const struct signer *signer, const struct signer_order *order, int64_t *not_after);

/* Listens at `place` (service_listen()) and answers from then on. False with a reason. */
bool signer_serve(struct signer *signer, const char *place, char address[static SERVICE_ADDRESS_SIZE],
                  struct error *err);

/* Ends connections on which nothing was asked in time. */
void signer_tend(struct signer *signer);

#endif
