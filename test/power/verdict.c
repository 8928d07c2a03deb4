/* SPDX-License-Identifier: Apache-2.0 */
#include "test/power/verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/order.h"
#include "chip/words.h"
#include "test/support/p256.h"
#include "test/power/scene.h"

/* A key record as docs/reference/storage-format.md and Mbed TLS describe it, read here once more. */
enum { RECORD_BYTES = 44, RECORD_LIFETIME = 12, RECORD_SLOT = 36, LIFETIME = 0x6001, LIFETIME_IN_SLOT_0 = 0x6080 };
static const uint64_t transaction_uid = 0xFFFFFF74;

/* In the chip; a lifetime that names a slot names the one that the key is in. */
static bool is_key(const struct record *record)
{
    const uint32_t lifetime = load32_le(record->content + RECORD_LIFETIME);

    return record->uid <= 0x7fffffff && record->size == RECORD_BYTES && memcmp(record->content, "PSA\0KEY", 8) == 0 &&
           (lifetime == LIFETIME || lifetime == LIFETIME_IN_SLOT_0 + load64_le(record->content + RECORD_SLOT));
}

static void see(const struct outcome *outcome, struct seen *seen)
{
    seen->count = 0;
    for (size_t i = 0; i < outcome->record_count; i++)
        if (is_key(&outcome->records[i]))
            seen->keys[seen->count++] = (struct seen_key){.key_id = (uint32_t)outcome->records[i].uid,
                                                          .slot = load64_le(outcome->records[i].content + RECORD_SLOT)};
}

static const struct seen_key *find(const struct seen *seen, uint32_t key_id)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->keys[i].key_id == key_id)
            return &seen->keys[i];
    return NULL;
}

static bool is_destroyed(const struct board *board, uint32_t key_id)
{
    const struct scene_key *key = scene_find_key(board->scene, key_id);

    return key != NULL && key->method == SCENE_DESTROY;
}

static void check_promises(struct board *board, const struct seen *seen, const char *when)
{
    uint8_t now[32];

    for (size_t i = 0; i < board->promise_count; i++) {
        const struct promise *promise = &board->promises[i];
        const struct seen_key *key = find(seen, promise->key_id);
        if (promise->gone && key != NULL)
            (void)board_fail(board, "%s: key %u was destroyed, and is there again", when, (unsigned)promise->key_id);
        if (promise->gone || (key == NULL && is_destroyed(board, promise->key_id)))
            continue;
        digest_of(part_slot(board_memory(board), promise->slot), now);
        if (key == NULL)
            (void)board_fail(board, "%s: key %u was reported, and is lost", when, (unsigned)promise->key_id);
        else if (key->slot != promise->slot)
            (void)board_fail(board, "%s: key %u was reported in slot %u, and is in %u", when, (unsigned)promise->key_id,
                             promise->slot, (unsigned)key->slot);
        else if (!is_destroyed(board, promise->key_id) && memcmp(now, promise->digest, sizeof now) != 0)
            (void)board_fail(board, "%s: slot %u holds another key than was reported as key %u", when, promise->slot,
                             (unsigned)promise->key_id);
    }
}

void verdict_before(struct board *board)
{
    see(board->outcome, &board->before);
}

void verdict_started(struct board *board)
{
    const struct outcome *outcome = board->outcome;

    see(outcome, &board->started);
    if (board->run->weak || board->run->fault != NULL)
        return;
    for (size_t i = 0; i < board->before.count; i++) {
        const uint32_t key_id = board->before.keys[i].key_id;
        if (find(&board->started, key_id) == NULL && !is_destroyed(board, key_id))
            (void)board_fail(board, "the start has thrown away the whole record of key %u", (unsigned)key_id);
    }
    for (size_t i = 0; i < outcome->record_count; i++)
        if (outcome->records[i].uid == transaction_uid)
            (void)board_fail(board, "the start has left an unfinished transaction");
    check_promises(board, &board->started, "at the start");
}

