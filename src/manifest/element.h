/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One element of a manifest: a JWS in flattened JSON serialisation (RFC 7515, section 7.2.2) over what the maker says
 * of one part. Microchip's "Trust Platform Manifest File Format"; docs/reference/manifests.md has what is checked.
 */
#ifndef IMPRINT_MANIFEST_ELEMENT_H
#define IMPRINT_MANIFEST_ELEMENT_H

#include "manifest/part.h"
#include "manifest/trust.h"

/* What is wrong with an element. The names are for programs. */
enum manifest_fault {
    MANIFEST_GOOD,
    MANIFEST_FAULT_JSON,         /* "json": no JSON object, or too long */
    MANIFEST_FAULT_MEMBERS,      /* "members": one is missing, or not of its form */
    MANIFEST_FAULT_HEADER,       /* "header": not ES256, or the names of the signer do not belong together */
    MANIFEST_FAULT_SIGNER,       /* "unknown-signer": nobody that the reader trusts */
    MANIFEST_FAULT_SIGNATURE,    /* "signature": does not verify */
    MANIFEST_FAULT_PAYLOAD,      /* "payload": what was signed is not of the format */
    MANIFEST_FAULT_SERIAL,       /* "serial": two serial numbers in one element */
    MANIFEST_FAULT_DATE,         /* "date": provisioned outside of the signer's validity */
    MANIFEST_FAULT_KEYS,         /* "keys": one is not of its form, or no point of the curve */
    MANIFEST_FAULT_CERTIFICATES, /* "certificates": they do not belong to key and chip, or lead to no trusted root */
    MANIFEST_FAULT_DUPLICATE,    /* "duplicate": the part, or its key, is there already; told by the caller */
    MANIFEST_FAULT_COUNT
};

const char *manifest_fault_name(enum manifest_fault fault);

/*
 * Verifies the element and reads it into `part`. `*signer` is who signed it, NULL where that is not known. With a
 * fault, `err` says why (ERROR_MANIFEST_REFUTED), and `part` has its serial number where `*has_serial`, which is then
 * what the element says and nobody vouches for.
 */
enum manifest_fault manifest_element_verify(struct bytes text, struct manifest_trust *trust, struct manifest_part *part,
                                            bool *has_serial, const struct manifest_signer **signer, struct error *err);

/* Seconds since 1970 of "2026-11-29T17:18:36.529Z", with or without a fraction. False where it is none. */
bool manifest_read_time(const char *text, int64_t *seconds);

#endif
