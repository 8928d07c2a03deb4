/* SPDX-License-Identifier: Apache-2.0 */
#include "station/quarantine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "station/orders.h"
#include "station/run_facts.h"
#include "station/station_ledger.h"

#define DOING "look up what the board has failed at before"
#define ATTEMPTS_USUAL 32 /* at one board; there may be more */

/* Reasons for which the station, its settings or a server is at fault, and not the board, whatever their exit code. */
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

/*
 * The board did not do what it should. Not its fault: it was pulled out (exit code 3), is of another kind (4), or its
 * run was stopped.
 */
static bool is_own_fault(const struct ledger_line_attempt *attempt)
{
    static const char *const results[] = {"failed", "refused", NULL};

    return is_one_of(attempt->result, results) && attempt->exit == ERROR_EXIT_REFUSED &&
           !quarantine_spares_board(attempt->reason);
}

/* What counts of an entry. */
static struct ledger_line_attempt attempt_of(const json_t *entry)
{
    const json_t *evidence = json_object_get(entry, "evidence"), *error = json_object_get(evidence, "error");
    const json_int_t tries = json_integer_value(json_object_get(json_object_get(evidence, "run"), "tries"));
    struct ledger_line_attempt attempt = {.exit = (int)json_integer_value(json_object_get(error, "exit"))};

    if (tries >= 1 && tries <= QUARANTINE_TRIES_MAX)
        attempt.tries = (unsigned)tries;
    (void)snprintf(attempt.time, sizeof attempt.time, "%s", text_of(entry, "time"));
    (void)snprintf(attempt.result, sizeof attempt.result, "%s", text_of(entry, "result"));
    (void)snprintf(attempt.reason, sizeof attempt.reason, "%s", text_of(entry, "reason"));
    return attempt;
}

