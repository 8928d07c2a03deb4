/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the subject of a request is one that an order permits. */
#ifndef IMPRINT_SIGNER_SUBJECT_H
#define IMPRINT_SIGNER_SUBJECT_H

#include "base/bytes.h"
#include "profile/certificate.h"

/* Whether the order's subject has the chip's serial number in it. */
bool signer_subject_has_serial(const struct profile_certificate *certificate);

/*
 * Whether the name `subject` (DER) is that of `certificate` for some chip: the same attributes in the same order, each
 * alone in its part, with the same characters; the string type may be another one (UTF8String, PrintableString,
 * IA5String). `serial` gets the chip's serial number, zeros where the pattern has none; `text` the subject.
 */
bool signer_subject_match(const struct profile_certificate *certificate, struct bytes subject,
                          uint8_t serial[static CHIP_SERIAL_BYTES], char text[static PROFILE_SUBJECT_TEXT_MAX]);

#endif
