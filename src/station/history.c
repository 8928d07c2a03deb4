/* SPDX-License-Identifier: Apache-2.0 */
#include "station/history.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chip/words.h"
#include "station/file.h"
#include "station/folder.h"
#include "station/value.h"

#define FORMAT "imprint-history"
#define VERSION 1

#define LOCK_TRIES 40 /* another process appends a line in far less than the 2 seconds that these take */
#define LOCK_POLL_MS 50

/* --- the line --- */

static const char *result_name(const struct history_run *run)
{
    if (run->failure == NULL)
        return run->evidence->evidence->changes > 0 ? "provisioned" : "confirmed";
    if (run->failure->reason == ERROR_INTERRUPTED)
        return "interrupted";
    return run->executed ? "failed" : "refused";
}

static json_t *failure_value(const struct error *failure)
{
    struct error shown = *failure;
    json_t *object;

    if (shown.reason == ERROR_NONE)
        shown.reason = ERROR_UNEXPECTED;
    chip_words_for_failure(&shown);
    chip_words_for_rule(&shown);
    object = value_error(&shown);
    json_object_set_new(object, "exit", json_integer(error_reason_exit(shown.reason)));
    return object;
}

/* What the run checked itself, as far as it came. */
static json_t *facts_of(const struct history_run *run)
{
    struct provision_evidence evidence = *run->evidence->evidence;
    struct evidence_run own = *run->evidence;
    json_t *facts;

    if (run->config != NULL)
        evidence.config = *run->config;
    evidence.part = run->config != NULL ? chip_config_part(run->config) : CHIP_PART_UNKNOWN;
    (void)profile_digest(own.profile, evidence.profile_digest);
    own.evidence = &evidence;
    facts = evidence_value(&own);
    json_object_del(facts, "serial");
    if (run->config == NULL) {
        json_object_del(facts, "part");
        json_object_del(facts, "revision");
        json_object_del(facts, "config");
        json_object_del(facts, "locked");
    }
    return facts;
}

json_t *history_line(const struct history_run *run)
{
    json_t *facts = facts_of(run);
    /* `previous` is the place of the link to the line before. */
    json_t *line = json_pack("{s:s, s:i, s:n, s:s, s:o, s:b}", "format", FORMAT, "version", VERSION, "previous",
                             "result", result_name(run), "serial",
                             run->serial == NULL ? json_null() : value_hex(bytes_of(run->serial, CHIP_SERIAL_BYTES)),
                             "serial_checked", (int)run->serial_checked);

    if (run->failure != NULL)
        json_object_set_new(line, "error", failure_value(run->failure));
    json_object_set(line, "plan", run->plan);
    json_object_update_missing(line, facts);
    json_decref(facts);
    return line;
}

json_t *history_proof_line(const struct history_proof *proof)
{
    json_t *line =
        json_pack("{s:s, s:i, s:n, s:s, s:o, s:b, s:o}", "format", FORMAT, "version", VERSION, "previous", "result",
                  proof->failure == NULL ? "proven" : "failed", "serial",
                  proof->serial == NULL ? json_null() : value_hex(bytes_of(proof->serial, CHIP_SERIAL_BYTES)),
                  "serial_checked", (int)(proof->failure == NULL), "run", run_facts_value(proof->facts));

    if (proof->failure != NULL)
        json_object_set_new(line, "error", failure_value(proof->failure));
    if (proof->keys != NULL)
        json_object_set_new(line, "primary",
                            json_pack("{s:s, s:s, s:s, s:O}", "time", proof->facts->ended, "board", proof->board,
                                      "application", proof->application, "keys", proof->keys));
    return line;
}

