/* SPDX-License-Identifier: Apache-2.0 */
#include "web/login_record.h"

#include <stdio.h>
#include <unistd.h>

#include "station/run_facts.h"
#include "station/station_ledger.h"
#include "station/value.h"

/* With the members that every entry has (docs/reference/ledger.md). */
static json_t *make_entry(const struct login_record *record)
{
    char host[RUN_FACTS_HOST_SIZE] = "", now[RUN_FACTS_TIME_SIZE];
    json_t *entry;

    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    run_facts_time(now);
    entry =
        json_pack("{s:s, s:o, s:s?, s:s?, s:s?, s:n, s:n, s:s, s:s, s:s, s:s?, s:{s:s?, s:s?}}", "kind", record->kind,
                  "station", value_text(host), "socket", record->socket, "operator", record->person, "order",
                  record->order, "device", "profile", "started", now, "ended", now, "result", record->result, "reason",
                  record->reason, "evidence", "role", record->role, "address", record->address);
    if (record->note != NULL)
        json_object_set_new(entry, "note", value_text(record->note));
    return entry;
}

bool login_record_append(const char *state, const struct login_record *record, struct error *err)
{
    struct station_config config = {.device = ""};
    struct ledger_conflict conflict;
    struct ledger ledger;
    json_t *entry;
    uint64_t seq;
    bool ok;

    (void)snprintf(config.state, sizeof config.state, "%s", state);
    ok = station_ledger_open(&config, LEDGER_WRITE, &ledger, err);
    if (ok) {
        entry = make_entry(record);
        ok = entry != NULL && ledger_append(&ledger, entry, &seq, &conflict, err);
        if (!ok)
            error_set(err, ERROR_UNEXPECTED, "there is no memory for the entry", NULL);
        json_decref(entry);
        ledger_close(&ledger);
    }
    if (!ok)
        error_doing(err, "record it in the ledger");
    return ok;
}

bool login_record_note(void *context, struct error *err)
{
    const struct login_noting *noting = context;

    return login_record_append(noting->state, noting->record, err);
}
