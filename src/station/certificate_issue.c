/* SPDX-License-Identifier: Apache-2.0 */
#include "station/certificate_issue.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error_format.h"
#include "cert/parts.h"
#include "provision/steps.h"
#include "station/certificate_files.h"
#include "station/certificate_record.h"
#include "station/certificate_rebuild.h"
#include "station/input.h"
#include "station/issuers_file.h"
#include "station/station_ledger.h"

/* ---- time ---- */

#define SECONDS_OF_DAY 86400

/* UTC in so many days as the digits of a certificate's time. */
static bool read_clock(unsigned days, char now[static CERT_TIME_DIGITS + 1])
{
    const time_t seconds = time(NULL) + (time_t)days * SECONDS_OF_DAY;
    struct tm tm;

    return gmtime_r(&seconds, &tm) != NULL &&
           strftime(now, CERT_TIME_DIGITS + 1, "%Y%m%d%H%M%S", &tm) == CERT_TIME_DIGITS;
}

/* Neither begins nor ends a certificate outside its issuer's time, unless the profile allows the end. */
static bool check_time(const struct certificate_wanted *wanted, const char *now, struct error *err)
{
    char not_before[CERT_TIME_DIGITS + 1], not_after[CERT_TIME_DIGITS + 1];

    cert_dates_text(&wanted->dates, profile_certificate_last_day(wanted->certificate), not_before, not_after);
    if (strcmp(now, wanted->issuer.not_before) < 0 || strcmp(now, wanted->issuer.not_after) > 0) {
        error_set(err, ERROR_ISSUER_INVALID, "this station's clock is outside the validity of the issuer's certificate",
                  "set the clock: date -u shows it; or renew the issuer's certificate");
        return false;
    }
    if (strcmp(not_after, now) < 0) {
        error_set(err, ERROR_PROFILE_CONFLICT, "the certificate would have ended already", "correct `valid`");
        return false;
    }
    if (strcmp(not_after, wanted->issuer.not_after) <= 0 || wanted->certificate->outlives_issuer)
        return true;
    error_set(err, ERROR_ISSUER_INVALID, "the certificate would end after its issuer's, and then be worth nothing",
              "shorten `valid`, use an issuer that lasts longer, or write outlives-issuer: true in the profile");
    return false;
}

/* The dates of a certificate that begins now, or in so many days, which its issuer can give it. */
static bool set_dates(struct certificate_wanted *wanted, unsigned days, struct error *err)
{
    char now[CERT_TIME_DIGITS + 1];

    if (read_clock(days, now) && certificate_check_read_dates(wanted, now))
        return check_time(wanted, now, err);
    error_set(err, ERROR_ISSUER_INVALID, "this station has no clock that a certificate could begin with",
              "set the clock: date -u shows it");
    return false;
}

/* ---- issuers ---- */

/* Where the certificate's issuer is, once it is open: two certificates by one issuer need one login. */
static struct issuer **issuer_of(struct certificate_issue *issue, size_t index)
{
    const struct profile_certificate *certificates = issue->profile->certificates;
    size_t first = 0;

    while (first < index && strcmp(certificates[first].issuer, certificates[index].issuer) != 0)
        first++;
    return &issue->issuers[first];
}

static struct certificate_wanted wanted_of(const struct certificate_issue *issue, size_t index, const uint8_t *serial,
                                           const uint8_t *point)
{
    return (struct certificate_wanted){
        .certificate = &issue->profile->certificates[index], .serial = serial, .point = point};
}

/* The issuer's certificate, for the certificates that it issues. */
static bool note_issuer(struct certificate_wanted *wanted, struct certificate_issued *issued,
                        const struct issuer *issuer, struct error *err)
{
    const struct bytes certificate = issuer_certificate(issuer);

    if (certificate.len <= sizeof issued->issuer) {
        memcpy(issued->issuer, certificate.data, certificate.len);
        issued->issuer_len = certificate.len;
        if (cert_read_issuer_parts(bytes_of(issued->issuer, issued->issuer_len), &wanted->issuer))
            return true;
    }
    error_set(err, ERROR_ISSUER_INVALID, "the issuer's certificate is longer than imprint keeps, or not on P-256",
              NULL);
    return false;
}

