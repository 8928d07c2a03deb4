/* SPDX-License-Identifier: Apache-2.0 */
#include "station/verify_record.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/hex.h"
#include "cert/check_certificate.h"
#include "cert/maker.h"
#include "chip/config.h"
#include "station/published_keys.h"
#include "station/record_value.h"
#include "station/verify_record_certificates.h"

#define RECORD_FORMAT "imprint-record"
#define RECORD_VERSION_MAX 3
#define RECORD_VERSION_BOUND 3 /* since then a key signs serial number and key id with the challenge */
#define HISTORY_FORMAT "imprint-history"
#define HISTORY_VERSION_MAX 1

#define KEYS_MAX 64
#define CHALLENGE_BYTES 32
#define CERTIFICATE_MAX 1024
#define PROOF_TEXT_MAX 192

/* One record, or one line of a history. */
struct subject {
    struct verify_record *verify;
    const json_t *record;
    size_t line;
    bool is_line;
    json_int_t version;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    bool has_config;
    struct chip_config config;
};

const char *verify_record_result_name(enum verify_result result)
{
    static const char *const names[VERIFY_RESULT_COUNT] = {
        [VERIFY_GOOD] = "good", [VERIFY_BAD] = "bad", [VERIFY_OPEN] = "open"};

    return names[result];
}

static void report(const struct subject *subject, enum verify_result result, const char *check, uint32_t key_id,
                   const char *text)
{
    struct verify_record *verify = subject->verify;
    const struct verify_finding finding = {
        .result = result, .check = check, .text = text, .line = subject->line, .key_id = key_id};

    verify->count[result]++;
    verify->finding(verify->context, &finding);
}

/* Reports `good` or `bad`, whichever holds. */
static void judge(const struct subject *subject, bool holds, const char *check, uint32_t key_id, const char *good,
                  const char *bad)
{
    report(subject, holds ? VERIFY_GOOD : VERIFY_BAD, check, key_id, holds ? good : bad);
}

/* --- chip --- */

static void check_identity(struct subject *subject)
{
    uint8_t serial[CHIP_SERIAL_BYTES], said[CHIP_SERIAL_BYTES];

    chip_config_serial(&subject->config, serial);
    judge(subject,
          record_value_bytes(subject->record, "serial", said, sizeof said) && memcmp(serial, said, sizeof said) == 0,
          "serial", 0, "the serial number is the one in the config zone",
          "the serial number is not the one in the config zone");
}

static void check_part(struct subject *subject)
{
    const char *part = record_value_text(subject->record, "part");
    uint8_t revision[CHIP_REVISION_BYTES];

    if (record_value_bytes(subject->record, "revision", revision, sizeof revision))
        chip_config_set_revision(&subject->config, revision);
    judge(subject, part != NULL && strcmp(part, chip_part_name(chip_config_part(&subject->config))) == 0, "part", 0,
          "the part is the one that the revision names", "the part is not the one that the revision names");
}

static bool lists_locked_slots(const json_t *slots, const struct chip_config *config)
{
    size_t at = 0;

    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        const json_t *item = json_array_get(slots, at);

        if (!chip_slot_is_locked(config, slot))
            continue;
        if (!json_is_integer(item) || json_integer_value(item) != slot)
            return false;
        at++;
    }
    return json_is_array(slots) && json_array_size(slots) == at;
}

static void check_locks(const struct subject *subject)
{
    const json_t *locked = json_object_get(subject->record, "locked");

    if (locked == NULL) {
        report(subject, VERIFY_OPEN, "locks", 0, "the record does not say what is locked; the config zone does");
        return;
    }
    judge(subject,
          json_is_boolean(json_object_get(locked, "config")) && json_is_boolean(json_object_get(locked, "data")) &&
              record_value_is_true(locked, "config") == chip_config_is_locked(&subject->config) &&
              record_value_is_true(locked, "data") == chip_data_is_locked(&subject->config) &&
              lists_locked_slots(json_object_get(locked, "slots"), &subject->config),
          "locks", 0, "the locks are those in the config zone", "the locks are not those in the config zone");
}

