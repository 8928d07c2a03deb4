/* SPDX-License-Identifier: Apache-2.0 */
#include "station/board_results.h"

#include <string.h>

#include "cert/check_request.h"
#include "chip/operations_mac.h"
#include "crypto/verify.h"
#include "link/proof.h"
#include "profile/certificate.h"
#include "profile/data.h"
#include "profile/words.h"
#include "provision/use.h"
#include "provision/steps.h"
#include "psa/uses.h"
#include "station/evidence.h"

#define SIGNING (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)

void board_results_clear(struct board_results *results)
{
    struct board_results clear = {.profile = results->profile, .record = results->record};

    memcpy(clear.nonce, results->nonce, sizeof clear.nonce);
    memcpy(clear.spared, results->spared, sizeof clear.spared);
    *results = clear;
}

/* --- taking --------------------------------------------------------------------------------------------------------
 */

static bool take_flag(const struct link_words *words, const char *name)
{
    const char *value = link_value(words, name);

    return value != NULL && strcmp(value, "yes") == 0;
}

/* Exactly `len` bytes of hex. */
static bool take_bytes(const struct link_words *words, const char *name, uint8_t *data, size_t len)
{
    struct bytes_out out = {.data = data, .cap = len};

    return link_hex(words, name, &out) && out.len == len;
}

/* The profile's key with the id of the frame, as an index; false when it has none. */
static bool take_key(const struct board_results *results, const struct link_words *words, const char *name,
                     size_t *index)
{
    uint32_t id;

    if (!link_number(words, name, UINT32_MAX, &id))
        return false;
    for (*index = 0; *index < results->profile->key_count; (*index)++)
        if (results->profile->keys[*index].id == id)
            return true;
    return false;
}

static enum chip_part part_of(const char *name)
{
    for (int part = CHIP_PART_ATECC508A; name != NULL && part <= CHIP_PART_ATECC608B; part++)
        if (strcmp(name, chip_part_name((enum chip_part)part)) == 0)
            return (enum chip_part)part;
    return CHIP_PART_UNKNOWN;
}

static void take_chip(struct board_results *results, const struct link_words *words)
{
    uint32_t steps = 0, changes = 0;

    if (results->is_planned || !take_bytes(words, "serial", results->plan.serial, sizeof results->plan.serial) ||
        !link_number(words, "steps", PROVISION_STEPS_MAX, &steps) ||
        !link_number(words, "changes", PROVISION_STEPS_MAX, &changes))
        return;
    results->plan.part = part_of(link_value(words, "part"));
    results->plan.step_count = results->steps_said = steps;
    results->plan.changes_left = changes;
}

static const struct provision_step_kind *take_kind(const struct link_words *words)
{
    const char *name = link_value(words, "action");

    return name != NULL ? provision_step_named(name) : NULL;
}

/* The profile's entry of data with the slot of the frame, as an index; false when it has none. */
static bool take_slot_of_data(const struct board_results *results, const struct link_words *words, size_t *index)
{
    uint32_t slot;

    if (!link_number(words, "slot", CHIP_SLOTS - 1, &slot))
        return false;
    for (*index = 0; *index < results->profile->data_count; (*index)++)
        if (results->profile->data[*index].slot == slot)
            return true;
    return false;
}

/* The entry of data of a step that has one. False for one without its entry. */
static bool take_datum(const struct board_results *results, const struct link_words *words, struct provision_step *step)
{
    size_t index;

    if (step->kind->is_for == NULL)
        return true;
    if (!take_slot_of_data(results, words, &index) || !step->kind->is_for(&results->profile->data[index]))
        return false;
    step->datum = (uint8_t)(index + 1);
    return true;
}

/*
 * Kind, key and entry of data of a step. False for one that the profile does not need: without what it is about, or
 * with something else.
 */
static bool take_subject(const struct board_results *results, const struct link_words *words,
                         struct provision_step *step)
{
    size_t key;

