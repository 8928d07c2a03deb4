/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/primary_tls/connection.h"

#include <string.h>

#include <mbedtls/net_sockets.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <imprint/board.h>
#include "psa/keys.h"

#define SECOND_US 1000000u
#define SILENCE_US (UINT64_C(15) * SECOND_US) /* without a byte from the server */

/* All that a connection holds. */
struct connection {
    struct platform *platform;
    const struct connection_wish *wish;
    mbedtls_x509_crt own, root;
    mbedtls_pk_context key;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    uint32_t signatures; /* of the chip's keys, before the handshake */
};

/* --- the UART to the server -------------------------------------------------------------------------------------- */

static int send_some(void *context, const unsigned char *data, size_t len)
{
    (void)context;
    imprint_board_feed_watchdog();
    imprint_board_network_write(data, len);
    return (int)len;
}

/* What has come, at least one byte; a timeout after SILENCE_US without any. */
static int receive_some(void *context, unsigned char *data, size_t len)
{
    const uint64_t start = imprint_board_now_us();
    size_t n = 0;

    (void)context;
    while (n == 0 && imprint_board_now_us() - start < SILENCE_US) {
        int byte = imprint_board_network_read(SECOND_US);

        imprint_board_feed_watchdog();
        for (; byte >= 0 && n < len; byte = n < len ? imprint_board_network_read(0) : -1)
            data[n++] = (unsigned char)byte;
    }
    return n > 0 ? (int)n : MBEDTLS_ERR_SSL_TIMEOUT;
}

/* --- what went wrong --------------------------------------------------------------------------------------------- */

static bool has_signed(const struct connection *connection)
{
    return connection->platform->driver.signatures != connection->signatures;
}

static void note_untrusted(const struct connection *connection, struct error *err)
{
    const uint32_t flags = mbedtls_ssl_get_verify_result(&connection->ssl);

    if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0)
        error_set(err, ERROR_SERVER_UNTRUSTED, "the server's certificate is for another name",
                  "name the server as its certificate does");
    else
        error_set(err, ERROR_SERVER_UNTRUSTED,
                  "the server's certificate is not signed by the root that this image trusts",
                  "build the image with the root of this server: scripts/build-firmware --trust FILE");
}

/* `failure` is Mbed TLS's; always false. */
static bool note_failure(const struct connection *connection, int failure, struct error *err)
{
    const psa_status_t status = keys_last_status(&connection->platform->driver, PSA_SUCCESS);

    if (status != PSA_SUCCESS) {
        platform_psa_failed(connection->platform, status, "sign the handshake", err);
        error_with_key(err, connection->wish->key);
    } else if (failure == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
        note_untrusted(connection, err);
    } else if (failure == MBEDTLS_ERR_SSL_TIMEOUT) {
        error_set(err, ERROR_SERVER_AWAY, "nothing comes from the server any more",
                  "check the UART and what connects it to the server");
    } else if (has_signed(connection)) {
        error_set(err, ERROR_SERVER_REFUSED, "the server ended the connection after the key had signed",
                  "check that the server trusts who signed this device's certificate");
    } else {
        error_set(err, ERROR_TLS, "no connection can be made with this server",
                  "check that it offers TLS with ECDSA on P-256, AES-128-GCM and SHA-256");
    }
    if (err->found == 0)
        err->found = (uint32_t)-failure;
    return false;
}

/* --- the connection ---------------------------------------------------------------------------------------------- */

static bool take_certificates(struct connection *connection, struct error *err)
{
    const struct connection_wish *wish = connection->wish;

    if (mbedtls_x509_crt_parse_der(&connection->own, wish->certificate.data, wish->certificate.len) != 0 ||
        mbedtls_x509_crt_parse_der(&connection->root, wish->root.data, wish->root.len) != 0) {
        error_set(err, ERROR_TLS, "the device's certificate, or the root's, cannot be read", "show it: certificate ID");
        return false;
    }
    if (mbedtls_pk_setup_opaque(&connection->key, wish->key) == 0)
        return true;
    error_set(err, ERROR_KEY_ATTRIBUTES, "TLS cannot use this key", "name an ECDSA key pair on P-256");
    error_with_key(err, wish->key);
    return false;
}

static void choose_version(mbedtls_ssl_config *config, enum connection_version version)
{
    if (version == CONNECTION_1_2)
        mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    if (version == CONNECTION_1_3)
        mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
}