/* What a step that is done has locked, where it is a lock: true as well for one that is none. */
static bool is_locked_as_planned(const struct subject *subject, const json_t *step)
{
    const char *action = record_value_text(step, "action");
    json_int_t slot = record_value_number(step, "slot", CHIP_SLOTS - 1);

    if (action == NULL)
        return false;
    if (strcmp(action, "lock-config") == 0)
        return chip_config_is_locked(&subject->config);
    if (strcmp(action, "lock-data") == 0)
        return chip_data_is_locked(&subject->config);
    if (strcmp(action, "lock-slot") == 0)
        return slot >= 0 && chip_slot_is_locked(&subject->config, (uint8_t)slot);
    return true;
}

/* Of a run that succeeded: its config zone was read after the last step. */
static void check_plan(const struct subject *subject)
{
    const json_t *plan = json_object_get(subject->record, "plan"), *step;
    bool holds = json_is_array(plan);
    size_t i;

    json_array_foreach(plan, i, step) holds =
        holds && record_value_is_true(step, "done") && is_locked_as_planned(subject, step);
    judge(subject, holds, "plan", 0, "every step of the plan is done, and its locks are in the config zone",
          "a step of the plan is not done, or its lock is not in the config zone");
}

static void check_config(struct subject *subject)
{
    subject->has_config =
        record_value_bytes(subject->record, "config", subject->config.zone, sizeof subject->config.zone);
    if (!subject->has_config) {
        const bool may_lack = subject->is_line && json_object_get(subject->record, "error") != NULL &&
                              json_object_get(subject->record, "config") == NULL;

        report(subject, may_lack ? VERIFY_OPEN : VERIFY_BAD, "config", 0,
               may_lack ? "the run did not read the config zone" : "there is no config zone of 128 bytes");
        return;
    }
    check_identity(subject);
    check_part(subject);
    check_locks(subject);
}

/* --- keys --- */

/* The four lines that a key signs (docs/reference/board-protocol.md), built anew. */
static struct bytes proof_text(const struct subject *subject, uint32_t key_id,
                               const uint8_t challenge[static CHALLENGE_BYTES], char text[static PROOF_TEXT_MAX])
{
    char hex[HEX_SIZE(CHALLENGE_BYTES)];
    int len;

    hex_encode(bytes_of(challenge, CHALLENGE_BYTES), hex);
    len = snprintf(text, PROOF_TEXT_MAX, "imprint proof of possession 1\nchip %s\nkey %lu\nchallenge %s\n",
                   subject->serial, (unsigned long)key_id, hex);
    return bytes_of(text, (size_t)len);
}

/* A key as the record has it. */
struct key {
    uint32_t id;
    uint8_t slot;
    uint8_t point[P256_POINT_BYTES];
    const json_t *proof;
};

static void check_signature(const struct subject *subject, const struct key *key)
{
    const char *hash = record_value_text(key->proof, "hash");
    uint8_t challenge[CHALLENGE_BYTES], signature[P256_SIGNATURE_BYTES];
    char text[PROOF_TEXT_MAX];
    const bool proven = record_value_is_true(key->proof, "proven");

    if (hash == NULL || !record_value_bytes(key->proof, "challenge", challenge, sizeof challenge) ||
        !record_value_bytes(key->proof, "signature", signature, sizeof signature))
        report(subject, VERIFY_BAD, "key-proof", key->id, "the proof lacks hash, challenge or signature");
    else if (cert_check_signature(key->point, hash, proof_text(subject, key->id, challenge, text), signature))
        judge(subject, proven, "key-proof", key->id, "it signed this serial number, its key id and the challenge",
              "its signature verifies, and the record says that it did not prove itself");
    else if (cert_check_signature(key->point, hash, bytes_of(challenge, sizeof challenge), signature))
        report(subject, VERIFY_OPEN, "key-proof", key->id,
               "it signed the bare challenge, as records of version 2 have it: the signature names no device and no "
               "key id");
    else
        report(subject, proven ? VERIFY_BAD : VERIFY_OPEN, "key-proof", key->id,
               proven ? "its signature over serial number, key id and challenge does not verify"
                      : "it did not prove itself, and the record says so");
}

