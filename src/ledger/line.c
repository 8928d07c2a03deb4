/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/line.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "base/error_format.h"

#define TRIES 3 /* of a batch that met another station's at the same rows */
#define SQL_MAX 640

static bool refuse(const struct database *line, enum error_reason reason, const char *cause, const char *next,
                   struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, line->path);
    return false;
}

static bool answer_is_wrong(const struct database *line, struct error *err)
{
    return refuse(line, ERROR_DATABASE_DAMAGED, "the server's answer is not one of a line's ledger",
                  "have the administrator look at the database", err);
}

static bool copy_text(const char *from, char *to, size_t size)
{
    int n = from == NULL ? -1 : snprintf(to, size, "%s", from);

    return n >= 0 && (size_t)n < size;
}

/* --- the administrator --- */

/* What needs no quoting in SQL, and is no word that SQL gives a meaning to. */
static bool may_be_station(const char *name)
{
    const size_t len = strlen(name);

    if (len == 0 || len >= LEDGER_STATION_SIZE || !islower((unsigned char)name[0]) || strncmp(name, "pg_", 3) == 0 ||
        strcmp(name, "public") == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
            return false;
    }
    return true;
}

/* DO, because a role may be there already, of another database on the same server. */
static bool role_sql(const char *name, char sql[static LEDGER_STATION_SQL_SIZE], struct error *err)
{
    if (!may_be_station(name)) {
        error_set(err, ERROR_USAGE, "no station can have this name",
                  "use a small letter, then small letters, digits, - and _, at most 63: st-01");
        error_with_subject(err, name);
        return false;
    }
    (void)snprintf(sql, LEDGER_STATION_SQL_SIZE,
                   "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s')"
                   " THEN CREATE ROLE \"%s\" LOGIN; END IF; END $$;\n",
                   name, name);
    return true;
}

bool ledger_line_station_sql(const char *name, char sql[static LEDGER_STATION_SQL_SIZE], struct error *err)
{
    size_t len;

    if (!role_sql(name, sql, err))
        return false;
    len = strlen(sql);
    (void)snprintf(sql + len, LEDGER_STATION_SQL_SIZE - len,
                   "INSERT INTO line_station (name) VALUES ('%s') ON CONFLICT (name) DO NOTHING;\n"
                   "SELECT line_grant('%s');\n",
                   name, name);
    return true;
}

static bool set_password(struct database *line, const char *name, const char *password, struct error *err)
{
    char sql[SQL_MAX], verifier[DATABASE_VERIFIER_SIZE] = "";

    if (!database_password_verifier(line, password, name, verifier, err))
        return false;
    (void)snprintf(sql, sizeof sql, "ALTER ROLE \"%s\" PASSWORD '%s'", name, verifier);
    return database_run(line, sql, err);
}

bool ledger_line_reader_sql(const char *name, char sql[static LEDGER_STATION_SQL_SIZE], struct error *err)
{
    size_t len;

    if (!role_sql(name, sql, err))
        return false;
    len = strlen(sql);
    (void)snprintf(sql + len, LEDGER_STATION_SQL_SIZE - len,
                   "GRANT SELECT ON line_log, line_entry TO \"%s\";\n"
                   "GRANT EXECUTE ON FUNCTION line_read TO \"%s\";\n",
                   name, name);
    return true;
}

/* All or nothing: the SQL, and the password. */
static bool add_role(struct database *line, const char *sql, const char *name, const char *password, struct error *err)
{
    bool ok = database_begin(line, err);

    if (ok) {
        ok = database_run(line, sql, err) && (password == NULL || set_password(line, name, password, err)) &&
             database_commit(line, err);
        if (!ok)
            database_rollback(line);
    }
    return ok;
}

