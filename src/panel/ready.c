/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/ready.h"

#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "panel/label_scans.h"
#include "station/profile_file.h"
#include "station/rehearsal.h"
#include "station/shift_check.h"

struct ready {
    struct check *check;
    const struct panel_settings *settings;
    struct station_config config;
    struct station_ledger ledger;
    struct profile profile;
    struct shift shift;
    struct label_scans scans;
};

static void tell(struct ready *ready, const char *item, const char *name, enum shift_check result,
                 const struct error *why)
{
    if (result != SHIFT_CHECK_NONE)
        check_tell(ready->check, item, name, result == SHIFT_CHECK_WARNING, why);
}

/* --- what the station file leaves out --- */

/* Each board that is not locked yet needs that. */
static bool has_locks(const struct profile *profile)
{
    bool has = profile->lock_config || profile->lock_data;

    for (size_t i = 0; i < profile->key_count; i++)
        has = has || profile->keys[i].lock_slot;
    for (size_t i = 0; i < profile->data_count; i++)
        has = has || profile->data[i].lock_slot;
    return has;
}

/* Boards need that whose slots hold something: only the chip of each can say so. */
static bool has_replacements(const struct profile *profile)
{
    bool has = false;

    for (size_t i = 0; i < profile->key_count; i++)
        has = has || profile->keys[i].replace != PROFILE_REPLACE_NEVER;
    for (size_t i = 0; i < profile->certificate_count; i++)
        has = has || profile->certificates[i].replace != PROFILE_REPLACE_NEVER;
    for (size_t i = 0; i < profile->data_count; i++)
        has = has || profile->data[i].replace != PROFILE_REPLACE_NEVER;
    return has;
}

static void check_profile(struct ready *ready)
{
    const bool is_armed = ready->settings->irreversible;
    const char *next = "read the plan (imprint provision PROFILE --dry-run), then write irreversible: true into the "
                       "station file";
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);

    if (!is_armed && has_locks(&ready->profile))
        error_set(&why, ERROR_NOT_ARMED,
                  "it locks chips, and irreversible steps are not armed: a board that is not locked yet will fail",
                  next);
    else if (!is_armed && has_replacements(&ready->profile))
        error_set(
            &why, ERROR_NOT_ARMED,
            "it may replace what a slot holds (replace: unclaimed), and irreversible steps are not armed: a board "
            "that holds something there will fail",
            next);
    tell(ready, "profile", ready->settings->profile, SHIFT_CHECK_WARNING, &why);
}

/* Reported only where a socket is a rehearsal's and the shift is not. */
static void check_rehearsals(struct ready *ready)
{
    for (size_t i = 0; i < ready->settings->socket_count; i++) {
        const struct panel_socket_settings *socket = &ready->settings->sockets[i];
        const char *console = panel_console(socket->device);
        struct rehearsal rehearsal = {.allowed = ready->shift.may_rehearse};
        char room[ERROR_ROOM];
        struct error why = ERROR_IN(room);

        if (console != NULL ? !rehearsal_check_console(&rehearsal, console, &why)
                            : !rehearsal_check_device(&rehearsal, socket->device, &why)) {
            why.next = "use real boards; to rehearse, write rehearsal: true into the station file";
            tell(ready, "rehearsal", socket->name, SHIFT_CHECK_BAD, &why);
        }
    }
}

/* --- the shift --- */

static void check_state(struct ready *ready)
{
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);

    tell(ready, "state", ready->settings->state, shift_check_state(&ready->shift, &why), &why);
}

static void check_clock(struct ready *ready)
{
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);

    tell(ready, "clock", "UTC", shift_check_clock(&ready->shift, &why), &why);
}

static void check_line(struct ready *ready)
{
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);

    tell(ready, "line", "line.yaml", shift_check_line(&ready->shift, &why), &why);
}

/* That its labels are scanned back where it says so. */
static bool check_order_labels(struct ready *ready, struct error *why)
{
    struct panel_board board = {.steps = 0};
    struct ledger *open = NULL;

    ready->scans.settings = ready->settings;
    if (!station_ledger_look(&ready->ledger, &open, why) || open == NULL ||
        label_scans_note_order(&ready->scans, open, &board))
        return why->reason == ERROR_NONE;
    error_set(why, ERROR_ORDER_REFUSED, error_keep(why, board.cause), error_keep(why, board.next));
    error_with_subject(why, ready->settings->order);
    return false;
}

