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

/* What the run says of a failure: some mean that this station must stop. */
static bool is_serious(const struct error *failure)
{
    return failure->reason == ERROR_DUPLICATE || failure->reason == ERROR_DATABASE_DAMAGED;
}

static bool ask(const struct output *output, struct station_ledger *ledger, struct error *err)
{
    struct cosign_place place = {.output = output};
    struct cosigning_run run = {.context = &place, .told = cosign_print_told, .only_due = true};
    struct ledger_file file;
    struct ledger *open;

    if (!ledger_file_read(ledger->config, &file, err))
        return false;
    if (file.witness_count == 0)
        return true;
    return station_ledger_look(ledger, &open, err) && (open == NULL || cosigning_ask(&file, open, &run, err));
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
    output_warn(output, "no witness cosigned the ledger: %s; when that is mended: imprint ledger cosign",
                failure.cause != NULL ? failure.cause : "the settings cannot be read");
    return ok;
}
