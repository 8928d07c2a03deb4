/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint provision: reads the profile, has the engine look at the device, shows the plan, has it done, and keeps the
 * record. The engine decides; this file only connects it to files, terminal and signals. Interrupt signals are blocked
 * and asked for between steps, so that no step is torn by one.
 */
#include "cli/verb_provision.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/hex.h"
#include "cert/check_certificate.h"
#include "chip/operations.h"
#include "station/arming.h"
#include "cli/confirm.h"
#include "cli/issuing.h"
#include "cli/cosign_print.h"
#include "cli/line_print.h"
#include "cli/order_print.h"
#include "cli/report.h"
#include "station/certificate_record.h"
#include "station/connection_proof.h"
#include "station/data_files.h"
#include "station/genuine.h"
#include "profile/board_number.h"
#include "station/profile_file.h"
#include "station/quarantine.h"
#include "station/request_files.h"
#include "station/rehearsal.h"
#include "cli/progress.h"
#include "provision/adopt.h"
#include "provision/kept_keys.h"
#include "provision/steps.h"
#include "station/session.h"
#include "station/key_files.h"
#include "station/station_ledger.h"
#include "station/station_order.h"
#include "station/stop.h"
#include "station/value.h"

enum provision_option {
    OPTION_ARM = PROVISION_SHARED_COUNT,
    OPTION_CONFIRM,
    OPTION_ORDER,
    OPTION_TRIES,
    OPTION_FINISHED,
    OPTION_COUNT
};
static const struct cli_option options[OPTION_COUNT] = {
    PROVISION_SHARED_OPTIONS,
    [OPTION_ARM] = {"arm", 0, "SERIAL:DIGEST",
                    "allow irreversible steps: for one device and profile (both numbers are in the plan); SERIAL alone "
                    "for one device and any profile; the word profile for any device. Any other is refused",
                    "profile"},
    [OPTION_CONFIRM] = {"confirm", 0, NULL,
                        "show the plan, then wait for a line on stdin: SERIAL:DIGEST continues and arms, SERIAL "
                        "continues; at the end of stdin the device is not changed",
                        NULL},
    [OPTION_ORDER] = {"order", 0, "ORDER", "take one unit of this work order for the device", NULL},
    [OPTION_TRIES] = {"tries", 0, "NUMBER",
                      "after so many failures through its own fault the board is in quarantine, here and elsewhere: a "
                      "station gives it, and the record keeps it",
                      NULL},
    [OPTION_FINISHED] = {"finished", 0, NULL, "confirm a finished device; refuse one that the profile would change",
                         NULL},
};

/* What one run of the verb holds. */
struct run {
    struct cli *cli;
    struct session session;
    struct station_ledger ledger;
    struct station_order order;
    struct profile profile;
    struct profile filled; /* the same with the board's number in the certificates' subjects */
    struct key_files source;
    struct progress progress;
    struct provision provision;
    struct provision_plan plan;
    struct provision_evidence evidence;
    struct imprint_write_key write_keys[CHIP_SLOTS];
    struct driver_settings settings;
    struct arming arming;
    struct provision_adoption adoption;
    bool adopt;                         /* the verb is adopt */
    bool has_request[PROFILE_KEYS_MAX]; /* those that are beside the record */
    struct rehearsal rehearsal;
    struct genuine genuine;
    struct parts_listed listed;
    struct issuing issuing;
    struct provision_certificates certificates;
    struct data_files data;
    struct provision_contents contents;
    json_t *proven; /* of the profile's data, what was proven; NULL: it has none */
    json_t *issued; /* of the profile's certificates, what is there; NULL: it has none */
    struct connection_proof proof;
    struct provision_connections connections;
    json_t *connected, *shown; /* connections: for the record, and for the result; NULL: the profile has none */
    struct run_facts facts;
    bool is_open, executed, kept, record_written;
};

static bool on_progress(void *context, const struct provision_plan *plan, const struct provision_step *step,
                        bool finished)
{
    struct run *run = context;

    (void)plan;
    progress_step(&run->progress, step, finished);
    if (stop_is_wanted())
        return false;
    if (!finished && step->is_persistent)
        station_order_note_change(&run->order);
    return true;
}

