/* SPDX-License-Identifier: Apache-2.0 */
/* record.json: made, compared, stored, and asked for names. */
#include "station/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "station/file.h"
#include "station/folder.h"
#include "station/input.h"
#include "station/value.h"

#define FORMAT "imprint-record"
#define VERSION 3
#define VERSION_2 2 /* as VERSION, but a key signed the bare challenge */
#define VERSION_1 1 /* as VERSION_2, but "key_id" of a key was named "id" */
#define RECORD_MAX ((size_t)1024 * 1024)

/*
 * Room to ask for, in blocks of a usual file system: the record beside the one that it replaces, the history, the three
 * files of a key store without keys, and four folders; and one more for so many keys of the record.
 */
#define ROOM_BLOCK 4096
#define ROOM_BLOCKS 10
#define ROOM_KEYS_OF_BLOCK 4

/* And for the ledger, when it is new: its folder, key, database and the two files that SQLite has beside it meanwhile.
 */
#define ROOM_LEDGER_FILES 6
#define ROOM_LEDGER ((size_t)192 * 1024)

const char *evidence_hash_name(psa_algorithm_t hash)
{
    static const struct {
        psa_algorithm_t hash;
        const char *name;
    } hashes[] = {{PSA_ALG_SHA_256, "sha-256"}, {PSA_ALG_SHA_384, "sha-384"}, {PSA_ALG_SHA_512, "sha-512"}};

    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        if (hashes[i].hash == hash)
            return hashes[i].name;
    }
    return NULL;
}

static json_t *proof_object(const struct provision_key_evidence *proof, const struct run_facts *facts)
{
    json_t *object = json_pack("{s:b, s:b, s:s}", "created", (int)proof->created, "proven", (int)proof->proven, "time",
                               facts->ended);
    const char *hash = evidence_hash_name(proof->hash);

    if (hash != NULL)
        json_object_set_new(object, "hash", json_string(hash));
    /* A key that may not sign is proven by reading it back: no challenge, no signature. */
    if (proof->hash != 0) {
        json_object_set_new(object, "challenge", value_hex(bytes_of(proof->challenge, sizeof proof->challenge)));
        json_object_set_new(object, "signature", value_hex(bytes_of(proof->signature, sizeof proof->signature)));
    }
    return object;
}

static json_t *key_object(const struct profile_key *key, const struct provision_key_evidence *proof,
                          const struct run_facts *facts)
{
    return json_pack("{s:I, s:s, s:s, s:i, s:o, s:b, s:o}", "key_id", (json_int_t)proof->key_id, "name", key->name,
                     "method", profile_method_name(key->method), "slot", (int)proof->slot, "public_key",
                     value_hex(bytes_of(proof->public_key, sizeof proof->public_key)), "checked", 1, "proof",
                     proof_object(proof, facts));
}

static json_t *key_of(const json_t *record, uint32_t key_id)
{
    json_t *key;
    size_t i;

    json_array_foreach(json_object_get(record, "keys"), i, key)
    {
        if (json_integer_value(json_object_get(key, "key_id")) == (json_int_t)key_id)
            return key;
    }
    return NULL;
}

bool evidence_proven_key(const json_t *record, uint32_t key_id, uint8_t *point)
{
    const json_t *key = key_of(record, key_id), *proof = json_object_get(key, "proof");
    const char *recorded = json_string_value(json_object_get(key, "public_key"));
    struct bytes_out out = {.data = point, .cap = P256_POINT_BYTES};

    return json_is_true(json_object_get(proof, "proven")) && json_object_get(proof, "signature") != NULL &&
           recorded != NULL && hex_decode(recorded, strlen(recorded), &out, NULL) && out.len == P256_POINT_BYTES;
}

bool evidence_is_proven(const json_t *record, uint32_t key_id, const uint8_t *point)
{
    uint8_t proven[P256_POINT_BYTES];

    return evidence_proven_key(record, key_id, proven) && memcmp(proven, point, sizeof proven) == 0;
}