    step->kind = take_kind(words);
    if (link_value(words, "key") != NULL) {
        if (!take_key(results, words, "key", &key))
            return false;
        step->key = (int)key;
    }
    /* A board connects to no server: that is the station's step. */
    return step->kind != NULL && step->kind != &provision_step_prove_tls &&
           step->kind->is_needed(results->profile, step->key) && take_datum(results, words, step);
}

/* How far a step of the accepted plan is. NULL for another step in its place. */
static const struct provision_step *take_progress(struct provision_step *planned, const struct provision_step *said)
{
    if (planned->kind != said->kind || planned->key != said->key || planned->datum != said->datum)
        return NULL;
    planned->done = said->done;
    planned->slot = said->slot;
    planned->chip_us = said->chip_us;
    return planned;
}

/* The key signs in this step: its proof, unless it has signed that for its certificate, and a certificate request. */
static void take_uses(const struct board_results *results, struct provision_step *step)
{
    if (step->key == PROVISION_NO_KEY)
        return;
    step->spends_use = true;
    for (size_t i = 0; i < PROVISION_STEPS_MAX; i++) {
        if (results->has_step[i] && results->plan.steps[i].key == step->key &&
            results->plan.steps[i].kind != step->kind)
            step->spends_use = step->spends_use && !results->plan.steps[i].spends_use;
    }
    step->uses_spent = 1;
    if (step->kind->proves_key && step->spends_use)
        step->uses_spent = provision_uses_of_proof(&results->profile->keys[step->key]);
}

static const struct provision_step *take_step(struct board_results *results, const struct link_words *words)
{
    struct provision_step step = {.key = PROVISION_NO_KEY, .slot = PROFILE_SLOT_ANY};
    uint32_t n, slot;

    if (!link_number(words, "n", PROVISION_STEPS_MAX, &n) || n == 0 || n > results->plan.step_count ||
        !take_subject(results, words, &step))
        return NULL;
    step.done = take_flag(words, "done");
    step.started = take_flag(words, "started");
    step.is_persistent = take_flag(words, "persistent");
    /* A board cannot call a step that can never be undone one that can. */
    step.replaces = step.key != PROVISION_NO_KEY && link_value(words, "lost") != NULL;
    step.shows_lost = take_bytes(words, "lost", step.lost, sizeof step.lost);
    step.limited = link_value(words, "spends") != NULL;
    if (step.limited && take_flag(words, "spends"))
        take_uses(results, &step);
    if (!link_number(words, "uses", DRIVER_USES_UNKNOWN - 1, &step.uses_left))
        step.uses_left = DRIVER_USES_UNKNOWN;
    step.loses_data = step.kind == &provision_step_get_certificate && take_flag(words, "forever") && !step.limited;
    step.forever =
        step.replaces || step.uses_spent != 0 || step.kind->consequence != NULL || take_flag(words, "forever");
    if (link_number(words, "slot", CHIP_SLOTS - 1, &slot))
        step.slot = (uint8_t)slot;
    (void)link_number(words, "us", UINT32_MAX, &step.chip_us);
    if (results->is_planned)
        return take_progress(&results->plan.steps[n - 1], &step);
    results->plan.steps[n - 1] = step;
    results->has_step[n - 1] = true;
    return &results->plan.steps[n - 1];
}

static void take_key_facts(struct board_results *results, const struct link_words *words)
{
    uint8_t point[P256_POINT_BYTES];
    uint32_t slot;
    size_t i;

    if (!take_key(results, words, "id", &i) || !link_number(words, "slot", CHIP_SLOTS - 1, &slot) ||
        !take_bytes(words, "public", point, sizeof point))
        return;
    results->evidence.keys[i].key_id = results->profile->keys[i].id;
    results->evidence.keys[i].slot = (uint8_t)slot;
    results->evidence.keys[i].created = take_flag(words, "created");
    memcpy(results->evidence.keys[i].public_key, point, sizeof point);
    results->has_key[i] = true;
}