static void check_proof(const struct subject *subject, const struct key *key)
{
    if (!json_is_object(key->proof))
        report(subject, VERIFY_BAD, "key-proof", key->id, "there is no proof");
    else if (json_object_get(key->proof, "signature") != NULL || json_object_get(key->proof, "hash") != NULL)
        check_signature(subject, key);
    else if (record_value_is_true(key->proof, "proven"))
        report(subject, VERIFY_OPEN, "key-proof", key->id,
               "it was read back and signed nothing: the record alone does not prove that the device holds it");
    else
        report(subject, VERIFY_OPEN, "key-proof", key->id,
               "it did not sign: a key that counts its uses is only compared, or it did not prove itself");
}

/* A key that signs is the chip's own: the slot that the record names holds a private key. */
static void check_slot(const struct subject *subject, const struct key *key)
{
    if (subject->has_config && json_object_get(key->proof, "signature") != NULL)
        judge(subject, chip_slot_is_key_pair(&subject->config, key->slot), "key-slot", key->id,
              "according to the config zone, its slot holds a P-256 private key",
              "according to the config zone, its slot holds no P-256 private key");
}

static void check_published(const struct subject *subject, const struct key *key)
{
    if (published_keys_name(bytes_of(key->point, sizeof key->point)) != NULL)
        judge(subject, record_value_has_word(json_object_get(subject->record, "rehearsal"), "test-key"), "rehearsal",
              key->id, "it is a published TEST key, and the record says that it is a rehearsal",
              "it is a published TEST key, and the record does not say that it is a rehearsal");
}

static bool read_key(const struct subject *subject, const json_t *object, struct key *key)
{
    json_int_t id =
        record_value_number(object, subject->version == 1 && !subject->is_line ? "id" : "key_id", UINT32_MAX);
    json_int_t slot = record_value_number(object, "slot", CHIP_SLOTS - 1);

    *key = (struct key){.id = id > 0 ? (uint32_t)id : 0,
                        .slot = slot < 0 ? 0 : (uint8_t)slot,
                        .proof = json_object_get(object, "proof")};
    if (id > 0 && slot >= 0 && record_value_bytes(object, "public_key", key->point, sizeof key->point) &&
        cert_check_point(key->point))
        return true;
    report(subject, VERIFY_BAD, "key", key->id, "its key id, slot or public key is missing or not valid");
    return false;
}

/* Each key id once; each slot holds one key. */
static bool is_consistent(const struct key *keys, size_t count, const struct key *key)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].id == key->id ||
            (keys[i].slot == key->slot && memcmp(keys[i].point, key->point, sizeof key->point) != 0))
            return false;
    return true;
}

static void check_keys(const struct subject *subject)
{
    const json_t *list = json_object_get(subject->record, "keys"), *object;
    struct key keys[KEYS_MAX];
    size_t i, count = 0;

    if (!json_is_array(list) || json_array_size(list) > KEYS_MAX) {
        report(subject, VERIFY_BAD, "keys", 0, "there is no list of keys, or it has more than 64");
        return;
    }
    json_array_foreach(list, i, object)
    {
        struct key *key = &keys[count];

        if (!read_key(subject, object, key))
            continue;
        if (!is_consistent(keys, count, key))
            report(subject, VERIFY_BAD, "keys", key->id, "its key id or its slot belongs to another key of the record");
        count++;
        check_proof(subject, key);
        check_slot(subject, key);
        check_published(subject, key);
        if (json_is_false(json_object_get(object, "checked")))
            report(subject, VERIFY_OPEN, "key-checked", key->id,
                   "an earlier run proved it; the run of this record did not look at it");
    }
}

/* --- secrets and other data --- */

