/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a key signs to show a station that the device has it: a text of its own form, so that a signature made for it is
 * good for nothing else, and a console is no oracle that signs whatever it is sent. For people and openssl it is:
 *
 *     imprint proof of possession 1
 *     chip 01230015D655592701
 *     key 18
 *     challenge 00112233...
 *
 * each line ended by LF.
 */
#ifndef IMPRINT_LINK_PROOF_H
#define IMPRINT_LINK_PROOF_H

#include "base/bytes.h"

#define LINK_SERIAL_BYTES 9
#define LINK_CHALLENGE_MIN 16 /* fewer bytes could meet again by chance */
#define LINK_CHALLENGE_MAX 32
#define LINK_PROOF_MAX 160

/* Writes the text into `out`, from len 0 on. False when the challenge's length is out of bounds, or `out` too small. */
bool link_proof_text(const uint8_t serial[static LINK_SERIAL_BYTES], uint32_t key_id, struct bytes challenge,
                     struct bytes_out *out);

#endif
