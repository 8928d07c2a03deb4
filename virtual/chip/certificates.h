/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of Trust&GO and TrustFLEX parts, as the virtual maker issues them: the part that is signed, rebuilt
 * from what a chip stores, and the 72 bytes of the compressed form. Layouts are those of certificates of real parts.
 *
 * The maker's keys are derived from public names, so their signatures prove nothing. The signer ID is FFFF, which means
 * a signer of one's own. The root is not Microchip's.
 */
#ifndef IMPRINT_VIRTUAL_CERTIFICATES_H
#define IMPRINT_VIRTUAL_CERTIFICATES_H

#include "virtual/chip/model.h"

enum virtual_definition {
    VIRTUAL_SIGNER,      /* template 1: a signer, issued by the root */
    VIRTUAL_TLS_DEVICE,  /* template 3 of Trust&GO: an EUI-48 in the subject alternative name */
    VIRTUAL_FLEX_DEVICE, /* template 3 of TrustFLEX: without one */
};

/* What differs between certificates of one definition. Pointers are read during the call only. */
struct virtual_certificate {
    enum virtual_definition definition;
    const uint8_t *subject_key; /* X | Y, 64 bytes */
    const uint8_t *issuer_key;  /* the same */
    const uint8_t *serial;      /* the chip's, 9 bytes; NULL for a signer */
    const char *eui;            /* 12 digits; only of VIRTUAL_TLS_DEVICE, else NULL */
    uint8_t trailer[8];         /* bytes 64 to 71 of the compressed form: dates, signer ID, template, ... */
};

#define VIRTUAL_COMPRESSED_BYTES 72
#define VIRTUAL_TBS_MAX 512

/* The DER of what is signed (TBSCertificate). Returns its length. */
size_t virtual_build_tbs(const struct virtual_certificate *certificate, uint8_t tbs[static VIRTUAL_TBS_MAX]);

enum virtual_maker { VIRTUAL_MAKER_ROOT, VIRTUAL_MAKER_SIGNER };

/* Public key X | Y. The same for all virtual parts. */
void virtual_maker_key(struct virtual_crypto *crypto, enum virtual_maker maker, uint8_t point[static 64]);

/* Signed by the maker's root (a signer) or signer (a device), and compressed. The same input gives the same bytes. */
void virtual_issue(struct virtual_crypto *crypto, const struct virtual_certificate *certificate,
                   uint8_t compressed[static VIRTUAL_COMPRESSED_BYTES]);

#endif
