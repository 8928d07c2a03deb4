/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TLS connection of the board, as a client with the chip's key: handshake, a question, an answer. Only the answer
 * counts: a TLS 1.3 handshake ends at the client before the server has judged its certificate.
 *
 * The board has no clock of the day, so nothing here looks at when the server's certificate begins and ends. A product
 * that has one sets MBEDTLS_HAVE_TIME_DATE.
 */
#ifndef IMPRINT_FIRMWARE_PRIMARY_TLS_CONNECTION_H
#define IMPRINT_FIRMWARE_PRIMARY_TLS_CONNECTION_H

#include "firmware/platform.h"

enum connection_version { CONNECTION_ANY, CONNECTION_1_2, CONNECTION_1_3 };

/* Pointers are read during the call only. */
struct connection_wish {
    psa_key_id_t key;         /* a key pair of the chip; for TLS 1.2 one that signs any hash */
    struct bytes certificate; /* for that key, in DER */
    struct bytes root;        /* who must have signed the server's certificate, in DER */
    const char *name;         /* of the server */
    enum connection_version version;
};

#define CONNECTION_ANSWER_MAX 64

struct connection_result {
    const char *version, *suite;        /* string literals */
    char answer[CONNECTION_ANSWER_MAX]; /* first line of the server's, shortened */
    uint32_t handshake_us;
};

/*
 * Connects, asks for a page by HTTP and reads the answer's first line. `platform` is started. False with
 * ERROR_SERVER_UNTRUSTED, ERROR_SERVER_REFUSED, ERROR_NOT_ASKED (the server wanted no certificate), ERROR_SERVER_AWAY
 * (nothing comes), ERROR_TLS, or why the chip did not sign. Every wait ends.
 */
bool connection_try(struct platform *platform, const struct connection_wish *wish, struct connection_result *result,
                    struct error *err);

#endif
