/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a board's factory application says of its plan and of a finished device, taken from its frames into the engine's
 * own structures, and checked: a board is believed nothing that can be computed here.
 */
#ifndef IMPRINT_STATION_BOARD_RESULTS_H
#define IMPRINT_STATION_BOARD_RESULTS_H

#include <jansson.h>

#include "base/p256.h"
#include "cert/request.h"
#include "station/key_files.h"
#include "link/line.h"
#include "provision/provision.h"
#include "provision/steps/certificate.h"

/* A certificate request, as it comes in pieces. */
struct board_request {
    uint8_t der[CERT_REQUEST_MAX];
    size_t len; /* in whole pieces from the beginning */
    size_t of;  /* of the whole; 0: nothing has come */
};

/* A certificate as the board reads it back. */
struct board_certificate {
    uint8_t
        der[PROVISION_CERTIFICATE_MAX]; /* the whole one, where the profile keeps it as PSA data; likewise in pieces */
    size_t len, of;
    bool has_slot[CERTIFICATE_SLOTS]; /* in the order of certificate_slots() */
    uint8_t slots[CERTIFICATE_SLOTS][PROVISION_CERTIFICATE_BYTES];
};

struct board_results {
    const struct profile *profile;
    uint8_t nonce[PROVISION_CHALLENGE_BYTES]; /* what the keys have to sign in this run: the station's */
    const json_t *record;                     /* the device's earlier record; NULL: none */
    bool spared[PROFILE_KEYS_MAX];            /* they need not sign: station/board_known.h */
    struct provision_plan plan;
    size_t steps_said; /* how many the board's plan has */
    bool has_step[PROVISION_STEPS_MAX];
    bool is_planned; /* the plan has been accepted: board_results_accept_plan() */
    struct provision_evidence evidence;
    bool has_key[PROFILE_KEYS_MAX], has_proof[PROFILE_KEYS_MAX], has_result;
    size_t config_len;
    struct board_request requests[PROFILE_KEYS_MAX];
    struct board_certificate certificates[PROFILE_CERTIFICATES_MAX];
    struct provision_datum_evidence data[PROFILE_DATA_MAX];
    bool has_data[PROFILE_DATA_MAX];
};

/* Forgets all that came from a board. */
void board_results_clear(struct board_results *results);

/* Takes a frame of `plan`, `run` or `report`; one that says something else is passed over. `*step` gets the step that
 * it is about, NULL for none. */
void board_results_take(struct board_results *results, const struct link_words *words,
                        const struct provision_step **step);

/*
 * The plan that has come was checked and accepted. From now on the board can only say how far it got: neither the
 * device nor what a step does changes by what it says.
 */
void board_results_accept_plan(struct board_results *results);

/* Whether everything has come: the plan; the results. */
bool board_results_plan_complete(const struct board_results *results);
bool board_results_complete(const struct board_results *results);

/*
 * Whether the key with this index has signed this station's nonce in this run, and is the recorded one where a record
 * names it: what an issuer may rely on. False with ERROR_PROOF_FAILED or ERROR_FOREIGN_KEY.
 */
bool board_results_check_proof(const struct board_results *results, size_t index, struct error *err);

/*
 * Checks complete results: that they are of the planned chip, that every key of the profile is there, that each key has
 * signed this station's nonce with serial number and key id (a spared one that did not sign is the recorded one, and
 * only "compared"), that imported public keys are those of the profile's
 * files, that each certificate request is its key's and the subject the profile's, and that the configuration matches
 * the profile. PSA Crypto is started. The evidence then says "proven". False with ERROR_PROOF_FAILED, ERROR_WRONG_PART,
 * or why a file cannot be read.
 */
bool board_results_check(struct board_results *results, struct key_files *source, struct error *err);

#endif
