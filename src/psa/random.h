/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers from the chip, which a board without its own generator gives to Mbed TLS as entropy. They cross the
 * bus in the clear: docs/guide/porting.md says what they may be used for.
 */
#ifndef IMPRINT_PSA_RANDOM_H
#define IMPRINT_PSA_RANDOM_H

#include <psa/crypto.h>

#include "psa/driver.h"

/*
 * Fills `len` bytes at `out`. PSA_ERROR_INSUFFICIENT_ENTROPY when the chip's config zone is unlocked (it then answers
 * with a fixed pattern), its health test failed, or its numbers repeat, within a call or across calls.
 * PSA_ERROR_BAD_STATE while another driver call is running, because Random would overwrite the chip's registers.
 * Otherwise the status of the failed command. After a failure `out` is all zero.
 */
psa_status_t driver_random(struct driver *driver, uint8_t *out, size_t len, struct error *err);

#endif
