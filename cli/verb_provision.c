/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint provision: reads the profile, has the engine look at the device, shows the plan, has it done, and keeps the
 * record. The engine decides; this file only connects it to files, terminal and signals. Interrupt signals are blocked
 * and asked for between steps, so that no step is torn by one.
 */
#include "cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "bytes/hex.h"
#include "cli/evidence.h"
#include "cli/folder.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/source.h"
#include "profile/text.h"

enum provision_option { OPTION_DRY_RUN, OPTION_ARM, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_DRY_RUN] = {"dry-run", 'n', NULL, "show the plan and write nothing anywhere"},
    [OPTION_ARM] = {"arm", 0, "WHAT", "allow locks: a serial number (that device only) or \"profile\" (any device)"},
};

/* What one run of the verb holds. */
struct run {
    struct cli *cli;
    struct session session;
    struct profile profile;
    struct source source;
    struct progress progress;
    struct provision provision;
    struct provision_plan plan;
    struct provision_evidence evidence;
    struct driver_write_key write_keys[CHIP_SLOTS];
    struct driver_settings settings;
    bool armed_for_profile, armed_for_serial;
    uint8_t armed_serial[CHIP_SERIAL_BYTES];
};

static const int stopping_signals[] = {SIGINT, SIGTERM, SIGHUP};

static void block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof stopping_signals / sizeof stopping_signals[0]; i++)
        sigaddset(&set, stopping_signals[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool is_interrupted(void)
{
    sigset_t pending;

    if (sigpending(&pending) != 0)
        return false;
    for (size_t i = 0; i < sizeof stopping_signals / sizeof stopping_signals[0]; i++) {
        if (sigismember(&pending, stopping_signals[i]) == 1)
            return true;
    }
    return false;
}

static bool on_progress(void *context, const struct provision_plan *plan, const struct provision_step *step,
                        bool finished)
{
    struct run *run = context;

    progress_step(&run->progress, plan, step, finished);
    return !is_interrupted();
}

static bool on_import(void *context, const struct profile_key *key, struct bytes_out *out, struct error *err)
{
    struct run *run = context;

    return source_read_key(&run->source, key, out, err);
}

static bool on_armed(void *context, const uint8_t serial[static CHIP_SERIAL_BYTES],
                     const uint8_t profile_digest[static PROFILE_DIGEST_BYTES])
{
    const struct run *run = context;

    (void)profile_digest; /* the profile was named on the same command line as --arm profile */
    return run->armed_for_profile ||
           (run->armed_for_serial && memcmp(serial, run->armed_serial, CHIP_SERIAL_BYTES) == 0);
}

static bool on_before_lock(void *context, const struct provision_plan *plan, const struct provision_step *step)
{
    struct run *run = context;
    char text[PROGRESS_TEXT_SIZE], serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    json_t *object;

    progress_end(&run->progress);
    progress_describe(&run->profile, step, text);
    hex_encode(bytes_of(plan->serial, sizeof plan->serial), serial);
    output_say(&run->cli->output, "imprint: for ever, on chip %s: %s: %s", serial, text, progress_consequence(step));
    object = progress_object(&run->profile, step);
    json_object_set_new(object, "event", json_string("lock"));
    json_object_set_new(object, "serial", json_string(serial));
    output_object(&run->cli->output, object);
    return !is_interrupted();
}

static bool read_arming(struct run *run, struct error *err)
{
    const char *what = run->cli->values[OPTION_ARM];
    struct bytes_out out = {.data = run->armed_serial, .cap = sizeof run->armed_serial};

    if (what == NULL)
        return true;
    if (strcmp(what, "profile") == 0) {
        run->armed_for_profile = true;
        return true;
    }
    run->armed_for_serial = hex_decode(what, strlen(what), &out, NULL) && out.len == CHIP_SERIAL_BYTES;
    if (run->armed_for_serial)
        return true;
    error_set(err, ERROR_USAGE, "--arm wants the device's serial number (18 hex digits) or the word \"profile\"",
              "imprint info shows the serial number");
    error_with_subject(err, what);
    return false;
}

/* Reads the profile, or prints what is wrong with it. */
static bool read_profile(struct run *run, enum cli_exit *code)
{
    const char *path = run->cli->arguments[0];
    struct profile_complaint complaint;
    struct error err = {.doing = "read the profile", .subject = path};
    char cause[2 * PROFILE_MESSAGE_MAX + 32];

    memset(&complaint, 0, sizeof complaint);
    if (profile_read_file(path, &run->profile, &complaint))
        return true;
    snprintf(cause, sizeof cause, "%s%s%s", complaint.message, complaint.expected[0] != '\0' ? "; expected " : "",
             complaint.expected);
    err.reason = complaint.reason;
    err.cause = cause;
    err.line = complaint.line;
    err.column = complaint.column;
    *code = output_error(&run->cli->output, &err);
    return false;
}

static void show_plan(struct run *run, bool is_result)
{
    const struct output *output = &run->cli->output;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], text[PROGRESS_TEXT_SIZE], line[PROGRESS_TEXT_SIZE + 64];
    json_t *steps = json_array();

    hex_encode(bytes_of(run->plan.serial, sizeof run->plan.serial), serial);
    snprintf(line, sizeof line, "plan for %s (%s), profile %s: %zu change%s", serial, chip_part_name(run->plan.part),
             run->profile.name, run->plan.todo, run->plan.todo == 1 ? "" : "s");
    if (is_result)
        output_result(output, "%s\n", line);
    else
        output_say(output, "%s", line);
    for (size_t i = 0; i < run->plan.step_count; i++) {
        const struct provision_step *step = &run->plan.steps[i];
        const char *state = step->done ? "done" : step->forever ? "to do, for ever" : step->lasting ? "to do" : "proof";

        progress_describe(&run->profile, step, text);
        if (step->forever && !step->done) {
            size_t n = strlen(text);

            snprintf(text + n, sizeof text - n, ": %s", progress_consequence(step));
        }
        if (is_result)
            output_result(output, "  %-15s  %s\n", state, text);
        else
            output_say(output, "  %-15s  %s", state, text);
        json_array_append_new(steps, progress_object(&run->profile, step));
    }
    output_object(output, json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:o}", "event", "plan", "serial", serial, "part",
                                    chip_part_name(run->plan.part), "profile", run->profile.name, "changes",
                                    (json_int_t)run->plan.todo, "dry_run", (int)is_result, "steps", steps));
}

