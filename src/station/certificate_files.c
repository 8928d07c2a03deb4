/* SPDX-License-Identifier: Apache-2.0 */
#include "station/certificate_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/pem.h>

#include "station/file.h"
#include "station/folder.h"
#include "station/input.h"

#define FILE_MAX ((size_t)64 * 1024) /* of NAME.crt: the certificate, and a chain of ISSUER_CHAIN_MAX above it */
#define PEM_HEAD "-----BEGIN CERTIFICATE-----\n"
#define PEM_FOOT "-----END CERTIFICATE-----\n"

bool certificate_files_path(const struct station_config *config, const struct certificate_wanted *wanted,
                            const char *ending, char path[static PATH_MAX], struct error *err)
{
    char name[PROFILE_NAME_MAX + 8];

    snprintf(name, sizeof name, "%s.%s", wanted->certificate->name, ending);
    return folder_of_device(config, wanted->serial, name, path, err);
}

/* Takes the next certificate of a PEM text. False where there is none. */
static bool take_pem(const char **text, uint8_t *der, size_t cap, size_t *len)
{
    mbedtls_pem_context context;
    size_t used = 0, found = 0;
    const unsigned char *content;
    bool ok;

    mbedtls_pem_init(&context);
    ok = mbedtls_pem_read_buffer(&context, "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----",
                                 (const unsigned char *)*text, NULL, 0, &used) == 0;
    content = mbedtls_pem_get_buffer(&context, &found);
    ok = ok && found <= cap;
    if (ok) {
        memcpy(der, content, found);
        *len = found;
        *text += used;
    }
    mbedtls_pem_free(&context);
    return ok;
}

bool certificate_files_load(struct certificate_wanted *wanted, struct certificate_issued *issued, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct input input;
    const char *at;
    bool ok;

    if (!input_read(&input, issued->path, FILE_MAX, &failure)) {
        if (failure.system_errno == ENOENT || failure.system_errno == ENOTDIR)
            return true;
        error_pass(err, &failure);
        return false;
    }
    at = (const char *)input.data;
    ok = take_pem(&at, issued->der, sizeof issued->der, &issued->len) &&
         take_pem(&at, issued->issuer, sizeof issued->issuer, &issued->issuer_len);
    input_release(&input);
    if (!ok)
        error_set(err, ERROR_CERTIFICATE_DIFFERS, "the file does not hold a certificate and its issuer's", NULL);
    ok = ok && certificate_check(wanted, issued, ERROR_CERTIFICATE_DIFFERS, err);
    if (ok)
        return true;
    issued->len = 0;
    error_doing(err, "confirm the device's certificate");
    error_replace_subject(err, issued->path);
    return false;
}

bool certificate_files_read_key(const char *path, uint8_t point[static P256_POINT_BYTES])
{
    struct error ignored = {.reason = ERROR_NONE};
    uint8_t der[PROVISION_CERTIFICATE_MAX];
    struct cert_parts parts;
    struct input input;
    const char *at;
    size_t len = 0;
    bool ok;

    if (!input_read(&input, path, FILE_MAX, &ignored))
        return false;
    at = (const char *)input.data;
    ok = take_pem(&at, der, sizeof der, &len) && cert_read_parts(bytes_of(der, len), &parts);
    if (ok) {
        point[0] = P256_UNCOMPRESSED;
        memcpy(point + 1, parts.public_key, CERT_KEY_BYTES);
    }
    input_release(&input);
    return ok;
}

static bool append_pem(struct bytes_out *text, struct bytes der)
{
    size_t len = 0;

    if (mbedtls_pem_write_buffer(PEM_HEAD, PEM_FOOT, der.data, der.len, text->data + text->len, text->cap - text->len,
                                 &len) != 0)
        return false;
    text->len += len - 1; /* without its NUL */
    return true;
}

bool certificate_files_store(const struct certificate_issued *issued, const struct issuer *issuer, struct error *err)
{
    struct bytes_out text = {.data = malloc(FILE_MAX), .cap = FILE_MAX};
    bool ok = text.data != NULL && append_pem(&text, bytes_of(issued->der, issued->len));
    struct bytes above;

    for (size_t i = 0; ok && (above = issuer_chain(issuer, i)).len != 0; i++)
        ok = append_pem(&text, above);
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "the certificate cannot be written as PEM", NULL);
    ok = ok && certificate_files_keep(issued->path, bytes_written(&text), err);
    free(text.data);
    return ok;
}

bool certificate_files_keep(const char *path, struct bytes content, struct error *err)
{
    char folder[PATH_MAX];

    folder_above(path, folder);
    return folder_make(folder, err) && file_replace(path, content, 0600, ERROR_RECORD_FAILED, err);
}
