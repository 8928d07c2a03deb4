/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "cli/progress.h"
#include "profile/data.h"
#include "psa/uses.h"
#include "station/folder.h"
#include "station/value.h"

#define STATE_TEXT_SIZE (2 * PROGRESS_TEXT_SIZE + 32)

/* "partial: stopped after register-key 16 maker, in generate-key 18 board" */
static void describe_state(const struct report *report, const struct provision_triage *triage,
                           char text[static STATE_TEXT_SIZE])
{
    char step[PROGRESS_TEXT_SIZE];
    size_t n;

    snprintf(text, STATE_TEXT_SIZE, "%s", provision_state_name(triage->state));
    if (triage->stopped_after >= 0) {
        progress_name(report->profile, &report->plan->steps[triage->stopped_after], step);
        n = strlen(text);
        snprintf(text + n, STATE_TEXT_SIZE - n, ": stopped after %s", step);
    }
    if (triage->stopped_in >= 0) {
        progress_name(report->profile, &report->plan->steps[triage->stopped_in], step);
        n = strlen(text);
        snprintf(text + n, STATE_TEXT_SIZE - n, "%s in %s", triage->stopped_after >= 0 ? "," : ": stopped", step);
    }
    if (triage->state == PROVISION_STATE_ELSEWHERE) {
        n = strlen(text);
        snprintf(text + n, STATE_TEXT_SIZE - n, ": its key records are not here");
    }
}

static void add_state(const struct report *report, const struct provision_triage *triage, json_t *object)
{
    json_object_set_new(object, "state", json_string(provision_state_name(triage->state)));
    if (triage->stopped_after >= 0)
        json_object_set_new(object, "stopped_after",
                            progress_object(report->profile, &report->plan->steps[triage->stopped_after]));
    if (triage->stopped_in >= 0)
        json_object_set_new(object, "stopped_in",
                            progress_object(report->profile, &report->plan->steps[triage->stopped_in]));
}

/* What a refused device is, before it is said why it is refused. */
void report_show_refused(const struct report *report, enum error_reason reason)
{
    const struct provision_triage triage = provision_triage(report->plan, reason);
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    json_t *object;

    /* A device without a finished mark cannot be adopted; what else it is, adopting does not ask. */
    if (triage.state == PROVISION_STATE_UNKNOWN || (report->adopts && reason == ERROR_NO_MARK))
        return;
    hex_encode(bytes_of(report->plan->serial, sizeof report->plan->serial), serial);
    output_say(report->output, "state of %s (%s), profile %s: %s", serial, chip_part_name(report->plan->part),
               report->profile->name, provision_state_name(triage.state));
    object = json_pack("{s:s, s:s, s:s, s:s}", "event", "state", "serial", serial, "part",
                       chip_part_name(report->plan->part), "profile", report->profile->name);
    add_state(report, &triage, object);
    output_object(report->output, object);
}

/* A line of the plan, which is the result of a dry run. */
static void tell(const struct output *output, bool is_result, const char *line)
{
    if (is_result)
        output_result(output, "%s\n", line);
    else
        output_say(output, "%s", line);
}

/* Who made the part, where it was checked. */
static void show_maker(const struct report *report, bool is_result, json_t *object)
{
    char text[GENUINE_TEXT_SIZE], line[GENUINE_TEXT_SIZE + 32];

    if (report->genuine == NULL || report->genuine->result == GENUINE_UNCHECKED)
        return;
    genuine_text(report->genuine, text);
    snprintf(line, sizeof line, "  %-15s  %s", "maker", text);
    tell(report->output, is_result, line);
    json_object_set_new(object, "maker", genuine_object(report->genuine));
}

/* Whether a manifest lists the part, where that was asked. */
static void show_listed(const struct report *report, bool is_result, json_t *object)
{
    char text[PARTS_LISTED_TEXT_SIZE], line[PARTS_LISTED_TEXT_SIZE + 32];

    if (report->listed == NULL || report->listed->result == PARTS_UNCHECKED)
        return;
    parts_listed_text(report->listed, text);
    snprintf(line, sizeof line, "  %-15s  %s", "listed", text);
    tell(report->output, is_result, line);
    json_object_set_new(object, "listed", parts_listed_object(report->listed));
}

