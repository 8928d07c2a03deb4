/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that take too long, or come in crowds: who is ended, and who finds room. */
#include "web/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/network.h"

static struct places places;
static bool is_ended[4096];
static unsigned ended;

static void end_fd(int fd)
{
    assert_false(is_ended[fd]);
    is_ended[fd] = true;
    ended++;
}

static int begin(void **state)
{
    (void)state;
    memset(&places, 0, sizeof places);
    memset(is_ended, 0, sizeof is_ended);
    ended = 0;
    places_init(&places, end_fd);
    return 0;
}

static int end(void **state)
{
    (void)state;
    places_release(&places);
    return 0;
}

/* What each use may take, and not a millisecond more. */
static void test_deadlines(void **state)
{
    static const struct {
        enum place_use use;
        int64_t limit_ms; /* 0: none */
    } rows[] = {
        {PLACE_WAITING, 10000}, {PLACE_READING, 10000}, {PLACE_ASKED, 0}, {PLACE_SENDING, 60000}, {PLACE_STREAM, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int64_t limit = rows[i].limit_ms != 0 ? rows[i].limit_ms : INT64_C(86400000);
        struct place *place;

        begin(NULL);
        place = places_open(&places, 7, "127.0.0.1", 1000);
        assert_non_null(place);
        places_use(&places, place, rows[i].use, 5000);
        places_tend(&places, 5000 + limit);
        assert_int_equal(ended, 0);
        places_tend(&places, 5000 + limit + 1);
        places_tend(&places, 5000 + limit + 2); /* once */
        if (ended != (rows[i].limit_ms != 0))
            fail_msg("use %d: %u ended", (int)rows[i].use, ended);
        places_close(&places, place);
        places_tend(&places, INT64_MAX);
        assert_int_equal(ended, rows[i].limit_ms != 0);
    }
}

/* One address has so many without a whole request; for one more its oldest goes. Others, and what is whole, stay. */
static void test_a_crowd_of_one_address(void **state)
{
    int fd = 0;

    (void)state;
    places_use(&places, places_open(&places, fd++, "10.0.0.2", 0), PLACE_READING, 0);
    places_use(&places, places_open(&places, fd++, "10.0.0.1", 0), PLACE_STREAM, 0);
    places_use(&places, places_open(&places, fd++, "10.0.0.1", 0), PLACE_ASKED, 0);
    for (int i = 0; i < PLACES_UNFINISHED_MAX; i++)
        assert_non_null(places_open(&places, fd++, "10.0.0.1", 100 + i));
    assert_int_equal(ended, 0);
    for (int i = 0; i < 60; i++) {
        assert_non_null(places_open(&places, fd++, "10.0.0.1", 1000 + i));
        assert_true(is_ended[3 + i]);
    }
    assert_int_equal(ended, 60);
    assert_false(is_ended[0] || is_ended[1] || is_ended[2]);
}

/* However many addresses send nothing: there is room for one more, and the one with most makes it. */
static void test_crowds_of_many_addresses(void **state)
{
    struct place *all[PLACES_FULL];
    char address[32];

    (void)state;
    for (int i = 0; i < PLACES_FULL; i++) {
        (void)snprintf(address, sizeof address, "10.0.0.%d", i < 20 ? 1 : 2 + i / 4);
        all[i] = places_open(&places, i, address, i);
    }
    assert_int_equal(ended, 0);
    assert_non_null(places_open(&places, PLACES_FULL, "10.0.1.1", PLACES_FULL));
    assert_true(ended == 1 && is_ended[0]);
    for (int i = 0; i < 20; i++)
        places_use(&places, all[i], PLACE_STREAM, 0);
    assert_non_null(places_open(&places, PLACES_FULL + 1, "10.0.1.1", PLACES_FULL));
    assert_true(ended == 2 && is_ended[20]);
}

/* Where every place is taken by what is whole, nobody is ended for another. */
static void test_full(void **state)
{
    (void)state;
    for (int i = 0; i < PLACES_MAX; i++)
        places_use(&places, places_open(&places, i, "10.0.0.1", 0), PLACE_STREAM, 0);
    assert_int_equal(ended, 0);
    assert_null(places_open(&places, PLACES_MAX, "10.0.0.2", 0));
    places_use(&places, NULL, PLACE_ASKED, 0);
    places_close(&places, NULL);
}

static void test_networks(void **state)
{
    static const char *const rows[][2] = {
        {"127.0.0.1", "127.0.0.1"},
        {"2001:db8:1:2:3::4", "20010DB800010002"},
        {"2001:db8:1:2::", "20010DB800010002"},
        {"fe80::1%eth0", "FE80000000000000"},
        {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
        {"", ""},
    };
    char network[PLACES_NETWORK_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        network_of(rows[i][0], network, sizeof network);
        assert_string_equal(network, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deadlines, begin, end),
        cmocka_unit_test_setup_teardown(test_a_crowd_of_one_address, begin, end),
        cmocka_unit_test_setup_teardown(test_crowds_of_many_addresses, begin, end),
        cmocka_unit_test_setup_teardown(test_full, begin, end),
        cmocka_unit_test(test_networks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
