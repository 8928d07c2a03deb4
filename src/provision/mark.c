/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/mark.h"

#include <string.h>

#include "base/crc16.h"
#include "base/order.h"
#include "crypto/hash.h"
#include "profile/check.h"

/* The head, byte by byte: docs/reference/mark.md. */
#define AT_MAGIC 0
#define AT_FORMAT 2
#define AT_KEY_COUNT 3
#define AT_PROFILE 4
#define AT_DESCRIPTION_CRC (AT_PROFILE + MARK_PROFILE_BYTES)
#define AT_FIRST_CRC (AT_DESCRIPTION_CRC + 2)
#define AT_HASHES (AT_FIRST_CRC + 2)
#define AT_CHECK (AT_HASHES + MARK_HASHES_BYTES)
/* Of a SHA-256: a torn second part passes once in 16 million times, and then no key matches its hash. */
#define CHECK_BYTES 3
_Static_assert(AT_CHECK + CHECK_BYTES == MARK_BLOCK_BYTES, "the head fills one block");
_Static_assert(PROFILE_MARK_SMALL_KEYS *MARK_KEY_BYTES + MARK_NAME_LEAST <= MARK_BLOCK_BYTES,
               "the mark of a few keys has one block of description, and so fits slots 9 to 15");

#define MAGIC_0 'I'
#define MAGIC_1 'M'
#define FORMAT 1
#define KEYS_MAX 15 /* a chip has 16 slots, and the mark is in one */

size_t mark_hash_bytes(size_t key_count)
{
    size_t each = key_count != 0 ? MARK_HASHES_BYTES / key_count : 0;

    return each < MARK_HASH_MAX ? each : MARK_HASH_MAX;
}

size_t mark_description_bytes(size_t key_count)
{
    size_t needed = key_count * MARK_KEY_BYTES + MARK_NAME_LEAST;

    return (needed + MARK_BLOCK_BYTES - 1) / MARK_BLOCK_BYTES * MARK_BLOCK_BYTES;
}

static void describe(const struct profile *profile, const uint8_t *slots,
                     uint8_t description[static MARK_DESCRIPTION_MAX], size_t len)
{
    const size_t name = profile->key_count * MARK_KEY_BYTES;
    const size_t name_len = strlen(profile->name);

    memset(description, 0, MARK_DESCRIPTION_MAX);
    for (size_t i = 0; i < profile->key_count; i++) {
        uint8_t *entry = description + i * MARK_KEY_BYTES;

        store32_le(entry, profile->keys[i].id);
        entry[4] = (uint8_t)((slots[i] & 0x0fu) << 4 | (unsigned)profile->keys[i].method);
    }
    memcpy(description + name, profile->name, name_len < len - name ? name_len : len - name);
}

static uint16_t crc_of(const uint8_t *bytes, size_t len)
{
    return crc16_update(CRC16_START, bytes_of(bytes, len));
}

void mark_begin(struct mark *mark, const struct profile *profile, const uint8_t digest[static PROFILE_DIGEST_BYTES],
                const uint8_t *slots, uint8_t description[static MARK_DESCRIPTION_MAX])
{
    const uint8_t unused = mark->unused;
    const size_t len = mark_description_bytes(profile->key_count);

    describe(profile, slots, description, len);
    memset(mark, 0, sizeof(*mark));
    mark->unused = unused;
    mark->state = MARK_BEGUN;
    mark->key_count = (uint8_t)profile->key_count;
    memcpy(mark->profile, digest, sizeof(mark->profile));
    mark->description_crc = crc_of(description, len);
}

/* Without a hash (PSA cannot fail there) the check value is zeros, and what is read is not taken for done. */
static bool check_of(const uint8_t head[static MARK_BLOCK_BYTES], uint8_t check[static CHECK_BYTES])
{
    const struct bytes checked = bytes_of(head, AT_CHECK);
    uint8_t hash[CRYPTO_SHA256_BYTES];
    const bool done = crypto_sha256(&checked, 1, hash);

    memcpy(check, hash, CHECK_BYTES);
    return done;
}

psa_status_t mark_hash_key(const uint8_t point[static P256_POINT_BYTES], uint8_t hash[static MARK_SHA256_BYTES])
{
    size_t len = 0;

    return psa_hash_compute(PSA_ALG_SHA_256, point, P256_POINT_BYTES, hash, MARK_SHA256_BYTES, &len);
}

psa_status_t mark_note_key(struct mark *mark, size_t key, const uint8_t point[static P256_POINT_BYTES])
{
    const size_t each = mark_hash_bytes(mark->key_count);
    uint8_t hash[MARK_SHA256_BYTES];
    psa_status_t status = mark_hash_key(point, hash);

    if (status == PSA_SUCCESS)
        memcpy(mark->hashes + key * each, hash, each);
    return status;
}

bool mark_has_key(const struct mark *mark, size_t key, const uint8_t point[static P256_POINT_BYTES])
{
    const size_t each = mark_hash_bytes(mark->key_count);
    uint8_t hash[MARK_SHA256_BYTES];

    return mark->state != MARK_DONE ||
           (mark_hash_key(point, hash) == PSA_SUCCESS && memcmp(mark->hashes + key * each, hash, each) == 0);
}