static void take_proof(struct board_results *results, const struct link_words *words)
{
    struct provision_key_evidence *evidence;
    uint8_t challenge[sizeof evidence->challenge], signature[sizeof evidence->signature];
    uint32_t hash;
    size_t i;

    if (!take_key(results, words, "id", &i) || !link_number(words, "hash", UINT32_MAX, &hash) ||
        !take_bytes(words, "challenge", challenge, sizeof challenge) ||
        !take_bytes(words, "signature", signature, sizeof signature))
        return;
    evidence = &results->evidence.keys[i];
    evidence->hash = hash;
    memcpy(evidence->challenge, challenge, sizeof challenge);
    memcpy(evidence->signature, signature, sizeof signature);
    results->has_proof[i] = true;
}

/*
 * One piece of a text that a board sends in several frames: `data` at offset `at` of `of` bytes in all. It is appended
 * to the `*len` bytes received so far. A piece at offset 0 starts the text again.
 */
static void take_piece(const struct link_words *words, uint8_t *room, size_t size, size_t *len, size_t *of)
{
    struct bytes_out out = {.data = room, .cap = size};
    uint32_t at, whole;

    if (!link_number(words, "at", UINT32_MAX, &at) || !link_number(words, "of", UINT32_MAX, &whole) || whole > size)
        return;
    if (at == 0)
        *len = 0;
    if (at != *len)
        return;
    out.len = at;
    if (!link_hex(words, "data", &out) || out.len > whole)
        return;
    *len = out.len;
    *of = whole;
}

/* A piece of the whole certificate, or what one of its slots holds. */
static void take_certificate(struct board_results *results, const struct link_words *words)
{
    const struct profile_certificate *certificate;
    struct board_certificate *found;
    uint8_t slots[CERTIFICATE_SLOTS];
    uint32_t slot;
    size_t key;

    if (!take_key(results, words, "id", &key))
        return;
    certificate = profile_certificate_of(results->profile, key);
    if (certificate == NULL)
        return;
    found = &results->certificates[certificate - results->profile->certificates];
    if (link_value(words, "slot") == NULL) {
        take_piece(words, found->der, sizeof found->der, &found->len, &found->of);
        return;
    }
    certificate_slots(certificate, slots);
    for (size_t i = 0; i < CERTIFICATE_SLOTS; i++)
        if (slots[i] != 0 && link_number(words, "slot", CHIP_SLOTS - 1, &slot) && slot == slots[i])
            found->has_slot[i] = take_bytes(words, "data", found->slots[i], sizeof found->slots[i]);
}

/* What an IO protection key has shown. */
static void take_data(struct board_results *results, const struct link_words *words)
{
    struct provision_datum_evidence evidence = {.answer_bytes = CHIP_DIGEST_BYTES};
    size_t index;

    if (!take_slot_of_data(results, words, &index) ||
        !take_bytes(words, "challenge", evidence.challenge, sizeof evidence.challenge) ||
        !take_bytes(words, "answer", evidence.answer, sizeof evidence.answer))
        return;
    evidence.written = take_flag(words, "written");
    results->data[index] = evidence;
    results->has_data[index] = true;
}

static void take_result(struct board_results *results, const struct link_words *words)
{
    struct provision_evidence *evidence = &results->evidence;
    uint32_t changes, us;

    if (!take_bytes(words, "serial", evidence->serial, sizeof evidence->serial) ||
        !link_number(words, "changes", PROVISION_STEPS_MAX, &changes) || !link_number(words, "us", UINT32_MAX, &us))
        return;
    evidence->changes = changes;
    evidence->chip_us = us;
    evidence->key_count = results->profile->key_count;
    results->has_result = true;
}

