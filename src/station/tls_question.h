/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of a server once TLS stands, and what of its answer counts. A TLS 1.3 handshake completes at the client
 * before the server has judged the certificate, and some servers (nginx) complete it for every client and refuse in
 * HTTP: only what the application answers tells that the device was accepted. No network here.
 */
#ifndef IMPRINT_STATION_TLS_QUESTION_H
#define IMPRINT_STATION_TLS_QUESTION_H

#include "base/bytes.h"
#include "base/error.h"

enum tls_protocol {
    TLS_HTTP, /* GET /; any status is an answer but those that refuse a client: 400, 401, 403, 495, 496 */
    TLS_MQTT, /* CONNECT of MQTT 3.1.1; CONNACK with code 0 is the answer */
    TLS_TEXT, /* the caller's own bytes; whatever comes back is the answer */
};

#define TLS_QUESTION_MAX 1024
#define TLS_ANSWER_TEXT 128

/* The bytes to send. */
struct tls_question {
    enum tls_protocol protocol;
    uint8_t data[TLS_QUESTION_MAX];
    size_t len;
};

/* GET / for this host. */
void tls_question_http(struct tls_question *question, const char *host);

/*
 * CONNECT with this client identifier, which a server may require to be the certificate's name; "" lets the server
 * choose one. A clean session that leaves nothing behind. Of the identifier at most 100 bytes are sent.
 */
void tls_question_mqtt(struct tls_question *question, const char *client_id);

/* `text` with \r, \n, \t, \\ and \xHH replaced. False with ERROR_USAGE. */
bool tls_question_text(struct tls_question *question, const char *text, struct error *err);

enum tls_verdict {
    TLS_ANSWERED,   /* the application has answered */
    TLS_INCOMPLETE, /* more bytes are needed */
    TLS_REFUSED,    /* the application refuses this client */
    TLS_NONSENSE,   /* no answer of this protocol */
};

/*
 * Judges what has come back so far. `text` gets the answer for people ("HTTP/1.1 200 OK", "CONNACK, accepted"), not yet
 * safe for a terminal.
 */
enum tls_verdict tls_question_judge(const struct tls_question *question, struct bytes answer,
                                    char text[static TLS_ANSWER_TEXT]);

#endif
