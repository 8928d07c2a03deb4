/* SPDX-License-Identifier: Apache-2.0 */
/* States: copies, and digests that say when two are the same. */
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "test/power/board.h"
#include "test/power/scene.h"

void digest_of(struct bytes in, uint8_t digest[static 32])
{
    (void)SHA256(in.data, in.len, digest);
}

struct state *state_copy(const struct state *state)
{
    struct state *copy = malloc(sizeof *copy);
    uint8_t *image = malloc(state->image.len + 1);
    struct virtual_chip *powered = state->powered == NULL ? NULL : malloc(sizeof *powered);

    if (copy == NULL || image == NULL || (state->powered != NULL && powered == NULL))
        abort();
    *copy = *state;
    if (state->image.len > 0)
        memcpy(image, state->image.data, state->image.len);
    copy->image = bytes_of(image, state->image.len);
    copy->owned = image;
    if (powered != NULL)
        *powered = *state->powered;
    copy->powered = powered;
    return copy;
}

void state_free(struct state *state)
{
    if (state == NULL)
        return;
    free(state->powered);
    free(state->owned);
    free(state);
}

static bool is_import(const struct scene *scene, const uint8_t scalar[static 32])
{
    for (size_t i = 0; i < PROFILE_KEYS_MAX; i++)
        if (scene->import_lens[i] == 32 && memcmp(scene->imports[i], scalar, 32) == 0)
            return true;
    return false;
}

/* A valid private key that is neither the maker's nor one of those that are brought along. */
static bool is_fresh(const struct scene *scene, const struct virtual_memory *memory, unsigned slot)
{
    uint8_t scalar[32];

    return part_scalar(memory, slot, scalar) && !is_import(scene, scalar) &&
           !bytes_equal(part_slot(memory, slot), part_slot(&scene->initial, slot));
}

/* Whether the head's check value is that of its bytes: done, whatever it names. */
static bool is_checked(const uint8_t head[static 32])
{
    uint8_t hash[32];

    digest_of(bytes_of(head, 29), hash);
    return memcmp(head + 29, hash, 3) == 0;
}

/*
 * The mark in its slot, by docs/reference/mark.md: true where it is done and names the very keys that the slots hold.
 * Written without the product's code.
 */
static bool mark_names_keys(const struct scene *scene, const struct virtual_memory *memory)
{
    const uint8_t *head = part_slot(memory, scene->profile.mark_slot).data;
    const size_t keys = scene->profile.key_count;
    const size_t each = keys == 0 ? 0 : 15 / keys < 8 ? 15 / keys : 8;
    uint8_t hash[32], point[65];

    if (head[0] != 'I' || head[1] != 'M' || head[3] != keys || !is_checked(head))
        return false;
    for (size_t i = 0; i < keys; i++) {
        const uint8_t *entry = head + 32 + 5 * i;

        if (!part_public(memory, entry[4] >> 4, point))
            return false;
        digest_of(bytes_of(point, sizeof point), hash);
        if (memcmp(head + 14 + i * each, hash, each) != 0)
            return false;
    }
    return true;
}

/* Which fresh keys a finished mark names, and how a torn one is torn, makes no difference to a program. */
static void plain_mark(const struct scene *scene, const struct virtual_memory *memory, uint8_t *head)
{
    bool unused = true;

    for (size_t i = 14; i < 32; i++)
        unused = unused && head[i] == head[14] && (head[i] == 0x00 || head[i] == 0xff);
    if (mark_names_keys(scene, memory))
        memset(head + 14, 0xf5, 18);
    else if (head[0] == 'I' && head[1] == 'M' && !unused && !is_checked(head))
        memset(head + 14, 0xf6, 18);
}

void part_digest(const struct scene *scene, const struct virtual_memory *memory, uint8_t digest[static 32])
{
    static const size_t locks[] = {86, 87};
    struct virtual_memory plain = *memory;

    /* Any value but one means locked: a lock that was torn is one all the same. */
    for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++)
        plain.config[locks[i]] = plain.config[locks[i]] == 0x55 ? 0x55 : 0;
    for (unsigned slot = 0; slot < CHIP_SLOTS; slot++) {
        const struct bytes content = part_slot(memory, slot);
        if (is_fresh(scene, memory, slot))
            memset(plain.data + (content.data - memory->data), 0xf5, content.len);
    }
    if (scene->profile.mark_slot != 0)
        plain_mark(scene, memory, plain.data + (part_slot(memory, scene->profile.mark_slot).data - memory->data));
    digest_of(bytes_of((const uint8_t *)&plain, sizeof plain), digest);
}

void state_digest(const struct scene *scene, const struct state *state, uint8_t digest[static 32])
{
    uint8_t all[32 + 32 + 1 + PROMISES_MAX * 8];
    size_t len = 65;

    part_digest(scene, &state->part.bytes, all);
    digest_of(state->image, all + 32);
    all[64] = (uint8_t)state->issued;
    for (size_t i = 0; i < state->promise_count; i++) {
        const struct promise *promise = &state->promises[i];
        uint8_t now[32];
        digest_of(part_slot(&state->part.bytes, promise->slot), now);
        const uint8_t said[7] = {(uint8_t)promise->key_id,
                                 (uint8_t)(promise->key_id >> 8),
                                 (uint8_t)(promise->key_id >> 16),
                                 (uint8_t)(promise->key_id >> 24),
                                 promise->slot,
                                 promise->gone,
                                 memcmp(now, promise->digest, sizeof now) == 0};
        memcpy(all + len, said, sizeof said);
        len += sizeof said;
    }
    digest_of(bytes_of(all, len), digest);
}
