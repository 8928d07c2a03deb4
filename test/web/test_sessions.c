/* SPDX-License-Identifier: Apache-2.0 */
/* Who is logged in, for how long and from where; and who has to wait after failed logins. */
#include "web/sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/failures.h"

#define HOUR ((int64_t)60 * 60 * 1000)
#define HERE "127.0.0.1"

static const struct user worker = {.name = "17", .role = USERS_OPERATOR, .hash = "a"};
static const struct user lead = {.name = "4", .role = USERS_LEAD, .hash = "b"};

static struct sessions *new_sessions(void)
{
    struct sessions *sessions = calloc(1, sizeof *sessions);

    assert_non_null(sessions);
    sessions->lasts_ms = HOUR;
    return sessions;
}

static void test_a_session(void **state)
{
    struct sessions *sessions = new_sessions();
    struct session session, found;

    (void)state;
    assert_true(sessions_begin(sessions, &worker, HERE, 1000, &session));
    assert_int_equal(strlen(session.token), SESSIONS_TOKEN_SIZE - 1);
    assert_string_not_equal(session.token, session.form_token);
    assert_int_equal(sessions_find(sessions, session.token, HERE, 2000, &found), SESSIONS_FOUND);
    assert_string_equal(found.user.name, "17");
    assert_int_equal(sessions_find(sessions, session.form_token, HERE, 2000, &found), SESSIONS_NONE);
    assert_int_equal(sessions_find(sessions, "", HERE, 2000, &found), SESSIONS_NONE);
    assert_int_equal(found.id, 0);
    /* It ends after its hour, however often it was used. */
    assert_int_equal(sessions_find(sessions, session.token, HERE, 1000 + HOUR - 1, &found), SESSIONS_FOUND);
    assert_int_equal(sessions_find(sessions, session.token, HERE, 1000 + HOUR, &found), SESSIONS_NONE);
    assert_false(sessions_is_alive(sessions, session.id, 1000 + HOUR));
    sessions_end(sessions, session.id);
    assert_int_equal(sessions_find(sessions, session.token, HERE, 2000, &found), SESSIONS_NONE);
    free(sessions);
}

/* Every token but the right one: each character changed, cut, made longer. */
static void test_other_tokens(void **state)
{
    struct sessions *sessions = new_sessions();
    struct session session, found;
    char token[SESSIONS_TOKEN_SIZE + 2];

    (void)state;
    assert_true(sessions_begin(sessions, &worker, HERE, 0, &session));
    for (size_t i = 0; i < SESSIONS_TOKEN_SIZE - 1; i++) {
        (void)snprintf(token, sizeof token, "%s", session.token);
        token[i] = token[i] == '0' ? '1' : '0';
        assert_int_equal(sessions_find(sessions, token, HERE, 1, &found), SESSIONS_NONE);
        token[i] = '\0';
        assert_int_equal(sessions_find(sessions, token, HERE, 1, &found), SESSIONS_NONE);
    }
    (void)snprintf(token, sizeof token, "%s0", session.token);
    assert_int_equal(sessions_find(sessions, token, HERE, 1, &found), SESSIONS_NONE);
    free(sessions);
}

static void test_stolen(void **state)
{
    struct sessions *sessions = new_sessions();
    struct session session, found;

    (void)state;
    assert_true(sessions_begin(sessions, &worker, HERE, 0, &session));
    assert_int_equal(sessions_find(sessions, session.token, "192.0.2.7", 1, &found), SESSIONS_STOLEN);
    assert_string_equal(found.user.name, "17");
    assert_int_equal(sessions_find(sessions, session.token, HERE, 2, &found), SESSIONS_NONE);
    free(sessions);
}

static void test_too_many(void **state)
{
    struct user many = {.role = USERS_OPERATOR, .hash = "c"};
    struct sessions *sessions = new_sessions();
    struct session first, one, found;

    (void)state;
    assert_true(sessions_begin(sessions, &worker, HERE, 0, &first));
    for (int64_t i = 1; i < SESSIONS_MAX; i++)
        assert_true(sessions_begin(sessions, &lead, HERE, i, &one));
    assert_int_equal(sessions_find(sessions, first.token, HERE, SESSIONS_MAX, &found), SESSIONS_FOUND);
    /* One more of whoever has most: the oldest of theirs is over, and nobody else's. */
    for (int64_t i = 0; i < SESSIONS_MAX; i++)
        assert_true(sessions_begin(sessions, &lead, HERE, SESSIONS_MAX + i, &one));
    assert_int_equal(sessions_find(sessions, first.token, HERE, 2 * SESSIONS_MAX, &found), SESSIONS_FOUND);
    assert_int_equal(sessions_find(sessions, one.token, HERE, 2 * SESSIONS_MAX, &found), SESSIONS_FOUND);
    /* Where each person has one, it is that which ends first. */
    for (int64_t i = 0; i < SESSIONS_MAX; i++) {
        (void)snprintf(many.name, sizeof many.name, "p%d", (int)i);
        assert_true(sessions_begin(sessions, &many, HERE, 3 * SESSIONS_MAX + i, &one));
    }
    assert_int_equal(sessions_find(sessions, first.token, HERE, 4 * SESSIONS_MAX, &found), SESSIONS_NONE);
    assert_int_equal(sessions_find(sessions, one.token, HERE, 4 * SESSIONS_MAX, &found), SESSIONS_FOUND);
    free(sessions);
}