static bool on_import(void *context, const struct profile_key *key, struct bytes_out *out, struct error *err)
{
    struct run *run = context;

    return key_files_read_key(&run->source, key, out, err);
}

static bool on_matches_record(void *context, const struct provision_key_evidence *key, struct error *err)
{
    struct run *run = context;

    return evidence_check_recorded_key(run->session.record, key, err) &&
           station_ledger_check_key(&run->ledger, run->session.device.serial, key->public_key, err);
}

static bool on_may_replace(void *context, uint8_t slot, const uint8_t *point, struct error *err)
{
    const struct run *run = context;

    if (!run->session.record_is_damaged)
        return evidence_may_replace(run->session.record, slot, point, err);
    error_at_slot(err, slot);
    return evidence_refuse_damaged(run->session.record_path, err);
}

static bool on_armed(void *context, const uint8_t serial[static CHIP_SERIAL_BYTES],
                     const uint8_t profile_digest[static PROFILE_DIGEST_BYTES])
{
    const struct run *run = context;

    return arming_allows(&run->arming, serial, profile_digest);
}

static bool on_before_lock(void *context, const struct provision_plan *plan, const struct provision_step *step)
{
    struct run *run = context;

    progress_lock(&run->progress, plan->serial, step);
    return !stop_is_wanted();
}

static bool on_is_recorded(void *context, const struct profile_key *key)
{
    const struct run *run = context;

    return evidence_key_public(run->session.record, key->id) != NULL;
}

static bool on_recorded(void *context, const struct profile_key *key, const uint8_t *point)
{
    const struct run *run = context;

    return evidence_is_proven(run->session.record, key->id, point) &&
           request_files_need_nothing(&run->cli->station.config, key, run->session.device.serial, point);
}

static bool on_recorded_key(void *context, const struct profile_key *key, uint8_t *point)
{
    const struct run *run = context;

    return evidence_proven_key(run->session.record, key->id, point);
}

/* What would stop the run half-way is found before it begins: TEST keys, key files that cannot be read, arming. */
static bool check_before(struct run *run, struct error *err)
{
    if (run->adopt && !provision_check_adoption(&run->provision, &run->plan, err))
        return false;
    if (!rehearsal_check_write_keys(&run->rehearsal, run->write_keys, run->settings.write_key_count, err) ||
        !rehearsal_check_imports(&run->rehearsal, &run->profile, &run->plan, &run->source, err) ||
        !data_files_check(&run->data, &run->rehearsal, run->plan.serial, err) ||
        !arming_check_plan(&run->arming, &run->profile, &run->plan, err))
        return false;
    if (stop_is_wanted()) {
        error_set(err, ERROR_INTERRUPTED, "stopped before anything was written", NULL);
        return false;
    }
    return true;
}

/*
 * Where DEVICE names another address than the one the chip answers at now, or will after its next power-up, says what
 * to name instead: after failures too, for the next try.
 */
static void say_moved(const struct run *run)
{
    const struct output *output = &run->cli->output;
    const struct device *device = &run->session.device;
    const char *named = run->cli->station.config.device;
    const char *at = device->named_address != 0 ? strrchr(named, '@') : NULL;
    uint8_t address = device_address(device);
    char next[PATH_MAX + 16];

    for (size_t i = 0; i < run->plan.step_count; i++) {
        if (run->plan.steps[i].kind == &provision_step_write_config && run->plan.steps[i].done &&
            run->profile.i2c_address != 0)
            address = run->profile.i2c_address;
    }
    if (device->expected_address == 0 || address == device->expected_address)
        return;
    snprintf(next, sizeof next, "%.*s@0x%02x", at != NULL ? (int)(at - named) : (int)strlen(named), named, address);
    output_say(output, "imprint: the chip's I2C address is 0x%02x now: from here on use --device %s", address, next);
    output_object(output, json_pack("{s:s, s:i, s:o}", "event", "moved", "i2c_address", (int)address, "device",
                                    value_text(next)));
}