/* A key that counts its uses signed in an earlier run, and was only compared in this one: that signature stays. */
static void keep_counted_proofs(json_t *record, const struct evidence_run *run)
{
    for (size_t i = 0; i < run->evidence->key_count; i++) {
        const struct provision_key_evidence *key = &run->evidence->keys[i];
        json_t *proof = json_object_get(key_of(run->older, key->key_id), "proof");

        if (key->compared && proof != NULL)
            json_object_set_new(key_of(record, key->key_id), "proof", json_deep_copy(proof));
    }
}

/* What can never be changed again, as the config zone says it. */
static json_t *locked_value(const struct chip_config *config)
{
    json_t *slots = json_array();

    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        if (chip_slot_is_locked(config, slot))
            json_array_append_new(slots, json_integer(slot));
    return json_pack("{s:b, s:b, s:o}", "config", (int)chip_config_is_locked(config), "data",
                     (int)chip_data_is_locked(config), "slots", slots);
}

/* Who ran it, where and when, what it changed and how long the chip worked for it. */
static json_t *run_value(const struct evidence_run *run)
{
    json_t *object = run_facts_value(run->facts);

    json_object_set_new(object, "changes", json_integer((json_int_t)run->evidence->changes));
    json_object_set_new(object, "chip_us", json_integer((json_int_t)run->evidence->chip_us));
    return object;
}

/* The record as JSON, time included; the caller's reference. NULL when there is no memory. */
static json_t *make_record(const struct evidence_run *run)
{
    const struct profile *profile = run->profile;
    const struct provision_evidence *evidence = run->evidence;
    json_t *keys = json_array();

    for (size_t i = 0; i < evidence->key_count; i++)
        if (evidence->keys[i].key_id != 0)
            json_array_append_new(keys, key_object(&profile->keys[i], &evidence->keys[i], run->facts));
    return json_pack("{s:s, s:i, s:o, s:s, s:o, s:o, s:{s:s, s:o}, s:o, s:o, s:o, s:o}", "format", FORMAT, "version",
                     VERSION, "serial", value_hex(bytes_of(evidence->serial, sizeof evidence->serial)), "part",
                     chip_part_name(evidence->part), "revision", value_hex(chip_config_revision(&evidence->config)),
                     "rehearsal", rehearsal_value(run->rehearsal), "profile", "name", profile->name, "digest",
                     value_hex(bytes_of(evidence->profile_digest, sizeof evidence->profile_digest)), "config",
                     value_hex(bytes_of(evidence->config.zone, sizeof evidence->config.zone)), "locked",
                     locked_value(&evidence->config), "keys", keys, "run", run_value(run));
}

/* Notes that a board's factory application ran the engine, and what only its word stands for. */
static void note_board(json_t *record, const struct evidence_run *run)
{
    json_t *board = json_pack("{s:s, s:s}", "name", run->board, "application", run->application);

    if (run->mcu != NULL && run->mcu[0] != '\0')
        json_object_set_new(board, "mcu", json_string(run->mcu));
    if (run->firmware != NULL && run->firmware[0] != '\0')
        json_object_set_new(board, "firmware", json_string(run->firmware));
    if (run->not_proven != NULL)
        json_object_set_new(board, "not_proven", json_deep_copy(run->not_proven));
    json_object_set_new(json_object_get(record, "run"), "board", board);
}

/* Names the file of each request that was kept, beside the record. */
static void note_requests(json_t *record, const struct evidence_run *run)
{
    for (size_t i = 0; run->has_request != NULL && i < run->profile->key_count; i++)
        if (run->has_request[i])
            (void)json_object_set_new(key_of(record, run->profile->keys[i].id), "request",
                                      json_sprintf("%s.csr", run->profile->keys[i].name));
}

