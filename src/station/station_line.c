/* SPDX-License-Identifier: Apache-2.0 */
#include "station/station_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"

#define ASKING "ask the line's ledger" /* error.doing */

/* What passes by itself: the server, or the way to it. */
static bool is_away(const struct error *failure)
{
    return failure->reason == ERROR_SERVER_AWAY || failure->reason == ERROR_DATABASE_BUSY;
}

static bool may_continue(const struct station_line *line)
{
    return line->is_late || line->file.without_server == LINE_FILE_CONTINUE;
}

/* Remembers that the line is away. True where the run may go on without it; else notes the failure. */
static bool note_away(struct station_line *line, const struct error *failure, struct error *err)
{
    const bool has_server = failure->subject != NULL;
    struct error told = *failure;

    line->state = STATION_LINE_AWAY;
    (void)snprintf(line->away, sizeof line->away, "%s%s%s%s", failure->cause != NULL ? failure->cause : "no answer",
                   has_server ? " (" : "", has_server ? failure->subject : "", has_server ? ")" : "");
    database_close(&line->database);
    if (is_away(failure) && may_continue(line))
        return true;
    if (is_away(failure)) {
        told.next = "bring the server back, then run again; or write without-server: continue in line.yaml: "
                    "docs/guide/line.md";
        told.doing = ASKING;
    }
    if (told.doing == NULL)
        told.doing = ASKING;
    error_pass(err, &told);
    return false;
}

static bool connect_line(struct station_line *line, struct error *err)
{
    return line_file_connect(&line->file, &ledger_line_kind, DATABASE_JOIN, &line->database, err);
}

/* Reads line.yaml the first time. False with a reason. */
static bool read_file(struct station_line *line, struct error *err)
{
    bool is_there;

    if (line->state != STATION_LINE_UNKNOWN)
        return true;
    if (!line_file_read(line->config, &line->file, &is_there, err))
        return false;
    if (!is_there)
        line->state = STATION_LINE_NONE;
    if (line->longest_s != 0 && line->file.timeout_s > line->longest_s)
        line->file.timeout_s = line->longest_s;
    return true;
}

bool station_line_open(struct station_line *line, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    if (!read_file(line, err))
        return false;
    if (line->state == STATION_LINE_UNKNOWN) {
        if (!connect_line(line, &failure))
            return note_away(line, &failure, err);
        line->state = STATION_LINE_OPEN;
    }
    if (line->state != STATION_LINE_AWAY || may_continue(line))
        return true;
    error_set(err, ERROR_SERVER_AWAY, error_keep(err, line->away), "bring the server back, then run the command again");
    return false;
}

void station_line_close(struct station_line *line)
{
    database_close(&line->database);
    line->state = STATION_LINE_UNKNOWN;
}

bool station_line_require(struct station_line *line, struct error *err)
{
    if (!read_file(line, err))
        return false;
    if (line->state == STATION_LINE_NONE) {
        error_set(err, ERROR_USAGE, "this station belongs to no line: there is no line.yaml in its state folder",
                  "write one: docs/guide/line.md");
        return false;
    }
    if (line->state == STATION_LINE_OPEN)
        return true;
    if (!connect_line(line, err))
        return false;
    line->state = STATION_LINE_OPEN;
    return true;
}

/* A question to the line, between ask_begin() and ask_end(). */
struct question {
    struct station_line *line;
    struct error *err;    /* the caller's: gets a failure that stops the run */
    struct error failure; /* the question's own, in `room` */
    char room[ERROR_ROOM];
    bool may_run; /* where the line is not there to be asked: whether the run goes on without it */
};

/* Opens the line for a question. True where it is there to be asked. */
static bool ask_begin(struct question *question, struct station_line *line, struct error *err)
{
    question->line = line;
    question->err = err;
    question->failure = (struct error)ERROR_IN(question->room);
    question->may_run = station_line_open(line, err);
    return question->may_run && line->state == STATION_LINE_OPEN;
}

/* After the question: `answered` says whether the line did answer it. True where the run may go on. */
static bool ask_end(struct question *question, bool answered)
{
    return answered || note_away(question->line, &question->failure, question->err);
}

static void clear_owners(struct ledger_line_owner *owners, size_t count)
{
    for (size_t i = 0; i < count; i++)
        owners[i].device[0] = '\0';
}

bool station_line_find_keys(struct station_line *line, struct bytes keys, struct ledger_line_owner *owners,
                            struct error *err)
{
    const size_t count = keys.len / LEDGER_KEY_BYTES;
    struct question ask;
    bool ok;

    clear_owners(owners, count);
    if (!ask_begin(&ask, line, err))
        return ask.may_run;
    ok = ledger_line_find_keys(&line->database, keys, owners, &ask.failure);
    if (!ok)
        clear_owners(owners, count);
    return ask_end(&ask, ok);
}

bool station_line_find_certificate(struct station_line *line, struct bytes number, struct ledger_line_owner *owner,
                                   struct error *err)
{
    struct question ask;

    owner->device[0] = '\0';
    if (!ask_begin(&ask, line, err))
        return ask.may_run;
    return ask_end(&ask, ledger_line_find_certificate(&line->database, number, owner, &ask.failure));
}

bool station_line_claim_board(struct station_line *line, const char *board, const char *device, bool take,
                              struct ledger_line_board *found, struct error *err)
{
    struct question ask;

    found->owner.device[0] = '\0';
    if (!ask_begin(&ask, line, err))
        return ask.may_run;
    return ask_end(&ask, ledger_line_claim_board(&line->database, board, device, take, found, &ask.failure));
}

bool station_line_find_mcu(struct station_line *line, const char *mcu, const char *device,
                           struct ledger_line_board *found, struct error *err)
{
    struct question ask;

    found->owner.device[0] = '\0';
    if (!ask_begin(&ask, line, err))
        return ask.may_run;
    return ask_end(&ask, ledger_line_find_mcu(&line->database, mcu, device, found, &ask.failure));
}

bool station_line_find_attempts(struct station_line *line, const char *device, const char *own_log,
                                struct ledger_line_attempt *attempts, size_t *count, struct error *err)
{
    struct question ask;
    bool ok;

    *count = 0;
    if (!ask_begin(&ask, line, err))
        return ask.may_run;
    ok = ledger_line_find_attempts(&line->database, device, own_log, attempts, count, &ask.failure);
    if (!ok)
        *count = 0;
    return ask_end(&ask, ok);
}

static json_t *read_entry(struct bytes text, const char *device, struct error *err)
{
    json_t *entry = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    const char *of = json_string_value(json_object_get(entry, "device"));

    if (of != NULL && strcmp(of, device) == 0)
        return entry;
    json_decref(entry);
    error_set(err, ERROR_DATABASE_DAMAGED, "the line's entry of this device is damaged, or another device's",
              "have the administrator look at the database");
    return NULL;
}

bool station_line_find_made(struct station_line *line, const char *device, json_t **entry, struct error *err)
{
    struct question ask;
    struct ledger_line_owner owner = {.device = ""};
    struct bytes_out text = {.cap = ENTRY_MAX};
    bool ok;

    *entry = NULL;
    if (!ask_begin(&ask, line, err))
        return ask.may_run;
    text.data = malloc(ENTRY_MAX);
    if (text.data == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    ok = ask_end(&ask, ledger_line_find_made(&line->database, device, &owner, &text, &ask.failure));
    if (ok && owner.device[0] != '\0') {
        *entry = read_entry(bytes_written(&text), device, err);
        ok = *entry != NULL;
    }
    free(text.data);
    return ok;
}
