/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves finished devices by connections, for the engine (struct provision_connections): with the device's key and
 * certificate to the server that the station's connections file has under the name that the profile says.
 */
#ifndef IMPRINT_STATION_CONNECTION_PROOF_H
#define IMPRINT_STATION_CONNECTION_PROOF_H

#include <jansson.h>

#include "station/certificate_issue.h"
#include "station/connections.h"
#include "station/run_facts.h"

/* Of one certificate of the profile. */
struct connection_of_certificate {
    struct connection connection;
    struct tls_result result;
    char time[RUN_FACTS_TIME_SIZE]; /* when the server had accepted the device; "": not in this run */
    bool is_recorded;               /* the record's proof stands: this run did not make it again */
};

/* Zero-initialised but for the first members, which are the caller's and must outlive it. Must not move. */
struct connection_proof {
    const struct station_config *config;
    json_t *const *record; /* the device's; `*record` NULL: none */
    const struct profile *profile;
    const struct certificate_issue *issue; /* where the certificates are */
    bool is_board;                         /* the key is a board's: station/board_tls.h */
    /* Connects with the key and certificate of the profile's certificate `index`: tls_try(), board_tls_try(). */
    bool (*connect)(void *context, size_t index, const struct tls_settings *settings, struct tls_result *result,
                    struct error *err);
    /* Keeps what is proven so far: struct provision_connections, keep(). */
    bool (*keep)(void *context, const struct provision_evidence *evidence, struct error *err);
    void *context;
    struct connection_of_certificate certificates[PROFILE_CERTIFICATES_MAX];
};

/* The functions for the engine. */
struct provision_connections connection_proof_functions(struct connection_proof *proof);

/* Whether the profile asks for connections. */
bool connection_proof_is_wanted(const struct profile *profile);

/*
 * Without an engine, for a board's run: reads the settings of every connection, before anything is written; then, when
 * the device is finished, makes each in the plan's order. `show` gets `shown` and each step when it begins and when it
 * is done. False with the reason: ERROR_PROOF_FAILED where the plan has not all connections that the profile asks for.
 */
bool connection_proof_check(struct connection_proof *proof, struct error *err);
bool connection_proof_run(struct connection_proof *proof, struct provision_plan *plan,
                          void (*show)(void *shown, const struct provision_step *step, bool finished), void *shown,
                          struct error *err);

/*
 * The connections that this run made, as a list of objects: docs/reference/record.md, `connections`. NULL: the profile
 * has none. The caller's reference.
 */
json_t *connection_proof_record(const struct connection_proof *proof);

/* The same, and those of the record that this run trusts: each with `recorded`, docs/reference/json.md. */
json_t *connection_proof_shown(const struct connection_proof *proof);

#endif
