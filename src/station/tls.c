/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the order of a run: the key, the certificate for it; then the connection (station/tls_connect.h). Everything that
 * can be refused without the network is refused before it is touched.
 */
#include "station/tls.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/psa_util.h>

#include "psa/keys.h"
#include "station/own_certificate.h"
#include "station/tls_connect.h"

/* All that a run holds. */
struct run {
    struct session *session;
    const struct tls_settings *settings;
    struct tls_result *result;
    struct tls_client client;
    psa_key_id_t key_id; /* under which PSA has the key */
};

/* ---- key and certificate ---- */

static bool find_key(struct run *run, struct error *err)
{
    const struct tls_settings *settings = run->settings;
    struct key *key = &run->result->key;

    if (settings->key == NULL && !key_register_makers(run->session, key, &run->key_id, err))
        return false;
    if (settings->key != NULL) {
        if (!key_find(run->session, settings->key, key, err))
            return false;
        run->key_id = key->id;
    }
    if (!key_can_sign(key, err))
        return false;
    if (mbedtls_pk_setup_opaque(&run->client.key, run->key_id) == 0)
        return true;
    error_set(err, ERROR_KEY_ATTRIBUTES, "TLS cannot use a key of this type", "use an ECDSA key on P-256");
    error_with_key(err, key->id);
    return false;
}

/* What a station had issued for the key, where it has a key id. True without one as well. */
static bool use_own(struct run *run, const uint8_t point[static P256_POINT_BYTES], struct error *err)
{
    const struct station_config *config = &run->session->station->config;
    char path[PATH_MAX];

    if (run->settings->key == NULL)
        return true;
    if (!own_certificate_find(config, run->session->device.serial, point, path, err))
        return false;
    if (path[0] == '\0')
        return true;
    (void)snprintf(run->result->source, sizeof run->result->source, "%s", path);
    return tls_read_certificates(path, &run->client.own, err);
}

/* The maker's chain, where it is for this key: device and signer; the root is the server's. */
static bool use_makers_chain(struct run *run, const uint8_t point[static P256_POINT_BYTES], struct error *err)
{
    const struct device *device = &run->session->device;
    struct device_chain chain;
    char room[ERROR_ROOM];
    struct error none = ERROR_IN(room);

    if (!device_chain_read_maker(&run->session->device.chip, &device->config, &chain, &none)) {
        if (none.reason == ERROR_NO_CERTIFICATE)
            return false;
        error_pass(err, &none);
        return false;
    }
    if (memcmp(chain.public_key, point, P256_POINT_BYTES) != 0)
        return false;
    for (unsigned i = DEVICE_CHAIN_DEVICE; i < DEVICE_CHAIN_ROOT; i++) {
        const struct bytes der = device_chain_der(&chain, (enum device_chain_role)i);

        if (mbedtls_x509_crt_parse_der(&run->client.own, der.data, der.len) != 0) {
            error_set(err, ERROR_UNEXPECTED, "TLS cannot read the maker's certificate", NULL);
            return false;
        }
    }
    (void)snprintf(run->result->source, sizeof run->result->source, "the maker's, from the chip");
    return true;
}

static bool read_public(struct run *run, uint8_t point[static P256_POINT_BYTES], struct error *err)
{
    struct key key = run->result->key;

    key.id = run->key_id;
    return key_read_public(run->session, &key, point, err);
}

static bool find_certificate(struct run *run, struct error *err)
{
    const char *path = run->settings->certificate;
    const struct key *key = &run->result->key;
    uint8_t point[P256_POINT_BYTES];

    if (path != NULL) {
        (void)snprintf(run->result->source, sizeof run->result->source, "%s", path);
        return tls_read_certificates(path, &run->client.own, err);
    }
    if (!read_public(run, point, err) || !use_own(run, point, err))
        return false;
    if (run->result->source[0] != '\0')
        return true;
    if (use_makers_chain(run, point, err))
        return true;
    error_set(err, ERROR_NO_CERTIFICATE, "no certificate for this key is known here",
              "name its file with --certificate FILE; request one with: imprint csr KEY --subject DN");
    error_with_key(err, key->id);
    return false;
}

/* Mbed TLS hides why an operation on the key failed; the driver knows. Always false. */
static bool chip_failed(struct run *run, const char *doing, struct error *err)
{
    session_psa_failed(run->session, keys_last_status(&run->session->driver, PSA_ERROR_GENERIC_ERROR), doing, err);
    error_with_key(err, run->result->key.id);
    return false;
}

static bool check_certificate(struct run *run, struct error *err)
{
    const struct key *key = &run->result->key;

    keys_forget_reason(&run->session->driver);
    if (mbedtls_pk_get_type(&run->client.own.pk) == MBEDTLS_PK_ECKEY &&
        mbedtls_pk_check_pair(&run->client.own.pk, &run->client.key, mbedtls_psa_get_random,
                              MBEDTLS_PSA_RANDOM_STATE) == 0)
        return x509_words_of(&run->client.own, &run->result->device, err);
    if (keys_last_status(&run->session->driver, PSA_SUCCESS) != PSA_SUCCESS) {
        return chip_failed(run, "compare the certificate with the key", err);
    }
    error_set(err, ERROR_INPUT_FILE, "the first certificate in the file is for another key",
              "name the file with the certificate for this key, its own first");
    error_with_subject(err, run->settings->certificate);
    error_with_key(err, key->id);
    return false;
}

/* ---- what the connection asks of the key ---- */

static void start(void *context, mbedtls_ssl_context *ssl)
{
    struct run *run = context;

    (void)ssl;
    keys_forget_reason(&run->session->driver);
}

static uint32_t commands(void *context)
{
    const struct run *run = context;

    return run->session->device.chip.counters.commands;
}

static bool failed(void *context, struct error *err)
{
    struct run *run = context;

    if (keys_last_status(&run->session->driver, PSA_SUCCESS) == PSA_SUCCESS)
        return false;
    (void)chip_failed(run, "sign the handshake", err);
    return true;
}

static bool connect_client(struct run *run, struct error *err)
{
    psa_algorithm_t algorithm;

    if (!key_algorithm(&run->result->key, &algorithm, err))
        return false;
    run->client.sha_256_only = psa_get_key_algorithm(&run->result->key.attributes) == algorithm;
    run->client.context = run;
    run->client.start = start;
    run->client.commands = commands;
    run->client.failed = failed;
    return tls_connect(&run->client, run->settings, run->result, err);
}

bool tls_try(struct session *session, const struct tls_settings *settings, struct tls_result *result, struct error *err)
{
    struct run run = {.session = session, .settings = settings, .result = result};
    bool ok;

    *result = (struct tls_result){.source = ""};
    tls_client_init(&run.client);
    ok =
        find_key(&run, err) && find_certificate(&run, err) && check_certificate(&run, err) && connect_client(&run, err);
    tls_client_release(&run.client);
    if (!ok) {
        error_doing(err, "connect to the server");
        error_with_serial(err, session->device.serial);
    }
    return ok;
}