bool ledger_line_add_station(struct database *line, const char *name, const char *password, struct error *err)
{
    char sql[LEDGER_STATION_SQL_SIZE];
    const bool ok = ledger_line_station_sql(name, sql, err) && add_role(line, sql, name, password, err);

    if (!ok)
        error_doing(err, "add the station");
    return ok;
}

bool ledger_line_add_reader(struct database *line, const char *name, const char *password, struct error *err)
{
    char sql[LEDGER_STATION_SQL_SIZE];
    const bool ok = ledger_line_reader_sql(name, sql, err) && add_role(line, sql, name, password, err);

    if (!ok)
        error_doing(err, "add the role");
    return ok;
}

bool ledger_line_password(char password[static LEDGER_PASSWORD_SIZE], struct error *err)
{
    static const char kinds[] = "23456789abcdefghijkmnpqrstuvwxyz"; /* 32 */
    uint8_t random[LEDGER_PASSWORD_SIZE - 1];

    if (gnutls_rnd(GNUTLS_RND_KEY, random, sizeof random) != 0) {
        error_set(err, ERROR_UNEXPECTED, "GnuTLS has no random numbers", NULL);
        return false;
    }
    for (size_t i = 0; i < sizeof random; i++)
        password[i] = kinds[random[i] % (sizeof kinds - 1)];
    password[sizeof random] = '\0';
    bytes_wipe(random, sizeof random);
    return true;
}

bool ledger_line_grant(struct database *line, struct error *err)
{
    return database_run(line, "SELECT line_grant(name) FROM line_station" LEDGER_STATIONS_WITH_ROLES, err);
}

/* --- asking --- */

/* The row's first two columns. `*is_there` false: there is no row. False with a reason. The caller finishes `find`. */
static bool read_owner(struct statement *find, struct ledger_line_owner *owner, struct error *err)
{
    const enum statement_result result = statement_step(find, err);

    *owner = (struct ledger_line_owner){.device = ""};
    if (result != STATEMENT_ROW)
        return result == STATEMENT_DONE;
    return (copy_text(statement_text(find, 0), owner->device, sizeof owner->device) &&
            copy_text(statement_text(find, 1), owner->station, sizeof owner->station)) ||
           answer_is_wrong(find->database, err);
}

/* A row for each of the keys, which follow each other, and also where no device has it. */
static const char find_keys[] = "SELECT n, coalesce(device, ''), coalesce(station, '')"
                                " FROM generate_series(0, length($1) / 32 - 1) n"
                                " LEFT JOIN line_find_key(substring($1 FROM 32 * n + 1 FOR 32)) ON true ORDER BY n";

static bool read_key_owner(struct statement *find, size_t number, struct ledger_line_owner *owner, struct error *err)
{
    const enum statement_result result = statement_step(find, err);

    if (result == STATEMENT_FAILED)
        return false;
    return (result == STATEMENT_ROW && statement_number(find, 0) == (int64_t)number &&
            copy_text(statement_text(find, 1), owner->device, sizeof owner->device) &&
            copy_text(statement_text(find, 2), owner->station, sizeof owner->station)) ||
           answer_is_wrong(find->database, err);
}

bool ledger_line_find_keys(struct database *line, struct bytes keys, struct ledger_line_owner *owners,
                           struct error *err)
{
    struct statement find;
    bool ok = statement_prepare(&find, line, find_keys, err);

    statement_bind_bytes(&find, 1, keys);
    for (size_t i = 0; ok && i < keys.len / LEDGER_KEY_BYTES; i++)
        ok = read_key_owner(&find, i, &owners[i], err);
    statement_finish(&find);
    return ok;
}

bool ledger_line_find_certificate(struct database *line, struct bytes number, struct ledger_line_owner *owner,
                                  struct error *err)
{
    struct statement find;
    bool ok = statement_prepare(&find, line, "SELECT device, station FROM line_find_certificate($1)", err);

    if (ok) {
        statement_bind_bytes(&find, 1, number);
        ok = read_owner(&find, owner, err);
    }
    statement_finish(&find);
    return ok;
}

