/* SPDX-License-Identifier: Apache-2.0 */
/* Scenes that provision by a profile: whichever profiles a folder holds. */
#include "test/power/scene.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "base/hex.h"
#include "profile/text/text.h"
#include "profile/data.h"
#include "provision/provision.h"
#include "provision/run.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "provision/steps/datum.h"
#include "psa/io_key.h"
#include "psa/symmetric.h"
#include "test/power/verdict.h"

const struct scene_key *scene_find_key(const struct scene *scene, uint32_t id)
{
    for (size_t i = 0; i < scene->key_count; i++)
        if (scene->keys[i].id == id)
            return &scene->keys[i];
    return NULL;
}

/* ---- running ---------------------------------------------------------------------------------------------------- */

static bool on_progress(void *context, const struct provision_plan *plan, const struct provision_step *step,
                        bool finished)
{
    struct board *board = context;

    (void)plan;
    board_say(board, "%s %s, slot %d", finished ? "done:" : "step:", step->kind->name,
              step->slot == PROFILE_SLOT_ANY ? -1 : step->slot);
    if (finished && step->kind->registers)
        board_promise(board, board->scene->profile.data[step->datum - 1].id, step->slot);
    if (finished && step->kind->makes_key)
        board_promise(board, board->scene->profile.keys[step->key].id, step->slot);
    return board_goes_on(board);
}

static bool on_import(void *context, const struct profile_key *key, struct bytes_out *out, struct error *err)
{
    const struct scene *scene = ((const struct board *)context)->scene;
    const size_t i = (size_t)(key - scene->profile.keys);

    (void)err;
    return bytes_append(out, bytes_of(scene->imports[i], scene->import_lens[i]));
}

static bool on_armed(void *context, const uint8_t serial[static CHIP_SERIAL_BYTES],
                     const uint8_t profile_digest[static PROFILE_DIGEST_BYTES])
{
    (void)context;
    (void)serial;
    (void)profile_digest;
    return true;
}

static bool on_before_lock(void *context, const struct provision_plan *plan, const struct provision_step *step)
{
    (void)plan;
    (void)step;
    return board_goes_on(context);
}

/*
 * ---- certificates: the station's part. What it keeps is as durable as the rest of its disk, and not what is tested
 * here: the certificate of each index is always the same, so that the chip's slots can be compared with those of the
 * unbroken run.
 */

enum { WHOLE_BYTES = 60 };

static void fill(uint8_t *to, size_t len, uint8_t slot)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)(slot * 16 + 7 * i + 1);
}

static bool get_certificate(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                            const uint8_t point[static P256_POINT_BYTES], bool issue, struct bytes *der,
                            struct error *err)
{
    static uint8_t whole[WHOLE_BYTES];
    struct board *board = context;
    const uint32_t bit = 1u << index;

    (void)serial;
    (void)point;
    (void)err;
    if (issue)
        board->issued |= bit;
    fill(whole, sizeof whole, (uint8_t)index);
    *der = (board->issued & bit) != 0 ? bytes_of(whole, sizeof whole) : BYTES_NONE;
    return true;
}

static bool get_slot(void *context, uint8_t slot, uint8_t content[static PROVISION_CERTIFICATE_BYTES])
{
    const struct board *board = context;
    const struct profile *profile = &board->scene->profile;

    for (size_t i = 0; i < profile->certificate_count; i++) {
        const struct profile_certificate *certificate = &profile->certificates[i];

        if ((board->issued & 1u << i) == 0 ||
            (slot != certificate->slot && slot != certificate->signer_key_slot && slot != certificate->signer_slot))
            continue;
        fill(content, PROVISION_CERTIFICATE_BYTES, slot);
        return true;
    }
    return false;
}

/*
 * ---- data: the station's part, too. A secret is the same in each run, and its proof is checked with libcrypto.
 */

