/* SPDX-License-Identifier: Apache-2.0 */
#include "station/board_tls.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/psa_util.h>
#include <psa/crypto_se_driver.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "crypto/verify.h"
#include "profile/certificate.h"
#include "provision/steps.h"
#include "station/tls_connect.h"

/* Of this process alone: PSA's location of keys on boards. The chip's own is 0x60. */
#define BOARD_LOCATION ((psa_key_location_t)0x61)
#define BOARD_LIFETIME PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_VOLATILE, BOARD_LOCATION)

#define ATTEMPTS 3 /* to get a signature whose line is not damaged: the key counts no uses */

/* What a client signs (RFC 8446, 4.4.3): 64 blanks, a text with its NUL, the hash of the messages so far. */
#define BLANKS 64
#define TRANSCRIPT_MAX 48 /* SHA-384 */
static const char text[] = "TLS 1.3, client CertificateVerify";

/*
 * Mbed TLS's own, of library/ssl_misc.h: the hash of the handshake's messages so far. It has no public function for it.
 * What comes of it is compared with what TLS wants signed, so another meaning in another version is noticed.
 */
int mbedtls_ssl_get_handshake_transcript(mbedtls_ssl_context *ssl, mbedtls_md_type_t md, unsigned char *dst,
                                         size_t dst_len, size_t *olen);

/* The connection that is being made: PSA's drivers get no context of ours, and PSA is one for the process. */
static struct board_tls *connecting;

/* ---- what the board signs ---- */

static const uint8_t *point_of(const struct board_tls *tls)
{
    return tls->results->evidence.keys[tls->key].public_key;
}

/* The transcript whose CertificateVerify has this hash. False where TLS wants something else to be signed. */
static bool find_transcript(struct board_tls *tls, struct bytes wanted, uint8_t transcript[static TRANSCRIPT_MAX],
                            size_t *len)
{
    static const mbedtls_md_type_t hashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384};
    uint8_t hash[CRYPTO_SHA256_BYTES], message[BLANKS + sizeof text + TRANSCRIPT_MAX];

    memset(message, ' ', BLANKS);
    memcpy(message + BLANKS, text, sizeof text);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        struct bytes all;

        if (mbedtls_ssl_get_handshake_transcript(tls->ssl, hashes[i], transcript, TRANSCRIPT_MAX, len) != 0)
            continue;
        memcpy(message + BLANKS + sizeof text, transcript, *len);
        all = bytes_of(message, BLANKS + sizeof text + *len);
        if (crypto_sha256(&all, 1, hash) && bytes_equal(wanted, bytes_of(hash, sizeof hash)))
            return true;
    }
    return false;
}

static void take_signature(void *context, const struct link_words *words)
{
    struct bytes_out *signature = context;

    signature->len = strcmp(words->word[0], "handshake") == 0 ? 0 : signature->len;
    if (strcmp(words->word[0], "handshake") == 0 && !link_hex(words, "signature", signature))
        signature->len = 0;
}

static bool ask_board(struct board_tls *tls, struct bytes transcript, struct bytes_out *signature, struct error *err)
{
    char id[LINK_NUMBER_SIZE], hash[HEX_SIZE(TRANSCRIPT_MAX)];
    const struct board_command command = {
        .verb = "report", .words = {id, hash}, .frame = take_signature, .context = signature};

    link_format_number(tls->results->profile->keys[tls->key].id, id);
    hex_encode(transcript, hash);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!board_ask(tls->board, &command, err))
            return false;
        if (signature->len == P256_SIGNATURE_BYTES)
            return true;
    }
    error_set(err, ERROR_DEVICE_GARBLED, "the board's signature does not arrive as a whole",
              "check the cable and ground, and that no other program reads this console");
    return false;
}

/* A signature that is not the key's is the board's fault, not the server's: it is found here. */
static bool sign(struct board_tls *tls, struct bytes hash, struct bytes_out *signature, struct error *err)
{
    uint8_t transcript[TRANSCRIPT_MAX];
    size_t len;

    if (tls->ssl == NULL || !find_transcript(tls, hash, transcript, &len)) {
        error_set(err, ERROR_UNEXPECTED, "TLS wants another signature than that of a handshake of TLS 1.3", NULL);
        return false;
    }
    if (!ask_board(tls, bytes_of(transcript, len), signature, err))
        return false;
    tls->signatures++;
    if (crypto_verify_digest(point_of(tls), PSA_ALG_SHA_256, hash, signature->data) == PSA_SUCCESS)
        return true;
    error_set(err, ERROR_PROOF_FAILED, "the board's signature for the handshake is not its key's",
              "do not ship this device: what its board says does not hold");
    return false;
}

