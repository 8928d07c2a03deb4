/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HID device from the kernel's side: events as /dev/uhid gives and takes them, over a socket that keeps their
 * borders. What a program sees of it through a real kernel is a system test's affair.
 */
#include "virtual/serve/uhid.h"

#include "virtual/serve/kit.h"
#include "test/support/world.h"

#include <errno.h>
#include <linux/input.h>
#include <linux/uhid.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The kernel, and the server in a thread of its own. */
struct kernel {
    struct world world;
    struct serve_bus bus;
    struct serve_kit kit;
    struct serve_peer peer;
    int fd, server_fd; /* the two ends */
    int stop[2];
    pthread_t thread;
    bool created, served;
    int served_errno;
    struct error err;
};

static void *serve(void *context)
{
    struct kernel *kernel = context;

    kernel->created = serve_uhid_create(kernel->server_fd, "0123SERIAL", &kernel->err);
    if (kernel->created) {
        kernel->served = serve_uhid_run(kernel->server_fd, &kernel->peer, kernel->stop[0]);
        kernel->served_errno = errno;
    }
    return NULL;
}

static struct uhid_event hear(struct kernel *kernel)
{
    struct pollfd server = {.fd = kernel->fd, .events = POLLIN};
    struct uhid_event event;

    memset(&event, 0, sizeof event);
    assert_int_equal(poll(&server, 1, 120000), 1);
    assert_int_equal(read(kernel->fd, &event, sizeof event), sizeof event);
    return event;
}

static void say(struct kernel *kernel, const struct uhid_event *event)
{
    assert_int_equal(write(kernel->fd, event, sizeof *event), sizeof *event);
}

static void say_type(struct kernel *kernel, uint32_t type)
{
    struct uhid_event event;

    memset(&event, 0, sizeof event);
    event.type = type;
    say(kernel, &event);
}

/* `text` in reports of 64 bytes, with the number of an unnumbered report before each, or without. */
static void say_line(struct kernel *kernel, const char *text, bool numbered)
{
    const size_t len = strlen(text), before = numbered ? 1 : 0;

    for (size_t at = 0; at < len; at += 64) {
        const size_t part = len - at < 64 ? len - at : 64;
        struct uhid_event event;

        memset(&event, 0, sizeof event);
        event.type = UHID_OUTPUT;
        event.u.output.rtype = UHID_OUTPUT_REPORT;
        event.u.output.size = (uint16_t)(64 + before);
        memcpy(event.u.output.data + before, text + at, part);
        say(kernel, &event);
    }
}

/* Reports up to the one with a line end; all padded with zeros behind it. */
static void expect_line(struct kernel *kernel, const char *expected)
{
    char line[1024] = "";
    size_t len = 0;
    bool whole = false;

    while (!whole) {
        struct uhid_event event = hear(kernel);

        assert_int_equal(event.type, UHID_INPUT2);
        assert_int_equal(event.u.input2.size, 64);
        for (size_t i = 0; i < 64; i++) {
            if (whole)
                assert_int_equal(event.u.input2.data[i], 0);
            else
                line[len++] = (char)event.u.input2.data[i];
            whole |= event.u.input2.data[i] == '\n';
        }
    }
    line[len] = '\0';
    assert_string_equal(line, expected);
}

static int set_up(void **state)
{
    static struct kernel kernel;
    const struct virtual_making part = {.part = VIRTUAL_TRUST_AND_GO};
    int ends[2];

    memset(&kernel, 0, sizeof kernel);
    world_open_chip(&kernel.world, &part);
    serve_bus_init(&kernel.bus, true);
    assert_true(serve_bus_add(&kernel.bus, kernel.world.part));
    kernel.kit.bus = &kernel.bus;
    kernel.peer = serve_kit_peer(&kernel.kit);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    kernel.fd = ends[0];
    kernel.server_fd = ends[1];
    assert_int_equal(pipe(kernel.stop), 0);
    assert_int_equal(pthread_create(&kernel.thread, NULL, serve, &kernel), 0);
    *state = &kernel;
    return 0;
}

/* The device is made as a kit on USB. */
static void start(struct kernel *kernel)
{
    struct uhid_event event = hear(kernel);

    assert_int_equal(event.type, UHID_CREATE2);
    assert_int_equal(event.u.create2.vendor, 0x03eb);
    assert_int_equal(event.u.create2.product, 0x2312);
    assert_int_equal(event.u.create2.bus, BUS_USB);
    assert_string_equal((const char *)event.u.create2.uniq, "0123SERIAL");
    assert_true(event.u.create2.rd_size > 10 && event.u.create2.rd_size < 64);
    say_type(kernel, UHID_START);
    say_type(kernel, UHID_OPEN);
}

/* Ends the server and gives what it said at its end. */
static bool stop(struct kernel *kernel)
{
    assert_int_equal(write(kernel->stop[1], "", 1), 1);
    assert_int_equal(pthread_join(kernel->thread, NULL), 0);
    return kernel->served;
}

