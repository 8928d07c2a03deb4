/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate authorities as files, made with OpenSSL for tests: keys in every form that people have, certificates with
 * the faults that tests need. Failures of OpenSSL or of the file system fail the test.
 */
#ifndef IMPRINT_TEST_SUPPORT_CA_FILES_H
#define IMPRINT_TEST_SUPPORT_CA_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/p256.h"

/* A certificate to make. Zero-initialised but for `subject`: a root that is valid from yesterday for ten years. */
struct ca_wish {
    const char *subject;       /* its CN */
    EVP_PKEY *key;             /* whose certificate; NULL fails the test */
    X509 *issuer;              /* NULL: signs itself */
    EVP_PKEY *issuer_key;      /* NULL: `key` */
    int from_days, until_days; /* days from now; 0 and 0: yesterday and in ten years */
    bool no_ca;                /* basicConstraints CA:FALSE */
    bool no_constraints;       /* no basicConstraints at all */
    const char *key_usage;     /* NULL: none; "keyCertSign" and so on */
};

/* A new key: a curve ("P-256"), "RSA", or "ED25519" and "ED448". The caller frees it with EVP_PKEY_free(). */
EVP_PKEY *ca_make_key(const char *kind);

/* A new certificate, for X509_free(). */
X509 *ca_make_certificate(const struct ca_wish *wish);

/* Writes the certificates to `path`, one PEM after the other. */
void ca_write_certificates(const char *path, X509 *const *certificates, size_t count);

/* libcrypto's word on a signature (r | s) over the SHA-256 of `message`. */
bool ca_verifies(EVP_PKEY *key, struct bytes message, const uint8_t signature[static P256_SIGNATURE_BYTES]);

/* How a private key is written. */
enum ca_key_form {
    CA_PKCS8,          /* plain PEM */
    CA_PKCS8_DER,      /* plain DER */
    CA_SEC1,           /* "EC PRIVATE KEY" */
    CA_SEC1_ENCRYPTED, /* the same with a Proc-Type line */
    CA_PBKDF2,         /* encrypted PKCS#8, as `openssl pkcs8 -topk8` writes it */
    CA_PBKDF2_DER,
    CA_PBES1, /* the old 3DES form */
    CA_SCRYPT,
    CA_SCRYPT_DER,
};

/* Writes the key with mode 0600. `passphrase` is for the encrypted forms. */
void ca_write_key(const char *path, EVP_PKEY *key, enum ca_key_form form, const char *passphrase);

#endif
