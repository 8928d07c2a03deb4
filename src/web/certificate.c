/* SPDX-License-Identifier: Apache-2.0 */
#include "web/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "base/error_format.h"
#include "service/tls_pair.h"
#include "station/file.h"
#include "station/folder.h"

#define FILE_MAX ((size_t)64 * 1024)
#define SERIAL_BYTES 16
#define VALID_S ((time_t)5 * 365 * 24 * 60 * 60)
#define EARLIER_S ((time_t)60 * 60) /* clocks of phones differ */
#define HOST_SIZE 256

/* --- making one --- */

struct making {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
};

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || errno != ENOENT;
}

/* The host of HOST:PORT without its brackets. */
static void host_of(const char *place, char host[static HOST_SIZE])
{
    const char *colon = strrchr(place, ':');
    const size_t len = colon != NULL ? (size_t)(colon - place) : strlen(place);

    if (len >= 2 && place[0] == '[')
        (void)snprintf(host, HOST_SIZE, "%.*s", (int)(len - 2), place + 1);
    else
        (void)snprintf(host, HOST_SIZE, "%.*s", (int)len, place);
}

static int add_address(gnutls_x509_crt_t certificate, const char *text)
{
    uint8_t address[sizeof(struct in6_addr)];
    const bool is_v4 = inet_pton(AF_INET, text, address) == 1;

    if (!is_v4 && inet_pton(AF_INET6, text, address) != 1)
        return gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, text, (unsigned)strlen(text),
                                                    GNUTLS_FSAN_APPEND);
    return gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, address,
                                                is_v4 ? sizeof(struct in_addr) : sizeof(struct in6_addr),
                                                GNUTLS_FSAN_APPEND);
}

/* The names and addresses by which a browser may come: this machine's, and the one that it listens at. */
static int add_names(gnutls_x509_crt_t certificate, const struct page_settings *settings)
{
    char host[HOST_SIZE], own[HOST_SIZE] = "";
    const char *const names[] = {own, host, "localhost", "127.0.0.1", "::1"};
    int status = gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, settings->station,
                                               (unsigned)strlen(settings->station));

    if (gethostname(own, sizeof own) != 0)
        own[0] = '\0';
    own[sizeof own - 1] = '\0';
    host_of(settings->place, host);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status >= 0; i++)
        if (names[i][0] != '\0' && strcmp(names[i], "0.0.0.0") != 0 && strcmp(names[i], "::") != 0)
            status = add_address(certificate, names[i]);
    return status;
}

static int fill(const struct making *making, const struct page_settings *settings)
{
    gnutls_x509_crt_t certificate = making->certificate;
    uint8_t serial[SERIAL_BYTES];
    const time_t now = time(NULL);
    int status = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);

    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and of full length */
    if (status >= 0)
        status = gnutls_x509_crt_set_version(certificate, 3);
    if (status >= 0)
        status = gnutls_x509_crt_set_serial(certificate, serial, sizeof serial);
    if (status >= 0)
        status = gnutls_x509_crt_set_activation_time(certificate, now - EARLIER_S);
    if (status >= 0)
        status = gnutls_x509_crt_set_expiration_time(certificate, now + VALID_S);
    if (status >= 0)
        status = gnutls_x509_crt_set_basic_constraints(certificate, 0, -1);
    if (status >= 0)
        status = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (status >= 0)
        status = gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (status >= 0)
        status = add_names(certificate, settings);
    if (status >= 0)
        status = gnutls_x509_crt_set_key(certificate, making->key);
    if (status >= 0)
        status = gnutls_x509_crt_sign2(certificate, certificate, making->key, GNUTLS_DIG_SHA256, 0);
    return status;
}

/* The key first: a certificate that is there says that both are. */
static bool store(const struct making *making, const struct page_settings *settings, struct error *err)
{
    gnutls_datum_t key = {NULL, 0}, certificate = {NULL, 0};
    bool ok = gnutls_x509_privkey_export2_pkcs8(making->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key) >= 0 &&
              gnutls_x509_crt_export2(making->certificate, GNUTLS_X509_FMT_PEM, &certificate) >= 0;

    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "the page's certificate cannot be made", NULL);
    ok = ok && folder_make(settings->state, err) &&
         file_replace(settings->key, bytes_of(key.data, key.size), 0600, ERROR_STORAGE_FAILED, err) &&
         file_replace(settings->certificate, bytes_of(certificate.data, certificate.size), 0644, ERROR_STORAGE_FAILED,
                      err);
    if (key.data != NULL)
        bytes_wipe(key.data, key.size);
    gnutls_free(key.data);
    gnutls_free(certificate.data);
    return ok;
}

static bool make(const struct page_settings *settings, struct error *err)
{
    struct making making = {.key = NULL};
    int status = gnutls_x509_privkey_init(&making.key);
    bool ok;

    if (status >= 0)
        status = gnutls_x509_privkey_generate(making.key, GNUTLS_PK_ECDSA,
                                              GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (status >= 0)
        status = gnutls_x509_crt_init(&making.certificate);
    if (status >= 0)
        status = fill(&making, settings);
    if (status < 0)
        error_set(err, ERROR_UNEXPECTED,
                  error_keep_format(err, "the page's certificate cannot be made: %s", gnutls_strerror(status)), NULL);
    ok = status >= 0 && store(&making, settings, err);
    gnutls_x509_crt_deinit(making.certificate);
    gnutls_x509_privkey_deinit(making.key);
    return ok;
}

/* --- reading --- */

bool web_certificate_get(struct web_certificate *pair, const struct page_settings *settings, struct error *err)
{
    const bool is_missing = settings->makes_certificate && !is_there(settings->certificate);
    bool ok = !is_missing || make(settings, err);

    ok = ok && input_file_read(&pair->certificate, settings->certificate, FILE_MAX, INPUT_FILE_TRUSTED, err) &&
         input_file_read(&pair->key, settings->key, FILE_MAX, INPUT_FILE_SECRET, err);
    if (ok) {
        const struct tls_pair check = {.certificate = bytes_of(pair->certificate.data, pair->certificate.len),
                                       .key = bytes_of(pair->key.data, pair->key.len),
                                       .certificate_file = settings->certificate,
                                       .key_file = settings->key};

        ok = tls_pair_check(&check, "every browser", err);
    }
    if (!ok)
        error_doing(err, "prepare the page's certificate");
    return ok;
}

void web_certificate_release(struct web_certificate *pair)
{
    input_file_release(&pair->certificate);
    input_file_release(&pair->key);
}
