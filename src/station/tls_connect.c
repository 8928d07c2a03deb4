/* SPDX-License-Identifier: Apache-2.0 */
/* The roots; then the connection, the handshake, question and answer. */
#include "station/tls_connect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/net_sockets.h>
#include <mbedtls/psa_util.h>

#include "base/error_format.h"
#include "station/input.h"
#include "station/tls_failure.h"

#define US_PER_S UINT64_C(1000000)
#define FILE_MAX (1024 * 1024) /* the system's roots are some 200 KiB */
#define ANSWER_MAX 4096

/* All that a run holds. */
struct run {
    struct tls_client *client;
    const struct tls_settings *settings;
    struct tls_result *result;
    mbedtls_x509_crt roots;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    struct tls_transfer transfer;
    struct tls_question question;
    uint64_t deadline_us;
    const char *alpn[TLS_ALPN_MAX + 1]; /* Mbed TLS keeps the list */
};

/* ---- files ---- */

bool tls_read_certificates(const char *path, mbedtls_x509_crt *into, struct error *err)
{
    struct input input;
    int failure;

    if (!input_read(&input, path, FILE_MAX, err))
        return false;
    failure = mbedtls_x509_crt_parse(into, input.data, input.len + 1); /* PEM, with its NUL */
    if (failure < 0)
        failure = mbedtls_x509_crt_parse_der(into, input.data, input.len);
    input_release(&input);
    /* Above 0: of a bundle, so many cannot be read, which is no matter as long as others can. */
    if (failure >= 0 && into->raw.p != NULL)
        return true;
    error_set(err, ERROR_INPUT_FILE, "the file has no certificate that can be read",
              "name a file with certificates in PEM, or one in DER");
    error_with_subject(err, path);
    return false;
}

static bool read_roots(const struct tls_settings *settings, mbedtls_x509_crt *roots, struct error *err)
{
    if (tls_read_certificates(settings->ca != NULL ? settings->ca : TLS_SYSTEM_ROOTS, roots, err))
        return true;
    if (settings->ca == NULL)
        err->next = "name the file with the server's CA: --ca FILE";
    return false;
}

bool tls_check_roots(const struct tls_settings *settings, struct error *err)
{
    mbedtls_x509_crt roots;
    bool ok;

    mbedtls_x509_crt_init(&roots);
    ok = read_roots(settings, &roots, err);
    mbedtls_x509_crt_free(&roots);
    return ok;
}

/* ---- the configuration ---- */

/* For keys that sign SHA-256 only: all suites of TLS 1.3, and those of TLS 1.2 whose hash is SHA-256. */
static const int sha_256_suites[] = {
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};

static void choose_versions(struct run *run)
{
    mbedtls_ssl_config *config = &run->config;

    if (run->settings->version == TLS_1_2)
        mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    if (run->settings->version == TLS_1_3)
        mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
}

static bool configure(struct run *run, struct error *err)
{
    const struct tls_settings *settings = run->settings;
    mbedtls_ssl_config *config = &run->config;
    int failure = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                              MBEDTLS_SSL_PRESET_DEFAULT);

    mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(config, &run->roots, NULL);
    choose_versions(run);
    if (run->client->sha_256_only)
        mbedtls_ssl_conf_ciphersuites(config, sha_256_suites);
    if (failure == 0)
        failure = mbedtls_ssl_conf_own_cert(config, &run->client->own, &run->client->key);
    if (failure == 0 && settings->alpn[0] != NULL)
        failure = mbedtls_ssl_conf_alpn_protocols(config, run->alpn);
    if (failure == 0)
        failure = mbedtls_ssl_setup(&run->ssl, config);
    if (failure == 0)
        failure = mbedtls_ssl_set_hostname(&run->ssl, settings->name);
    return failure == 0 || tls_failure_note(&run->ssl, &run->transfer, settings, failure, TLS_IN_HANDSHAKE, err);
}

/* ---- the connection ---- */

static int error_of(struct tls_transfer *transfer, enum net_status status)
{
    transfer->status = status;
    transfer->system_errno = status == NET_FAILED ? errno : 0;
    if (status == NET_TIMEOUT)
        return MBEDTLS_ERR_SSL_TIMEOUT;
    return status == NET_CLOSED ? MBEDTLS_ERR_NET_CONN_RESET : MBEDTLS_ERR_NET_RECV_FAILED;
}

/*
 * A server that refuses says so and closes while this side is still sending. What it said is still to be read: so a
 * connection that is closed takes everything, and the next reading tells.
 */
static int send_some(void *context, const unsigned char *data, size_t len)
{
    struct tls_transfer *transfer = context;
    size_t done;
    const enum net_status status = net_send(&transfer->connection, data, len, &done);

    if (status == NET_CLOSED)
        return (int)len;
    return status == NET_OK ? (int)done : error_of(transfer, status);
}

/* A record of TLS begins with its type, 20 to 23 (RFC 8446, 5.1): anything else at the very beginning is no TLS. */
static int receive_some(void *context, unsigned char *data, size_t len)
{
    struct tls_transfer *transfer = context;
    size_t done;
    const enum net_status status = net_receive(&transfer->connection, data, len, &done);

    if (status != NET_OK)
        return error_of(transfer, status);
    if (!transfer->received)
        transfer->is_plain = data[0] < 20 || data[0] > 23;
    transfer->received = true;
    return (int)done;
}

