/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all in the slot of the mark, and a profile's digest that may match it: byte 0 says whether there is one
 * (bit 0) and how much of it is taken from the head itself (bit 1), then come 32 bytes of the head, 96 of the
 * description and 65 of a public key. What must hold: what is read stays within its bounds; a head that was read is
 * written to the same bytes, but for those that no state has; a mark that is begun anew keeps what it stands on; names
 * and keys come from a matching description only; and a finished mark has the keys that were noted in it, no others.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include <psa/crypto.h>

#include "provision/mark.h"

#define HEAD_AT 1
#define DESCRIPTION_AT (HEAD_AT + MARK_BLOCK_BYTES)
#define POINT_AT (DESCRIPTION_AT + MARK_DESCRIPTION_MAX)
#define INPUT_BYTES (POINT_AT + P256_POINT_BYTES)
#define HAS_DIGEST 1
#define DIGEST_FITS 2
#define DIGEST_IN_HEAD 4 /* docs/reference/mark.md */
#define KEYS_IN_HEAD 3
#define HASHES_IN_HEAD 14

/* A head that was read is in one of the states, and written again it is what it was where that state has bytes. */
static void check_written(const struct mark *mark, const uint8_t *head)
{
    uint8_t again[MARK_BLOCK_BYTES];

    mark_write_head(mark, again);
    if (mark->state == MARK_DONE || mark->state == MARK_BEGUN)
        require(memcmp(again, head, sizeof again) == 0);
    else if (mark->state == MARK_TORN)
        require(memcmp(again, head, HASHES_IN_HEAD) == 0);
}

static void check_description(const struct mark *mark, const uint8_t *description)
{
    uint8_t other[MARK_DESCRIPTION_MAX];
    char name[PROFILE_NAME_MAX];

    require(mark->key_count <= 15 && mark_description_bytes(mark->key_count) <= MARK_DESCRIPTION_MAX);
    if (!mark_description_matches(mark, description))
        return;
    /* A CRC-16 finds every change of one byte. */
    memcpy(other, description, sizeof other);
    other[mark->key_count] ^= 0x10;
    require(!mark_description_matches(mark, other));
    for (size_t i = 0; i < mark->key_count; i++)
        require(mark_key_at(description, i).slot < 16);
    mark_profile_name(mark, description, name);
    require(strlen(name) < sizeof name);
    for (const char *at = name; *at != '\0'; at++)
        require(*at > 0x20 && *at < 0x7f);
}

/* The mark is finished with one more key: it has that key, and reads as finished from its own bytes. */
static void check_finished(struct mark mark, const uint8_t *point)
{
    uint8_t head[MARK_BLOCK_BYTES], other[P256_POINT_BYTES];
    const size_t key = mark.key_count / 2;
    struct mark read;

    if (mark.state == MARK_NONE || mark.key_count == 0)
        return;
    require(mark_hash_bytes(mark.key_count) * mark.key_count <= MARK_HASHES_BYTES);
    require(mark_note_key(&mark, key, point) == PSA_SUCCESS);
    mark.state = MARK_DONE;
    mark_write_head(&mark, head);
    require(mark_read_head(head, NULL, &read) && read.state == MARK_DONE && read.key_count == mark.key_count);
    require(memcmp(read.profile, mark.profile, sizeof mark.profile) == 0 && mark_has_key(&read, key, point));
    memcpy(other, point, sizeof other);
    other[1] ^= 1;
    /* One byte of a hash is the same by chance once in 256 times, where a mark has many keys. */
    require(mark_hash_bytes(mark.key_count) < 4 || !mark_has_key(&read, key, other));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return psa_crypto_init() == PSA_SUCCESS ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t input[INPUT_BYTES] = {0}, digest[PROFILE_DIGEST_BYTES] = {0};
    const uint8_t *head = input + HEAD_AT;
    struct mark mark, own;

    memcpy(input, data, size < sizeof input ? size : sizeof input);
    if ((input[0] & DIGEST_FITS) != 0)
        memcpy(digest, head + DIGEST_IN_HEAD, MARK_PROFILE_BYTES);
    if (!mark_read_head(head, (input[0] & HAS_DIGEST) != 0 ? digest : NULL, &mark)) {
        require(mark.state == (memcmp(head, "IM\1", 3) == 0 ? MARK_DAMAGED : MARK_NONE));
        return 0;
    }
    require(mark.unused == 0x00 || mark.unused == 0xff);
    require(mark.state == MARK_NONE || mark.key_count == head[KEYS_IN_HEAD]);
    /* Without a digest only a whole head, or an unused block, is taken for one; with it, never less. */
    require(mark_read_head(head, digest, &own) && own.state == mark.state);
    check_written(&mark, head);
    check_description(&mark, input + DESCRIPTION_AT);
    check_finished(mark, input + POINT_AT);
    return 0;
}
