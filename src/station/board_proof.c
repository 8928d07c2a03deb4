/* SPDX-License-Identifier: Apache-2.0 */
#include "station/board_proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <psa/crypto.h>

#include "base/hex.h"
#include "crypto/verify.h"
#include "station/board_known.h"
#include "station/board_results.h"
#include "station/evidence.h"
#include "station/file.h"
#include "station/folder.h"
#include "station/pem.h"
#include "station/signature.h"
#include "station/value.h"
#include "link/proof.h"

#define KEYS_MAX 64

/* A key as the application lists it. */
struct listed {
    uint32_t id, slot;
    bool signs;
};

/* What the board has answered. */
struct answers {
    bool has_serial;
    uint8_t serial[CHIP_SERIAL_BYTES];
    struct listed keys[KEYS_MAX];
    size_t key_count;
    /* Of one key. */
    uint32_t id;
    bool has_public, has_signature;
    uint8_t point[P256_POINT_BYTES];
    uint32_t hash;
    uint8_t signature[P256_SIGNATURE_BYTES];
};

static bool read_bytes(const struct link_words *words, const char *name, uint8_t *data, size_t len)
{
    struct bytes_out out = {.data = data, .cap = len};

    return link_hex(words, name, &out) && out.len == len;
}

static void read_listed_key(struct answers *answers, const struct link_words *words)
{
    const char *signs = link_value(words, "signs");
    struct listed key;

    if (answers->key_count == KEYS_MAX || !link_number(words, "id", UINT32_MAX, &key.id) ||
        !link_number(words, "slot", CHIP_SLOTS - 1, &key.slot))
        return;
    key.signs = signs != NULL && strcmp(signs, "yes") == 0;
    answers->keys[answers->key_count++] = key;
}

static void handle_frame(void *context, const struct link_words *words)
{
    struct answers *answers = context;
    const char *verb = words->word[0];
    uint32_t id = 0;

    /* Which device it is, a board says with its list of keys, and never again: proofs and record are about that one. */
    if (strcmp(verb, "chip") == 0 && answers->id == 0)
        answers->has_serial = read_bytes(words, "serial", answers->serial, sizeof answers->serial);
    else if (strcmp(verb, "key") == 0)
        read_listed_key(answers, words);
    else if (!link_number(words, "id", UINT32_MAX, &id) || id != answers->id)
        return;
    else if (strcmp(verb, "public") == 0)
        answers->has_public = read_bytes(words, "public", answers->point, sizeof answers->point);
    else if (strcmp(verb, "signature") == 0)
        answers->has_signature = link_number(words, "hash", UINT32_MAX, &answers->hash) &&
                                 read_bytes(words, "signature", answers->signature, sizeof answers->signature);
}

/* Asks until no line was damaged, a few times. */
static bool ask(const struct board_proof *proof, struct answers *answers, const char *verb, const char *first,
                const char *second, struct error *err)
{
    const struct board_command command = {
        .verb = verb, .words = {first, second}, .frame = handle_frame, .context = answers};

    for (int attempt = 0; attempt < 3; attempt++) {
        answers->key_count = 0;
        answers->has_public = answers->has_signature = false;
        if (!board_ask(proof->board, &command, err))
            return false;
        if (!board_missed_lines(proof->board))
            return true;
    }
    error_set(err, ERROR_DEVICE_GARBLED, "repeated checksum errors on the console",
              "check the cable and ground, and that no other program reads this console");
    return false;
}

static bool refuse(uint32_t id, enum error_reason reason, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_key(err, id);
    return false;
}

/* --- files ---------------------------------------------------------------------------------------------------------
 */

static bool save_file(const struct board_proof *proof, uint32_t id, const char *suffix, struct bytes content,
                      struct error *err)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/key-%u.%s", proof->save, (unsigned)id, suffix);

    if (n > 0 && (size_t)n < sizeof path && file_replace(path, content, 0666, ERROR_INPUT_FILE, err))
        return true;
    error_set(err, ERROR_INPUT_FILE, "the file cannot be written", NULL);
    return false;
}

static bool save_proof(const struct board_proof *proof, struct bytes message, const struct answers *answers,
                       struct error *err)
{
    uint8_t der[SIGNATURE_DER_MAX];
    struct bytes_out out = {.data = der, .cap = sizeof der};
    char pem[PEM_MAX];

    return pem_of_point(answers->point, pem, err) && signature_to_der(answers->signature, &out, err) &&
           save_file(proof, answers->id, "message", message, err) &&
           save_file(proof, answers->id, "signature", bytes_written(&out), err) &&
           save_file(proof, answers->id, "pem", bytes_of(pem, strlen(pem)), err);
}

/* --- one key -------------------------------------------------------------------------------------------------------
 */

static bool is_hash(uint32_t hash)
{
    return hash == PSA_ALG_SHA_256 || hash == PSA_ALG_SHA_384 || hash == PSA_ALG_SHA_512;
}