/* No second key where there was one, and none that was taken over from an interrupted run. */
static void check_slots(struct board *board, const struct seen *ended)
{
    const unsigned *changes = board->outcome->slot_changes;

    for (unsigned slot = 0; slot < CHIP_SLOTS; slot++) {
        unsigned most = 0, least = 0;
        bool destroys = false;
        if (!part_is_private(board_memory(board), slot))
            continue;
        for (size_t i = 0; i < ended->count; i++) {
            const uint32_t key_id = ended->keys[i].key_id;
            const struct scene_key *key = scene_find_key(board->scene, key_id);
            if (ended->keys[i].slot != slot || key == NULL || find(&board->started, key_id) != NULL)
                continue;
            most += key->method != SCENE_REGISTER;
            least += key->method == SCENE_GENERATE;
        }
        for (size_t i = 0; i < board->scene->key_count; i++)
            destroys = destroys || board->scene->keys[i].method == SCENE_DESTROY;
        if (destroys) /* overwriting is done again (at the start, before and by the destruction) where that could not be
                         stored */
            most += board->run->fault == NULL ? 1 : 3;
        if (most > 0 && board->run->fault != NULL && part_hides_public(board_memory(board), slot))
            most++;
        if (changes[slot] > most)
            (void)board_fail(board, "slot %u got a key %u times, where %u were wanted", slot, changes[slot], most);
        if (changes[slot] < least)
            (void)board_fail(board, "the key in slot %u was not made by this run, and nobody had reported it", slot);
    }
}

/* Where there was no room it must have been found before a key was made. */
static void check_room(struct board *board, const struct seen *ended)
{
    for (unsigned slot = 0; slot < CHIP_SLOTS; slot++) {
        bool claimed = false;
        for (size_t i = 0; i < ended->count; i++)
            claimed = claimed || ended->keys[i].slot == slot;
        if (part_is_private(board_memory(board), slot) && board->outcome->slot_changes[slot] > 0 && !claimed)
            (void)board_fail(board, "slot %u got a key for whose record there was no room", slot);
    }
}

