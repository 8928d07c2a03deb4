/* SPDX-License-Identifier: Apache-2.0 */
/* Why TLS failed, from what Mbed TLS and the network say. */
#ifndef IMPRINT_STATION_TLS_FAILURE_H
#define IMPRINT_STATION_TLS_FAILURE_H

#include <mbedtls/ssl.h>

#include "station/tls.h"

/* What the connection's own functions met; Mbed TLS passes no more than an error number through. */
struct tls_transfer {
    struct net_connection connection;
    enum net_status status;  /* of the last transfer */
    int system_errno;        /* of NET_FAILED */
    bool received, is_plain; /* a first byte has come; it begins no record of TLS */
};

/* When it failed. */
enum tls_moment {
    TLS_IN_HANDSHAKE,
    TLS_AFTER_SIGNING, /* in the handshake, when the server was given the device's certificate and signature */
    TLS_IN_ANSWER,
};

/*
 * Notes why a call of Mbed TLS returned `failure`, at that moment. Always false, for returning it. What the chip or PSA
 * refused is not seen here: ask keys_last_status() first.
 */
bool tls_failure_note(const mbedtls_ssl_context *ssl, const struct tls_transfer *transfer,
                      const struct tls_settings *settings, int failure, enum tls_moment moment, struct error *err);

/* What the station says of a server that did not do as was expected after a good handshake. Always false. */
bool tls_failure_of_answer(const struct tls_settings *settings, enum tls_verdict verdict, const char *answer,
                           struct error *err);

/* The server never asked for a certificate. Always false. */
bool tls_failure_not_asked(const struct tls_settings *settings, struct error *err);

#endif
