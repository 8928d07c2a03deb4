/* SPDX-License-Identifier: Apache-2.0 */
#include "station/cosigning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error_format.h"
#include "base/number.h"
#include "station/signed_post.h"

#define TRIES 4 /* until witness and station agree where the proof begins */

static bool refuse(const struct ledger_file_witness *witness, enum error_reason reason, const char *cause,
                   const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, witness->witness.name);
    return false;
}

/* --- the way there --- */

static bool post(const struct ledger_file *file, const struct ledger_file_witness *witness, struct bytes body,
                 struct http_answer *answer, struct error *err)
{
    char url[LEDGER_FILE_URL_SIZE + 32];
    size_t len = strlen(witness->url);

    while (len > 0 && witness->url[len - 1] == '/')
        len--;
    (void)snprintf(url, sizeof url, "%.*s/add-checkpoint", (int)len, witness->url);
    if (signed_post(url, "text/plain", file->timeout_s, body, "imprint ledger cosign", answer, err))
        return true;
    error_with_subject(err, witness->witness.name);
    return false;
}

/* --- what it answered --- */

/* One exchange with one witness. */
struct exchange {
    const struct ledger_file *file;
    const struct ledger_file_witness *witness;
    struct ledger *ledger;
    struct ledger_head head; /* whose checkpoint is sent */
    uint64_t old;            /* where the proof begins */
    uint64_t time;           /* gets: when it was cosigned; 0: not yet */
};

static bool refuse_fork(const struct exchange *exchange, struct error *err)
{
    return refuse(exchange->witness, ERROR_DUPLICATE,
                  error_keep_format(err,
                                    "this log has two continuations: its first %llu entries here are not those that "
                                    "the witness cosigned",
                                    (unsigned long long)exchange->old),
                  "stop this station; one state folder was used twice, or entries were changed: docs/guide/ledger.md, "
                  "\"A witness refuses\"",
                  err);
}

/* Another process of this station may have had a longer log cosigned meanwhile. */
static bool take_size(struct exchange *exchange, uint64_t known, struct error *err)
{
    if (known > exchange->head.tree.size && !ledger_head(exchange->ledger, &exchange->head, err))
        return false;
    if (known > exchange->head.tree.size)
        return refuse(exchange->witness, ERROR_DATABASE_DAMAGED,
                      error_keep_format(err, "the witness cosigned %llu entries of this log, and this ledger has %llu",
                                        (unsigned long long)known, (unsigned long long)exchange->head.tree.size),
                      "the ledger is an older copy: put the newer one back, or begin a new log: docs/guide/ledger.md, "
                      "\"A witness refuses\"",
                      err);
    exchange->old = known;
    return true;
}

static bool read_size(const struct http_answer *answer, uint64_t *size)
{
    char digits[24];

    if (strcmp(answer->type, "text/x.tlog.size") != 0 || answer->len < 2 || answer->len > sizeof digits ||
        answer->body[answer->len - 1] != '\n')
        return false;
    memcpy(digits, answer->body, answer->len - 1);
    digits[answer->len - 1] = '\0';
    return number_parse(digits, 0, INT64_MAX, size) == NUMBER_OK;
}

static bool judge(struct exchange *exchange, const struct http_answer *answer, struct error *err)
{
    uint64_t known;

    switch (answer->status) {
    case 200:
        return cosigned_keep(exchange->ledger, &exchange->head, &exchange->witness->witness,
                             bytes_of(answer->body, answer->len), &exchange->time, err);
    case 409:
        return read_size(answer, &known) ? take_size(exchange, known, err) : refuse_fork(exchange, err);
    case 422:
        return refuse_fork(exchange, err);
    case 403:
        return refuse(exchange->witness, ERROR_SERVER_REFUSED, "the witness knows this log with another key",
                      "find out how the log got two keys, on the machine of the witness: imprint witness list FOLDER",
                      err);
    case 404:
        return refuse(exchange->witness, ERROR_SERVER_REFUSED, "the witness was not told of this log",
                      "take key.vkey of ledger export to the machine of the witness: imprint witness trust FOLDER "
                      "key.vkey",
                      err);
    default:
        return refuse(exchange->witness, ERROR_SERVER_AWAY,
                      error_keep_format(err, "the witness answered with HTTP status %ld", answer->status),
                      "look at the output of the witness", err);
    }
}