/* Nobody reads a secret's slot, and everybody that of other data: as the config zone has it. */
static bool is_in_its_slot(const struct subject *subject, const char *type, uint8_t slot)
{
    const uint32_t can = chip_slot_can(&subject->config, slot);

    if (strcmp(type, "bytes") == 0)
        return (can & CHIP_CAN_READ_CLEAR) != 0;
    if (strcmp(type, "io-protection") == 0)
        return (can & CHIP_CAN_MAC) != 0 && (can & CHIP_CAN_READ_CLEAR) == 0 &&
               chip_config_has_io_key(&subject->config) && chip_config_io_key_slot(&subject->config) == slot;
    return (can & (strcmp(type, "aes") == 0 ? CHIP_CAN_AES : CHIP_CAN_HMAC)) != 0 && (can & CHIP_CAN_READ_CLEAR) == 0;
}

static bool has_datum_proof(const json_t *datum, const char *type)
{
    const json_t *proof = json_object_get(datum, "proof");
    uint8_t challenge[CHALLENGE_BYTES], answer[CHIP_DIGEST_BYTES];

    if (!record_value_is_true(proof, "proven"))
        return false;
    if (strcmp(type, "bytes") == 0)
        return record_value_bytes(datum, "sha_256", answer, sizeof answer);
    return record_value_bytes(proof, "challenge", challenge, sizeof challenge) &&
           record_value_bytes(proof, "answer", answer, strcmp(type, "aes") == 0 ? sizeof answer / 2 : sizeof answer);
}

static void check_data(const struct subject *subject)
{
    const bool is_board = json_object_get(json_object_get(subject->record, "run"), "board") != NULL;
    const json_t *datum;
    size_t i;

    json_array_foreach(json_object_get(subject->record, "data"), i, datum)
    {
        const char *type = record_value_text(datum, "type");
        const json_int_t slot = record_value_number(datum, "slot", CHIP_SLOTS - 1),
                         id = record_value_number(datum, "key_id", UINT32_MAX);
        const uint32_t key_id = id > 0 ? (uint32_t)id : 0;

        if (type == NULL || slot < 0 || !has_datum_proof(datum, type)) {
            report(subject, VERIFY_BAD, "data-proof", key_id, "its type, slot or proof is missing or not valid");
            continue;
        }
        if (subject->has_config)
            judge(subject, is_in_its_slot(subject, type, (uint8_t)slot), "data-slot", key_id,
                  "according to the config zone, its slot is for that type",
                  "according to the config zone, its slot is not for that type");
        report(subject, VERIFY_OPEN, "data-proof", key_id,
               strcmp(type, "bytes") == 0
                   ? "it was read back: a person who has the device can read it again and compare the SHA-256"
               : is_board
                   ? "the board says that the chip and it computed the same with it: only the board has the secret"
                   : "chip and station computed the same with it: that convinces only who has the secret");
    }
}

/* --- the primary application --- */

static const json_t *find_key(const json_t *record, json_int_t id)
{
    const json_t *key;
    size_t i;

    json_array_foreach(json_object_get(record, "keys"), i, key)
    {
        if (record_value_number(key, "key_id", UINT32_MAX) == id)
            return key;
    }
    return NULL;
}

/* The public key that the application showed. In a record it is the recorded one, which stands in for one not there. */
static bool read_primary_point(const struct subject *subject, const json_t *proof, json_int_t id,
                               uint8_t point[static P256_POINT_BYTES])
{
    uint8_t recorded[P256_POINT_BYTES];
    const bool has_own = record_value_bytes(proof, "public_key", point, P256_POINT_BYTES);
    const bool is_recorded = record_value_bytes(find_key(subject->record, id), "public_key", recorded, sizeof recorded);

    if (has_own)
        return !is_recorded || memcmp(point, recorded, sizeof recorded) == 0;
    if (is_recorded)
        memcpy(point, recorded, sizeof recorded);
    return is_recorded;
}

