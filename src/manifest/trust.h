/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a reader of manifests trusts: the certificates of those who sign manifests (Microchip's "log signers"), which
 * stand alone, and the roots of the certificates that manifests carry.
 */
#ifndef IMPRINT_MANIFEST_TRUST_H
#define IMPRINT_MANIFEST_TRUST_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"

#define MANIFEST_SIGNERS_MAX 32
#define MANIFEST_HASH_BYTES 32   /* SHA-256 */
#define MANIFEST_KEY_ID_BYTES 64 /* of a subject key identifier, at most */
#define MANIFEST_NAME_SIZE 256

/* A signer of manifests, as its certificate says. */
struct manifest_signer {
    gnutls_pubkey_t key;
    uint8_t hash[MANIFEST_HASH_BYTES]; /* of the certificate's DER: x5t#S256 */
    uint8_t key_id[MANIFEST_KEY_ID_BYTES];
    size_t key_id_len;             /* the subject key identifier: kid */
    int64_t not_before, not_after; /* seconds since 1970 */
    char subject[MANIFEST_NAME_SIZE];
};

/* Zero-initialised: trusts nobody. */
struct manifest_trust {
    struct manifest_signer signers[MANIFEST_SIGNERS_MAX];
    size_t signer_count;
    bool any_date; /* a part may be dated outside of its signer's validity, as some tools date them */
    /* Private. */
    gnutls_x509_trust_list_t makers, others; /* roots; NULL: none */
    gnutls_x509_crt_t known;                 /* the certificate that issued the device's before, verified */
    bool known_is_makers;
};

/*
 * Reads what a manifest needs of its signer's certificate. False with ERROR_INPUT_FILE: its key is not on P-256, it has
 * no subject key identifier, it is no certificate. manifest_signer_release() is needed in either case.
 */
bool manifest_signer_read(struct manifest_signer *signer, struct bytes der, struct error *err);
void manifest_signer_release(struct manifest_signer *signer);

/*
 * Adds each certificate of a file, PEM or DER: as a signer of manifests, or as a root of device certificates. False
 * with ERROR_INPUT_FILE.
 */
bool manifest_trust_add_signers(struct manifest_trust *trust, struct bytes file, struct error *err);
bool manifest_trust_add_roots(struct manifest_trust *trust, struct bytes file, struct error *err);

/* Adds a root in DER that is the maker's: certificates below it must name the chip. False with a reason. */
bool manifest_trust_add_maker(struct manifest_trust *trust, struct bytes der, struct error *err);

/* The signer whose certificate has this hash; NULL: none. */
const struct manifest_signer *manifest_trust_find(const struct manifest_trust *trust,
                                                  const uint8_t hash[static MANIFEST_HASH_BYTES]);

/*
 * Whether the certificates, each signed by the next, lead to a root, whatever the time is. `*is_makers`: to one of the
 * maker's.
 */
bool manifest_trust_verifies(struct manifest_trust *trust, const gnutls_x509_crt_t *chain, unsigned count,
                             bool *is_makers);

void manifest_trust_release(struct manifest_trust *trust);

#endif
