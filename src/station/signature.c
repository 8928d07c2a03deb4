/* SPDX-License-Identifier: Apache-2.0 */
#include "station/signature.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/psa_util.h>
#include <psa/crypto.h>

#include "station/input.h"

#define P256_BITS 256

bool signature_hash_file(const char *path, uint8_t hash[static SIGNATURE_HASH_BYTES], struct error *err)
{
    psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
    uint8_t piece[16384];
    size_t len = 0;
    ssize_t n = 1;
    bool ok = false;
    int fd = input_open(path, err);
    psa_status_t status;

    if (fd < 0)
        goto out;
    status = psa_hash_setup(&operation, PSA_ALG_SHA_256);
    while (status == PSA_SUCCESS && n != 0) {
        n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error_set(err, ERROR_INPUT_FILE, "the file cannot be read", NULL);
            error_with_errno(err, errno);
            error_with_subject(err, path == NULL ? "stdin" : path);
            goto out;
        }
        status = psa_hash_update(&operation, piece, (size_t)n);
    }
    if (status == PSA_SUCCESS)
        status = psa_hash_finish(&operation, hash, SIGNATURE_HASH_BYTES, &len);
    ok = status == PSA_SUCCESS;
    if (!ok) {
        error_set(err, ERROR_PSA, "PSA Crypto cannot hash the file", NULL);
        error_with_psa(err, status);
    }
out:
    psa_hash_abort(&operation);
    input_close(fd);
    if (!ok)
        error_doing(err, "hash the file");
    return ok;
}

bool signature_to_der(const uint8_t raw[static P256_SIGNATURE_BYTES], struct bytes_out *out, struct error *err)
{
    if (mbedtls_ecdsa_raw_to_der(P256_BITS, raw, P256_SIGNATURE_BYTES, out->data, out->cap, &out->len) == 0)
        return true;
    error_set(err, ERROR_UNEXPECTED, "the signature cannot be written as DER", NULL);
    return false;
}

bool signature_read_file(const char *path, bool is_raw, uint8_t raw[static P256_SIGNATURE_BYTES], struct error *err)
{
    struct input input;
    size_t len = 0;
    bool ok = false;

    if (!input_read(&input, path, SIGNATURE_DER_MAX, err))
        goto out;
    if (is_raw) {
        ok = input.len == P256_SIGNATURE_BYTES;
        if (ok)
            memcpy(raw, input.data, P256_SIGNATURE_BYTES);
    } else {
        ok = mbedtls_ecdsa_der_to_raw(P256_BITS, input.data, input.len, raw, P256_SIGNATURE_BYTES, &len) == 0 &&
             len == P256_SIGNATURE_BYTES;
    }
    input_release(&input);
    if (!ok) {
        error_set(err, ERROR_INPUT_FILE,
                  is_raw ? "a raw signature has 64 bytes, r and s" : "the file holds no ECDSA signature in DER",
                  is_raw ? "leave --raw out for DER" : "add --raw for r and s of 32 bytes each");
        error_with_subject(err, path);
    }
out:
    if (!ok)
        error_doing(err, "read the signature");
    return ok;
}