static bool get_content(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                        struct bytes_out *out, struct error *err)
{
    const struct board *board = context;
    const struct profile_datum *datum = &board->scene->profile.data[index];
    uint8_t secret[PROFILE_SECRET_BYTES];

    if (datum->form != PROFILE_DATUM_FILE)
        return profile_datum_literal(datum, serial, out, err);
    fill(secret, sizeof secret, (uint8_t)(index + 3));
    return bytes_append(out, bytes_of(secret, profile_datum_bytes(datum)));
}

#define PROOF_TEXT_SIZE 200

/* What a key signs, written down a second time: src/link/proof.c does not judge itself. */
static void proof_text(const struct provision_evidence *evidence, const struct provision_key_evidence *key,
                       char text[static PROOF_TEXT_SIZE])
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], challenge[HEX_SIZE(PROVISION_CHALLENGE_BYTES)];

    hex_encode(bytes_of(evidence->serial, sizeof evidence->serial), serial);
    hex_encode(bytes_of(key->challenge, sizeof key->challenge), challenge);
    snprintf(text, PROOF_TEXT_SIZE, "imprint proof of possession 1\nchip %s\nkey %u\nchallenge %s\n", serial,
             (unsigned)key->key_id, challenge);
}

/* The MAC of the key that is in the slot, over the challenge: as the chip's documents have it, and by libcrypto. */
static void check_mac(struct board *board, const struct profile_datum *datum,
                      const struct provision_datum_evidence *evidence)
{
    const uint8_t *serial = board->serial;
    uint8_t message[88] = {0}, digest[32];

    memcpy(message, part_slot(board_memory(board), datum->slot).data, 32);
    memcpy(message + 32, evidence->challenge, 32);
    message[64] = 0x08; /* MAC over TempKey, with all of the serial number */
    message[65] = 0x41;
    message[66] = datum->slot;
    message[79] = serial[8];
    memcpy(message + 80, serial + 4, 4);
    memcpy(message + 84, serial, 4);
    if (EVP_Q_digest(NULL, "SHA256", NULL, message, sizeof message, digest, NULL) != 1 ||
        evidence->answer_bytes != sizeof digest || memcmp(digest, evidence->answer, sizeof digest) != 0)
        (void)board_fail(board, "datum %s is reported without a proof", datum->name);
}

/* What a secret computed, computed a second time. */
static void check_proven(void *context, size_t index, const struct provision_datum_evidence *evidence)
{
    struct board *board = context;
    const struct profile_datum *datum = &board->scene->profile.data[index];
    struct provision_evidence device = {.key_count = 0};
    struct provision_key_evidence key = {.key_id = datum->id};
    uint8_t secret[PROFILE_SECRET_BYTES], mac[EVP_MAX_MD_SIZE];
    char text[PROOF_TEXT_SIZE];
    unsigned len = 0;

    board->data_proven |= 1u << index;
    if (profile_datum_is_io_key(datum))
        check_mac(board, datum, evidence);
    if (datum->type != PROFILE_DATUM_HMAC)
        return;
    memcpy(device.serial, board->serial, sizeof device.serial);
    memcpy(key.challenge, evidence->challenge, sizeof key.challenge);
    fill(secret, sizeof secret, (uint8_t)(index + 3));
    proof_text(&device, &key, text);
    (void)HMAC(EVP_sha256(), secret, sizeof secret, (const uint8_t *)text, strlen(text), mac, &len);
    if (len != sizeof evidence->answer || memcmp(mac, evidence->answer, len) != 0)
        (void)board_fail(board, "datum %s is reported without a proof", datum->name);
}