static int tear_down(void **state)
{
    struct kernel *kernel = *state;

    if (kernel->fd >= 0)
        (void)close(kernel->fd);
    (void)close(kernel->server_fd);
    (void)close(kernel->stop[0]);
    (void)close(kernel->stop[1]);
    world_remove(&kernel->world);
    return 0;
}

static void test_lines_in_reports(void **state)
{
    struct kernel *kernel = *state;

    start(kernel);
    say_line(kernel, "E:w()\n", true);
    expect_line(kernel, "00(04113343)\n");
    say_line(kernel, "E:t(0730000000035D)\n", false);
    expect_line(kernel, "00(070000600383BB)\n");
    /* Beyond one report, either way: config block 0, and a Nonce of 20 bytes with a wrong CRC. */
    say_line(kernel, "E:t(1B16000000000102030405060708090A0B0C0D0E0F10111213FFFF)\n", true);
    expect_line(kernel, "00(04FF0142)\n");
    say_line(kernel, "E:t(070280000009AD)\n", true);
    {
        uint8_t config[VIRTUAL_CONFIG_BYTES];
        struct uhid_event first = hear(kernel), second = hear(kernel);
        char hex[3];

        virtual_peek_config(kernel->world.part, config);
        assert_int_equal(memcmp(first.u.input2.data, "00(23", 5), 0);
        for (size_t i = 0; i < 29; i++) { /* as far as the first report goes */
            memcpy(hex, first.u.input2.data + 5 + 2 * i, 2);
            hex[2] = '\0';
            assert_int_equal(strtoul(hex, NULL, 16), config[i]);
        }
        assert_non_null(memchr(second.u.input2.data, '\n', 64));
    }
    assert_true(stop(kernel));
}

/* A program that closes in mid line leaves the kit ready for the next. */
static void test_closed_in_the_middle(void **state)
{
    struct kernel *kernel = *state;

    start(kernel);
    say_line(kernel, "E:t(07", true);
    say_type(kernel, UHID_CLOSE);
    say_type(kernel, UHID_OPEN);
    say_line(kernel, "board:device(00)\n", true);
    expect_line(kernel, "ECC608 TWI 00(6A)\n");
    say_type(kernel, UHID_STOP);
    say_type(kernel, UHID_START);
    say_line(kernel, "board:device(01)\n", true);
    expect_line(kernel, "E2()\n");
    assert_true(stop(kernel));
}

static void test_reports_it_does_not_have(void **state)
{
    struct kernel *kernel = *state;
    struct uhid_event event;

    start(kernel);
    memset(&event, 0, sizeof event);
    event.type = UHID_GET_REPORT;
    event.u.get_report.id = 77;
    say(kernel, &event);
    event = hear(kernel);
    assert_int_equal(event.type, UHID_GET_REPORT_REPLY);
    assert_int_equal(event.u.get_report_reply.id, 77);
    assert_int_equal(event.u.get_report_reply.err, EIO);
    memset(&event, 0, sizeof event);
    event.type = UHID_SET_REPORT;
    event.u.set_report.id = 78;
    say(kernel, &event);
    event = hear(kernel);
    assert_int_equal(event.type, UHID_SET_REPORT_REPLY);
    assert_int_equal(event.u.set_report_reply.id, 78);
    assert_int_equal(event.u.set_report_reply.err, EIO);
    assert_true(stop(kernel));
}

/* Sizes that no report has: nothing is read that is not there. */
static void test_odd_sizes(void **state)
{
    static const uint16_t sizes[] = {0, 1, 63, 66, 4096, 65535};
    struct kernel *kernel = *state;

    start(kernel);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct uhid_event event;

        memset(&event, 0, sizeof event);
        event.type = UHID_OUTPUT;
        event.u.output.size = sizes[i];
        say(kernel, &event);
    }
    say_type(kernel, 99);
    say_line(kernel, "E:w()\n", true);
    expect_line(kernel, "00(04113343)\n");
    assert_true(stop(kernel));
}

static void test_kernel_goes(void **state)
{
    struct kernel *kernel = *state;

    start(kernel);
    (void)close(kernel->fd);
    kernel->fd = -1;
    assert_int_equal(pthread_join(kernel->thread, NULL), 0);
    assert_true(kernel->created);
    assert_false(kernel->served);
    assert_int_not_equal(kernel->served_errno, 0);
}

static void test_kernel_refuses_the_device(void **state)
{
    struct kernel *kernel = *state;

    assert_int_equal(hear(kernel).type, UHID_CREATE2);
    (void)close(kernel->fd);
    kernel->fd = -1;
    assert_int_equal(pthread_join(kernel->thread, NULL), 0);
    assert_false(kernel->created);
    assert_int_equal(kernel->err.reason, ERROR_DEVICE_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_in_reports, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed_in_the_middle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reports_it_does_not_have, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kernel_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kernel_refuses_the_device, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
