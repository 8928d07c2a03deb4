/* SPDX-License-Identifier: Apache-2.0 */
#include "report/figures.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger/attempts.h"
#include "ledger/merkle.h"

#define PROGRESS_EVERY 4096 /* entries */
#define DIGEST_SHOWN 16     /* hex digits */

static const struct {
    const char *name, *none;
} by_names[FIGURES_BY_COUNT] = {
    [FIGURES_BY_PERIOD] = {"period", "(no time)"},      [FIGURES_BY_ORDER] = {"order", "(no order)"},
    [FIGURES_BY_PROFILE] = {"profile", "(no profile)"}, [FIGURES_BY_STATION] = {"station", "(no name)"},
    [FIGURES_BY_FIRMWARE] = {"firmware", "(unknown)"},
};

static const struct {
    enum attempt_class class;
    const char *name;
} left_out_names[FIGURES_LEFT_OUT_COUNT] = {
    [FIGURES_OUT_OF_RANGE] = {ATTEMPT_CLASS_COUNT, "attempts of another time or order"},
    [FIGURES_OTHER_MODE] = {ATTEMPT_CLASS_COUNT, "rehearsals"},
    [FIGURES_CONFIRMED] = {ATTEMPT_CONFIRMED, "confirming runs"},
    [FIGURES_ADOPTED] = {ATTEMPT_ADOPTED, "adoptions"},
    [FIGURES_RETIRED] = {ATTEMPT_RETIRED, "retirements"},
    [FIGURES_PROVEN] = {ATTEMPT_PROVEN, "proofs by a primary application"},
    [FIGURES_OTHER] = {ATTEMPT_OTHER, "other entries"},
    [FIGURES_UNREADABLE] = {ATTEMPT_UNREADABLE, "entries that cannot be read"},
};

const char *figures_by_name(enum figures_by by)
{
    return by_names[by].name;
}

const char *figures_shown_name(enum figures_by by, const struct group *group, char text[static GROUP_NAME_SIZE])
{
    if (group->name[0] == '\0')
        return by_names[by].none;
    if (by != FIGURES_BY_FIRMWARE || strlen(group->name) <= DIGEST_SHOWN)
        return group->name;
    (void)snprintf(text, GROUP_NAME_SIZE, "%.*s...", DIGEST_SHOWN, group->name);
    return text;
}

bool figures_has_list(const struct figures *figures, enum figures_by by)
{
    const struct groups *groups = &figures->by[by];

    return by != FIGURES_BY_FIRMWARE || groups->count > 1 || (groups->count == 1 && groups->list[0]->name[0] != '\0');
}

const char *figures_left_out_name(enum figures_left_out why, bool rehearsals)
{
    return why == FIGURES_OTHER_MODE && rehearsals ? "production" : left_out_names[why].name;
}

static bool no_memory(struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, "there is no memory", NULL);
    return false;
}

/* When it ended; else when its entry was appended. False: it has no time that can be read. */
static bool moment_of(const struct attempt *attempt, int64_t *moment)
{
    return period_read_utc(attempt->ended, moment) || period_read_utc(attempt->time, moment);
}

static int64_t seconds_of(const struct attempt *attempt)
{
    int64_t started, ended;

    if (attempt->class != ATTEMPT_PASSED || !period_read_utc(attempt->started, &started) ||
        !period_read_utc(attempt->ended, &ended) || ended < started)
        return -1;
    return ended - started;
}

/*
 * What the device's earlier entries say: whether this is its first attempt, and whether it was made before. Goes back
 * no further than it has to.
 */
static bool look_back(const struct figures *figures, struct attempts *attempts, const struct attempt *attempt,
                      uint64_t before, struct sum_attempt *found, struct error *err)
{
    bool is_first = true, was_made = false;
    const bool is_passed = attempt->class == ATTEMPT_PASSED;
    struct attempts_row row;
    struct attempt earlier;

    while (before != ATTEMPTS_NONE && (is_first || (is_passed && !was_made))) {
        if (!attempts_get(attempts, before, &row, err))
            return false;
        attempt_read(row.body, &earlier);
        before = row.before < row.seq ? row.before : ATTEMPTS_NONE;
        if (earlier.is_rehearsal != figures->range.rehearsals || !attempt_is_production(&earlier))
            continue;
        is_first = false;
        was_made = was_made || earlier.class == ATTEMPT_PASSED;
    }
    found->entered = is_first;
    found->passed_first = is_first && is_passed;
    found->made = is_passed && !was_made;
    return true;
}

