/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/rehearsal_ca.h"

#include <stdio.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "base/error_format.h"
#include "cert/form.h"

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

/* The public half of a private key, for gnutls_pubkey_deinit(). */
static int take_public(gnutls_x509_privkey_t key, gnutls_pubkey_t *public)
{
    gnutls_privkey_t whole = NULL;
    int status = gnutls_privkey_init(&whole);

    if (status >= 0)
        status = gnutls_privkey_import_x509(whole, key, 0);
    if (status >= 0)
        status = gnutls_pubkey_init(public);
    if (status >= 0)
        status = gnutls_pubkey_import_privkey(*public, whole, 0, 0);
    gnutls_privkey_deinit(whole);
    return status;
}

/* X | Y: the end of a SubjectPublicKeyInfo of P-256 (RFC 5480, 2). */
static int read_point(gnutls_x509_privkey_t key, uint8_t point[static CERT_KEY_BYTES])
{
    gnutls_pubkey_t public = NULL;
    gnutls_datum_t der = {.data = NULL};
    int status = take_public(key, &public);

    if (status >= 0)
        status = gnutls_pubkey_export2(public, GNUTLS_X509_FMT_DER, &der);
    if (status >= 0 && der.size >= CERT_KEY_BYTES)
        memcpy(point, der.data + der.size - CERT_KEY_BYTES, CERT_KEY_BYTES);
    gnutls_free(der.data);
    gnutls_pubkey_deinit(public);
    return status;
}

/* SHA-1 of 04 | X | Y (RFC 5280, 4.2.1.2), as 72 bytes rebuild it. GnuTLS's own key id is of the whole key in DER. */
static int read_key_id(gnutls_x509_privkey_t key, uint8_t id[static KEY_ID_BYTES])
{
    uint8_t point[P256_POINT_BYTES] = {P256_UNCOMPRESSED};
    int status = read_point(key, point + 1);

    return status >= 0 ? gnutls_hash_fast(GNUTLS_DIG_SHA1, point, sizeof point, id) : status;
}

/*
 * The serial number that a chip's 72 bytes of this certificate stand for: SHA-256 over the public key and the dates as
 * they are packed, with the top bits 01 (DS20006367A, 2.8; cert/template.c). So a chip can keep the signer's
 * certificate (`signer-slot` of a profile). GnuTLS hashes, for PSA need not be started here.
 */
static int set_serial(const struct authority *made, time_t begin)
{
    struct cert_compressed compressed = {.version = 0};
    uint8_t text[CERT_KEY_BYTES + 4], packed[CERT_COMPRESSED_BYTES], digest[32];
    size_t len = CERT_KEY_BYTES + 3;
    char now[CERT_TIME_DIGITS + 1];
    struct tm tm;
    int status = read_point(made->key, text);

    if (status < 0)
        return status;
    if (gmtime_r(&begin, &tm) == NULL || strftime(now, sizeof now, "%Y%m%d%H%M%S", &tm) != CERT_TIME_DIGITS ||
        !cert_dates_from(now, 0, &compressed.dates) || !cert_compressed_write(&compressed, packed))
        return GNUTLS_E_INVALID_REQUEST;
    memcpy(text + CERT_KEY_BYTES, packed + 64, 3);
    if ((packed[70] & 0x0f) != 0)
        text[len++] = packed[71] & 0xf0;
    status = gnutls_hash_fast(GNUTLS_DIG_SHA256, text, len, digest);
    digest[0] = (uint8_t)((digest[0] & 0x3f) | 0x40);
    return status >= 0 ? gnutls_x509_crt_set_serial(made->certificate, digest, SERIAL_BYTES) : status;
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
        status = set_serial(made, begin);
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
