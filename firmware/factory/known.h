/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a station has on record of this device's keys, told before it asks for a plan. The board needs it where its own
 * flash cannot know: so that a key that counts its uses does not sign again, and no other key is taken for a
 * recorded one. It is the station's word, and is used only to do less: nothing is done because of it.
 */
#ifndef IMPRINT_FIRMWARE_KNOWN_H
#define IMPRINT_FIRMWARE_KNOWN_H

#include "link/line.h"
#include "provision/provision.h"

#define KNOWN_HASH_BYTES MARK_HASH_MAX /* of the SHA-256 of a public key, as in marks and plans */

struct known_key {
    uint32_t id;
    uint8_t hash[KNOWN_HASH_BYTES];
    bool is_proven; /* it signed for the station once, and need not sign again */
};

/* Zero-initialised: nothing is known. */
struct known {
    struct known_key keys[PROFILE_KEYS_MAX];
    size_t count;
};

/*
 * The command `known`: alone it forgets everything; `known ID HASH` notes a key, `known ID HASH proven` also that it
 * need not sign. False with ERROR_USAGE.
 */
bool known_take(struct known *known, const struct link_words *words, struct error *err);

/* The engine's callbacks (provision/provision.h): what each is asked is said there. */
bool known_is_proven(const struct known *known, const struct profile_key *key, const uint8_t *point);
bool known_matches(const struct known *known, const struct provision_key_evidence *key, struct error *err);

#endif