/* What only a board's word stands for. */
static void show_not_proven(const struct report *report, bool is_result, json_t *object)
{
    char text[BOARD_NOT_PROVEN_TEXT_SIZE], line[BOARD_NOT_PROVEN_TEXT_SIZE + 32];

    if (report->not_proven == NULL)
        return;
    board_maker_not_proven_text(report->not_proven, text);
    snprintf(line, sizeof line, "  %-15s  %s", "not proven", text);
    tell(report->output, is_result, line);
    json_object_set_new(object, "not_proven", json_deep_copy(report->not_proven));
}

/* Where the IO protection key is kept, where the profile has one: the chip is of no use to software without it. */
static void show_key_store(const struct report *report, bool is_result, json_t *object)
{
    char line[PATH_MAX + 128];

    if (report->key_store == NULL || !profile_has_io_key(report->profile))
        return;
    snprintf(line, sizeof line, "  %-15s  kept in %s: the software that uses the chip needs this key store", "IO key",
             report->key_store);
    tell(report->output, is_result, line);
    json_object_set_new(object, "key_store", value_text(report->key_store));
}

/* "; compared with the record, spends no use; 37 uses left" */
static void add_uses_left(const struct provision_step *step, char text[static PROGRESS_TEXT_SIZE])
{
    size_t n = strlen(text);

    if (!step->limited)
        return;
    n += (size_t)snprintf(text + n, PROGRESS_TEXT_SIZE - n, "%s",
                          step->uses_spent != 0 ? "" : ": compared with the record, spends no use");
    if (n >= PROGRESS_TEXT_SIZE)
        return;
    if (step->uses_left == DRIVER_USES_UNKNOWN)
        snprintf(text + n, PROGRESS_TEXT_SIZE - n, "; uses left: not known");
    else
        snprintf(text + n, PROGRESS_TEXT_SIZE - n, "; uses left: %u", (unsigned)step->uses_left);
}

static void add_consequence(const struct provision_step *step, char text[static PROGRESS_TEXT_SIZE])
{
    char consequence[PROGRESS_CONSEQUENCE_SIZE];
    size_t n = strlen(text);

    progress_consequence(step, consequence);
    snprintf(text + n, PROGRESS_TEXT_SIZE - n, ": %s", consequence);
}

static void show_rehearsal(const struct report *report, bool is_result)
{
    char text[REHEARSAL_TEXT_SIZE], line[REHEARSAL_TEXT_SIZE + 32];

    rehearsal_text(report->rehearsal, text);
    if (text[0] == '\0')
        return;
    snprintf(line, sizeof line, "  %-15s  %s", "rehearsal", text);
    tell(report->output, is_result, line);
}

/* The digest that --arm names; it always can be computed where the profile could be read. */
static void digest_text(const struct report *report, char text[static HEX_SIZE(PROFILE_DIGEST_BYTES)])
{
    uint8_t digest[PROFILE_DIGEST_BYTES] = {0};

    (void)profile_digest(report->profile, digest);
    hex_encode(bytes_of(digest, sizeof digest), text);
}

/* A board's plan has no config zone: nothing is said of its revision. */
static bool is_new_revision(const struct provision_plan *plan)
{
    return chip_config_part(&plan->found) != CHIP_PART_UNKNOWN && !chip_config_revision_is_known(&plan->found);
}

