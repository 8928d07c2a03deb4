/* SPDX-License-Identifier: Apache-2.0 */
#include "station/shift_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "station/certificate_issue.h"
#include "station/connections.h"
#include "station/data_files.h"
#include "station/folder.h"
#include "station/issuers_file.h"
#include "station/key_files.h"
#include "station/record_value.h"
#include "station/station_order.h"

#define ROOM_FILES 64                /* a few boards' */
#define ROOM_BYTES ((size_t)1 << 14) /* of each */
#define ANSWER_S 10                  /* how long a server may take to accept a connection */

static enum shift_check result_of(bool ok)
{
    return ok ? SHIFT_CHECK_GOOD : SHIFT_CHECK_BAD;
}

/* --- folder, ledger, line, clock --- */

/* Whether the folder can be written, or else the nearest one above it that is there. False with errno. */
static bool is_writable(const char *path)
{
    char folder[PATH_MAX], above[PATH_MAX];

    (void)snprintf(folder, sizeof folder, "%s", path);
    while (access(folder, W_OK | X_OK) != 0) {
        if (errno != ENOENT)
            return false;
        folder_above(folder, above);
        if (strcmp(folder, above) == 0)
            return false;
        memcpy(folder, above, sizeof folder);
    }
    return true;
}

/* The state folder may come later: whether it can be written, or made, is found out without making it. */
static bool check_folder(const struct shift *shift, struct error *err)
{
    const char *path = shift->config->state;

    if (is_writable(path))
        return true;
    error_set(err, ERROR_STORAGE_FAILED, "the state folder cannot be written or made",
              "check who may write it, and as whom this was run: id -un");
    error_with_errno(err, errno);
    error_with_subject(err, path);
    return false;
}

/* LEDGER_READ writes nothing: whether a run could is asked of the files. */
static bool check_writable(const struct shift *shift, struct error *err)
{
    static const char *const names[] = {"ledger", "ledger/ledger.db"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!folder_in_state(shift->config, names[i], path, err))
            return false;
        if (access(path, W_OK) == 0 || errno == ENOENT)
            continue;
        error_set(err, ERROR_STORAGE_FAILED, "the ledger cannot be written", "check who may write it");
        error_with_errno(err, errno);
        error_with_subject(err, path);
        return false;
    }
    return true;
}

enum shift_check shift_check_state(const struct shift *shift, struct error *err)
{
    struct ledger *open;

    if (!check_folder(shift, err))
        return SHIFT_CHECK_BAD;
    if (!folder_has_room(shift->config->state, ROOM_FILES, ROOM_BYTES)) {
        error_set(err, ERROR_STORAGE_FULL, "the disk has no room for the records of the next boards",
                  "make room: df -h shows which disk is full");
        error_with_subject(err, shift->config->state);
        return SHIFT_CHECK_BAD;
    }
    return result_of(check_writable(shift, err) && station_ledger_look(shift->ledger, &open, err));
}

enum shift_check shift_check_line(const struct shift *shift, struct error *err)
{
    struct station_line *line = &shift->ledger->line;

    line->config = shift->config;
    if (!station_line_open(line, err))
        return SHIFT_CHECK_BAD;
    if (line->state != STATION_LINE_AWAY)
        return line->state == STATION_LINE_NONE ? SHIFT_CHECK_NONE : SHIFT_CHECK_GOOD;
    error_set(err, ERROR_SERVER_AWAY, error_keep(err, line->away),
              "bring the server back: until then the station continues by itself, and leases no units");
    error_doing(err, "ask the line's ledger");
    return SHIFT_CHECK_WARNING;
}

/* Whether the kernel says that nothing keeps its clock right. */
static bool is_clock_free(void)
{
    struct timex asked = {.modes = 0};

    return adjtimex(&asked) == TIME_ERROR;
}

enum shift_check shift_check_clock(const struct shift *shift, struct error *err)
{
    char now[ENTRY_TIME_SIZE];
    struct ledger_head head;
    struct ledger *open = NULL;

    entry_time_now(now);
    if (station_ledger_look(shift->ledger, &open, NULL) && open != NULL && ledger_head(open, &head, NULL) &&
        strcmp(now, head.time) < 0) {
        error_set(err, ERROR_UNEXPECTED,
                  error_keep_format(err, "the clock says %s, and the ledger's newest entry is of %s", now, head.time),
                  "set the clock: date -u shows it; entries of a clock that went back are found by ledger verify");
        return SHIFT_CHECK_WARNING;
    }
    if (!is_clock_free())
        return SHIFT_CHECK_GOOD;
    error_set(err, ERROR_UNEXPECTED, error_keep_format(err, "no time server keeps the clock right; it says %s", now),
              "compare it with a watch, and set up a time server: timedatectl shows whether there is one");
    return SHIFT_CHECK_WARNING;
}

