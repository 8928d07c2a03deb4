/* SPDX-License-Identifier: Apache-2.0 */
#include "station/tls_failure.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>

#include "base/error_format.h"

/* Alerts of TLS (RFC 8446, 6), and whether one means that the server does not accept the client. */
static const struct alert {
    uint8_t number;
    bool refuses_client;
    const char *words;
} alerts[] = {
    {40, false, "handshake failure"},
    {42, true, "bad certificate"},
    {43, true, "unsupported certificate"},
    {44, true, "certificate revoked"},
    {45, true, "certificate expired"},
    {46, true, "certificate unknown"},
    {47, false, "illegal parameter"},
    {48, true, "unknown CA"},
    {49, true, "access denied"},
    {50, false, "decode error"},
    {51, true, "decrypt error: the signature does not verify"},
    {70, false, "protocol version"},
    {71, false, "insufficient security"},
    {80, false, "internal error"},
    {112, false, "unrecognized name"},
    {116, true, "certificate required"},
    {120, false, "no application protocol"},
};

static bool fail(const struct tls_settings *settings, enum error_reason reason, const char *cause, const char *next,
                 struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, settings->place.host);
    error_doing(err, "connect to the server");
    return false;
}

/* ---- alerts ---- */

/*
 * The number of the alert that ended the connection. Mbed TLS 3.6 has no function for it; the message is still in its
 * buffer (library/ssl_msg.c: mbedtls_ssl_handle_message_type()).
 */
static uint8_t alert_number(const mbedtls_ssl_context *ssl)
{
    const unsigned char *message = ssl->MBEDTLS_PRIVATE(in_msg);

    return message == NULL ? 0 : message[1];
}

static bool alert_came(const mbedtls_ssl_context *ssl, const struct tls_settings *settings, struct error *err)
{
    const uint8_t number = alert_number(ssl);

    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        if (alerts[i].number != number)
            continue;
        if (alerts[i].refuses_client)
            return fail(settings, ERROR_SERVER_REFUSED,
                        error_keep_format(err, "the server refuses the device's certificate: alert %u, %s", number,
                                          alerts[i].words),
                        NULL, err);
        return fail(settings, ERROR_TLS,
                    error_keep_format(err, "the server ended the handshake: alert %u, %s", number, alerts[i].words),
                    number == 120 ? "leave --alpn out, or name a protocol that the server knows" : NULL, err);
    }
    return fail(settings, ERROR_TLS, error_keep_format(err, "the server ended the connection: alert %u", number), NULL,
                err);
}

/* ---- the server's certificate ---- */

static bool untrusted(const mbedtls_ssl_context *ssl, const struct tls_settings *settings, struct error *err)
{
    static const struct {
        uint32_t flag;
        const char *words, *next;
    } faults[] = {
        {MBEDTLS_X509_BADCERT_EXPIRED, "the server's certificate has expired", "renew it, or check this clock: date"},
        {MBEDTLS_X509_BADCERT_FUTURE, "the server's certificate is not valid yet", "check this clock: date"},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "the server's certificate was not issued by a CA that is trusted here",
         "name the file with its CA: --ca FILE"},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, "the server's certificate is for another name",
         "name the host as its certificate does, or name that with --name NAME"},
    };
    const uint32_t flags = mbedtls_ssl_get_verify_result(ssl);

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if ((flags & faults[i].flag) != 0)
            return fail(settings, ERROR_SERVER_UNTRUSTED, faults[i].words, faults[i].next, err);
    }
    return fail(settings, ERROR_SERVER_UNTRUSTED,
                error_keep_format(err, "the server's certificate does not verify (0x%x)", (unsigned)flags), NULL, err);
}

/* ---- the rest ---- */

static bool cut_off(const struct tls_settings *settings, enum tls_moment moment, struct error *err)
{
    if (moment == TLS_IN_HANDSHAKE)
        return fail(settings, ERROR_TLS, "the server closed the connection in the middle of the handshake",
                    "look into the server's log: some servers close without an alert where they refuse", err);
    if (moment == TLS_AFTER_SIGNING)
        return fail(settings, ERROR_SERVER_REFUSED,
                    "the server closed the connection when it had the device's certificate: so some servers refuse one",
                    NULL, err);
    return fail(settings, ERROR_SERVER_REFUSED,
                "the server closed the connection without an answer: so some servers refuse a certificate",
                "look into the server's log; the question must be one that it answers: --send, --mqtt", err);
}

static bool timed_out(const struct tls_settings *settings, enum tls_moment moment, struct error *err)
{
    return fail(
        settings, ERROR_SERVER_AWAY,
        error_keep_format(err, "%s within the time limit of %u s",
                          moment != TLS_IN_ANSWER ? "the handshake did not end" : "the application did not answer",
                          settings->timeout_s),
        moment != TLS_IN_ANSWER ? NULL
                                : "ask what the server answers (--send, --mqtt), or give it more time: --timeout",
        err);
}

bool tls_failure_note(const mbedtls_ssl_context *ssl, const struct tls_transfer *transfer,
                      const struct tls_settings *settings, int failure, enum tls_moment moment, struct error *err)
{
    char words[128];

    if (transfer->is_plain)
        return fail(settings, ERROR_TLS, "the server does not speak TLS at this port", "name the server's port for TLS",
                    err);
    if (failure == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
        return untrusted(ssl, settings, err);
    if (failure == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        return alert_came(ssl, settings, err);
    if (transfer->status == NET_TIMEOUT)
        return timed_out(settings, moment, err);
    if (transfer->status == NET_CLOSED || failure == 0 || failure == MBEDTLS_ERR_SSL_CONN_EOF ||
        failure == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        return cut_off(settings, moment, err);
    if (transfer->status == NET_FAILED) {
        error_with_errno(err, transfer->system_errno);
        return fail(settings, ERROR_TLS, "the connection failed", NULL, err);
    }
    mbedtls_strerror(failure, words, sizeof words);
    return fail(settings, ERROR_TLS, error_keep_format(err, "TLS failed: %s", words), NULL, err);
}

bool tls_failure_of_answer(const struct tls_settings *settings, enum tls_verdict verdict, const char *answer,
                           struct error *err)
{
    if (verdict == TLS_REFUSED)
        return fail(settings, ERROR_SERVER_REFUSED,
                    error_keep_format(err, "the application refuses the device: %s", answer), NULL, err);
    return fail(settings, ERROR_TLS, error_keep_format(err, "the answer is none of this protocol: \"%s\"", answer),
                "ask in the protocol that the server speaks: --mqtt, or --send TEXT", err);
}

bool tls_failure_not_asked(const struct tls_settings *settings, struct error *err)
{
    return fail(settings, ERROR_NOT_ASKED,
                "the server did not ask for a certificate, so that nothing is proven of the device", NULL, err);
}
