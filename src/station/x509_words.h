/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a certificate says, in words for people and programs. Mbed TLS reads it; nothing is verified here. Names are in
 * the order of the certificate, "O=Example, CN=board 1".
 */
#ifndef IMPRINT_STATION_X509_WORDS_H
#define IMPRINT_STATION_X509_WORDS_H

#include <jansson.h>
#include <mbedtls/x509_crt.h>

#include "base/bytes.h"
#include "base/error.h"

#define X509_WORDS_NAME 256
#define X509_WORDS_TIME 24

struct x509_words {
    char subject[X509_WORDS_NAME], issuer[X509_WORDS_NAME];
    char number[80];                  /* the certificate's serial number, hex in upper case */
    char not_before[X509_WORDS_TIME]; /* "2020-11-11T04:00:00Z" */
    char not_after[X509_WORDS_TIME];
    bool never_ends;  /* not_after is 9999-12-31T23:59:59Z (RFC 5280, 4.1.2.5) */
    char key[48];     /* "ECDSA secp256r1", "RSA 2048 bits" */
    char sha_256[65]; /* of the DER, hex in upper case; what servers call the fingerprint */
};

/* Of a certificate that was read. False with ERROR_UNEXPECTED if PSA Crypto, which must be started, does not hash. */
bool x509_words_of(const mbedtls_x509_crt *certificate, struct x509_words *words, struct error *err);

/* The same of a certificate in DER. False also with ERROR_UNEXPECTED if it is no certificate. */
bool x509_words_of_der(struct bytes der, struct x509_words *words, struct error *err);

/* The members as fields of a new JSON object, the caller's. docs/reference/json.md has their names. */
json_t *x509_words_object(const struct x509_words *words);

/* The value of the last commonName (2.5.4.3) of the subject into `text`; "" without one or if it does not fit. */
void x509_words_common_name(const mbedtls_x509_crt *certificate, char *text, size_t size);

#endif
