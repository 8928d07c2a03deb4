/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/trust.h"

#include <string.h>

#include <gnutls/crypto.h>

#include "base/error_format.h"
#include "issuer/datum.h"

/* A part outlives the certificates of those who made it: what counts is who signed, and not the time of the reading. */
#define FLAGS GNUTLS_VERIFY_DISABLE_TIME_CHECKS

static bool refuse(const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_INPUT_FILE, cause, next);
    return false;
}

/* --- signers of manifests --- */

static bool read_key(struct manifest_signer *signer, gnutls_x509_crt_t certificate, struct error *err)
{
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    gnutls_datum_t x = {.data = NULL}, y = {.data = NULL};
    bool ok = gnutls_pubkey_init(&signer->key) == GNUTLS_E_SUCCESS &&
              gnutls_pubkey_import_x509(signer->key, certificate, 0) == GNUTLS_E_SUCCESS &&
              gnutls_pubkey_export_ecc_raw(signer->key, &curve, &x, &y) == GNUTLS_E_SUCCESS &&
              curve == GNUTLS_ECC_CURVE_SECP256R1;

    gnutls_free(x.data);
    gnutls_free(y.data);
    return ok || refuse("the certificate's key is not on the curve P-256: manifests are not signed with such a key",
                        "name the certificate of who signs manifests (Microchip: log signer)", err);
}

static bool read_names(struct manifest_signer *signer, gnutls_x509_crt_t certificate, struct error *err)
{
    size_t len = sizeof signer->subject;

    if (gnutls_x509_crt_get_dn(certificate, signer->subject, &len) < 0)
        (void)strcpy(signer->subject, "?");
    signer->not_before = gnutls_x509_crt_get_activation_time(certificate);
    signer->not_after = gnutls_x509_crt_get_expiration_time(certificate);
    signer->key_id_len = sizeof signer->key_id;
    if (gnutls_x509_crt_get_subject_key_id(certificate, signer->key_id, &signer->key_id_len, NULL) >= 0)
        return true;
    return refuse("the certificate has no subject key identifier, by which manifests name it",
                  "make it again with subjectKeyIdentifier: docs/guide/manifests.md", err);
}

static bool read_signer(struct manifest_signer *signer, gnutls_x509_crt_t certificate, struct error *err)
{
    gnutls_datum_t der = {.data = NULL};
    bool ok = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der) >= 0 &&
              gnutls_hash_fast(GNUTLS_DIG_SHA256, der.data, der.size, signer->hash) >= 0;

    gnutls_free(der.data);
    if (!ok)
        return refuse("the certificate cannot be read", NULL, err);
    return read_key(signer, certificate, err) && read_names(signer, certificate, err);
}

bool manifest_signer_read(struct manifest_signer *signer, struct bytes der, struct error *err)
{
    const gnutls_datum_t data = datum_of(der);
    gnutls_x509_crt_t certificate = NULL;
    bool ok;

    if (gnutls_x509_crt_init(&certificate) < 0)
        return refuse("out of memory", NULL, err);
    ok = gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_DER) >= 0
             ? read_signer(signer, certificate, err)
             : refuse("the certificate cannot be read", NULL, err);
    gnutls_x509_crt_deinit(certificate);
    return ok;
}

void manifest_signer_release(struct manifest_signer *signer)
{
    gnutls_pubkey_deinit(signer->key);
    signer->key = NULL;
}

/* --- files of certificates --- */

typedef bool add_certificate(struct manifest_trust *trust, gnutls_x509_crt_t *certificate, struct error *err);

static bool add_signer(struct manifest_trust *trust, gnutls_x509_crt_t *certificate, struct error *err)
{
    struct manifest_signer *signer = &trust->signers[trust->signer_count];

    if (trust->signer_count == MANIFEST_SIGNERS_MAX)
        return refuse(error_keep_format(err, "too many certificates (limit %d)", MANIFEST_SIGNERS_MAX), NULL, err);
    trust->signer_count++;
    return read_signer(signer, *certificate, err);
}

/* The list takes the certificate over. */
static bool add_to(gnutls_x509_trust_list_t *roots, gnutls_x509_crt_t *certificate, struct error *err)
{
    if ((*roots == NULL && gnutls_x509_trust_list_init(roots, 0) < 0) ||
        gnutls_x509_trust_list_add_cas(*roots, certificate, 1, 0) != 1)
        return refuse("the certificate cannot be trusted", NULL, err);
    *certificate = NULL;
    return true;
}

static bool add_root(struct manifest_trust *trust, gnutls_x509_crt_t *certificate, struct error *err)
{
    return add_to(&trust->others, certificate, err);
}

