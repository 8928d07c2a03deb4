/* SPDX-License-Identifier: Apache-2.0 */
#include "station/station_ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "station/folder.h"
#include "station/run_facts.h"

#define RECORD_ATTEMPTS 1000 /* how far back the last success of a device is looked for */

bool station_ledger_open(const struct station_config *config, enum ledger_mode mode, struct ledger *ledger,
                         struct error *err)
{
    char folder[PATH_MAX], host[RUN_FACTS_HOST_SIZE] = "";

    memset(ledger, 0, sizeof *ledger);
    if (!folder_in_state(config, "ledger", folder, err) || (mode == LEDGER_WRITE && !folder_make(folder, err)))
        return false;
    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    return ledger_open(ledger, folder, host, mode, err);
}

bool station_ledger_prepare(const struct station_config *config, struct error *err)
{
    struct ledger ledger;
    bool ok = station_ledger_open(config, LEDGER_WRITE, &ledger, err);

    /* The lock of the next entry: a stranger's, or a file that cannot be written, is found now. */
    if (ok)
        ok = database_begin(&ledger.database, err);
    ledger_close(&ledger);
    if (!ok)
        error_doing(err, "prepare the ledger");
    return ok;
}

/* The member of the object, for another one: JSON null where there is none. */
static json_t *member(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    return value == NULL ? json_null() : json_incref(value);
}

json_t *station_ledger_content(json_t *line)
{
    const json_t *run = json_object_get(line, "run");
    json_t *evidence = json_copy(line);

    json_object_del(evidence, "previous");
    json_object_del(evidence, "event");
    return json_pack("{s:o, s:o, s:n, s:o, s:n, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", member(run, "verb"),
                     "station", member(run, "host"), "socket", "operator", member(run, "operator"), "order", "device",
                     member(line, "serial"), "profile", member(line, "profile"), "started", member(run, "started"),
                     "ended", member(run, "time"), "result", member(line, "result"), "reason",
                     member(json_object_get(line, "error"), "reason"), "evidence", evidence);
}

bool station_ledger_alarm(const char *what, const char *other, struct error *err)
{
    error_set(
        err, ERROR_DUPLICATE,
        error_keep_format(err, "this device has a %s that the ledger knows as that of device %s", what, other),
        error_keep_format(err,
                          "set both devices aside and find out how they came to the same one: imprint ledger show "
                          "%s",
                          other));
    return false;
}

/* Whatever stopped it: the device is finished, and what is missing is its record. */
static void pass_as_record_failed(const struct error *failure, struct error *err)
{
    struct error kept = *failure;

    if (kept.reason != ERROR_DUPLICATE)
        kept.reason = ERROR_RECORD_FAILED;
    error_pass(err, &kept);
}

/*
 * A run that reached no device has an entry where there is a ledger, and makes none: a wrong name for the device or for
 * the state folder shall leave no trace.
 */
static bool has_place(const struct station_config *config, const json_t *line)
{
    struct error ignored = {.reason = ERROR_NONE};
    char path[PATH_MAX];

    return json_is_string(json_object_get(line, "serial")) ||
           (folder_in_state(config, "ledger/ledger.db", path, &ignored) && access(path, F_OK) == 0);
}

bool station_ledger_append(const struct station_config *config, json_t *line, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct ledger ledger;
    struct ledger_conflict conflict = {.what = NULL};
    json_t *content;
    uint64_t seq;
    bool ok;

    if (!has_place(config, line))
        return true;
    content = station_ledger_content(line);
    ok = station_ledger_open(config, LEDGER_WRITE, &ledger, &failure);
    if (ok) {
        ok = ledger_append(&ledger, content, &seq, &conflict, &failure);
        ledger_close(&ledger);
    }
    json_decref(content);
    if (ok && conflict.what != NULL)
        ok = station_ledger_alarm(conflict.what, conflict.other, &failure);
    if (!ok)
        pass_as_record_failed(&failure, err);
    return ok;
}

/* --- what the ledger knows, before anything is written --- */

/* Opens it for reading. `*is_there` false: there is none yet. False with a reason. */
static bool open_if_there(const struct station_config *config, struct ledger *ledger, bool *is_there, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    *is_there = station_ledger_open(config, LEDGER_READ, ledger, &failure);
    if (*is_there || failure.system_errno == ENOENT)
        return true;
    error_pass(err, &failure);
    return false;
}

/* What the device shows belongs to `other`, "" for nobody, according to the ledger. */
static bool check_owner(const char *what, const char *other, const uint8_t serial[static CHIP_SERIAL_BYTES],
                        struct error *err)
{
    char own[HEX_SIZE(CHIP_SERIAL_BYTES)];

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), own);
    if (other[0] == '\0' || strcmp(own, other) == 0)
        return true;
    (void)station_ledger_alarm(what, other, err);
    error_with_serial(err, serial);
    return false;
}

