/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint board provision: has a board's factory application do what its compiled-in profile says, checks everything
 * that it reports, and keeps the record; where told how the images are switched, it proves the keys through the primary
 * application afterwards. What the board does is firmware/factory/'s.
 */
#include "cli/board_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "cli/board_switch.h"
#include "cli/board_verbs.h"
#include "cli/confirm.h"
#include "cli/cosign_print.h"
#include "cli/line_print.h"
#include "cli/report.h"
#include "profile/board_number.h"
#include "station/board_data.h"
#include "station/board_image.h"
#include "station/board_known.h"
#include "station/board_maker.h"
#include "station/board_proof.h"
#include "station/certificate_record.h"
#include "station/evidence.h"
#include "station/folder.h"
#include "station/profile_file.h"
#include "station/quarantine.h"
#include "station/stop.h"

#define REPORTS 3 /* how often results are asked for again of which lines were damaged */

enum board_option {
    OPTION_CONSOLE,
    OPTION_DRY_RUN,
    OPTION_ARM,
    OPTION_CONFIRM,
    OPTION_ONLY,
    OPTION_REHEARSAL,
    OPTION_OPERATOR,
    OPTION_ORDER,
    OPTION_BOARD,
    OPTION_SOCKET,
    OPTION_FIRMWARE,
    OPTION_TRIES,
    OPTION_TIMEOUT,
    OPTION_SWITCH,
    OPTION_PRIMARY_CONSOLE,
    OPTION_END,
    OPTION_FINISHED,
    OPTION_COUNT
};
_Static_assert((int)OPTION_COUNT <= CLI_VALUES_MAX, "each option has a value");
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CONSOLE] = {"console", 'c', "PORT", "the board's console: a serial port, 115200 8N1 (required)", NULL},
    [OPTION_DRY_RUN] = {"dry-run", 'n', NULL, "show the plan, change nothing", NULL},
    [OPTION_ARM] = {"arm", 0, "SERIAL:DIGEST",
                    "allow irreversible steps: for one device and profile (both numbers are in the plan); SERIAL alone "
                    "for one device and any profile; the word profile for any device. Any other is refused",
                    "profile"},
    [OPTION_CONFIRM] = {"confirm", 0, NULL,
                        "show the plan, then wait for a line on stdin: SERIAL:DIGEST continues and arms, SERIAL "
                        "continues; at the end of stdin the device is not changed",
                        NULL},
    [OPTION_ONLY] = {"only", 0, "SERIAL", "refuse any other device than this one", NULL},
    [OPTION_REHEARSAL] = {"rehearsal", 0, NULL,
                          "allow an emulated board and published TEST keys for this run; the record says so", NULL},
    [OPTION_OPERATOR] = {"operator", 0, "NAME", "who runs this: a name or number for the record", NULL},
    [OPTION_ORDER] = {"order", 0, "ORDER", "take one unit of this work order", NULL},
    [OPTION_BOARD] = {"board", 0, "NUMBER", "the board's number; each is used once", NULL},
    [OPTION_SOCKET] = {"socket", 0, "NAME", "the station's socket that the board is in, for the record", NULL},
    [OPTION_FIRMWARE] = {"firmware", 0, "FILE", "refuse a board on which another image runs than this (.bin)", NULL},
    [OPTION_TRIES] = {"tries", 0, "NUMBER",
                      "after so many failures through its own fault the board is in quarantine, here and elsewhere: a "
                      "station gives it, and the record keeps it",
                      NULL},
    [OPTION_TIMEOUT] = {"timeout", 0, "SECONDS", "how long the board may be silent (default: 30)", NULL},
    [OPTION_SWITCH] =
        {"switch", 0, "COMMAND",
         "then run this shell command, which flashes the primary image and resets the board, and prove the keys", NULL},
    [OPTION_PRIMARY_CONSOLE] = {"primary-console", 0, "PORT", "with --switch: the console of the primary application",
                                NULL},
    [OPTION_END] = {"end", 0, NULL, "end the factory application when done", NULL},
    [OPTION_FINISHED] = {"finished", 0, NULL, "confirm a finished device; refuse one that the profile would change",
                         NULL},
};