/* The certificate requests that the profile asks for: before the record, which names those that are there. */
static bool keep_requests(struct run *run, const struct report *report, struct error *err)
{
    for (size_t i = 0; i < run->evidence.key_count; i++) {
        const struct profile_key *key = &run->profile.keys[i];
        char path[PATH_MAX], pem[PEM_MAX];

        if (key->csr_subject[0] == '\0')
            continue;
        if (!request_files_path(&run->cli->station.config, run->evidence.serial, key, path, err) ||
            !request_files_keep(&run->session, key, &run->evidence.keys[i], path, pem, err))
            return false;
        run->has_request[i] = true;
        report_show_request(report, i, path, pem);
    }
    return true;
}

/* Who made the part, where the profile asks for it. Its answer goes into plan and record. */
static bool check_maker(struct run *run, struct error *err)
{
    const struct device *device = &run->session.device;

    if (run->profile.genuine == PROFILE_GENUINE_UNCHECKED)
        return true;
    if (!genuine_check(&run->genuine, &run->session.device.chip, &device->config, err))
        return false;
    if (run->genuine.result == GENUINE_UNPROVEN && run->profile.genuine == PROFILE_GENUINE_REQUIRED) {
        error_set(err, ERROR_NOT_GENUINE, run->genuine.cause, NULL);
        error_doing(err, "verify the maker's certificates");
        error_with_serial(err, device->serial);
        return false;
    }
    return run->genuine.result != GENUINE_VIRTUAL ||
           rehearsal_note(&run->rehearsal, REHEARSAL_TEST_ROOT, run->genuine.root, err);
}

/* Whether a manifest lists the part, where the profile asks for it. */
static bool check_listed(struct run *run, struct error *err)
{
    struct device *device = &run->session.device;

    return parts_listed_find(&run->listed, &run->cli->station.config, &run->profile, device->serial, err) &&
           parts_listed_check_keys(&run->listed, &device->chip, &device->config, &run->profile, err);
}

static struct report report_of(const struct run *run)
{
    return (struct report){
        .output = &run->cli->output,
        .profile = &run->profile,
        .plan = &run->plan,
        .evidence = &run->evidence,
        .record_path = run->session.record_path,
        .key_store = station_store_place(&run->session.store),
        .rehearsal = &run->rehearsal,
        .genuine = &run->genuine,
        .listed = &run->listed,
        .facts = &run->facts,
        .certificates = run->issued,
        .data = run->proven,
        .connections = run->shown,
        .adopts = run->adopt,
    };
}

static struct evidence_run evidence_of(const struct run *run)
{
    return (struct evidence_run){
        .profile = &run->profile,
        .evidence = &run->evidence,
        .rehearsal = &run->rehearsal,
        .facts = &run->facts,
        .genuine = &run->genuine,
        .listed = &run->listed,
        .older = run->session.record,
        .record_path = run->session.record_path,
        .has_request = run->has_request,
        .certificates = run->issued,
        .data = run->proven,
        .connections = run->connected,
    };
}

/*
 * Whatever became of it, the run goes into the device's history, before success is reported. A device that could not
 * be asked who it is has none. False with the reason.
 */
static bool end_run(struct run *run, bool ok, struct error *err)
{
    const struct evidence_run evidence = evidence_of(run);
    const struct history_run ended = {
        .evidence = &evidence,
        .serial = run->is_open      ? run->session.device.serial
                  : err->has_serial ? err->serial
                                    : NULL,
        .serial_checked = run->is_open || err->has_serial,
        .config = !run->is_open ? NULL
                  : ok          ? &run->evidence.config
                                : &run->session.device.config,
        .plan = progress_plan(&run->profile, &run->plan),
        .executed = run->executed,
        .failure = ok ? NULL : err,
    };

    run_facts_end(&run->facts);
    run->ledger.is_finished = run->kept;
    ok = report_end_run(&run->cli->output, &run->ledger, &ended, err);
    json_decref(ended.plan);
    return ok;
}