void verdict_ended(struct board *board)
{
    struct seen ended;

    see(board->outcome, &ended);
    if (board->run->weak)
        return;
    if (board->outcome->done)
        check_slots(board, &ended);
    else if (board->run->fault != NULL && board->run->fault->kind == MOMENT_FULL)
        check_room(board, &ended);
    check_promises(board, &ended, "at the end");
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

bool verdict_public_key(struct board *board, uint32_t key_id, uint8_t slot, const uint8_t point[static 65])
{
    const struct virtual_memory *memory = board_memory(board);
    uint8_t expected[65];

    if (board->part.chip->swapped && board->scene->way != NULL)
        return true; /* an application cannot tell whose key it uses */
    if (!part_public(memory, slot, expected))
        return board_fail(board, "key %u is reported, and there is none in slot %u", (unsigned)key_id, slot);
    if (memcmp(point, expected, sizeof expected) != 0)
        return board_fail(board, "key %u is reported with another public key than that in slot %u", (unsigned)key_id,
                          slot);
    return true;
}

bool verdict_signature(struct board *board, uint32_t key_id, const uint8_t point[static 65], struct bytes digest,
                       const uint8_t signature[static 64])
{
    if (board->part.chip->swapped && board->scene->way != NULL)
        return true;
    if (p256_verifies(point + 1, digest.data, digest.len, signature))
        return true;
    return board_fail(board, "the signature that key %u is proven by does not verify", (unsigned)key_id);
}

/* ---- ends ------------------------------------------------------------------------------------------------------- */

static bool same_records(const struct outcome *outcome, const struct outcome *unbroken,
                         char failure[static FAILURE_MAX])
{
    for (size_t i = 0; i < outcome->record_count || i < unbroken->record_count; i++) {
        const struct record *found = i < outcome->record_count ? &outcome->records[i] : NULL;
        const struct record *wanted = i < unbroken->record_count ? &unbroken->records[i] : NULL;
        if (found == NULL || wanted == NULL || found->uid != wanted->uid) {
            (void)snprintf(failure, FAILURE_MAX, "record %zu is %llx, and %llx after the unbroken run", i,
                           found == NULL ? 0ULL : (unsigned long long)found->uid,
                           wanted == NULL ? 0ULL : (unsigned long long)wanted->uid);
            return false;
        }
        if (found->flags != wanted->flags || found->size != wanted->size ||
            memcmp(found->content, wanted->content, sizeof found->content) != 0) {
            (void)snprintf(failure, FAILURE_MAX, "record %llx is another than after the unbroken run",
                           (unsigned long long)found->uid);
            return false;
        }
    }
    return true;
}

bool verdict_same_end(const struct scene *scene, const struct outcome *outcome, const struct outcome *unbroken,
                      char failure[static FAILURE_MAX])
{
    uint8_t found[32], wanted[32];
    const struct virtual_memory *memory = &outcome->end.part.bytes, *reference = &unbroken->end.part.bytes;

    part_digest(scene, memory, found);
    part_digest(scene, reference, wanted);
    if (memcmp(found, wanted, sizeof found) == 0)
        return same_records(outcome, unbroken, failure);
    (void)snprintf(failure, FAILURE_MAX, "the chip differs from that of the unbroken run");
    for (unsigned slot = 0; slot < CHIP_SLOTS; slot++)
        if (!bytes_equal(part_slot(memory, slot), part_slot(reference, slot)))
            (void)snprintf(failure, FAILURE_MAX, "slot %u differs from that of the unbroken run", slot);
    if (memcmp(memory->otp, reference->otp, sizeof memory->otp) != 0)
        (void)snprintf(failure, FAILURE_MAX, "the OTP zone differs from that of the unbroken run");
    for (size_t i = sizeof memory->config; i-- > 0;)
        if (memory->config[i] != reference->config[i])
            (void)snprintf(failure, FAILURE_MAX, "byte %zu of the config zone differs from the unbroken run's", i);
    return false;
}

bool verdict_wrote_nothing(const struct outcome *outcome, char failure[static FAILURE_MAX])
{
    if (outcome->to_do != 0)
        (void)snprintf(failure, FAILURE_MAX, "a further run finds %u things to do", outcome->to_do);
    else if (outcome->memory_changes != 0)
        (void)snprintf(failure, FAILURE_MAX, "a further run writes to the chip");
    else if (outcome->medium.altered != 0)
        (void)snprintf(failure, FAILURE_MAX, "a further run writes to the medium");
    else
        return true;
    return false;
}

#define NO_ANSWER ERROR_DEVICE_SILENT, ERROR_DEVICE_GARBLED, ERROR_DEVICE_RESET
#define REASONS_MAX 6

/* For what a run may fail, each list ended by ERROR_NONE. */
static const enum error_reason may_fail[MOMENT_KINDS][REASONS_MAX] = {
    [MOMENT_CHIP] = {NO_ANSWER, ERROR_CHIP_REFUSED},
    [MOMENT_STORM] = {NO_ANSWER},
    [MOMENT_FULL] = {ERROR_STORAGE_FULL},
    [MOMENT_FAILS] = {ERROR_STORAGE_FAILED},
    [MOMENT_LATE] = {ERROR_STORAGE_FAILED},
    [MOMENT_DEAD] = {ERROR_STORAGE_FAILED},
    [MOMENT_SPOILT] = {ERROR_STORAGE_FAILED, ERROR_STORAGE_FULL},
    [MOMENT_STOP] = {ERROR_INTERRUPTED},
};

/* Further reasons, where another chip has been put in. */
static const enum error_reason swap_may_fail[REASONS_MAX] = {ERROR_WRONG_PART, ERROR_PROOF_FAILED, ERROR_GATE_REFUSED,
                                                             ERROR_WRONG_CONFIGURATION, ERROR_FOREIGN_KEY};

static bool is_listed(const enum error_reason reasons[static REASONS_MAX], enum error_reason reason)
{
    for (size_t i = 0; i < REASONS_MAX && reasons[i] != ERROR_NONE; i++)
        if (reasons[i] == reason)
            return true;
    return false;
}

bool verdict_may_fail(const struct moment *fault, const struct outcome *outcome, char failure[static FAILURE_MAX])
{
    struct error said = outcome->err;
    bool allowed;

    chip_words_for_failure(&said); /* as whoever prints it does */
    allowed =
        is_listed(may_fail[fault->kind], said.reason) ||
        (fault->kind == MOMENT_CHIP && strncmp(fault->fault, "swap@", 5) == 0 && is_listed(swap_may_fail, said.reason));
    if (allowed && said.cause != NULL && (said.doing != NULL || fault->kind == MOMENT_STOP))
        return true;
    (void)snprintf(failure, FAILURE_MAX, "fails for a reason that is none: %s: %s: %s", error_reason_name(said.reason),
                   said.doing != NULL ? said.doing : "-", said.cause != NULL ? said.cause : "-");
    return false;
}