static bool is_first(bool shown[static PROVISION_STEPS_MAX], const struct board_run *run,
                     const struct provision_step *step)
{
    bool *const one = &shown[step - run->results.plan.steps];
    const bool first = !*one;

    *one = true;
    return first;
}

static void on_frame(void *context, const struct link_words *words)
{
    struct board_run *run = context;
    const struct provision_step *step;
    const char *verb = words->word[0];

    board_results_take(&run->results, words, &step);
    if (step == NULL)
        return;
    if (strcmp(verb, "locking") == 0 && is_first(run->locked, run, step)) {
        progress_lock(&run->progress, run->results.plan.serial, step);
    } else if (strcmp(verb, "finished") == 0) {
        progress_step(&run->progress, step, true);
    } else if (strcmp(verb, "started") == 0 && is_first(run->started, run, step)) {
        progress_step(&run->progress, step, false);
    }
}

/* The board must run the very profile that was named. */
static bool check_profile(const struct board_run *run, struct error *err)
{
    if (strcmp(run->board.digest, run->digest) == 0)
        return true;
    error_set(err, ERROR_WRONG_CONFIGURATION, "the board's factory image was made from another profile than this one",
              "name that profile, or build the image again: imprint compile PROFILE --c");
    error_doing(err, "begin");
    error_with_subject(err, run->board.profile);
    return false;
}

/* The device's earlier record. A damaged one is as none. */
static bool load_older(struct board_run *run, const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    struct error failure = {.reason = ERROR_NONE};

    if (!folder_of_device(&run->cli->station.config, serial, "record.json", run->record_path, err))
        return false;
    if (evidence_load(run->record_path, &run->record, &failure)) {
        run->issuing.issue.record = run->record;
        return true;
    }
    run->record_is_damaged = failure.reason == ERROR_STORAGE_CORRUPT;
    if (run->record_is_damaged)
        return true;
    error_set(err, ERROR_RECORD_FAILED, failure.cause, "make the file readable, then run the same command again");
    error_with_errno(err, failure.system_errno);
    error_with_subject(err, run->record_path);
    return false;
}

/* A damaged record is moved aside for whoever can repair it: the run proves all that a new one needs. */
static bool set_damaged_aside(const struct board_run *run, struct error *err)
{
    char damaged[PATH_MAX];
    int n = snprintf(damaged, sizeof damaged, "%s.damaged", run->record_path);

    if (!run->record_is_damaged)
        return true;
    if (n > 0 && (size_t)n < sizeof damaged && rename(run->record_path, damaged) == 0) {
        output_say(&run->cli->output, "imprint: warning: %s: the device's record is damaged; moved to %s",
                   run->record_path, damaged);
        return true;
    }
    error_set(err, ERROR_RECORD_FAILED, "the device's record is damaged, and cannot be moved aside",
              "move it away yourself, then run the same command again");
    error_with_errno(err, errno);
    error_with_subject(err, run->record_path);
    return false;
}

static bool ask_for_plan(struct board_run *run, struct error *err)
{
    const struct board_command plan = {.verb = "plan", .may_stop = true, .frame = on_frame, .context = run};

    for (int attempt = 0; attempt < REPORTS; attempt++) {
        board_results_clear(&run->results);
        if (!board_ask(&run->board, &plan, err))
            return false;
        if (board_results_plan_complete(&run->results))
            return true;
    }
    return board_garbled(run->cli->values[OPTION_CONSOLE], err);
}

/* Names the recorded keys to the board. True in `*spares` where one of them need not sign because of that. */
static bool tell_known(struct board_run *run, const uint8_t serial[static CHIP_SERIAL_BYTES], bool *spares,
                       struct error *err)
{
    struct board_results *results = &run->results;

    results->record = run->record;
    board_known_find_spared(&run->cli->station.config, &run->profile, run->record, serial, results->spared);
    for (size_t i = 0; i < run->profile.key_count; i++)
        *spares = *spares || results->spared[i];
    return run->record == NULL || board_known_tell(&run->board, &run->profile, run->record, results->spared, err);
}

/* Whether chip and microcontroller belong together, as far as record, ledger and line know them. */
static bool check_mcu(struct board_run *run, const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    return board_known_check_mcu(&run->board, run->record, err) &&
           station_ledger_check_mcu(&run->ledger, run->board.mcu, serial, err);
}

