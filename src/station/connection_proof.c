/* SPDX-License-Identifier: Apache-2.0 */
#include "station/connection_proof.h"

#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "provision/steps.h"
#include "provision/steps/certificate.h"
#include "station/board_tls.h"
#include "station/tls_value.h"
#include "station/value.h"

/* ---- what the record says ---- */

static bool hash_text(const struct certificate_issued *issued, char text[static HEX_SIZE(CRYPTO_SHA256_BYTES)])
{
    const struct bytes der = bytes_of(issued->der, issued->len);
    uint8_t hash[CRYPTO_SHA256_BYTES];

    if (issued->len == 0 || !crypto_sha256(&der, 1, hash))
        return false;
    hex_encode(bytes_of(hash, sizeof hash), text);
    return true;
}

static bool has_text(const json_t *object, const char *field, const char *text)
{
    const char *found = json_string_value(json_object_get(object, field));

    return found != NULL && strcmp(found, text) == 0;
}

/* The record's proof of the certificate that the device has now, by the connection of this name; NULL: none. */
static json_t *find_recorded(const struct connection_proof *proof, size_t index)
{
    const json_t *connections = json_object_get(*proof->record, "connections");
    char hash[HEX_SIZE(CRYPTO_SHA256_BYTES)];
    json_t *connection;
    size_t i;

    if (!hash_text(&proof->issue->certificates[index], hash))
        return NULL;
    json_array_foreach(connections, i, connection)
    {
        if (has_text(connection, "connection", proof->profile->certificates[index].connection) &&
            has_text(json_object_get(connection, "device"), "sha_256", hash))
            return connection;
    }
    return NULL;
}

/* ---- for the engine ---- */

static bool check(void *context, size_t index, struct error *err)
{
    struct connection_proof *proof = context;
    struct connection *connection = &proof->certificates[index].connection;

    if (!connections_read(proof->config, proof->profile->certificates[index].connection, connection, err) ||
        (proof->is_board && !board_tls_check(proof->profile, index, &connection->settings, err)))
        return false;
    if (tls_check_roots(&connection->settings, err))
        return true;
    err->next = "name the file with the server's CA in the connections file (ca): docs/reference/connections.md";
    return false;
}

static bool recorded(void *context, size_t index)
{
    return find_recorded(context, index) != NULL;
}

static bool keep(void *context, const struct provision_evidence *evidence, struct error *err)
{
    struct connection_proof *proof = context;

    return proof->keep(proof->context, evidence, err);
}

/* What to do is another thing here than after `imprint tls`: the settings stand in a file. */
static void advise(const struct connection *connection, bool is_board, struct error *err)
{
    switch (err->reason) {
    case ERROR_SERVER_UNTRUSTED:
        err->next = error_keep_format(err,
                                      "correct ca or server-name of connection %s in the connections file, then run "
                                      "the same command again",
                                      connection->name);
        break;
    case ERROR_SERVER_REFUSED:
        err->next = "check that the server knows the certificate's issuer and this device (its log has the reason), "
                    "then run the same command again: the device is finished and keeps its certificate";
        break;
    case ERROR_SERVER_AWAY:
    case ERROR_NOT_ASKED:
    case ERROR_TLS:
        err->next = error_keep_format(err,
                                      "check the server%s, and connection %s in the connections file, then run the "
                                      "same command again: the device is finished",
                                      is_board ? ", which must offer TLS 1.3" : "", connection->name);
        break;
    default:
        break;
    }
}

static bool prove(void *context, size_t index, bool sign, struct error *err)
{
    struct connection_proof *proof = context;
    struct connection_of_certificate *one = &proof->certificates[index];
    const struct profile_certificate *certificate = &proof->profile->certificates[index];
    struct tls_settings *settings = &one->connection.settings;
    char key[16], room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    one->is_recorded = !sign;
    if (!sign)
        return true;
    (void)snprintf(key, sizeof key, "%u",
                   (unsigned)proof->profile->keys[profile_certificate_key(proof->profile, certificate)].id);
    settings->key = key;
    settings->certificate = proof->issue->certificates[index].path;
    if (proof->connect(proof->context, index, settings, &one->result, &failure))
        run_facts_time(one->time);
    settings->key = NULL;
    if (one->time[0] != '\0')
        return true;
    advise(&one->connection, proof->is_board, &failure);
    error_pass(err, &failure);
    return false;
}