void evidence_note_proof(json_t *record, const char *operator_name, const char *board, const char *application,
                         json_t *proofs)
{
    char now[RUN_FACTS_TIME_SIZE];

    run_facts_time(now);
    json_object_set_new(record, "primary",
                        json_pack("{s:s, s:s?, s:s, s:s, s:O}", "time", now, "operator", operator_name, "board", board,
                                  "application", application, "keys", proofs));
    if (json_integer_value(json_object_get(record, "version")) == VERSION_1)
        json_object_set_new(record, "version", json_integer(VERSION_2)); /* its fields have those names */
}

static bool is_record(const json_t *record)
{
    const char *format = json_string_value(json_object_get(record, "format"));
    json_int_t version = json_integer_value(json_object_get(record, "version"));

    return format != NULL && strcmp(format, FORMAT) == 0 && version >= VERSION_1 && version <= VERSION &&
           json_is_array(json_object_get(record, "keys"));
}

/*
 * Gives the keys of a record of version 1 the field names of today, so that they are compared as ever. Its version
 * stays: same_facts() then finds a difference, and the next provisioning writes the record in today's format.
 */
static void rename_fields_of_version_1(json_t *record)
{
    json_t *key;
    size_t i;

    if (json_integer_value(json_object_get(record, "version")) != VERSION_1)
        return;
    json_array_foreach(json_object_get(record, "keys"), i, key)
    {
        json_object_set(key, "key_id", json_object_get(key, "id"));
        json_object_del(key, "id");
    }
}

bool evidence_load(const char *path, json_t **record, struct error *err)
{
    struct input input;
    struct error failure = {.reason = ERROR_NONE};

    *record = NULL;
    if (!input_read(&input, path, RECORD_MAX, &failure)) {
        if (failure.system_errno == ENOENT || failure.system_errno == ENOTDIR)
            return true;
        error_set(err, ERROR_STORAGE_FAILED, "the device's record cannot be read", NULL);
        error_with_errno(err, failure.system_errno);
        error_with_subject(err, path);
        return false;
    }
    *record = json_loadb((const char *)input.data, input.len, JSON_REJECT_DUPLICATES, NULL);
    input_release(&input);
    if (*record != NULL && is_record(*record)) {
        rename_fields_of_version_1(*record);
        return true;
    }
    json_decref(*record);
    *record = NULL;
    error_set(err, ERROR_STORAGE_CORRUPT, "the device's record is damaged",
              "provision the device again: that proves its keys and rewrites the record");
    error_with_subject(err, path);
    return false;
}

/* A copy without what differs from run to run. */
static json_t *comparable_part(const json_t *record)
{
    static const char *const of_each_time[] = {"time",         "address",   "connect_us",
                                               "handshake_us", "answer_us", "chip_commands"};
    json_t *copy = json_deep_copy(record), *key, *connection;
    size_t i;

    json_object_del(copy, "run");
    json_object_del(copy, "primary");
    json_object_del(json_object_get(copy, "maker"), "proof");
    json_object_del(json_object_get(copy, "maker"), "time");
    json_array_foreach(json_object_get(copy, "keys"), i, key) json_object_del(key, "proof");
    json_array_foreach(json_object_get(copy, "data"), i, key) json_object_del(key, "proof");
    json_array_foreach(json_object_get(copy, "connections"), i, connection)
    {
        for (size_t field = 0; field < sizeof of_each_time / sizeof of_each_time[0]; field++)
            json_object_del(connection, of_each_time[field]);
    }
    return copy;
}

/* True when the two say the same of the device: all but times, chip time, and the fresh challenges of each run. */
static bool same_facts(const json_t *a, const json_t *b)
{
    json_t *left = a == NULL ? NULL : comparable_part(a);
    json_t *right = b == NULL ? NULL : comparable_part(b);
    bool same = left != NULL && right != NULL && json_equal(left, right);

    json_decref(left);
    json_decref(right);
    return same;
}

