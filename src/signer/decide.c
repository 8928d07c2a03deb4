/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/decide.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "signer/subject.h"

#define CLOCK_TOLERANCE_S (5 * 60) /* how much the clock may have been set back since the last decision */

/* Why a request was decided as it was: the word in the record, the status of HTTP, what the station is told. */
enum outcome {
    GRANTED,
    REPEATED,
    UNREADABLE,
    OTHER_KEY,
    UNSIGNED,
    STRANGER,
    NO_ORDER,
    NOT_PERMITTED,
    OTHER_SUBJECT,
    OWN_KEY,
    ELSEWHERE,
    SECOND_KEY,
    BUDGET_USED,
    RULES_CHANGED,
    NOT_ISSUED,
    CLOCK,
    ISSUER,
    RECORDS,
};

static const struct {
    enum signer_decision decision;
    unsigned status;
    const char *reason, *text;
} outcomes[] = {
    [GRANTED] = {SIGNER_GRANTED, 200, "granted", ""},
    [REPEATED] = {SIGNER_REPEATED, 200, "repeated", ""},
    [UNREADABLE] = {SIGNER_REFUSED, 400, "unreadable", "the body is not a certificate request (PKCS#10) in base64"},
    [OTHER_KEY] = {SIGNER_REFUSED, 400, "other-key", "the key of the request is not on P-256, signed with SHA-256"},
    [UNSIGNED] = {SIGNER_REFUSED, 400, "unsigned", "the request is not signed by the key in it"},
    [STRANGER] = {SIGNER_REFUSED, 403, "unknown-station", "this station is not in the signer's rule file"},
    [NO_ORDER] = {SIGNER_REFUSED, 404, "no-order", "the signer has no such order: name one as label"},
    [NOT_PERMITTED] = {SIGNER_REFUSED, 403, "not-permitted", "this order is not open to this station"},
    [OTHER_SUBJECT] = {SIGNER_REFUSED, 403, "other-subject", "the subject of the request is not as the order has it"},
    [OWN_KEY] = {SIGNER_REFUSED, 403, "own-key", "the key of the request is that of a certificate authority"},
    [ELSEWHERE] = {SIGNER_REFUSED, 403, "key-elsewhere",
                   "this key has a certificate in another order or for another subject"},
    [SECOND_KEY] = {SIGNER_REFUSED, 403, "second-key", "this subject has a certificate for another key in this order"},
    [BUDGET_USED] = {SIGNER_REFUSED, 403, "budget-used", "the budget of this order is used up"},
    [RULES_CHANGED] = {SIGNER_REFUSED, 403, "rules-changed",
                       "a certificate for this key was begun under other rules of this order"},
    [NOT_ISSUED] = {SIGNER_REFUSED, 403, "not-issued", "this key has no certificate: use simpleenroll"},
    [CLOCK] = {SIGNER_FAILED, 503, "clock", "the signer cannot issue now: its clock"},
    [ISSUER] = {SIGNER_FAILED, 503, "issuer", "the signer cannot issue now: its key"},
    [RECORDS] = {SIGNER_FAILED, 503, "records", "the signer cannot issue now: its records"},
};

static const char *const decision_words[SIGNER_DECISION_COUNT] = {
    [SIGNER_GRANTED] = "granted",
    [SIGNER_REPEATED] = "repeated",
    [SIGNER_REFUSED] = "refused",
    [SIGNER_FAILED] = "failed",
};

const char *signer_decision_word(enum signer_decision decision)
{
    return decision_words[decision];
}

