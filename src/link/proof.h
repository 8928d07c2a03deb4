/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that a key signs to prove to a station that the device holds it. Nothing else that a key signs has this
 * form, so the signature is useless for other purposes, and the console cannot be used to sign chosen data:
 *
 *     imprint proof of possession 1
 *     chip 01230015D655592701
 *     key 18
 *     challenge 00112233...
 *
 * Each line ends with LF.
 */
#ifndef IMPRINT_LINK_PROOF_H
#define IMPRINT_LINK_PROOF_H

#include "base/bytes.h"

#define LINK_SERIAL_BYTES 9
#define LINK_CHALLENGE_MIN 16 /* with fewer bytes, a challenge could repeat by chance */
#define LINK_CHALLENGE_MAX 32
#define LINK_PROOF_MAX 160

/* Overwrites `out` with the text. False when the challenge's length is out of bounds or `out` is too small. */
bool link_proof_text(const uint8_t serial[static LINK_SERIAL_BYTES], uint32_t key_id, struct bytes challenge,
                     struct bytes_out *out);

#endif