/*
 * The board says which device it is in its plan, or in its refusal to make one. Then it is told what the record of that
 * device says, and sent the certificates that are kept for it; where that spares a key, or may lift the refusal, the
 * plan is another.
 */
static bool ask_plan(struct board_run *run, struct error *err)
{
    static const bool none[PROFILE_KEYS_MAX];
    char room[ERROR_ROOM];
    struct error refusal = ERROR_IN(room);
    uint8_t serial[CHIP_SERIAL_BYTES];
    bool ok, spares = false, sent = false;

    if (!board_known_tell(&run->board, &run->profile, NULL, none, err))
        return false;
    ok = ask_for_plan(run, &refusal);
    memcpy(serial, ok ? run->results.plan.serial : refusal.serial, sizeof serial);
    if ((ok || refusal.has_serial) && (!load_older(run, serial, err) || !tell_known(run, serial, &spares, err) ||
                                       !board_certificates_send_kept(&run->certificates, serial, &sent, err)))
        return false;
    if (spares || sent) {
        error_clear(&refusal);
        ok = ask_for_plan(run, &refusal);
    }
    if (ok)
        return true;
    /* Why a board refuses a chip that is not its own is told by the chip's record. */
    if (!refusal.has_serial || check_mcu(run, refusal.serial, err)) {
        board_advise_lost_flash(&run->profile, &refusal);
        error_pass(err, &refusal);
    } else {
        error_with_serial(err, serial);
    }
    return false;
}

/* Whether something is still to be done that loses a key for ever. */
static bool loses_key(const struct provision_plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].replaces && !plan->steps[i].done)
            return true;
    }
    return false;
}

/* A key that the device's record names, or may name, is kept, whatever is armed. */
static bool check_lost(const struct board_run *run, struct error *err)
{
    const struct provision_plan *plan = &run->results.plan;

    if (run->record_is_damaged && loses_key(plan))
        return evidence_refuse_damaged(run->record_path, err);
    for (size_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].done || evidence_may_lose(run->record, &plan->steps[i], err))
            continue;
        error_doing(err, plan->steps[i].kind->doing);
        return false;
    }
    return evidence_may_make(run->record, &run->profile, plan, err);
}

/* An image that is armed for every device needs no word of ours, but the user's all the same. */
static bool arm(struct board_run *run, struct error *err)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], digest[ARMING_DIGITS + 1];
    const struct board_command command = {.verb = "arm", .words = {serial, digest}};
    bool wanted = false;

    if (!arming_check_plan(&run->arming, &run->profile, &run->results.plan, err))
        return false;
    for (size_t i = 0; i < run->results.plan.step_count; i++)
        wanted = wanted || (run->results.plan.steps[i].forever && !run->results.plan.steps[i].done);
    if (!wanted)
        return true;
    hex_encode(bytes_of(run->results.plan.serial, sizeof run->results.plan.serial), serial);
    snprintf(digest, sizeof digest, "%.*s", ARMING_DIGITS, run->digest);
    return board_ask(&run->board, &command, err);
}

/* Who made the part, where the profile asks for it: before anything is written. */
static bool check_maker(struct board_run *run, struct error *err)
{
    const uint8_t *serial = run->results.plan.serial;

    if (run->profile.genuine != PROFILE_GENUINE_UNCHECKED &&
        !board_maker_check(&run->board, serial, &run->genuine, err))
        return false;
    run->not_proven = board_maker_not_proven(&run->genuine, &run->profile, NULL);
    if (run->genuine.result == GENUINE_UNPROVEN && run->profile.genuine == PROFILE_GENUINE_REQUIRED) {
        error_set(err, ERROR_NOT_GENUINE, run->genuine.cause, NULL);
        error_doing(err, "verify the maker's certificates");
        error_with_serial(err, serial);
        return false;
    }
    return run->genuine.result != GENUINE_VIRTUAL ||
           rehearsal_note(&run->rehearsal, REHEARSAL_TEST_ROOT, run->genuine.root, err);
}