/* A profile is its digest; its name is for people. */
static void name_profile(const struct attempt *attempt, char name[static GROUP_NAME_SIZE])
{
    (void)snprintf(name, GROUP_NAME_SIZE, "%s%s%.8s%s", attempt->profile, attempt->digest[0] != '\0' ? " (" : "",
                   attempt->digest, attempt->digest[0] != '\0' ? ")" : "");
}

static bool add_to(struct groups *groups, const char *name, const struct sum_attempt *found)
{
    struct group *group = groups_get(groups, name);

    return group != NULL && sum_add(&group->sum, found);
}

static bool add_attempt(struct figures *figures, const struct attempt *attempt, const struct sum_attempt *found)
{
    char period[PERIOD_TEXT_SIZE], profile[GROUP_NAME_SIZE];
    bool ok;

    period_name(found->moment, &figures->range.shifts, period);
    name_profile(attempt, profile);
    if (figures->total.attempts == 0 || found->moment < figures->first)
        figures->first = found->moment;
    if (figures->total.attempts == 0 || found->moment > figures->last)
        figures->last = found->moment;
    figures->no_order += attempt->order[0] == '\0';
    ok = sum_add(&figures->total, found) && add_to(&figures->by[FIGURES_BY_PERIOD], period, found) &&
         add_to(&figures->by[FIGURES_BY_ORDER], attempt->order, found) &&
         add_to(&figures->by[FIGURES_BY_PROFILE], profile, found) &&
         add_to(&figures->by[FIGURES_BY_STATION], attempt->station, found) &&
         add_to(&figures->by[FIGURES_BY_FIRMWARE], attempt->firmware, found);
    if (ok && found->failed)
        ok = add_to(&figures->reasons, attempt->reason[0] != '\0' ? attempt->reason : attempt->result, found);
    return ok;
}

/* True: it counts. */
static bool is_wanted(struct figures *figures, const struct attempt *attempt, int64_t moment)
{
    const struct figures_range *range = &figures->range;
    enum figures_left_out why = FIGURES_OUT_OF_RANGE;

    if (!attempt_is_production(attempt)) {
        for (int i = 0; i < FIGURES_LEFT_OUT_COUNT; i++)
            if (left_out_names[i].class == attempt->class)
                why = (enum figures_left_out)i;
    } else if (attempt->is_rehearsal != range->rehearsals) {
        why = FIGURES_OTHER_MODE;
    } else if ((!range->has_from || moment >= range->from) && (!range->has_to || moment < range->to) &&
               (range->order == NULL || strcmp(range->order, attempt->order) == 0)) {
        return true;
    }
    figures->left_out[why]++;
    return false;
}

/* What an entry says by itself. False: it does not count. */
static bool read_attempt(struct figures *figures, struct bytes body, struct attempt *attempt, struct sum_attempt *found)
{
    *found = (struct sum_attempt){.seconds = -1};
    attempt_read(body, attempt);
    if (!moment_of(attempt, &found->moment))
        attempt->class = ATTEMPT_UNREADABLE;
    found->failed = attempt->class == ATTEMPT_FAILED;
    found->without = attempt->device[0] == '\0';
    found->seconds = seconds_of(attempt);
    return is_wanted(figures, attempt, found->moment);
}

static bool take_row(struct figures *figures, struct attempts *attempts, const struct attempts_row *row,
                     struct error *err)
{
    struct sum_attempt found;
    struct attempt attempt;

    if (!read_attempt(figures, row->body, &attempt, &found))
        return true;
    if (!found.without && !look_back(figures, attempts, &attempt, row->before, &found, err))
        return false;
    return add_attempt(figures, &attempt, &found) || no_memory(err);
}