/* What would stop the run half-way is found before it begins: arming, and key files that cannot be read. */
static bool check_before(struct run *run, struct error *err)
{
    uint8_t secret[65];
    struct bytes_out out = {.data = secret, .cap = sizeof secret};
    uint8_t none[PROFILE_DIGEST_BYTES] = {0};

    for (size_t i = 0; i < run->plan.step_count; i++) {
        const struct provision_step *step = &run->plan.steps[i];

        if (step->done)
            continue;
        if (step->forever && !on_armed(run, run->plan.serial, none)) {
            error_set(err, ERROR_NOT_ARMED, "the plan has steps that cannot be undone, and nothing armed them", NULL);
            error_doing(err, "begin");
            error_with_serial(err, run->plan.serial);
            return false;
        }
        if (step->action == PROVISION_IMPORT_KEY) {
            bool ok;

            out.len = 0;
            ok = source_read_key(&run->source, &run->profile.keys[step->key], &out, err);
            bytes_wipe(secret, sizeof secret);
            if (!ok)
                return false;
        }
    }
    if (is_interrupted()) {
        error_set(err, ERROR_INTERRUPTED, "stopped before anything was written", NULL);
        return false;
    }
    return true;
}

static void show_result(const struct run *run, bool record_written)
{
    static const char *const made[] = {
        [PROFILE_REGISTER] = "registered", [PROFILE_GENERATE] = "generated", [PROFILE_IMPORT] = "imported"};
    const struct output *output = &run->cli->output;
    const struct provision_evidence *evidence = &run->evidence;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], took[OUTPUT_TIME_SIZE];
    json_t *keys = json_array();

    hex_encode(bytes_of(evidence->serial, sizeof evidence->serial), serial);
    output_time(evidence->chip_us, took);
    if (evidence->lasting_steps == 0)
        output_result(output, "nothing to do: %s is as profile %s wants it; %zu key%s confirmed in %s%s\n", serial,
                      run->profile.name, evidence->key_count, evidence->key_count == 1 ? "" : "s", took,
                      record_written ? "; its record was missing or old and is written anew" : "");
    else
        output_result(output,
                      "provisioned: %s as profile %s wants it; %zu change%s, %zu key%s proven, %s of chip time\n",
                      serial, run->profile.name, evidence->lasting_steps, evidence->lasting_steps == 1 ? "" : "s",
                      evidence->key_count, evidence->key_count == 1 ? "" : "s", took);
    for (size_t i = 0; i < evidence->key_count; i++) {
        const struct provision_key_evidence *key = &evidence->keys[i];

        output_result(output, "  key %u %s: slot %u, %s\n", (unsigned)key->key_id, run->profile.keys[i].name, key->slot,
                      key->created ? made[run->profile.keys[i].method] : "was there");
        json_array_append_new(keys, json_pack("{s:I, s:s, s:i, s:b, s:b, s:o}", "id", (json_int_t)key->key_id, "name",
                                              run->profile.keys[i].name, "slot", (int)key->slot, "created",
                                              (int)key->created, "proven", (int)key->proven, "public_key",
                                              output_hex(bytes_of(key->public_key, sizeof key->public_key))));
    }
    output_object(output,
                  json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:b, s:o}", "event", "provisioned", "serial", serial,
                            "part", chip_part_name(evidence->part), "profile", run->profile.name, "changes",
                            (json_int_t)evidence->lasting_steps, "chip_us", (json_int_t)evidence->chip_us, "record",
                            run->session.record_path, "record_written", (int)record_written, "keys", keys));
}

