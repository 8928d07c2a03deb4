/* SPDX-License-Identifier: Apache-2.0 */
#include "station/station_ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "station/folder.h"
#include "station/ledger_chip.h"
#include "station/order_line.h"
#include "station/order_renewal.h"
#include "station/run_facts.h"
#include "station/station_order.h"

#define RECORD_ATTEMPTS 1000 /* how far back the last success of a device is looked for */

bool station_ledger_open(const struct station_config *config, enum ledger_mode mode, struct ledger *ledger,
                         struct error *err)
{
    const struct ledger_key_choice usual = {.is_p256 = false};

    return station_ledger_open_keyed(config, mode, &usual, ledger, err);
}

/* Looking needs no key: a ledger file that is wrong, and a chip that is away, do not stop it. */
static bool find_keeper(const struct station_config *config, enum ledger_mode mode, struct note_keeper *keeper,
                        struct error *err)
{
    struct ledger_file *file;
    bool ok;

    if (mode == LEDGER_READ)
        return true;
    file = calloc(1, sizeof *file);
    if (file == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    ok = ledger_file_read(config, file, err) &&
         (file->key.device[0] == '\0' || ledger_chip_keeper(&file->key, keeper, err));
    free(file);
    return ok;
}

bool station_ledger_open_keyed(const struct station_config *config, enum ledger_mode mode,
                               const struct ledger_key_choice *usual, struct ledger *ledger, struct error *err)
{
    char folder[PATH_MAX], host[RUN_FACTS_HOST_SIZE] = "";
    struct ledger_key_choice choice = *usual;

    memset(ledger, 0, sizeof *ledger);
    if (!folder_in_state(config, "ledger", folder, err) || !find_keeper(config, mode, &choice.keeper, err))
        return false;
    if (mode == LEDGER_WRITE && !folder_make(folder, err)) {
        if (choice.keeper.release != NULL)
            choice.keeper.release(choice.keeper.context);
        return false;
    }
    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    return ledger_open_keyed(ledger, folder, host, &choice, mode, err);
}

/* Opens it where it is not open yet, and makes it where it is not there. False with a reason. */
static bool open_or_make(struct station_ledger *ledger, struct error *err)
{
    if (!ledger->is_open)
        ledger->is_open = station_ledger_open(ledger->config, LEDGER_WRITE, &ledger->ledger, err);
    return ledger->is_open;
}

void station_ledger_close(struct station_ledger *ledger)
{
    if (ledger->is_open)
        ledger_close(&ledger->ledger);
    ledger->is_open = false;
    station_line_close(&ledger->line);
}

static struct station_line *line_of(struct station_ledger *ledger)
{
    ledger->line.config = ledger->config;
    return &ledger->line;
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
    return json_pack("{s:o, s:o, s:o, s:o, s:n, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", member(run, "verb"),
                     "station", member(run, "host"), "socket", member(run, "socket"), "operator",
                     member(run, "operator"), "order", "device", member(line, "serial"), "profile",
                     member(line, "profile"), "started", member(run, "started"), "ended", member(run, "time"), "result",
                     member(line, "result"), "reason", member(json_object_get(line, "error"), "reason"), "evidence",
                     evidence);
}

static bool is_text(const json_t *object, const char *name, const char *text)
{
    const char *found = json_string_value(json_object_get(object, name));

    return found != NULL && strcmp(found, text) == 0;
}

/* A device that only its proof by a connection is missing of is finished, too. */
static bool has_made(const struct station_ledger *ledger, const json_t *line)
{
    return ledger->is_finished || is_text(line, "result", "provisioned") || is_text(line, "result", "confirmed");
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

bool station_ledger_append(struct station_ledger *ledger, json_t *line, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct ledger_conflict conflict = {.what = NULL};
    json_t *content;
    uint64_t seq;
    bool ok;

    if (!has_place(ledger->config, line))
        return true;
    content = station_ledger_content(line);
    if (ledger->order != NULL)
        station_order_describe(ledger->order, has_made(ledger, line), content);
    ok = open_or_make(ledger, &failure) && ledger_append(&ledger->ledger, content, &seq, &conflict, &failure);
    json_decref(content);
    if (ok && conflict.what != NULL)
        ok = station_ledger_alarm(conflict.what, conflict.other, &failure);
    if (!ok)
        pass_as_record_failed(&failure, err);
    return ok;
}

/* --- what the ledger knows, before anything is written --- */

/* Brings tables of an older version up to date, and leaves it closed. No entry is made. False with a reason. */
static bool upgrade(struct station_ledger *ledger, struct error *err)
{
    const bool ok = station_ledger_open(ledger->config, LEDGER_USE, &ledger->ledger, err);

    if (ok)
        ledger_close(&ledger->ledger);
    return ok;
}

static bool open_as_it_is(struct station_ledger *ledger, struct error *err)
{
    return station_ledger_open(ledger->config, ledger->is_dry ? LEDGER_READ : LEDGER_USE, &ledger->ledger, err);
}

/* Opens it where it is not open yet. `is_open` stays false without a reason where there is none yet. */
static bool open_if_there(struct station_ledger *ledger, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    if (!ledger->is_open)
        ledger->is_open = open_as_it_is(ledger, &failure);
    if (failure.reason == ERROR_DATABASE_VERSION && ledger->is_dry && ledger->may_upgrade) {
        failure = (struct error)ERROR_IN(room);
        ledger->is_open = upgrade(ledger, &failure) && open_as_it_is(ledger, &failure);
    }
    if (ledger->is_open || (failure.reason == ERROR_STORAGE_FAILED && failure.system_errno == ENOENT))
        return true;
    error_pass(err, &failure);
    return false;
}

/* The lock of the next entry: a stranger's, or a file that cannot be written, is found now. */
static bool check_lock(struct station_ledger *ledger, struct error *err)
{
    const bool ok = database_begin(&ledger->ledger.database, err);

    if (ok)
        database_rollback(&ledger->ledger.database);
    else
        error_doing(err, "prepare the ledger");
    return ok;
}

bool station_ledger_prepare(struct station_ledger *ledger, struct error *err)
{
    return open_or_make(ledger, err) && check_lock(ledger, err) && station_line_open(line_of(ledger), err);
}

bool station_ledger_check(struct station_ledger *ledger, struct error *err)
{
    return open_if_there(ledger, err) && (!ledger->is_open || check_lock(ledger, err)) &&
           station_line_open(line_of(ledger), err);
}

bool station_ledger_look(struct station_ledger *ledger, struct ledger **open, struct error *err)
{
    const bool ok = open_if_there(ledger, err);

    *open = ok && ledger->is_open ? &ledger->ledger : NULL;
    return ok;
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

static bool check_line_owner(const char *what, const struct ledger_line_owner *owner,
                             const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    char own[HEX_SIZE(CHIP_SERIAL_BYTES)];

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), own);
    if (owner->device[0] == '\0' || strcmp(own, owner->device) == 0)
        return true;
    error_set(err, ERROR_DUPLICATE,
              error_keep_format(err, "this device has a %s that the line knows as that of device %s, of station %s",
                                what, owner->device, owner->station),
              error_keep_format(err,
                                "set both devices aside, and find out at station %s how they came to the same one: "
                                "imprint ledger show %s",
                                owner->station, owner->device));
    error_with_serial(err, serial);
    return false;
}

static bool check_key_here(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES],
                           const uint8_t *point, struct error *err)
{
    char other[LEDGER_DEVICE_SIZE] = "";

    return (!ledger->is_open || ledger_find_key(&ledger->ledger, point + 1, other, err)) &&
           check_owner("public key", other, serial, err);
}

