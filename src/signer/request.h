/* SPDX-License-Identifier: Apache-2.0 */
/* What a station sends: a certificate request (PKCS#10, RFC 2986) in base64 (RFC 8951), read from memory. */
#ifndef IMPRINT_SIGNER_REQUEST_H
#define IMPRINT_SIGNER_REQUEST_H

#include "base/bytes.h"
#include "base/p256.h"

#define SIGNER_REQUEST_MAX 4096 /* bytes of DER */
#define SIGNER_NAME_TEXT_MAX 256

enum signer_request_fault {
    SIGNER_REQUEST_GOOD,
    SIGNER_REQUEST_UNREADABLE, /* not a request in base64 */
    SIGNER_REQUEST_OTHER_KEY,  /* its key is not on P-256, or the signature not with SHA-256 */
    SIGNER_REQUEST_UNSIGNED,   /* not signed by the key in it */
};

/* Must not be copied: `subject` points into `der`. */
struct signer_request {
    uint8_t der[SIGNER_REQUEST_MAX];
    size_t len;
    uint8_t point[P256_POINT_BYTES]; /* its public key: 04 | X | Y */
    struct bytes subject;            /* the name, in DER */
};

/*
 * Reads `text`: base64 with line ends, spaces and tabs anywhere. Nothing but key and subject is taken from the request;
 * its attributes, such as extensions that are asked for, are not looked at.
 */
enum signer_request_fault signer_request_read(struct bytes text, struct signer_request *request);

/* A name in DER as text for people, "CN=board 1,O=Example", shortened; "?" where it cannot be read. */
void signer_request_name_text(struct bytes name, char text[static SIGNER_NAME_TEXT_MAX]);

#endif
