/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates that Microchip puts on Trust&GO and TrustFLEX parts: slot 10 has the device's (for the key in slot 0),
 * slot 12 the signer's and slot 11 the signer's public key; the root is not on the part. The OTP zone begins with a
 * text that tells which template the device's certificate has. Const data; nothing here accesses a chip.
 */
#ifndef IMPRINT_CERT_MAKER_H
#define IMPRINT_CERT_MAKER_H

#include "cert/template.h"

#define CERT_MAKER_OTP_BYTES 8
#define CERT_MAKER_EUI_BYTES 12

enum { CERT_MAKER_KEY_SLOT = 0, CERT_MAKER_EUI_SLOT = 5 };
/* Slot 0 by its built-in PSA key id, in the text that its key signs as a proof: no key of a profile can have it. */
#define CERT_MAKER_KEY_ID UINT32_C(0x7fff0000)
enum { CERT_MAKER_DEVICE_SLOT = 10, CERT_MAKER_SIGNER_KEY_SLOT = 11, CERT_MAKER_SIGNER_SLOT = 12 };

/* A kind of part. Where the template has CERT_EUI, slot 5 begins with that text. */
struct cert_maker_part {
    char otp[CERT_MAKER_OTP_BYTES + 1];
    const char *name; /* "ATECC608-TNGTLS" */
    const struct cert_template *device;
};
extern const struct cert_maker_part cert_maker_parts[];
extern const size_t cert_maker_part_count;

/* Every signer of the maker. */
extern const struct cert_template cert_maker_signer;

/* A root that may have issued a signer. */
struct cert_maker_root {
    const char *name;
    bool is_virtual; /* of virtual parts: proves nothing */
    uint8_t key[CERT_KEY_BYTES];
};
extern const struct cert_maker_root cert_maker_roots[];
extern const size_t cert_maker_root_count;

/* The kind of part that the first 8 bytes of the OTP zone name; NULL: another part. */
const struct cert_maker_part *cert_maker_find_part(const uint8_t otp[static CERT_MAKER_OTP_BYTES]);

#endif