/* The folder of a device that provisioned itself may not be there yet. */
static bool make_folder(const char *path, struct error *err)
{
    struct error failure = {.reason = ERROR_NONE};
    char above[PATH_MAX];

    folder_above(path, above);
    if (folder_make(above, &failure))
        return true;
    error_set(err, ERROR_RECORD_FAILED, "the folder of the device's record cannot be made", NULL);
    error_with_errno(err, failure.system_errno);
    error_with_subject(err, path);
    return false;
}

bool evidence_store(const char *path, const json_t *record, struct error *err)
{
    char *text = record == NULL ? NULL : json_dumps(record, JSON_INDENT(2));
    bool ok = false;
    size_t len;

    if (text == NULL) {
        error_set(err, ERROR_RECORD_FAILED, "there is no memory for the record", NULL);
        goto out;
    }
    len = strlen(text);
    text[len] = '\n'; /* in place of the NUL: the length says where it ends */
    ok = make_folder(path, err) && file_replace(path, bytes_of(text, len + 1), 0600, ERROR_RECORD_FAILED, err);
out:
    free(text);
    if (!ok)
        error_doing(err, "write the device's record");
    return ok;
}

/*
 * Adds to `record` the keys of `older`, an earlier record of the same device or NULL, whose ids it does not have:
 * another profile put them there, and what was proven of them stays known. They say that this run did not check them.
 */
static void keep_other_keys(json_t *record, const json_t *older)
{
    json_t *keys = json_object_get(record, "keys"), *key;
    size_t i;

    json_array_foreach(json_object_get(older, "keys"), i, key)
    {
        json_int_t id = json_integer_value(json_object_get(key, "key_id"));

        if (evidence_key_name(record, (uint32_t)id) != NULL)
            continue;
        key = json_deep_copy(key);
        json_object_set_new(key, "checked", json_false());
        json_array_append_new(keys, key);
        if (json_integer_value(json_object_get(older, "version")) == VERSION)
            continue;
        /* It signed another text than the records of today say. */
        json_object_del(json_object_get(key, "proof"), "challenge");
        json_object_del(json_object_get(key, "proof"), "signature");
    }
}

/* Whether the keys that the primary application proved are the keys of the record still. */
static bool has_primary_keys(const json_t *record, const json_t *older)
{
    const json_t *proofs = json_object_get(json_object_get(older, "primary"), "keys"), *proof;
    size_t i;

    json_array_foreach(proofs, i, proof)
    {
        uint32_t id = (uint32_t)json_integer_value(json_object_get(proof, "key_id"));
        const char *now = evidence_key_public(record, id), *before = evidence_key_public(older, id);

        if (now == NULL || before == NULL || strcmp(now, before) != 0)
            return false;
    }
    return true;
}

/*
 * Certificates of another profile, of keys that this one does not certify, stay known, and so does other data: the
 * entries of `list` in `older` whose names `record` does not have.
 */
static void keep_other_entries(json_t *record, const json_t *older, const char *list)
{
    json_t *entries = json_object_get(record, list), *entry, *other;
    size_t i, k;

    json_array_foreach(json_object_get(older, list), i, entry)
    {
        const json_t *name = json_object_get(entry, "name");
        bool is_here = false;

        json_array_foreach(entries, k, other) is_here = is_here || json_equal(json_object_get(other, "name"), name);
        if (is_here)
            continue;
        if (entries == NULL)
            entries = json_array();
        json_array_append(entries, entry);
    }
    if (entries != NULL && json_object_get(record, list) == NULL)
        json_object_set_new(record, list, entries);
}

/* Whether one of the list's objects has this value. */
static bool has_value(const json_t *list, const char *field, const json_t *value)
{
    const json_t *object;
    size_t i;

    json_array_foreach(list, i, object)
    {
        if (value != NULL && json_equal(json_object_get(object, field), value))
            return true;
    }
    return false;
}

