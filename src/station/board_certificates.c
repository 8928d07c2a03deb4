/* SPDX-License-Identifier: Apache-2.0 */
#include "station/board_certificates.h"

#include <string.h>

#include "base/hex.h"
#include "crypto/hash.h"
#include "profile/certificate.h"
#include "provision/steps.h"
#include "station/board_known.h"
#include "station/evidence.h"

#define ATTEMPTS 3     /* to send one whole */
#define PIECE_BYTES 48 /* a command to a board has at most 160 characters */
#define CHECK_HASH_BYTES 8

/* As the board takes it: the certificate, then what each of its slots is to hold. */
struct body {
    uint8_t bytes[PROVISION_CERTIFICATE_MAX + CERTIFICATE_SLOTS * PROVISION_CERTIFICATE_BYTES];
    size_t len;
};

static const struct profile *profile_of(const struct board_certificates *certificates)
{
    return certificates->results->profile;
}

static size_t key_of(const struct board_certificates *certificates, size_t index)
{
    return profile_certificate_key(profile_of(certificates), &profile_of(certificates)->certificates[index]);
}

bool board_certificates_check_board(const struct board *board, const struct profile *profile, struct error *err)
{
    if (profile->certificate_count == 0 || board->takes_certificates)
        return true;
    error_set(err, ERROR_WRONG_CONFIGURATION,
              "the profile has certificates, and the board's factory image cannot take any",
              "build the image again from this profile: scripts/build-firmware --profile PROFILE");
    error_with_subject(err, board->profile);
    return false;
}

bool board_certificates_check_plan(const struct board_results *results, struct error *err)
{
    for (size_t i = 0; i < results->plan.step_count; i++) {
        const struct provision_step *step = &results->plan.steps[i];

        if (step->kind != &provision_step_get_certificate || step->done || !step->limited ||
            results->profile->keys[step->key].csr_subject[0] == '\0')
            continue;
        error_set(err, ERROR_SLOT_POLICY,
                  "the key counts its uses, and on a board it would sign more often than the plan says",
                  "leave csr-subject or the certificate of this key out of the profile");
        error_with_key(err, results->profile->keys[step->key].id);
        return false;
    }
    return true;
}

/* ---- sending ---- */

static bool make_body(const struct board_certificates *certificates, size_t index, struct bytes der, struct body *body,
                      struct error *err)
{
    const struct provision_certificates functions = certificate_issue_functions(certificates->issue);
    uint8_t slots[CERTIFICATE_SLOTS];

    if (der.len > PROVISION_CERTIFICATE_MAX) {
        error_set(err, ERROR_ISSUER_ANSWER, "the certificate is longer than a board accepts",
                  "name an issuer with a key file or a token, and move this certificate's file away");
        return false;
    }
    memcpy(body->bytes, der.data, der.len);
    body->len = der.len;
    certificate_slots(&profile_of(certificates)->certificates[index], slots);
    for (size_t i = 0; i < CERTIFICATE_SLOTS; i++) {
        if (slots[i] == 0)
            continue;
        if (!functions.slot(functions.context, slots[i], body->bytes + body->len)) {
            error_set(err, ERROR_UNEXPECTED, "the certificate has nothing for one of its slots", NULL);
            error_at_slot(err, slots[i]);
            return false;
        }
        body->len += PROVISION_CERTIFICATE_BYTES;
    }
    return true;
}

static bool send_piece(struct board *board, const char *verb, const char *id, struct bytes all, size_t at,
                       struct error *err)
{
    const size_t left = all.len - at, len = left < PIECE_BYTES ? left : PIECE_BYTES;
    char at_text[LINK_NUMBER_SIZE], of_text[LINK_NUMBER_SIZE], data[HEX_SIZE(PIECE_BYTES)];
    const struct board_command command = {.verb = verb, .words = {id, at_text, of_text, data}};

    link_format_number((uint32_t)at, at_text);
    link_format_number((uint32_t)all.len, of_text);
    hex_encode(bytes_of(all.data + at, len), data);
    return board_ask(board, &command, err);
}

static bool send_pieces(struct board *board, const char *verb, const char *id, struct bytes all, struct error *err)
{
    bool ok = true;

    for (size_t at = 0; at < all.len && ok; at += PIECE_BYTES)
        ok = send_piece(board, verb, id, all, at, err);
    return ok;
}

