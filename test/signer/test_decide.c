/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is decided where a test of the server would have to wait or to change a clock: times outside the issuer's, a
 * clock that was set back, rules that change under a reservation, an issuer that does not sign, and a database that is
 * damaged.
 */
#include "test/signer/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "database/statement.h"

static struct office_files files;
static struct office office;
static struct office_body body;
static struct signer_answer answer;
static bool issuer_is_away;

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

bool __real_signing_sign(void *key, void *public_key, struct bytes message, uint8_t *signature, struct error *err);
bool __wrap_signing_sign(void *key, void *public_key, struct bytes message, uint8_t *signature, struct error *err);

bool __wrap_signing_sign(void *key, void *public_key, struct bytes message, uint8_t *signature, struct error *err)
{
    if (!issuer_is_away)
        return __real_signing_sign(key, public_key, message, signature, err);
    error_set(err, ERROR_ISSUER_AWAY, "the token is away", NULL);
    return false;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static int begin(void **state)
{
    (void)state;
    office_make_files(&files);
    body = (struct office_body){.key = NULL};
    office_make_body(&body, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    office_close(&office);
    EVP_PKEY_free(body.key);
    office_remove_files(&files);
    return 0;
}

static void open_office(struct signer_rules *rules)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    if (!office_open(&office, &files, rules, "signer.db", &err))
        fail_msg("cannot open: %s", err.cause);
}

static void ask_at(int64_t now)
{
    office_ask_as(&office, &body, (struct signer_ask){.station = "line-1", .label = "boards", .now = now}, &answer);
}

static void expect(enum signer_decision decision, const char *reason, unsigned status)
{
    if (answer.decision != decision || strcmp(answer.reason, reason) != 0 || answer.status != status)
        fail_msg("expected %s (%u), got %s (%u): %s", reason, status, answer.reason, answer.status, answer.detail);
    assert_true((answer.len != 0) == (status == 200));
}

static struct signer_count count(const char *order)
{
    struct signer_count found;

    assert_true(signer_store_count(&office.database, order, &found, NULL));
    return found;
}

static void test_times(void **state)
{
    const int64_t now = time(NULL);
    struct signer_answer first;

    (void)state;
    open_office(office_rules(&files, 5));
    ask_at(now - 2 * OFFICE_DAY); /* the issuer's certificate is of yesterday */
    expect(SIGNER_FAILED, "clock", 503);
    assert_non_null(strstr(answer.detail, "outside the validity"));
    assert_true(answer.is_recorded && answer.number == 1);
    ask_at(now - OFFICE_DAY / 2);
    expect(SIGNER_GRANTED, "granted", 200);
    first = answer;
    ask_at(now - OFFICE_DAY / 2); /* who has one gets it whatever the clock says */
    expect(SIGNER_REPEATED, "repeated", 200);
    assert_memory_equal(answer.der, first.der, first.len);
    ask_at(now - 9 * OFFICE_DAY);
    expect(SIGNER_REPEATED, "repeated", 200);
    assert_int_equal(count("boards").used, 1);
}

static void test_end_of_the_issuer(void **state)
{
    const int64_t now = time(NULL);

    (void)state;
    open_office(office_rules(&files, 5));
    ask_at(now + 2000 * OFFICE_DAY); /* it would end after its issuer's */
    expect(SIGNER_FAILED, "clock", 503);
    assert_non_null(strstr(answer.detail, "after its issuer's"));
    office.rules->orders[0].certificate.outlives_issuer = true;
    ask_at(now + 4000 * OFFICE_DAY);
    expect(SIGNER_FAILED, "clock", 503);
    assert_non_null(strstr(answer.detail, "outside the validity"));
    assert_int_equal(count("boards").used, 0);
}

static void test_clock_set_back(void **state)
{
    const int64_t now = time(NULL);
    struct office_body other = {.key = NULL};

    (void)state;
    open_office(office_rules(&files, 5));
    ask_at(now);
    expect(SIGNER_GRANTED, "granted", 200);
    office_make_body(&other, 2);
    office_ask_as(&office, &other, (struct signer_ask){.station = "line-1", .label = "boards", .now = now - 3600},
                  &answer);
    expect(SIGNER_FAILED, "clock", 503);
    assert_non_null(strstr(answer.detail, "before its last record"));
    EVP_PKEY_free(other.key);
}

static void test_no_time(void **state)
{
    (void)state;
    open_office(office_rules(&files, 5));
    ask_at(INT64_MAX);
    assert_int_equal(answer.decision, SIGNER_FAILED);
    assert_int_equal(answer.len, 0);
    assert_int_equal(count("boards").used, 0);
}

/* A reservation whose certificate would now be another one is not signed; with the old rules it is. */
static void test_rules_change(void **state)
{
    struct signer_entry entry;
    bool found;

    (void)state;
    open_office(office_rules(&files, 1));
    office_ask(&office, &body, &answer);
    expect(SIGNER_GRANTED, "granted", 200);
    assert_true(database_run(&office.database, "UPDATE certificate SET certificate = NULL", NULL));
    assert_true(signer_store_find(&office.database, answer.point + 1, &entry, &found, NULL) && found && entry.len == 0);
    office.rules->orders[0].certificate.valid = 4;
    office_ask(&office, &body, &answer);
    expect(SIGNER_REFUSED, "rules-changed", 403);
    office.rules->orders[0].certificate.valid = 5;
    office_ask_as(&office, &body,
                  (struct signer_ask){.station = "line-2", .label = "boards", .now = time(NULL) + 2 * 3600}, &answer);
    expect(SIGNER_GRANTED, "granted", 200);
    /* SEQUENCE with a length of two bytes, then what was reserved: of the hour in which it was. */
    assert_memory_equal(answer.der + 4, entry.tbs, entry.tbs_len);
    assert_int_equal(count("boards").used, 1);
}

/* A reservation counts, whoever asks meanwhile, and its key gets it although the budget is used up. */
static void test_reservation_counts(void **state)
{
    struct office_body other = {.key = NULL};

    (void)state;
    open_office(office_rules(&files, 1));
    office_ask(&office, &body, &answer);
    assert_true(database_run(&office.database, "UPDATE certificate SET certificate = NULL", NULL));
    assert_int_equal(count("boards").reserved, 1);
    office_make_body(&other, 2);
    office_ask(&office, &other, &answer);
    expect(SIGNER_REFUSED, "budget-used", 403);
    assert_int_equal(answer.left, 0);
    office_ask_as(&office, &body, (struct signer_ask){.station = "line-1", .label = "others", .now = time(NULL)},
                  &answer);
    expect(SIGNER_REFUSED, "key-elsewhere", 403);
    office_ask(&office, &body, &answer);
    expect(SIGNER_GRANTED, "granted", 200);
    EVP_PKEY_free(other.key);
}

/* The issuer's key is gone in mid work: what was reserved is finished when it is back. */
static void test_issuer_fails(void **state)
{
    (void)state;
    open_office(office_rules(&files, 1));
    issuer_is_away = true;
    for (int i = 0; i < 2; i++) {
        office_ask(&office, &body, &answer);
        expect(SIGNER_FAILED, "issuer", 503);
        assert_true(answer.is_recorded);
        assert_non_null(strstr(answer.detail, "the token is away"));
        assert_null(strstr(answer.text, "token"));
        assert_int_equal(count("boards").used, 1);
        assert_int_equal(count("boards").reserved, 1);
    }
    issuer_is_away = false;
    office_ask(&office, &body, &answer);
    expect(SIGNER_GRANTED, "granted", 200);
    assert_int_equal(count("boards").reserved, 0);
}

static void test_database_fails(void **state)
{
    (void)state;
    open_office(office_rules(&files, 1));
    assert_true(database_run(&office.database, "DROP TABLE decision", NULL));
    office_ask(&office, &body, &answer);
    expect(SIGNER_FAILED, "records", 503);
    assert_false(answer.is_recorded);
    assert_int_equal(count("boards").used, 0);
}

/* What is recorded of a decision. */
static void test_records(void **state)
{
    struct statement select;

    (void)state;
    open_office(office_rules(&files, 1));
    office_ask(&office, &body, &answer);
    office_ask_as(&office, &body, (struct signer_ask){.station = NULL, .label = "boards", .now = time(NULL)}, &answer);
    expect(SIGNER_REFUSED, "unknown-station", 403);
    assert_true(statement_prepare(&select, &office.database,
                                  "SELECT number, station, order_name, subject, decision, length(request), public_key "
                                  "FROM decision ORDER BY number",
                                  NULL));
    assert_int_equal(statement_step(&select, NULL), STATEMENT_ROW);
    assert_int_equal(statement_number(&select, 0), 1);
    assert_string_equal(statement_text(&select, 1), "line-1");
    assert_string_equal(statement_text(&select, 2), "boards");
    assert_string_equal(statement_text(&select, 3), "O=Example,CN=0123000000000001EE");
    assert_string_equal(statement_text(&select, 4), "granted");
    assert_true(statement_number(&select, 5) > 200);
    assert_memory_equal(statement_bytes(&select, 6).data, answer.point + 1, CERT_KEY_BYTES);
    assert_int_equal(statement_step(&select, NULL), STATEMENT_ROW);
    assert_string_equal(statement_text(&select, 1), "key 00");
    assert_null(statement_text(&select, 2));
    assert_string_equal(statement_text(&select, 4), "refused");
    assert_int_equal(statement_step(&select, NULL), STATEMENT_DONE);
    statement_finish(&select);
}

/* The tables themselves refuse what would break a promise. */
static void test_tables(void **state)
{
    static const char *const broken[] = {
        "INSERT INTO certificate SELECT zeroblob(64), order_name, unit, subject, station, reserved, begins, tbs, NULL FROM "
        "certificate", /* a unit twice */
        "INSERT INTO certificate SELECT public_key, 'x', 9, subject, station, reserved, begins, tbs, NULL FROM certificate",
        "UPDATE certificate SET unit = 0",
        "INSERT INTO decision (time, decision, reason) VALUES ('x', 'perhaps', 'x')",
    };

    (void)state;
    open_office(office_rules(&files, 1));
    office_ask(&office, &body, &answer);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct error err = {.reason = ERROR_NONE};

        if (database_run(&office.database, broken[i], &err))
            fail_msg("the database takes: %s", broken[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_times, begin, end),
        cmocka_unit_test_setup_teardown(test_end_of_the_issuer, begin, end),
        cmocka_unit_test_setup_teardown(test_clock_set_back, begin, end),
        cmocka_unit_test_setup_teardown(test_no_time, begin, end),
        cmocka_unit_test_setup_teardown(test_rules_change, begin, end),
        cmocka_unit_test_setup_teardown(test_reservation_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_issuer_fails, begin, end),
        cmocka_unit_test_setup_teardown(test_database_fails, begin, end),
        cmocka_unit_test_setup_teardown(test_records, begin, end),
        cmocka_unit_test_setup_teardown(test_tables, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