/* --- the order --- */

/* A number of the order's list that no device has yet; "" where there is no list. */
static bool find_number(struct ledger *ledger, const char *id, char number[static ORDER_BOARD_SIZE], struct error *err)
{
    char(*numbers)[ORDER_BOARD_SIZE] = NULL, owner[ORDER_DEVICE_SIZE] = "";
    size_t count = 0;
    bool ok = order_list_boards(&ledger->database, id, &numbers, &count, err);

    number[0] = '\0';
    for (size_t i = 0; ok && i < count && number[0] == '\0'; i++) {
        ok = order_board_owner(&ledger->database, numbers[i], owner, err);
        if (ok && owner[0] == '\0')
            memcpy(number, numbers[i], ORDER_BOARD_SIZE);
    }
    free(numbers);
    if (ok && count > 0 && number[0] == '\0') {
        error_set(err, ERROR_ORDER_FULL, "each number of the order's list is on a board already",
                  error_keep_format(err, "see which: imprint order show %s", id));
        error_with_subject(err, id);
    }
    return ok && (count == 0 || number[0] != '\0');
}

static bool refuse_order(const char *id, const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_ORDER_REFUSED, cause, next);
    error_with_subject(err, id);
    return false;
}

/* What the station file must have for this order. */
static bool check_way(const struct shift_order *way, const struct order *order, struct error *err)
{
    if (order->has_boards && !way->scans_boards)
        return refuse_order(order->id, "the order has a list of board numbers, and this station scans none",
                            "write scan_board: true into the station file, or make the order at another station", err);
    if (order->first_article && order->state == ORDER_NEW && !way->has_operator)
        return refuse_order(order->id, "the first article needs the name of its operator, and no user can log in here",
                            "write `operator` into the station file, or add a `page`", err);
    return true;
}

/* As a device that is not known yet asks for a unit. */
static bool ask_unit(const struct shift_order *way, struct ledger *ledger, bool may_lease, struct error *err)
{
    char number[ORDER_BOARD_SIZE];
    struct order_claim claim = {.order = way->id, .device = "", .lease = "", .board = "", .person = "operator"};
    struct order_answer answer;

    claim.may_lease = may_lease;
    if (!find_number(ledger, way->id, number, err))
        return false;
    claim.board = number;
    return order_ask(&ledger->database, &claim, &answer, err);
}

/* A station of a line has an order only from its first share of it on. */
static bool check_share(const struct shift *shift, const char *id, struct ledger *ledger, struct error *err)
{
    struct order order;
    bool found = false;

    if (shift->ledger->line.state != STATION_LINE_OPEN && shift->ledger->line.state != STATION_LINE_AWAY)
        return true;
    if (ledger != NULL && !order_find(&ledger->database, id, &order, &found, err))
        return false;
    return found ||
           refuse_order(id, "this station has no share of an order of this id",
                        error_keep_format(err, "if the line has it, take one: imprint order lease %s AMOUNT", id), err);
}

enum shift_check shift_check_order(const struct shift *shift, const struct shift_order *way, struct error *err)
{
    struct station_order asked = station_order_of(way->id, NULL, NULL);
    struct order order;
    struct ledger *open = NULL;
    bool ok = station_ledger_look(shift->ledger, &open, err) && check_share(shift, way->id, open, err) &&
              station_order_check(&asked, shift->ledger, shift->profile, err) && open != NULL &&
              order_get(&open->database, way->id, &order, err) && check_way(way, &order, err) &&
              ask_unit(way, open, asked.may_lease, err);

    if (!ok)
        error_doing(err, "work on the order");
    return result_of(ok);
}

/* --- issuers --- */

static bool never_sign(void *context, psa_key_id_t key_id, const char *subject, struct bytes attributes,
                       struct bytes_out *der, struct error *err)
{
    (void)context;
    (void)key_id;
    (void)subject;
    (void)attributes;
    (void)der;
    error_set(err, ERROR_UNEXPECTED, "no device is there", NULL);
    return false;
}

/* The first day from today on which the issuer can issue the certificate no more; 0: none of those looked at. */
static unsigned last_day(struct certificate_issue *issue, size_t index)
{
    for (unsigned days = 1; days <= SHIFT_CHECK_SOON_DAYS; days++)
        if (!certificate_issue_try(issue, index, days, NULL))
            return days;
    return 0;
}