static bool send_body(struct board *board, const char *id, const struct body *body, struct error *err)
{
    const struct bytes all = bytes_of(body->bytes, body->len);
    uint8_t hash[CRYPTO_SHA256_BYTES];
    char hash_text[HEX_SIZE(CHECK_HASH_BYTES)];
    const struct board_command end = {.verb = "certificate", .words = {id, hash_text}};
    const bool ok = send_pieces(board, "certificate", id, all, err);

    if (ok && !crypto_sha256(&all, 1, hash)) {
        error_set(err, ERROR_PSA, "the certificate cannot be hashed", NULL);
        return false;
    }
    hex_encode(bytes_of(hash, CHECK_HASH_BYTES), hash_text);
    return ok && board_ask(board, &end, err);
}

static bool send(struct board_certificates *certificates, size_t index, struct bytes der, struct error *err)
{
    char id[LINK_NUMBER_SIZE];
    struct body body;
    bool ok = make_body(certificates, index, der, &body, err), again = ok;

    link_format_number(profile_of(certificates)->keys[key_of(certificates, index)].id, id);
    for (int attempt = 1; again; attempt++) {
        error_clear(err);
        ok = send_body(certificates->board, id, &body, err);
        again = !ok && err->reason == ERROR_DEVICE_GARBLED && attempt < ATTEMPTS;
    }
    certificates->sent[index] = ok;
    if (!ok)
        error_doing(err, "send the board its certificate");
    return ok;
}

/* The key that the certificate must be for: the recorded one; without a record, the one that it says. */
static void find_point(const struct board_certificates *certificates, size_t index, const uint8_t *serial,
                       uint8_t point[static P256_POINT_BYTES])
{
    const uint32_t id = profile_of(certificates)->keys[key_of(certificates, index)].id;

    memset(point, 0, P256_POINT_BYTES);
    if (!evidence_key_point(certificates->results->record, id, point))
        (void)certificate_issue_kept_key(certificates->issue, index, serial, point);
}

bool board_certificates_send_kept(struct board_certificates *certificates,
                                  const uint8_t serial[static CHIP_SERIAL_BYTES], bool *sent, struct error *err)
{
    const struct board_command forget = {.verb = "certificate"};
    const struct provision_certificates functions = certificate_issue_functions(certificates->issue);
    const size_t count = profile_of(certificates)->certificate_count;
    bool ok = count == 0 || board_ask(certificates->board, &forget, err);

    for (size_t i = 0; i < count && ok; i++) {
        uint8_t point[P256_POINT_BYTES];
        struct bytes der;

        find_point(certificates, i, serial, point);
        certificates->sent[i] = false;
        ok = functions.get(functions.context, i, serial, point, false, &der, err);
        if (ok && der.len != 0)
            *sent = ok = send(certificates, i, der, err);
    }
    return ok;
}

/* ---- issuing ---- */

/* A key that counts its uses has proven itself in this run: it need not sign again when the board goes on. */
static bool spare(const struct board_certificates *certificates, size_t key, struct error *err)
{
    const struct board_results *results = certificates->results;

    for (size_t i = 0; i < results->plan.step_count; i++)
        if (results->plan.steps[i].key == (int)key && results->plan.steps[i].limited)
            return board_known_tell_key(certificates->board, results->profile->keys[key].id,
                                        results->evidence.keys[key].public_key, true, err);
    return true;
}

/* The one that is kept, or a new one, for which the issuer may want a request that the key has to sign. */
static bool get(const struct board_certificates *certificates, size_t index, struct bytes *der, struct error *err)
{
    const struct provision_certificates functions = certificate_issue_functions(certificates->issue);
    const struct board_results *results = certificates->results;
    const uint8_t *point = results->evidence.keys[key_of(certificates, index)].public_key;
    enum provision_request request;

    return functions.request(functions.context, index, results->plan.serial, point, &request, err) &&
           functions.get(functions.context, index, results->plan.serial, point, true, der, err);
}

bool board_certificates_issue(struct board_certificates *certificates, struct error *err)
{
    const struct board_results *results = certificates->results;
    bool ok = true, any = false;

    for (size_t i = 0; i < results->profile->certificate_count && ok; i++) {
        const size_t key = key_of(certificates, i);
        struct bytes der;

        if (certificates->sent[i] || !results->has_proof[key])
            continue;
        ok = board_results_check_proof(results, key, err) && get(certificates, i, &der, err) &&
             send(certificates, i, der, err) && spare(certificates, key, err);
        any = true;
    }
    if (any)
        return ok;
    error_set(err, ERROR_PROOF_FAILED,
              "the board waits for a certificate, and no key that still gets one has signed this station's nonce",
              "do not ship this device: what its board says is not true");
    return false;
}