bool signer_time_text(int64_t seconds, char time[static SIGNER_TIME_SIZE], char digits[static SIGNER_DIGITS_SIZE])
{
    const time_t when = (time_t)seconds;
    struct tm tm;

    time[0] = digits[0] = '\0';
    return gmtime_r(&when, &tm) != NULL &&
           strftime(time, SIGNER_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == SIGNER_TIME_SIZE - 1 &&
           strftime(digits, SIGNER_DIGITS_SIZE, "%Y%m%d%H%M%S", &tm) == SIGNER_DIGITS_SIZE - 1;
}

const struct signer_order *signer_find_order(const struct signer_rules *rules, const char *label)
{
    if (label != NULL)
        return signer_rules_order(rules, label);
    return rules->order_count == 1 ? &rules->orders[0] : NULL;
}

/* What is known while one request is decided. */
struct work {
    const struct signer_desk *desk;
    const struct signer_ask *ask;
    struct signer_answer *answer;
    const struct signer_order *order;
    const struct signer_ca *ca;
    char digits[SIGNER_DIGITS_SIZE];
    uint8_t serial[CHIP_SERIAL_BYTES];
    struct signer_request request;
    struct signer_entry entry;
    struct error err; /* of what failed */
    char room[ERROR_ROOM];
};

/* --- what needs no database --- */

static enum outcome check_station(struct work *work)
{
    const struct signer_ask *ask = work->ask;

    if (ask->station == NULL)
        return STRANGER;
    work->order = signer_find_order(work->desk->rules, ask->label);
    if (work->order == NULL) {
        if (ask->label != NULL)
            (void)snprintf(work->answer->detail, sizeof work->answer->detail, "label %s", ask->label);
        return NO_ORDER;
    }
    (void)snprintf(work->answer->order, sizeof work->answer->order, "%s", work->order->certificate.name);
    return signer_rules_permit(work->order, ask->station) ? GRANTED : NOT_PERMITTED;
}

static enum outcome check_request(struct work *work)
{
    static const enum outcome by_fault[] = {[SIGNER_REQUEST_GOOD] = GRANTED,
                                            [SIGNER_REQUEST_UNREADABLE] = UNREADABLE,
                                            [SIGNER_REQUEST_OTHER_KEY] = OTHER_KEY,
                                            [SIGNER_REQUEST_UNSIGNED] = UNSIGNED};
    const enum signer_request_fault fault = signer_request_read(work->ask->body, &work->request);
    char subject[PROFILE_SUBJECT_TEXT_MAX];

    if (fault != SIGNER_REQUEST_UNREADABLE)
        signer_request_name_text(work->request.subject, work->answer->subject);
    if (fault != SIGNER_REQUEST_GOOD)
        return by_fault[fault];
    work->answer->has_key = true;
    memcpy(work->answer->point, work->request.point, P256_POINT_BYTES);
    if (work->order == NULL)
        return GRANTED;
    if (!signer_subject_match(&work->order->certificate, work->request.subject, work->serial, subject))
        return OTHER_SUBJECT;
    (void)snprintf(work->answer->subject, sizeof work->answer->subject, "%s", subject);
    return signer_authority_is_own_key(work->desk->authority, work->request.point) ? OWN_KEY : GRANTED;
}

/* --- the reservation --- */

static const uint8_t *key_of(const struct work *work)
{
    return work->request.point + 1;
}

/* A clock that was set back would give certificates of another time than it is. */
static bool check_clock(struct work *work)
{
    char last[SIGNER_TIME_SIZE], later[SIGNER_TIME_SIZE], digits[SIGNER_DIGITS_SIZE];

    if (!signer_store_last_time(work->desk->database, last, &work->err))
        return false;
    if (signer_time_text(work->ask->now + CLOCK_TOLERANCE_S, later, digits) && strcmp(later, last) < 0) {
        error_set(&work->err, ERROR_ISSUER_INVALID, "the signer's clock is before its last record",
                  "set the clock: date -u shows it");
        return false;
    }
    return signer_authority_check_time(work->ca, work->order, work->digits, &work->err);
}

static bool build(struct work *work, const char *begins, struct bytes_out *tbs)
{
    return signer_authority_build(work->ca, work->order, work->request.point, work->serial, begins, tbs, &work->err);
}

/* What the key's row permits: the stored certificate, or its bytes to be signed. */
static enum outcome look_at_entry(struct work *work)
{
    const struct signer_entry *entry = &work->entry;
    uint8_t room[CERT_TBS_MAX];
    struct bytes_out tbs = {.data = room, .cap = sizeof room};

    if (strcmp(entry->order, work->order->certificate.name) != 0 || strcmp(entry->subject, work->answer->subject) != 0)
        return ELSEWHERE;
    if (entry->len != 0)
        return REPEATED;
    if (!check_clock(work))
        return CLOCK;
    if (!build(work, entry->begins, &tbs))
        return ISSUER;
    return bytes_equal(bytes_written(&tbs), bytes_of(entry->tbs, entry->tbs_len)) ? GRANTED : RULES_CHANGED;
}

static enum outcome check_budget(struct work *work)
{
    struct signer_count count;
    bool taken = false;

    if (!signer_store_has_subject(work->desk->database, work->order->certificate.name, work->answer->subject, &taken,
                                  &work->err) ||
        !signer_store_count(work->desk->database, work->order->certificate.name, &count, &work->err))
        return RECORDS;
    if (taken && !work->order->rework && signer_subject_has_serial(&work->order->certificate))
        return SECOND_KEY;
    return count.used >= (int64_t)work->order->budget ? BUDGET_USED : GRANTED;
}

static enum outcome reserve(struct work *work)
{
    struct signer_entry *entry = &work->entry;
    struct bytes_out tbs = {.data = entry->tbs, .cap = sizeof entry->tbs};
    enum outcome outcome = check_budget(work);

    if (outcome != GRANTED)
        return outcome;
    if (!check_clock(work))
        return CLOCK;
    if (!build(work, work->digits, &tbs))
        return ISSUER;
    entry->tbs_len = tbs.len;
    memcpy(entry->order, work->order->certificate.name, sizeof entry->order);
    memcpy(entry->begins, work->digits, sizeof entry->begins);
    (void)snprintf(entry->subject, sizeof entry->subject, "%s", work->answer->subject);
    return signer_store_reserve(work->desk->database, key_of(work), work->ask->station, work->answer->time, entry,
                                &work->err)
               ? GRANTED
               : RECORDS;
}

/* --- records --- */

static bool add_record(struct work *work, enum outcome outcome)
{
    struct signer_answer *answer = work->answer;
    const bool is_new = outcome == GRANTED;
    const struct signer_record record = {
        .time = answer->time,
        .station = answer->station,
        .order = answer->order,
        .subject = answer->subject,
        .decision = decision_words[outcomes[outcome].decision],
        .reason = outcomes[outcome].reason,
        .text = answer->detail,
        .public_key = answer->has_key ? bytes_of(answer->point + 1, CERT_KEY_BYTES) : BYTES_NONE,
        .request = is_new ? bytes_of(work->request.der, work->request.len) : BYTES_NONE,
    };

    answer->is_recorded =
        signer_store_record(work->desk->database, work->desk->log, &record, &answer->number, &work->err);
    return answer->is_recorded;
}

/* What failed, for whoever looks after the signer. */
static void note_failure(struct work *work)
{
    if (work->err.reason != ERROR_NONE)
        (void)snprintf(work->answer->detail, sizeof work->answer->detail, "%s%s%s",
                       work->err.cause != NULL ? work->err.cause : "", work->err.next != NULL ? "; next: " : "",
                       work->err.next != NULL ? work->err.next : "");
}

static void set_outcome(struct work *work, enum outcome outcome)
{
    struct signer_answer *answer = work->answer;

    answer->decision = outcomes[outcome].decision;
    answer->reason = outcomes[outcome].reason;
    answer->status = outcomes[outcome].status;
    (void)snprintf(answer->text, sizeof answer->text, "%s", outcomes[outcome].text);
}

/* Records what was decided in a transaction that is open. */
static enum outcome conclude(struct work *work, enum outcome outcome)
{
    note_failure(work);
    if (outcome != RECORDS && add_record(work, outcome) && database_commit(work->desk->database, &work->err))
        return outcome;
    database_rollback(work->desk->database);
    work->answer->is_recorded = false;
    note_failure(work);
    return RECORDS;
}

/* --- the transactions --- */

/* Decides all but the signature. GRANTED: the key's row is there, committed, and waits for its certificate. */
static enum outcome decide_and_reserve(struct work *work, enum outcome outcome)
{
    bool found = false, again = work->ask->again;

    if (!database_begin(work->desk->database, &work->err))
        return conclude(work, RECORDS);
    if (outcome == GRANTED) {
        if (!signer_store_find(work->desk->database, key_of(work), &work->entry, &found, &work->err))
            outcome = RECORDS;
        else if (found)
            outcome = look_at_entry(work);
        else
            outcome = again ? NOT_ISSUED : reserve(work);
    }
    if (outcome != GRANTED)
        return conclude(work, outcome);
    if (database_commit(work->desk->database, &work->err))
        return GRANTED;
    return conclude(work, RECORDS);
}

static enum outcome record_failure(struct work *work, enum outcome outcome)
{
    if (!database_begin(work->desk->database, &work->err))
        outcome = RECORDS;
    return conclude(work, outcome);
}

/* Signs what is reserved, and stores it. Another process may have done so meanwhile: then its certificate counts. */
static enum outcome sign_and_store(struct work *work)
{
    struct signer_entry *entry = &work->entry;
    struct bytes_out der = {.data = entry->der, .cap = sizeof entry->der};
    bool done = false, found = false;

    if (!signer_authority_sign(work->ca, bytes_of(entry->tbs, entry->tbs_len), &der, &work->err))
        return record_failure(work, ISSUER);
    entry->len = der.len;
    if (!database_begin(work->desk->database, &work->err) ||
        !signer_store_finish(work->desk->database, key_of(work), bytes_written(&der), &done, &work->err))
        return conclude(work, RECORDS);
    if (!done && (!signer_store_find(work->desk->database, key_of(work), entry, &found, &work->err) || entry->len == 0))
        return conclude(work, RECORDS);
    return conclude(work, done ? GRANTED : REPEATED);
}

static void count_left(struct work *work)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct signer_count count;

    work->answer->left = -1;
    if (work->order != NULL &&
        signer_store_count(work->desk->database, work->order->certificate.name, &count, &ignored))
        work->answer->left = count.used < (int64_t)work->order->budget ? (int64_t)work->order->budget - count.used : 0;
}

