/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board_run.h"

#include <string.h>
#include <unistd.h>

#include "cli/order_print.h"
#include "cli/report.h"
#include "station/board_data.h"
#include "station/evidence.h"
#include "station/file.h"
#include "station/folder.h"
#include "station/history.h"
#include "station/pem.h"
#include "station/request_files.h"

static bool keep_request(struct board_run *run, const struct report *report, size_t index, struct error *err)
{
    const struct board_request *request = &run->results.requests[index];
    const struct provision_evidence *evidence = &run->results.evidence;
    char pem[PEM_MAX], subject[PROFILE_SUBJECT_TEXT_MAX];

    if (!request_files_path(&run->cli->station.config, evidence->serial, &run->profile.keys[index], run->request_path,
                            err) ||
        !profile_fill_subject(run->profile.keys[index].csr_subject, evidence->serial, subject, err))
        return false;
    /* What was sent to a certificate authority stays what is here, though the board signs a new one each time. */
    if (request_files_is_kept(run->request_path, evidence->keys[index].public_key, subject, pem)) {
        report_show_request(report, index, run->request_path, pem);
        return true;
    }
    if (request->of == 0) {
        error_set(err, ERROR_RECORD_FAILED, "the certificate request that was kept is not there any more", NULL);
        error_with_subject(err, run->request_path);
        return false;
    }
    if (!pem_of_request(bytes_of(request->der, request->len), pem, err))
        return false;
    if (!file_replace(run->request_path, bytes_of(pem, strlen(pem)), 0600, ERROR_RECORD_FAILED, err)) {
        error_doing(err, "write the certificate request");
        err->next = "the record is kept; make the file writable, then run the same command again for the request";
        return false;
    }
    report_show_request(report, index, run->request_path, pem);
    return true;
}

/* The requests first: the record names those that were kept. */
static bool keep_requests(struct board_run *run, const struct report *report, struct error *err)
{
    bool ok = true;

    for (size_t i = 0; i < run->profile.key_count && ok; i++) {
        if (run->profile.keys[i].csr_subject[0] != '\0')
            ok = run->has_request[i] = keep_request(run, report, i, err);
    }
    return ok;
}

static struct evidence_run evidence_of(const struct board_run *run)
{
    return (struct evidence_run){
        .profile = &run->profile,
        .evidence = &run->results.evidence,
        .rehearsal = &run->rehearsal,
        .facts = &run->facts,
        .genuine = &run->genuine,
        .listed = &run->listed,
        .not_proven = run->not_proven,
        .older = run->record,
        .record_path = run->record_path,
        .has_request = run->has_request,
        .data = run->proven,
        .certificates = run->issued,
        .connections = run->connected,
        .board = run->board.name,
        .application = run->board.version,
        .mcu = run->board.mcu,
        .firmware = run->board.firmware,
    };
}

/*
 * Whether the history of this device is the right place for the run. Until its keys have proven themselves, the serial
 * number is only the board's word: then a line goes to a device that this station knows, and none begins a new one.
 */
static bool is_known(const struct board_run *run)
{
    struct error ignored = {.reason = ERROR_NONE};
    char folder[PATH_MAX];

    return run->is_proven ||
           (run->has_plan &&
            folder_of_device(&run->cli->station.config, run->results.plan.serial, "", folder, &ignored) &&
            access(folder, F_OK) == 0);
}

bool board_run_end(struct board_run *run, bool ok, struct error *err)
{
    const struct evidence_run evidence = evidence_of(run);
    const struct history_run ended = {
        .evidence = &evidence,
        .serial = is_known(run) ? run->results.plan.serial : NULL,
        .serial_checked = run->is_proven,
        .config = board_results_complete(&run->results) ? &run->results.evidence.config : NULL,
        .plan = progress_plan(&run->profile, &run->results.plan),
        .executed = run->executed,
        .failure = ok ? NULL : err,
    };

    run->has_ended = true;
    run_facts_end(&run->facts);
    run->ledger.is_finished = run->is_kept;
    ok = report_end_run(&run->cli->output, &run->ledger, &ended, err);
    json_decref(ended.plan);
    return ok;
}

static bool keep_record(struct board_run *run, bool *written, struct error *err)
{
    const struct evidence_run kept = evidence_of(run);
    json_t *unsaved;

    if (evidence_keep(&kept, written, &unsaved, err))
        return true;
    report_show_unsaved(unsaved);
    return false;
}

/* This station connects, and the board's key signs: last, when the device is finished and recorded. */
static bool prove_connections(struct board_run *run, bool *written, struct error *err)
{
    bool ok, more = false;

    if (!connection_proof_is_wanted(&run->profile))
        return true;
    run->is_kept = true;
    ok = connection_proof_run(&run->proof, &run->results.plan, progress_show, &run->progress, err);
    progress_end(&run->progress);
    if (!ok) {
        report_show_unconnected(&run->cli->output, &run->results.evidence, run->record_path);
        return false;
    }
    run->connected = connection_proof_record(&run->proof);
    run->shown = connection_proof_shown(&run->proof);
    ok = keep_record(run, &more, err);
    *written = *written || more;
    return ok;
}

bool board_run_keep(struct board_run *run, bool *written, struct error *err)
{
    struct report report = {
        .output = &run->cli->output,
        .profile = &run->profile,
        .plan = &run->results.plan,
        .evidence = &run->results.evidence,
        .record_path = run->record_path,
        .rehearsal = &run->rehearsal,
        .genuine = &run->genuine,
        .listed = &run->listed,
        .not_proven = run->not_proven,
        .facts = &run->facts,
        .key_store = BOARD_KEY_STORE,
        .certificates = run->issued,
    };
    struct evidence_run kept;
    struct error ignored = {.reason = ERROR_NONE};
    char above[PATH_MAX];
    bool ok, has_folder;

    run_facts_end(&run->facts);
    run->proven = board_data_record(&run->results, &run->facts);
    report.data = run->proven;
    kept = evidence_of(run);
    if (!evidence_check_recorded_keys(&kept, err))
        return false;
    /* Where the folder cannot be made, evidence_keep() says so and gives back the evidence. */
    folder_above(run->record_path, above);
    has_folder = folder_make(above, &ignored);
    ok = !has_folder || keep_requests(run, &report, err);
    if (!keep_record(run, written, err))
        return false;
    ok = ok && station_ledger_check_keys(&run->ledger, &kept, err) && prove_connections(run, written, err) &&
         board_run_end(run, true, err);
    if (!ok)
        return false;
    report.connections = run->shown;
    report_show_result(&report, *written);
    order_print_progress(&run->cli->output, &run->ledger, run->order.id);
    return true;
}