/* A request as it comes, in pieces from the beginning. */
struct request_pieces {
    struct bytes_out *der;
    uint32_t of;
};

static void take_request(void *context, const struct link_words *words)
{
    struct request_pieces *pieces = context;
    uint32_t at;

    if (strcmp(words->word[0], "csr") != 0 || !link_number(words, "at", UINT32_MAX, &at))
        return;
    if (at == 0)
        pieces->der->len = 0;
    if (at == pieces->der->len && link_hex(words, "data", pieces->der))
        (void)link_number(words, "of", UINT32_MAX, &pieces->of);
}

/* The plan that was armed counts no use for a request of a board's key. */
static bool may_sign(const struct board_certificates *certificates, psa_key_id_t key_id, struct error *err)
{
    const struct provision_plan *plan = &certificates->results->plan;

    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *step = &plan->steps[i];

        if (!step->limited || step->key == PROVISION_NO_KEY || profile_of(certificates)->keys[step->key].id != key_id)
            continue;
        error_set(err, ERROR_SLOT_POLICY, "the key counts its uses, and a board's plan has none for this request",
                  "name an issuer with a key file or a token, which needs no request");
        error_with_key(err, key_id);
        return false;
    }
    return true;
}

bool board_certificates_sign(void *context, psa_key_id_t key_id, const char *subject, struct bytes attributes,
                             struct bytes_out *der, struct error *err)
{
    struct board_certificates *certificates = context;
    struct request_pieces pieces = {.der = der};
    char id[LINK_NUMBER_SIZE];
    const struct board_command csr = {.verb = "csr", .words = {id}, .frame = take_request, .context = &pieces};

    (void)subject; /* the board has it from the profile; what it signs is checked with it */
    link_format_number(key_id, id);
    if (!may_sign(certificates, key_id, err))
        return false;
    /* A request whose lines were damaged is asked for again, and so is what it asks for: the board forgets that. */
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!send_pieces(certificates->board, "csr", id, attributes, err) || !board_ask(certificates->board, &csr, err))
            return false;
        if (pieces.of != 0 && der->len == pieces.of)
            return true;
    }
    error_set(err, ERROR_DEVICE_GARBLED, "the certificate request does not arrive as a whole",
              "check the cable and ground, and that no other program reads this console");
    return false;
}

/* ---- reading back ---- */

static bool refuse(struct error *err)
{
    error_set(err, ERROR_PROOF_FAILED, "the certificate reads back other than it was issued",
              "do not ship this device: it does not keep what is written to it, or its board does not say what it "
              "keeps");
    return false;
}

static bool check_places(const struct board_certificates *certificates, size_t index, struct bytes der,
                         struct error *err)
{
    const struct profile_certificate *certificate = &profile_of(certificates)->certificates[index];
    const struct board_certificate *found = &certificates->results->certificates[index];
    const size_t front = der.len;
    uint8_t slots[CERTIFICATE_SLOTS];
    struct body body;
    size_t at = front;

    if (!make_body(certificates, index, der, &body, err))
        return false;
    if (certificate->psa_id != 0 && !bytes_equal(bytes_of(found->der, found->len), der)) {
        error_with_key(err, certificate->psa_id);
        return refuse(err);
    }
    certificate_slots(certificate, slots);
    for (size_t i = 0; i < CERTIFICATE_SLOTS; i++) {
        if (slots[i] == 0)
            continue;
        if (memcmp(found->slots[i], body.bytes + at, PROVISION_CERTIFICATE_BYTES) != 0) {
            error_at_slot(err, slots[i]);
            return refuse(err);
        }
        at += PROVISION_CERTIFICATE_BYTES;
    }
    return true;
}

bool board_certificates_check(struct board_certificates *certificates, struct error *err)
{
    const struct provision_certificates functions = certificate_issue_functions(certificates->issue);
    const struct provision_evidence *evidence = &certificates->results->evidence;
    bool ok = true;

    for (size_t i = 0; i < profile_of(certificates)->certificate_count && ok; i++) {
        const uint8_t *point = evidence->keys[key_of(certificates, i)].public_key;
        struct bytes der;

        ok = functions.get(functions.context, i, evidence->serial, point, false, &der, err);
        if (ok && der.len == 0)
            ok = refuse(err);
        ok = ok && check_places(certificates, i, der, err);
    }
    if (ok)
        return true;
    error_doing(err, "check what the board says");
    error_with_serial(err, evidence->serial);
    return false;
}