static enum shift_check warn_of_end(const struct profile_certificate *certificate, unsigned days, struct error *err)
{
    const time_t seconds = time(NULL) + (time_t)days * 24 * 3600;
    char day[16] = "";
    struct tm tm;

    if (gmtime_r(&seconds, &tm) != NULL)
        (void)strftime(day, sizeof day, "%Y-%m-%d", &tm);
    error_set(err, ERROR_ISSUER_INVALID,
              error_keep_format(err, "from %s on it cannot issue certificate %s: its own ends too early", day,
                                certificate->name),
              "have the issuer's certificate renewed before that day, or shorten `valid` in the profile");
    error_with_subject(err, certificate->issuer);
    return SHIFT_CHECK_WARNING;
}

/* Of the whole check: each token gets its PIN, and each server its question, once. */
struct shift_issuers {
    struct rehearsal rehearsal;
    struct certificate_issue issue;
    bool was_bad[PROFILE_CERTIFICATES_MAX]; /* of each certificate; an issuer that was not tried, too */
    const char *refused;                    /* the issuer whose token has refused a PIN; NULL: none */
};

static struct shift_issuers *issuers_of(struct shift *shift, struct error *err)
{
    if (shift->issuers == NULL)
        shift->issuers = calloc(1, sizeof *shift->issuers);
    if (shift->issuers == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return NULL;
    }
    shift->issuers->rehearsal.allowed = shift->may_rehearse;
    shift->issuers->issue.config = shift->config;
    shift->issuers->issue.ledger = shift->ledger;
    shift->issuers->issue.profile = shift->profile;
    shift->issuers->issue.rehearsal = &shift->issuers->rehearsal;
    shift->issuers->issue.signer = (struct certificate_signer){NULL, never_sign};
    return shift->issuers;
}

static bool is_token(const struct shift *shift, const char *name)
{
    enum issuer_kind kind;

    return issuers_file_kind(shift->config, name, &kind, NULL) && kind == ISSUER_PKCS11;
}

/* Whether the issuer was bad for an earlier certificate. */
static bool was_bad(const struct shift *shift, size_t index)
{
    const struct profile_certificate *certificates = shift->profile->certificates;
    bool was = false;

    for (size_t before = 0; before < index; before++)
        was = was ||
              (shift->issuers->was_bad[before] && strcmp(certificates[before].issuer, certificates[index].issuer) == 0);
    return was;
}

/* It may be the same token with the same wrong PIN, which locks after a few. */
static enum shift_check leave_token(const char *name, const char *refused, struct error *err)
{
    error_set(err, ERROR_ISSUER_LOGIN,
              error_keep_format(err,
                                "not tried: the token of issuer %s refused its PIN, and a token locks after a few "
                                "wrong ones",
                                refused),
              "correct that PIN, then run the check again");
    error_with_subject(err, name);
    return SHIFT_CHECK_WARNING;
}

enum shift_check shift_check_issuer(struct shift *shift, size_t index, struct error *err)
{
    const struct profile_certificate *certificate = &shift->profile->certificates[index];
    struct shift_issuers *issuers = issuers_of(shift, err);
    unsigned days;

    if (issuers == NULL)
        return SHIFT_CHECK_BAD;
    issuers->was_bad[index] = true;
    if (was_bad(shift, index))
        return SHIFT_CHECK_NONE;
    if (issuers->refused != NULL && is_token(shift, certificate->issuer))
        return leave_token(certificate->issuer, issuers->refused, err);
    if (!certificate_issue_try(&issuers->issue, index, 0, err)) {
        if (err->reason == ERROR_ISSUER_LOGIN && is_token(shift, certificate->issuer))
            issuers->refused = certificate->issuer;
        return SHIFT_CHECK_BAD;
    }
    issuers->was_bad[index] = false;
    days = last_day(&issuers->issue, index);
    return days != 0 ? warn_of_end(certificate, days, err) : SHIFT_CHECK_GOOD;
}

void shift_check_close(struct shift *shift)
{
    if (shift->issuers != NULL)
        certificate_issue_close(&shift->issuers->issue);
    free(shift->issuers);
    shift->issuers = NULL;
}

/* --- servers that accept finished devices --- */

enum shift_check shift_check_connection(const struct shift *shift, size_t index, struct error *err)
{
    const struct profile_certificate *certificate = &shift->profile->certificates[index];
    struct net_connection reached = {.fd = -1};
    struct connection *connection;
    bool ok;