/* ---- the driver ---- */

static psa_status_t on_sign(psa_drv_se_context_t *context, psa_key_slot_number_t slot, psa_algorithm_t algorithm,
                            const uint8_t *hash, size_t hash_length, uint8_t *signature, size_t size, size_t *length)
{
    struct bytes_out out = {.data = signature, .cap = size};
    struct board_tls *tls = connecting;

    (void)context;
    (void)slot;
    *length = 0;
    if (tls == NULL || PSA_ALG_SIGN_GET_HASH(algorithm) != PSA_ALG_SHA_256)
        return PSA_ERROR_NOT_SUPPORTED;
    if (size < P256_SIGNATURE_BYTES)
        return PSA_ERROR_BUFFER_TOO_SMALL;
    tls->has_failed = !sign(tls, bytes_of(hash, hash_length), &out, &tls->failure);
    *length = tls->has_failed ? 0 : out.len;
    return tls->has_failed ? PSA_ERROR_COMMUNICATION_FAILURE : PSA_SUCCESS;
}

static psa_status_t on_export(psa_drv_se_context_t *context, psa_key_slot_number_t slot, uint8_t *data, size_t size,
                              size_t *length)
{
    (void)context;
    (void)slot;
    if (connecting == NULL || size < P256_POINT_BYTES)
        return PSA_ERROR_BUFFER_TOO_SMALL;
    memcpy(data, point_of(connecting), P256_POINT_BYTES);
    *length = P256_POINT_BYTES;
    return PSA_SUCCESS;
}

static psa_status_t on_allocate(psa_drv_se_context_t *context, void *persistent, const psa_key_attributes_t *attributes,
                                psa_key_creation_method_t method, psa_key_slot_number_t *slot)
{
    (void)context;
    (void)persistent;
    (void)attributes;
    (void)method;
    *slot = 0;
    return PSA_SUCCESS;
}

/* Nothing is brought anywhere: the key is on the board. PSA cannot register one without a record of it. */
static psa_status_t on_import(psa_drv_se_context_t *context, psa_key_slot_number_t slot,
                              const psa_key_attributes_t *attributes, const uint8_t *data, size_t length, size_t *bits)
{
    (void)context;
    (void)slot;
    (void)attributes;
    (void)data;
    (void)length;
    *bits = 256;
    return PSA_SUCCESS;
}

static psa_status_t on_destroy(psa_drv_se_context_t *context, void *persistent, psa_key_slot_number_t slot)
{
    (void)context;
    (void)persistent;
    (void)slot;
    return PSA_SUCCESS;
}

bool board_tls_register(struct error *err)
{
    static const psa_drv_se_key_management_t management = {.MBEDTLS_PRIVATE(p_allocate) = on_allocate,
                                                           .MBEDTLS_PRIVATE(p_import) = on_import,
                                                           .MBEDTLS_PRIVATE(p_destroy) = on_destroy,
                                                           .MBEDTLS_PRIVATE(p_export_public) = on_export};
    static const psa_drv_se_asymmetric_t asymmetric = {.MBEDTLS_PRIVATE(p_sign) = on_sign};
    static const psa_drv_se_t driver = {.MBEDTLS_PRIVATE(hal_version) = PSA_DRV_SE_HAL_VERSION,
                                        .MBEDTLS_PRIVATE(key_management) = &management,
                                        .MBEDTLS_PRIVATE(asymmetric) = &asymmetric};
    const psa_status_t status = psa_register_se_driver(BOARD_LOCATION, &driver);

    if (status == PSA_SUCCESS)
        return true;
    error_set(err, ERROR_PSA, "PSA Crypto takes no driver for keys on boards", NULL);
    error_with_psa(err, status);
    return false;
}

/* ---- the plan ---- */

bool board_tls_check(const struct profile *profile, size_t index, const struct tls_settings *settings,
                     struct error *err)
{
    if (settings->version != TLS_1_2)
        return true;
    error_set(
        err, ERROR_INPUT_FILE, "a board's key signs handshakes of TLS 1.3 only, and the connection permits none",
        "write tls: any or tls: 1.3 for it in the connections file; for a server without TLS 1.3 leave prove: tls "
        "out: docs/guide/identity.md");
    error_with_subject(err, profile->certificates[index].connection);
    return false;
}

