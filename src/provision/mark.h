/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mark: what imprint writes into a data slot of the chip, so that any station sees what the device is. It is
 * neither a secret nor a proof: it says where to look, and the keys still prove themselves. docs/reference/mark.md has
 * the format and the reasons for it. Pure functions on bytes; mark_slot.h reads and writes them in the chip.
 *
 * The head, block 0 of the slot, has two parts. The first says which profile began with this device; it stays the same
 * from then on. The second is added when the device is done, with the start of each public key's hash. Each part has a
 * check value, so a write that a power cut tore is recognised: a torn first part means that nothing was changed yet, a
 * torn second part that everything was. The blocks after the head describe the keys and name the profile; they are
 * written before the head.
 */
#ifndef IMPRINT_PROVISION_MARK_H
#define IMPRINT_PROVISION_MARK_H

#include "base/p256.h"
#include "profile/profile.h"

#define MARK_BLOCK_BYTES 32
#define MARK_PROFILE_BYTES 6 /* the start of the profile's digest */
#define MARK_HASHES_BYTES 15 /* shared by all keys, at most 15 beside the mark; none gets more than MARK_HASH_MAX */
#define MARK_HASH_MAX 8      /* of the SHA-256 of a public key, 04 | X | Y */
#define MARK_KEY_BYTES 5     /* of a key in the description: id, then slot and method */
#define MARK_NAME_LEAST 12   /* bytes of the profile's name for which the description always has room */
#define MARK_DESCRIPTION_BLOCKS 3 /* at most: 15 keys */
#define MARK_DESCRIPTION_MAX (MARK_DESCRIPTION_BLOCKS * MARK_BLOCK_BYTES)

enum mark_state {
    MARK_NONE = 0, /* not written, or torn before the device was changed; or not readable yet (data zone unlocked) */
    MARK_BEGUN,    /* a profile has begun with this device */
    MARK_TORN,     /* everything was done; only the second part of the head is incomplete */
    MARK_DONE,
    MARK_DAMAGED, /* begins as a mark and is none: of no use, until it is cleared by mark_write_void() */
};

/* What a head says. */
struct mark {
    enum mark_state state;
    uint8_t profile[MARK_PROFILE_BYTES];
    uint8_t key_count;
    uint16_t description_crc;
    uint8_t hashes[MARK_HASHES_BYTES]; /* key by key, mark_hash_bytes() each; only with MARK_DONE */
    uint8_t unused;                    /* 00 or FF: what the second part's bytes hold until the device is done */
};

/* How many bytes of each public key's hash a mark with that many keys has: 8 for one key, 7 for two, 1 for 15. */
size_t mark_hash_bytes(size_t key_count);

/* How long the description of that many keys is: a multiple of MARK_BLOCK_BYTES, at most MARK_DESCRIPTION_MAX. */
size_t mark_description_bytes(size_t key_count);

/*
 * Makes `mark` one that has begun, and its description: the profile's keys, whose slots are `slots[]` (in the order of
 * the profile), and as much of the profile's name as fits into mark_description_bytes(). Keeps `unused`, so that only
 * the first part of the head is written.
 */
void mark_begin(struct mark *mark, const struct profile *profile, const uint8_t digest[static PROFILE_DIGEST_BYTES],
                const uint8_t *slots, uint8_t description[static MARK_DESCRIPTION_MAX]);

/* The hash of a public key of which marks and plans show the start: SHA-256 of 04 | X | Y. PSA's status. */
#define MARK_SHA256_BYTES 32
psa_status_t mark_hash_key(const uint8_t point[static P256_POINT_BYTES], uint8_t hash[static MARK_SHA256_BYTES]);

/* Notes the public key (04 | X | Y) of the key with that index. PSA's status where it cannot hash. */
psa_status_t mark_note_key(struct mark *mark, size_t key, const uint8_t point[static P256_POINT_BYTES]);

/* Whether `point` is the key that a finished mark has at that index. True for every other mark. */
bool mark_has_key(const struct mark *mark, size_t key, const uint8_t point[static P256_POINT_BYTES]);

/* The head's bytes: both parts with MARK_DONE, else the first part and `unused`. */
void mark_write_head(const struct mark *mark, uint8_t block[static MARK_BLOCK_BYTES]);

/*
 * What a head becomes before the whole block is cleared to 00: its beginning and nothing else. Written first, so that a
 * cut in the clearing leaves what can be recognised: MARK_DAMAGED until this is written, MARK_NONE afterwards.
 */
void mark_write_void(uint8_t block[static MARK_BLOCK_BYTES]);

/*
 * Reads a head. False where the block holds something else, which must not be overwritten: neither a head, nor all 00
 * or all FF as delivered, nor what a cut left of the first part for the profile with `digest`; with MARK_DAMAGED where
 * it begins as a mark does. `digest` may be NULL.
 */
bool mark_read_head(const uint8_t block[static MARK_BLOCK_BYTES], const uint8_t *digest, struct mark *mark);

/* One key of a description. */
struct mark_key {
    uint32_t id;
    uint8_t slot;
    enum profile_method method;
};

/*
 * Whether `description`, mark_description_bytes(mark->key_count) bytes, is the one that the head was written for.
 * Nothing below is to be read from another.
 */
bool mark_description_matches(const struct mark *mark, const uint8_t description[static MARK_DESCRIPTION_MAX]);
struct mark_key mark_key_at(const uint8_t description[static MARK_DESCRIPTION_MAX], size_t key);
/* The profile's name, or its beginning, with a NUL. Characters that no profile's name has become '?'. */
void mark_profile_name(const struct mark *mark, const uint8_t description[static MARK_DESCRIPTION_MAX],
                       char name[static PROFILE_NAME_MAX]);

#endif