static bool send_once(struct exchange *exchange, struct error *err)
{
    struct bytes_out body = {.data = malloc(COSIGNED_REQUEST_MAX), .cap = COSIGNED_REQUEST_MAX};
    struct http_answer answer;
    bool ok;

    if (body.data == NULL)
        return refuse(exchange->witness, ERROR_UNEXPECTED, "out of memory", NULL, err);
    ok = database_settle(&exchange->ledger->database, err) &&
         cosigned_request(exchange->ledger, &exchange->head, exchange->witness->witness.name, exchange->old, &body,
                          err) &&
         post(exchange->file, exchange->witness, bytes_written(&body), &answer, err);
    free(body.data);
    if (!ok)
        return false;
    ok = judge(exchange, &answer, err);
    http_release(&answer);
    return ok;
}

static bool ask(struct exchange *exchange, struct error *err)
{
    struct cosigned_newest newest;
    bool ok = ledger_head(exchange->ledger, &exchange->head, err) &&
              cosigned_newest(exchange->ledger, exchange->witness->witness.name, &newest, err);

    if (!ok)
        return false;
    exchange->old = newest.size <= exchange->head.tree.size ? newest.size : 0;
    for (int i = 0; i < TRIES && exchange->time == 0; i++)
        if (!send_once(exchange, err))
            return false;
    return exchange->time != 0 || refuse(exchange->witness, ERROR_SERVER_AWAY,
                                         "the witness names another size each time", "run it again", err);
}

/* --- all of them --- */

static bool is_due(const struct ledger_file *file, struct ledger *ledger, const char *witness, struct error *err)
{
    struct cosigned_newest newest;
    struct ledger_head head;

    if (!ledger_head(ledger, &head, err) || !cosigned_newest(ledger, witness, &newest, err))
        return false;
    return head.tree.size > newest.size &&
           (newest.time == 0 || (int64_t)time(NULL) >= (int64_t)newest.time + file->every_s ||
            (int64_t)time(NULL) < (int64_t)newest.time);
}

/* What shows that something is wrong counts more than what only was not reached. */
static bool is_worse(const struct error *failure, const struct error *than)
{
    return than->reason == ERROR_NONE || (than->reason == ERROR_SERVER_AWAY && failure->reason != ERROR_SERVER_AWAY);
}

static bool ask_one(const struct ledger_file *file, const struct ledger_file_witness *witness, struct ledger *ledger,
                    struct cosigning_run *run, struct error *err)
{
    struct exchange exchange = {.file = file, .witness = witness, .ledger = ledger};
    struct cosigning_told told = {.witness = witness};
    bool ok;

    if (run->only_due && !is_due(file, ledger, witness->witness.name, err))
        return err->reason == ERROR_NONE;
    ok = ask(&exchange, err);
    if (!ok)
        error_doing(err, "have the ledger's checkpoint cosigned");
    told.size = exchange.head.tree.size;
    told.time = exchange.time;
    told.failure = ok ? NULL : err;
    run->cosigned += ok;
    run->failed += !ok;
    run->told(run->context, &told);
    return ok;
}

bool cosigning_ask(const struct ledger_file *file, struct ledger *ledger, struct cosigning_run *run, struct error *err)
{
    char room[ERROR_ROOM], worst_room[ERROR_ROOM];
    struct error worst = ERROR_IN(worst_room);

    for (size_t i = 0; i < file->witness_count; i++) {
        struct error failure = ERROR_IN(room);

        if (!ask_one(file, &file->witnesses[i], ledger, run, &failure) && is_worse(&failure, &worst)) {
            error_clear(&worst);
            error_pass(&worst, &failure);
        }
    }
    error_pass(err, &worst);
    return worst.reason == ERROR_NONE;
}