static void test_operator(void **state)
{
    const struct user other = {.name = "18", .role = USERS_OPERATOR, .hash = "a"};
    struct sessions *sessions = new_sessions();
    struct session first, second, third;
    char name[USERS_NAME_SIZE];

    (void)state;
    sessions_operator(sessions, 0, name);
    assert_string_equal(name, "");
    assert_true(sessions_begin(sessions, &worker, HERE, 0, &first) &&
                sessions_begin(sessions, &other, HERE, 1, &second) && sessions_begin(sessions, &lead, HERE, 2, &third));
    sessions_operator(sessions, 3, name);
    assert_string_equal(name, "18");
    sessions_end(sessions, second.id);
    sessions_operator(sessions, 3, name);
    assert_string_equal(name, "17");
    sessions_operator(sessions, HOUR, name);
    assert_string_equal(name, "");
    free(sessions);
}

/* Who was removed, or has another role or password, is logged out; the others stay. */
static void test_compare(void **state)
{
    struct sessions *sessions = new_sessions();
    struct users *users = calloc(1, sizeof *users);
    struct session first, second;

    (void)state;
    users->count = 2;
    users->all[0] = worker;
    users->all[1] = lead;
    assert_true(sessions_begin(sessions, &worker, HERE, 0, &first) &&
                sessions_begin(sessions, &lead, HERE, 0, &second));
    sessions_compare(sessions, users);
    assert_true(sessions_is_alive(sessions, first.id, 1) && sessions_is_alive(sessions, second.id, 1));
    (void)snprintf(users->all[0].hash, sizeof users->all[0].hash, "c");
    sessions_compare(sessions, users);
    assert_true(!sessions_is_alive(sessions, first.id, 1) && sessions_is_alive(sessions, second.id, 1));
    users->all[1].role = USERS_AUDITOR;
    sessions_compare(sessions, users);
    assert_false(sessions_is_alive(sessions, second.id, 1));
    free(users);
    free(sessions);
}

static void test_failures_of_a_name(void **state)
{
    struct failures *failures = calloc(1, sizeof *failures);

    (void)state;
    for (int i = 1; i < FAILURES_OF_NAME; i++) {
        assert_false(failures_add(failures, "17", HERE, 1000));
        assert_int_equal(failures_wait(failures, "17", HERE, 1000), 0);
    }
    assert_true(failures_add(failures, "17", HERE, 1000));
    assert_int_equal(failures_wait(failures, "17", HERE, 1000), FAILURES_WAIT_MS);
    assert_int_equal(failures_wait(failures, "17", HERE, 1000 + FAILURES_WAIT_MS), 0);
    /* The same name from elsewhere, and another name from here, are not kept out. */
    assert_int_equal(failures_wait(failures, "17", "192.0.2.7", 1000), 0);
    assert_int_equal(failures_wait(failures, "18", HERE, 1000), 0);
    /* One more after the wait, and it waits again; a good login ends it. */
    assert_true(failures_add(failures, "17", HERE, 1000 + FAILURES_WAIT_MS));
    failures_forget(failures, "17", HERE);
    assert_int_equal(failures_wait(failures, "17", HERE, 1000 + FAILURES_WAIT_MS), 0);
    free(failures);
}

static void test_failures_of_an_address(void **state)
{
    static const struct {
        const char *from, *also; /* of one network, or the same */
        bool same;
    } rows[] = {
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"2001:db8:1:2:aaaa:bbbb:cccc:1", "2001:db8:1:2:dddd::1", true},
        {"2001:db8:1:2:aaaa:bbbb:cccc:1", "2001:db8:1:3:aaaa:bbbb:cccc:1", false},
        {"2001:db8::aaaa:1:2:3", "2001:db8::bbbb:1:2:3", true},
        {"2001:db8::1", "2001:db8:0:0:aaaa:bbbb:cccc:1", true},
        {"2001:db8:0:1::1", "2001:db8::1", false},
        {"fe80::1:2:3:4%eth0", "fe80::5:6:7:8%eth1", true},
        {"::ffff:192.0.2.7", "::ffff:192.0.2.8", false},
    };
    char name[16];

    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct failures *failures = calloc(1, sizeof *failures);

        for (int i = 0; i < FAILURES_OF_ADDRESS; i++) {
            (void)snprintf(name, sizeof name, "%d", i);
            assert_int_equal(failures_add(failures, name, rows[row].from, 1000), i == FAILURES_OF_ADDRESS - 1);
        }
        assert_int_equal(failures_wait(failures, "new", rows[row].also, 1000) > 0, rows[row].same);
        free(failures);
    }
}

/* The table is full of other addresses: whoever has failed last is still remembered. */
static void test_failures_of_many(void **state)
{
    struct failures *failures = calloc(1, sizeof *failures);
    char address[32];

    (void)state;
    for (int i = 0; i < 2 * FAILURES_ROWS; i++) {
        (void)snprintf(address, sizeof address, "192.0.%d.%d", i / 200, i % 200);
        (void)failures_add(failures, "17", address, 1000 + i);
    }
    for (int i = 0; i < FAILURES_OF_NAME; i++)
        (void)failures_add(failures, "17", HERE, 5000);
    assert_true(failures_wait(failures, "17", HERE, 5000) > 0);
    free(failures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session),
        cmocka_unit_test(test_other_tokens),
        cmocka_unit_test(test_stolen),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_operator),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_failures_of_a_name),
        cmocka_unit_test(test_failures_of_an_address),
        cmocka_unit_test(test_failures_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
