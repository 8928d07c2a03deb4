/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/line_print.h"

#include <inttypes.h>
#include <string.h>

#include "cli/order_print.h"

static const char *plural(uint64_t count)
{
    return count == 1 ? "y" : "ies";
}

static const char *known(const char *text)
{
    return text == NULL ? "?" : text;
}

static void print_alarm(const struct output *output, const struct ledger_line_alarm *alarm)
{
    const char *time = alarm->time == NULL ? "" : alarm->time, *comma = alarm->time == NULL ? "" : ", ";
    const char *station = known(alarm->station), *device = known(alarm->device), *other = known(alarm->other),
               *other_station = known(alarm->other_station);

    if (alarm->device == NULL)
        output_result(output, "ALARM %s: station %s, entry %" PRIu64 "%s%s\n", alarm->what, station, alarm->seq, comma,
                      time);
    else if (strcmp(device, other) == 0)
        output_result(output,
                      "ALARM %s: device %s of station %s (entry %" PRIu64 "%s%s) has another, says station %s\n",
                      alarm->what, device, station, alarm->seq, comma, time, other_station);
    else
        output_result(output,
                      "ALARM %s: device %s of station %s (entry %" PRIu64
                      "%s%s) has what device %s of station %s has already\n",
                      alarm->what, device, station, alarm->seq, comma, time, other, other_station);
    output_object(output,
                  json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:I, s:s?}", "event", "line-alarm", "what", alarm->what,
                            "device", alarm->device, "station", alarm->station, "other", alarm->other, "other_station",
                            alarm->other_station, "seq", (json_int_t)alarm->seq, "time", alarm->time));
}

void line_print_alarm(void *context, const struct ledger_line_alarm *alarm)
{
    print_alarm(context, alarm);
}

void line_print_sent(const struct output *output, const struct outbox_run *run)
{
    output_say(output, "imprint: %" PRIu64 " entr%s sent to the line, %" PRIu64 " wait%s", run->sent, plural(run->sent),
               run->waiting, run->waiting == 1 ? "s" : "");
    output_object(output, json_pack("{s:s, s:I, s:I, s:I}", "event", "line-sent", "sent", (json_int_t)run->sent,
                                    "waiting", (json_int_t)run->waiting, "alarms", (json_int_t)run->alarms));
}

void line_print_told(const struct output *output, uint64_t told)
{
    if (told == 0)
        return;
    output_detail(output, "imprint: the line knows what this station made of its orders: %" PRIu64 " new entr%s", told,
                  plural(told));
    output_object(output, json_pack("{s:s, s:I}", "event", "order-synced", "entries", (json_int_t)told));
}

bool line_print_alarmed(uint64_t alarms, struct error *err)
{
    if (alarms == 0)
        return true;
    error_set(err, ERROR_DUPLICATE, "the line knows what this station sent as that of another device",
              "set both devices aside, and find out how they came to the same one: docs/guide/line.md, \"An alarm\"");
    error_doing(err, "compare the devices with the line");
    return false;
}

/* A callback's context may be written; the output is not. */
struct place {
    const struct output *output;
};

static void on_alarm(void *context, const struct ledger_line_alarm *alarm)
{
    const struct place *place = context;

    print_alarm(place->output, alarm);
}

/* The orders, after the ledger. False: this ledger is an older copy. */
static bool tell_orders(const struct output *output, struct station_ledger *ledger, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    uint64_t told;

    if (station_ledger_tell_orders(ledger, &told, &failure)) {
        line_print_told(output, told);
        return true;
    }
    if (failure.reason == ERROR_DUPLICATE) {
        error_pass(err, &failure);
        return false;
    }
    output_warn_of(output, "the line was not told of its orders' devices", &failure,
                   "when that is mended: imprint order sync");
    return true;
}

/* What the run leased by itself. */
static void print_leased(const struct output *output, const struct station_ledger *ledger)
{
    for (size_t i = 0; i < ledger->lease_count; i++) {
        const struct order_lease *lease = &ledger->leased[i];

        output_say(output, "imprint: %" PRId64 " more unit%s of %s leased from the line", lease->amount,
                   lease->amount == 1 ? "" : "s", lease->order);
        output_object(output, order_print_lease_value(lease));
    }
}

bool line_print_send(const struct output *output, struct station_ledger *ledger, bool ok, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct place place = {.output = output};
    struct outbox_run run = {.context = &place, .alarm = on_alarm};
    const bool sent = station_ledger_send(ledger, &run, &failure);
    bool told;

    if (sent && (ledger->line.state == STATION_LINE_NONE || (run.sent == 0 && run.waiting == 0)))
        return ok;
    line_print_sent(output, &run);
    told = !sent || tell_orders(output, ledger, ok ? err : &failure);
    print_leased(output, ledger);
    if (!told && ok)
        return false;
    if (ok && failure.reason == ERROR_DUPLICATE) {
        error_pass(err, &failure);
        return false;
    }
    if (!sent)
        output_warn_of(output, "the ledger cannot be sent to the line", &failure,
                       "when that is mended: imprint ledger sync");
    else if (ledger->line.state == STATION_LINE_AWAY)
        output_warn(output, "the line was not asked, %" PRIu64 " entr%s wait%s: %s; later: imprint ledger sync",
                    run.waiting, plural(run.waiting), run.waiting == 1 ? "s" : "", ledger->line.away);
    return line_print_alarmed(ok ? run.alarms : 0, err) && ok;
}
