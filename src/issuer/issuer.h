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
    ISSUER_EST,    /* somebody else's CA, asked over EST (RFC 7030) */
    ISSUER_KIND_COUNT
};

/* What the issuer's key is to sign. */
enum issuer_purpose {
    ISSUER_FOR_CERTIFICATES, /* its certificate must be a CA's */
    ISSUER_FOR_MANIFESTS,    /* lists of parts: its certificate must allow signatures of data, and need not be a CA's */
};

/*
 * Asks a person for a secret: a passphrase, a PIN. NULL `ask`: there is no person to ask, and what needs a secret is
 * refused.
 */
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
    enum issuer_purpose purpose;
    /* PEM file: the CA's certificate, then those above it, each signed by the next. est: may be NULL; cacerts is asked
     */
    const char *certificate;
    const char *key;             /* file: the private key, PKCS#8 or SEC1, PEM or DER, encrypted or not */
    const char *passphrase_file; /* what opens `key`, or est's `client_key`, in its first line; NULL: `prompt` is asked
                                    where one is needed */
    const char *module;          /* pkcs11: the shared library of the token's maker; NULL: the URI's module-path */
    const char *uri;             /* pkcs11: RFC 7512; it names the token and one private key */
    const char *pin_file;        /* pkcs11: the PIN, in its first line; NULL: the URI's pin-source, else `prompt` */
    const char *url;             /* est: "https://ca.example:8443", with or without /.well-known/est */
    const char *label;           /* est: the CA or profile there; NULL: the server's own choice */
    const char *server_ca;       /* est: PEM file with the certificates that vouch for the server; no others do */
    const char *client_certificate, *client_key; /* est: PEM files, this station's; NULL: it shows none */
    unsigned timeout_s;                          /* est: of one request; 0: 60 */
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

/*
 * The same of its certificates alone: no key is opened and no server is asked, so that issuer_signs() is false.
 * For reading what the issuer has issued before. False likewise; also where only its server has its certificate.
 */
bool issuer_open_certificates(const struct issuer_config *config, struct issuer **issuer, struct error *err);

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

/*
 * The common name (CN) of a certificate's subject, in DER, as text that ends with a zero. False where there is none,
 * `size` bytes do not hold it, or the certificate cannot be read.
 */
bool issuer_read_common_name(struct bytes certificate, char *name, size_t size);

/* The first and the last second in which the CA's certificate is valid, since 1970 in UTC. */
void issuer_validity(const struct issuer *issuer, int64_t *not_before, int64_t *not_after);

/*
 * Whether this issuer signs what the caller builds, with issuer_sign(). False: it builds the certificate itself, and
 * is asked with a request.
 */
bool issuer_signs(const struct issuer *issuer);

/*
 * Signs a TBSCertificate (DER), or what else the issuer was opened for, with ECDSA and SHA-256: `signature` gets r and
 * s. The signature is verified with the CA's certificate before this returns. ISSUER_REFUSED with ERROR_ISSUER_INVALID
 * (the CA's certificate is not valid now), ERROR_ISSUER_AWAY, ERROR_ISSUER_REFUSED; `signature` is then undefined. Only
 * where issuer_signs().
 */
enum issuer_answer issuer_sign(struct issuer *issuer, struct bytes tbs, uint8_t signature[static P256_SIGNATURE_BYTES],
                               struct error *err);

/*
 * Has a certificate made for a PKCS#10 request (DER): appends it to `certificate` in DER. It is checked before: the
 * request's key and subject, the CA's signature, a positive serial number of at most 20 bytes, no CA, no extension that
 * was not asked for and is not usual (docs/reference/issuers.md). ISSUER_LATER with ERROR_ISSUER_LATER: the same bytes
 * must be sent again after `*retry_after_s` seconds, by this run or another. ISSUER_REFUSED with ERROR_ISSUER_ANSWER
 * (not what was asked for), ERROR_ISSUER_REFUSED, ERROR_ISSUER_LOGIN, ERROR_ISSUER_AWAY, ERROR_ISSUER_INVALID; nothing
 * is appended then. Only where issuer_signs() is false.
 */
enum issuer_answer issuer_enroll(struct issuer *issuer, struct bytes request, struct bytes_out *certificate,
                                 unsigned *retry_after_s, struct error *err);

/*
 * OIDs of what the issuer wants to find in requests and imprint does not put there, separated by blanks; "" for
 * nothing. It may refuse requests for it. Valid until issuer_close().
 */
const char *issuer_wanted(const struct issuer *issuer);

#endif