/* Which ledger this is: its log, how many entries, and the root over them. */
static bool note_ledger(struct figures *figures, struct ledger *ledger, struct error *err)
{
    uint8_t root[MERKLE_BYTES];
    struct ledger_head head;

    if (!ledger_head(ledger, &head, err))
        return false;
    if (!merkle_root(&head.tree, root)) {
        error_set(err, ERROR_UNEXPECTED, "GnuTLS cannot compute a hash", NULL);
        return false;
    }
    (void)snprintf(figures->log, sizeof figures->log, "%s", ledger->log);
    note_hash_text(root, figures->root);
    figures->entries = head.tree.size;
    return true;
}

bool figures_collect(struct figures *figures, struct ledger *ledger, struct error *err)
{
    struct attempts attempts;
    struct attempts_row row;
    uint64_t done = 0;
    bool ok;

    tzset();
    ok = note_ledger(figures, ledger, err) && attempts_open(&attempts, ledger, err);
    if (!ok)
        return false;
    /* What was appended since is left out: the page says of how many entries it speaks. */
    while (ok && done < figures->entries && attempts_next(&attempts, &row, err)) {
        ok = take_row(figures, &attempts, &row, err);
        if (++done % PROGRESS_EVERY == 0 && figures->progress != NULL)
            figures->progress(figures->context, done, figures->entries);
    }
    attempts_close(&attempts);
    ok = ok && (err == NULL || err->reason == ERROR_NONE);
    if (ok && done < figures->entries) {
        error_set(err, ERROR_DATABASE_DAMAGED, "entries are missing", "see which: imprint ledger verify");
        error_with_subject(err, ledger->database.path);
        ok = false;
    }
    groups_sort_by_failed(&figures->reasons);
    return ok;
}

/* --- of a line --- */

/* What the entries before say of a device. */
struct history {
    char device[sizeof((struct attempt *)0)->device];
    bool is_seen, was_made;
};

static bool take_entry(struct figures *figures, struct history *history, struct bytes body, const char *station,
                       struct error *err)
{
    struct sum_attempt found;
    struct attempt attempt;
    const bool counts = read_attempt(figures, body, &attempt, &found);
    const bool is_passed = attempt.class == ATTEMPT_PASSED;

    (void)snprintf(attempt.station, sizeof attempt.station, "%s", station);
    if (strcmp(attempt.device, history->device) != 0) {
        *history = (struct history){.is_seen = false};
        memcpy(history->device, attempt.device, sizeof history->device);
    }
    if (!found.without) {
        found.entered = !history->is_seen;
        found.passed_first = found.entered && is_passed;
        found.made = is_passed && !history->was_made;
    }
    if (attempt.is_rehearsal == figures->range.rehearsals && attempt_is_production(&attempt)) {
        history->is_seen = true;
        history->was_made = history->was_made || is_passed;
    }
    return !counts || add_attempt(figures, &attempt, &found) || no_memory(err);
}

bool figures_collect_line(struct figures *figures, struct database *line, struct error *err)
{
    struct line_entries reader = {.line = NULL};
    struct history history = {.is_seen = false};
    struct bytes body;
    const char *station;
    uint64_t done = 0;
    bool ok;

    tzset();
    ok = line_entries_open(&reader, line, err);
    (void)snprintf(figures->log, sizeof figures->log, "%.1000s", line->path);
    figures->entries = reader.entries;
    figures->logs = reader.logs;
    figures->stations = reader.stations;
    while (ok && line_entries_next(&reader, &body, &station, err)) {
        ok = take_entry(figures, &history, body, station, err);
        if (++done % PROGRESS_EVERY == 0 && figures->progress != NULL)
            figures->progress(figures->context, done, figures->entries);
    }
    line_entries_close(&reader);
    groups_sort_by_failed(&figures->reasons);
    if (ok && err->reason == ERROR_NONE)
        return true;
    error_doing(err, "read the entries of the line");
    return false;
}

void figures_release(struct figures *figures)
{
    sum_release(&figures->total);
    for (int by = 0; by < FIGURES_BY_COUNT; by++)
        groups_release(&figures->by[by]);
    groups_release(&figures->reasons);
}
