/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The station's check of a certificate request. It shares nothing with what makes requests: GnuTLS reads and verifies,
 * and the subject is compared with the text that was asked for by a reader of its own. Host only.
 */
#ifndef IMPRINT_CERT_CHECK_REQUEST_H
#define IMPRINT_CERT_CHECK_REQUEST_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"

/*
 * True if `der` is a request in DER, signed with ECDSA and SHA-256 by the key in it, for the public key `point`, and
 * its subject has the parts of `subject` in this order, each alone in its part and of the string type that its
 * attribute permits. False with ERROR_PROOF_FAILED.
 */
bool cert_check_request(struct bytes der, const uint8_t point[static P256_POINT_BYTES], const char *subject,
                        struct error *err);

#endif
