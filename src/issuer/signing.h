/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing with a private key of GnuTLS, whether it lies in a file or in a token. No signature leaves unverified. For
 * the files of this folder alone.
 */
#ifndef IMPRINT_ISSUER_SIGNING_H
#define IMPRINT_ISSUER_SIGNING_H

#include <gnutls/abstract.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"

/*
 * Signs `message` with ECDSA and SHA-256 and verifies the result with `public_key`: r and s. False with
 * ERROR_ISSUER_INVALID (the signature does not verify: another key) or ERROR_ISSUER_AWAY (the token does not sign).
 */
bool signing_sign(gnutls_privkey_t key, gnutls_pubkey_t public_key, struct bytes message,
                  uint8_t signature[static P256_SIGNATURE_BYTES], struct error *err);

/*
 * Whether the key is on P-256 and belongs to `public_key`, by a trial signature over a text that is no certificate.
 * False with ERROR_ISSUER_INVALID, ERROR_ISSUER_AWAY.
 */
bool signing_try(gnutls_privkey_t key, gnutls_pubkey_t public_key, struct error *err);

#endif
