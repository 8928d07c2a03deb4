/* SPDX-License-Identifier: Apache-2.0 */
/* Orders at their home: what a device may take, what it is refused, and what becomes of its unit. */
#include "order/claim.h"
#include "order/home.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/order/file_home.h"
#include "test/support/postgres.h"
#include "test/support/scratch.h"

#define A "0123A1B2C3D4E5F601"
#define B "0123A1B2C3D4E5F602"
#define C "0123A1B2C3D4E5F603"

static const char *const upgrades[] = {order_tables, order_labels_upgrade};
static const struct database_kind kind = {
    .name = "orders", .application_id = 0x4f524445, .upgrades = upgrades, .version = 2};

static char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM];
static struct database database;
static struct postgres_server server;
static char *settings; /* of the server; NULL: there is none */
static bool on_server; /* where the database of this test is */

static int begin(void **state)
{
    struct error err = ERROR_IN(room);

    (void)state;
    scratch_make(folder);
    on_server = false;
    return database_open(&database, path_in(folder, "orders.db"), &kind, DATABASE_MAKE, &err) ? 0 : -1;
}

/* The same on a server, whose tables are empty again for each test. */
static int begin_server(void **state)
{
    const struct database_server place = {.settings = settings};
    struct error err = ERROR_IN(room);

    (void)state;
    scratch_make(folder);
    on_server = true;
    return settings == NULL || (database_connect(&database, &place, &order_home_kind, DATABASE_MAKE, &err) &&
                                database_run(&database, order_forget, &err))
               ? 0
               : -1;
}

static int start_server(void **state)
{
    (void)state;
    if (postgres_server_start(&server))
        settings = postgres_server_settings(&server, "postgres", "owner");
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    if (settings != NULL)
        postgres_server_stop(&server);
    free(settings);
    return 0;
}

static int end(void **state)
{
    (void)state;
    database_close(&database);
    scratch_remove(folder);
    return 0;
}

static void must(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("%s: %s (%s)", error_reason_name(err->reason), err->cause, err->subject);
}

static void make(const char *id, int64_t quantity, bool first_article)
{
    struct error err = ERROR_IN(room);
    struct order order = {.profile = "board",
                          .digest = "AB",
                          .quantity = quantity,
                          .first_article = first_article,
                          .is_home = true,
                          .made = "2026-01-31T12:00:00.000Z"};

    snprintf(order.id, sizeof order.id, "%s", id);
    must(order_make(&database, &order, &err), &err);
}

/* What the device is told, as "reason" or "taken", "held", "counted"; a free unit is taken. */
static const char *claim_board(const char *id, const char *device, const char *board, const char *person)
{
    static const char *const units[] = {"taken", "held", "counted"};
    struct order_claim claim = {.order = id, .device = device, .board = board, .person = person};
    struct error err = ERROR_IN(room);
    struct order_answer answer;

    if (!order_ask(&database, &claim, &answer, &err)) {
        assert_non_null(err.cause);
        assert_non_null(err.next);
        return error_reason_name(err.reason);
    }
    claim.lease = answer.lease;
    claim.board = answer.board;
    if (answer.unit != ORDER_UNIT_COUNTED)
        must(order_take(&database, &claim, &err), &err);
    return units[answer.unit];
}

static const char *take_unit(const char *id, const char *device)
{
    return claim_board(id, device, "", "");
}

static void finish(const char *id, const char *device, enum order_end how)
{
    const struct order_claim claim = {.order = id, .device = device, .lease = ""};
    struct error err = ERROR_IN(room);

    must(order_end(&database, &claim, how, &err), &err);
}

/* "leased claimed done failed" */
static const char *counts(const char *id)
{
    static char text[96];
    struct error err = ERROR_IN(room);
    struct order_count count;

    must(order_count(&database, id, &count, &err), &err);
    snprintf(text, sizeof text, "%lld %lld %lld %lld", (long long)count.leased, (long long)count.claimed,
             (long long)count.done, (long long)count.failed);
    return text;
}

static enum order_state state_of(const char *id)
{
    struct error err = ERROR_IN(room);
    struct order order;

    must(order_get(&database, id, &order, &err), &err);
    return order.state;
}

