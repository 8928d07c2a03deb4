/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cosign_print.h"

#include <inttypes.h>
#include <time.h>

#include "base/reason.h"

#define TIME_SIZE 21 /* "2026-01-31T12:00:00Z" and a NUL */

static void write_time(uint64_t seconds, char text[static TIME_SIZE])
{
    const time_t when = (time_t)seconds;
    struct tm utc;

    if (gmtime_r(&when, &utc) == NULL || strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        text[0] = '\0';
}

void cosign_print_told(void *context, const struct cosigning_told *told)
{
    const struct output *output = ((const struct cosign_place *)context)->output;
    const char *name = told->witness->witness.name;
    char when[TIME_SIZE] = "";
    json_t *object =
        json_pack("{s:s, s:s, s:I}", "event", "ledger-cosigned", "witness", name, "entries", (json_int_t)told->size);

    if (told->failure == NULL) {
        write_time(told->time, when);
        output_detail(output, "imprint: the witness %s cosigned %" PRIu64 " entr%s at %s", name, told->size,
                      told->size == 1 ? "y" : "ies", when);
    }
    json_object_set_new(object, "result", json_string(told->failure == NULL ? "cosigned" : "failed"));
    json_object_set_new(object, "time", told->failure == NULL ? json_string(when) : json_null());
    json_object_set_new(object, "reason",
                        told->failure == NULL ? json_null() : json_string(error_reason_name(told->failure->reason)));
    output_object(output, object);
}

void cosign_print_stamped(const struct output *output, const struct stamping_result *result)
{
    char when[TIME_SIZE];

    write_time(result->time, when);
    output_detail(output, "imprint: %" PRIu64 " entr%s stamped at %s", result->size, result->size == 1 ? "y" : "ies",
                  when);
    output_object(output, json_pack("{s:s, s:I, s:s}", "event", "ledger-stamped", "entries", (json_int_t)result->size,
                                    "time", when));
}

/* What the run says of a failure: some mean that this station must stop. */
static bool is_serious(const struct error *failure)
{
    return failure->reason == ERROR_DUPLICATE || failure->reason == ERROR_DATABASE_DAMAGED;
}

/* A stamp that is not there is missed by nobody but the auditor: a warning. */
static void stamp(const struct output *output, const struct ledger_file *file, struct ledger *ledger)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct stamping_result result;

    if (!stamping_ask(file, ledger, true, &result, &failure))
        output_warn_of(output, "the ledger has no new time stamp", &failure,
                       "when that is mended: imprint ledger stamp");
    else if (result.is_asked)
        cosign_print_stamped(output, &result);
}

static bool ask(const struct output *output, struct station_ledger *ledger, struct error *err)
{
    struct cosign_place place = {.output = output};
    struct cosigning_run run = {.context = &place, .told = cosign_print_told, .only_due = true};
    struct ledger_file file;
    struct ledger *open;

    if (!ledger_file_read(ledger->config, &file, err))
        return false;
    if (file.witness_count == 0 && file.stamp_url[0] == '\0')
        return true;
    if (!station_ledger_look(ledger, &open, err) || open == NULL)
        return err->reason == ERROR_NONE;
    if (file.stamp_url[0] != '\0')
        stamp(output, &file, open);
    return cosigning_ask(&file, open, &run, err);
}

bool cosign_print_run(const struct output *output, struct station_ledger *ledger, bool ok, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    if (ask(output, ledger, &failure))
        return ok;
    if (ok && is_serious(&failure)) {
        error_pass(err, &failure);
        return false;
    }
    output_warn_of(output, "no witness cosigned the ledger", &failure, "when that is mended: imprint ledger cosign");
    return ok;
}