static bool configure(struct connection *connection, struct error *err)
{
    mbedtls_ssl_config *config = &connection->config;
    int failure = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                              MBEDTLS_SSL_PRESET_DEFAULT);

    mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(config, &connection->root, NULL);
    choose_version(config, connection->wish->version);
    if (failure == 0)
        failure = mbedtls_ssl_conf_own_cert(config, &connection->own, &connection->key);
    if (failure == 0)
        failure = mbedtls_ssl_setup(&connection->ssl, config);
    if (failure == 0)
        failure = mbedtls_ssl_set_hostname(&connection->ssl, connection->wish->name);
    if (failure == 0)
        return true;
    error_set(err, ERROR_TLS, "there is not enough memory for a connection", NULL);
    err->found = (uint32_t)-failure;
    return false;
}

static bool shake_hands(struct connection *connection, struct connection_result *result, struct error *err)
{
    const uint64_t start = imprint_board_now_us();
    int failure;

    connection->signatures = connection->platform->driver.signatures;
    mbedtls_ssl_set_bio(&connection->ssl, NULL, send_some, receive_some, NULL);
    keys_forget_reason(&connection->platform->driver);
    failure = mbedtls_ssl_handshake(&connection->ssl);
    result->handshake_us = (uint32_t)(imprint_board_now_us() - start);
    if (failure != 0)
        return note_failure(connection, failure, err);
    result->version = mbedtls_ssl_get_version(&connection->ssl);
    result->suite = mbedtls_ssl_get_ciphersuite(&connection->ssl);
    if (has_signed(connection))
        return true;
    error_set(err, ERROR_NOT_ASKED, "the server did not ask for a certificate, so the device proved nothing",
              "have the server require one");
    return false;
}

/* --- question and answer ----------------------------------------------------------------------------------------- */

static bool ask(struct connection *connection, struct error *err)
{
    static const unsigned char question[] = "GET / HTTP/1.0\r\n\r\n";
    const size_t len = sizeof question - 1;

    for (size_t sent = 0; sent < len;) {
        const int n = mbedtls_ssl_write(&connection->ssl, question + sent, len - sent);

        if (n < 0)
            return note_failure(connection, n, err);
        sent += (size_t)n;
    }
    return true;
}

/* A line of printable characters, as much as fits. False until its end has come. */
static bool take_line(struct connection_result *result, size_t *len, const unsigned char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (data[i] == '\r' || data[i] == '\n')
            return true;
        if (*len + 1 < sizeof result->answer)
            result->answer[(*len)++] = (char)(data[i] >= 0x20 && data[i] < 0x7f ? data[i] : '?');
    }
    return false;
}

/* "HTTP/1.0 200 ok": the server's application has accepted the device, or says what it does not like. */
static bool judge(const struct connection_result *result, struct error *err)
{
    static const char version[] = "HTTP/1.";
    const char *answer = result->answer;

    if (strncmp(answer, version, sizeof version - 1) == 0 && strlen(answer) > 9 &&
        (answer[9] == '2' || answer[9] == '3'))
        return true;
    error_set(err, ERROR_SERVER_REFUSED, "the server's application does not give the page that was asked for",
              "look into the server's log");
    return false;
}

static bool read_answer(struct connection *connection, struct connection_result *result, struct error *err)
{
    size_t len = 0;
    bool whole = false;

    while (!whole) {
        unsigned char data[CONNECTION_ANSWER_MAX];
        const int n = mbedtls_ssl_read(&connection->ssl, data, sizeof data);

        if (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
            continue;
        if (n <= 0)
            return note_failure(connection, n, err);
        whole = take_line(result, &len, data, (size_t)n);
    }
    result->answer[len] = '\0';
    return judge(result, err);
}

static void begin(struct connection *connection)
{
    mbedtls_x509_crt_init(&connection->own);
    mbedtls_x509_crt_init(&connection->root);
    mbedtls_pk_init(&connection->key);
    mbedtls_ssl_config_init(&connection->config);
    mbedtls_ssl_init(&connection->ssl);
}

static void release(struct connection *connection)
{
    mbedtls_ssl_free(&connection->ssl);
    mbedtls_ssl_config_free(&connection->config);
    mbedtls_pk_free(&connection->key);
    mbedtls_x509_crt_free(&connection->root);
    mbedtls_x509_crt_free(&connection->own);
}

bool connection_try(struct platform *platform, const struct connection_wish *wish, struct connection_result *result,
                    struct error *err)
{
    struct connection connection = {.platform = platform, .wish = wish};
    bool ok;

    memset(result, 0, sizeof *result);
    begin(&connection);
    ok = take_certificates(&connection, err) && configure(&connection, err) && shake_hands(&connection, result, err) &&
         ask(&connection, err) && read_answer(&connection, result, err);
    if (ok)
        (void)mbedtls_ssl_close_notify(&connection.ssl);
    else
        error_doing(err, "connect to the server");
    release(&connection);
    return ok;
}