/* The certificates that the device gave back, beside the record, which names their files. */
static bool keep_certificates(struct run *run, struct error *err)
{
    const struct output *output = &run->cli->output;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];

    if (!certificate_issue_keep(&run->issuing.issue, err))
        return false;
    hex_encode(bytes_of(run->evidence.serial, sizeof run->evidence.serial), serial);
    for (size_t i = 0; i < run->profile.certificate_count; i++) {
        const struct certificate_issued *issued = &run->issuing.issue.certificates[i];
        const char *name = run->profile.certificates[i].name;
        char place[32];

        if (!issued->is_rebuilt)
            continue;
        if (issued->rebuilt_slot != 0)
            snprintf(place, sizeof place, "slot %u", issued->rebuilt_slot);
        else
            snprintf(place, sizeof place, "PSA data 0x%x", (unsigned)run->profile.certificates[i].psa_id);
        output_say(output, "imprint: certificate %s was not here: put together again from %s, and kept in %s", name,
                   place, issued->path);
        output_object(output, json_pack("{s:s, s:s, s:s, s:s, s:o}", "event", "rebuilt", "serial", serial, "name", name,
                                        "from", place, "file", value_text(issued->path)));
    }
    return true;
}

/* Writes what is proven so far into the record. */
static bool keep_record(struct run *run, struct error *err)
{
    struct evidence_run kept;
    json_t *unsaved;

    json_decref(run->issued);
    json_decref(run->connected);
    run->issued = run->profile.certificate_count != 0
                      ? certificate_record_value(&run->issuing.issue, run->evidence.serial)
                      : NULL;
    run->connected = connection_proof_record(&run->proof);
    kept = evidence_of(run);
    if (evidence_keep(&kept, &run->record_written, &unsaved, err))
        return true;
    report_show_unsaved(unsaved);
    return false;
}

/* What was proven is recorded all the same when a request cannot be written. */
static bool keep_evidence(struct run *run, struct error *err)
{
    const struct report report = report_of(run);
    bool ok;

    if (!rehearsal_check_evidence(&run->rehearsal, &run->evidence, err))
        return false;
    run_facts_end(&run->facts);
    json_decref(run->proven);
    run->proven = data_files_record(&run->data, &run->facts);
    ok = keep_requests(run, &report, err) && keep_certificates(run, err);
    return keep_record(run, err) && ok;
}

/* For the engine, before the first connection: the device is finished, whatever a server says of it. */
static bool on_keep(void *context, const struct provision_evidence *evidence, struct error *err)
{
    struct run *run = context;

    (void)evidence; /* the run's own */
    progress_end(&run->progress);
    run->kept = keep_evidence(run, err);
    return run->kept;
}

/* By GnuTLS, which needs a sixth of the instructions that Mbed TLS needs. */
static bool on_verifies(void *context, const uint8_t *point, psa_algorithm_t hash, struct bytes message,
                        const uint8_t *signature)
{
    const char *name = evidence_hash_name(hash);

    (void)context;
    return name != NULL && cert_check_signature(point, name, message, signature);
}

static bool on_connect(void *context, size_t index, const struct tls_settings *settings, struct tls_result *result,
                       struct error *err)
{
    struct run *run = context;

    (void)index;
    return tls_try(&run->session, settings, result, err);
}

/* The connections go into the record that is there already. */
static bool keep_connections(struct run *run, struct error *err)
{
    run->shown = connection_proof_shown(&run->proof);
    return keep_record(run, err);
}

static void prepare_engine(struct run *run)
{
    run->provision = (struct provision){
        .driver = &run->session.driver,
        .profile = &run->profile,
        .steps = provision_all_steps,
        .config = &run->session.device.config,
        .callbacks = {.context = run,
                      .progress = on_progress,
                      .import_key = on_import,
                      .matches_record = on_matches_record,
                      .recorded = on_recorded,
                      .recorded_key = on_recorded_key,
                      .verifies = on_verifies,
                      .may_replace = on_may_replace,
                      .armed = on_armed,
                      .before_lock = on_before_lock},
    };
    run->issuing = (struct issuing){.cli = run->cli,
                                    .session = &run->session,
                                    .ledger = &run->ledger,
                                    .profile = &run->filled,
                                    .rehearsal = &run->rehearsal,
                                    .arm = run->adopt ? NULL : run->cli->values[OPTION_ARM]};
    issuing_start(&run->issuing);
    run->certificates = certificate_issue_functions(&run->issuing.issue);
    run->provision.certificates = &run->certificates;
    run->contents = data_files_functions(&run->data);
    run->provision.contents = &run->contents;
    run->proof = (struct connection_proof){.config = &run->cli->station.config,
                                           .record = &run->session.record,
                                           .profile = &run->filled,
                                           .issue = &run->issuing.issue,
                                           .connect = on_connect,
                                           .keep = on_keep,
                                           .context = run};
    run->connections = connection_proof_functions(&run->proof);
    run->provision.connections = &run->connections;
    if (run->adopt) {
        run->adoption = provision_adoption_functions;
        run->adoption.is_recorded = on_is_recorded;
        run->adoption.context = run;
        run->provision.adoption = &run->adoption;
    }
}