/* Whether a request can be made here, where the issuer takes one. */
static bool check_can_ask(const struct certificate_issue *issue, const char *name, struct error *err)
{
    enum issuer_kind kind;

    if (!issuers_file_kind(issue->config, name, &kind, err))
        return false;
    if (kind != ISSUER_EST || issue->signer.sign != NULL)
        return true;
    error_set(err, ERROR_ISSUER_INVALID,
              "this issuer needs a certificate request, and the device's key cannot sign one here",
              "name an issuer with a key file or a token");
    return false;
}

/* Notes whose fault it was. Always false. */
static bool failed(struct certificate_issue *issue, size_t index, struct error *err)
{
    issue->failed_issuer = issue->profile->certificates[index].issuer;
    error_doing(err, "issue the certificate");
    error_with_subject(err, issue->failed_issuer);
    return false;
}

/* An issuer that chooses the dates by itself: its own certificate must not end before. */
static bool check_end(const struct issuer *issuer, unsigned days, struct error *err)
{
    int64_t not_before, not_after;

    issuer_validity(issuer, &not_before, &not_after);
    if ((int64_t)time(NULL) + (int64_t)days * SECONDS_OF_DAY <= not_after)
        return true;
    error_set(err, ERROR_ISSUER_INVALID, "the issuer's certificate has ended", "have the issuer's certificate renewed");
    return false;
}

/* Opens the issuer, unless it is, and finds out whether it can issue this certificate now, or in so many days. */
static bool open_issuer(struct certificate_issue *issue, size_t index, unsigned days, struct error *err)
{
    struct certificate_wanted wanted = wanted_of(issue, index, NULL, NULL);
    struct issuer **issuer = issuer_of(issue, index);
    bool ok =
        *issuer != NULL || (check_can_ask(issue, wanted.certificate->issuer, err) &&
                            issuers_file_open(issue->config, wanted.certificate->issuer, &issue->prompt, issuer, err));

    ok = ok && rehearsal_check_issuer(issue->rehearsal, issuer_certificate(*issuer), err) &&
         note_issuer(&wanted, &issue->certificates[index], *issuer, err) &&
         (issuer_signs(*issuer) ? set_dates(&wanted, days, err) : days == 0 || check_end(*issuer, days, err));
    return ok || failed(issue, index, err);
}

bool certificate_issue_try(struct certificate_issue *issue, size_t index, unsigned days, struct error *err)
{
    return open_issuer(issue, index, days, err);
}

bool certificate_issue_open(struct certificate_issue *issue, const struct provision_plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *step = &plan->steps[i];
        size_t index;

        if (step->kind != &provision_step_get_certificate || step->done)
            continue;
        index = (size_t)(profile_certificate_of(issue->profile, (size_t)step->key) - issue->profile->certificates);
        if (issue->certificates[index].len == 0 && !open_issuer(issue, index, 0, err))
            return false;
    }
    return true;
}

bool certificate_issue_keep(struct certificate_issue *issue, struct error *err)
{
    bool ok = true;

    for (size_t i = 0; i < issue->profile->certificate_count && ok; i++) {
        struct certificate_issued *issued = &issue->certificates[i];
        struct issuer *issuer = NULL;

        if (!issued->is_rebuilt || issued->is_kept)
            continue;
        ok = issuers_file_open_certificates(issue->config, issue->profile->certificates[i].issuer, &issuer, err) &&
             certificate_files_store(issued, issuer, err);
        issued->is_kept = ok;
        issuer_close(issuer);
    }
    return ok;
}

void certificate_issue_close(struct certificate_issue *issue)
{
    for (size_t i = 0; i < PROFILE_CERTIFICATES_MAX; i++) {
        issuer_close(issue->issuers[i]);
        issue->issuers[i] = NULL;
    }
}

/* ---- an issuer that signs ---- */

/* What an earlier run asked for and got no answer to is asked for again, as it was, if it is for the same certificate.
 */
