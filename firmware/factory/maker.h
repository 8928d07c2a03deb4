/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the maker put on the board's part, shown to a station: it verifies the certificates, which prove the serial
 * number and the key in slot 0. Nothing is judged here.
 */
#ifndef IMPRINT_FIRMWARE_MAKER_H
#define IMPRINT_FIRMWARE_MAKER_H

#include "link/line.h"
#include "psa/driver.h"

/*
 * The command `maker NONCE` (64 hex digits): frames with what the chip shows, and a signature by the key in slot 0 over
 * the text of a proof (link/proof.h) with the key id CERT_MAKER_KEY_ID. What the chip refuses is left out; a key that
 * counts its uses does not sign. Changes nothing in the chip. False with a reason.
 */
bool maker_show(struct driver *driver, const struct link_words *words, struct error *err);

#endif