/* With the hash that the key signed with in the factory, or SHA-256. */
static bool primary_signed(const struct subject *subject, const json_t *proof)
{
    json_int_t id = record_value_number(proof, "key_id", UINT32_MAX);
    const char *hash = record_value_text(json_object_get(find_key(subject->record, id), "proof"), "hash");
    uint8_t point[P256_POINT_BYTES], challenge[CHALLENGE_BYTES], signature[P256_SIGNATURE_BYTES];
    char text[PROOF_TEXT_MAX];

    return id > 0 && read_primary_point(subject, proof, id, point) &&
           record_value_bytes(proof, "challenge", challenge, sizeof challenge) &&
           record_value_bytes(proof, "signature", signature, sizeof signature) &&
           cert_check_signature(point, hash != NULL ? hash : CERT_CHECK_SHA_256,
                                proof_text(subject, (uint32_t)id, challenge, text), signature);
}

static void check_primary(const struct subject *subject)
{
    const json_t *primary = json_object_get(subject->record, "primary"), *proof;
    size_t i;

    json_array_foreach(json_object_get(primary, "keys"), i, proof)
    {
        json_int_t id = record_value_number(proof, "key_id", UINT32_MAX);

        if (record_value_is_true(proof, "signs"))
            judge(subject, primary_signed(subject, proof), "primary-proof", id > 0 ? (uint32_t)id : 0,
                  "in the primary application it signed this serial number, its key id and the challenge",
                  "its signature from the primary application does not verify");
    }
}

/* --- the maker --- */

struct chain {
    uint8_t device[CERTIFICATE_MAX], signer[CERTIFICATE_MAX];
    size_t device_len, signer_len;
    uint8_t device_key[P256_POINT_BYTES];
    const struct cert_maker_root *root; /* NULL: none that is known */
};

static bool read_certificate(const json_t *maker, const char *name, uint8_t *der, size_t *len)
{
    const size_t digits = json_string_length(json_object_get(maker, name));

    *len = digits / 2;
    return digits >= 2 && digits % 2 == 0 && *len <= CERTIFICATE_MAX && record_value_bytes(maker, name, der, *len);
}

static bool verify_chain(const struct subject *subject, const json_t *maker, struct chain *chain)
{
    uint8_t issuer[P256_POINT_BYTES];

    chain->root = NULL;
    if (!read_certificate(maker, "device_certificate", chain->device, &chain->device_len) ||
        !read_certificate(maker, "signer_certificate", chain->signer, &chain->signer_len) ||
        !cert_check_read_key(bytes_of(chain->device, chain->device_len), chain->device_key) ||
        !cert_check_read_key(bytes_of(chain->signer, chain->signer_len), issuer) ||
        !cert_check_issued(bytes_of(chain->device, chain->device_len), issuer) ||
        !cert_check_subject_has(bytes_of(chain->device, chain->device_len), subject->serial))
        return false;
    for (size_t i = 0; i < cert_maker_root_count && chain->root == NULL; i++) {
        issuer[0] = P256_UNCOMPRESSED;
        memcpy(issuer + 1, cert_maker_roots[i].key, CERT_KEY_BYTES);
        if (cert_check_issued(bytes_of(chain->signer, chain->signer_len), issuer))
            chain->root = &cert_maker_roots[i];
    }
    return chain->root != NULL;
}

/* What the certified key signed: the text of a proof; in records of imprint before `key_id`, the bare challenge. */
static struct bytes maker_text(const struct subject *subject, const json_t *proof,
                               const uint8_t challenge[static CHALLENGE_BYTES], char text[static PROOF_TEXT_MAX])
{
    json_int_t id = record_value_number(proof, "key_id", UINT32_MAX);

    return id < 0 ? bytes_of(challenge, CHALLENGE_BYTES) : proof_text(subject, (uint32_t)id, challenge, text);
}

