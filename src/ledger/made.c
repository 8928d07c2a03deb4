/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/made.h"

#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MAX 1000 /* of a device after it was made, among which a retirement is looked for */

/* The caller's reference; NULL with a reason. */
static json_t *read_entry(struct ledger *ledger, uint64_t seq, struct error *err)
{
    json_t *entry = ledger_load(ledger, seq, err);

    if (entry == NULL)
        error_set(err, ERROR_DATABASE_DAMAGED, "an entry is missing or damaged", "see which: imprint ledger verify");
    return entry;
}

/* Whether an entry after `made` retired the device. False also with a reason. */
static bool is_retired(struct ledger *ledger, const char *device, uint64_t made, struct error *err)
{
    uint64_t *seqs = calloc(ATTEMPTS_MAX, sizeof *seqs);
    const size_t count = seqs == NULL ? 0 : ledger_attempts(ledger, device, seqs, ATTEMPTS_MAX, err);
    bool retired = false;

    if (seqs == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    for (size_t i = 0; i < count && seqs[i] > made && !retired; i++) {
        json_t *entry = read_entry(ledger, seqs[i], err);
        const char *result = json_string_value(json_object_get(entry, "result"));

        retired = result != NULL && strcmp(result, "retired") == 0;
        json_decref(entry);
    }
    free(seqs);
    return retired;
}

static bool work_on(struct ledger *ledger, const char *device, uint64_t last, uint64_t made, bool *found,
                    ledger_made_work *work, void *context, struct error *err)
{
    json_t *entry;
    bool ok;

    *found = last <= made || !is_retired(ledger, device, made, err);
    if (err->reason != ERROR_NONE || !*found)
        return err->reason == ERROR_NONE;
    entry = read_entry(ledger, made, err);
    ok = entry != NULL && work(context, entry, err);
    json_decref(entry);
    return ok;
}

static bool each_row(struct ledger *ledger, struct statement *devices, ledger_made_work *work, void *context,
                     struct error *err)
{
    enum statement_result result = STATEMENT_DONE;
    bool ok = true, found;

    while (ok && (result = statement_step(devices, err)) == STATEMENT_ROW) {
        const struct bytes serial = statement_bytes(devices, 0);
        char device[LEDGER_DEVICE_SIZE] = "";

        if (serial.len < sizeof device)
            memcpy(device, serial.data, serial.len);
        ok = work_on(ledger, device, (uint64_t)statement_number(devices, 1), (uint64_t)statement_number(devices, 2),
                     &found, work, context, err);
    }
    return ok && result == STATEMENT_DONE;
}

bool ledger_each_made(struct ledger *ledger, ledger_made_work *work, void *context, struct error *err)
{
    struct statement devices = {.handle = NULL};
    bool ok = database_run(&ledger->database, "BEGIN", err) &&
              statement_prepare(&devices, &ledger->database,
                                "SELECT serial, last, made FROM device WHERE made IS NOT NULL ORDER BY serial", err) &&
              each_row(ledger, &devices, work, context, err);

    statement_finish(&devices);
    (void)database_run(&ledger->database, "ROLLBACK", NULL);
    return ok;
}

bool ledger_made_of(struct ledger *ledger, const char *device, bool *found, ledger_made_work *work, void *context,
                    struct error *err)
{
    uint64_t made, last;

    *found = false;
    if (!ledger_last_made(ledger, device, &made, err))
        return err->reason == ERROR_NONE;
    if (ledger_attempts(ledger, device, &last, 1, err) != 1)
        return err->reason == ERROR_NONE;
    return work_on(ledger, device, last, made, found, work, context, err);
}