/* A connection that an earlier run made with a certificate that the device still has, and this one did not make. */
static void keep_other_connections(json_t *record, const json_t *older)
{
    json_t *connections = json_object_get(record, "connections"), *connection;
    size_t i;

    json_array_foreach(json_object_get(older, "connections"), i, connection)
    {
        if (has_value(connections, "certificate", json_object_get(connection, "certificate")) ||
            !has_value(json_object_get(record, "certificates"), "sha256",
                       json_object_get(json_object_get(connection, "device"), "sha_256")))
            continue;
        if (connections == NULL) {
            connections = json_array();
            json_object_set_new(record, "connections", connections);
        }
        json_array_append(connections, connection);
    }
}

/* What an earlier run proved and this one did not check stays in the record; each part has the time of its proof. */
static void keep_others(json_t *record, const json_t *older)
{
    keep_other_keys(record, older);
    keep_other_entries(record, older, "certificates");
    keep_other_entries(record, older, "data");
    keep_other_connections(record, older);
    if (json_object_get(record, "maker") == NULL)
        (void)json_object_set(record, "maker", json_object_get(older, "maker")); /* fails for NULL: there is none */
    if (has_primary_keys(record, older))
        (void)json_object_set(record, "primary", json_object_get(older, "primary"));
}

static const char *key_text(const json_t *record, uint32_t key_id, const char *field)
{
    return json_string_value(json_object_get(key_of(record, key_id), field));
}

bool evidence_key_signed(const json_t *record, uint32_t key_id)
{
    return json_object_get(json_object_get(key_of(record, key_id), "proof"), "hash") != NULL;
}

/* A secret's name is in another list. */
const char *evidence_key_name(const json_t *record, uint32_t key_id)
{
    const char *name = key_text(record, key_id, "name");
    const json_t *datum;
    size_t i;

    json_array_foreach(json_object_get(record, "data"), i, datum)
    {
        if (name == NULL && json_integer_value(json_object_get(datum, "key_id")) == (json_int_t)key_id)
            name = json_string_value(json_object_get(datum, "name"));
    }
    return name;
}

const char *evidence_key_method(const json_t *record, uint32_t key_id)
{
    return key_text(record, key_id, "method");
}

const char *evidence_key_public(const json_t *record, uint32_t key_id)
{
    return key_text(record, key_id, "public_key");
}

/* Exactly `len` bytes of hex digits. */
static bool read_bytes(const json_t *value, uint8_t *data, size_t len)
{
    const char *text = json_string_value(value);
    struct bytes_out out = {.data = data, .cap = len};

    return text != NULL && hex_decode(text, strlen(text), &out, NULL) && out.len == len;
}

bool evidence_key_point(const json_t *record, uint32_t key_id, uint8_t point[static P256_POINT_BYTES])
{
    return read_bytes(json_object_get(key_of(record, key_id), "public_key"), point, P256_POINT_BYTES);
}

bool evidence_key_is_limited(const json_t *record, uint32_t key_id)
{
    const json_t *slot = json_object_get(key_of(record, key_id), "slot");
    json_int_t number = json_integer_value(slot);
    struct chip_config config;

    return json_is_integer(slot) && number >= 0 && number < CHIP_SLOTS &&
           read_bytes(json_object_get(record, "config"), config.zone, sizeof config.zone) &&
           chip_slot_is_limited(&config, (uint8_t)number);
}

bool evidence_key_id(const json_t *record, const char *name, uint32_t *key_id)
{
    const json_t *key;
    size_t i;

    json_array_foreach(json_object_get(record, "keys"), i, key)
    {
        const char *has = json_string_value(json_object_get(key, "name"));
        json_int_t id = json_integer_value(json_object_get(key, "key_id"));

        if (has != NULL && strcmp(has, name) == 0 && id > 0 && id <= UINT32_MAX) {
            *key_id = (uint32_t)id;
            return true;
        }
    }
    return false;
}

