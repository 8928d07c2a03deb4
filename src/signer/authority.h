/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that sign, and what they sign: the certificates of orders, built here from the order's template, the public
 * key and the chip's serial number. Two calls with the same arguments build the same bytes.
 */
#ifndef IMPRINT_SIGNER_AUTHORITY_H
#define IMPRINT_SIGNER_AUTHORITY_H

#include "issuer/issuers.h"
#include "signer/rules.h"

/* One issuer that orders name. */
struct signer_ca {
    char name[PROFILE_NAME_MAX];
    struct issuer *issuer;
    struct cert_parts parts; /* of its certificate; points into it */
};

/* Zero-initialised: none. */
struct signer_authority {
    size_t count;
    struct signer_ca cas[ISSUERS_MAX];
};

/*
 * Opens every issuer that an order names, and checks that it can sign what its orders ask for. `prompt` is asked where
 * a secret is needed that no file holds. signer_authority_close() is needed in either case. False with a reason:
 * issuer_open()'s, or ERROR_ISSUER_INVALID (the issuer cannot sign these certificates, or is somebody else's).
 */
bool signer_authority_open(struct signer_authority *authority, const struct signer_rules *rules,
                           const struct issuer_prompt *prompt, struct error *err);

void signer_authority_close(struct signer_authority *authority);

/* The issuer of an order. */
const struct signer_ca *signer_authority_of(const struct signer_authority *authority, const struct signer_order *order);

/*
 * Whether the issuer may sign for the order at `now` ("YYYYMMDDHHMMSS", UTC): its certificate is valid then, and the
 * device's would not end before now, nor after it unless the order permits that. False with ERROR_ISSUER_INVALID.
 */
bool signer_authority_check_time(const struct signer_ca *ca, const struct signer_order *order, const char *now,
                                 struct error *err);

/*
 * Appends the TBSCertificate of the device with the key `point` and the chip serial number `serial`, whose dates begin
 * with the full hour of `begins` ("YYYYMMDDHHMMSS", UTC).
 */
bool signer_authority_build(const struct signer_ca *ca, const struct signer_order *order,
                            const uint8_t point[static P256_POINT_BYTES],
                            const uint8_t serial[static CHIP_SERIAL_BYTES], const char *begins, struct bytes_out *tbs,
                            struct error *err);

/* Signs it and appends the whole certificate. False as issuer_sign(). */
bool signer_authority_sign(const struct signer_ca *ca, struct bytes tbs, struct bytes_out *der, struct error *err);

/* Whether `point` is the key of one of the certificates of the issuers. */
bool signer_authority_is_own_key(const struct signer_authority *authority,
                                 const uint8_t point[static P256_POINT_BYTES]);

#endif