/* All that the board has said, and which of it is still its word alone. */
static bool check_results(struct board_run *run, struct error *err)
{
    if (!board_results_check(&run->results, &run->source, err) ||
        !board_maker_check_key(&run->genuine, &run->results.evidence, err) ||
        !board_certificates_check(&run->certificates, err))
        return false;
    if (run->profile.certificate_count != 0)
        run->issued = certificate_record_value(&run->issuing.issue, run->results.evidence.serial);
    json_decref(run->not_proven);
    run->not_proven = board_maker_not_proven(&run->genuine, &run->profile, &run->results.evidence);
    return true;
}

/* The board's run has stopped for a certificate: has it issued, and the board go on. */
static bool issue_and_finish(struct board_run *run, const struct board_command *finish, struct error *err)
{
    error_clear(err);
    if (!stop_is_wanted())
        return board_certificates_issue(&run->certificates, err) && board_ask(&run->board, finish, err);
    error_set(err, ERROR_INTERRUPTED, "stopped before a certificate was issued", NULL);
    return false;
}

/* Once: the board says how far it got. What was damaged of its results is asked for again. */
static bool ask_run(struct board_run *run, struct error *err)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], nonce[HEX_SIZE(PROVISION_CHALLENGE_BYTES)];
    const struct board_command go = {
        .verb = "run", .words = {serial, nonce}, .may_stop = true, .frame = on_frame, .context = run};
    const struct board_command finish = {
        .verb = "finish", .words = {serial, nonce}, .may_stop = true, .frame = on_frame, .context = run};
    const struct board_command report = {.verb = "report", .frame = on_frame, .context = run};
    bool ok;

    if (stop_is_wanted()) {
        error_set(err, ERROR_INTERRUPTED, "stopped before anything was written", NULL);
        return false;
    }
    if (run->results.plan.changes_left > 0)
        station_order_note_change(&run->order);
    if (!board_make_nonce(run->results.nonce, err))
        return false;
    hex_encode(bytes_of(run->results.plan.serial, sizeof run->results.plan.serial), serial);
    hex_encode(bytes_of(run->results.nonce, sizeof run->results.nonce), nonce);
    run->executed = true;
    board_results_accept_plan(&run->results);
    progress_init(&run->progress, &run->cli->output, &run->profile, &run->results.plan);
    ok = board_ask(&run->board, &go, err);
    while (!ok && err->reason == ERROR_CERTIFICATE_AWAITED)
        ok = issue_and_finish(run, &finish, err);
    progress_end(&run->progress);
    for (int attempt = 0; ok && !board_results_complete(&run->results); attempt++)
        ok = attempt < REPORTS ? board_ask(&run->board, &report, err)
                               : board_garbled(run->cli->values[OPTION_CONSOLE], err);
    return ok;
}

/* --- afterwards ----------------------------------------------------------------------------------------------------
 */

static bool prove_afterwards(struct board_run *run, struct error *err)
{
    const char *const *values = run->cli->values;
    const char *console =
        values[OPTION_PRIMARY_CONSOLE] != NULL ? values[OPTION_PRIMARY_CONSOLE] : values[OPTION_CONSOLE];
    const struct board_proof proof = {
        .board = &run->board, .serial = run->results.evidence.serial, .operator_name = values[OPTION_OPERATOR]};
    struct run_facts facts = {.verb = "board prove",
                              .device = console,
                              .operator_name = values[OPTION_OPERATOR],
                              .is_console = true,
                              .is_virtual = rehearsal_is_virtual_console(console)};
    int silence_ms = run->board.silence_ms;

    /* The command may run imprint. */
    station_ledger_close(&run->ledger);
    board_close(&run->board);
    if (!board_switch_run(values[OPTION_SWITCH], err))
        return false;
    return run_facts_start(&facts, err) && board_open(&run->board, &run->cli->station, console, silence_ms, err) &&
           board_prove(&run->cli->output, &proof, &facts, BOARD_SWITCH_MS, true, err);
}

/*
 * While the run waited, the board may have been reset or another one put in its place, and others may have written to
 * the ledger: what was asked of them is asked anew, but for the plan. The board makes that itself when it runs, and
 * refuses another chip than the one that is named to it.
 */