/* Looks at the device and shows the plan; changes nothing. */
static bool plan_device(struct run *run, const struct report *report, bool dry, struct error *err)
{
    if (!rehearsal_check_device(&run->rehearsal, run->cli->station.config.device, err) || !check_maker(run, err) ||
        !check_listed(run, err))
        return false;
    if (provision_observe(&run->provision, &run->plan, err) != PROVISION_OK ||
        (!run->adopt && !evidence_may_make(run->session.record, &run->profile, &run->plan, err))) {
        report_show_refused(report, err->reason);
        return false;
    }
    if (!arming_check_device(&run->arming, &run->plan, err) ||
        !evidence_check_room(run->session.record_path, &run->profile, &run->plan, err))
        return false;
    parts_listed_note(&run->listed, &run->plan);
    report_show_plan(report, dry);
    return true;
}

/* Keys that this run made or registered: no other device may have them. What was proven is recorded all the same. */
static bool check_ledger(struct run *run, struct error *err)
{
    const struct evidence_run evidence = evidence_of(run);

    return station_ledger_check_keys(&run->ledger, &evidence, err);
}

/* The ledger remembers a device whose record.json is lost. */
static bool find_record(struct run *run, struct error *err)
{
    if (run->session.record != NULL || run->session.record_is_damaged)
        return true;
    return station_ledger_record(&run->ledger, run->session.device.serial, &run->session.record, err);
}

/* The unit of the order, where there is one, and the board's number. Changes nothing. */
static bool ask_order(struct run *run, struct error *err)
{
    if (!station_order_ask(&run->order, &run->ledger, run->session.device.serial, err))
        return false;
    run->filled = run->profile;
    return profile_fill_board(&run->filled, station_order_board(&run->order), err);
}

/* What ledger and line know of the device. */
static bool ask_ledger(struct run *run, struct error *err)
{
    return quarantine_check(&run->ledger, run->session.device.serial, run->facts.tries, err) && ask_order(run, err);
}

static bool is_confirmed_first(const struct run *run)
{
    return !run->adopt && run->cli->values[OPTION_CONFIRM] != NULL;
}

/*
 * While the run waited the chip slept, and another may be in its place: its serial number is asked again before
 * anything else. Another station may have worked on the same chip: the plan is for the configuration that was read.
 */
static bool check_chip(struct run *run, struct error *err)
{
    struct device *device = &run->session.device;
    struct chip_config now;
    const bool is_read = chip_read_config(&device->chip, &now, err) == CHIP_OK;

    if (is_read && memcmp(now.zone, device->config.zone, sizeof now.zone) == 0)
        return true;
    if (is_read)
        error_set(err, ERROR_DEVICE_BUSY, "another program has changed the chip since the plan was shown",
                  "end the other program, then run this again: it makes a new plan");
    error_doing(err, "continue with the plan that was shown");
    error_with_serial(err, device->serial);
    return false;
}

/*
 * Until the answer comes the run is a dry one, for the ledger, too. It was opened for reading, and others may have
 * written to it meanwhile: it is opened and asked anew. `*continues` is false where nothing is to be done.
 */
static bool confirm(struct run *run, bool *continues, struct error *err)
{
    *continues = !run->ledger.is_dry;
    if (!is_confirmed_first(run))
        return true;
    chip_sleep(&run->session.device.chip); /* a person may take their time, and others wait for the bus */
    if (!confirm_ask(&run->cli->output, &run->profile, &run->plan, &run->arming, continues, err))
        return false;
    if (!*continues)
        return true;
    run_facts_time(run->facts.started); /* how long somebody read the plan is no part of the run */
    station_ledger_close(&run->ledger);
    run->ledger.is_dry = false;
    return check_chip(run, err) && station_order_check(&run->order, &run->ledger, &run->profile, err) &&
           ask_ledger(run, err);
}

