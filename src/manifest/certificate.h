/* SPDX-License-Identifier: Apache-2.0 */
/* What manifests need to know of a certificate in DER. */
#ifndef IMPRINT_MANIFEST_CERTIFICATE_H
#define IMPRINT_MANIFEST_CERTIFICATE_H

#include "base/bytes.h"
#include "base/p256.h"

/* The public key of the certificate. False where it is not on P-256, or there is no certificate. */
bool certificate_read_key(struct bytes der, uint8_t point[static P256_POINT_BYTES]);

/* Whether it names itself as its issuer. */
bool certificate_is_root(struct bytes der);

/* Whether the one was signed by the other, which may sign certificates, whatever the time is. */
bool certificate_is_issued_by(struct bytes der, struct bytes issuer);

#endif
