/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks a witness too often, and who does not pay for it. */
#include "witness/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

static struct rate rate;

static int begin(void **state)
{
    (void)state;
    memset(&rate, 0, sizeof rate);
    return 0;
}

static bool asks(const char *address, uint64_t now_ms)
{
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        memcpy(&from, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
        memcpy(&from, &v6, sizeof v6);
    else
        fail_msg("%s is no address", address);
    return rate_allows(&rate, (const struct sockaddr *)&from, now_ms);
}

/* How many of `count` requests at this moment are answered. */
static unsigned answered(const char *address, unsigned count, uint64_t now_ms)
{
    unsigned allowed = 0;

    for (unsigned i = 0; i < count; i++)
        allowed += asks(address, now_ms) ? 1 : 0;
    return allowed;
}

/* Which addresses are one: the second asks after the first has used up its burst. */
static void test_who_is_one(void **state)
{
    static const struct {
        const char *first, *second;
        bool is_one;
    } pairs[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1", true},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
        {"::ffff:192.0.2.1", "::ffff:198.51.100.1", false},
        {"::ffff:192.0.2.1", "192.0.2.1", true},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"::1", "0.0.0.0", false},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        (void)begin(state);
        assert_int_equal(answered(pairs[i].first, RATE_BURST + 5, 1000), RATE_BURST);
        if (asks(pairs[i].second, 1000) == pairs[i].is_one)
            fail_msg("%s and %s", pairs[i].first, pairs[i].second);
    }
}

static void test_it_fills_again(void **state)
{
    static const char address[] = "::ffff:192.0.2.1";

    (void)state;
    assert_int_equal(answered(address, RATE_BURST + 1, 0), RATE_BURST);
    assert_false(asks(address, 1000 / RATE_PER_S - 1));
    assert_true(asks(address, 1000 / RATE_PER_S));
    assert_int_equal(answered(address, RATE_BURST, 1000 / RATE_PER_S + 1000), RATE_PER_S);
    assert_int_equal(answered(address, RATE_BURST + 1, UINT64_MAX / 2), RATE_BURST);
}

/* Of more addresses than are remembered, the one that has been quiet longest is new again, and no other. */
static void test_who_is_forgotten(void **state)
{
    char address[INET6_ADDRSTRLEN];
    uint64_t now_ms = 1;

    (void)state;
    for (unsigned i = 0; i < RATE_ADDRESSES; i++) {
        (void)snprintf(address, sizeof address, "::ffff:10.0.%u.%u", i / 256, i % 256);
        assert_int_equal(answered(address, RATE_BURST, now_ms++), RATE_BURST);
    }
    assert_true(asks("10.0.0.0", now_ms++)); /* the second has been quiet longest now */
    assert_true(asks("2001:db8::1", now_ms));
    assert_in_range(answered("10.0.0.0", RATE_BURST, now_ms), 0, RATE_PER_S);
    assert_in_range(answered("10.0.0.2", RATE_BURST, now_ms), 0, RATE_PER_S);
    assert_int_equal(answered("10.0.0.1", RATE_BURST, now_ms), RATE_BURST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_who_is_one, begin),
        cmocka_unit_test_setup(test_it_fills_again, begin),
        cmocka_unit_test_setup(test_who_is_forgotten, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