bool ledger_line_find_made(struct database *line, const char *device, struct ledger_line_owner *owner,
                           struct bytes_out *text, struct error *err)
{
    struct statement find;
    uint8_t leaf[MERKLE_BYTES];
    struct bytes kept;
    bool ok = statement_prepare(&find, line, "SELECT device, station, body, leaf FROM line_find_made($1)", err);

    if (ok) {
        statement_bind_text(&find, 1, device);
        ok = read_owner(&find, owner, err);
    }
    if (ok && owner->device[0] != '\0') {
        kept = statement_bytes(&find, 3);
        ok = (bytes_append(text, statement_bytes(&find, 2)) && merkle_leaf(bytes_written(text), leaf) &&
              kept.len == MERKLE_BYTES && memcmp(kept.data, leaf, MERKLE_BYTES) == 0) ||
             answer_is_wrong(line, err);
    }
    statement_finish(&find);
    return ok;
}

bool ledger_line_claim_board(struct database *line, const char *board, const char *device, bool take,
                             struct ledger_line_board *found, struct error *err)
{
    struct statement claim;
    bool ok = statement_prepare(&claim, line,
                                "SELECT other, other_station, other_number FROM line_claim_board($1, $2, $3 = 1)", err);

    *found = (struct ledger_line_board){.number = ""};
    if (ok) {
        statement_bind_text(&claim, 1, board);
        statement_bind_text(&claim, 2, device);
        statement_bind_number(&claim, 3, take);
        ok = read_owner(&claim, &found->owner, err);
    }
    if (ok)
        ok = copy_text(statement_text(&claim, 2), found->number, sizeof found->number) || answer_is_wrong(line, err);
    statement_finish(&claim);
    return ok;
}

bool ledger_line_find_mcu(struct database *line, const char *mcu, const char *device, struct ledger_line_board *found,
                          struct error *err)
{
    struct statement find;
    bool ok = statement_prepare(&find, line, "SELECT other, station, number FROM line_find_mcu($1, $2)", err);

    *found = (struct ledger_line_board){.number = ""};
    if (ok) {
        statement_bind_text(&find, 1, mcu);
        statement_bind_text(&find, 2, device);
        ok = read_owner(&find, &found->owner, err);
    }
    if (ok && found->owner.device[0] != '\0')
        ok = copy_text(statement_text(&find, 2), found->number, sizeof found->number) || answer_is_wrong(line, err);
    statement_finish(&find);
    return ok;
}

static bool read_attempt(struct statement *row, struct ledger_line_attempt *attempt)
{
    *attempt = (struct ledger_line_attempt){.exit = (int)statement_number(row, 3),
                                            .tries = (unsigned)statement_number(row, 4)};
    /* A reason that is longer than any of ours is none. */
    if (!copy_text(statement_text(row, 2), attempt->reason, sizeof attempt->reason))
        attempt->reason[0] = '\0';
    return copy_text(statement_text(row, 0), attempt->time, sizeof attempt->time) &&
           copy_text(statement_text(row, 1), attempt->result, sizeof attempt->result) &&
           copy_text(statement_text(row, 5), attempt->station, sizeof attempt->station);
}

bool ledger_line_find_attempts(struct database *line, const char *device, const char *own_log,
                               struct ledger_line_attempt *attempts, size_t *count, struct error *err)
{
    static const char sql[] = "SELECT at, outcome, reason, code, tries, station FROM line_find_attempts($1, $2)";
    enum statement_result result = STATEMENT_FAILED;
    struct statement find;
    bool ok = statement_prepare(&find, line, sql, err);

    *count = 0;
    if (ok) {
        statement_bind_text(&find, 1, device);
        statement_bind_text(&find, 2, own_log);
    }
    while (ok && (result = statement_step(&find, err)) == STATEMENT_ROW) {
        ok =
            (*count < LEDGER_LINE_ATTEMPTS_MAX && read_attempt(&find, &attempts[*count])) || answer_is_wrong(line, err);
        *count += ok;
    }
    statement_finish(&find);
    return ok && result == STATEMENT_DONE;
}

