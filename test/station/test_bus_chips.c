/* SPDX-License-Identifier: Apache-2.0 */
/* The device of a socket is the same chip however its bus and its address are written. */
#include "station/bus_chips.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct row {
    const char *device, *bus;
    uint8_t address;
    bool is_same;
} rows[] = {
    {"i2c:bus@0x35", "bus", 0x35, true},   {"i2c:bus@53", "bus", 0x35, true},    {"i2c:bus@0x5C", "bus", 0x5c, true},
    {"i2c:link@0x35", "bus", 0x35, true},  {"i2c:bus@0x35", "link", 0x35, true}, {"i2c:./bus@53", "link", 0x35, true},
    {"i2c:bus", "bus", 0x35, true},        {"i2c:link", "bus", 0x35, true},      {"i2c:bus@0x35", "bus", 0, true},
    {"i2c:link", "bus", 0, true},          {"i2c:bus@0x36", "bus", 0x35, false}, {"i2c:other@0x35", "bus", 0x35, false},
    {"i2c:other", "bus", 0, false},        {"i2c:none@53", "none", 0x35, true},  {"i2c:none@53", "bus", 0x35, false},
    {"unix:bus@0x35", "bus", 0x35, false}, {"i2c:bus@0x99", "bus", 0x35, false}, {"i2c:", "bus", 0, false},
    {"virtual:bus", "bus", 0, false},      {"board:bus", "bus", 0x35, false},
};

static void test_same_chip(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (bus_chips_is_at(rows[i].device, rows[i].bus, rows[i].address) != rows[i].is_same)
            fail_msg("%s and %s@0x%02x", rows[i].device, rows[i].bus, rows[i].address);
}

static int make_buses(void **state)
{
    static char folder[] = "/tmp/imprint-test-XXXXXX";

    *state = folder;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        const int fd = open(i == 0 ? "bus" : "other", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        if (fd < 0 || close(fd) != 0)
            return -1;
    }
    return symlink("bus", "link");
}

static int remove_buses(void **state)
{
    return unlink("bus") | unlink("other") | unlink("link") | chdir("/") | rmdir(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_same_chip, make_buses, remove_buses)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