void report_show_plan(const struct report *report, bool is_result)
{
    const struct output *output = report->output;
    const struct provision_triage triage = provision_triage(report->plan, ERROR_NONE);
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], text[PROGRESS_TEXT_SIZE], line[STATE_TEXT_SIZE + 64];
    char state_text[STATE_TEXT_SIZE], digest[HEX_SIZE(PROFILE_DIGEST_BYTES)];
    json_t *steps = json_array(), *object;

    hex_encode(bytes_of(report->plan->serial, sizeof report->plan->serial), serial);
    snprintf(line, sizeof line, "plan for %s (%s), profile %s: %zu %s%s%s", serial, chip_part_name(report->plan->part),
             report->profile->name, report->plan->changes_left, report->adopts ? "key record" : "change",
             report->plan->changes_left == 1 ? "" : "s",
             report->adopts ? " to make; nothing is written to the chip" : "");
    tell(output, is_result, line);
    digest_text(report, digest);
    snprintf(line, sizeof line, "  %-15s  %s", "profile digest", digest);
    tell(output, is_result, line);
    describe_state(report, &triage, state_text);
    snprintf(line, sizeof line, "  %-15s  %s", "state", state_text);
    tell(output, is_result, line);
    if (is_new_revision(report->plan))
        tell(output, is_result, "  revision         newer than any that imprint knows: used as an ATECC608B");
    for (size_t i = 0; i < report->plan->step_count; i++) {
        const struct provision_step *step = &report->plan->steps[i];
        const char *state = step->done            ? "done"
                            : step->forever       ? "to do, for ever"
                            : step->is_persistent ? "to do"
                                                  : "proof";

        progress_describe(report->profile, step, text);
        if (step->forever && !step->done)
            add_consequence(step, text);
        add_uses_left(step, text);
        snprintf(line, sizeof line, "  %-15s  %s", state, text);
        tell(output, is_result, line);
        json_array_append_new(steps, progress_object(report->profile, step));
    }
    show_rehearsal(report, is_result);
    object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:b, s:o}", "event", "plan", "serial", serial, "part",
                       chip_part_name(report->plan->part), "profile", report->profile->name, "digest", digest,
                       "rehearsal", rehearsal_value(report->rehearsal), "changes",
                       (json_int_t)report->plan->changes_left, "dry_run", (int)is_result, "steps", steps);
    json_object_set_new(object, "revision_known", json_boolean(!is_new_revision(report->plan)));
    add_state(report, &triage, object);
    show_maker(report, is_result, object);
    show_listed(report, is_result, object);
    show_not_proven(report, is_result, object);
    show_key_store(report, is_result, object);
    output_object(output, object);
}

void report_show_unsaved(json_t *record)
{
    json_object_set_new(record, "event", json_string("evidence"));
    output_object_always(record);
}

/*
 * The ledger has every run, the history those of devices that could be asked who they are. Both are tried: what one
 * cannot keep may be in the other.
 */
static bool keep_line(struct station_ledger *ledger, const uint8_t *serial, json_t *line, struct error *err)
{
    char path[PATH_MAX];
    const bool is_in_ledger = station_ledger_append(ledger, line, err);

    if (serial == NULL)
        return is_in_ledger;
    return folder_of_device(ledger->config, serial, "history.jsonl", path, err) && history_append(path, line, err) &&
           is_in_ledger;
}

bool report_end_line(const struct output *output, struct station_ledger *ledger, const uint8_t *serial, json_t *line,
                     bool ok, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    bool kept = keep_line(ledger, serial, line, &failure);

    json_object_set_new(line, "event", json_string("run"));
    if (!kept && ok)
        output_object_always(line);
    else
        output_object(output, line);
    if (!ok && !kept)
        output_warn_of(output, "the record of this run is not complete", &failure, NULL);
    if (ok && !kept)
        error_pass(err, &failure);
    return ok && kept;
}

bool report_end_run(const struct output *output, struct station_ledger *ledger, const struct history_run *run,
                    struct error *err)
{
    return report_end_line(output, ledger, run->serial, history_line(run), run->failure == NULL, err);
}

void report_show_request(const struct report *report, size_t index, const char *path, const char *pem)
{
    const struct profile_key *key = &report->profile->keys[index];
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], subject[PROFILE_SUBJECT_TEXT_MAX] = "";
    struct error ignored = {.reason = ERROR_NONE}; /* the request was made or checked with this subject */

    (void)profile_fill_subject(key->csr_subject, report->evidence->serial, subject, &ignored);
    hex_encode(bytes_of(report->evidence->serial, sizeof report->evidence->serial), serial);
    output_say(report->output, "certificate request of key %u %s: %s", (unsigned)key->id, key->name, path);
    output_object(report->output, json_pack("{s:s, s:s, s:I, s:s, s:o, s:o, s:s}", "event", "csr", "serial", serial,
                                            "key_id", (json_int_t)key->id, "name", key->name, "subject",
                                            value_text(subject), "file", value_text(path), "pem", pem));
}

static bool is_adopted(const struct provision_plan *plan, size_t key)
{
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].adopts && plan->steps[i].key == (int)key)
            return true;
    return false;
}