static bool add_file(struct manifest_trust *trust, struct bytes file, add_certificate *add, struct error *err)
{
    const gnutls_x509_crt_fmt_t format =
        memmem(file.data, file.len, "-----BEGIN ", 11) != NULL ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER;
    const gnutls_datum_t data = datum_of(file);
    gnutls_x509_crt_t *certificates = NULL;
    unsigned count = 0;
    bool ok = true;

    if (gnutls_x509_crt_list_import2(&certificates, &count, &data, format, 0) < 0)
        return refuse("the file holds no certificate (PEM or DER)", NULL, err);
    for (unsigned i = 0; i < count; i++) {
        ok = ok && add(trust, &certificates[i], err);
        gnutls_x509_crt_deinit(certificates[i]);
    }
    gnutls_free((void *)certificates);
    return ok;
}

bool manifest_trust_add_signers(struct manifest_trust *trust, struct bytes file, struct error *err)
{
    return add_file(trust, file, add_signer, err);
}

bool manifest_trust_add_roots(struct manifest_trust *trust, struct bytes file, struct error *err)
{
    return add_file(trust, file, add_root, err);
}

bool manifest_trust_add_maker(struct manifest_trust *trust, struct bytes der, struct error *err)
{
    const gnutls_datum_t data = datum_of(der);
    gnutls_x509_crt_t certificate = NULL;
    bool ok;

    if (gnutls_x509_crt_init(&certificate) < 0)
        return refuse("out of memory", NULL, err);
    ok = gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_DER) >= 0
             ? add_to(&trust->makers, &certificate, err)
             : refuse("the root certificate cannot be read", NULL, err);
    gnutls_x509_crt_deinit(certificate);
    return ok;
}

const struct manifest_signer *manifest_trust_find(const struct manifest_trust *trust,
                                                  const uint8_t hash[static MANIFEST_HASH_BYTES])
{
    for (size_t i = 0; i < trust->signer_count; i++)
        if (memcmp(trust->signers[i].hash, hash, MANIFEST_HASH_BYTES) == 0)
            return &trust->signers[i];
    return NULL;
}

/* --- chains --- */

static bool leads_to(gnutls_x509_trust_list_t roots, const gnutls_x509_crt_t *chain, unsigned count)
{
    gnutls_x509_crt_t copy[8];
    unsigned status = GNUTLS_CERT_INVALID;

    if (roots == NULL || count > sizeof copy / sizeof copy[0])
        return false;
    memcpy((void *)copy, (const void *)chain, count * sizeof *copy); /* GnuTLS asks for an array that it could write */
    return gnutls_x509_trust_list_verify_crt2(roots, copy, count, NULL, 0, FLAGS, &status, NULL) >= 0 && status == 0;
}

/* One signer issues the certificates of thousands of parts: what it was found to be is remembered. */
static void remember(struct manifest_trust *trust, gnutls_x509_crt_t issuer, bool is_makers)
{
    gnutls_datum_t der = {.data = NULL};

    gnutls_x509_crt_deinit(trust->known);
    trust->known = NULL;
    if (gnutls_x509_crt_init(&trust->known) < 0)
        return;
    if (gnutls_x509_crt_export2(issuer, GNUTLS_X509_FMT_DER, &der) < 0 ||
        gnutls_x509_crt_import(trust->known, &der, GNUTLS_X509_FMT_DER) < 0) {
        gnutls_x509_crt_deinit(trust->known);
        trust->known = NULL;
    }
    gnutls_free(der.data);
    trust->known_is_makers = is_makers;
}

/* GnuTLS leaves out of a chain what does not belong to it; in a manifest all belongs to it. */
static bool is_linked(const gnutls_x509_crt_t *chain, unsigned count)
{
    for (unsigned i = 0; i + 1 < count; i++) {
        unsigned status = GNUTLS_CERT_INVALID;

        if (gnutls_x509_crt_verify(chain[i], &chain[i + 1], 1, FLAGS, &status) < 0 || status != 0)
            return false;
    }
    return true;
}

static bool is_known(const struct manifest_trust *trust, const gnutls_x509_crt_t *chain, unsigned count)
{
    return count == 2 && trust->known != NULL && gnutls_x509_crt_equals(trust->known, chain[1]) != 0;
}

bool manifest_trust_verifies(struct manifest_trust *trust, const gnutls_x509_crt_t *chain, unsigned count,
                             bool *is_makers)
{
    *is_makers = trust->known_is_makers;
    if (!is_linked(chain, count))
        return false;
    if (is_known(trust, chain, count))
        return true;
    *is_makers = leads_to(trust->makers, chain, count);
    if (!*is_makers && !leads_to(trust->others, chain, count))
        return false;
    if (count == 2)
        remember(trust, chain[1], *is_makers);
    return true;
}

void manifest_trust_release(struct manifest_trust *trust)
{
    for (size_t i = 0; i < trust->signer_count; i++)
        manifest_signer_release(&trust->signers[i]);
    if (trust->makers != NULL)
        gnutls_x509_trust_list_deinit(trust->makers, 1);
    if (trust->others != NULL)
        gnutls_x509_trust_list_deinit(trust->others, 1);
    gnutls_x509_crt_deinit(trust->known);
    *trust = (struct manifest_trust){.signer_count = 0};
}
