/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of every run, whatever went before it and whatever went wrong in it. The rules work on the chip's
 * memory and on the stored bytes, and use none of the product's code that they judge. A broken one is noted with
 * board_fail(). The first three are called by power_run(): before PSA starts, after, and at the end.
 */
#ifndef IMPRINT_TEST_POWER_VERDICT_H
#define IMPRINT_TEST_POWER_VERDICT_H

#include "test/power/board.h"

void verdict_before(struct board *board);
void verdict_started(struct board *board);
void verdict_ended(struct board *board);

/* For scenes: the key works and shows the right public key, by libcrypto's opinion. False where it does not. */
bool verdict_public_key(struct board *board, uint32_t key_id, uint8_t slot, const uint8_t point[static 65]);
bool verdict_signature(struct board *board, uint32_t key_id, const uint8_t point[static 65], struct bytes digest,
                       const uint8_t signature[static 64]);

/* The device has come to the state of the unbroken run, fresh keys aside; what differs, else, into `failure`. */
bool verdict_same_end(const struct scene *scene, const struct outcome *outcome, const struct outcome *unbroken,
                      char failure[static FAILURE_MAX]);

/* The run found nothing to do and left no trace. */
bool verdict_wrote_nothing(const struct outcome *outcome, char failure[static FAILURE_MAX]);

/* A run that met `fault` may fail for such a reason. */
bool verdict_may_fail(const struct moment *fault, const struct outcome *outcome, char failure[static FAILURE_MAX]);

#endif