static void write_beginning(uint8_t *block)
{
    block[AT_MAGIC] = MAGIC_0;
    block[AT_MAGIC + 1] = MAGIC_1;
    block[AT_FORMAT] = FORMAT;
}

void mark_write_head(const struct mark *mark, uint8_t block[static MARK_BLOCK_BYTES])
{
    memset(block, mark->unused, MARK_BLOCK_BYTES);
    write_beginning(block);
    block[AT_KEY_COUNT] = mark->key_count;
    memcpy(block + AT_PROFILE, mark->profile, sizeof(mark->profile));
    store16_le(block + AT_DESCRIPTION_CRC, mark->description_crc);
    store16_le(block + AT_FIRST_CRC, crc_of(block, AT_FIRST_CRC));
    if (mark->state != MARK_DONE)
        return;
    memcpy(block + AT_HASHES, mark->hashes, sizeof(mark->hashes));
    (void)check_of(block, block + AT_CHECK);
}

/*
 * Whether a cut left this of the first part. A bit that a write changes may be old or new afterwards, so over FF every
 * one of the new bytes is still there, and over 00 no other is.
 */
static bool is_torn_begin(const uint8_t block[static MARK_BLOCK_BYTES], const uint8_t *digest)
{
    uint8_t wanted[AT_DESCRIPTION_CRC];
    uint8_t missing = 0, added = 0;

    write_beginning(wanted);
    wanted[AT_KEY_COUNT] = block[AT_KEY_COUNT]; /* any */
    memcpy(wanted + AT_PROFILE, digest, MARK_PROFILE_BYTES);
    for (size_t i = 0; i < sizeof(wanted); i++) {
        missing |= wanted[i] & (uint8_t)~block[i];
        added |= block[i] & (uint8_t)~wanted[i];
    }
    return missing == 0 || added == 0;
}

static bool begins_as_mark(const uint8_t block[static MARK_BLOCK_BYTES])
{
    return block[AT_MAGIC] == MAGIC_0 && block[AT_MAGIC + 1] == MAGIC_1 && block[AT_FORMAT] == FORMAT;
}

void mark_write_void(uint8_t block[static MARK_BLOCK_BYTES])
{
    memset(block, 0, MARK_BLOCK_BYTES);
    write_beginning(block);
}

static bool has_first_part(const uint8_t block[static MARK_BLOCK_BYTES])
{
    return begins_as_mark(block) && block[AT_KEY_COUNT] <= KEYS_MAX &&
           load16_le(block + AT_FIRST_CRC) == crc_of(block, AT_FIRST_CRC);
}

/* As a part is delivered, or as it is after clearing. */
static bool is_unwritten(const uint8_t *bytes, size_t len)
{
    return bytes_all(bytes_of(bytes, len), 0xff) || bytes_all(bytes_of(bytes, len), 0x00);
}

bool mark_read_head(const uint8_t block[static MARK_BLOCK_BYTES], const uint8_t *digest, struct mark *mark)
{
    const bool is_unused = is_unwritten(block + AT_HASHES, MARK_BLOCK_BYTES - AT_HASHES);
    uint8_t check[CHECK_BYTES];

    memset(mark, 0, sizeof(*mark));
    if (is_unused)
        mark->unused = block[AT_HASHES];
    if (!has_first_part(block)) {
        if (is_unwritten(block, MARK_BLOCK_BYTES) || (digest != NULL && is_torn_begin(block, digest)))
            return true;
        mark->state = begins_as_mark(block) ? MARK_DAMAGED : MARK_NONE;
        return false;
    }
    mark->key_count = block[AT_KEY_COUNT];
    memcpy(mark->profile, block + AT_PROFILE, sizeof(mark->profile));
    mark->description_crc = load16_le(block + AT_DESCRIPTION_CRC);
    memcpy(mark->hashes, block + AT_HASHES, sizeof(mark->hashes));
    if (check_of(block, check) && memcmp(block + AT_CHECK, check, sizeof(check)) == 0)
        mark->state = MARK_DONE;
    else
        mark->state = is_unused ? MARK_BEGUN : MARK_TORN;
    return true;
}

bool mark_description_matches(const struct mark *mark, const uint8_t description[static MARK_DESCRIPTION_MAX])
{
    return crc_of(description, mark_description_bytes(mark->key_count)) == mark->description_crc;
}

struct mark_key mark_key_at(const uint8_t description[static MARK_DESCRIPTION_MAX], size_t key)
{
    const uint8_t *entry = description + key * MARK_KEY_BYTES;

    return (struct mark_key){
        .id = load32_le(entry), .slot = entry[4] >> 4, .method = (enum profile_method)(entry[4] & 0x0f)};
}

_Static_assert(MARK_NAME_LEAST + MARK_BLOCK_BYTES <= PROFILE_NAME_MAX, "what a description has of a name fits");

void mark_profile_name(const struct mark *mark, const uint8_t description[static MARK_DESCRIPTION_MAX],
                       char name[static PROFILE_NAME_MAX])
{
    const size_t keys = (size_t)mark->key_count * MARK_KEY_BYTES;
    const size_t room = mark_description_bytes(mark->key_count) - keys;
    size_t len = 0;

    for (; len < room && description[keys + len] != 0; len++) {
        const char c = (char)description[keys + len];

        name[len] = c > ' ' && c <= '~' ? c : '?';
    }
    name[len] = '\0';
}
