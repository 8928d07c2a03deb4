/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/factory/known.h"

#include <string.h>

#include "base/hex.h"
#include "crypto/hash.h"
#include "firmware/console.h"

static const struct known_key *find(const struct known *known, uint32_t id)
{
    for (size_t i = 0; i < known->count; i++) {
        if (known->keys[i].id == id)
            return &known->keys[i];
    }
    return NULL;
}

/* The place for the key with this id: its own, or a new one; NULL where none is left. */
static struct known_key *place(struct known *known, uint32_t id)
{
    for (size_t i = 0; i < known->count; i++) {
        if (known->keys[i].id == id)
            return &known->keys[i];
    }
    return known->count < PROFILE_KEYS_MAX ? &known->keys[known->count++] : NULL;
}

bool known_take(struct known *known, const struct link_words *words, struct error *err)
{
    struct known_key key = {.is_proven = words->count == 4};
    struct bytes_out hash = {.data = key.hash, .cap = sizeof key.hash};
    struct known_key *to;

    if (words->count == 1) {
        known->count = 0;
        return true;
    }
    if (words->count < 3 || words->count > 4 || (key.is_proven && strcmp(words->word[3], "proven") != 0) ||
        !link_parse_number(words->word[1], UINT32_MAX, &key.id) ||
        !hex_decode(words->word[2], strlen(words->word[2]), &hash, NULL) || hash.len != sizeof key.hash)
        return console_refuse_words("expected: known, or: known ID HASH [proven] (16 hex digits)",
                                    "HASH is the start of the SHA-256 of the public key", err);
    to = place(known, key.id);
    if (to == NULL)
        return console_refuse_words("the profile in this image has fewer keys", "known, which forgets all", err);
    *to = key;
    return true;
}

static bool is_key(const struct known_key *key, const uint8_t *point)
{
    const struct bytes piece = bytes_of(point, P256_POINT_BYTES);
    uint8_t hash[CRYPTO_SHA256_BYTES];

    return crypto_sha256(&piece, 1, hash) && memcmp(key->hash, hash, sizeof key->hash) == 0;
}

bool known_is_proven(const struct known *known, const struct profile_key *key, const uint8_t *point)
{
    const struct known_key *found = find(known, key->id);

    return found != NULL && found->is_proven && is_key(found, point);
}

bool known_matches(const struct known *known, const struct provision_key_evidence *key, struct error *err)
{
    const struct known_key *found = find(known, key->key_id);

    if (found == NULL || key->created || is_key(found, key->public_key))
        return true;
    error_set(err, ERROR_FOREIGN_KEY, "the slot holds another key than the one that the station has on record", NULL);
    error_doing(err, "confirm the key");
    error_with_key(err, key->key_id);
    error_at_slot(err, key->slot);
    return false;
}