bool evidence_check_recorded_key(const json_t *record, const struct provision_key_evidence *key, struct error *err)
{
    const char *recorded = evidence_key_public(record, key->key_id);
    const char *serial = json_string_value(json_object_get(record, "serial"));
    char found[HEX_SIZE(sizeof key->public_key)];

    hex_encode(bytes_of(key->public_key, sizeof key->public_key), found);
    if (key->created || recorded == NULL || strcmp(recorded, found) == 0)
        return true;
    error_set(err, ERROR_FOREIGN_KEY, "the slot holds another key than the one recorded when it was provisioned",
              serial == NULL ? NULL
                             : error_keep_format(err,
                                                 "find out who changed it. To keep the key that is there now, give the "
                                                 "record up, then register the key by a profile (method: register, and "
                                                 "this slot): imprint retire %s",
                                                 serial));
    error_doing(err, "confirm the key");
    error_with_key(err, key->key_id);
    error_at_slot(err, key->slot);
    return false;
}

/* Refuses to lose a key of the record's: always false. */
static bool keep_key(const json_t *record, const json_t *key, struct error *err)
{
    const char *serial = json_string_value(json_object_get(record, "serial"));

    error_set(err, ERROR_KEY_RECORDED, "this device's record names what is in the slot, which would be lost for ever",
              serial == NULL ? NULL
                             : error_keep_format(err,
                                                 "keep it: restore the state folder, or adopt the device. To give "
                                                 "it up for ever: imprint retire %s",
                                                 serial));
    error_at_slot(err, (uint8_t)json_integer_value(json_object_get(key, "slot")));
    error_with_key(err, (uint32_t)json_integer_value(json_object_get(key, "key_id")));
    return false;
}

static bool is_in_slot(const json_t *key, uint8_t slot)
{
    return json_integer_value(json_object_get(key, "slot")) == slot;
}

bool evidence_may_replace(const json_t *record, uint8_t slot, const uint8_t *point, struct error *err)
{
    char found[HEX_SIZE(P256_POINT_BYTES)] = "";
    json_t *key;
    size_t i;

    if (point != NULL)
        hex_encode(bytes_of(point, P256_POINT_BYTES), found);
    json_array_foreach(json_object_get(record, "keys"), i, key)
    {
        const char *recorded = json_string_value(json_object_get(key, "public_key"));

        if (point == NULL ? is_in_slot(key, slot) : recorded != NULL && strcmp(recorded, found) == 0)
            return keep_key(record, key, err);
    }
    json_array_foreach(json_object_get(record, "data"), i, key)
    {
        if (is_in_slot(key, slot))
            return keep_key(record, key, err);
    }
    return true;
}

bool evidence_may_make(const json_t *record, const struct profile *profile, const struct provision_plan *plan,
                       struct error *err)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *step = &plan->steps[i];
        char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
        const struct profile_key *key;

        if (!step->kind->makes_key || step->done)
            continue;
        key = &profile->keys[step->key];
        if (key->method == PROFILE_REGISTER || evidence_key_public(record, key->id) == NULL)
            continue;
        hex_encode(bytes_of(plan->serial, sizeof plan->serial), serial);
        error_set(err, ERROR_KEY_RECORDED,
                  "this device's record names a key with this key id, and making another would leave that one behind",
                  error_keep_format(err,
                                    "keep that key: restore the state folder, adopt the device, or register the key by "
                                    "a profile. To give it up for ever: imprint retire %s",
                                    serial));
        error_doing(err, step->kind->doing);
        error_with_key(err, key->id);
        error_with_serial(err, plan->serial);
        return false;
    }
    return true;
}

bool evidence_refuse_damaged(const char *record_path, struct error *err)
{
    error_set(err, ERROR_KEY_RECORDED,
              "this device's record is damaged, so the key that would be lost may be one that it names", NULL);
    error_with_subject(err, record_path);
    return false;
}