static bool look_again(struct board_run *run, struct error *err)
{
    static const bool none[PROFILE_KEYS_MAX];
    const uint8_t *serial = run->results.plan.serial;
    bool spares = false, sent = false;

    run_facts_time(run->facts.started); /* how long somebody read the plan is no part of the run */
    station_ledger_close(&run->ledger);
    run->ledger.is_dry = false;
    return board_connect(&run->board, "factory", BOARD_GREETING_MS, false, err) && check_profile(run, err) &&
           board_image_ask(&run->board, run->cli->values[OPTION_FIRMWARE], err) &&
           board_certificates_check_board(&run->board, &run->profile, err) &&
           board_data_check_board(&run->board, &run->profile, err) &&
           board_known_tell(&run->board, &run->profile, NULL, none, err) && tell_known(run, serial, &spares, err) &&
           board_certificates_send_kept(&run->certificates, serial, &sent, err) &&
           station_order_check(&run->order, &run->ledger, &run->profile, err) &&
           quarantine_check(&run->ledger, serial, run->facts.tries, err) &&
           station_order_ask(&run->order, &run->ledger, serial, err) && check_mcu(run, serial, err);
}

/* Until the answer comes the run is a dry one, for the ledger, too. `*continues` is false where nothing is to be done.
 */
static bool confirm(struct board_run *run, bool *continues, struct error *err)
{
    *continues = run->cli->values[OPTION_DRY_RUN] == NULL;
    if (run->cli->values[OPTION_CONFIRM] == NULL)
        return true;
    return confirm_ask(&run->cli->output, &run->profile, &run->results.plan, &run->arming, continues, err) &&
           (!*continues || look_again(run, err));
}

static bool provision_board(struct board_run *run, struct error *err)
{
    const struct board_command end = {.verb = "end"};
    struct report plan = {.output = &run->cli->output,
                          .profile = &run->profile,
                          .plan = &run->results.plan,
                          .genuine = &run->genuine,
                          .listed = &run->listed,
                          .key_store = BOARD_KEY_STORE,
                          .rehearsal = &run->rehearsal};
    const char *const *values = run->cli->values;
    bool continues, switches = values[OPTION_SWITCH] != NULL, written = false;

    if (!rehearsal_check_console(&run->rehearsal, values[OPTION_CONSOLE], err) ||
        !board_connect(&run->board, "factory", BOARD_GREETING_MS, false, err) || !check_profile(run, err) ||
        !board_image_ask(&run->board, values[OPTION_FIRMWARE], err) ||
        !board_certificates_check_board(&run->board, &run->profile, err) ||
        !board_data_check_board(&run->board, &run->profile, err) || !connection_proof_check(&run->proof, err) ||
        !ask_plan(run, err) || !board_certificates_check_plan(&run->results, err) ||
        !board_tls_plan(&run->results, err))
        return false;
    run->has_plan = true;
    if (!quarantine_check(&run->ledger, run->results.plan.serial, run->facts.tries, err) ||
        !station_order_ask(&run->order, &run->ledger, run->results.plan.serial, err) ||
        !arming_check_device(&run->arming, &run->results.plan, err) || !check_maker(run, err) ||
        !parts_listed_find(&run->listed, &run->cli->station.config, &run->profile, run->results.plan.serial, err))
        return false;
    if (!check_mcu(run, run->results.plan.serial, err) || !check_lost(run, err)) {
        error_with_serial(err, run->results.plan.serial);
        report_show_refused(&plan, err->reason);
        return false;
    }
    if (!evidence_check_room(run->record_path, &run->profile, &run->results.plan, err))
        return false;
    plan.not_proven = run->not_proven;
    parts_listed_note(&run->listed, &run->results.plan);
    report_show_plan(&plan, values[OPTION_DRY_RUN] != NULL);
    if (!confirm(run, &continues, err) || !continues)
        return err->reason == ERROR_NONE;
    if (!rehearsal_check_imports(&run->rehearsal, &run->profile, &run->results.plan, &run->source, err) ||
        !station_ledger_check(&run->ledger, err) ||
        !certificate_issue_open(&run->issuing.issue, &run->results.plan, err) || !set_damaged_aside(run, err) ||
        !arm(run, err) || !station_order_claim(&run->order, &run->ledger, run->results.plan.serial, err) ||
        !ask_run(run, err) || !check_results(run, err))
        return false;
    run->is_proven = true;
    if (!rehearsal_check_evidence(&run->rehearsal, &run->results.evidence, err) || !board_run_keep(run, &written, err))
        return false;
    if ((switches || values[OPTION_END] != NULL) && !board_ask(&run->board, &end, err))
        return false;
    if (switches)
        return prove_afterwards(run, err);
    return true;
}

