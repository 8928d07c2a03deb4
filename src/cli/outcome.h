/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verb that provisions tells of plan and result, and keeps as the device's record: the same whether the engine
 * ran here or on a board.
 */
#ifndef IMPRINT_CLI_OUTCOME_H
#define IMPRINT_CLI_OUTCOME_H

#include "cli/evidence.h"
#include "cli/output.h"
#include "provision/provision.h"

/* What is told about. `record` is the device's earlier one, NULL for none. */
struct outcome {
    const struct output *output;
    const struct profile *profile;
    const struct provision_plan *plan;
    const struct provision_evidence *evidence;
    const json_t *record;
    const char *record_path;
    const char *board, *application; /* who ran the engine, where it was not this program; else NULL */
};

/* What a refused device is, before it is said why it is refused. Nothing where that is not known. */
void outcome_show_refused(const struct outcome *outcome, enum error_reason reason);

/* The plan, and what the device is before it: as the result of a dry run, else as talk. */
void outcome_show_plan(const struct outcome *outcome, bool is_result);

/*
 * A key that was there already must be the one that was recorded. It proves itself either way, so only the record can
 * tell that somebody has put another key into the slot since; the record is then left as it is.
 */
bool outcome_check_recorded_keys(const struct outcome *outcome, struct error *err);

/* Keeps the evidence: in the record, or where that fails on stdout, so that it is not lost. */
bool outcome_keep(const struct outcome *outcome, bool *written, struct error *err);

void outcome_show_result(const struct outcome *outcome, bool record_written);

#endif