bool station_ledger_check_key(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES],
                              const uint8_t *point, struct error *err)
{
    struct ledger_line_owner owner;

    return open_if_there(ledger, err) && check_key_here(ledger, serial, point, err) &&
           station_line_find_keys(line_of(ledger), bytes_of(point + 1, LEDGER_KEY_BYTES), &owner, err) &&
           check_line_owner("public key", &owner, serial, err);
}

bool station_ledger_check_certificate(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES],
                                      struct bytes number, struct error *err)
{
    static const char what[] = "certificate serial number";
    struct ledger_line_owner owner;
    char other[LEDGER_DEVICE_SIZE] = "";

    return open_if_there(ledger, err) &&
           (!ledger->is_open || ledger_find_certificate(&ledger->ledger, number, other, err)) &&
           check_owner(what, other, serial, err) &&
           station_line_find_certificate(line_of(ledger), number, &owner, err) &&
           check_line_owner(what, &owner, serial, err);
}

/* The keys of a run that no other device may have. */
struct own_keys {
    const struct provision_key_evidence *keys[PROFILE_KEYS_MAX];
    uint8_t x[PROFILE_KEYS_MAX * LEDGER_KEY_BYTES];
    size_t count;
};

static bool note_key(bool ok, const struct provision_key_evidence *key, struct error *err)
{
    if (!ok)
        error_with_key(err, key->key_id);
    return ok;
}

/* One question for all. */
static bool check_keys_on_line(struct station_ledger *ledger, const struct own_keys *own,
                               const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    struct ledger_line_owner owners[PROFILE_KEYS_MAX];
    bool ok = own->count == 0 ||
              station_line_find_keys(line_of(ledger), bytes_of(own->x, own->count * LEDGER_KEY_BYTES), owners, err);

    for (size_t i = 0; i < own->count && ok; i++)
        ok = note_key(check_line_owner("public key", &owners[i], serial, err), own->keys[i], err);
    return ok;
}