void board_results_take(struct board_results *results, const struct link_words *words,
                        const struct provision_step **step)
{
    const char *verb = words->word[0];
    size_t i, of = 0;

    *step = NULL;
    if (strcmp(verb, "chip") == 0)
        take_chip(results, words);
    else if (strcmp(verb, "step") == 0 || strcmp(verb, "started") == 0 || strcmp(verb, "finished") == 0 ||
             strcmp(verb, "locking") == 0)
        *step = take_step(results, words);
    else if (strcmp(verb, "key") == 0)
        take_key_facts(results, words);
    else if (strcmp(verb, "proof") == 0)
        take_proof(results, words);
    else if (strcmp(verb, "config") == 0)
        take_piece(words, results->evidence.config.zone, sizeof results->evidence.config.zone, &results->config_len,
                   &of);
    else if (strcmp(verb, "csr") == 0 && take_key(results, words, "id", &i))
        take_piece(words, results->requests[i].der, sizeof results->requests[i].der, &results->requests[i].len,
                   &results->requests[i].of);
    else if (strcmp(verb, "certificate") == 0)
        take_certificate(results, words);
    else if (strcmp(verb, "data") == 0)
        take_data(results, words);
    else if (strcmp(verb, "result") == 0)
        take_result(results, words);
}

void board_results_accept_plan(struct board_results *results)
{
    results->is_planned = true;
}

/* --- complete? -----------------------------------------------------------------------------------------------------
 */

bool board_results_plan_complete(const struct board_results *results)
{
    for (size_t i = 0; i < results->steps_said; i++)
        if (!results->has_step[i])
            return false;
    return results->steps_said > 0 || results->profile->key_count == 0;
}

static bool wants_proof(const struct profile_key *key)
{
    return PSA_KEY_TYPE_IS_KEY_PAIR(key->type) && (key->usage & SIGNING) != 0;
}

/* A key that this station spared, and that did not sign: neither its proof nor its request is to come. */
static bool is_compared(const struct board_results *results, size_t index)
{
    return results->spared[index] && !results->has_proof[index];
}

static bool has_signed(const struct board_results *results, size_t index)
{
    const struct profile_key *key = &results->profile->keys[index];
    const struct board_request *request = &results->requests[index];

    return (!wants_proof(key) || results->has_proof[index]) &&
           (key->csr_subject[0] == '\0' || (request->of != 0 && request->len == request->of));
}

static bool has_certificate(const struct board_results *results, size_t index)
{
    const struct profile_certificate *certificate = &results->profile->certificates[index];
    const struct board_certificate *found = &results->certificates[index];
    uint8_t slots[CERTIFICATE_SLOTS];
    bool has_all = certificate->psa_id == 0 || (found->of != 0 && found->len == found->of);

    certificate_slots(certificate, slots);
    for (size_t i = 0; i < CERTIFICATE_SLOTS; i++)
        has_all = has_all && (slots[i] == 0 || found->has_slot[i]);
    return has_all;
}

bool board_results_complete(const struct board_results *results)
{
    for (size_t i = 0; i < results->profile->certificate_count; i++)
        if (!has_certificate(results, i))
            return false;
    for (size_t i = 0; i < results->profile->data_count; i++)
        if (!results->has_data[i])
            return false;
    for (size_t i = 0; i < results->profile->key_count; i++) {
        if (!results->has_key[i] || (!is_compared(results, i) && !has_signed(results, i)))
            return false;
    }
    return results->has_result && results->config_len == sizeof results->evidence.config.zone;
}

/* --- true? ---------------------------------------------------------------------------------------------------------
 */

static bool refuse(const char *cause, const struct profile_key *key, struct error *err)
{
    error_set(err, ERROR_PROOF_FAILED, cause, "do not ship this device: what its board says is not true");
    error_doing(err, "check what the board says");
    if (key != NULL)
        error_with_key(err, key->id);
    return false;
}

static psa_algorithm_t hash_of(const struct profile_key *key)
{
    psa_algorithm_t hash = PSA_ALG_SIGN_GET_HASH(key->algorithm);

    return hash == PSA_ALG_ANY_HASH ? PSA_ALG_SHA_256 : hash;
}