static bool prove_signature(const struct board_proof *proof, struct answers *answers, json_t *shown, struct error *err)
{
    uint8_t challenge[LINK_CHALLENGE_MAX], text[LINK_PROOF_MAX];
    struct bytes_out message = {.data = text, .cap = sizeof text};
    char id_text[LINK_NUMBER_SIZE], challenge_text[HEX_SIZE(sizeof challenge)];
    psa_status_t status = psa_generate_random(challenge, sizeof challenge);

    if (status != PSA_SUCCESS) {
        error_with_psa(err, status);
        return refuse(answers->id, ERROR_PSA, "the station has no random numbers", NULL, err);
    }
    link_format_number(answers->id, id_text);
    hex_encode(bytes_of(challenge, sizeof challenge), challenge_text);
    (void)link_proof_text(answers->serial, answers->id, bytes_of(challenge, sizeof challenge), &message);
    if (!ask(proof, answers, "sign", id_text, challenge_text, err))
        return false;
    status = PSA_ERROR_INVALID_SIGNATURE;
    if (answers->has_signature && is_hash(answers->hash))
        status = crypto_verify_message(answers->point, answers->hash, bytes_written(&message), answers->signature);
    if (status != PSA_SUCCESS)
        return refuse(answers->id, ERROR_PROOF_FAILED, "the key's signature over a fresh challenge does not verify",
                      "do not ship this device", err);
    json_object_set_new(shown, "challenge", json_string(challenge_text));
    json_object_set_new(shown, "signature", value_hex(bytes_of(answers->signature, sizeof answers->signature)));
    return proof->save == NULL || save_proof(proof, bytes_written(&message), answers, err);
}

static bool prove_key(const struct board_proof *proof, struct answers *answers, const struct listed *listed,
                      const json_t *record, json_t *shown, struct error *err)
{
    const bool must_sign = listed->signs || evidence_key_signed(record, listed->id);
    const char *name = evidence_key_name(record, listed->id), *recorded = evidence_key_public(record, listed->id);
    char id_text[LINK_NUMBER_SIZE], found[HEX_SIZE(P256_POINT_BYTES)];

    answers->id = listed->id;
    link_format_number(listed->id, id_text);
    if (!ask(proof, answers, "public", id_text, NULL, err))
        return false;
    hex_encode(bytes_of(answers->point, sizeof answers->point), found);
    if (!answers->has_public || recorded == NULL || strcmp(found, recorded) != 0)
        return refuse(listed->id, ERROR_FOREIGN_KEY, "the board shows another public key than the one recorded",
                      "find out who changed it; provision the device again to see what is in it", err);
    json_object_set_new(shown, "key_id", json_integer(listed->id));
    json_object_set_new(shown, "name", json_string(name));
    json_object_set_new(shown, "public_key", json_string(found));
    json_object_set_new(shown, "signs", json_boolean(must_sign));
    return !must_sign || prove_signature(proof, answers, shown, err);
}

/* --- the record ----------------------------------------------------------------------------------------------------
 */

static const struct listed *find_listed(const struct listed *keys, size_t count, json_int_t id)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].id == id)
            return &keys[i];
    return NULL;
}

/* Every key of the record; `proofs` gets one object each. */
static bool prove_record(const struct board_proof *proof, struct answers *answers, const json_t *record, json_t *proofs,
                         struct error *err)
{
    struct listed keys[KEYS_MAX];
    size_t count = answers->key_count, i;
    const json_t *key;

    memcpy(keys, answers->keys, sizeof keys);
    json_array_foreach(json_object_get(record, "keys"), i, key)
    {
        json_int_t id = json_integer_value(json_object_get(key, "key_id"));
        const struct listed *listed = find_listed(keys, count, id);
        json_t *shown = json_object();

        json_array_append_new(proofs, shown);
        if (listed == NULL)
            return refuse((uint32_t)id, ERROR_KEY_UNKNOWN, "the primary application does not find a recorded key",
                          "provision the device again", err);
        if ((json_int_t)listed->slot != json_integer_value(json_object_get(key, "slot")))
            return refuse((uint32_t)id, ERROR_FOREIGN_KEY, "the key is in another slot than the one recorded",
                          "provision the device again", err);
        if (!prove_key(proof, answers, listed, record, shown, err))
            return false;
    }
    for (i = 0; i < count; i++)
        if (evidence_key_name(record, keys[i].id) == NULL)
            station_say(proof->board->station, STATION_WARNING, "key %u is on the board and not in its record",
                        (unsigned)keys[i].id);
    return true;
}

bool board_proof_run(const struct board_proof *proof, struct board_proven *proven, struct error *err)
{
    struct answers answers = {.id = 0};
    char path[PATH_MAX] = "";
    json_t *record = NULL, *proofs = json_array();
    bool ok = false;

    *proven = (struct board_proven){.has_serial = false};
    if (!ask(proof, &answers, "keys", NULL, NULL, err))
        goto out;
    if (!answers.has_serial ||
        (proof->serial != NULL && memcmp(answers.serial, proof->serial, CHIP_SERIAL_BYTES) != 0)) {
        error_set(err, ERROR_WRONG_PART, "another chip answers than the one that was provisioned",
                  "connect the console of the device that was provisioned");
        goto out;
    }
    memcpy(proven->serial, answers.serial, sizeof proven->serial);
    if (!folder_of_device(&proof->board->station->config, answers.serial, "record.json", path, err) ||
        !evidence_load(path, &record, err))
        goto out;
    if (record == NULL) {
        error_set(err, ERROR_KEY_UNKNOWN, "this device has no record that could say what its keys must be",
                  "provision it first: imprint board provision; or name the state folder: --state");
        goto out;
    }
    proven->has_serial = true;
    if (!board_known_check_mcu(proof->board, record, err) || !prove_record(proof, &answers, record, proofs, err))
        goto out;
    evidence_note_proof(record, proof->operator_name, proof->board->name, proof->board->version, proofs);
    proven->keys = json_incref(proofs);
    ok = evidence_store(path, record, err);
out:
    if (!ok) {
        error_doing(err, "prove the keys through the primary application");
        if (answers.has_serial)
            error_with_serial(err, answers.serial);
    }
    json_decref(proofs);
    json_decref(record);
    return ok;
}