static bool handshake(struct run *run, struct error *err)
{
    const struct tls_client *client = run->client;
    const uint32_t commands = client->commands(client->context);
    const uint64_t start = net_now_us();
    int failure;

    mbedtls_ssl_set_bio(&run->ssl, &run->transfer, send_some, receive_some, NULL);
    client->start(client->context, &run->ssl);
    failure = mbedtls_ssl_handshake(&run->ssl);
    run->result->handshake_us = net_now_us() - start;
    run->result->chip_commands = client->commands(client->context) - commands;
    if (failure == 0)
        return true;
    if (client->failed(client->context, err))
        return false;
    return tls_failure_note(&run->ssl, &run->transfer, run->settings, failure,
                            run->result->chip_commands > 0 ? TLS_AFTER_SIGNING : TLS_IN_HANDSHAKE, err);
}

static bool note_session(struct run *run, struct error *err)
{
    struct tls_result *result = run->result;
    const char *alpn = mbedtls_ssl_get_alpn_protocol(&run->ssl);
    const mbedtls_x509_crt *server = mbedtls_ssl_get_peer_cert(&run->ssl);

    (void)snprintf(result->version, sizeof result->version, "%s", mbedtls_ssl_get_version(&run->ssl));
    (void)snprintf(result->suite, sizeof result->suite, "%s", mbedtls_ssl_get_ciphersuite(&run->ssl));
    (void)snprintf(result->alpn, sizeof result->alpn, "%s", alpn != NULL ? alpn : "");
    if (server == NULL) {
        error_set(err, ERROR_UNEXPECTED, "TLS keeps no certificate of the server", NULL);
        return false;
    }
    return x509_words_of(server, &result->server, err);
}

/* ---- question and answer ---- */

static void choose_question(struct run *run)
{
    char name[TLS_ANSWER_TEXT];

    run->question = run->settings->question;
    if (run->question.protocol != TLS_MQTT)
        return;
    x509_words_common_name(&run->client->own, name, sizeof name);
    tls_question_mqtt(&run->question, name);
}

static bool ask(struct run *run, struct error *err)
{
    const struct tls_question *question = &run->question;
    size_t sent = 0;

    while (sent < question->len) {
        const int n = mbedtls_ssl_write(&run->ssl, question->data + sent, question->len - sent);

        if (n < 0)
            return tls_failure_note(&run->ssl, &run->transfer, run->settings, n, TLS_IN_ANSWER, err);
        sent += (size_t)n;
    }
    return true;
}

/* Reads until the answer can be judged. */
static bool read_answer(struct run *run, struct error *err)
{
    uint8_t data[ANSWER_MAX];
    struct bytes_out answer = {.data = data, .cap = sizeof data};
    enum tls_verdict verdict = TLS_INCOMPLETE;

    while (verdict == TLS_INCOMPLETE && answer.len < answer.cap) {
        const int n = mbedtls_ssl_read(&run->ssl, data + answer.len, answer.cap - answer.len);

        if (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
            continue;
        if (n <= 0)
            return tls_failure_note(&run->ssl, &run->transfer, run->settings, n, TLS_IN_ANSWER, err);
        answer.len += (size_t)n;
        verdict = tls_question_judge(&run->question, bytes_written(&answer), run->result->answer);
    }
    return verdict == TLS_ANSWERED || tls_failure_of_answer(run->settings, verdict, run->result->answer, err);
}

/* Says goodbye, so that the server's log shows an orderly end. What becomes of it does not matter. */
static void say_goodbye(struct run *run)
{
    static const uint8_t disconnect[] = {0xe0, 0x00}; /* MQTT 3.1.1, 3.14 */

    if (run->question.protocol == TLS_MQTT)
        (void)mbedtls_ssl_write(&run->ssl, disconnect, sizeof disconnect);
    (void)mbedtls_ssl_close_notify(&run->ssl);
}

static bool connect_and_ask(struct run *run, struct error *err)
{
    struct tls_result *result = run->result;
    uint64_t start = net_now_us();
    bool ok;

    run->deadline_us = start + run->settings->timeout_s * US_PER_S;
    if (!net_connect(&run->transfer.connection, &run->settings->place, run->deadline_us, err))
        return false;
    result->connect_us = net_now_us() - start;
    (void)snprintf(result->address, sizeof result->address, "%s", run->transfer.connection.address);
    if (!handshake(run, err) || !note_session(run, err))
        return false;
    if (result->chip_commands == 0)
        return tls_failure_not_asked(run->settings, err);
    start = net_now_us();
    ok = ask(run, err) && read_answer(run, err);
    result->answer_us = net_now_us() - start;
    if (ok)
        say_goodbye(run);
    return ok;
}

static void release(struct run *run)
{
    net_close(&run->transfer.connection);
    mbedtls_ssl_free(&run->ssl);
    mbedtls_ssl_config_free(&run->config);
    mbedtls_x509_crt_free(&run->roots);
}

void tls_client_init(struct tls_client *client)
{
    *client = (struct tls_client){.sha_256_only = false};
    mbedtls_pk_init(&client->key);
    mbedtls_x509_crt_init(&client->own);
}

void tls_client_release(struct tls_client *client)
{
    mbedtls_pk_free(&client->key);
    mbedtls_x509_crt_free(&client->own);
}

bool tls_connect(struct tls_client *client, const struct tls_settings *settings, struct tls_result *result,
                 struct error *err)
{
    struct run run = {.client = client, .settings = settings, .result = result, .transfer = {.connection = {.fd = -1}}};
    bool ok;

    for (size_t i = 0; i < TLS_ALPN_MAX; i++)
        run.alpn[i] = settings->alpn[i];
    mbedtls_x509_crt_init(&run.roots);
    mbedtls_ssl_config_init(&run.config);
    mbedtls_ssl_init(&run.ssl);
    ok = read_roots(settings, &run.roots, err) && configure(&run, err);
    if (ok) {
        choose_question(&run);
        ok = connect_and_ask(&run, err);
    }
    release(&run);
    return ok;
}
