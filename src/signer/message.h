/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signer sends: certs-only messages (RFC 5652, RFC 8951) and the list of what requests should have, in base64
 * with lines of 64 characters, which every EST client reads.
 */
#ifndef IMPRINT_SIGNER_MESSAGE_H
#define IMPRINT_SIGNER_MESSAGE_H

#include "base/bytes.h"

/* The answer to csrattrs: a key on P-256, signed by ECDSA with SHA-256. Text that needs no release. */
const char *signer_message_attributes(void);

/*
 * A certs-only message with these certificates (DER) as text, for free(), `*len` characters. NULL without memory, or
 * where they are too long for one message (60 KiB).
 */
char *signer_message_certificates(const struct bytes *certificates, size_t count, size_t *len);

#endif
