/* SPDX-License-Identifier: Apache-2.0 */
/* i2c-dev without an adapter: everything that can be wrong before the first byte. */
#include "transport/i2c_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
    const char *name, *path;
    unsigned address;
    enum error_reason reason;
    int number; /* errno; -1: any but 0 */
    const char *words;
} rows[] = {
    {"no such file", "/dev/i2c-does-not-exist", 0x60, ERROR_DEVICE_MISSING, ENOENT, "no such file"},
    {"path through a file", "/dev/null/i2c-1", 0x60, ERROR_DEVICE_MISSING, ENOTDIR, "refuses to open"},
    {"empty path", "", 0x60, ERROR_DEVICE_MISSING, ENOENT, "no such file"},
    {"a directory", "/dev", 0x60, ERROR_DEVICE_MISSING, EISDIR, "directory"},
    {"no adapter", "/dev/null", 0x60, ERROR_DEVICE_MISSING, -1, "not an I2C adapter"},
    {"8-bit address", "/dev/null", 0xC0, ERROR_USAGE, 0, "0x01 to 0x7f"},
};

static void test_open_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct imprint_transport transport = {.operations = NULL};
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);

        if (transport_i2c_linux_open(rows[i].path, (uint8_t)rows[i].address, &transport, &err))
            fail_msg("%s: opened", rows[i].name);
        if (err.reason != rows[i].reason || err.cause == NULL || strstr(err.cause, rows[i].words) == NULL)
            fail_msg("%s: %s, %s", rows[i].name, error_reason_name(err.reason), err.cause);
        if (rows[i].number >= 0 ? err.system_errno != rows[i].number : err.system_errno == 0)
            fail_msg("%s: errno %d", rows[i].name, err.system_errno);
        assert_string_equal(err.subject, rows[i].path);
        assert_non_null(err.doing);
        assert_null(transport.operations);
    }
}

static void test_open_failure_without_error(void **state)
{
    struct imprint_transport transport;

    (void)state;
    assert_false(transport_i2c_linux_open("/dev/null", 0x60, &transport, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_failures),
        cmocka_unit_test(test_open_failure_without_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