void signer_decide(const struct signer_desk *desk, const struct signer_ask *ask, struct signer_answer *answer)
{
    struct work work = {.desk = desk, .ask = ask, .answer = answer};
    const bool has_time = signer_time_text(ask->now, answer->time, work.digits);
    enum outcome outcome, of_request;

    work.err = (struct error)ERROR_IN(work.room);
    answer->is_recorded = answer->has_key = false;
    answer->number = 0;
    answer->len = 0;
    answer->order[0] = answer->subject[0] = answer->detail[0] = '\0';
    (void)snprintf(answer->station, sizeof answer->station, "%s", ask->station != NULL ? ask->station : ask->stranger);
    outcome = check_station(&work);
    of_request = check_request(&work);
    if (outcome == GRANTED)
        outcome = of_request;
    if (outcome == GRANTED)
        work.ca = signer_authority_of(desk->authority, work.order);
    if (outcome == GRANTED && !has_time)
        outcome = CLOCK;
    outcome = decide_and_reserve(&work, outcome);
    if (outcome == GRANTED)
        outcome = sign_and_store(&work);
    set_outcome(&work, outcome);
    count_left(&work);
    if (outcome == GRANTED || outcome == REPEATED) {
        memcpy(answer->der, work.entry.der, work.entry.len);
        answer->len = work.entry.len;
    }
}