/* --- this station's log --- */

static bool judge_opening(struct database *line, const struct ledger *ledger, struct statement *open,
                          struct ledger_line_log *log, struct error *err)
{
    const char *outcome = statement_text(open, 0), *owner = statement_text(open, 1);
    const int64_t size = statement_number(open, 2);

    if (outcome == NULL || owner == NULL)
        return answer_is_wrong(line, err);
    if (strcmp(outcome, "other-station") == 0)
        return refuse(line, ERROR_DUPLICATE,
                      error_keep_format(err, "the server has log %s as that of station %s: the state folder was copied",
                                        ledger->log, owner),
                      "give each station a state folder of its own; in the copy, move the folder ledger away", err);
    if (strcmp(outcome, "ok") != 0)
        return refuse(line, ERROR_DUPLICATE,
                      error_keep_format(err, "the server has log %s with another key", ledger->log),
                      "restore log.key from a copy, and find out how the log got two keys", err);
    return (size >= 0 && merkle_load(&log->tree, (uint64_t)size, statement_bytes(open, 3))) ||
           answer_is_wrong(line, err);
}

bool ledger_line_open_log(struct database *line, const struct ledger *ledger, struct ledger_line_log *log,
                          struct error *err)
{
    struct statement open;
    enum statement_result result;
    bool ok = statement_prepare(&open, line, "SELECT outcome, owner, entries, tree FROM line_open($1, $2)", err);

    if (ok) {
        statement_bind_text(&open, 1, ledger->log);
        statement_bind_bytes(&open, 2, bytes_of(ledger->public_key.data, ledger->public_key.len));
        result = statement_step(&open, err);
        ok = result == STATEMENT_ROW ? judge_opening(line, ledger, &open, log, err)
                                     : result != STATEMENT_FAILED && answer_is_wrong(line, err);
    }
    statement_finish(&open);
    return ok;
}

bool ledger_line_leaf(struct database *line, const char *log, uint64_t seq, uint8_t leaf[static MERKLE_BYTES],
                      struct error *err)
{
    struct statement get;
    enum statement_result result;
    bool ok = statement_prepare(&get, line, "SELECT line_leaf($1, $2)", err);

    if (ok) {
        statement_bind_text(&get, 1, log);
        statement_bind_number(&get, 2, (int64_t)seq);
        result = statement_step(&get, err);
        ok = result == STATEMENT_ROW && statement_bytes(&get, 0).len == MERKLE_BYTES;
        if (ok)
            memcpy(leaf, statement_bytes(&get, 0).data, MERKLE_BYTES);
        else if (result != STATEMENT_FAILED)
            (void)answer_is_wrong(line, err);
    }
    statement_finish(&get);
    return ok;
}

/* --- sending --- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "?" : text;
}

static void tell_alarms(const json_t *answer, void (*alarm)(void *context, const struct ledger_line_alarm *alarm),
                        void *context)
{
    const json_t *value;
    size_t i;

    json_array_foreach(json_object_get(answer, "alarms"), i, value)
    {
        const struct ledger_line_alarm told = {
            .what = text_of(value, "what"),
            .device = json_string_value(json_object_get(value, "device")),
            .station = json_string_value(json_object_get(value, "station")),
            .other = json_string_value(json_object_get(value, "other")),
            .other_station = json_string_value(json_object_get(value, "other_station")),
            .seq = (uint64_t)json_integer_value(json_object_get(value, "seq")),
        };

        alarm(context, &told);
    }
}

/* Both sides of a fork, by what their entries say. */
static bool refuse_fork(const struct database *line, const json_t *answer, uint64_t first, const json_t *entries,
                        struct error *err)
{
    const json_int_t seq = json_integer_value(json_object_get(answer, "seq"));
    const char *mine = json_string_value(json_array_get(entries, (size_t)((uint64_t)seq - first)));
    json_t *own = json_loads(mine == NULL ? "" : mine, 0, NULL);
    json_t *other = json_loads(text_of(answer, "entry"), 0, NULL);

