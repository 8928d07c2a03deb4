/* SPDX-License-Identifier: Apache-2.0 */
/* imprint retire: gives a device's keys up. Without --yes only lists them. The work is in station/retire.c. */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "cli/cosign_print.h"
#include "cli/line_print.h"
#include "cli/report.h"
#include "station/retire.h"
#include "station/stop.h"

enum retire_option { OPTION_YES, OPTION_LOST, OPTION_OPERATOR, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_YES] = {"yes", 'y', NULL, "do it; without this option, only list what would be given up", NULL},
    [OPTION_LOST] = {"lost", 0, NULL,
                     "the device is not here (lost, broken, a board of its own): do not ask it, and leave its mark",
                     NULL},
    [OPTION_OPERATOR] = {"operator", 0, "NAME", "who runs this, for the history; at most 64 bytes", NULL},
};

struct run {
    struct cli *cli;
    struct session session;
    struct station_ledger ledger;
    struct retirement found;
    struct run_facts facts;
    uint8_t serial[CHIP_SERIAL_BYTES];
    char serial_text[HEX_SIZE(CHIP_SERIAL_BYTES)];
    bool is_here, is_open;
};

static bool read_serial(struct run *run, struct error *err)
{
    const char *text = run->cli->arguments[0];

    if (device_read_serial(text, strlen(text), run->serial)) {
        hex_encode(bytes_of(run->serial, sizeof run->serial), run->serial_text);
        return true;
    }
    error_set(err, ERROR_USAGE, "expected: the device's serial number (18 hex digits)",
              "imprint info shows the serial number");
    error_with_subject(err, text);
    return false;
}

/* The device that answers must be the one that was named. */
static bool check_device(const struct run *run, struct error *err)
{
    char found[HEX_SIZE(CHIP_SERIAL_BYTES)];

    if (memcmp(run->session.device.serial, run->serial, sizeof run->serial) == 0)
        return true;
    hex_encode(bytes_of(run->session.device.serial, sizeof run->session.device.serial), found);
    error_set(err, ERROR_WRONG_PART, error_keep_format(err, "retire names %s, this is %s", run->serial_text, found),
              error_keep_format(err,
                                "connect that device; if it is lost or broken, give its record up without it: imprint "
                                "retire %s --lost",
                                run->serial_text));
    error_doing(err, "give the device's keys up");
    error_with_serial(err, run->session.device.serial);
    return false;
}

static bool open_device(struct run *run, struct error *err)
{
    const struct station *station = &run->cli->station;

    if (!run->is_here)
        run->is_open = session_open_records(&run->session, station, run->serial, err);
    else
        run->is_open = session_open(&run->session, station, SESSION_LOOK, NULL, err);
    return run->is_open && (!run->is_here || check_device(run, err));
}

static void say_key(const struct output *output, const json_t *key)
{
    const char *name = json_string_value(json_object_get(key, "name"));
    const json_t *slot = json_object_get(key, "slot");
    char where[16] = "";

    if (json_is_integer(slot))
        snprintf(where, sizeof where, ", slot %d", (int)json_integer_value(slot));
    output_say(output, "  key %" PRIu32 "%s%s%s: its key id points to nothing any more, and the key may be replaced",
               (uint32_t)json_integer_value(json_object_get(key, "key_id")), name == NULL ? "" : " ",
               name == NULL ? "" : name, where);
}

/* Without --yes: lists what would be given up. Always false. */
static bool list(struct run *run, struct error *err)
{
    const struct output *output = &run->cli->output;
    const struct retirement *found = &run->found;
    json_t *object = retire_value(found);
    const json_t *key;
    size_t i;

    output_say(output, "imprint: --yes would give up for ever, of device %s:", run->serial_text);
    json_array_foreach(found->keys, i, key) say_key(output, key);
    output_say(output, "  %zu key record%s here", found->key_records, found->key_records == 1 ? "" : "s");
    if (found->mark.head.state != MARK_NONE)
        output_say(output, "  the mark in slot %u of the chip, which says what the device is", found->mark.slot);
    if (found->has_record)
        output_say(output, "  its record, which is moved aside: %s", run->session.record_path);
    if (found->is_made)
        output_say(output, "  what the ledger says: the device does not count as made any more");
    if (found->board[0] != '\0')
        output_say(output, "  its board number, which is free for another chip then: %s", found->board);
    if (found->mcu.device[0] != '\0')
        output_say(output, "  its microcontroller, which may have another chip then: %s", found->mcu.number);
    json_object_set_new(object, "event", json_string("retire"));
    json_object_set_new(object, "serial", json_string(run->serial_text));
    json_object_set_new(object, "record", json_boolean(found->has_record));
    output_object(output, object);
    error_set(err, ERROR_USAGE, "retire forgets key records, clears the mark and needs --yes",
              error_keep_format(err, "to do it, run: imprint retire %s%s --yes", run->serial_text,
                                run->is_here ? "" : " --lost"));
    error_with_subject(err, run->serial_text);
    error_doing(err, "give the device's keys up");
    return false;
}