static void check_order(struct ready *ready)
{
    const struct panel_settings *settings = ready->settings;
    const struct shift_order way = {
        .id = settings->order,
        .has_operator = settings->operator_name[0] != '\0' || settings->page[0] != '\0',
        .scans_boards = settings->scan_board,
    };
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);
    enum shift_check result;

    if (settings->order[0] == '\0')
        return;
    result = shift_check_order(&ready->shift, &way, &why);
    if (result == SHIFT_CHECK_GOOD && !check_order_labels(ready, &why))
        result = SHIFT_CHECK_BAD;
    tell(ready, "order", settings->order, result, &why);
}

/* Once for each issuer; again where it is fine for one of its certificates and not for another. */
static void check_issuers(struct ready *ready)
{
    const struct profile_certificate *certificates = ready->profile.certificates;

    for (size_t i = 0; i < ready->profile.certificate_count; i++) {
        char room[ERROR_ROOM];
        struct error why = ERROR_IN(room);
        const enum shift_check result = shift_check_issuer(&ready->shift, i, &why);
        bool is_first = true;

        for (size_t before = 0; before < i; before++)
            is_first = is_first && strcmp(certificates[before].issuer, certificates[i].issuer) != 0;
        if (is_first || result != SHIFT_CHECK_GOOD)
            tell(ready, "issuer", certificates[i].issuer, result, &why);
    }
}

static void check_connections(struct ready *ready)
{
    for (size_t i = 0; i < ready->profile.certificate_count; i++) {
        char room[ERROR_ROOM];
        struct error why = ERROR_IN(room);

        tell(ready, "connection", ready->profile.certificates[i].connection,
             shift_check_connection(&ready->shift, i, &why), &why);
    }
}

static void check_sources(struct ready *ready)
{
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);

    tell(ready, "profile-files", ready->settings->profile, shift_check_sources(&ready->shift, &why), &why);
}

static void check_golden(struct ready *ready)
{
    const char *golden = ready->settings->golden;
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);

    if (golden[0] != '\0')
        tell(ready, "golden", golden, shift_check_golden(&ready->shift, golden, &why), &why);
}

static void check_all(struct ready *ready)
{
    check_profile(ready);
    check_state(ready);
    check_clock(ready);
    check_line(ready);
    check_order(ready);
    check_issuers(ready);
    check_connections(ready);
    check_sources(ready);
    check_golden(ready);
    check_rehearsals(ready);
}

/* The station file's own issuers and connections, as workers get them. */
static void describe(struct ready *ready)
{
    const struct panel_settings *settings = ready->settings;

    (void)snprintf(ready->config.state, sizeof ready->config.state, "%s", settings->state);
    ready->config.issuers = settings->issuers[0] != '\0' ? settings->issuers : NULL;
    ready->config.connections = settings->connections[0] != '\0' ? settings->connections : NULL;
    ready->ledger = (struct station_ledger){.config = &ready->config, .is_dry = true};
    ready->shift = (struct shift){
        .config = &ready->config,
        .ledger = &ready->ledger,
        .profile = &ready->profile,
        .profile_path = settings->profile,
        .may_rehearse = settings->rehearsal || ready->profile.rehearsal == PROFILE_REHEARSAL_ALLOWED,
    };
}

void ready_check(struct check *check)
{
    struct ready *ready = calloc(1, sizeof *ready);
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);

    if (ready == NULL)
        error_set(&why, ERROR_UNEXPECTED, "out of memory", NULL);
    if (ready == NULL || !profile_file_read(check->settings->profile, &ready->profile, &why)) {
        check_tell(check, "profile", check->settings->profile, false, &why);
        free(ready);
        return;
    }
    ready->check = check;
    ready->settings = check->settings;
    describe(ready);
    check_all(ready);
    shift_check_close(&ready->shift);
    station_ledger_close(&ready->ledger);
    free(ready);
}
