/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signs certificates. An issuer is a certificate authority's key: in a file, in a token behind PKCS#11, or held by
 * somebody else, who is asked over EST. This interface is the same for all; a kind is one file of this folder and one
 * row of the table in issuer.c.
 *
 * Opening checks the issuer before any device depends on it: its certificate is a CA's and valid now, its key is on
 * P-256 and belongs to that certificate. What an issuer refuses is an error with exit code 6. Host only; prints
 * nothing.
 */
#ifndef IMPRINT_ISSUER_ISSUER_H
#define IMPRINT_ISSUER_ISSUER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"

#define ISSUER_CHAIN_MAX 8 /* the CA's certificate and those above it */

enum issuer_kind {
    ISSUER_FILE,   /* a key file of this station */
    ISSUER_PKCS11, /* a key in a token, such as an HSM */
    ISSUER_KIND_COUNT
};

/* Asks a person for a secret: a passphrase, a PIN. NULL `ask`: nobody is there, and what needs a secret is refused. */
struct issuer_prompt {
    void *context;
    /*
     * Puts what the person typed into `secret`. `what` completes "Enter ...": "the passphrase of ca.key". False with a
     * reason, also when nothing was typed. Called at most once for each secret, and never again after a wrong one.
     */
    bool (*ask)(void *context, const char *what, struct bytes_out *secret, struct error *err);
};

/* Where an issuer is and what opens it. Text must stay valid during issuer_open() alone. */
struct issuer_config {
    const char *name; /* for messages */
    enum issuer_kind kind;
    const char *certificate;     /* PEM file: the CA's certificate, then those above it, each signed by the next */
    const char *key;             /* file: the private key, PKCS#8 or SEC1, PEM or DER, encrypted or not */
    const char *passphrase_file; /* what opens `key`, in its first line; NULL: `prompt` is asked where one is needed */
    const char *module;          /* pkcs11: the shared library of the token's maker; NULL: the URI's module-path */
    const char *uri;             /* pkcs11: RFC 7512; it names the token and one private key */
    const char *pin_file;        /* pkcs11: the PIN, in its first line; NULL: the URI's pin-source, else `prompt` */
    struct issuer_prompt prompt;
};

/* The word for a kind, as the issuers file has it: "file". */
const char *issuer_kind_name(enum issuer_kind kind);

struct issuer;

/* What became of a request. */
enum issuer_answer {
    ISSUER_DONE,    /* signed */
    ISSUER_LATER,   /* not yet: the same request must be sent again */
    ISSUER_REFUSED, /* with a reason */
};

/*
 * Opens the issuer and checks it. `*issuer` is the caller's, for issuer_close(). False with `*issuer` NULL and
 * ERROR_ISSUER_INVALID (wrong, expired or unfit), ERROR_ISSUER_LOGIN (wrong secret, or none), ERROR_ISSUER_AWAY.
 */
bool issuer_open(const struct issuer_config *config, struct issuer **issuer, struct error *err);

/* Forgets the key and frees everything. NULL is allowed. */
void issuer_close(struct issuer *issuer);

/* The CA's own certificate in DER; valid until issuer_close(). */
struct bytes issuer_certificate(const struct issuer *issuer);

/*
 * A certificate of the chain in DER: index 0 is the CA's own, each is signed by the next. BYTES_NONE after the last.
 * Valid until issuer_close().
 */
struct bytes issuer_chain(const struct issuer *issuer, size_t index);

/* The subject of the CA's certificate, as GnuTLS writes it: "CN=TEST signer". Valid until issuer_close(). */
const char *issuer_subject(const struct issuer *issuer);

/* The first and the last second in which the CA's certificate is valid, since 1970 in UTC. */
void issuer_validity(const struct issuer *issuer, int64_t *not_before, int64_t *not_after);

/*
 * Whether this issuer signs what the caller builds, with issuer_sign(). False: it builds the certificate itself, and
 * is asked with a request.
 */
bool issuer_signs(const struct issuer *issuer);

/*
 * Signs a TBSCertificate (DER) with ECDSA and SHA-256: `signature` gets r and s. The signature is verified with the
 * CA's certificate before this returns. ISSUER_REFUSED with ERROR_ISSUER_INVALID (the CA's certificate is not valid
 * now), ERROR_ISSUER_AWAY, ERROR_ISSUER_REFUSED; `signature` is then undefined. Only where issuer_signs().
 */
enum issuer_answer issuer_sign(struct issuer *issuer, struct bytes tbs, uint8_t signature[static P256_SIGNATURE_BYTES],
                               struct error *err);

#endif
