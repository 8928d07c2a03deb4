/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs for boards share: their options, how long they wait, and how a proof is printed. */
#ifndef IMPRINT_CLI_BOARD_VERBS_H
#define IMPRINT_CLI_BOARD_VERBS_H

#include <stdbool.h>

#include "cli/output.h"
#include "provision/provision.h"
#include "station/board_proof.h"
#include "station/run_facts.h"

#define BOARD_GREETING_MS 10000 /* for an application that should be running */
#define BOARD_SWITCH_MS 60000   /* for one that is being flashed and reset */

/* Reads --console, which must be given, and --timeout in seconds, into milliseconds. False with ERROR_USAGE. */
bool board_wait_option(const char *console, const char *timeout, int *silence_ms, struct error *err);

/*
 * Waits for the primary application (board_connect() has the two numbers), proves the recorded keys through it, adds
 * the proof to the device's history, and prints what was proven. `facts` tells who runs it: started. False with a
 * reason.
 */
bool board_prove(const struct output *output, const struct board_proof *proof, struct run_facts *facts, int patience_ms,
                 bool waits, struct error *err);

/* The engine's advice is for a station with the chip on its own bus: of a board that has lost what it must have itself.
 */
void board_advise_lost_flash(const struct profile *profile, struct error *refusal);

/* The answers of this console arrive damaged, however often they are asked for. Always false. */
bool board_garbled(const char *console, struct error *err);

/* What the keys sign in one run. PSA Crypto is started. False with ERROR_PSA. */
bool board_make_nonce(uint8_t nonce[static PROVISION_CHALLENGE_BYTES], struct error *err);

#endif
