/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenes of an application that only calls PSA: each way to put a key into the chip, into an empty slot or in place of
 * a key that nobody claims, and each way to be rid of one. Beside the subject there are a neighbour, and on a part with
 * keys from its maker one of those.
 */
#include "test/power/scene.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <imprint/psa.h>
#include "chip/operations.h"
#include "provision/status.h"
#include "test/support/world.h"
#include "test/power/verdict.h"

enum { MAKERS = 16, NEIGHBOUR = 17, SUBJECT = 18, SHARER = 19 };
#define NO_SLOT (-1)

enum deed { REGISTER, GENERATE, IMPORT, IMPORT_PUBLIC, DESTROY, FORGET };

struct way {
    const char *name;
    enum world_kind kind;
    enum deed deed;
    int slot;       /* NO_SLOT: the driver chooses */
    enum deed made; /* how the key got there that DESTROY and FORGET end */
    bool filled;    /* a key that nobody claims is in the slot before */
    bool replace, shared;
};

static const struct way ways[] = {
    {"register", WORLD_TRUST_AND_GO, REGISTER, 3, REGISTER, false, false, false},
    {"generate-anywhere", WORLD_BLANK_LOCKED, GENERATE, NO_SLOT, GENERATE, false, false, false},
    {"generate-in-empty", WORLD_BLANK_LOCKED, GENERATE, 2, GENERATE, false, false, false},
    {"generate-in-filled", WORLD_TRUST_AND_GO, GENERATE, 4, GENERATE, false, false, false},
    {"generate-in-any-filled", WORLD_TRUST_AND_GO, GENERATE, NO_SLOT, GENERATE, false, true, false},
    {"generate-hidden", WORLD_VARIED_LOCKED, GENERATE, VARIED_HIDDEN, GENERATE, false, false, false},
    {"import-in-clear", WORLD_BLANK_CONFIG_LOCKED, IMPORT, 1, IMPORT, false, false, false},
    {"import-in-filled", WORLD_BLANK_CONFIG_LOCKED, IMPORT, 1, IMPORT, true, false, false},
    {"import-encrypted", WORLD_VARIED_LOCKED, IMPORT, VARIED_IMPORT, IMPORT, false, false, false},
    {"import-encrypted-in-filled", WORLD_VARIED_LOCKED, IMPORT, VARIED_IMPORT, IMPORT, true, false, false},
    {"import-public", WORLD_VARIED_LOCKED, IMPORT_PUBLIC, NO_SLOT, IMPORT_PUBLIC, false, false, false},
    {"import-public-before-lock", WORLD_VARIED, IMPORT_PUBLIC, VARIED_PUBLIC, IMPORT_PUBLIC, false, false, false},
    {"destroy", WORLD_BLANK_LOCKED, DESTROY, NO_SLOT, GENERATE, false, false, false},
    {"destroy-imported", WORLD_VARIED_LOCKED, DESTROY, VARIED_IMPORT, IMPORT, false, false, false},
    {"destroy-one-of-two-ids", WORLD_TRUST_AND_GO, DESTROY, 3, REGISTER, false, false, true},
    {"destroy-registered", WORLD_TRUST_AND_GO, DESTROY, 3, REGISTER, false, false, false},
    {"destroy-what-stays", WORLD_VARIED_LOCKED, DESTROY, NO_SLOT, IMPORT_PUBLIC, false, false, false},
    {"erase", WORLD_TRUST_AND_GO, FORGET, 4, GENERATE, false, false, false},
};
const unsigned scene_way_count = sizeof ways / sizeof ways[0];

static const uint8_t scalar[32] = {0x42, [31] = 0x17};
/* The curve's generator: as good as any point. */
static const uint8_t point[65] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
                                  0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
                                  0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
                                  0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
                                  0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static psa_status_t make_key(enum deed deed, psa_key_id_t id, int slot)
{
    psa_key_attributes_t attributes = deed == IMPORT_PUBLIC ? world_public_key(id, slot) : world_key_pair(id, slot);
    psa_key_id_t made;

    if (slot == VARIED_HIDDEN) /* to verify needs the public key */
        psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    switch (deed) {
    case REGISTER:
        return world_register_key(&attributes);
    case GENERATE:
        return psa_generate_key(&attributes, &made);
    case IMPORT:
        return psa_import_key(&attributes, scalar, sizeof scalar, &made);
    case IMPORT_PUBLIC:
        return psa_import_key(&attributes, point, sizeof point, &made);
    default:
        return PSA_ERROR_NOT_SUPPORTED;
    }
}