static bool check_options(struct board_run *run, int *silence_ms, struct error *err)
{
    const char *const *values = run->cli->values;

    if (values[OPTION_PRIMARY_CONSOLE] != NULL && values[OPTION_SWITCH] == NULL) {
        error_set(err, ERROR_USAGE, "--primary-console is for --switch",
                  "leave it out, or say how images are switched");
        return false;
    }
    if (values[OPTION_CONFIRM] != NULL && values[OPTION_DRY_RUN] != NULL) {
        error_set(err, ERROR_USAGE, "--dry-run and --confirm exclude each other", "leave one of them out");
        return false;
    }
    run->facts = (struct run_facts){.verb = run->cli->verb->name,
                                    .device = values[OPTION_CONSOLE],
                                    .operator_name = values[OPTION_OPERATOR],
                                    .socket = values[OPTION_SOCKET],
                                    .is_console = true};
    if (values[OPTION_CONSOLE] != NULL)
        run->facts.is_virtual = rehearsal_is_virtual_console(values[OPTION_CONSOLE]);
    if (!board_wait_option(values[OPTION_CONSOLE], values[OPTION_TIMEOUT], silence_ms, err) ||
        !run_facts_start(&run->facts, err) || !run_facts_read_tries(values[OPTION_TRIES], &run->facts.tries, err) ||
        !arming_read(&run->arming, values[OPTION_ARM], values[OPTION_ONLY], err))
        return false;
    run->arming.only_finished = values[OPTION_FINISHED] != NULL;
    return true;
}

static bool on_connect(void *context, size_t index, const struct tls_settings *settings, struct tls_result *result,
                       struct error *err)
{
    struct board_run *run = context;

    return board_tls_try(&run->tls, index, settings, result, err);
}

/* The board signs the requests for its certificates, and the handshakes of the connections that prove them. */
static void start_certificates(struct board_run *run)
{
    struct certificate_issue *issue = &run->issuing.issue;

    run->tls = (struct board_tls){.board = &run->board, .results = &run->results, .issue = issue};
    run->proof = (struct connection_proof){.config = &run->cli->station.config,
                                           .record = &run->record,
                                           .profile = &run->profile,
                                           .issue = issue,
                                           .is_board = true,
                                           .connect = on_connect,
                                           .context = run};
    run->certificates = (struct board_certificates){.board = &run->board, .results = &run->results, .issue = issue};
    issue->signer = (struct certificate_signer){.context = &run->certificates, .sign = board_certificates_sign};
}

/* Reads options and profile, and sets up what needs no board yet. False with the reason. */
static bool start_run(struct board_run *run, int *silence_ms, struct error *err)
{
    struct cli *cli = run->cli;
    uint8_t digest[PROFILE_DIGEST_BYTES];

    const bool is_confirmed = cli->values[OPTION_CONFIRM] != NULL;

    run->ledger = (struct station_ledger){.config = &cli->station.config,
                                          .is_dry = is_confirmed || cli->values[OPTION_DRY_RUN] != NULL,
                                          .may_upgrade = is_confirmed};
    run->order = (struct station_order){
        .id = cli->values[OPTION_ORDER], .board = cli->values[OPTION_BOARD], .person = cli->values[OPTION_OPERATOR]};
    run->ledger.order = &run->order;
    if (!check_options(run, silence_ms, err) || !profile_file_read(cli->arguments[0], &run->profile, err) ||
        !profile_check_no_board(&run->profile, err) || !board_data_check_profile(&run->profile, err))
        return false;
    run->rehearsal.allowed =
        run->profile.rehearsal == PROFILE_REHEARSAL_ALLOWED || cli->values[OPTION_REHEARSAL] != NULL;
    cli->output.device = cli->values[OPTION_CONSOLE];
    run->results.profile = &run->profile;
    run->issuing = (struct issuing){.cli = cli,
                                    .ledger = &run->ledger,
                                    .profile = &run->profile,
                                    .rehearsal = &run->rehearsal,
                                    .arm = cli->values[OPTION_ARM]};
    issuing_start(&run->issuing);
    start_certificates(run);
    key_files_init(&run->source, cli->arguments[0]);
    stop_hold_signals();
    if (profile_digest(&run->profile, digest))
        hex_encode(bytes_of(digest, sizeof digest), run->digest);
    return true;
}