static bool check_import(const struct profile_key *key, const struct provision_key_evidence *evidence,
                         struct key_files *source, struct error *err)
{
    uint8_t point[P256_POINT_BYTES];
    struct bytes_out out = {.data = point, .cap = sizeof point};

    if (!key_files_read_key(source, key, &out, err))
        return false;
    return memcmp(point, evidence->public_key, sizeof point) == 0 ||
           refuse("the imported public key is not the one in the profile's file", key, err);
}

/* The board must have signed this station's nonce: a recorded session holds the challenges of another run. */
static bool check_proof(const struct board_results *results, const struct profile_key *key,
                        const struct provision_key_evidence *evidence, struct error *err)
{
    uint8_t text[LINK_PROOF_MAX];
    struct bytes_out message = {.data = text, .cap = sizeof text};
    psa_status_t status;

    if (evidence->hash != hash_of(key))
        return refuse("the proof is by another hash than the key's algorithm", key, err);
    if (memcmp(evidence->challenge, results->nonce, sizeof results->nonce) != 0)
        return refuse("the key signed another challenge than the one this station sent", key, err);
    (void)link_proof_text(results->plan.serial, key->id, bytes_of(results->nonce, sizeof results->nonce), &message);
    status = crypto_verify_message(evidence->public_key, evidence->hash, bytes_written(&message), evidence->signature);
    if (status == PSA_SUCCESS)
        return true;
    error_with_psa(err, status);
    return refuse("the key's signature over a fresh challenge does not verify", key, err);
}

bool board_results_check_proof(const struct board_results *results, size_t index, struct error *err)
{
    const struct profile_key *key = &results->profile->keys[index];

    if (!results->has_key[index] || !results->has_proof[index])
        return refuse("the board asks for a certificate for a key that has not signed", key, err);
    return evidence_check_recorded_key(results->record, &results->evidence.keys[index], err) &&
           check_proof(results, key, &results->evidence.keys[index], err);
}

/* What a spared key shows must be the recorded key, in a slot that counts uses: any other has to sign. */
static bool check_compared(const struct board_results *results, const struct profile_key *key,
                           const struct provision_key_evidence *evidence, struct error *err)
{
    if (!evidence_is_proven(results->record, key->id, evidence->public_key)) {
        error_set(err, ERROR_FOREIGN_KEY, "the board shows another public key than the one recorded",
                  "do not ship this device; find out who changed its key");
        error_doing(err, "check what the board says");
        error_with_key(err, key->id);
        error_at_slot(err, evidence->slot);
        return false;
    }
    return chip_slot_is_limited(&results->evidence.config, evidence->slot) ||
           refuse("the key did not sign, and its slot does not count the uses of its key", key, err);
}

static bool check_key(const struct board_results *results, size_t index, struct key_files *source, struct error *err)
{
    const struct profile_key *key = &results->profile->keys[index];
    const struct provision_key_evidence *evidence = &results->evidence.keys[index];
    const struct board_request *request = &results->requests[index];
    char subject[PROFILE_SUBJECT_TEXT_MAX];

    if (key->slot != PROFILE_SLOT_ANY && key->slot != evidence->slot)
        return refuse("the key is in another slot than the profile says", key, err);
    if (is_compared(results, index))
        return check_compared(results, key, evidence, err);
    if (wants_proof(key) && !check_proof(results, key, evidence, err))
        return false;
    if (key->method == PROFILE_IMPORT && !check_import(key, evidence, source, err))
        return false;
    if (key->csr_subject[0] == '\0')
        return true;
    if (profile_fill_subject(key->csr_subject, results->evidence.serial, subject, err) &&
        cert_check_request(bytes_of(request->der, request->len), evidence->public_key, subject, err))
        return true;
    error_with_key(err, key->id);
    return false;
}