static void a_device_is_counted_once_in_a_file(void **state)
{
    (void)state;
    make("WO-1", 2, false);
    assert_string_equal(take_unit("WO-1", A), "taken");
    assert_string_equal(counts("WO-1"), "1 1 0 0");
    assert_string_equal(take_unit("WO-1", A), "held"); /* its run was killed */
    finish("WO-1", A, ORDER_END_DONE);
    finish("WO-1", A, ORDER_END_DONE);
    assert_string_equal(counts("WO-1"), "1 1 1 0");
    assert_string_equal(take_unit("WO-1", A), "counted");
    finish("WO-1", A, ORDER_END_FAILED); /* done stays done */
    assert_string_equal(counts("WO-1"), "1 1 1 0");
    assert_string_equal(take_unit("WO-1", B), "taken");
    assert_string_equal(take_unit("WO-1", C), "order-full");
    assert_string_equal(take_unit("WO-1", B), "held");
    assert_string_equal(take_unit("WO-1", A), "counted");
}

static void a_unit_comes_back_or_stays_in_a_file(void **state)
{
    (void)state;
    make("WO-1", 1, false);
    take_unit("WO-1", A);
    finish("WO-1", A, ORDER_END_RETURNED);
    assert_string_equal(counts("WO-1"), "0 0 0 1");
    finish("WO-1", A, ORDER_END_RETURNED); /* said twice */
    assert_string_equal(counts("WO-1"), "0 0 0 1");
    assert_string_equal(take_unit("WO-1", B), "taken");
    finish("WO-1", B, ORDER_END_FAILED);
    assert_string_equal(counts("WO-1"), "1 1 0 2");
    assert_string_equal(take_unit("WO-1", A), "order-full");
    finish("WO-1", B, ORDER_END_RELEASED);
    assert_string_equal(take_unit("WO-1", A), "taken");
    finish("WO-1", A, ORDER_END_DONE);
    assert_string_equal(counts("WO-1"), "1 1 1 0");
}

static void a_device_belongs_to_one_order_in_a_file(void **state)
{
    struct error err = ERROR_IN(room);

    (void)state;
    make("WO-1", 5, false);
    make("WO-2", 5, false);
    take_unit("WO-1", A);
    assert_string_equal(take_unit("WO-2", A), "order-device");
    finish("WO-1", A, ORDER_END_DONE);
    assert_string_equal(take_unit("WO-2", A), "order-device");
    must(order_retire(&database, A, &err), &err);
    assert_string_equal(counts("WO-1"), "1 1 1 0"); /* it was made */
    assert_string_equal(take_unit("WO-1", A), "counted");
    assert_string_equal(take_unit("WO-2", A), "taken");
    finish("WO-1", A, ORDER_END_RELEASED); /* scrap, by a person's word */
    assert_string_equal(counts("WO-1"), "0 0 0 0");
    assert_string_equal(counts("WO-2"), "1 1 0 0");
}

static const char *approve(const char *id, const char *person)
{
    struct error err = ERROR_IN(room);

    return order_approve(&database, id, person, true, &err) ? "approved" : error_reason_name(err.reason);
}

static void the_first_article_is_approved_by_another_in_a_file(void **state)
{
    (void)state;
    make("WO-1", 9, true);
    assert_int_equal(state_of("WO-1"), ORDER_NEW);
    assert_string_equal(approve("WO-1", "4"), "order-refused");
    assert_string_equal(take_unit("WO-1", A), "usage"); /* nobody was named */
    assert_string_equal(claim_board("WO-1", A, "", "17"), "taken");
    assert_int_equal(state_of("WO-1"), ORDER_FIRST_ARTICLE);
    assert_string_equal(claim_board("WO-1", B, "", "17"), "order-refused");
    assert_string_equal(approve("WO-1", "4"), "order-refused"); /* not finished */
    finish("WO-1", A, ORDER_END_RETURNED);
    assert_int_equal(state_of("WO-1"), ORDER_NEW);
    assert_string_equal(claim_board("WO-1", B, "", "17"), "taken");
    finish("WO-1", B, ORDER_END_FAILED);
    assert_string_equal(claim_board("WO-1", A, "", "17"), "order-refused");
    assert_string_equal(claim_board("WO-1", B, "", "18"), "held");
    finish("WO-1", B, ORDER_END_DONE);
    assert_string_equal(claim_board("WO-1", A, "", "17"), "order-refused");
    assert_string_equal(approve("WO-1", "18"), "order-refused"); /* who made it */
    assert_string_equal(approve("WO-1", "4"), "approved");
    assert_int_equal(state_of("WO-1"), ORDER_OPEN);
    assert_string_equal(approve("WO-1", "4"), "order-refused");
    assert_string_equal(take_unit("WO-1", A), "taken");
}

