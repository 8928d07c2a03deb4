/* SPDX-License-Identifier: Apache-2.0 */
/* One run of `imprint board provision`: what its parts share, and what is kept of it (board_keep.c). */
#ifndef IMPRINT_CLI_BOARD_RUN_H
#define IMPRINT_CLI_BOARD_RUN_H

#include "cli/cli.h"
#include "cli/issuing.h"
#include "cli/progress.h"
#include "station/arming.h"
#include "station/board_certificates.h"
#include "station/board_results.h"
#include "station/board_tls.h"
#include "station/connection_proof.h"
#include "station/parts_listed.h"
#include "station/rehearsal.h"
#include "station/station_ledger.h"
#include "station/station_order.h"
#include "station/verifier.h"

/* Where a board keeps the records of its keys, as reports say it (key_store). */
#define BOARD_KEY_STORE "the board's flash"

struct board_run {
    struct cli *cli;
    struct board board;
    struct station_ledger ledger;
    struct station_order order;
    struct verifier verifier;
    struct profile profile;
    struct key_files source;
    struct arming arming;
    struct rehearsal rehearsal;
    struct progress progress;
    struct board_results results;
    struct issuing issuing;
    struct board_certificates certificates;
    struct run_facts facts;
    struct genuine genuine;
    struct parts_listed listed;
    json_t *record, *not_proven;
    json_t *proven; /* of the profile's data, what was proven; NULL: it has none */
    json_t *issued; /* of the profile's certificates, what is there; NULL: it has none */
    struct board_tls tls;
    struct connection_proof proof;
    json_t *connected, *shown; /* connections: for the record, and for the result; NULL: the profile has none */
    bool has_request[PROFILE_KEYS_MAX]; /* those that are beside the record */
    char record_path[PATH_MAX], request_path[PATH_MAX];
    char digest[HEX_SIZE(PROFILE_DIGEST_BYTES)];
    bool record_is_damaged;
    bool has_plan, executed, is_proven, has_ended, is_kept;
    /* Steps that were shown: one that has to wait for its certificate begins again. */
    bool started[PROVISION_STEPS_MAX], locked[PROVISION_STEPS_MAX];
};

/*
 * Keeps requests and record of a board that has proven what it reported, proves its connections, ends the run and shows
 * the result. `*written`: there is a new record. False with the reason.
 */
bool board_run_keep(struct board_run *run, bool *written, struct error *err);

/*
 * Whatever became of it, the run goes into the device's history, before success is reported. `ok` false: `err` says why
 * it failed. False with the reason.
 */
bool board_run_end(struct board_run *run, bool ok, struct error *err);

#endif