static bool check_config(const struct board_results *results, struct error *err)
{
    const struct profile *profile = results->profile;
    const struct chip_config *config = &results->evidence.config;
    uint8_t serial[CHIP_SERIAL_BYTES];
    struct chip_config wanted;
    int differs;

    chip_config_serial(config, serial);
    if (memcmp(results->plan.serial, results->evidence.serial, sizeof serial) != 0 ||
        memcmp(serial, results->evidence.serial, sizeof serial) != 0) {
        error_set(err, ERROR_WRONG_PART, "another chip answers than the one that the plan was made for",
                  "leave the device in its place and run again");
        return false;
    }
    if ((profile->parts & 1u << results->evidence.part) == 0)
        return refuse("the part is none of the profile's", NULL, err);
    if (!profile_wanted_config(profile, config, &wanted, err))
        return false;
    differs = chip_config_compare_policy(results->evidence.part, config, &wanted);
    if (differs >= 0) {
        chip_config_note_difference(err, differs, &wanted, config);
        return refuse("the chip's config zone does not match the profile", NULL, err);
    }
    if ((profile->lock_config && !chip_config_is_locked(config)) ||
        (profile->lock_data && !chip_data_is_locked(config)))
        return refuse("a zone that the profile locks is not locked", NULL, err);
    for (size_t i = 0; i < profile->key_count; i++)
        if (profile->keys[i].lock_slot && !chip_slot_is_locked(config, results->evidence.keys[i].slot))
            return refuse("a slot that the profile locks is not locked", &profile->keys[i], err);
    return true;
}

/* Whether a slot that nothing was written into would answer so. */
static bool is_of_empty_slot(const struct board_results *results, size_t index)
{
    static const uint8_t filling[] = {0x00, 0xff};
    const struct provision_datum_evidence *data = &results->data[index];
    uint8_t secret[PROFILE_SECRET_BYTES], answer[CHIP_DIGEST_BYTES];
    bool same = false;

    for (size_t i = 0; i < sizeof filling; i++) {
        memset(secret, filling[i], sizeof secret);
        same = same || (chip_mac_compute(secret, data->challenge, results->profile->data[index].slot,
                                         results->evidence.serial, answer) &&
                        memcmp(answer, data->answer, sizeof answer) == 0);
    }
    return same;
}

/*
 * What can be checked without the key, which no station has: that the configuration uses the slot for it, that the slot
 * is locked where the profile says so, and that the answer is none of an empty slot.
 */
static bool check_data(const struct board_results *results, struct error *err)
{
    const struct chip_config *config = &results->evidence.config;

    for (size_t i = 0; i < results->profile->data_count; i++) {
        const struct profile_datum *datum = &results->profile->data[i];
        const char *cause = !chip_config_has_io_key(config) || chip_config_io_key_slot(config) != datum->slot
                                ? "the chip's configuration does not use the IO protection key in the profile's slot"
                            : datum->lock_slot && !chip_slot_is_locked(config, datum->slot)
                                ? "the slot of the IO protection key is not locked"
                            : is_of_empty_slot(results, i) ? "the slot of the IO protection key is empty"
                                                           : NULL;

        if (cause == NULL)
            continue;
        error_with_subject(err, datum->name);
        error_at_slot(err, datum->slot);
        return refuse(cause, NULL, err);
    }
    return true;
}

bool board_results_check(struct board_results *results, struct key_files *source, struct error *err)
{
    bool ok;

    results->evidence.part = chip_config_part(&results->evidence.config); /* the board's own words do not count */
    ok = check_config(results, err) && check_data(results, err) &&
         profile_digest(results->profile, results->evidence.profile_digest);

    for (size_t i = 0; i < results->profile->key_count && ok; i++) {
        ok = check_key(results, i, source, err);
        results->evidence.keys[i].compared = ok && is_compared(results, i);
        results->evidence.keys[i].proven = ok && !is_compared(results, i);
    }
    error_with_serial(err, results->evidence.serial);
    return ok;
}