/* How the key came to be here. */
static const char *origin_of_key(const struct report *report, size_t key)
{
    static const char *const made[] = {
        [PROFILE_REGISTER] = "registered", [PROFILE_GENERATE] = "generated", [PROFILE_IMPORT] = "imported"};

    if (report->evidence->keys[key].created)
        return made[report->profile->keys[key].method];
    return is_adopted(report->plan, key) ? "adopted" : "already there";
}

/* The first line of the result. */
static void tell_result(const struct report *report, const char *serial, bool record_written)
{
    const struct provision_evidence *evidence = report->evidence;
    const char *profile = report->profile->name, *plural = evidence->key_count == 1 ? "" : "s";
    char took[OUTPUT_TIME_SIZE];

    output_time(evidence->chip_us, took);
    if (evidence->changes == 0)
        output_result(report->output, "nothing to do: %s matches profile %s; %zu key%s confirmed in %s%s\n", serial,
                      profile, evidence->key_count, plural, took,
                      record_written ? "; its record was missing or old and has been rewritten" : "");
    else if (report->adopts)
        output_result(report->output,
                      "adopted: %s matches profile %s; %zu key record%s made, %zu key%s proven, nothing written to the "
                      "chip\n",
                      serial, profile, evidence->changes, evidence->changes == 1 ? "" : "s", evidence->key_count,
                      plural);
    else
        output_result(
            report->output, "provisioned: %s now matches profile %s; %zu change%s, %zu key%s proven, %s of chip time\n",
            serial, profile, evidence->changes, evidence->changes == 1 ? "" : "s", evidence->key_count, plural, took);
}

/* ", slot 10": the places of a certificate, each after a comma. */
static void add_place(const json_t *certificate, const char *field, const char *words, char *text, size_t size)
{
    const json_t *value = json_object_get(certificate, field);
    const size_t n = strlen(text);

    if (value != NULL)
        snprintf(text + n, size - n, ", %s %" JSON_INTEGER_FORMAT, words, json_integer_value(value));
}

/* Each certificate of the result: whose, by whom, how long, and where it is kept. */
static void show_certificates(const struct report *report)
{
    const json_t *certificate;
    size_t i;

    json_array_foreach(report->certificates, i, certificate)
    {
        char places[160] = "";

        add_place(certificate, "slot", "slot", places, sizeof places);
        add_place(certificate, "signer_key_slot", "its issuer's key in slot", places, sizeof places);
        add_place(certificate, "signer_slot", "its issuer's in slot", places, sizeof places);
        add_place(certificate, "psa_id", "PSA data", places, sizeof places);
        output_result(report->output, "  certificate %s: %s, issued by %s, valid to %s; serial number %s; in %s%s\n",
                      json_string_value(json_object_get(certificate, "name")),
                      json_string_value(json_object_get(certificate, "subject")),
                      json_string_value(json_object_get(certificate, "issuer")),
                      json_string_value(json_object_get(certificate, "not_after")),
                      json_string_value(json_object_get(certificate, "serial_number")),
                      json_string_value(json_object_get(certificate, "file")), places);
    }
}

/* Each secret and each of the other data: where it is, and how it proved itself. */
static void show_data(const struct report *report)
{
    const json_t *datum;
    size_t i;

    json_array_foreach(report->data, i, datum)
    {
        const json_t *id = json_object_get(datum, "key_id"), *proof = json_object_get(datum, "proof");
        char key[32] = "";

        if (id != NULL)
            snprintf(key, sizeof key, "key %" JSON_INTEGER_FORMAT ", ", json_integer_value(id));
        output_result(report->output,
                      "  data %s: %sslot %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT " bytes, %s; proven by %s\n",
                      json_string_value(json_object_get(datum, "name")), key,
                      json_integer_value(json_object_get(datum, "slot")),
                      json_integer_value(json_object_get(datum, "bytes")),
                      json_is_true(json_object_get(proof, "written")) ? "written" : "already there",
                      json_string_value(json_object_get(proof, "method")));
    }
}

