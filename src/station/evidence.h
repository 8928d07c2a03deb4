/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a device: what its last successful provisioning proved, as one JSON file beside its key records. Public
 * facts only. It also gives keys their names; nothing else depends on it.
 */
#ifndef IMPRINT_STATION_EVIDENCE_H
#define IMPRINT_STATION_EVIDENCE_H

#include <jansson.h>

#include "provision/provision.h"
#include "station/genuine.h"
#include "station/parts_listed.h"
#include "station/rehearsal.h"
#include "station/run_facts.h"

/*
 * Notes what the primary application of a board proved afterwards: `proofs`, a list with an object for each key.
 * `operator_name` may be NULL.
 */
void evidence_note_proof(json_t *record, const char *operator_name, const char *board, const char *application,
                         json_t *proofs);

/* Reads the record at `path`. True with `*record` NULL when there is none; ERROR_STORAGE_CORRUPT when it is damaged. */
bool evidence_load(const char *path, json_t **record, struct error *err);

/* Replaces the record at `path`, durably. False with ERROR_RECORD_FAILED; then the old record is still there. */
bool evidence_store(const char *path, const json_t *record, struct error *err);

/* The public key (65 bytes, into `point`) of a key that, as the record says, proved itself by a signature. */
bool evidence_proven_key(const json_t *record, uint32_t key_id, uint8_t *point);

/* Whether the record says that this key proved itself by a signature, and that `point` (65 bytes) is its public key. */
bool evidence_is_proven(const json_t *record, uint32_t key_id, const uint8_t *point);

/* A run to be recorded. `older` is the device's earlier record, NULL for none. */
struct evidence_run {
    const struct profile *profile;
    const struct provision_evidence *evidence;
    const struct run_facts *facts;     /* who ran it, where and when; ended */
    const struct genuine *genuine;     /* who made the part; NULL: not checked */
    const struct parts_listed *listed; /* whether a manifest lists the part; NULL: nobody asked */
    const struct rehearsal *rehearsal; /* what makes the run a rehearsal */
    const json_t *older;
    const char *record_path;
    const bool *has_request;    /* by the key's index: its certificate request is beside the record; NULL: none is */
    const json_t *data;         /* of the profile, what was proven: station/data_files.h; NULL: it has none */
    const json_t *certificates; /* of the profile, as station/certificate_issue.h lists them; NULL: it has none */
    const json_t *connections;  /* that this run made (station/connection_proof.h); NULL: none */
    const char *board, *application; /* who ran the engine, where it was not this program; else NULL */
    const char *mcu;          /* of that board, its microcontroller's unique number in hex; "" or NULL: unknown */
    const char *firmware;     /* SHA-256 of that board's image in hex, by its own word; "" or NULL: unknown */
    const json_t *not_proven; /* what is that board's word alone (station/board_maker.h); else NULL */
};

/*
 * A key that was there already must be the one that was recorded. It proves itself either way, so only the record can
 * tell that another key was put into the slot since; the record is then left as it is. `record` may be NULL. False
 * with ERROR_FOREIGN_KEY.
 */
bool evidence_check_recorded_key(const json_t *record, const struct provision_key_evidence *key, struct error *err);

/* The same for all keys of a run that another program did, a board's. */
bool evidence_check_recorded_keys(const struct evidence_run *run, struct error *err);

/* The name of a hash function in records: "sha-256". NULL: keys do not prove themselves with this one. */
const char *evidence_hash_name(psa_algorithm_t hash);

/*
 * What the run checked itself, in the form of a record: nothing of `older` is in it. Keys that it did not reach are
 * left out. The caller's reference; NULL without memory.
 */
json_t *evidence_value(const struct evidence_run *run);

/*
 * Whether the record at `record_path`, the requests, the line of the history and the ledger's entry will fit, beside
 * the key records that the plan adds: looked at before the device is changed. False with ERROR_STORAGE_FULL.
 */
bool evidence_check_room(const char *record_path, const struct profile *profile, const struct provision_plan *plan,
                         struct error *err);

/*
 * Stores the run's evidence as the device's record, where it says anything new (`*written`). What an earlier
 * run proved and this one did not check (keys of another profile, the maker's certificates, the primary application)
 * stays in the record, with the time of its own proof. False when that fails:
 * `*unsaved` is then the record, the caller's reference, so that it can be shown and is not lost; else NULL.
 */
bool evidence_keep(const struct evidence_run *run, bool *written, json_t **unsaved, struct error *err);

/*
 * Whether the key in `slot` may be lost for ever: not when the record names it. `point` is its public key, NULL where
 * the chip does not show it; then a record of any key in that slot counts. False with ERROR_KEY_RECORDED.
 */
bool evidence_may_replace(const json_t *record, uint8_t slot, const uint8_t *point, struct error *err);

/* The same for a step of a board's plan, which shows the start of the public key's hash. */
bool evidence_may_lose(const json_t *record, const struct provision_step *step, struct error *err);

/*
 * Whether the plan may make the keys that it is still to make: not one whose key id the record names, whatever the slot
 * would be. Such a key was proven and is still in the chip. False with ERROR_KEY_RECORDED.
 */
bool evidence_may_make(const json_t *record, const struct profile *profile, const struct provision_plan *plan,
                       struct error *err);

/* Where the device's record is damaged, any key that would be lost may be one of its: always false. */
bool evidence_refuse_damaged(const char *record_path, struct error *err);

/* Facts about a key in the record; NULL or false when it is not there. `record` may be NULL. */
const char *evidence_key_name(const json_t *record, uint32_t key_id);
const char *evidence_key_method(const json_t *record, uint32_t key_id);
/* The public key that the record holds for the key, as hex of 04 | X | Y. */
const char *evidence_key_public(const json_t *record, uint32_t key_id);
/* The same as bytes. False when the record has no such key, or its public key is not one of 65 bytes. */
bool evidence_key_point(const json_t *record, uint32_t key_id, uint8_t point[static P256_POINT_BYTES]);
/* Whether the config zone in the record says that the key's slot counts the uses of its key (LimitedUse). */
bool evidence_key_is_limited(const json_t *record, uint32_t key_id);
/* Whether the key has proven itself by a signature, so that it can sign. */
bool evidence_key_signed(const json_t *record, uint32_t key_id);
bool evidence_key_id(const json_t *record, const char *name, uint32_t *key_id);

#endif
