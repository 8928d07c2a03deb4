/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate requests (PKCS#10, RFC 2986) in DER for PSA keys, signed by the key with ECDSA and SHA-256. Call
 * psa_crypto_init() first.
 */
#ifndef IMPRINT_CERT_REQUEST_H
#define IMPRINT_CERT_REQUEST_H

#include <psa/crypto.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"

/* Enough for every subject that cert_read_name() accepts: CERT_NAME_MAX, 91 for the key, 75 for the signature, headers.
 */
#define CERT_REQUEST_MAX 768

/*
 * Overwrites `der` with a request for `key`. `subject` is text such as "CN=board 1,O=Example" (cert/name.h). False with
 * ERROR_USAGE if it is not a distinguished name, with ERROR_KEY_ATTRIBUTES if the key is not a P-256 key pair, and with
 * ERROR_NONE if PSA failed: the caller then gets the reason by keys_explain(). `der->len` is then 0.
 */
bool cert_make_request(psa_key_id_t key, const char *subject, struct bytes_out *der, struct error *err);

/*
 * The same with attributes (RFC 2986, 4.1): the content of their [0], in DER, at most CERT_REQUEST_ATTRIBUTES_MAX
 * bytes. CERT_REQUEST_WITH_MAX bytes are enough.
 */
#define CERT_REQUEST_ATTRIBUTES_MAX 320
#define CERT_REQUEST_WITH_MAX (CERT_REQUEST_MAX + CERT_REQUEST_ATTRIBUTES_MAX)
bool cert_make_request_with(psa_key_id_t key, const char *subject, struct bytes attributes, struct bytes_out *der,
                            struct error *err);

/* True when `subject` is a distinguished name that a request can carry; false with ERROR_USAGE. */
bool cert_check_subject(const char *subject, struct error *err);

#endif