static bool maker_signed(const struct subject *subject, const json_t *maker, const struct chain *chain)
{
    const json_t *proof = json_object_get(maker, "proof");
    const char *hash = record_value_text(proof, "hash");
    uint8_t challenge[CHALLENGE_BYTES], signature[P256_SIGNATURE_BYTES];
    char text[PROOF_TEXT_MAX];

    return hash != NULL && record_value_bytes(proof, "challenge", challenge, sizeof challenge) &&
           record_value_bytes(proof, "signature", signature, sizeof signature) &&
           cert_check_signature(chain->device_key, hash, maker_text(subject, proof, challenge, text), signature);
}

/* What a board, or whatever answered on the bus, says beyond what its keys and the maker's certificates prove. */
static void report_claims(const struct subject *subject, bool maker_is_proven)
{
    const bool is_board = json_object_get(json_object_get(subject->record, "run"), "board") != NULL;

    if (!is_board && !maker_is_proven)
        report(
            subject, VERIFY_OPEN, "chip", 0,
            "that a chip of Microchip's answered: a device that speaks like one and keeps keys in software would look "
            "the same");
    if (is_board)
        report(subject, VERIFY_OPEN, "board", 0,
               maker_is_proven ? "how the chip is configured and locked, and that it holds the keys but the maker's: "
                                 "so says the board's image"
                               : "that a chip with this serial number is there, how it is locked, and that it holds "
                                 "the keys: so says the board's image, and keys in software would look the same");
}

static void check_maker(const struct subject *subject)
{
    const json_t *maker = json_object_get(subject->record, "maker");
    const char *result = record_value_text(maker, "result");
    struct chain chain;
    bool holds = false;

    if (maker == NULL)
        report(subject, VERIFY_OPEN, "maker", 0, "who made the part was not checked");
    else if (result == NULL || strcmp(result, "unproven") == 0)
        report(subject, VERIFY_OPEN, "maker", 0, "who made the part is not proven, and the record says so");
    else {
        holds = verify_chain(subject, maker, &chain) && maker_signed(subject, maker, &chain) &&
                strcmp(result, chain.root->is_virtual ? "virtual" : "genuine") == 0;
        judge(subject, holds, "maker", 0,
              "the maker's certificates verify for this serial number, and the certified key signed a challenge",
              "the maker's certificates, or the signature by the certified key, do not verify");
        if (holds && chain.root->is_virtual)
            judge(subject, json_array_size(json_object_get(subject->record, "rehearsal")) > 0, "rehearsal", 0,
                  "the maker is the virtual one, and the record says that it is a rehearsal",
                  "the maker is the virtual one, and the record does not say that it is a rehearsal");
    }
    report_claims(subject, holds);
}

/* --- certificates --- */

static uint32_t key_id_of(const json_t *object)
{
    const json_int_t id = record_value_number(object, "key_id", UINT32_MAX);

    return id > 0 ? (uint32_t)id : 0;
}

static void check_certificates(const struct subject *subject)
{
    const json_t *certificate, *connection;
    size_t i;

    json_array_foreach(json_object_get(subject->record, "certificates"), i, certificate) judge(
        subject, verify_record_certificates_check(subject->record, certificate), "certificate", key_id_of(certificate),
        "its certificate is for this key, and has the hash and the serial number that the record says",
        "its certificate is not for this key, or has another hash or serial number than the record says");
    json_array_foreach(json_object_get(subject->record, "connections"), i, connection)
    {
        if (!verify_record_certificates_check_connection(subject->record, connection))
            report(subject, VERIFY_BAD, "connection", key_id_of(connection),
                   "the connection was made with a certificate that the record does not have");
        else
            report(subject, VERIFY_OPEN, "connection", key_id_of(connection),
                   "that a server accepted the device with this certificate: so says the station");
    }
}

/* --- the run --- */

static void check_rehearsal(const struct subject *subject)
{
    const json_t *words = json_object_get(subject->record, "rehearsal"),
                 *is_virtual = json_object_get(json_object_get(subject->record, "run"), "virtual");

    if (!json_is_array(words)) {
        report(subject, VERIFY_OPEN, "rehearsal", 0, "the record does not say whether it is a rehearsal");
        return;
    }
    if (json_is_true(is_virtual) && json_object_get(subject->record, "error") == NULL)
        judge(subject, record_value_has_word(words, "virtual-chip"), "rehearsal", 0,
              "the chip was virtual, and the record says that it is a rehearsal",
              "the chip was virtual, and the record does not say that it is a rehearsal");
    if (json_array_size(words) > 0)
        report(subject, VERIFY_OPEN, "rehearsal", 0, "a rehearsal: nothing here is about a real device");
}