json_t *history_retirement_line(const struct history_retirement *retirement)
{
    json_t *line = json_pack("{s:s, s:i, s:n, s:s, s:o, s:b, s:O, s:o}", "format", FORMAT, "version", VERSION,
                             "previous", "result", retirement->failure == NULL ? "retired" : "failed", "serial",
                             value_hex(bytes_of(retirement->serial, CHIP_SERIAL_BYTES)), "serial_checked",
                             (int)retirement->serial_checked, "retired", retirement->retired, "run",
                             run_facts_value(retirement->facts));

    if (retirement->failure != NULL)
        json_object_set_new(line, "error", failure_value(retirement->failure));
    return line;
}

/* --- the file --- */

static bool failed(const char *cause, const char *path, int system_errno, struct error *err)
{
    error_set(err, ERROR_RECORD_FAILED, cause, NULL);
    error_with_errno(err, system_errno);
    error_with_subject(err, path);
    return false;
}

/* Waits for another process that appends. A file system without locks has none. False with errno. */
static bool lock(int fd)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno == ENOLCK || errno == EOPNOTSUPP)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        (void)poll(NULL, 0, LOCK_POLL_MS);
    }
    errno = EWOULDBLOCK;
    return false;
}

/* Opens it, locked; -1 with a reason. `*size` gets its size. */
static int open_history(const char *path, off_t *size, struct error *err)
{
    /* Without O_NONBLOCK, opening a pipe would wait for its reader. */
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat found;

    if (fd < 0)
        (void)failed("the device's history cannot be opened", path, errno, err);
    else if (!lock(fd) || fstat(fd, &found) != 0)
        (void)failed("the device's history is in use", path, errno, err);
    else if (!S_ISREG(found.st_mode))
        (void)failed("the device's history is not a file", path, 0, err);
    else {
        *size = found.st_size;
        return fd;
    }
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* Whether a power cut has torn the last line. False with errno when the file cannot be read. */
static bool ends_amid_a_line(int fd, off_t size, bool *torn)
{
    char last = '\n';

    if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
        return false;
    *torn = last != '\n';
    return true;
}

/* `text` has room for a line feed before and after its `len` characters, which begin at text[1]. */
static bool append_text(int fd, off_t size, char *text, size_t len)
{
    bool torn = false, ok;
    int saved;

    if (!ends_amid_a_line(fd, size, &torn))
        return false;
    text[0] = text[len + 1] = '\n';
    ok = file_write_all(fd, bytes_of(torn ? text : text + 1, len + (torn ? 2 : 1))) && fsync(fd) == 0;
    saved = errno;
    /* Half a line would be taken for a power cut. Where this fails too, the next line starts on its own all the same.
     */
    if (!ok)
        (void)(ftruncate(fd, size) == 0 && fsync(fd) == 0);
    errno = saved;
    return ok;
}

static bool append(const char *path, char *text, size_t len, struct error *err)
{
    char above[PATH_MAX];
    off_t size = 0;
    int fd = open_history(path, &size, err);
    bool ok;

    if (fd < 0)
        return false;
    folder_above(path, above);
    ok = append_text(fd, size, text, len) && (size > 0 || folder_sync(above));
    if (!ok)
        (void)failed("the device's history cannot be written", path, errno, err);
    (void)close(fd);
    return ok;
}

bool history_append(const char *path, const json_t *line, struct error *err)
{
    size_t len = line == NULL ? 0 : json_dumpb(line, NULL, 0, JSON_COMPACT);
    char *text = len == 0 ? NULL : malloc(len + 2), above[PATH_MAX];
    struct error failure = {.reason = ERROR_NONE};
    bool ok = false;

    folder_above(path, above);
    if (text == NULL || json_dumpb(line, text + 1, len, JSON_COMPACT) != len)
        (void)failed("there is no memory for the line", path, 0, err);
    else if (!folder_make(above, &failure))
        (void)failed("the folder of the device's history cannot be made", path, failure.system_errno, err);
    else
        ok = file_may_be_written(path, ERROR_RECORD_FAILED, err) && append(path, text, len, err);
    free(text);
    if (!ok)
        error_doing(err, "write the device's history");
    return ok;
}