/*
 * A key that was there already must be the one that was recorded. It proves itself either way, so only the record can
 * tell that somebody has put another key into the slot since; the record is then left as it is.
 */
static bool check_recorded_keys(const struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->evidence.key_count; i++) {
        const struct provision_key_evidence *key = &run->evidence.keys[i];
        const char *recorded = evidence_key_public(run->session.record, key->key_id);
        char found[HEX_SIZE(sizeof key->public_key)];

        hex_encode(bytes_of(key->public_key, sizeof key->public_key), found);
        if (key->created || recorded == NULL || strcmp(recorded, found) == 0)
            continue;
        error_set(err, ERROR_FOREIGN_KEY, "the slot holds another key than the one recorded when it was provisioned",
                  "find out who changed it; to accept the new key, forget the old one first: imprint erase --yes");
        error_doing(err, "confirm the key");
        error_with_serial(err, run->evidence.serial);
        error_with_key(err, key->key_id);
        error_at_slot(err, key->slot);
        return false;
    }
    return true;
}

/* Keeps the evidence: in the record, or where that fails on stdout, so that it is not lost. */
static bool keep_evidence(struct run *run, bool *written, struct error *err)
{
    json_t *record = evidence_make(&run->profile, &run->evidence);
    bool ok = true;

    evidence_keep_others(record, run->session.record);
    *written = record == NULL || run->evidence.lasting_steps > 0 || !evidence_same(run->session.record, record);
    if (*written)
        ok = evidence_store(run->session.record_path, record, err);
    if (!ok) {
        error_with_serial(err, run->evidence.serial);
        json_object_set_new(record, "event", json_string("evidence"));
        output_object_always(json_incref(record));
    }
    json_decref(record);
    return ok;
}

/*
 * Where DEVICE names another address than the one the chip answers at now, or will after its next power-up, says what
 * to name instead: after failures too, for the next try.
 */