bool station_ledger_check_keys(struct station_ledger *ledger, const struct evidence_run *run, struct error *err)
{
    struct own_keys own = {.count = 0};
    const struct provision_evidence *evidence = run->evidence;
    json_t *rehearsal = rehearsal_value(run->rehearsal);
    const bool is_rehearsal = json_array_size(rehearsal) > 0;
    bool ok = open_if_there(ledger, err);

    json_decref(rehearsal);
    ledger->line.is_late = true;
    for (size_t i = 0; i < evidence->key_count && ok; i++) {
        const struct provision_key_evidence *key = &evidence->keys[i];
        const bool may_be_shared = is_rehearsal && run->profile->keys[i].method == PROFILE_IMPORT;

        if (key->key_id == 0 || key->public_key[0] != P256_UNCOMPRESSED || may_be_shared)
            continue;
        ok = note_key(check_key_here(ledger, evidence->serial, key->public_key, err), key, err);
        memcpy(own.x + own.count * LEDGER_KEY_BYTES, key->public_key + 1, LEDGER_KEY_BYTES);
        own.keys[own.count++] = key;
    }
    ok = ok && check_keys_on_line(ledger, &own, evidence->serial, err);
    if (!ok)
        error_doing(err, "compare the device's keys with the ledger");
    return ok;
}

bool station_ledger_claim_board(struct station_ledger *ledger, const char *board, const char *device, struct error *err)
{
    struct ledger_line_board found;
    const char *other = found.owner.device, *station = found.owner.station;

    if (!station_line_claim_board(line_of(ledger), board, device, !ledger->is_dry, &found, err))
        return false;
    if (other[0] == '\0')
        return true;
    if (strcmp(other, device) == 0)
        error_set(err, ERROR_ORDER_DEVICE,
                  error_keep_format(err, "this device is on board %s, according to station %s", found.number, station),
                  error_keep_format(err,
                                    "check the number: --board %s; if the chip was moved to another board, give its "
                                    "record up first, at station %s: imprint retire %s",
                                    found.number, station, device));
    else
        error_set(
            err, ERROR_ORDER_DEVICE,
            error_keep_format(err, "the board number is that of device %s already, of station %s", other, station),
            error_keep_format(err,
                              "check the number; if that device's chip was replaced, give its record up first, "
                              "at station %s: imprint retire %s --lost --yes",
                              station, other));
    error_with_subject(err, board);
    return false;
}

/*
 * A board whose chip was exchanged, or a chip that was moved. `station`: where that is known from; "" for this one.
 * Always false.
 */
static bool refuse_mcu(const struct ledger_mcu *found, const char *station, const char *mcu, const char *device,
                       struct error *err)
{
    const char *at = station[0] != '\0' ? ", at station " : "";
    const char *says = station[0] != '\0' ? ", says station " : "";

    error_set(err, ERROR_DUPLICATE,
              strcmp(found->device, device) == 0
                  ? error_keep_format(err,
                                      "this chip was on another board: device %s is on microcontroller %s%s%s, and "
                                      "here is %s",
                                      device, found->number, says, station, mcu)
                  : error_keep_format(err,
                                      "this board had another chip: its microcontroller %s is device %s%s%s, and "
                                      "here is %s",
                                      mcu, found->device, says, station, device),
              error_keep_format(err,
                                "set the board aside and find out who changed it; after a repair give that record up "
                                "first%s%s: imprint retire %s --lost --yes",
                                at, station, found->device));
    error_doing(err, "compare the board with what is known of chip and microcontroller");
    return false;
}

bool station_ledger_check_mcu(struct station_ledger *ledger, const char *mcu,
                              const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    struct ledger_line_board there = {.number = ""};
    struct ledger_mcu here = {.device = ""};
    char device[HEX_SIZE(CHIP_SERIAL_BYTES)];

    if (mcu[0] == '\0')
        return true;
    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), device);
    if (!open_if_there(ledger, err) || (ledger->is_open && !ledger_find_mcu(&ledger->ledger, mcu, device, &here, err)))
        return false;
    if (here.device[0] != '\0')
        return refuse_mcu(&here, "", mcu, device, err);
    if (!station_line_find_mcu(line_of(ledger), mcu, device, &there, err))
        return false;
    if (there.owner.device[0] == '\0')
        return true;
    memcpy(here.device, there.owner.device, sizeof here.device);
    memcpy(here.number, there.number, sizeof here.number);
    return refuse_mcu(&here, there.owner.station, mcu, device, err);
}

