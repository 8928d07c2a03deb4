/* SPDX-License-Identifier: Apache-2.0 */
#include "station/request_files.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/pem.h>

#include "cert/check_request.h"
#include "cert/request.h"
#include "psa/keys.h"
#include "station/file.h"
#include "station/folder.h"
#include "station/input.h"

bool request_files_sign(struct session *session, psa_key_id_t key_id, const char *subject, struct bytes attributes,
                        struct bytes_out *der, struct error *err)
{
    keys_forget_reason(&session->driver);
    if (cert_make_request_with(key_id, subject, attributes, der, err))
        return true;
    error_with_key(err, key_id);
    /* A failure of PSA has no reason yet; the driver knows it. */
    if (err->reason == ERROR_NONE)
        session_psa_failed(session, keys_last_status(&session->driver, PSA_ERROR_GENERIC_ERROR), "sign the request",
                           err);
    error_doing(err, "make the request");
    return false;
}

bool request_files_make(struct session *session, psa_key_id_t key_id, const uint8_t point[static P256_POINT_BYTES],
                        const char *subject, char pem[static PEM_MAX], struct error *err)
{
    uint8_t der[CERT_REQUEST_MAX];
    struct bytes_out out = {.data = der, .cap = sizeof der};

    return request_files_sign(session, key_id, subject, BYTES_NONE, &out, err) &&
           cert_check_request(bytes_written(&out), point, subject, err) &&
           pem_of_request(bytes_written(&out), pem, err);
}

bool request_files_path(const struct station_config *config, const uint8_t serial[static CHIP_SERIAL_BYTES],
                        const struct profile_key *key, char path[static PATH_MAX], struct error *err)
{
    char name[PROFILE_NAME_MAX + 8];

    snprintf(name, sizeof name, "%s.csr", key->name);
    return folder_of_device(config, serial, name, path, err);
}

static struct bytes der_of(mbedtls_pem_context *context)
{
    size_t len = 0;
    const unsigned char *der = mbedtls_pem_get_buffer(context, &len);

    return bytes_of(der, len);
}

bool request_files_is_kept(const char *path, const uint8_t point[static P256_POINT_BYTES], const char *subject,
                           char pem[static PEM_MAX])
{
    struct error ignored = {.reason = ERROR_NONE};
    mbedtls_pem_context context;
    struct input input;
    size_t used = 0;
    bool kept;

    if (!input_read(&input, path, PEM_MAX - 1, &ignored))
        return false;
    memcpy(pem, input.data, input.len + 1); /* with its NUL */
    input_release(&input);
    mbedtls_pem_init(&context);
    kept = mbedtls_pem_read_buffer(&context, "-----BEGIN CERTIFICATE REQUEST-----", "-----END CERTIFICATE REQUEST-----",
                                   (const unsigned char *)pem, NULL, 0, &used) == 0 &&
           cert_check_request(der_of(&context), point, subject, &ignored);
    mbedtls_pem_free(&context);
    return kept;
}

bool request_files_need_nothing(const struct station_config *config, const struct profile_key *key,
                                const uint8_t serial[static CHIP_SERIAL_BYTES],
                                const uint8_t point[static P256_POINT_BYTES])
{
    struct error ignored = {.reason = ERROR_NONE}; /* then there is none, and the key has to sign one */
    char path[PATH_MAX], subject[PROFILE_SUBJECT_TEXT_MAX], pem[PEM_MAX];

    return key->csr_subject[0] == '\0' || (request_files_path(config, serial, key, path, &ignored) &&
                                           profile_fill_subject(key->csr_subject, serial, subject, &ignored) &&
                                           request_files_is_kept(path, point, subject, pem));
}

static bool refuse_to_spend(const char *path, struct error *err)
{
    error_set(err, ERROR_RECORD_FAILED, "the certificate request that was kept is not there any more", NULL);
    error_doing(err, "keep the certificate request without spending a use of its key");
    error_with_subject(err, path);
    return false;
}

bool request_files_keep(struct session *session, const struct profile_key *key,
                        const struct provision_key_evidence *evidence, const char *path, char pem[static PEM_MAX],
                        struct error *err)
{
    char subject[PROFILE_SUBJECT_TEXT_MAX];

    if (!profile_fill_subject(key->csr_subject, session->device.serial, subject, err))
        return false;
    if (request_files_is_kept(path, evidence->public_key, subject, pem))
        return true;
    if (evidence->compared)
        return refuse_to_spend(path, err);
    if (!request_files_make(session, key->id, evidence->public_key, subject, pem, err))
        return false;
    if (file_replace(path, bytes_of(pem, strlen(pem)), 0600, ERROR_RECORD_FAILED, err))
        return true;
    error_doing(err, "write the request");
    error_with_key(err, key->id);
    return false;
}