static void a_closed_order_lets_begun_devices_end_in_a_file(void **state)
{
    struct error err = ERROR_IN(room);

    (void)state;
    make("WO-1", 9, false);
    take_unit("WO-1", A);
    must(order_close(&database, "WO-1", &err), &err);
    assert_string_equal(take_unit("WO-1", B), "order-refused");
    assert_string_equal(take_unit("WO-1", A), "held");
    finish("WO-1", A, ORDER_END_DONE);
    assert_string_equal(take_unit("WO-1", A), "counted");
}

static void board_numbers_are_used_once_in_a_file(void **state)
{
    struct error err = ERROR_IN(room);
    struct order order = {.id = "WO-1", .profile = "board", .quantity = 3, .has_boards = true, .is_home = true};

    (void)state;
    must(order_make(&database, &order, &err), &err);
    must(order_add_board(&database, "WO-1", "B-1", &err), &err);
    must(order_add_board(&database, "WO-1", "B-2", &err), &err);
    assert_false(order_add_board(&database, "WO-1", "B-2", &err));
    make("WO-2", 3, false);
    assert_string_equal(take_unit("WO-1", A), "usage");
    assert_string_equal(claim_board("WO-1", A, "B-3", ""), "order-device");
    assert_string_equal(claim_board("WO-1", A, "B-1", ""), "taken");
    assert_string_equal(take_unit("WO-1", A), "held"); /* its number is known */
    assert_string_equal(claim_board("WO-1", A, "B-2", ""), "order-device");
    assert_string_equal(claim_board("WO-1", B, "B-1", ""), "order-device");
    assert_string_equal(claim_board("WO-2", B, "B-1", ""), "order-device"); /* unique across all orders */
    assert_string_equal(claim_board("WO-2", B, "X", ""), "taken");
    finish("WO-1", A, ORDER_END_DONE);
    must(order_retire(&database, A, &err), &err);
    assert_string_equal(claim_board("WO-1", C, "B-1", ""), "taken"); /* another chip on that board */
}

static void an_unknown_order_is_suggested_in_a_file(void **state)
{
    const struct order_claim claim = {.order = "WO-1O42", .device = A, .board = "", .person = ""};
    struct error err = ERROR_IN(room);
    struct order_answer answer;

    (void)state;
    make("WO-1042", 9, false);
    make("order-3", 9, false);
    assert_false(order_ask(&database, &claim, &answer, &err));
    assert_int_equal(err.reason, ERROR_USAGE);
    assert_non_null(strstr(err.next, "WO-1042"));
}

static void ids_and_numbers(void **state)
{
    static const char *const ids[] = {"WO-1042", "a", "Order_7"};
    static const char *const no_ids[] = {"", "1", "-a", "a b", "a/b", "a.b", "\xc3\xa4"};
    static const char *const numbers[] = {"1", "B-17/4", "2026.0001_x"};
    static const char *const no_numbers[] = {"", "a b", "a,b", "{serial}", "a=b", "a\\b"};
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_true(order_id_is_valid(ids[i]));
    for (size_t i = 0; i < sizeof no_ids / sizeof no_ids[0]; i++)
        assert_false(order_id_is_valid(no_ids[i]));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_true(order_board_is_valid(numbers[i]));
    for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++)
        assert_false(order_board_is_valid(no_numbers[i]));
    for (size_t len = 1; len < sizeof text - 1; len++) {
        memset(text, 'a', len);
        text[len] = '\0';
        assert_int_equal(order_id_is_valid(text), len < ORDER_ID_SIZE);
        assert_int_equal(order_board_is_valid(text), len < ORDER_BOARD_SIZE);
    }
}

/* --- leases --- */

static struct order_lease grant(const char *id, int64_t amount)
{
    struct order_lease asked = {.order = "WO-1", .amount = amount}, answer;
    struct error err = ERROR_IN(room);