static bool is_pending(struct certificate_wanted *wanted, const char *path, struct bytes_out *tbs)
{
    struct error ignored = {.reason = ERROR_NONE};
    const struct cert_dates now = wanted->dates;
    struct input input;
    char digits[CERT_TIME_DIGITS + 1] = "20";
    const struct cert_place *place = &wanted->form.form.places[CERT_NOT_BEFORE];
    bool same = false;

    if (!input_read(&input, path, CERT_TBS_MAX, &ignored))
        return false;
    if (input.len == tbs->len && place->len < sizeof digits) {
        memcpy(digits + (CERT_TIME_DIGITS + 1 - place->len), input.data + place->at, place->len - 1u);
        tbs->len = 0;
        same = certificate_check_read_dates(wanted, digits) && certificate_check_make_form(wanted, &ignored) &&
               certificate_check_build_tbs(wanted, tbs, &ignored) &&
               bytes_equal(bytes_written(tbs), bytes_of(input.data, input.len));
    }
    input_release(&input);
    if (same)
        return true;
    wanted->dates = now;
    return false;
}

/* What the issuer is to sign, kept before it is asked. */
static bool prepare(const struct certificate_issue *issue, struct certificate_wanted *wanted, struct bytes_out *tbs,
                    struct error *err)
{
    char path[PATH_MAX];

    if (!set_dates(wanted, 0, err) || !certificate_check_make_form(wanted, err) ||
        !certificate_check_build_tbs(wanted, tbs, err) ||
        !certificate_files_path(issue->config, wanted, "tbs", path, err))
        return false;
    if (is_pending(wanted, path, tbs))
        return true;
    tbs->len = 0;
    return certificate_check_make_form(wanted, err) && certificate_check_build_tbs(wanted, tbs, err) &&
           certificate_files_keep(path, bytes_written(tbs), err);
}

static bool have_signed(const struct certificate_issue *issue, struct certificate_wanted *wanted, struct issuer *issuer,
                        struct bytes_out *der, struct error *err)
{
    uint8_t room[CERT_TBS_MAX], signature[P256_SIGNATURE_BYTES];
    struct bytes_out tbs = {.data = room, .cap = sizeof room};

    return prepare(issue, wanted, &tbs, err) &&
           issuer_sign(issuer, bytes_written(&tbs), signature, err) == ISSUER_DONE &&
           certificate_check_build(wanted, signature, der, err);
}

/* ---- an issuer that is asked with a request ---- */

/* The request of an earlier run, or one that the key signs now, if the plan said that it would. */
static bool get_request(struct certificate_issue *issue, size_t index, const struct certificate_wanted *wanted,
                        struct bytes_out *der, struct error *err)
{
    const size_t key = profile_certificate_key(issue->profile, wanted->certificate);
    char path[PATH_MAX];

    if (!certificate_files_path(issue->config, wanted, "p10", path, err))
        return false;
    if (certificate_request_load(wanted, path, der))
        return true;
    if (issue->requests[index] == PROVISION_REQUEST_NEEDED)
        return certificate_request_make(wanted, issue->profile->keys[key].id, &issue->signer, path, der, err);
    error_set(err, ERROR_RECORD_FAILED, "the certificate request that was kept is not there any more",
              "run the same command again: its plan says that the key signs a new one");
    error_with_subject(err, path);
    return false;
}

/* Later runs send the same bytes: an issuer that has signed them can tell. */
static void advise(const struct issuer *issuer, struct error *failure)
{
    if (failure->reason == ERROR_ISSUER_AWAY && failure->next == NULL)
        failure->next =
            "run the same command again: it sends the same request, by which the issuer can tell whether it "
            "has signed it already";
    if (failure->reason == ERROR_ISSUER_REFUSED && issuer_wanted(issuer)[0] != '\0')
        failure->next = error_keep_format(failure,
                                          "ask who runs the issuer; it expects in requests what imprint does not put "
                                          "there: %s",
                                          issuer_wanted(issuer));
}

/* Sends the request until the issuer has decided, or for as long as a run waits. */
static bool enroll(struct certificate_issue *issue, const struct certificate_wanted *wanted, struct issuer *issuer,
                   struct bytes request, struct bytes_out *der, struct error *err)
{
    unsigned waited = 0;

