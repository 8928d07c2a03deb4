/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip's random numbers for the host: what a board without a generator of its own gives Mbed TLS for entropy. They
 * cross the bus in the clear; docs/guide/porting.md says what may be made of them, and what not.
 */
#ifndef IMPRINT_PSA_RANDOM_H
#define IMPRINT_PSA_RANDOM_H

#include <psa/crypto.h>

#include "psa/driver.h"

/*
 * Fills `len` bytes at `out`. PSA_ERROR_INSUFFICIENT_ENTROPY where the chip has none to give: its config zone is
 * unlocked and it answers with a fixed pattern, its health test failed, or it repeats itself; PSA_ERROR_BAD_STATE while
 * the chip is at work for another caller (it would lose what its registers hold); else why the chip did not answer.
 * After a failure `out` is all zero.
 */
psa_status_t driver_random(struct driver *driver, uint8_t *out, size_t len, struct error *err);

#endif
