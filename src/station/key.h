/* SPDX-License-Identifier: Apache-2.0 */
/* KEY on the command line: a key id, or a name from the device's record. */
#ifndef IMPRINT_STATION_KEY_H
#define IMPRINT_STATION_KEY_H

#include "base/p256.h"
#include "station/session.h"

struct key {
    uint32_t id;
    const char *name; /* from the record, or NULL; lives as long as the session */
    psa_key_attributes_t attributes;
};

/* Finds the key in PSA. False with ERROR_USAGE, ERROR_KEY_UNKNOWN or what PSA says. */
bool key_find(struct session *session, const char *text, struct key *key, struct error *err);

/*
 * The key in slot 0, which the maker of a Trust&GO or TrustFLEX part has certified. It needs no key record: one is made
 * in the memory of session_start_in_memory(), for signing with any hash. `key->id` is 0: it has no key id outside of
 * that. False with what PSA or the driver says.
 */
bool key_register_makers(struct session *session, struct key *key, psa_key_id_t *in_memory, struct error *err);

/* Its public key. */
bool key_read_public(struct session *session, const struct key *key, uint8_t point[static P256_POINT_BYTES],
                     struct error *err);

/* The ECDSA algorithm with SHA-256 that the key's policy permits. False with ERROR_KEY_ATTRIBUTES when it permits none.
 */
bool key_algorithm(const struct key *key, psa_algorithm_t *algorithm, struct error *err);

/* Whether it is a private key whose policy permits signing a hash. False with ERROR_KEY_ATTRIBUTES. */
bool key_can_sign(const struct key *key, struct error *err);

/* The words of profiles for what a key record says: "ecc-key-pair(secp-r1)", "ecdsa(any-hash)", "sign-hash, derive". */
#define KEY_TEXT_SIZE 96
void key_type_text(psa_key_type_t type, char text[static KEY_TEXT_SIZE]);
void key_algorithm_text(psa_algorithm_t algorithm, char text[static KEY_TEXT_SIZE]);
void key_usage_text(psa_key_usage_t usage, char text[static KEY_TEXT_SIZE]);

/* The same words of the usage, an array of strings. New, the caller's. */
json_t *key_usage_array(psa_key_usage_t usage);

#endif