static void say_moved(const struct run *run)
{
    const struct output *output = &run->cli->output;
    const struct device *device = &run->session.device;
    const char *named = run->cli->device, *at = strrchr(named, '@');
    uint8_t address = device_address(device);
    char next[PATH_MAX + 16];

    for (size_t i = 0; i < run->plan.step_count; i++) {
        if (run->plan.steps[i].action == PROVISION_WRITE_CONFIG && run->plan.steps[i].done &&
            run->profile.i2c_address != 0)
            address = run->profile.i2c_address;
    }
    if (device->given_address == 0 || address == device->given_address)
        return;
    snprintf(next, sizeof next, "%.*s@0x%02x", at != NULL ? (int)(at - named) : (int)strlen(named), named, address);
    output_say(output, "imprint: the chip's I2C address is 0x%02x now: from here on use --device %s", address, next);
    output_object(output, json_pack("{s:s, s:i, s:s}", "event", "moved", "i2c_address", (int)address, "device", next));
}

static bool provision_device(struct run *run, struct error *err)
{
    bool dry = run->cli->values[OPTION_DRY_RUN] != NULL, written = false;
    enum provision_status status;

    run->provision = (struct provision){
        .driver = &run->session.driver,
        .profile = &run->profile,
        .callbacks = {.context = run,
                      .progress = on_progress,
                      .import_key = on_import,
                      .armed = on_armed,
                      .before_lock = on_before_lock},
    };
    if (provision_observe(&run->provision, &run->plan, err) != PROVISION_OK)
        return false;
    show_plan(run, dry);
    if (dry)
        return true;
    if (!check_before(run, err) || !session_make_lasting(&run->session, err))
        return false;
    progress_init(&run->progress, &run->cli->output, &run->profile);
    status = provision_execute(&run->provision, &run->plan, &run->evidence, err);
    progress_end(&run->progress);
    say_moved(run);
    if (status != PROVISION_OK)
        return false;
    if (!check_recorded_keys(run, err) || !keep_evidence(run, &written, err))
        return false;
    show_result(run, written);
    return true;
}

static enum cli_exit run_provision(struct cli *cli)
{
    struct run run;
    struct error err = {.reason = ERROR_NONE};
    enum cli_exit code = CLI_DONE;
    bool ok;

    memset(&run, 0, sizeof run);
    run.cli = cli;
    if (!read_arming(&run, &err))
        return output_error(&cli->output, &err);
    if (!read_profile(&run, &code))
        return code;
    /* Only now has a failure to do with a device. */
    cli->output.device = cli->device;
    block_signals();
    /* From here on secrets may be in memory: no core file is to keep them. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    source_init(&run.source, cli->arguments[0]);
    cli->also_at = run.profile.i2c_address; /* a run before may have moved it there and been interrupted */
    ok = source_read_write_keys(&run.source, &run.profile, run.write_keys, &run.settings.write_key_count, &err);
    run.settings.write_keys = run.write_keys;
    ok = ok && session_open(&run.session, cli, SESSION_LOOK_PSA, &run.settings, &err);
    if (ok) {
        ok = provision_device(&run, &err);
        if (!ok)
            code = output_error(&cli->output, &err);
        session_close(&run.session);
    } else {
        code = output_error(&cli->output, &err);
    }
    bytes_wipe(run.write_keys, sizeof run.write_keys);
    return code;
}

const struct cli_verb cli_verb_provision = {
    .name = "provision",
    .arguments = "PROFILE",
    .summary = "Bring the device to the profile's state and prove it",
    .description = "Looks at chip and key records, compares them with the profile, does what is\n"
                   "missing, then has every key sign a fresh challenge. Running it again is always\n"
                   "right: after an interruption it goes on where it stopped, and a finished device\n"
                   "is only confirmed. Locks are for ever and want --arm. At the end the evidence is\n"
                   "kept as record.json in the state folder.\n",
    .examples = "  imprint provision profiles/mbed-factory-example.yaml\n"
                "  imprint provision --dry-run profiles/mbed-factory-example.yaml\n"
                "  imprint provision --arm 0123A1B2C3D4E5F601 profiles/blank-three-ways.yaml\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_provision,
};