/* NO_SLOT when there is no key with this id. */
static int slot_of(struct board *board, psa_key_id_t id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t slot = CHIP_SLOTS;

    if (psa_get_key_attributes(id, &attributes) == PSA_SUCCESS)
        slot = world_shell->slot_of(&board->driver, &attributes, CHIP_SLOTS);
    psa_reset_key_attributes(&attributes);
    return slot < CHIP_SLOTS ? (int)slot : NO_SLOT;
}

/* Notes why a call failed, as the engine would. */
static bool psa_failed(struct board *board, psa_status_t status, const char *doing)
{
    const struct provision provision = {.driver = &board->driver};

    board_say(board, "%s: PSA answers %d", doing, (int)status);
    if (status == PSA_ERROR_DATA_INVALID) /* the core's word for a key record that could not be removed */
        status = PSA_ERROR_STORAGE_FAILURE;
    (void)provision_psa_failed(&provision, status, NULL, &board->outcome->err);
    error_doing(&board->outcome->err, doing);
    return false;
}

/* ---- before the scene ------------------------------------------------------------------------------------------- */

static bool make_for_good(struct board *board, enum deed deed, psa_key_id_t id, int slot)
{
    const psa_status_t status = make_key(deed, id, slot);

    if (status != PSA_SUCCESS)
        return psa_failed(board, status, "prepare a key");
    board_promise(board, id, (uint8_t)slot_of(board, id));
    return true;
}

static bool prepare_way(struct board *board)
{
    const struct way *way = board->scene->way;
    const bool has_makers = way->kind == WORLD_TRUST_AND_GO;

    if (has_makers && !make_for_good(board, REGISTER, MAKERS, 0))
        return false;
    if (!make_for_good(board, GENERATE, NEIGHBOUR, has_makers ? 2 : 0))
        return false;
    if (way->filled) {
        uint8_t public_key[64];
        enum chip_status status = chip_generate_key(&board->chip, (uint8_t)way->slot, public_key, &board->outcome->err);
        chip_sleep(&board->chip);
        if (status != CHIP_OK)
            return false;
    }
    if (way->deed != DESTROY && way->deed != FORGET)
        return true;
    return make_for_good(board, way->made, SUBJECT, way->slot) &&
           (!way->shared || make_for_good(board, REGISTER, SHARER, way->slot));
}

/* ---- the scene -------------------------------------------------------------------------------------------------- */

/* As imprint erase does: all records, in their order. */
static bool forget_records(struct board *board)
{
    const struct storage *storage = &board->storage;
    enum storage_status status;
    uint64_t uid = 0;

    while ((status = storage->operations->next(storage->context, true, &uid)) == STORAGE_OK) {
        board->outcome->to_do++;
        status = storage->operations->remove(storage->context, uid);
        if (status != STORAGE_OK)
            break;
    }
    if (status == STORAGE_ABSENT)
        return true;
    error_set(&board->outcome->err, status == STORAGE_FULL ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
              storage_status_text(status), NULL);
    error_doing(&board->outcome->err, "forget the records");
    return false;
}

