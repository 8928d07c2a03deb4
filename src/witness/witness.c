/* SPDX-License-Identifier: Apache-2.0 */
#include "witness/witness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <gnutls/crypto.h>

#include "ledger/new_file.h"
#include "witness/request.h"

#define KEY_FILE_MAX 4096

static bool refuse(const char *subject, enum error_reason reason, const char *cause, const char *next,
                   struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, subject);
    return false;
}

static bool path_of(const char *folder, const char *name, char path[static PATH_MAX], struct error *err)
{
    const int n = snprintf(path, PATH_MAX, "%s/%s", folder, name);

    return (n > 0 && n < PATH_MAX) || refuse(folder, ERROR_USAGE, "the folder's name is too long", NULL, err);
}

/* --- the folder --- */

static bool make_folder(const char *folder, struct error *err)
{
    if (mkdir(folder, 0700) == 0)
        return true;
    if (errno == EEXIST)
        return refuse(folder, ERROR_USAGE, "there is a file or folder of that name already", "name a new folder", err);
    (void)refuse(folder, errno == ENOSPC || errno == EDQUOT ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
                 "the folder cannot be made", NULL, err);
    error_with_errno(err, errno);
    return false;
}

static bool make_key(struct witness *witness, struct error *err)
{
    gnutls_datum_t pem = {NULL, 0};
    bool ok;

    if (!note_key_make(&witness->key, NOTE_ED25519, &pem, err))
        return false;
    ok = new_file_write(witness->key_path, bytes_of(pem.data, pem.size), err);
    gnutls_memset(pem.data, 0, pem.size);
    gnutls_free(pem.data);
    return ok;
}

bool witness_make(struct witness *witness, const char *folder, const char *name, struct error *err)
{
    char path[PATH_MAX];

    memset(witness, 0, sizeof *witness);
    if (!note_key_name_is_good(bytes_of(name, strlen(name))))
        return refuse(name, ERROR_USAGE, "no witness can have this name",
                      "use letters, digits, dots, slashes and hyphens: witness.example/w1", err);
    (void)snprintf(witness->name, sizeof witness->name, "%s", name);
    if (path_of(folder, "witness.db", path, err) && path_of(folder, "witness.key", witness->key_path, err) &&
        make_folder(folder, err) && make_key(witness, err) &&
        witness_store_open(&witness->database, path, DATABASE_MAKE, err) &&
        witness_store_set_name(&witness->database, name, err))
        return true;
    witness_close(witness);
    return false;
}

static bool load_key(struct witness *witness, struct error *err)
{
    uint8_t text[KEY_FILE_MAX];
    struct bytes_out out = {.data = text, .cap = sizeof text};
    bool ok = new_file_read(witness->key_path, &out, err) && note_key_read(&witness->key, bytes_written(&out), err);

    bytes_wipe(text, sizeof text);
    if (ok && witness->key.public_key.type != NOTE_ED25519)
        ok =
            refuse(witness->key_path, ERROR_DATABASE_DAMAGED, "a witness's key is Ed25519; this one is not", NULL, err);
    if (!ok)
        error_with_subject(err, witness->key_path);
    return ok;
}

bool witness_open(struct witness *witness, const char *folder, enum database_mode mode, struct error *err)
{
    char path[PATH_MAX];

    memset(witness, 0, sizeof *witness);
    if (path_of(folder, "witness.db", path, err) && path_of(folder, "witness.key", witness->key_path, err) &&
        witness_store_open(&witness->database, path, mode, err) &&
        witness_store_name(&witness->database, witness->name, err) && (mode == DATABASE_READ || load_key(witness, err)))
        return true;
    if (err->system_errno == ENOENT)
        err->next = "make a witness there: imprint witness new NAME FOLDER";
    witness_close(witness);
    return false;
}

void witness_close(struct witness *witness)
{
    database_close(&witness->database);
    note_key_forget(&witness->key);
}

bool witness_vkey(const struct witness *witness, char text[static NOTE_VKEY_SIZE], struct error *err)
{
    struct note_public cosigner = witness->key.public_key;

    cosigner.type = NOTE_COSIGNED;
    return note_key_text(witness->name, &cosigner, text, err);
}

/* --- logs --- */

static bool trust(struct witness *witness, const char *log, const struct note_public *key, bool *is_new,
                  struct error *err)
{
    struct witness_log known;
    bool is_there;