/* The evidence proves what it says to somebody who believes neither the chip nor Mbed TLS. */
static bool check_evidence(struct board *board, const struct provision_evidence *evidence)
{
    for (size_t i = 0; i < evidence->key_count; i++) {
        const struct provision_key_evidence *key = &evidence->keys[i];
        uint8_t digest[PSA_HASH_MAX_SIZE];
        char text[PROOF_TEXT_SIZE];
        size_t len = 0;
        if (!key->proven)
            return board_fail(board, "key %u is reported unproven", (unsigned)key->key_id);
        if (!verdict_public_key(board, key->key_id, key->slot, key->public_key))
            return false;
        const bool signs = PSA_KEY_TYPE_IS_KEY_PAIR(board->scene->profile.keys[i].type) &&
                           (board->scene->profile.keys[i].usage & PSA_KEY_USAGE_SIGN_MESSAGE) != 0;
        if (!signs)
            continue;
        proof_text(evidence, key, text);
        if (psa_hash_compute(key->hash, (const uint8_t *)text, strlen(text), digest, sizeof digest, &len) !=
                PSA_SUCCESS ||
            !verdict_signature(board, key->key_id, key->public_key, bytes_of(digest, len), key->signature))
            return board_fail(board, "key %u is reported without a proof", (unsigned)key->key_id);
    }
    return true;
}

/* What is said of the device agrees with what had been reported when its power failed. */
static bool check_triage(struct board *board, const struct provision_plan *plan)
{
    const struct provision_triage triage = provision_triage(plan, ERROR_NONE);

    board_say(board, "state %s, stopped after step %d, in step %d", provision_state_name(triage.state),
              triage.stopped_after, triage.stopped_in);
    if ((triage.state == PROVISION_STATE_DONE) != (plan->changes_left == 0))
        return board_fail(board, "a device with %zu things to do is called %s", plan->changes_left,
                          provision_state_name(triage.state));
    if (board->promise_count > 0 && !board->run->weak && triage.state != PROVISION_STATE_PARTIAL &&
        triage.state != PROVISION_STATE_DONE)
        return board_fail(board, "a device with reported keys is called %s", provision_state_name(triage.state));
    if (triage.state == PROVISION_STATE_PARTIAL && triage.stopped_after < 0 && triage.stopped_in < 0)
        return board_fail(board, "a partial device, and nothing says how far it has come");
    return true;
}

/*
 * As steps/make_io_key.c, but for the random number: the same in each run, so that every end can be compared with that
 * of the unbroken run. So that a second key is seen all the same, a key that was stored is never to be made again.
 */
static enum provision_status make_io_key(struct provision_run *run, struct provision_step *step, struct error *err)
{
    struct board *board = run->provision->callbacks.context;
    uint8_t key[IO_KEY_BYTES];

    (void)step;
    if ((board->issued & BOARD_HAS_IO_KEY) != 0 && !board->run->weak)
        (void)board_fail(board, "the IO protection key was stored, and is made again");
    fill(key, sizeof key, 200);
    if (!io_key_write(run->provision->driver->storage, run->plan->serial, key, err))
        return provision_status_of(err);
    board->issued |= BOARD_HAS_IO_KEY;
    return PROVISION_OK;
}

/* All kinds of steps but the one that needs a server: as a board, whose station connects for it. */
static const struct provision_step_kind *const *steps_without_server(void)
{
    static const struct provision_step_kind *steps[PROVISION_STEP_KINDS + 1];
    static struct provision_step_kind io_key;
    size_t count = 0;

    io_key = provision_step_make_io_key;
    io_key.run = make_io_key;
    for (size_t i = 0; i < PROVISION_STEP_KINDS; i++)
        if (provision_all_steps[i]->is_needed != provision_needs_prove_tls)
            steps[count++] = provision_all_steps[i] == &provision_step_make_io_key ? &io_key : provision_all_steps[i];
    steps[count] = NULL;
    return steps;
}