bool station_ledger_line_attempts(struct station_ledger *ledger, const char *device,
                                  struct ledger_line_attempt *attempts, size_t *count, struct error *err)
{
    *count = 0;
    return open_if_there(ledger, err) &&
           station_line_find_attempts(line_of(ledger), device, ledger->is_open ? ledger->ledger.log : "", attempts,
                                      count, err);
}

json_t *station_ledger_load(struct ledger *ledger, uint64_t seq, struct error *err)
{
    json_t *entry = ledger_load(ledger, seq, err);

    if (!json_is_object(entry)) {
        json_decref(entry);
        entry = NULL;
    }
    if (entry == NULL && err->reason == ERROR_NONE)
        error_set(err, ERROR_DATABASE_DAMAGED, error_keep_format(err, "entry %llu is damaged", (unsigned long long)seq),
                  "see what is lost: imprint ledger verify");
    return entry;
}

/* From the newest attempt back to the last that finished the device; a retirement ends it. */
static json_t *find_record(struct ledger *ledger, const char *serial, bool *is_retired, struct error *err)
{
    uint64_t *seqs = calloc(RECORD_ATTEMPTS, sizeof *seqs);
    const size_t count = seqs == NULL ? 0 : ledger_attempts(ledger, serial, seqs, RECORD_ATTEMPTS, err);
    json_t *record = NULL;

    if (seqs == NULL)
        error_set(err, ERROR_UNEXPECTED, "there is no memory", NULL);
    for (size_t i = 0; i < count && record == NULL && !*is_retired && err->reason == ERROR_NONE; i++) {
        json_t *entry = station_ledger_load(ledger, seqs[i], err);

        *is_retired = is_text(entry, "result", "retired");
        if (is_text(entry, "result", "provisioned") || is_text(entry, "result", "confirmed"))
            record = json_incref(json_object_get(entry, "evidence"));
        json_decref(entry);
    }
    if (err->reason != ERROR_NONE)
        error_doing(err, "look up what the ledger has of the device");
    free(seqs);
    return record;
}

bool station_ledger_record(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES],
                           json_t **record, struct error *err)
{
    char text[HEX_SIZE(CHIP_SERIAL_BYTES)];
    bool is_retired = false;
    json_t *entry = NULL;

    *record = NULL;
    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), text);
    if (!open_if_there(ledger, err))
        return false;
    if (ledger->is_open)
        *record = find_record(&ledger->ledger, text, &is_retired, err);
    if (err->reason != ERROR_NONE || *record != NULL || is_retired)
        return err->reason == ERROR_NONE;
    if (!station_line_find_made(line_of(ledger), text, &entry, err))
        return false;
    *record = json_incref(json_object_get(entry, "evidence"));
    json_decref(entry);
    return true;
}

/* --- the line --- */

bool station_ledger_send(struct station_ledger *ledger, struct outbox_run *run, struct error *err)
{
    struct station_line *line = line_of(ledger);
    struct outbox_state state = {.entries = 0};

    line->is_late = true;
    if (!station_line_open(line, err) || line->state == STATION_LINE_NONE)
        return err->reason == ERROR_NONE;
    if (!open_if_there(ledger, err) || !ledger->is_open || !outbox_read(&ledger->ledger, &state, err))
        return err->reason == ERROR_NONE;
    run->waiting = state.entries - (state.sent < state.entries ? state.sent : state.entries);
    if (line->state != STATION_LINE_OPEN)
        return true;
    run->limit_ms = line->file.timeout_s * 1000;
    return outbox_send(&ledger->ledger, &line->database, run, err);
}

bool station_ledger_tell_orders(struct station_ledger *ledger, uint64_t *told, struct error *err)
{
    const struct station_order *order = ledger->order;

    *told = 0;
    if (ledger->line.state != STATION_LINE_OPEN || !ledger->is_open)
        return true;
    if (!order_line_sync(&ledger->ledger, &ledger->line.file, told, err))
        return false;
    if (order != NULL && order->id != NULL)
        (void)station_ledger_lease_more(ledger, order->id, order->person, true);
    return true;
}

bool station_ledger_lease_more(struct station_ledger *ledger, const char *order, const char *person, bool is_early)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct order_lease answer;
    struct station_line *line = line_of(ledger);

    if (!ledger->is_open || ledger->lease_count == STATION_LEDGER_LEASES ||
        !order_renewal_is_due(&ledger->ledger, order, is_early, &ignored) || !station_line_open(line, &ignored) ||
        line->state != STATION_LINE_OPEN || line->file.leases_by_hand)
        return false;
    if (ledger->is_dry)
        return order_renewal_could_take(&line->file, order, &ignored);
    if (!order_renewal_take(&ledger->ledger, &line->file, person, order, is_early, &answer, &ignored) ||
        answer.amount == 0)
        return false;
    ledger->leased[ledger->lease_count++] = answer;
    return true;
}