/* What can fail before the device is touched. */
static bool prepare_changes(struct run *run, struct error *err)
{
    return check_before(run, err) && provision_check_kept_keys(&run->provision, &run->plan, err) == PROVISION_OK &&
           station_ledger_prepare(&run->ledger, err) && certificate_issue_open(&run->issuing.issue, &run->plan, err) &&
           station_order_claim(&run->order, &run->ledger, run->session.device.serial, err) &&
           session_allow_changes(&run->session, err);
}

static bool change_device(struct run *run, struct error *err)
{
    enum provision_status status;

    progress_init(&run->progress, &run->cli->output, &run->profile, &run->plan);
    run->executed = true;
    status = provision_execute(&run->provision, &run->plan, &run->evidence, err);
    progress_end(&run->progress);
    say_moved(run);
    if (status != PROVISION_OK && run->kept)
        report_show_unconnected(&run->cli->output, &run->evidence, run->session.record_path);
    if (status != PROVISION_OK)
        return false;
    return (run->kept ? keep_connections(run, err) : keep_evidence(run, err)) && check_ledger(run, err);
}

static bool provision_device(struct run *run, struct error *err)
{
    const struct report report = report_of(run);
    const bool dry = run->cli->values[PROVISION_DRY_RUN] != NULL;
    bool continues;

    if (!ask_ledger(run, err))
        return false;
    prepare_engine(run);
    if (!data_files_add_write_keys(&run->data, run->session.device.serial, run->write_keys,
                                   &run->settings.write_key_count, err))
        return false;
    run->session.driver.settings = run->settings;
    if (!find_record(run, err) || !plan_device(run, &report, dry, err) || !confirm(run, &continues, err))
        return false;
    return !continues || (prepare_changes(run, err) && change_device(run, err));
}

static bool read_options(struct run *run, struct error *err)
{
    const struct cli *cli = run->cli;

    if (is_confirmed_first(run) && cli->values[PROVISION_DRY_RUN] != NULL) {
        error_set(err, ERROR_USAGE, "--dry-run and --confirm exclude each other", "leave one of them out");
        return false;
    }
    if (!run_facts_read_tries(run->adopt ? NULL : cli->values[OPTION_TRIES], &run->facts.tries, err) ||
        !arming_read(&run->arming, run->adopt ? NULL : cli->values[OPTION_ARM], cli->values[PROVISION_ONLY], err))
        return false;
    run->arming.only_finished = !run->adopt && cli->values[OPTION_FINISHED] != NULL;
    return true;
}

enum cli_exit verb_provision_run(struct cli *cli, bool adopt)
{
    struct run run;
    struct error err = ERROR_IN(cli->error_room);
    enum cli_exit code = CLI_DONE;
    struct report report;
    bool ok;