static bool counts_uses(const struct board_results *results, size_t key)
{
    bool any = false;

    for (size_t i = 0; i < results->plan.step_count; i++)
        any = any || (results->plan.steps[i].limited && results->plan.steps[i].key == (int)key);
    return any;
}

bool board_tls_plan(struct board_results *results, struct error *err)
{
    const struct profile *profile = results->profile;
    struct provision_plan *plan = &results->plan;

    for (size_t i = 0; i < profile->certificate_count; i++) {
        const size_t key = profile_certificate_key(profile, &profile->certificates[i]);

        if (profile->certificates[i].prove != PROFILE_PROVE_TLS)
            continue;
        if (counts_uses(results, key)) {
            error_set(err, ERROR_SLOT_POLICY, "the key counts its uses, and a board's plan has none for a handshake",
                      "leave prove: tls out of this board's profile");
            error_with_key(err, profile->keys[key].id);
            return false;
        }
        /* The number of steps is the board's word. */
        if (plan->step_count == PROVISION_STEPS_MAX) {
            error_set(
                err, ERROR_DEVICE_GARBLED, "the board's plan has more steps than the profile needs",
                "check that the board runs the firmware of this profile, and that nothing else is at its console");
            return false;
        }
        plan->steps[plan->step_count++] =
            (struct provision_step){.kind = &provision_step_prove_tls, .key = (int)key, .slot = PROFILE_SLOT_ANY};
    }
    return true;
}

/* ---- the connection ---- */

static void start(void *context, mbedtls_ssl_context *ssl)
{
    struct board_tls *tls = context;

    tls->ssl = ssl;
}

static uint32_t commands(void *context)
{
    const struct board_tls *tls = context;

    return tls->signatures;
}

static bool failed(void *context, struct error *err)
{
    struct board_tls *tls = context;

    if (!tls->has_failed)
        return false;
    error_pass(err, &tls->failure);
    error_doing(err, "sign the handshake");
    error_with_key(err, tls->results->profile->keys[tls->key].id);
    return true;
}

static bool make_key(psa_key_id_t *id, struct tls_client *client, struct error *err)
{
    static const uint8_t nothing[32] = {1};
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_lifetime(&attributes, BOARD_LIFETIME);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    status = psa_import_key(&attributes, nothing, sizeof nothing, id);
    if (status == PSA_SUCCESS && mbedtls_pk_setup_opaque(&client->key, *id) == 0)
        return true;
    error_set(err, ERROR_PSA, "TLS cannot use a key on a board", NULL);
    error_with_psa(err, status);
    return false;
}

static bool take_certificate(struct board_tls *tls, size_t index, struct tls_client *client, struct error *err)
{
    const char *path = tls->issue->certificates[index].path;

    (void)snprintf(tls->result->source, sizeof tls->result->source, "%s", path);
    if (!tls_read_certificates(path, &client->own, err))
        return false;
    if (mbedtls_pk_check_pair(&client->own.pk, &client->key, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE) == 0)
        return x509_words_of(&client->own, &tls->result->device, err);
    error_set(err, ERROR_INPUT_FILE, "the first certificate in the file is for another key", NULL);
    error_with_subject(err, path);
    return false;
}

bool board_tls_try(struct board_tls *tls, size_t index, const struct tls_settings *settings, struct tls_result *result,
                   struct error *err)
{
    const struct profile *profile = tls->results->profile;
    struct tls_settings only_1_3 = *settings;
    struct tls_client client;
    psa_key_id_t id = 0;
    bool ok;

    *result = (struct tls_result){.source = ""};
    only_1_3.version = TLS_1_3;
    tls->result = result;
    tls->key = profile_certificate_key(profile, &profile->certificates[index]);
    result->key.id = profile->keys[tls->key].id;
    tls->failure = (struct error)ERROR_IN(tls->room);
    tls->has_failed = false;
    tls->ssl = NULL;
    tls_client_init(&client);
    client.context = tls;
    client.start = start;
    client.commands = commands;
    client.failed = failed;
    client.sha_256_only = true;
    connecting = tls;
    ok = make_key(&id, &client, err) && take_certificate(tls, index, &client, err) &&
         tls_connect(&client, &only_1_3, result, err);
    tls_client_release(&client);
    (void)psa_destroy_key(id);
    connecting = NULL;
    if (!ok) {
        error_doing(err, "connect to the server");
        error_with_serial(err, tls->results->evidence.serial);
    }
    return ok;
}