static void show_result(const struct run *run)
{
    const struct retirement *found = &run->found;
    json_t *object = retire_value(found);

    if (retire_is_empty(found))
        output_result(&run->cli->output, "nothing to give up: there is nothing here about device %s\n",
                      run->serial_text);
    else
        output_result(&run->cli->output,
                      "retired: %s: %zu key record%s forgotten%s%s%s; the keys in the chip are untouched\n",
                      run->serial_text, found->key_records, found->key_records == 1 ? "" : "s",
                      found->mark.head.state != MARK_NONE ? ", its mark cleared" : "",
                      found->moved_to[0] != '\0' ? ", its record moved aside: " : "", found->moved_to);
    json_object_set_new(object, "event", json_string("retired"));
    json_object_set_new(object, "serial", json_string(run->serial_text));
    output_object(&run->cli->output, object);
}

/* The line of the history, whatever became of it. */
static bool end_run(struct run *run, bool ok, struct error *err)
{
    json_t *retired = retire_value(&run->found);
    const struct history_retirement line = {.facts = &run->facts,
                                            .serial = run->serial,
                                            .serial_checked = run->is_here,
                                            .retired = retired,
                                            .failure = ok ? NULL : err};

    run_facts_end(&run->facts);
    ok = report_end_line(&run->cli->output, &run->ledger, run->serial, history_retirement_line(&line), ok, err);
    json_decref(retired);
    return ok;
}

static bool retire(struct run *run, struct error *err)
{
    bool ok;

    if (!open_device(run, err) || !retire_look(&run->session, run->is_here, &run->found, err) ||
        !retire_look_ledger(&run->ledger, run->serial, &run->found, err))
        return false;
    if (!retire_is_empty(&run->found)) {
        if (run->cli->values[OPTION_YES] == NULL)
            return list(run, err);
        if (stop_is_wanted()) {
            error_set(err, ERROR_INTERRUPTED, "stopped before anything was changed", NULL);
            return false;
        }
        if (!station_ledger_prepare(&run->ledger, err))
            return false;
        ok = retire_device(&run->session, &run->found, run->facts.started, err);
        if (!ok) {
            error_doing(err, "retire the device");
            error_with_serial(err, run->serial);
        }
        if (!end_run(run, ok, err))
            return false;
    }
    show_result(run);
    return true;
}

static enum cli_exit run_retire(struct cli *cli)
{
    struct run run;
    struct error err = ERROR_IN(cli->error_room);
    enum cli_exit code = CLI_DONE;
    bool ok;

    memset(&run, 0, sizeof run);
    run.cli = cli;
    run.ledger = (struct station_ledger){.config = &cli->station.config, .is_dry = cli->values[OPTION_YES] == NULL};
    run.is_here = cli->values[OPTION_LOST] == NULL;
    run.facts = (struct run_facts){.verb = cli->verb->name,
                                   .device = cli->station.config.device,
                                   .operator_name = cli->values[OPTION_OPERATOR],
                                   .is_virtual = rehearsal_is_virtual(cli->station.config.device)};
    if (!read_serial(&run, &err) || !run_facts_start(&run.facts, &err))
        return output_error(&cli->output, &err);
    cli->output.device = run.is_here ? cli->station.config.device : NULL;
    stop_hold_signals();
    ok = retire(&run, &err);
    if (cli->values[OPTION_YES] != NULL) {
        ok = line_print_send(&cli->output, &run.ledger, ok, &err);
        ok = cosign_print_run(&cli->output, &run.ledger, ok, &err);
    }
    if (!ok)
        code = output_error(&cli->output, &err);
    station_ledger_close(&run.ledger);
    retire_forget(&run.found);
    if (run.is_open)
        session_close(&run.session);
    return code;
}

const struct cli_verb cli_verb_retire = {
    .name = "retire",
    .arguments = "SERIAL",
    .summary = "Give a device's keys up, so that they may be replaced",
    .description = "Without --yes, only lists what the device has: its keys, its key records, its\n"
                   "mark and its record. With --yes, clears the mark in the chip, forgets the key\n"
                   "records and moves record.json aside (record-retired-TIME.json, same folder).\n"
                   "The keys stay in the chip, but from then on imprint provision may replace them:\n"
                   "what they sign or decrypt for, a certificate for example, is then lost.\n"
                   "The chip's IO protection key stays in the key store.\n"
                   "The number of its board and its microcontroller may have another chip then.\n"
                   "\n"
                   "After an interruption run it again. The history of the device stays, with a\n"
                   "line about this.\n",
    .examples = "  imprint retire 0123A1B2C3D4E5F601\n"
                "  imprint retire 0123A1B2C3D4E5F601 --yes\n"
                "  imprint retire 0123A1B2C3D4E5F601 --lost --yes\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_retire,
};
