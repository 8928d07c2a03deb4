/* SPDX-License-Identifier: Apache-2.0 */
#include "service/tls_pair.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "base/error_format.h"

static bool refuse(const char *cause, const char *next, const char *path, struct error *err)
{
    error_set(err, ERROR_INPUT_FILE, cause, next);
    error_with_subject(err, path);
    return false;
}

/* GnuTLS asks for memory that it could write, and does not write what it is given to read. */
static gnutls_datum_t datum_of(struct bytes text)
{
    gnutls_datum_t datum = {.size = (unsigned)text.len};

    memcpy((void *)&datum.data, (const void *)&text.data, sizeof datum.data);
    return datum;
}

static bool belong_together(const struct tls_pair *pair, struct error *err)
{
    const gnutls_datum_t certificate = datum_of(pair->certificate), key = datum_of(pair->key);
    gnutls_certificate_credentials_t credentials = NULL;
    int status = gnutls_certificate_allocate_credentials(&credentials);

    if (status >= 0)
        status = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
    if (credentials != NULL)
        gnutls_certificate_free_credentials(credentials);
    return status >= 0 || refuse(error_keep_format(err, "the server's certificate and key cannot be used together: %s",
                                                   gnutls_strerror(status)),
                                 "check the two files: both in PEM, the key without passphrase", pair->key_file, err);
}

static bool import(struct bytes text, gnutls_x509_crt_t *certificate)
{
    const gnutls_datum_t datum = datum_of(text);

    *certificate = NULL;
    return gnutls_x509_crt_init(certificate) == GNUTLS_E_SUCCESS &&
           gnutls_x509_crt_import(*certificate, &datum, GNUTLS_X509_FMT_PEM) == GNUTLS_E_SUCCESS;
}

bool tls_pair_check(const struct tls_pair *pair, const char *clients, struct error *err)
{
    const time_t now = time(NULL);
    gnutls_x509_crt_t certificate;
    bool is_valid;

    if (!belong_together(pair, err))
        return false;
    is_valid = import(pair->certificate, &certificate) && gnutls_x509_crt_get_activation_time(certificate) <= now &&
               gnutls_x509_crt_get_expiration_time(certificate) >= now;
    gnutls_x509_crt_deinit(certificate);
    return is_valid ||
           refuse(error_keep_format(err, "the server's certificate is not valid now: %s would refuse it", clients),
                  "renew it, or check the clock: date -u", pair->certificate_file, err);
}

bool tls_pair_fingerprint(struct bytes certificate, char text[static TLS_PAIR_FINGERPRINT_SIZE])
{
    gnutls_x509_crt_t handle;
    uint8_t hash[32];
    size_t len = sizeof hash;
    const bool ok = import(certificate, &handle) &&
                    gnutls_x509_crt_get_fingerprint(handle, GNUTLS_DIG_SHA256, hash, &len) == GNUTLS_E_SUCCESS;

    gnutls_x509_crt_deinit(handle);
    text[0] = '\0';
    for (size_t i = 0; ok && i < sizeof hash; i++)
        (void)snprintf(text + 3 * i, 4, "%02X%s", hash[i], i + 1 < sizeof hash ? ":" : "");
    return ok;
}