    (void)refuse(
        line, ERROR_DUPLICATE,
        error_keep_format(err,
                          "this log has two continuations: entry %lld here is of station %s, %s, device %s; on "
                          "the server it is of station %s, %s, device %s",
                          (long long)seq, text_of(own, "station"), text_of(own, "time"), text_of(own, "device"),
                          text_of(other, "station"), text_of(other, "time"), text_of(other, "device")),
        "stop both stations; one state folder was used twice: docs/guide/line.md, \"A state folder that was "
        "copied\"",
        err);
    json_decref(own);
    json_decref(other);
    return false;
}

static bool judge(const struct database *line, const json_t *answer, uint64_t first, const json_t *entries,
                  uint64_t *size, struct error *err)
{
    const char *outcome = text_of(answer, "outcome");
    const json_t *count = json_object_get(answer, "size");

    if (json_is_integer(count) && json_integer_value(count) >= 0)
        *size = (uint64_t)json_integer_value(count);
    if (strcmp(outcome, "ok") == 0 && json_is_integer(count))
        return true;
    if (strcmp(outcome, "fork") == 0)
        return refuse_fork(line, answer, first, entries, err);
    if (strcmp(outcome, "gap") == 0)
        return refuse(line, ERROR_DATABASE_DAMAGED,
                      error_keep_format(err, "the server lacks entries before number %llu", (unsigned long long)first),
                      "run the same command again; it begins with what the server has", err);
    return refuse(line, ERROR_RECORD_REFUTED,
                  error_keep_format(err, "the server refuses what this ledger holds: %s", outcome),
                  "see what is wrong with it: imprint ledger verify", err);
}

static json_t *ask_to_append(struct database *line, const char *log, uint64_t first, const char *text,
                             const char *checkpoint, struct error *err)
{
    struct statement append;
    enum statement_result result = STATEMENT_FAILED;
    json_t *answer = NULL;

    if (statement_prepare(&append, line, "SELECT line_append($1, $2, $3, $4)", err)) {
        statement_bind_text(&append, 1, log);
        statement_bind_number(&append, 2, (int64_t)first);
        statement_bind_text(&append, 3, text);
        statement_bind_text(&append, 4, checkpoint);
        result = statement_step(&append, err);
    }
    if (result == STATEMENT_ROW && statement_text(&append, 0) != NULL)
        answer = json_loads(statement_text(&append, 0), 0, NULL);
    if (answer == NULL && result != STATEMENT_FAILED)
        (void)answer_is_wrong(line, err);
    statement_finish(&append);
    return answer;
}

bool ledger_line_append(struct database *line, const char *log, uint64_t first, const json_t *entries,
                        const char *checkpoint, uint64_t *size,
                        void (*alarm)(void *context, const struct ledger_line_alarm *alarm), void *context,
                        struct error *err)
{
    char *text = json_dumps(entries, JSON_COMPACT);
    json_t *answer = NULL;
    bool ok = text != NULL || refuse(line, ERROR_UNEXPECTED, "out of memory", NULL, err);

    for (int i = 0; ok && answer == NULL && i < TRIES; i++) {
        if (i > 0)
            error_clear(err);
        answer = ask_to_append(line, log, first, text, checkpoint, err);
        if (answer == NULL && err->reason != ERROR_DATABASE_BUSY)
            break;
    }
    ok = answer != NULL && judge(line, answer, first, entries, size, err);
    if (ok)
        tell_alarms(answer, alarm, context);
    json_decref(answer);
    free(text);
    return ok;
}
