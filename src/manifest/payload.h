/* SPDX-License-Identifier: Apache-2.0 */
/* What was signed in an element of a manifest: the SecureElement object. For the files of this folder alone. */
#ifndef IMPRINT_MANIFEST_PAYLOAD_H
#define IMPRINT_MANIFEST_PAYLOAD_H

#include <jansson.h>

#include "manifest/element.h"

/* The serial number from "0123f1822c38dd7a01", in either case. */
bool payload_read_serial(const json_t *value, uint8_t serial[static MANIFEST_SERIAL_BYTES]);

/* Reads and checks it; `signer` has signed it. With a fault, `err` says why. */
enum manifest_fault payload_read(const json_t *payload, const struct manifest_signer *signer,
                                 struct manifest_trust *trust, struct manifest_part *part, struct error *err);

#endif