static bool prove_key(struct board *board, psa_key_id_t id)
{
    const struct way *way = board->scene->way;
    const bool is_public = id == SUBJECT && way->made == IMPORT_PUBLIC;
    const bool open = way->kind == WORLD_BLANK_CONFIG_LOCKED || way->kind == WORLD_VARIED; /* nothing signs yet */
    uint8_t key[65], digest[32], signature[64];
    size_t len = 0;
    psa_status_t status;

    if ((id == SUBJECT && way->slot == VARIED_HIDDEN) || (open && is_public))
        return true;
    error_clear(&board->driver.last_error);
    status = psa_export_public_key(id, key, sizeof key, &len);
    if (status != PSA_SUCCESS)
        return psa_failed(board, status, "export the public key");
    if (!verdict_public_key(board, id, (uint8_t)slot_of(board, id), key))
        return false;
    if (open || is_public)
        return true;
    status = psa_generate_random(digest, sizeof digest);
    if (status == PSA_SUCCESS)
        status =
            psa_sign_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, sizeof signature, &len);
    if (status != PSA_SUCCESS)
        return psa_failed(board, status, "sign");
    return verdict_signature(board, id, key, bytes_of(digest, sizeof digest), signature);
}

static bool do_deed(struct board *board, const struct way *way)
{
    const bool destroys = way->deed == DESTROY;
    psa_status_t status;

    if ((slot_of(board, SUBJECT) == NO_SLOT) == destroys)
        return true;
    if (!board_goes_on(board)) {
        error_set(&board->outcome->err, ERROR_INTERRUPTED, "stopped before it began", NULL);
        error_doing(&board->outcome->err, "begin");
        return false;
    }
    board->outcome->to_do = 1;
    error_clear(&board->driver.last_error);
    status = destroys ? world_destroy(&board->driver, SUBJECT) : make_key(way->deed, SUBJECT, way->slot);
    if (status != PSA_SUCCESS)
        return psa_failed(board, status, destroys ? "destroy the key" : "make the key");
    if (destroys)
        board_promise_gone(board, SUBJECT);
    else
        board_promise(board, SUBJECT, (uint8_t)slot_of(board, SUBJECT));
    return true;
}

static bool run_way(struct board *board)
{
    const struct way *way = board->scene->way;

    if (way->deed == FORGET)
        return forget_records(board);
    board->driver.settings.replace_unclaimed = way->replace;
    return do_deed(board, way) && (way->deed == DESTROY || prove_key(board, SUBJECT)) && prove_key(board, NEIGHBOUR) &&
           (!way->shared || prove_key(board, SHARER));
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void name_keys(struct scene *scene, const struct way *way)
{
    static const enum scene_method methods[] = {
        [REGISTER] = SCENE_REGISTER,    [GENERATE] = SCENE_GENERATE, [IMPORT] = SCENE_IMPORT,
        [IMPORT_PUBLIC] = SCENE_IMPORT, [DESTROY] = SCENE_DESTROY,   [FORGET] = SCENE_DESTROY};

    scene->keys[scene->key_count++] = (struct scene_key){SUBJECT, methods[way->deed]};
    if (way->deed != FORGET)
        return;
    scene->keys[scene->key_count++] = (struct scene_key){MAKERS, SCENE_DESTROY};
    scene->keys[scene->key_count++] = (struct scene_key){NEIGHBOUR, SCENE_DESTROY};
}

bool scene_open_way(struct scene *scene, unsigned way, const char *folder, char chip_path[static 512],
                    char failure[static FAILURE_MAX])
{
    static struct world world;

    memset(scene, 0, sizeof *scene);
    scene->way = &ways[way];
    (void)snprintf(scene->name, sizeof scene->name, "%s", ways[way].name);
    (void)snprintf(chip_path, 512, "%s/chip", folder);
    name_keys(scene, &ways[way]);
    scene->run = run_way;
    scene->prepare = prepare_way;
    memcpy(scene->imports[0], scalar, sizeof scalar);
    scene->import_lens[0] = sizeof scalar;
    scene->write_keys[0].slot = 15;
    memcpy(scene->write_keys[0].secret, world_write_key, sizeof world_write_key);
    scene->settings.write_keys = scene->write_keys;
    scene->settings.write_key_count = 1;

    world_make(&world, ways[way].kind);
    (void)unlink(chip_path);
    const bool good = rename(world.chip_path, chip_path) == 0;
    world_remove(&world);
    if (!good)
        (void)snprintf(failure, FAILURE_MAX, "%s: the chip's file cannot be put into its place", ways[way].name);
    return good;
}