static bool run_profile(struct board *board)
{
    static struct provision_plan plan;
    static struct provision_evidence evidence;
    struct error *err = &board->outcome->err;
    const struct provision_certificates certificates = {.context = board, .get = get_certificate, .slot = get_slot};
    const struct provision_contents contents = {
        .context = board, .get = get_content, .proven = check_proven, .block = provision_datum_block};
    struct provision provision = {.driver = &board->driver,
                                  .profile = &board->scene->profile,
                                  .steps = steps_without_server(),
                                  .certificates = &certificates,
                                  .contents = &contents,
                                  .callbacks = {.context = board,
                                                .progress = on_progress,
                                                .import_key = on_import,
                                                .armed = on_armed,
                                                .before_lock = on_before_lock}};

    board->driver.symmetric = &driver_symmetric_keys;
    board->data_proven = 0;
    if (provision_observe(&provision, &plan, err) != PROVISION_OK)
        return false;
    memcpy(board->serial, plan.serial, sizeof board->serial);
    board->outcome->to_do = (unsigned)plan.changes_left;
    if (!check_triage(board, &plan))
        return false;
    if (provision_execute(&provision, &plan, &evidence, err) != PROVISION_OK)
        return false;
    if (board->data_proven != (1u << board->scene->profile.data_count) - 1)
        return board_fail(board, "data is reported unproven: %x", (unsigned)board->data_proven);
    return check_evidence(board, &evidence);
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static bool refuse(char failure[static FAILURE_MAX], const char *what, const char *why)
{
    (void)snprintf(failure, FAILURE_MAX, "%.90s: %.140s", what, why);
    return false;
}

/* A file that the profile names. */
static FILE *open_beside(const char *profile_path, const char *name)
{
    char path[1024];
    const char *slash = strrchr(profile_path, '/');
    const int folder = name[0] == '/' || slash == NULL ? 0 : (int)(slash + 1 - profile_path);

    if (snprintf(path, sizeof path, "%.*s%s", folder, profile_path, name) >= (int)sizeof path)
        return NULL;
    return fopen(path, "r");
}

static bool read_import(struct scene *scene, size_t i, const char *profile_path)
{
    const struct profile_key *key = &scene->profile.keys[i];
    FILE *file = open_beside(profile_path, key->source);
    const bool is_public = PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type);
    EVP_PKEY *pem = NULL;
    BIGNUM *number = NULL;
    bool good = false;

    if (file == NULL)
        return false;
    pem = is_public ? PEM_read_PUBKEY(file, NULL, NULL, NULL) : PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    if (pem != NULL && is_public) {
        good = EVP_PKEY_set_utf8_string_param(pem, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") == 1 &&
               EVP_PKEY_get_octet_string_param(pem, OSSL_PKEY_PARAM_PUB_KEY, scene->imports[i], 65,
                                               &scene->import_lens[i]) == 1;
    } else if (pem != NULL) {
        good = EVP_PKEY_get_bn_param(pem, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
               BN_bn2binpad(number, scene->imports[i], 32) == 32;
        scene->import_lens[i] = 32;
    }
    BN_free(number);
    EVP_PKEY_free(pem);
    return good;
}

static bool read_write_key(struct scene *scene, size_t i, const char *profile_path)
{
    struct imprint_write_key *key = &scene->write_keys[i];
    struct bytes_out out = {.data = key->secret, .cap = sizeof key->secret};
    FILE *file = open_beside(profile_path, scene->profile.write_keys[i].source);
    char text[65] = {0};
    bool good = file != NULL && fread(text, 1, 64, file) == 64 && hex_decode(text, 64, &out, NULL);

    key->slot = scene->profile.write_keys[i].slot;
    if (file != NULL)
        (void)fclose(file);
    return good;
}

static bool read_scene(struct scene *scene, const char *path, char failure[static FAILURE_MAX])
{
    static const enum scene_method methods[] = {
        [PROFILE_REGISTER] = SCENE_REGISTER, [PROFILE_GENERATE] = SCENE_GENERATE, [PROFILE_IMPORT] = SCENE_IMPORT};
    static struct profile_complaint complaint;
    const struct profile *profile = &scene->profile;

    memset(scene, 0, sizeof *scene);
    if (!profile_read_file(path, &scene->profile, &complaint))
        return refuse(failure, path, complaint.message);
    const char *slash = strrchr(path, '/');
    const char *file = slash == NULL ? path : slash + 1;
    (void)snprintf(scene->name, sizeof scene->name, "%.*s", (int)strcspn(file, "."), file);
    scene->run = run_profile;
    for (size_t i = 0; i < profile->key_count; i++) {
        scene->keys[scene->key_count++] =
            (struct scene_key){.id = profile->keys[i].id, .method = methods[profile->keys[i].method]};
        if (profile->keys[i].method == PROFILE_IMPORT && !read_import(scene, i, path))
            return refuse(failure, path, "a key that it imports cannot be read");
    }
    for (size_t i = 0; i < profile->data_count; i++)
        if (profile->data[i].id != 0)
            scene->keys[scene->key_count++] = (struct scene_key){.id = profile->data[i].id, .method = SCENE_REGISTER};
    for (size_t i = 0; i < profile->write_key_count; i++)
        if (!read_write_key(scene, i, path))
            return refuse(failure, path, "a write key cannot be read");
    scene->settings.write_keys = scene->write_keys;
    scene->settings.write_key_count = profile->write_key_count;
    return true;
}

static bool make_part(enum virtual_part part, const char *chip_path, char failure[static FAILURE_MAX])
{
    const struct virtual_making making = {.part = part, .has_seed = true, .seed = 7};
    struct virtual_problem problem;

    (void)unlink(chip_path);
    return virtual_create(chip_path, &making, &problem) == VIRTUAL_OK || refuse(failure, chip_path, problem.cause);
}

/* Whether a new part of this kind can become what the profile wants: the unbroken run tells. */
static bool fits(struct scene *scene, const char *folder, const char *chip_path, char failure[static FAILURE_MAX])
{
    static struct board board;
    static struct outcome outcome;
    struct state state = {.image = BYTES_NONE};
    const struct run run = {.from = &state};

    outcome.done = false;
    if (board_make(&board, scene, chip_path, folder, MEDIUM_FILE)) {
        part_take(&board.part, &state.part);
        power_run(&board, &run, &outcome);
        (void)refuse(failure, scene->name, outcome.err.cause != NULL ? outcome.err.cause : outcome.failure);
    }
    board_free(&board);
    return outcome.done;
}

bool scene_open_profile(struct scene *scene, const char *path, const char *folder, char chip_path[static 512],
                        char failure[static FAILURE_MAX])
{
    static const enum virtual_part parts[] = {VIRTUAL_TRUST_AND_GO, VIRTUAL_TRUST_FLEX, VIRTUAL_BLANK};

    if (!read_scene(scene, path, failure) || snprintf(chip_path, 512, "%s/chip", folder) >= 512)
        return false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (make_part(parts[i], chip_path, failure) && fits(scene, folder, chip_path, failure))
            return make_part(parts[i], chip_path, failure);
    return false;
}

static int is_profile(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

bool scene_open(struct scene *scene, const char *profiles, unsigned index, const char *folder,
                char chip_path[static 512], char failure[static FAILURE_MAX])
{
    struct dirent **entries = NULL;
    char path[1024] = "";
    const int count = scandir(profiles, &entries, is_profile, alphasort);

    failure[0] = '\0';
    if (count <= 0)
        return refuse(failure, profiles, "there are no profiles");
    if (index < (unsigned)count)
        (void)snprintf(path, sizeof path, "%s/%s", profiles, entries[index]->d_name);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free((void *)entries);
    if (path[0] != '\0')
        return scene_open_profile(scene, path, folder, chip_path, failure);
    index -= (unsigned)count;
    return index < scene_way_count && scene_open_way(scene, index, folder, chip_path, failure);
}
