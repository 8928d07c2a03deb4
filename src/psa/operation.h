/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that implement operations on slots: how an operation is refused, repeated and ended. */
#ifndef IMPRINT_PSA_OPERATION_H
#define IMPRINT_PSA_OPERATION_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* Notes the reason, and returns `status`. */
psa_status_t operation_refuse(struct driver *driver, psa_status_t status, enum error_reason reason, const char *cause,
                              const char *next);

/* A failure after which the same commands may succeed when sent again. */
bool operation_is_temporary(enum chip_status status);

/*
 * Whether to send a sequence of commands once more: attempt number `*attempt` (from 0) has just ended with `status`.
 * True after a temporary failure, once. No sequence leaves a half-done change.
 */
bool operation_again(struct driver *driver, enum chip_status status, int *attempt);

/* Translates the end of a use of the private key in `slot`. The chip does not say why it refuses one: it is asked. */
psa_status_t operation_of_key(struct driver *driver, uint8_t slot, enum chip_status status);

/* Ends every operation: names the operation if it failed, and puts the chip to sleep. */
psa_status_t operation_end(struct driver *driver, uint8_t slot, const char *doing, psa_status_t status);

#endif