    memset(&run, 0, sizeof run);
    run.cli = cli;
    run.adopt = adopt;
    run.ledger = (struct station_ledger){.config = &cli->station.config,
                                         .is_dry = cli->values[PROVISION_DRY_RUN] != NULL || is_confirmed_first(&run),
                                         .may_upgrade = is_confirmed_first(&run)};
    run.facts = (struct run_facts){.verb = cli->verb->name,
                                   .device = cli->station.config.device,
                                   .operator_name = cli->values[PROVISION_OPERATOR],
                                   .socket = cli->values[PROVISION_SOCKET],
                                   .is_virtual = rehearsal_is_virtual(cli->station.config.device)};
    run.order = station_order_of(adopt ? NULL : cli->values[OPTION_ORDER], cli->values[PROVISION_BOARD],
                                 cli->values[PROVISION_OPERATOR]);
    run.ledger.order = &run.order;
    if (!run_facts_start(&run.facts, &err) || !read_options(&run, &err))
        return output_error(&cli->output, &err);
    if (!profile_file_read(cli->arguments[0], &run.profile, &err))
        return output_error(&cli->output, &err);
    run.rehearsal.allowed =
        run.profile.rehearsal == PROFILE_REHEARSAL_ALLOWED || cli->values[PROVISION_REHEARSAL] != NULL;
    /* Only now has a failure to do with a device. */
    cli->output.device = cli->station.config.device;
    stop_hold_signals();
    /* From here on secrets may be in memory: no core file is to keep them. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    key_files_init(&run.source, cli->arguments[0]);
    run.data = (struct data_files){.files = &run.source, .profile = &run.profile};
    cli->station.config.also_at =
        run.profile.i2c_address; /* a run before may have moved it there and been interrupted */
    /* The other chips of a station's bus are those of its other sockets. */
    cli->station.config.only_there = cli->values[PROVISION_SOCKET] != NULL;
    ok = station_order_check(&run.order, &run.ledger, &run.profile, &err) &&
         key_files_check_output(&run.source, &run.profile, cli->station.config.trace, &err) &&
         key_files_read_write_keys(&run.source, &run.profile, run.write_keys, &run.settings.write_key_count, &err);
    run.settings.write_keys = run.write_keys;
    run.is_open = ok = ok && session_open(&run.session, &cli->station, SESSION_LOOK_PSA, &run.settings, &err);
    ok = ok && provision_device(&run, &err);
    if (!ok)
        issuing_advise(&run.issuing, &err);
    certificate_issue_close(&run.issuing.issue);
    if (!run.ledger.is_dry) {
        ok = end_run(&run, ok, &err);
        report = report_of(&run);
        if (ok)
            report_show_result(&report, run.record_written);
        ok = line_print_send(&cli->output, &run.ledger, ok, &err);
        ok = cosign_print_run(&cli->output, &run.ledger, ok, &err);
        if (ok)
            order_print_progress(&cli->output, &run.ledger, run.order.id);
    }
    if (!ok)
        code = output_error(&cli->output, &err);
    station_ledger_close(&run.ledger);
    json_decref(run.proven);
    if (run.is_open)
        session_close(&run.session);
    json_decref(run.issued);
    json_decref(run.connected);
    json_decref(run.shown);
    bytes_wipe(run.write_keys, sizeof run.write_keys);
    return code;
}

static enum cli_exit run_provision(struct cli *cli)
{
    return verb_provision_run(cli, false);
}

const struct cli_verb cli_verb_provision = {
    .name = "provision",
    .arguments = "PROFILE",
    .summary = "Bring the device to the profile's state and prove it",
    .description = "Reads the chip and the key records, compares them with the profile, does what is\n"
                   "missing, and lets every key sign a fresh challenge. A device that is not what\n"
                   "the profile expects is refused before anything is written.\n"
                   "\n"
                   "You can always run it again: after an interruption it continues where it\n"
                   "stopped; a finished device is only confirmed. Locks, and keys that are replaced,\n"
                   "are for ever and need --arm; a key that the device's record names is kept.\n"
                   "The evidence is kept as record.json in the state folder; every run, failed ones\n"
                   "too, adds a line to history.jsonl beside it.\n"
                   "\n"
                   "A certificate with prove: tls is proven by use at the end: imprint connects with\n"
                   "the device's key and certificate to a server of the connections file, and only\n"
                   "what its application answers counts. A device that is not accepted is finished\n"
                   "and recorded all the same; run it again to prove the connection.\n"
                   "\n"
                   "With --confirm one run shows the plan, lets a person or a program read it, and\n"
                   "continues with the device that it has looked at.\n"
                   "\n"
                   "A virtual chip and published TEST keys are refused unless the profile says\n"
                   "rehearsal: allowed, or --rehearsal is given; the record says that it was one.\n"
                   "\n"
                   "With --order the device takes a unit of a work order before anything is written\n"
                   "to it (imprint order new), counts once when it is finished, and keeps its unit\n"
                   "when it fails later: run it again. Without one nothing is counted.\n"
                   "\n"
                   "A board that a station of the line holds in quarantine, or that was scrapped, is\n"
                   "refused until a person decides: imprint rework, imprint scrap.\n"
                   "\n"
                   "The plan shows the state of the device: blank, partial, done. A device that is\n"
                   "done-by-another-profile, done-elsewhere (its key records are not here: adopt\n"
                   "makes them), foreign or wrong-part is refused.\n",
    .examples = "  imprint provision --dry-run profiles/mbed-factory-example.yaml\n"
                "  imprint provision --arm profile profiles/mbed-factory-example.yaml\n"
                "  imprint provision --arm 0123A1B2C3D4E5F601:A1B2C3D4 profile.yaml\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_provision,
};