static void check_times(const struct subject *subject)
{
    const json_t *run = json_object_get(subject->record, "run");
    const char *started = record_value_text(run, "started"), *ended = record_value_text(run, "time");

    if (started == NULL)
        report(subject, VERIFY_OPEN, "times", 0, "the record does not say when the run began");
    else
        judge(subject, record_value_is_time(started) && record_value_is_time(ended) && strcmp(started, ended) <= 0,
              "times", 0, "the run ends after it starts",
              "start or end of the run is not a time, or the end is before the start");
}

static void check_profile(const struct subject *subject)
{
    uint8_t digest[PROFILE_DIGEST_BYTES];
    const bool has = record_value_bytes(json_object_get(subject->record, "profile"), "digest", digest, sizeof digest);

    if (!has)
        report(subject, VERIFY_BAD, "profile", 0, "there is no digest of the profile");
    else if (subject->verify->digest == NULL)
        report(subject, VERIFY_OPEN, "profile", 0, "the profile was not compared: name it with --profile");
    else
        judge(subject, memcmp(digest, subject->verify->digest, sizeof digest) == 0, "profile", 0,
              "the digest is the one of the profile named with --profile",
              "the digest is not the one of the profile named with --profile");
}

/* Of a line: that a success has no error and a failure has one. */
static void check_result(const struct subject *subject)
{
    const char *result = record_value_text(subject->record, "result");
    const char *reason = record_value_text(json_object_get(subject->record, "error"), "reason");
    const bool worked = result != NULL && (strcmp(result, "provisioned") == 0 || strcmp(result, "confirmed") == 0);
    const bool success =
        worked || (result != NULL && (strcmp(result, "proven") == 0 || strcmp(result, "retired") == 0));
    const bool failure = result != NULL && (strcmp(result, "refused") == 0 || strcmp(result, "failed") == 0 ||
                                            strcmp(result, "interrupted") == 0);

    judge(subject, (success && json_object_get(subject->record, "error") == NULL) || (failure && reason != NULL),
          "result", 0, success ? "the run succeeded" : "the run did not succeed, and its reason is there",
          "the result does not fit the error");
    if (worked && subject->has_config)
        check_plan(subject);
    if (!json_is_null(json_object_get(subject->record, "previous")))
        report(subject, VERIFY_BAD, "previous", 0, "lines of this version have no link to the line before");
}

/* --- a whole record --- */

/* A line of `board prove` has the proofs of the primary application, one of `retire` none: the engine did not run. */
static bool is_without_engine(const struct subject *subject)
{
    const char *verb = record_value_text(json_object_get(subject->record, "run"), "verb");

    return subject->is_line && verb != NULL && (strcmp(verb, "board prove") == 0 || strcmp(verb, "retire") == 0);
}

static void check_record(struct subject *subject)
{
    uint8_t serial[CHIP_SERIAL_BYTES];

    subject->verify->records++;
    if (!record_value_bytes(subject->record, "serial", serial, sizeof serial)) {
        report(subject, VERIFY_BAD, "serial", 0, "there is no serial number of 9 bytes");
        return;
    }
    hex_encode(bytes_of(serial, sizeof serial), subject->serial);
    if (!is_without_engine(subject)) {
        check_config(subject);
        check_profile(subject);
        check_keys(subject);
        check_data(subject);
        check_maker(subject);
        check_certificates(subject);
        check_rehearsal(subject);
    }
    check_primary(subject);
    check_times(subject);
    if (subject->is_line)
        check_result(subject);
}

