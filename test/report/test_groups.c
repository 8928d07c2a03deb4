/* SPDX-License-Identifier: Apache-2.0 */
/* Sums: hours that come in any order, percentiles at their edges, and a list that has no room for more names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/groups.h"

static void add(struct sum *sum, int64_t moment, int64_t seconds)
{
    const struct sum_attempt attempt = {.moment = moment, .seconds = seconds};

    assert_true(sum_add(sum, &attempt));
}

static void hours_count_once_in_any_order(void **state)
{
    static const int64_t moments[] = {3600 * 500000, 3600 * 499999, 3600 * 500000 + 3599, 3600 * 400001, 3600 * 400001,
                                      3600 * 500064, 3600 * 499937, 3600 * 499936,        3600 * 499935};
    struct sum sum = {.attempts = 0};

    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++)
        add(&sum, moments[i], -1);
    assert_int_equal(sum_hours(&sum), 7);
    /* A clock that was a century off adds no hour, and takes no memory. */
    add(&sum, 3600LL * 2000000, -1);
    add(&sum, 0, -1);
    add(&sum, -1, -1);
    assert_int_equal(sum_hours(&sum), 7);
    assert_int_equal(sum.attempts, 12);
    assert_true(sum.hours.words < HOURS_MOST / 64 + 2);
    sum_release(&sum);
    assert_int_equal(sum_hours(&sum), 0);
}

static void hours_before_1970_are_rounded_down(void **state)
{
    struct sum sum = {.attempts = 0};

    (void)state;
    add(&sum, -1, -1);
    add(&sum, -3600, -1);
    assert_int_equal(sum_hours(&sum), 1);
    add(&sum, 0, -1);
    assert_int_equal(sum_hours(&sum), 2);
    sum_release(&sum);
}

static void times_are_rounded_up_to_a_place(void **state)
{
    static const struct {
        int64_t seconds;
        unsigned value;
    } rows[] = {{0, 0},     {1, 1},       {120, 120},   {121, 130},   {130, 130},
                {131, 140}, {3599, 3600}, {3600, 3600}, {90000, 3600}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sum sum = {.attempts = 0};
        unsigned value = 1;

        assert_false(sum_cycle(&sum, 50, &value));
        add(&sum, 0, rows[i].seconds);
        for (unsigned percent = 1; percent <= 100; percent++) {
            assert_true(sum_cycle(&sum, percent, &value));
            assert_int_equal(value, rows[i].value);
        }
        sum_release(&sum);
    }
}

static void percentiles_are_nearest_rank(void **state)
{
    struct sum sum = {.attempts = 0};
    unsigned value = 0;

    (void)state;
    for (int64_t seconds = 1; seconds <= 10; seconds++)
        add(&sum, 0, seconds);
    assert_true(sum_cycle(&sum, 50, &value));
    assert_int_equal(value, 5);
    assert_true(sum_cycle(&sum, 90, &value));
    assert_int_equal(value, 9);
    assert_true(sum_cycle(&sum, 91, &value));
    assert_int_equal(value, 10);
    sum_release(&sum);
}

static void yield_is_rounded_down(void **state)
{
    struct sum sum = {.entered = 3000, .passed_first = 2999};
    unsigned tenths = 0;

    (void)state;
    assert_true(sum_yield(&sum, &tenths));
    assert_int_equal(tenths, 999);
    sum.passed_first = 3000;
    assert_true(sum_yield(&sum, &tenths));
    assert_int_equal(tenths, 1000);
    sum.entered = 0;
    assert_false(sum_yield(&sum, &tenths));
}

static void names_beyond_the_limit_share_a_group(void **state)
{
    struct groups groups = {.list = NULL};
    char name[GROUP_NAME_SIZE];

    (void)state;
    for (int i = 0; i < GROUPS_MAX + 50; i++) {
        struct group *group;

        snprintf(name, sizeof name, "order-%d", i * 7919 % 100000);
        group = groups_get(&groups, name);
        assert_non_null(group);
        group->sum.attempts++;
        assert_ptr_equal(groups_get(&groups, group->name), group);
    }
    assert_int_equal(groups.count, GROUPS_MAX + 1);
    assert_int_equal(groups_get(&groups, GROUPS_REST)->sum.attempts, 50);
    for (size_t i = 1; i < groups.count; i++)
        assert_true(strcmp(groups.list[i - 1]->name, groups.list[i]->name) < 0);
    groups_release(&groups);
    assert_int_equal(groups.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_count_once_in_any_order),   cmocka_unit_test(hours_before_1970_are_rounded_down),
        cmocka_unit_test(times_are_rounded_up_to_a_place), cmocka_unit_test(percentiles_are_nearest_rank),
        cmocka_unit_test(yield_is_rounded_down),           cmocka_unit_test(names_beyond_the_limit_share_a_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