/* Whether the record's key has a public key whose hash begins with `lost`. */
static bool has_hash(const json_t *key, const uint8_t lost[static PROVISION_LOST_BYTES])
{
    uint8_t point[P256_POINT_BYTES], hash[MARK_SHA256_BYTES];

    return read_bytes(json_object_get(key, "public_key"), point, sizeof point) &&
           mark_hash_key(point, hash) == PSA_SUCCESS && memcmp(hash, lost, PROVISION_LOST_BYTES) == 0;
}

bool evidence_may_lose(const json_t *record, const struct provision_step *step, struct error *err)
{
    const json_t *key;
    size_t i;

    json_array_foreach(json_object_get(record, "keys"), i, key)
    {
        if (step->replaces && (step->shows_lost ? has_hash(key, step->lost) : is_in_slot(key, step->slot)))
            return keep_key(record, key, err);
    }
    /* Of one for a secret of the profile, not of its lock. */
    return step->datum == 0 || !step->forever || step->kind->lock != NULL ||
           evidence_may_replace(record, step->slot, NULL, err);
}

bool evidence_check_recorded_keys(const struct evidence_run *run, struct error *err)
{
    for (size_t i = 0; i < run->evidence->key_count; i++) {
        struct provision_key_evidence key = run->evidence->keys[i];

        /* Whether a board made its key in this run is only its word: a recorded key of a board never changes. */
        key.created = key.created && run->board == NULL;
        if (evidence_check_recorded_key(run->older, &key, err))
            continue;
        error_with_serial(err, run->evidence->serial);
        return false;
    }
    return true;
}

json_t *evidence_value(const struct evidence_run *run)
{
    json_t *record = make_record(run);

    if (run->genuine != NULL && run->genuine->result != GENUINE_UNCHECKED) {
        json_t *maker = genuine_record(run->genuine);

        json_object_set_new(maker, "time", json_string(run->facts->ended));
        json_object_set_new(record, "maker", maker);
    }
    if (run->listed != NULL && run->listed->result != PARTS_UNCHECKED)
        json_object_set_new(record, "listed", parts_listed_object(run->listed));
    if (run->board != NULL)
        note_board(record, run);
    note_requests(record, run);
    if (run->certificates != NULL)
        json_object_set_new(record, "certificates", json_deep_copy(run->certificates));
    if (run->data != NULL)
        json_object_set_new(record, "data", json_deep_copy(run->data));
    if (json_array_size(run->connections) > 0)
        json_object_set_new(record, "connections", json_deep_copy(run->connections));
    return record;
}

bool evidence_keep(const struct evidence_run *run, bool *written, json_t **unsaved, struct error *err)
{
    json_t *record = evidence_value(run);

    *unsaved = NULL;
    keep_counted_proofs(record, run);
    keep_others(record, run->older);
    *written = record == NULL || run->evidence->changes > 0 || !same_facts(run->older, record);
    if (!*written || evidence_store(run->record_path, record, err)) {
        json_decref(record);
        return true;
    }
    error_with_serial(err, run->evidence->serial);
    *unsaved = record;
    return false;
}

bool evidence_check_room(const char *record_path, const struct profile *profile, const struct provision_plan *plan,
                         struct error *err)
{
    size_t blocks = ROOM_BLOCKS + profile->key_count / ROOM_KEYS_OF_BLOCK, files;

    for (size_t i = 0; i < profile->key_count; i++)
        blocks += profile->keys[i].csr_subject[0] != '\0';
    for (size_t i = 0; i < plan->step_count; i++)
        blocks += (plan->steps[i].kind->makes_key || plan->steps[i].kind->registers) && !plan->steps[i].done;
    files = blocks + ROOM_LEDGER_FILES;
    if (plan->changes_left == 0 ||
        folder_has_room(record_path, files, (blocks * ROOM_BLOCK + ROOM_LEDGER + files - 1) / files))
        return true;
    error_set(err, ERROR_STORAGE_FULL, "the state folder has no room for the device's record", NULL);
    error_doing(err, "provision the device");
    error_with_subject(err, record_path);
    error_with_serial(err, plan->serial);
    return false;
}
