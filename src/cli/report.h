/* SPDX-License-Identifier: Apache-2.0 */
/* What a verb that provisions prints of plan and result: the same whether the engine ran here or on a board. */
#ifndef IMPRINT_CLI_REPORT_H
#define IMPRINT_CLI_REPORT_H

#include "station/board_maker.h"
#include "station/evidence.h"
#include "cli/output.h"
#include "station/history.h"
#include "station/parts_listed.h"
#include "station/station.h"
#include "station/station_ledger.h"
#include "provision/provision.h"

/* What is reported. */
struct report {
    const struct output *output;
    const struct profile *profile;
    const struct provision_plan *plan;
    const struct provision_evidence *evidence;
    const char *record_path;
    const struct genuine *genuine;     /* NULL: not checked */
    const struct parts_listed *listed; /* NULL: not asked */
    const json_t *not_proven;          /* of a board, what is its word alone: station/board_maker.h; else NULL */
    const char *key_store; /* folder, image or words for the flash that keeps an IO protection key; NULL: unknown */
    const struct rehearsal *rehearsal;
    const json_t *certificates;    /* of the result: station/certificate_issue.h; NULL: the profile has none */
    const json_t *data;            /* of the result: station/data_files.h; NULL: the profile has none */
    const json_t *connections;     /* of the result: connection_proof_shown(); NULL: the profile has none */
    const struct run_facts *facts; /* of the result */
    bool adopts;                   /* the verb is adopt */
};

/* What a refused device is, before it is said why it is refused. Nothing where that is not known. */
void report_show_refused(const struct report *report, enum error_reason reason);

/* The plan, and what the device is before it: as the result of a dry run, else as talk. */
void report_show_plan(const struct report *report, bool is_result);

/* A record that could not be stored: on stdout, with and without --json, so that it is not lost. Takes it over. */
void report_show_unsaved(json_t *record);

/* The request in the file at `path`, of the profile's key at `index`. */
void report_show_request(const struct report *report, size_t index, const char *path, const char *pem);

/*
 * Ends a run: its line goes into the ledger, into the history of the device, where that is known (`run->serial`), and
 * with --json to stdout. True if the run succeeded and its line is kept. False with `err`, the run's failure, else why
 * the line could not be kept: then it is on stdout, with and without --json.
 */
bool report_end_run(const struct output *output, struct station_ledger *ledger, const struct history_run *run,
                    struct error *err);

/* The same for a line that is made already, which it takes over. `ok`: the run succeeded. `serial` may be NULL. */
bool report_end_line(const struct output *output, struct station_ledger *ledger, const uint8_t *serial, json_t *line,
                     bool ok, struct error *err);

void report_show_result(const struct report *report, bool record_written);

/* A server that does not accept the device takes nothing from it: to be told before the reason is. */
void report_show_unconnected(const struct output *output, const struct provision_evidence *evidence,
                             const char *record);

#endif