/* The run itself, and what is told of it whatever became of it. */
static bool do_run(struct board_run *run, int silence_ms, struct error *err)
{
    struct cli *cli = run->cli;
    bool ok = station_order_check(&run->order, &run->ledger, &run->profile, err) && board_tls_register(err) &&
              verifier_start(&run->verifier, err) &&
              board_open(&run->board, &cli->station, cli->values[OPTION_CONSOLE], silence_ms, err) &&
              provision_board(run, err);

    if (!ok) {
        error_doing(err, "provision the board");
        issuing_advise(&run->issuing, err);
        if (!run->has_ended && !run->ledger.is_dry)
            (void)board_run_end(run, false, err);
    }
    if (!run->ledger.is_dry) {
        ok = line_print_send(&cli->output, &run->ledger, ok, err);
        ok = cosign_print_run(&cli->output, &run->ledger, ok, err);
    }
    return ok;
}

static void free_run(struct board_run *run)
{
    certificate_issue_close(&run->issuing.issue);
    board_close(&run->board);
    verifier_stop(&run->verifier);
    station_ledger_close(&run->ledger);
    json_decref(run->record);
    json_decref(run->not_proven);
    json_decref(run->issued);
    json_decref(run->proven);
    json_decref(run->connected);
    json_decref(run->shown);
    free(run);
}

static enum cli_exit run_board_provision(struct cli *cli)
{
    struct board_run *run = calloc(1, sizeof *run);
    struct error err = ERROR_IN(cli->error_room);
    int silence_ms = 0;
    bool ok;

    if (run == NULL) {
        error_set(&err, ERROR_UNEXPECTED, "there is no memory for the run", NULL);
        return output_error(&cli->output, &err);
    }
    run->cli = cli;
    run->board.fd = -1;
    ok = start_run(run, &silence_ms, &err);
    if (ok)
        ok = do_run(run, silence_ms, &err);
    else if (err.reason != ERROR_USAGE)
        error_doing(&err, "provision the board");
    const enum cli_exit code = ok ? CLI_DONE : output_error(&cli->output, &err);

    free_run(run);
    return code;
}

const struct cli_verb cli_verb_board_provision = {
    .name = "board provision",
    .arguments = "PROFILE",
    .summary = "Let a board's factory application provision the board",
    .description = "Talks to the factory application over the board's console: shows its plan, arms\n"
                   "irreversible steps where --arm allows it, and starts it. Certificates of the\n"
                   "profile are issued here, as by provision, when their keys have proven\n"
                   "themselves, and sent to the board. Then verifies what the board reports: public\n"
                   "keys, proofs, certificate requests, certificates, configuration. These are kept\n"
                   "in the state folder as record.json, NAME.csr and NAME.crt; every run, failed\n"
                   "ones too, adds a line to history.jsonl beside them. A certificate with\n"
                   "prove: tls is proven at the end: imprint connects to a server of the\n"
                   "connections file, and the board's key signs the handshake (TLS 1.3).\n"
                   "\n"
                   "The board's image must be made from the same profile. You can always run it\n"
                   "again. With --switch the keys are then proven through the primary application,\n"
                   "as board prove does.\n",
    .examples = "  imprint board provision plan.yaml --console /dev/ttyACM0 --dry-run\n"
                "  imprint board provision plan.yaml --console /dev/ttyACM0 --confirm\n"
                "  imprint board provision plan.yaml -c /dev/ttyACM0 --arm profile \\\n"
                "      --switch './flash primary.bin'\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_board_provision,
};
