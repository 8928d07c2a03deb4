/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/rehearsal_ca.h"

#include <stdio.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "base/error_format.h"

#define SERIAL_BYTES 16
#define KEY_ID_BYTES 20
#define NO_END ((time_t)-1) /* GnuTLS writes 99991231235959Z for it (RFC 5280, 4.1.2.5) */

/* One of the two. */
struct authority {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
};

static bool failed(int status, struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, error_keep_format(err, "GnuTLS: %s", gnutls_strerror(status)), NULL);
    return false;
}

/* SHA-1 of 04, X, Y, as the certificates of chips have it, too. */
static int read_key_id(gnutls_x509_privkey_t key, uint8_t id[static KEY_ID_BYTES])
{
    gnutls_privkey_t whole = NULL;
    gnutls_pubkey_t public = NULL;
    size_t len = KEY_ID_BYTES;
    int status = gnutls_privkey_init(&whole);

    if (status >= 0)
        status = gnutls_privkey_import_x509(whole, key, 0);
    if (status >= 0)
        status = gnutls_pubkey_init(&public);
    if (status >= 0)
        status = gnutls_pubkey_import_privkey(public, whole, 0, 0);
    if (status >= 0)
        status = gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA1, id, &len);
    gnutls_pubkey_deinit(public);
    gnutls_privkey_deinit(whole);
    return status;
}

/* Positive and never shorter: the top bits are 01. */
static int set_serial(gnutls_x509_crt_t certificate)
{
    uint8_t serial[SERIAL_BYTES];
    int status = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);

    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
    return status >= 0 ? gnutls_x509_crt_set_serial(certificate, serial, sizeof serial) : status;
}

static int set_key_ids(const struct authority *made, const struct authority *issuer)
{
    uint8_t id[KEY_ID_BYTES];
    int status = read_key_id(made->key, id);

    if (status >= 0)
        status = gnutls_x509_crt_set_subject_key_id(made->certificate, id, sizeof id);
    if (status >= 0)
        status = read_key_id(issuer->key, id);
    if (status >= 0)
        status = gnutls_x509_crt_set_authority_key_id(made->certificate, id, sizeof id);
    return status;
}

static int set_content(const struct authority *made, const char *name, time_t begin, int path_length)
{
    int status = gnutls_x509_crt_set_version(made->certificate, 3);

    if (status >= 0)
        status = set_serial(made->certificate);
    if (status >= 0)
        status = gnutls_x509_crt_set_dn_by_oid(made->certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                               (unsigned)strlen(name));
    if (status >= 0)
        status = gnutls_x509_crt_set_activation_time(made->certificate, begin);
    if (status >= 0)
        status = gnutls_x509_crt_set_expiration_time(made->certificate, NO_END);
    if (status >= 0)
        status = gnutls_x509_crt_set_key(made->certificate, made->key);
    if (status >= 0)
        status = gnutls_x509_crt_set_basic_constraints(made->certificate, 1, path_length);
    if (status >= 0)
        status = gnutls_x509_crt_set_key_usage(made->certificate, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    return status;
}

/* `issuer` NULL: signs itself. */
static bool make_authority(struct authority *made, const struct authority *issuer, const char *name, time_t begin,
                           struct error *err)
{
    const struct authority *by = issuer != NULL ? issuer : made;
    int status = gnutls_x509_privkey_init(&made->key);

    if (status >= 0)
        status = gnutls_x509_privkey_generate2(made->key, GNUTLS_PK_ECDSA,
                                               GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0, NULL, 0);
    if (status >= 0)
        status = gnutls_x509_crt_init(&made->certificate);
    if (status >= 0)
        status = set_content(made, name, begin, issuer == NULL ? -1 : 0);
    if (status >= 0)
        status = set_key_ids(made, by);
    if (status >= 0)
        status = gnutls_x509_crt_sign2(made->certificate, by->certificate, by->key, GNUTLS_DIG_SHA256, 0);
    return status >= 0 || failed(status, err);
}

static bool write_texts(struct rehearsal_ca *ca, const struct authority *root, const struct authority *signer,
                        struct error *err)
{
    size_t signer_len, room[4] = {sizeof ca->root_key, sizeof ca->signer_key, sizeof ca->root, sizeof ca->root};
    int status = gnutls_x509_privkey_export_pkcs8(root->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, ca->root_key,
                                                  &room[0]);

    if (status >= 0)
        status = gnutls_x509_privkey_export_pkcs8(signer->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                                  ca->signer_key, &room[1]);
    if (status >= 0)
        status = gnutls_x509_crt_export(root->certificate, GNUTLS_X509_FMT_PEM, ca->root, &room[2]);
    if (status >= 0)
        status = gnutls_x509_crt_export(signer->certificate, GNUTLS_X509_FMT_PEM, ca->chain, &room[3]);
    if (status < 0)
        return failed(status, err);
    signer_len = strlen(ca->chain);
    (void)snprintf(ca->chain + signer_len, sizeof ca->chain - signer_len, "%s", ca->root);
    return true;
}

static void release(const struct authority *authority)
{
    if (authority->certificate != NULL)
        gnutls_x509_crt_deinit(authority->certificate);
    if (authority->key != NULL)
        gnutls_x509_privkey_deinit(authority->key);
}

bool rehearsal_ca_make(struct rehearsal_ca *ca, time_t now, struct error *err)
{
    const time_t begin = now - now % 3600; /* compressed certificates have full hours */
    struct authority root = {.key = NULL}, signer = {.key = NULL};
    char root_name[32], signer_name[32];
    uint16_t number = 0;
    bool ok = gnutls_rnd(GNUTLS_RND_NONCE, &number, sizeof number) >= 0 || failed(GNUTLS_E_RANDOM_FAILED, err);

    *ca = (struct rehearsal_ca){.root = ""};
    (void)snprintf(root_name, sizeof root_name, "TEST root %04X", (unsigned)number);
    (void)snprintf(signer_name, sizeof signer_name, "TEST signer %04X", (unsigned)number);
    ok = ok && make_authority(&root, NULL, root_name, begin, err) &&
         make_authority(&signer, &root, signer_name, begin, err) && write_texts(ca, &root, &signer, err);
    release(&signer);
    release(&root);
    return ok;
}
