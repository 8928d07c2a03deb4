/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes of files and the two forms of an ECDSA signature: r|s as PSA has it, DER as everybody else. */
#ifndef IMPRINT_STATION_SIGNATURE_H
#define IMPRINT_STATION_SIGNATURE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"

#define SIGNATURE_DER_MAX 72 /* two 33-byte integers and their headers */
#define SIGNATURE_HASH_BYTES 32

/* SHA-256 of the file, read once and in pieces; "-" or NULL is stdin. PSA is started. */
bool signature_hash_file(const char *path, uint8_t hash[static SIGNATURE_HASH_BYTES], struct error *err);

/* r|s to DER, into `out`. */
bool signature_to_der(const uint8_t raw[static P256_SIGNATURE_BYTES], struct bytes_out *out, struct error *err);

/* The file with a signature, DER or r|s, as r|s. False with ERROR_INPUT_FILE when it is not of that form. */
bool signature_read_file(const char *path, bool is_raw, uint8_t raw[static P256_SIGNATURE_BYTES], struct error *err);

#endif