    snprintf(asked.id, sizeof asked.id, "%s", id);
    (void)snprintf(asked.station, sizeof asked.station, "%.*s", (int)strcspn(id, "/"), id);
    must((on_server ? order_home_lease : file_home_lease)(&database, &asked, &answer, &err), &err);
    return answer;
}

static void a_share_is_granted_once_in_a_file(void **state)
{
    struct error err = ERROR_IN(room);

    (void)state;
    make("WO-1", 10, false);
    assert_int_equal(grant("line-1/1", 6).amount, 6);
    assert_int_equal(grant("line-1/1", 6).amount, 6); /* asked again */
    assert_string_equal(counts("WO-1"), "6 0 0 0");
    assert_int_equal(grant("line-2/1", 6).amount, 4); /* what is left */
    assert_string_equal(grant("line-3/1", 1).state, "refused");
    must(order_lease_end(&database, "line-2/1", &err), &err);
    must(order_lease_end(&database, "line-2/1", &err), &err);
    assert_string_equal(counts("WO-1"), "6 0 0 0");
    assert_string_equal(grant("line-3/1", 1).state, "refused"); /* the answer stays */
    assert_int_equal(grant("line-3/2", 1).amount, 1);
    assert_string_equal(take_unit("WO-1", A), "taken"); /* at the home itself */
    assert_string_equal(counts("WO-1"), "8 1 0 0");
    must(order_lease_write_off(&database, "line-1/1", &err), &err);
    assert_string_equal(counts("WO-1"), "2 1 0 0");
}

static void what_a_lost_station_says_late_is_refused_in_a_file(void **state)
{
    const struct order_claim late = {.order = "WO-1", .device = A, .lease = "line-1/1", .board = "", .person = ""};
    struct error err = ERROR_IN(room);

    (void)state;
    make("WO-1", 10, false);
    grant("line-1/1", 6);
    must(order_lease_write_off(&database, "line-1/1", &err), &err);
    assert_false(order_take(&database, &late, &err));
    assert_int_equal(err.reason, ERROR_ORDER_FULL);
}

static void a_new_order_grants_its_first_article_in_a_file(void **state)
{
    struct error err = ERROR_IN(room);

    (void)state;
    make("WO-1", 10, true);
    assert_int_equal(grant("line-1/1", 6).amount, 1);
    assert_string_equal(grant("line-2/1", 6).state, "refused");
    must(order_lease_end(&database, "line-1/1", &err), &err); /* never begun */
    assert_int_equal(state_of("WO-1"), ORDER_NEW);
    assert_int_equal(grant("line-2/2", 6).amount, 1);
}

/* clang-format off */
#define ON_SERVER(name)                                                                                                \
    static void name##_on_a_server(void **state)                                                                       \
    {                                                                                                                  \
        if (settings == NULL)                                                                                          \
            skip();                                                                                                    \
        name##_in_a_file(state);                                                                                       \
    }
ON_SERVER(a_device_is_counted_once)
ON_SERVER(a_unit_comes_back_or_stays)
ON_SERVER(a_device_belongs_to_one_order)
ON_SERVER(the_first_article_is_approved_by_another)
ON_SERVER(a_closed_order_lets_begun_devices_end)
ON_SERVER(board_numbers_are_used_once)
ON_SERVER(an_unknown_order_is_suggested)
ON_SERVER(a_share_is_granted_once)
ON_SERVER(what_a_lost_station_says_late_is_refused)
ON_SERVER(a_new_order_grants_its_first_article)
/* clang-format on */

#define ON_BOTH(name)                                                                                                  \
    cmocka_unit_test_setup_teardown(name##_in_a_file, begin, end),                                                     \
        cmocka_unit_test_setup_teardown(name##_on_a_server, begin_server, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_numbers),
        ON_BOTH(a_device_is_counted_once),
        ON_BOTH(a_unit_comes_back_or_stays),
        ON_BOTH(a_device_belongs_to_one_order),
        ON_BOTH(the_first_article_is_approved_by_another),
        ON_BOTH(a_closed_order_lets_begun_devices_end),
        ON_BOTH(board_numbers_are_used_once),
        ON_BOTH(an_unknown_order_is_suggested),
        ON_BOTH(a_share_is_granted_once),
        ON_BOTH(what_a_lost_station_says_late_is_refused),
        ON_BOTH(a_new_order_grants_its_first_article),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
