/* SPDX-License-Identifier: Apache-2.0 */
#include "station/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "station/orders.h"
#include "station/run_facts.h"
#include "station/station_ledger.h"

#define ATTEMPTS_USUAL 32 /* at one board; there may be more */

/* Reasons for which no board is at fault, whatever their exit code: station, settings or a server are. */
static const char *const not_the_board[] = {
    "not-armed",        "gate-refused",
    "storage-full",     "storage-failed",
    "storage-corrupt",  "server-away",
    "server-untrusted", "server-refused",
    "tls-failed",       "certificate-not-asked",
    "device-busy",      "message-too-long",
    "rehearsal",        "psa",
    "unexpected",
};

bool quarantine_spares_board(const char *reason)
{
    for (size_t i = 0; i < sizeof not_the_board / sizeof not_the_board[0]; i++)
        if (strcmp(not_the_board[i], reason) == 0)
            return true;
    return false;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

static bool is_one_of(const char *text, const char *const *words)
{
    while (*words != NULL && strcmp(*words, text) != 0)
        words++;
    return *words != NULL;
}

/* The board did not do what it should: not one that was pulled out (exit code 3), of another kind (4), or stopped. */
static bool is_own_fault(const json_t *entry)
{
    static const char *const results[] = {"failed", "refused", NULL};
    const json_t *error = json_object_get(json_object_get(entry, "evidence"), "error");

    return is_one_of(text_of(entry, "result"), results) &&
           json_integer_value(json_object_get(error, "exit")) == ERROR_EXIT_REFUSED &&
           !quarantine_spares_board(text_of(entry, "reason"));
}

/* Takes in one attempt, from the newest back. `*is_over`: what older ones failed at does not count any more. */
static void take(const json_t *entry, struct quarantine *found, bool *is_over)
{
    static const char *const good[] = {"provisioned", "confirmed", "proven", NULL}, *const over[] = {"reworked",
                                                                                                     "retired", NULL};
    const char *result = text_of(entry, "result");

    if (strcmp(result, "scrapped") == 0)
        found->state = QUARANTINE_SCRAPPED;
    if (*is_over)
        return;
    if (is_own_fault(entry))
        found->failures++;
    if (is_one_of(result, good) && found->failures == 0)
        found->is_finished = true;
    *is_over = is_one_of(result, good) || is_one_of(result, over);
}

/* Numbers of all attempts at the device, newest first, for free(). NULL with a reason. */
static uint64_t *list_attempts(struct ledger *ledger, const char *device, size_t *count, struct error *err)
{
    uint64_t *seqs = NULL;
    size_t most = ATTEMPTS_USUAL;

    do {
        free(seqs);
        most *= 2;
        seqs = calloc(most, sizeof *seqs);
        *count = seqs != NULL ? ledger_attempts(ledger, device, seqs, most, err) : 0;
    } while (*count == most);
    if (seqs == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    return seqs;
}

bool quarantine_look(struct ledger *ledger, const char *device, unsigned tries, struct quarantine *found,
                     struct error *err)
{
    size_t count;
    uint64_t *seqs = list_attempts(ledger, device, &count, err);
    bool is_over = false;

    *found = (struct quarantine){.is_known = count > 0};
    for (size_t i = 0; i < count && err->reason == ERROR_NONE && found->state == QUARANTINE_NONE; i++) {
        json_t *entry = station_ledger_load(ledger, seqs[i], err);

        if (entry != NULL)
            take(entry, found, &is_over);
        json_decref(entry);
    }
    free(seqs);
    if (found->state == QUARANTINE_NONE && found->failures >= tries)
        found->state = QUARANTINE_HELD;
    return err->reason == ERROR_NONE;
}

/* --- deciding --- */

bool quarantine_check_note(const char *note, struct error *err)
{
    if (strlen(note) <= QUARANTINE_NOTE_MAX && run_facts_is_plain(note))
        return true;
    error_set(err, ERROR_USAGE, "the note is too long, or has characters that cannot be printed",
              "write at most 200 bytes of UTF-8");
    return false;
}

static const struct {
    const char *verb, *result;
} decisions[] = {[QUARANTINE_REWORK] = {"rework", "reworked"}, [QUARANTINE_SCRAP] = {"scrap", "scrapped"}};

const char *quarantine_verb(enum quarantine_decision decision)
{
    return decisions[decision].verb;
}

const char *quarantine_result(enum quarantine_decision decision)
{
    return decisions[decision].result;
}

static bool refuse(const char *device, const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    error_with_subject(err, device);
    return false;
}

static bool check(const struct quarantine *found, const char *device, enum quarantine_decision decision,
                  struct error *err)
{
    if (!found->is_known)
        return refuse(device, "the ledger has no attempt at this device",
                      "compare the serial number; see the attempts: imprint ledger list", err);
    if (found->state == QUARANTINE_SCRAPPED)
        return refuse(device, "it was scrapped, which is for good",
                      error_keep_format(err, "see who did it: imprint ledger show %s", device), err);
    if (decision == QUARANTINE_REWORK && found->failures == 0)
        return refuse(device, "its last attempt did not fail: there is nothing to rework",
                      error_keep_format(err, "see its attempts: imprint ledger show %s", device), err);
    if (decision == QUARANTINE_SCRAP && found->is_finished)
        return refuse(device, "it is finished, and counts as made",
                      error_keep_format(err, "retire it first: imprint retire %s", device), err);
    return true;
}

static json_t *entry_of(const char *device, enum quarantine_decision decision, const char *operator_name,
                        const char *note)
{
    const struct orders_who who = {.verb = "", .operator_name = operator_name};
    json_t *entry = orders_entry(&who, NULL, quarantine_result(decision));

    json_object_set_new(entry, "kind", json_string(quarantine_verb(decision)));
    json_object_set_new(entry, "device", json_string(device));
    if (note != NULL)
        json_object_set_new(entry, "note", json_string(note));
    return entry;
}

bool quarantine_decide(struct ledger *ledger, const char *device, enum quarantine_decision decision,
                       const char *operator_name, const char *note, struct quarantine *found, struct error *err)
{
    bool ok = database_begin(&ledger->database, err);

    ok = ok && quarantine_look(ledger, device, 1, found, err) && check(found, device, decision, err) &&
         orders_add(ledger, entry_of(device, decision, operator_name, note), err) &&
         database_commit(&ledger->database, err);
    if (ok)
        return true;
    database_rollback(&ledger->database);
    error_doing(err, decision == QUARANTINE_REWORK ? "clear the device for rework" : "scrap the device");
    return false;
}
