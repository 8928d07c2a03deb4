/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for what the chip layer met. It notes failures and rules as numbers in `struct error`; these calls put the
 * words beside them, for whoever prints the error. Nothing else in chip/ refers to the words, so that a microcontroller
 * that prints numbers carries none of them.
 */
#ifndef IMPRINT_CHIP_WORDS_H
#define IMPRINT_CHIP_WORDS_H

#include "chip/chip.h"
#include "chip/config.h"

/* Cause and advice for `err->chip_failure`, or the cause for `err->slot_rule`: each only where `err` has no cause. */
void chip_words_for_failure(struct error *err);
void chip_words_for_rule(struct error *err);

#endif
