/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mutually authenticated TLS connection with a key in the chip, as the product's primary application makes it: Mbed
 * TLS's own TLS client on the PSA key (mbedtls_pk_setup_opaque()), version 1.2 or 1.3. The proof that a server accepts
 * the device is what its application answers, not the handshake (tls_question.h). ECDHE is computed by Mbed TLS; the
 * chip signs, once a handshake, and only where the server asks for a certificate.
 *
 * Either shell of the driver serves the key, SE_C or opaque: the core offers TLS the same signature through both. The
 * signature of TLS 1.2 has the hash of the cipher suite, so that a key whose policy permits SHA-256 only is offered to
 * servers with suites of SHA-256 only.
 */
#ifndef IMPRINT_STATION_TLS_H
#define IMPRINT_STATION_TLS_H

#include <limits.h>

#include "station/device_chain.h"
#include "station/key.h"
#include "station/net.h"
#include "station/tls_question.h"
#include "station/x509_words.h"

#define TLS_ALPN_MAX 4

enum tls_version { TLS_ANY, TLS_1_2, TLS_1_3 };

struct tls_settings {
    struct net_place place;
    const char *name;        /* to expect in the server's certificate, and to ask for (SNI) */
    const char *ca;          /* file with the roots to trust, PEM or DER; NULL: TLS_SYSTEM_ROOTS */
    const char *certificate; /* file with the device's chain, its own first; NULL: one that was issued here for the key,
                                or the maker's */
    const char *key;         /* key id or name; NULL: the maker's key in slot 0, with PSA started in memory */
    enum tls_version version;           /* which to offer */
    const char *alpn[TLS_ALPN_MAX + 1]; /* NULL ends the list; all NULL: none is offered */
    struct tls_question question;       /* len 0: MQTT, with the certificate's name as identifier */
    unsigned timeout_s;                 /* for all of it, chip included between its commands */
};

/* Debian's bundle of public roots. */
#define TLS_SYSTEM_ROOTS "/etc/ssl/certs/ca-certificates.crt"

struct tls_result {
    struct key key;        /* id 0: the maker's, in slot 0 */
    char source[PATH_MAX]; /* where the device's certificate is from: "FILE", or "the maker's, from the chip" */
    struct x509_words device, server; /* the two certificates */
    char address[NET_ADDRESS_SIZE];   /* the server's, numeric */
    char version[12], suite[64];      /* "TLSv1.3", "TLS1-3-AES-256-GCM-SHA384" */
    char alpn[64];                    /* "": none was agreed on */
    char answer[TLS_ANSWER_TEXT];     /* of the application, not yet safe for a terminal */
    uint64_t connect_us, handshake_us, answer_us;
    uint32_t chip_commands; /* during the handshake */
};

/* Whether the file with the roots can be read: to be found before anything depends on it. False with the reason. */
bool tls_check_roots(const struct tls_settings *settings, struct error *err);

/*
 * Connects, asks, and judges the answer. `session` has PSA started, without `key` by
 * session_start_in_memory(). False with a reason:
 *   ERROR_SERVER_AWAY        no address, nothing listens, no answer within the time limit
 *   ERROR_SERVER_UNTRUSTED   its certificate is not by a CA in `ca`, for another name, or out of its time
 *   ERROR_SERVER_REFUSED     it refuses the device: an alert, an HTTP status, a CONNACK, or an end without an answer
 *   ERROR_NOT_ASKED          it never asked for a certificate: nothing is proven
 *   ERROR_TLS                no TLS, no common version or suite, cut off, no answer of this protocol
 *   ERROR_KEY_ATTRIBUTES     the key's policy does not permit the signature
 *   ERROR_NO_CERTIFICATE     none is known for this key
 *   ERROR_INPUT_FILE         a file cannot be read, or its certificate is for another key
 * and those of the chip and of PSA.
 */
bool tls_try(struct session *session, const struct tls_settings *settings, struct tls_result *result,
             struct error *err);

#endif