    if (!witness_store_find(&witness->database, log, &known, &is_there, err))
        return false;
    *is_new = !is_there;
    if (!is_there)
        return witness_store_add(&witness->database, log, key, err);
    return note_key_equal(&known.key, key) ||
           refuse(log, ERROR_DUPLICATE, "this witness knows the log with another key",
                  "find out how the log got two keys; the first one counts here", err);
}

bool witness_trust(struct witness *witness, const char *log, const struct note_public *key, bool *is_new,
                   struct error *err)
{
    if (key->type == NOTE_COSIGNED)
        return refuse(log, ERROR_USAGE, "this is the key of a witness, not of a log",
                      "take the file key.vkey of ledger export", err);
    if (database_begin(&witness->database, err)) {
        if (trust(witness, log, key, is_new, err) && database_commit(&witness->database, err))
            return true;
        database_rollback(&witness->database);
    }
    error_doing(err, "trust the log");
    return false;
}

/* --- a request --- */

const char *witness_outcome_word(enum witness_outcome outcome)
{
    static const char *const words[] = {
        [WITNESS_COSIGNED] = "cosigned",
        [WITNESS_BAD_REQUEST] = "bad-request",
        [WITNESS_UNKNOWN_LOG] = "unknown-log",
        [WITNESS_NOT_SIGNED] = "not-signed",
        [WITNESS_OTHER_SIZE] = "other-size",
        [WITNESS_FORK] = "fork",
        [WITNESS_NOT_CONSISTENT] = "not-consistent",
        [WITNESS_FAILED] = "failed",
    };

    return words[outcome];
}

/* What was cosigned before, against what is asked now: in the order that C2SP tlog-witness gives. */
static enum witness_outcome judge(const struct witness_log *log, const struct request *request)
{
    const struct checkpoint *asked = &request->checkpoint;

    if (request->old != log->size)
        return WITNESS_OTHER_SIZE;
    if (log->time != 0 && request->old == asked->size && memcmp(asked->root, log->root, MERKLE_BYTES) != 0)
        return WITNESS_FORK;
    return merkle_is_consistent(request->old, log->root, asked->size, asked->root, request->hashes[0], request->count)
               ? WITNESS_COSIGNED
               : WITNESS_NOT_CONSISTENT;
}

/*
 * What the log signed and what was cosigned cannot both be its history: not where it is the checkpoint that was
 * cosigned, which anybody can send with a proof that does not hold. Of a newer one that cannot be told: it is kept
 * until it is cosigned.
 */
static bool is_evidence(const struct request *request, const struct witness_answer *answer)
{
    return answer->outcome == WITNESS_FORK ||
           (answer->outcome == WITNESS_NOT_CONSISTENT && request->checkpoint.size != answer->known);
}

static bool keep(struct witness *witness, const struct request *request, struct witness_answer *answer,
                 struct error *err)
{
    const time_t now = time(NULL);
    const uint64_t seconds = now > 0 ? (uint64_t)now : 1;

    if (is_evidence(request, answer))
        return witness_store_refuse(&witness->database, &request->checkpoint, seconds, request->note, err);
    if (answer->outcome != WITNESS_COSIGNED)
        return true;
    return witness_store_update(&witness->database, &request->checkpoint, seconds, request->note, err) &&
           witness_store_clear(&witness->database, &request->checkpoint, err) &&
           note_cosign(&witness->key, witness->name, request->body, seconds, answer->line, err);
}

static bool decide(struct witness *witness, const struct request *request, struct witness_answer *answer,
                   struct error *err)
{
    struct error refuted = {.reason = ERROR_NONE};
    struct checkpoint opened;
    struct witness_log log;
    bool is_there;

    if (!witness_store_find(&witness->database, request->checkpoint.log, &log, &is_there, err))
        return false;
    if (!is_there) {
        answer->outcome = WITNESS_UNKNOWN_LOG;
        return true;
    }
    answer->known = log.size;
    answer->outcome = note_open(request->note, &log.key, &opened, &refuted) ? judge(&log, request) : WITNESS_NOT_SIGNED;
    return keep(witness, request, answer, err);
}

void witness_decide(struct witness *witness, struct bytes body, struct witness_answer *answer, struct error *err)
{
    struct request request;

    *answer = (struct witness_answer){.outcome = WITNESS_BAD_REQUEST};
    if (!request_read(body, &request))
        return;
    answer->checkpoint = request.checkpoint;
    if (database_begin(&witness->database, err)) {
        if (decide(witness, &request, answer, err) && database_commit(&witness->database, err))
            return;
        database_rollback(&witness->database);
    }
    error_doing(err, "cosign a checkpoint");
    answer->outcome = WITNESS_FAILED;
}