struct provision_connections connection_proof_functions(struct connection_proof *proof)
{
    return (struct provision_connections){
        .context = proof, .check = check, .recorded = recorded, .keep = keep, .prove = prove};
}

/* ---- for a board ---- */

bool connection_proof_check(struct connection_proof *proof, struct error *err)
{
    bool ok = true;

    for (size_t i = 0; i < proof->profile->certificate_count && ok; i++)
        ok = proof->profile->certificates[i].prove != PROFILE_PROVE_TLS || check(proof, i, err);
    return ok;
}

/* A plan is partly what a board says of it: no word of it can take a proof away. */
static bool check_all_proven(const struct connection_proof *proof, struct error *err)
{
    for (size_t i = 0; i < proof->profile->certificate_count; i++) {
        const struct profile_certificate *certificate = &proof->profile->certificates[i];

        if (certificate->prove != PROFILE_PROVE_TLS || proof->certificates[i].time[0] != '\0')
            continue;
        error_set(err, ERROR_PROOF_FAILED, "no connection was made for a certificate that has to be proven by one",
                  "do not ship this device: run the same command again");
        error_with_subject(err, certificate->name);
        return false;
    }
    return true;
}

bool connection_proof_run(struct connection_proof *proof, struct provision_plan *plan,
                          void (*show)(void *shown, const struct provision_step *step, bool finished), void *shown,
                          struct error *err)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        struct provision_step *step = &plan->steps[i];
        size_t index;

        if (step->kind != &provision_step_prove_tls)
            continue;
        (void)certificate_of_key(proof->profile, step->key, &index);
        show(shown, step, false);
        if (!prove(proof, index, true, err))
            return false;
        step->done = true;
        show(shown, step, true);
    }
    return check_all_proven(proof, err);
}

/* ---- for record and result ---- */

static json_t *object_of(const struct connection_proof *proof, size_t index)
{
    const struct connection_of_certificate *one = &proof->certificates[index];
    const struct profile_certificate *certificate = &proof->profile->certificates[index];
    const size_t key = profile_certificate_key(proof->profile, certificate);
    json_t *object = tls_value(&one->connection.settings, &one->result);

    json_object_set_new(object, "certificate", json_string(certificate->name));
    json_object_set_new(object, "connection", json_string(certificate->connection));
    json_object_set_new(object, "key_id", json_integer(proof->profile->keys[key].id));
    json_object_set_new(object, "time", json_string(one->time));
    return object;
}

bool connection_proof_is_wanted(const struct profile *profile)
{
    bool has = false;

    for (size_t i = 0; i < profile->certificate_count; i++)
        has = has || profile->certificates[i].prove == PROFILE_PROVE_TLS;
    return has;
}

json_t *connection_proof_record(const struct connection_proof *proof)
{
    json_t *list = connection_proof_is_wanted(proof->profile) ? json_array() : NULL;

    for (size_t i = 0; list != NULL && i < proof->profile->certificate_count; i++)
        if (proof->certificates[i].time[0] != '\0')
            json_array_append_new(list, object_of(proof, i));
    return list;
}

json_t *connection_proof_shown(const struct connection_proof *proof)
{
    json_t *list = connection_proof_record(proof), *connection;
    size_t i;

    json_array_foreach(list, i, connection) json_object_set_new(connection, "recorded", json_false());
    for (i = 0; list != NULL && i < proof->profile->certificate_count; i++) {
        if (!proof->certificates[i].is_recorded)
            continue;
        connection = json_deep_copy(find_recorded(proof, i));
        json_object_set_new(connection, "recorded", json_true());
        json_array_append_new(list, connection);
    }
    return list;
}
