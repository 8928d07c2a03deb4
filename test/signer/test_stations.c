/* SPDX-License-Identifier: Apache-2.0 */
/* How often a station may ask: time as the test has it. */
#include "signer/stations.h"

#include "test/support/ca_files.h"

static struct signer_stations stations_with(uint32_t rate)
{
    struct signer_stations stations = {.count = 1};

    stations.known[0].rate = rate;
    stations.known[0].tokens = rate > 10 ? rate : 10;
    return stations;
}

/* How many of `asked` requests at this moment are let through. */
static unsigned take(struct signer_stations *stations, int64_t now_ms, unsigned asked)
{
    unsigned taken = 0;

    for (unsigned i = 0; i < asked; i++)
        taken += signer_stations_take(stations, 0, now_ms) ? 1 : 0;
    return taken;
}

static void test_rate(void **state)
{
    struct signer_stations stations = stations_with(120);

    (void)state;
    assert_int_equal(take(&stations, 1000, 200), 120); /* a minute's worth at once */
    assert_int_equal(take(&stations, 1000, 5), 0);
    assert_int_equal(take(&stations, 2000, 5), 2); /* two a second */
    assert_int_equal(take(&stations, 2400, 5), 0);
    assert_int_equal(take(&stations, 2500, 5), 1); /* halves add up */
    assert_int_equal(take(&stations, 3600 * 1000, 1000), 120);
}

/* Nobody is so slow that a device of several certificates is refused. */
static void test_low_rate(void **state)
{
    struct signer_stations stations = stations_with(1);

    (void)state;
    assert_int_equal(take(&stations, 1, 20), 10);
    assert_int_equal(take(&stations, 60 * 1000, 20), 0);
    assert_int_equal(take(&stations, 60 * 1000 + 1, 20), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rate), cmocka_unit_test(test_low_rate)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
