/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as a certificate in DER, and its first 72 bytes as a compressed one. What must hold: what is read
 * stays within its bounds, wherever it ends; the parts of a certificate lie in it, in their order; a signer's template
 * that is made of it gives back its bytes or refuses; 72 bytes that are read are written to the same.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "cert/form.h"

static void check_within(struct bytes part, struct bytes whole)
{
    if (part.len > 0)
        require(part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

/* A certificate that its own template gives again is the one that was read. */
static void check_signer(struct bytes der, const struct cert_parts *parts)
{
    struct cert_compressed compressed = {.version = 0};
    uint8_t bytes[CERT_COMPRESSED_BYTES], again[CERT_MAX];
    struct bytes_out out = {.data = again, .cap = sizeof again};
    const struct cert_subject subject = {.public_key = parts->public_key, .issuer_key = parts->public_key};
    struct cert_form form;

    if (!cert_dates_of(parts, &compressed.dates) || !cert_form_of_signer(parts, &form) ||
        !cert_compress(&form.form, der, &subject, &compressed, bytes))
        return;
    require(cert_compressed_read(bytes, &compressed) && cert_rebuild(&form.form, &compressed, &subject, &out));
    require(bytes_equal(bytes_written(&out), der));
}

static void check_parts(struct bytes der)
{
    struct cert_parts parts;

    if (!cert_read_parts(der, &parts))
        return;
    check_within(parts.tbs, der);
    check_within(parts.serial, parts.tbs);
    check_within(parts.issuer, parts.tbs);
    check_within(parts.subject, parts.tbs);
    check_within(parts.key_id, parts.tbs);
    check_within(bytes_of(parts.public_key, CERT_KEY_BYTES), parts.tbs);
    require(parts.serial.data < parts.issuer.data && parts.issuer.data < parts.subject.data &&
            parts.subject.data < parts.public_key);
    require(strlen(parts.not_before) == CERT_TIME_DIGITS && strlen(parts.not_after) == CERT_TIME_DIGITS);
    check_signer(der, &parts);
}

static void check_compressed(const uint8_t *data)
{
    struct cert_compressed compressed;
    uint8_t again[CERT_COMPRESSED_BYTES];

    if (cert_compressed_read(data, &compressed))
        require(cert_compressed_write(&compressed, again) && memcmp(again, data, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1); /* its end is the end of what may be read */

    require(copy != NULL);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    check_parts(bytes_of(copy, size));
    if (size >= CERT_COMPRESSED_BYTES)
        check_compressed(copy);
    free(copy);
    return 0;
}