    for (;;) {
        char room[ERROR_ROOM];
        struct error failure = ERROR_IN(room);
        const enum issuer_answer answer = issuer_enroll(issuer, request, der, &issue->retry_after_s, &failure);

        if (answer == ISSUER_DONE)
            return true;
        advise(issuer, &failure);
        if (answer != ISSUER_LATER || issue->wait == NULL || issue->retry_after_s > CERTIFICATE_WAIT_MAX_S - waited) {
            error_pass(err, &failure);
            return false;
        }
        if (!issue->wait(issue->wait_context, wanted->certificate->issuer, issue->retry_after_s, err))
            return false;
        waited += issue->retry_after_s;
    }
}

static bool have_enrolled(struct certificate_issue *issue, size_t index, const struct certificate_wanted *wanted,
                          struct issuer *issuer, struct bytes_out *der, struct error *err)
{
    uint8_t room[CERT_REQUEST_WITH_MAX];
    struct bytes_out request = {.data = room, .cap = sizeof room};

    return get_request(issue, index, wanted, &request, err) &&
           enroll(issue, wanted, issuer, bytes_written(&request), der, err);
}

/* ---- for the engine ---- */

/* A serial number names one certificate of its issuer, and to whoever reads the ledger one device. */
static bool check_number(const struct certificate_issue *issue, const struct certificate_wanted *wanted,
                         const struct certificate_issued *issued, struct error *err)
{
    struct cert_parts parts;

    return cert_read_parts(bytes_of(issued->der, issued->len), &parts) &&
           station_ledger_check_certificate(issue->ledger, wanted->serial, parts.serial, err);
}

static bool issue_one(struct certificate_issue *issue, size_t index, struct certificate_wanted *wanted,
                      struct error *err)
{
    struct certificate_issued *issued = &issue->certificates[index];
    struct bytes_out der = {.data = issued->der, .cap = sizeof issued->der};
    struct issuer *issuer;
    bool ok;

    if (!open_issuer(issue, index, 0, err))
        return false;
    issuer = *issuer_of(issue, index);
    ok = note_issuer(wanted, issued, issuer, err) &&
         (issuer_signs(issuer) ? have_signed(issue, wanted, issuer, &der, err)
                               : have_enrolled(issue, index, wanted, issuer, &der, err));
    issued->len = der.len;
    ok = ok && certificate_check(wanted, issued, ERROR_ISSUER_ANSWER, err) &&
         check_number(issue, wanted, issued, err) && certificate_files_store(issued, issuer, err);
    issued->is_new = ok;
    if (ok)
        return true;
    issued->len = 0;
    return failed(issue, index, err);
}

/*
 * The certificate that was issued before: its file, else what the device holds. Empty where there is neither. The
 * device is asked while the plan is made, and not again before one is issued.
 */
static bool find_issued(struct certificate_issue *issue, bool may_issue, struct certificate_wanted *wanted,
                        struct certificate_issued *issued, struct error *err)
{
    if (issued->is_rebuilt)
        return true;
    if (!certificate_files_path(issue->config, wanted, "crt", issued->path, err) ||
        !certificate_files_load(wanted, issued, err))
        return false;
    return issued->len != 0 || may_issue || issue->device == NULL ||
           certificate_rebuild(issue->device, issue->config, wanted, issued, err);
}

static bool get(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                const uint8_t point[static P256_POINT_BYTES], bool may_issue, struct bytes *der, struct error *err)
{
    struct certificate_issue *issue = context;
    struct certificate_issued *issued = &issue->certificates[index];
    struct certificate_wanted wanted = wanted_of(issue, index, serial, point);
    bool ok = find_issued(issue, may_issue, &wanted, issued, err);

    if (ok && issued->len != 0)
        ok = certificate_record_check_issuer(issue->record, wanted.certificate, bytes_of(issued->der, issued->len),
                                             err) &&
             rehearsal_check_issuer(issue->rehearsal, bytes_of(issued->issuer, issued->issuer_len), err);
    else if (ok && may_issue)
        ok = issue_one(issue, index, &wanted, err);
    *der = bytes_of(issued->der, issued->len);
    return ok;
}

