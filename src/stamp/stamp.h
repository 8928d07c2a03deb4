/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time stamps of RFC 3161: somebody with a clock of his own, a time stamping authority (TSA), signs a hash and the
 * time. By OpenSSL's libcrypto, which is the one library of Debian that reads them
 * (docs/decisions/0051-time-stamps.md).
 */
#ifndef IMPRINT_STAMP_STAMP_H
#define IMPRINT_STAMP_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define STAMP_HASH_BYTES 32 /* SHA-256 */
#define STAMP_REQUEST_MAX 256
#define STAMP_REPLY_MAX 65536

/* The request for a stamp over `text` (TimeStampReq, DER), which asks for the TSA's certificate. False with a reason.
 */
bool stamp_request(struct bytes text, struct bytes_out *der, struct error *err);

/*
 * Whether the reply (TimeStampResp, DER) is a stamp over `text` by a TSA that the certificates in the PEM file `ca`
 * vouch for, as of the time in the stamp: `*time` (seconds since 1970). False with ERROR_SERVER_UNTRUSTED, or with
 * ERROR_INPUT_FILE where the PEM file cannot be read.
 */
bool stamp_verify(struct bytes reply, struct bytes text, const char *ca, uint64_t *time, struct error *err);

#endif