    if (certificate->prove != PROFILE_PROVE_TLS)
        return SHIFT_CHECK_NONE;
    connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    ok = connection != NULL && connections_read(shift->config, certificate->connection, connection, err) &&
         net_connect(&reached, &connection->settings.place, net_now_us() + (uint64_t)ANSWER_S * 1000000, err);
    net_close(&reached);
    free(connection);
    return result_of(ok);
}

/* --- files that the profile names --- */

static bool check_readable(struct key_files *files, const char *name, const char *cause, struct error *err)
{
    if (!key_files_find(files, name, err))
        return false;
    if (access(files->path, R_OK) == 0)
        return true;
    error_set(err, ERROR_INPUT_FILE, cause, "correct its name in the profile, or put it there");
    error_with_errno(err, errno);
    error_with_subject(err, files->path);
    return false;
}

/* Only boards that are still to be made need them: a run for a finished one passes over what is not there. */
static bool check_keys(const struct shift *shift, struct key_files *files, bool *has_some, struct error *err)
{
    const struct profile *profile = shift->profile;
    bool ok = true;

    for (size_t i = 0; ok && i < profile->key_count; i++) {
        if (profile->keys[i].method != PROFILE_IMPORT)
            continue;
        *has_some = true;
        ok = check_readable(files, profile->keys[i].source, "the file of the key to import cannot be read", err);
    }
    for (size_t i = 0; ok && i < profile->write_key_count; i++) {
        *has_some = true;
        ok = check_readable(files, profile->write_keys[i].source,
                            "the file of the secret that encrypts imports cannot be read", err);
    }
    return ok;
}

/* What is named after a device is not there before the device is known. */
static bool check_data(const struct shift *shift, struct key_files *files, bool *has_some, struct error *err)
{
    static const uint8_t no_serial[CHIP_SERIAL_BYTES] = {0};
    struct data_files *data = calloc(1, sizeof *data);
    uint8_t content[PROFILE_DATUM_MOST];
    bool ok = true;

    if (data == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    *data = (struct data_files){.files = files, .profile = shift->profile};
    for (size_t i = 0; ok && i < shift->profile->data_count; i++) {
        const struct profile_datum *datum = &shift->profile->data[i];
        struct bytes_out out = {.data = content, .cap = sizeof content};

        if (datum->form != PROFILE_DATUM_FILE || strstr(datum->source, "{serial}") != NULL)
            continue;
        *has_some = true;
        ok = data_files_functions(data).get(data, i, no_serial, &out, err);
        bytes_wipe(content, sizeof content);
    }
    data_files_wipe(data);
    free(data);
    return ok;
}

enum shift_check shift_check_sources(const struct shift *shift, struct error *err)
{
    struct key_files files;
    bool has_some = false, ok;

    key_files_init(&files, shift->profile_path);
    ok = check_keys(shift, &files, &has_some, err) && check_data(shift, &files, &has_some, err);
    return has_some || !ok ? result_of(ok) : SHIFT_CHECK_NONE;
}

/* --- the golden device --- */

static enum shift_check compare_profile(const struct shift *shift, const json_t *record, struct error *err)
{
    const json_t *profile = json_object_get(record, "profile");
    uint8_t now[PROFILE_DIGEST_BYTES], then[PROFILE_DIGEST_BYTES];

    if (!profile_digest(shift->profile, now) ||
        (record_value_bytes(profile, "digest", then, sizeof then) && memcmp(now, then, sizeof now) == 0))
        return SHIFT_CHECK_GOOD;
    error_set(err, ERROR_PROFILE_CONFLICT, "the golden device was last finished by another version of the profile",
              "put it into a socket first: where the profile would change it, name another golden device");
    return SHIFT_CHECK_WARNING;
}

enum shift_check shift_check_golden(const struct shift *shift, const char *serial, struct error *err)
{
    uint8_t bytes[CHIP_SERIAL_BYTES];
    struct bytes_out out = {.data = bytes, .cap = sizeof bytes};
    json_t *record = NULL;
    enum shift_check result = SHIFT_CHECK_BAD;

    if (!hex_decode(serial, strlen(serial), &out, NULL) || out.len != sizeof bytes)
        error_set(err, ERROR_INPUT_FILE, "this is no serial number", "write 18 hex digits under `golden`");
    else if (station_ledger_record(shift->ledger, bytes, &record, err) && record != NULL)
        result = compare_profile(shift, record, err);
    else
        error_set(err, ERROR_INPUT_FILE, "the ledger knows no device of this serial number that was finished",
                  "name a finished device under `golden`: imprint ledger list shows them; or bring this one here and "
                  "take it over: imprint adopt PROFILE");
    error_with_subject(err, result != SHIFT_CHECK_GOOD ? serial : NULL);
    json_decref(record);
    return result;
}