/* Each connection of the result: which server accepted the device, and how. */
static void show_connections(const struct report *report)
{
    const json_t *connection;
    size_t i;

    json_array_foreach(report->connections, i, connection)
    {
        const char *host = json_string_value(json_object_get(connection, "host"));
        const char *port = json_string_value(json_object_get(connection, "port"));
        const char *name = json_string_value(json_object_get(connection, "connection"));
        const char *certificate = json_string_value(json_object_get(connection, "certificate"));

        if (json_is_true(json_object_get(connection, "recorded")))
            output_result(report->output,
                          "  connection %s: %s port %s accepted certificate %s on %s, as the record says; no use "
                          "spent to ask again\n",
                          name, host, port, certificate, json_string_value(json_object_get(connection, "time")));
        else
            output_result(report->output,
                          "  connection %s: %s port %s (%s) accepted certificate %s over %s and answered %s\n", name,
                          host, port, json_string_value(json_object_get(connection, "address")), certificate,
                          json_string_value(json_object_get(connection, "version")),
                          json_string_value(json_object_get(connection, "answer")));
    }
}

void report_show_result(const struct report *report, bool record_written)
{
    const struct output *output = report->output;
    const struct provision_evidence *evidence = report->evidence;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], rehearsal[REHEARSAL_TEXT_SIZE];
    json_t *keys = json_array(), *object;

    hex_encode(bytes_of(evidence->serial, sizeof evidence->serial), serial);
    tell_result(report, serial, record_written);
    for (size_t i = 0; i < evidence->key_count; i++) {
        const struct provision_key_evidence *key = &evidence->keys[i];

        output_result(output, "  key %u %s: slot %u, %s%s\n", (unsigned)key->key_id, report->profile->keys[i].name,
                      key->slot, origin_of_key(report, i),
                      key->compared ? "; compared with the record, no use spent" : "");
        json_array_append_new(keys,
                              json_pack("{s:I, s:s, s:i, s:b, s:b, s:b, s:o}", "key_id", (json_int_t)key->key_id,
                                        "name", report->profile->keys[i].name, "slot", (int)key->slot, "created",
                                        (int)key->created, "proven", (int)key->proven, "compared", (int)key->compared,
                                        "public_key", value_hex(bytes_of(key->public_key, sizeof key->public_key))));
    }
    show_certificates(report);
    show_data(report);
    show_connections(report);
    if (report->rehearsal->test_key != NULL)
        output_warn(output, "this TEST key is published, so everybody has it: %s", report->rehearsal->test_key);
    rehearsal_text(report->rehearsal, rehearsal);
    if (rehearsal[0] != '\0')
        output_result(output, "  rehearsal: %s; not the record of a real device\n", rehearsal);
    object = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:b, s:o}", "event", "provisioned", "serial", serial,
                       "part", chip_part_name(evidence->part), "profile", report->profile->name, "rehearsal",
                       rehearsal_value(report->rehearsal), "changes", (json_int_t)evidence->changes, "chip_us",
                       (json_int_t)evidence->chip_us, "record", value_text(report->record_path), "record_written",
                       (int)record_written, "keys", keys);
    json_object_set_new(object, "run", run_facts_value(report->facts));
    if (report->certificates != NULL)
        json_object_set_new(object, "certificates", json_deep_copy(report->certificates));
    if (report->data != NULL)
        json_object_set_new(object, "data", json_deep_copy(report->data));
    if (report->connections != NULL)
        json_object_set_new(object, "connections", json_deep_copy(report->connections));
    if (report->genuine != NULL && report->genuine->result != GENUINE_UNCHECKED)
        json_object_set_new(object, "maker", genuine_object(report->genuine));
    if (report->listed != NULL && report->listed->result != PARTS_UNCHECKED)
        json_object_set_new(object, "listed", parts_listed_object(report->listed));
    show_not_proven(report, true, object);
    output_object(output, object);
}

void report_show_unconnected(const struct output *output, const struct provision_evidence *evidence, const char *record)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];

    hex_encode(bytes_of(evidence->serial, sizeof evidence->serial), serial);
    output_say(output, "imprint: %s is finished and recorded in %s; only the proof by a connection is missing", serial,
               record);
    output_object(output, json_pack("{s:s, s:s, s:o, s:I}", "event", "unconnected", "serial", serial, "record",
                                    value_text(record), "changes", (json_int_t)evidence->changes));
}
