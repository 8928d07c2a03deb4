/* SPDX-License-Identifier: Apache-2.0 */
/* What witnesses and time stamping authorities say of the ledger, for the verbs. */
#ifndef IMPRINT_CLI_COSIGN_PRINT_H
#define IMPRINT_CLI_COSIGN_PRINT_H

#include "cli/output.h"
#include "station/cosigning.h"
#include "station/stamping.h"
#include "station/station_ledger.h"

/* Prints what became of one witness. `context` is a struct cosign_place. */
struct cosign_place {
    const struct output *output;
};
void cosign_print_told(void *context, const struct cosigning_told *told);

/* Prints when the authority stamped what. */
void cosign_print_stamped(const struct output *output, const struct stamping_result *result);

/*
 * Ends a run whose entry is in the ledger: asks the witnesses and the time stamping authority of ledger.yaml that are
 * due. Who was not reached is a warning. `ok` as it was; false with a reason where a witness saw another continuation
 * of this log, or a longer one, and the run had succeeded.
 */
bool cosign_print_run(const struct output *output, struct station_ledger *ledger, bool ok, struct error *err);

#endif