/* Whether `object` has this format in a version that is known; `*version` gets it. */
static bool is_format(const json_t *object, const char *format, json_int_t most, json_int_t *version)
{
    const char *said = record_value_text(object, "format");

    *version = record_value_number(object, "version", most);
    return said != NULL && strcmp(said, format) == 0 && *version >= 1;
}

/* What no check of the text can find. */
static void report_limits(const struct subject *subject, bool is_history)
{
    report(subject, VERIFY_OPEN, "station", 0,
           "station, operator, times and DEVICE: the record is not signed, so its writer chose them");
    report(subject, VERIFY_OPEN, "device", 0,
           "whether the device still holds these keys: imprint provision lets them sign again");
    if (is_history)
        report(subject, VERIFY_OPEN, "completeness", 0,
               "whether a line was removed or inserted: the lines are not linked yet");
}

/* --- a history --- */

/* All lines are of one device; the first one's serial number is the others'. */
static void check_same_device(const struct subject *subject, char serial[static HEX_SIZE(CHIP_SERIAL_BYTES)])
{
    if (serial[0] == '\0')
        memcpy(serial, subject->serial, sizeof subject->serial);
    else if (strcmp(serial, subject->serial) != 0)
        report(subject, VERIFY_BAD, "serial", 0, "the line belongs to another device than the first line");
}

/* A line that is no JSON: what a power cut leaves begins as a line does and does not end as one. */
static void report_unreadable(const struct subject *subject, struct bytes line)
{
    static const char begin[] = "{\"format\":\"" HISTORY_FORMAT "\"";
    const size_t len = line.len < sizeof begin - 1 ? line.len : sizeof begin - 1;
    const bool torn = memcmp(line.data, begin, len) == 0 && line.data[line.len - 1] != '}';

    report(subject, torn ? VERIFY_OPEN : VERIFY_BAD, "line", 0,
           torn ? "the line is incomplete, as a power cut leaves it: what that run did is not known"
                : "not a line of a history, or one of a later version");
}

static void check_line(struct verify_record *verify, struct bytes line, size_t number,
                       char serial[static HEX_SIZE(CHIP_SERIAL_BYTES)])
{
    json_t *object = json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
    struct subject subject = {.verify = verify, .record = object, .line = number, .is_line = true};

    if (is_format(object, HISTORY_FORMAT, HISTORY_VERSION_MAX, &subject.version)) {
        check_record(&subject);
        check_same_device(&subject, serial);
    } else {
        report_unreadable(&subject, line);
    }
    json_decref(object);
}

static void check_history(struct verify_record *verify, struct bytes text)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)] = "";
    const struct subject whole = {.verify = verify};
    size_t number = 0;

    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        const size_t len = end == NULL ? text.len : (size_t)(end - text.data);

        number++;
        if (len > 0)
            check_line(verify, bytes_of(text.data, len), number, serial);
        text = end == NULL ? bytes_of(text.data, 0) : bytes_of(end + 1, text.len - len - 1);
    }
    report_limits(&whole, true);
}

/* Whether a line begins as those of a history do: the first one may be torn. */
static bool is_history(struct bytes text)
{
    static const char begin[] = "\n{\"format\":\"" HISTORY_FORMAT "\"";
    const size_t len = sizeof begin - 2;

    return (text.len >= len && memcmp(text.data, begin + 1, len) == 0) ||
           memmem(text.data, text.len, begin, len + 1) != NULL;
}

bool verify_record_text(struct verify_record *verify, struct bytes text, struct error *err)
{
    struct subject subject = {.verify = verify};
    json_t *record;
    bool known;

    if (is_history(text)) {
        check_history(verify, text);
        return true;
    }
    record = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    subject.record = record;
    known = is_format(record, RECORD_FORMAT, RECORD_VERSION_MAX, &subject.version);
    if (known) {
        check_record(&subject);
        report_limits(&subject, false);
    } else {
        error_set(err, ERROR_INPUT_FILE, "neither a record nor a history of imprint, or of a later version",
                  "name a record.json or a history.jsonl");
    }
    json_decref(record);
    return known;
}