static bool check_key(struct ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES], const uint8_t *point,
                      struct error *err)
{
    char other[LEDGER_DEVICE_SIZE];

    return ledger_find_key(ledger, point + 1, other, err) && check_owner("public key", other, serial, err);
}

bool station_ledger_check_key(const struct station_config *config, const uint8_t serial[static CHIP_SERIAL_BYTES],
                              const uint8_t *point, struct error *err)
{
    struct ledger ledger;
    bool is_there, ok = open_if_there(config, &ledger, &is_there, err);

    if (!ok || !is_there)
        return ok;
    ok = check_key(&ledger, serial, point, err);
    ledger_close(&ledger);
    return ok;
}

bool station_ledger_check_certificate(const struct station_config *config,
                                      const uint8_t serial[static CHIP_SERIAL_BYTES], struct bytes number,
                                      struct error *err)
{
    char other[LEDGER_DEVICE_SIZE];
    struct ledger ledger;
    bool is_there, ok = open_if_there(config, &ledger, &is_there, err);

    if (!ok || !is_there)
        return ok;
    ok = ledger_find_certificate(&ledger, number, other, err) &&
         check_owner("certificate serial number", other, serial, err);
    ledger_close(&ledger);
    return ok;
}

bool station_ledger_check_keys(const struct station_config *config, const struct evidence_run *run, struct error *err)
{
    const struct provision_evidence *evidence = run->evidence;
    json_t *rehearsal = rehearsal_value(run->rehearsal);
    const bool is_rehearsal = json_array_size(rehearsal) > 0;
    struct ledger ledger;
    bool is_there, ok = open_if_there(config, &ledger, &is_there, err);

    json_decref(rehearsal);
    if (!ok || !is_there)
        return ok;
    for (size_t i = 0; i < evidence->key_count && ok; i++) {
        const struct provision_key_evidence *key = &evidence->keys[i];
        const bool may_be_shared = is_rehearsal && run->profile->keys[i].method == PROFILE_IMPORT;

        if (key->key_id != 0 && key->public_key[0] == P256_UNCOMPRESSED && !may_be_shared)
            ok = check_key(&ledger, evidence->serial, key->public_key, err);
        if (!ok)
            error_with_key(err, key->key_id);
    }
    ledger_close(&ledger);
    if (!ok)
        error_doing(err, "compare the device's keys with the ledger");
    return ok;
}

static bool is_text(const json_t *object, const char *name, const char *text)
{
    const char *found = json_string_value(json_object_get(object, name));

    return found != NULL && strcmp(found, text) == 0;
}

/* The entry as JSON: the caller's reference; NULL where it cannot be read. */
static json_t *load_entry(struct ledger *ledger, uint64_t seq, struct error *err)
{
    struct bytes_out text = {.data = malloc(ENTRY_MAX), .cap = ENTRY_MAX};
    json_t *entry = text.data != NULL && ledger_read(ledger, seq, &text, err)
                        ? json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL)
                        : NULL;

    free(text.data);
    if (entry == NULL && err->reason == ERROR_NONE)
        error_set(err, ERROR_UNEXPECTED, "an entry of the ledger cannot be read, or there is no memory for it", NULL);
    return entry;
}

/* From the newest attempt back to the last that finished the device; a retirement ends it. */
static json_t *find_record(struct ledger *ledger, const char *serial, struct error *err)
{
    uint64_t *seqs = calloc(RECORD_ATTEMPTS, sizeof *seqs);
    const size_t count = seqs == NULL ? 0 : ledger_attempts(ledger, serial, seqs, RECORD_ATTEMPTS, err);
    json_t *record = NULL;
    bool is_retired = false;

    if (seqs == NULL)
        error_set(err, ERROR_UNEXPECTED, "there is no memory", NULL);
    for (size_t i = 0; i < count && record == NULL && !is_retired && err->reason == ERROR_NONE; i++) {
        json_t *entry = load_entry(ledger, seqs[i], err);

        is_retired = is_text(entry, "result", "retired");
        if (is_text(entry, "result", "provisioned") || is_text(entry, "result", "confirmed"))
            record = json_incref(json_object_get(entry, "evidence"));
        json_decref(entry);
    }
    free(seqs);
    return record;
}

bool station_ledger_record(const struct station_config *config, const uint8_t serial[static CHIP_SERIAL_BYTES],
                           json_t **record, struct error *err)
{
    char text[HEX_SIZE(CHIP_SERIAL_BYTES)];
    struct ledger ledger;
    bool is_there;

    *record = NULL;
    if (!open_if_there(config, &ledger, &is_there, err))
        return false;
    if (!is_there)
        return true;
    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), text);
    *record = find_record(&ledger, text, err);
    ledger_close(&ledger);
    return err->reason == ERROR_NONE;
}