/* Takes in one attempt; the newest comes first. `*is_over`: failures of older ones do not count any more. */
static void take(const struct ledger_line_attempt *attempt, struct quarantine *found, bool *is_over)
{
    static const char *const good[] = {"provisioned", "confirmed", "proven", NULL}, *const over[] = {"reworked",
                                                                                                     "retired", NULL};

    if (strcmp(attempt->result, "scrapped") == 0)
        found->state = QUARANTINE_SCRAPPED;
    if (*is_over)
        return;
    if (is_own_fault(attempt)) {
        if (found->failures++ == 0)
            memcpy(found->station, attempt->station, sizeof found->station);
        if (attempt->tries > 0 && (found->tries == 0 || attempt->tries < found->tries))
            found->tries = attempt->tries;
    }
    if (is_one_of(attempt->result, good) && found->failures == 0)
        found->is_finished = true;
    *is_over = is_one_of(attempt->result, good) || is_one_of(attempt->result, over);
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

/* The attempts of other logs of a line, newest first, taken in between those of this ledger by their time. */
struct elsewhere {
    struct ledger_line_attempt attempts[LEDGER_LINE_ATTEMPTS_MAX];
    size_t count, next;
};

static void take_elsewhere(struct elsewhere *elsewhere, const char *until, struct quarantine *found, bool *is_over)
{
    while (elsewhere != NULL && elsewhere->next < elsewhere->count) {
        const struct ledger_line_attempt *attempt = &elsewhere->attempts[elsewhere->next];

        if (until != NULL && strcmp(attempt->time, until) < 0 && strcmp(attempt->result, "scrapped") != 0)
            return;
        take(attempt, found, is_over);
        elsewhere->next++;
    }
}

static bool take_all(struct ledger *ledger, const char *device, struct elsewhere *elsewhere, struct quarantine *found,
                     bool *is_over, struct error *err)
{
    size_t count;
    uint64_t *seqs = list_attempts(ledger, device, &count, err);

    found->is_known = found->is_known || count > 0;
    for (size_t i = 0; i < count && err->reason == ERROR_NONE && found->state == QUARANTINE_NONE; i++) {
        json_t *entry = station_ledger_load(ledger, seqs[i], err);
        const struct ledger_line_attempt attempt = attempt_of(entry);

        if (entry != NULL) {
            take_elsewhere(elsewhere, attempt.time, found, is_over);
            take(&attempt, found, is_over);
        }
        json_decref(entry);
    }
    free(seqs);
    return err->reason == ERROR_NONE;
}

/* `ledger` and `elsewhere` may be NULL: there is none. */
static bool look(struct ledger *ledger, const char *device, struct elsewhere *elsewhere, unsigned tries,
                 struct quarantine *found, struct error *err)
{
    bool is_over = false;

    *found = (struct quarantine){.is_known = elsewhere != NULL && elsewhere->count > 0};
    if (ledger != NULL && !take_all(ledger, device, elsewhere, found, &is_over, err)) {
        error_doing(err, DOING);
        return false;
    }
    take_elsewhere(elsewhere, NULL, found, &is_over);
    if (tries > 0 && (found->tries == 0 || tries < found->tries))
        found->tries = tries;
    if (found->state == QUARANTINE_NONE && found->tries > 0 && found->failures >= found->tries)
        found->state = QUARANTINE_HELD;
    return true;
}

bool quarantine_look(struct ledger *ledger, const char *device, unsigned tries, struct quarantine *found,
                     struct error *err)
{
    return look(ledger, device, NULL, tries, found, err);
}

static bool find_elsewhere(struct station_ledger *ledger, const char *device, struct elsewhere *elsewhere,
                           struct error *err)
{
    elsewhere->next = 0;
    return station_ledger_line_attempts(ledger, device, elsewhere->attempts, &elsewhere->count, err);
}

/* Always false. */
static bool refuse_board(const struct quarantine *found, const char *device, struct error *err)
{
    const char *at = found->station[0] != '\0' ? ", the last time at station " : "";

    if (found->state == QUARANTINE_SCRAPPED)
        error_set(err, ERROR_SCRAPPED, "this board was scrapped", "put it back into the scrap bin");
    else
        error_set(err, ERROR_QUARANTINED,
                  error_keep_format(err, "it is in quarantine: it has failed %u time%s%s%s", found->failures,
                                    found->failures == 1 ? "" : "s", at, found->station),
                  error_keep_format(err,
                                    "set it aside; the lead decides: imprint rework %s --operator NAME, or imprint "
                                    "scrap",
                                    device));
    error_doing(err, "work on the board");
    return false;
}

bool quarantine_check(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES], unsigned tries,
                      struct error *err)
{
    char device[HEX_SIZE(CHIP_SERIAL_BYTES)];
    struct elsewhere *elsewhere = calloc(1, sizeof *elsewhere);
    struct quarantine found;
    struct ledger *open;
    bool ok = elsewhere != NULL;

    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), device);
    ok = ok && station_ledger_look(ledger, &open, err) && find_elsewhere(ledger, device, elsewhere, err) &&
         look(open, device, elsewhere, tries, &found, err) &&
         (found.state == QUARANTINE_NONE || refuse_board(&found, device, err));
    free(elsewhere);
    if (!ok)
        error_with_serial(err, serial);
    return ok;
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

static bool decide(struct ledger *ledger, const char *device, struct elsewhere *elsewhere,
                   enum quarantine_decision decision, const struct quarantine_word *word, struct quarantine *found,
                   struct error *err)
{
    if (!database_begin(&ledger->database, err))
        return false;
    if (look(ledger, device, elsewhere, 1, found, err) && check(found, device, decision, err) &&
        orders_add(ledger, entry_of(device, decision, word->operator_name, word->note), err) &&
        database_commit(&ledger->database, err))
        return true;
    database_rollback(&ledger->database);
    return false;
}

bool quarantine_decide(struct station_ledger *ledger, const char *device, enum quarantine_decision decision,
                       const struct quarantine_word *word, struct quarantine *found, struct error *err)
{
    struct elsewhere *elsewhere = calloc(1, sizeof *elsewhere);
    struct ledger *open;
    bool ok = elsewhere != NULL;

    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    ok = ok && station_ledger_look(ledger, &open, err);
    if (ok && open == NULL) {
        ok = false;
        error_set(err, ERROR_STORAGE_FAILED, "there is no ledger yet",
                  "provision a device, or take over the records that are there: imprint ledger import");
        error_with_errno(err, ENOENT);
    }
    ok = ok && find_elsewhere(ledger, device, elsewhere, err) &&
         decide(open, device, elsewhere, decision, word, found, err);
    free(elsewhere);
    if (!ok)
        error_doing(err, decision == QUARANTINE_REWORK ? "clear the device for rework" : "scrap the device");
    return ok;
}