/*
 * What is known of the issuer before it is opened: so a slot that holds its certificate or key already is told from
 * another's, and a certificate that 72 bytes cannot carry is refused while the plan is made.
 */
static bool note_signer(struct certificate_issue *issue, size_t index, struct error *err)
{
    struct certificate_wanted wanted = wanted_of(issue, index, NULL, NULL);
    struct certificate_issued *issued = &issue->certificates[index];
    struct issuer *issuer = NULL;

    if (wanted.certificate->signer_key_slot == 0)
        return true;
    issued->knows_signer = issuers_file_open_certificates(issue->config, wanted.certificate->issuer, &issuer, err) &&
                           note_issuer(&wanted, issued, issuer, err) &&
                           certificate_check_signer(wanted.certificate, issued, err);
    issuer_close(issuer);
    return issued->knows_signer;
}

static bool find_request(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                         const uint8_t *point, enum provision_request *request, struct error *err)
{
    struct certificate_issue *issue = context;
    struct certificate_wanted wanted = wanted_of(issue, index, serial, point);
    uint8_t room[CERT_REQUEST_WITH_MAX];
    struct bytes_out der = {.data = room, .cap = sizeof room};
    enum issuer_kind kind;
    char path[PATH_MAX];

    if (!issuers_file_kind(issue->config, wanted.certificate->issuer, &kind, err) ||
        !certificate_files_path(issue->config, &wanted, "p10", path, err))
        return failed(issue, index, err);
    if (kind != ISSUER_EST)
        *request = PROVISION_REQUEST_NONE;
    else if (point != NULL && certificate_request_load(&wanted, path, &der))
        *request = PROVISION_REQUEST_KEPT;
    else
        *request = PROVISION_REQUEST_NEEDED;
    issue->requests[index] = *request;
    return kind == ISSUER_EST || note_signer(issue, index, err) || failed(issue, index, err);
}

bool certificate_issue_kept_key(const struct certificate_issue *issue, size_t index,
                                const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t point[static P256_POINT_BYTES])
{
    const struct certificate_wanted wanted = wanted_of(issue, index, serial, NULL);
    struct error ignored = {.reason = ERROR_NONE};
    char path[PATH_MAX];

    return certificate_files_path(issue->config, &wanted, "crt", path, &ignored) &&
           certificate_files_read_key(path, point);
}

/* A public key as Microchip's software looks for it: 00000000 X 00000000 Y. */
static void put_signer_key(const struct certificate_issued *issued, uint8_t content[static PROVISION_CERTIFICATE_BYTES])
{
    struct cert_parts issuer;

    memset(content, 0, PROVISION_CERTIFICATE_BYTES);
    if (!cert_read_issuer_parts(bytes_of(issued->issuer, issued->issuer_len), &issuer))
        return;
    memcpy(content + 4, issuer.public_key, P256_BYTES);
    memcpy(content + 8 + P256_BYTES, issuer.public_key + P256_BYTES, P256_BYTES);
}

static bool get_slot(void *context, uint8_t slot, uint8_t content[static PROVISION_CERTIFICATE_BYTES])
{
    const struct certificate_issue *issue = context;

    for (size_t i = 0; i < issue->profile->certificate_count; i++) {
        const struct profile_certificate *certificate = &issue->profile->certificates[i];
        const struct certificate_issued *issued = &issue->certificates[i];

        if (issued->len == 0 && (!issued->knows_signer || slot == certificate->slot))
            continue;
        if (slot == certificate->slot)
            memcpy(content, issued->compressed, PROVISION_CERTIFICATE_BYTES);
        else if (slot == certificate->signer_slot)
            memcpy(content, issued->signer, PROVISION_CERTIFICATE_BYTES);
        else if (slot == certificate->signer_key_slot)
            put_signer_key(issued, content);
        else
            continue;
        return true;
    }
    return false;
}

struct provision_certificates certificate_issue_functions(struct certificate_issue *issue)
{
    return (struct provision_certificates){.context = issue, .request = find_request, .get = get, .slot = get_slot};
}

bool certificate_issue_has(const struct certificate_issue *issue, size_t index)
{
    return issue->certificates[index].len != 0;
}
