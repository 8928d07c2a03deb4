/* SPDX-License-Identifier: Apache-2.0 */
/*
 * i2c-dev's calls answered by a virtual chip: the linker leads ioctl(), nanosleep() and clock_gettime() of the
 * transport here (--wrap), and I2C_RDWR messages go over the virtual pins byte by byte. Every errno an adapter may give
 * is tried.
 */
#include "transport/i2c_linux.h"

#include "chip/operations.h"
#include "test/support/world.h"

#include <errno.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

/* The adapter under test. */
static struct {
    struct virtual_chip *part;
    unsigned long functions;
    unsigned calls;   /* I2C_RDWR so far */
    unsigned fail_at; /* this call of I2C_RDWR fails, from 1; 0: none */
    int fail_with;    /* errno */
    unsigned interrupted;
} adapter;

static bool put_message(const struct i2c_msg *message)
{
    bool reading = (message->flags & I2C_M_RD) != 0;
    bool taken = virtual_i2c_start(adapter.part, (uint8_t)(message->addr << 1 | reading));

    for (unsigned i = 0; taken && i < message->len; i++) {
        if (reading)
            message->buf[i] = virtual_i2c_read(adapter.part);
        else
            taken = virtual_i2c_write(adapter.part, message->buf[i]);
    }
    virtual_i2c_stop(adapter.part);
    return taken;
}

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
    const struct i2c_rdwr_ioctl_data *transaction = argument;

    assert_true(fd >= 0);
    if (request == I2C_FUNCS) {
        *(unsigned long *)argument = adapter.functions;
        return 0;
    }
    assert_int_equal(request, I2C_RDWR);
    assert_int_equal(transaction->nmsgs, 1);
    if (++adapter.calls == adapter.fail_at) {
        errno = adapter.fail_with;
        return -1;
    }
    if (put_message(&transaction->msgs[0]))
        return 1;
    errno = ENXIO;
    return -1;
}

/* Interrupted once in its middle. */
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    uint64_t nanoseconds = (uint64_t)wanted->tv_sec * 1000000000 + (uint64_t)wanted->tv_nsec;

    if (adapter.interrupted > 0) {
        adapter.interrupted--;
        virtual_wait_ns(adapter.part, nanoseconds / 2);
        nanoseconds -= nanoseconds / 2;
        *left = (struct timespec){.tv_sec = (time_t)(nanoseconds / 1000000000),
                                  .tv_nsec = (long)(nanoseconds % 1000000000)};
        errno = EINTR;
        return -1;
    }
    virtual_wait_ns(adapter.part, nanoseconds);
    return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    uint64_t nanoseconds = virtual_now_ns(adapter.part);

    assert_int_equal(clock, CLOCK_MONOTONIC);
    *now = (struct timespec){.tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000)};
    return 0;
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

struct linux_board {
    struct world world;
    struct imprint_transport transport;
};

static int set_up(void **state)
{
    static struct linux_board linux_board;
    const struct virtual_making trust_and_go = {.part = VIRTUAL_TRUST_AND_GO};
    struct error err = {.reason = ERROR_NONE};

    world_open_chip(&linux_board.world, &trust_and_go);
    memset(&adapter, 0, sizeof(adapter));
    adapter.part = linux_board.world.part;
    adapter.functions = I2C_FUNC_I2C;
    virtual_i2c_set_clock(adapter.part, 100000);
    assert_true(
        transport_i2c_linux_open("/dev/null", virtual_i2c_address(adapter.part) >> 1, &linux_board.transport, &err));
    *state = &linux_board;
    return 0;
}

static int tear_down(void **state)
{
    struct linux_board *linux_board = *state;

    imprint_transport_close(&linux_board->transport);
    world_remove(&linux_board->world);
    return 0;
}

static void test_a_session(void **state)
{
    struct linux_board *linux_board = *state;
    struct chip chip;
    struct chip_config config;
    uint8_t peeked[VIRTUAL_CONFIG_BYTES];
    uint8_t public_key[64];
    uint8_t signature[64];
    uint8_t digest[32] = {7};

    chip_init(&chip, &linux_board->transport);
    assert_string_equal(linux_board->transport.operations->name, "i2c");
    assert_int_equal(chip_read_config(&chip, &config, NULL), CHIP_OK);
    virtual_peek_config(adapter.part, peeked);
    assert_memory_equal(config.zone, peeked, sizeof(peeked));
    assert_int_equal(chip_read_public_key(&chip, 0, public_key, NULL), CHIP_OK);
    assert_int_equal(chip_sign_digest(&chip, CHIP_PART_ATECC608B, 0, digest, signature, NULL), CHIP_OK);
    assert_int_equal(chip_verify_external(&chip, CHIP_PART_ATECC608B, digest, signature, public_key, NULL), CHIP_OK);
    /* Past the watchdog's window: idle and wake on the way. */
    for (int i = 0; i < 8; i++)
        assert_int_equal(chip_read_public_key(&chip, 0, public_key, NULL), CHIP_OK);
    assert_int_equal(chip.counters.resends, 0);
    assert_true(chip.counters.wakes > 1);
    chip_sleep(&chip);
    assert_int_equal(linux_board->transport.operations->idle(linux_board->transport.context),
                     IMPRINT_TRANSPORT_NO_ANSWER);
}

/* At 400 kHz eight zero bits are too short to wake anything. */
static void test_too_fast_to_wake(void **state)
{
    struct linux_board *linux_board = *state;
    struct chip chip;
    uint8_t revision[4];

    virtual_i2c_set_clock(adapter.part, 400000);
    chip_init(&chip, &linux_board->transport);
    assert_int_equal(chip_read_revision(&chip, revision, NULL), CHIP_NO_ANSWER);
}

static void test_delay_outlasts_signals(void **state)
{
    struct linux_board *linux_board = *state;
    const struct imprint_transport *transport = &linux_board->transport;
    uint64_t start = transport->operations->now_us(transport->context);

    adapter.interrupted = 3;
    transport->operations->delay_us(transport->context, 2500000);
    assert_int_equal(transport->operations->now_us(transport->context) - start, 2500000);
    assert_int_equal(adapter.interrupted, 0);
}

static const struct {
    int number;
    enum imprint_transport_status status;
} errors[] = {
    {ENXIO, IMPRINT_TRANSPORT_NO_ANSWER},     {EREMOTEIO, IMPRINT_TRANSPORT_NO_ANSWER},
    {EIO, IMPRINT_TRANSPORT_NO_ANSWER},       {ETIMEDOUT, IMPRINT_TRANSPORT_NO_ANSWER},
    {EAGAIN, IMPRINT_TRANSPORT_NO_ANSWER},    {EBUSY, IMPRINT_TRANSPORT_NO_ANSWER},
    {EINTR, IMPRINT_TRANSPORT_NO_ANSWER},     {ENODEV, IMPRINT_TRANSPORT_GONE},
    {EBADF, IMPRINT_TRANSPORT_GONE},          {EINVAL, IMPRINT_TRANSPORT_GONE},
    {ENOTTY, IMPRINT_TRANSPORT_GONE},         {ENOMEM, IMPRINT_TRANSPORT_GONE},
    {EOPNOTSUPP, IMPRINT_TRANSPORT_TOO_LONG},
};

/* Each errno at each transaction of a wake, a send and a receive. */
static void test_errors(void **state)
{
    struct linux_board *linux_board = *state;
    const struct imprint_transport_operations *bus = linux_board->transport.operations;
    void *context = linux_board->transport.context;
    static const uint8_t info[] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D};

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        for (unsigned at = 1; at <= 6; at++) {
            enum imprint_transport_status expected[6] = {IMPRINT_TRANSPORT_OK, IMPRINT_TRANSPORT_OK,
                                                         IMPRINT_TRANSPORT_OK, IMPRINT_TRANSPORT_OK,
                                                         IMPRINT_TRANSPORT_OK, IMPRINT_TRANSPORT_OK};
            uint8_t memory[IMPRINT_TRANSPORT_GROUP_MAX];
            struct bytes_out group = {.data = memory, .cap = sizeof(memory)};

            expected[at - 1] = errors[i].status;
            if (at == 1 && errors[i].status == IMPRINT_TRANSPORT_NO_ANSWER)
                expected[0] = IMPRINT_TRANSPORT_OK; /* nobody acknowledges a wake */
            if (at == 5 && errors[i].status == IMPRINT_TRANSPORT_NO_ANSWER)
                expected[4] = IMPRINT_TRANSPORT_GARBLED; /* cut short */
            (void)bus->sleep(context);
            if (at == 1)
                virtual_i2c_sda_low(adapter.part, 80);
            adapter.calls = 0;
            adapter.fail_at = at;
            adapter.fail_with = errors[i].number;
            assert_int_equal(bus->wake(context), expected[0]);
            bus->delay_us(context, 1500);
            assert_int_equal(bus->send(context, info, sizeof(info)), expected[1]);
            bus->delay_us(context, 6000);
            if (at == 3 || at == 4 || at == 5)
                assert_int_equal(bus->receive(context, group.data, group.cap, &group.len), expected[at - 1]);
            else
                assert_int_equal(bus->receive(context, group.data, group.cap, &group.len), IMPRINT_TRANSPORT_OK);
            if (at == 6)
                assert_int_equal(bus->idle(context), expected[5]);
        }
}

static void test_oversize(void **state)
{
    struct linux_board *linux_board = *state;
    static const uint8_t group[IMPRINT_TRANSPORT_GROUP_MAX + 1] = {0};

    assert_int_equal(linux_board->transport.operations->send(linux_board->transport.context, group, sizeof(group)),
                     IMPRINT_TRANSPORT_GARBLED);
    assert_int_equal(adapter.calls, 0);
}

static void test_short_room(void **state)
{
    struct linux_board *linux_board = *state;
    uint8_t memory[3];
    struct bytes_out group = {.data = memory, .cap = sizeof(memory)};

    assert_int_equal(linux_board->transport.operations->wake(linux_board->transport.context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(
        linux_board->transport.operations->receive(linux_board->transport.context, group.data, group.cap, &group.len),
        IMPRINT_TRANSPORT_GARBLED);
}

/* No address given: found where Trust&GO parts answer, though 0x60 is looked at first. */
static void test_search(void **state)
{
    struct imprint_transport transport;
    struct chip_config config;
    struct chip chip;

    (void)state;
    assert_true(transport_i2c_linux_open("/dev/null", 0, &transport, NULL));
    assert_int_equal(imprint_transport_address(&transport), 0x60);
    chip_init(&chip, &transport);
    assert_int_equal(chip_read_config(&chip, &config, NULL), CHIP_OK);
    assert_int_equal(imprint_transport_address(&transport), 0x35);
    imprint_transport_close(&transport);
    imprint_transport_close(&transport); /* stays closed */
    assert_int_equal(imprint_transport_address(&transport), 0);
}

static void test_smbus_only(void **state)
{
    struct imprint_transport transport;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    adapter.functions = I2C_FUNC_SMBUS_BYTE;
    assert_false(transport_i2c_linux_open("/dev/null", 0x60, &transport, &err));
    assert_int_equal(err.reason, ERROR_DEVICE_MISSING);
    assert_non_null(strstr(err.cause, "SMBus"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_session, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_fast_to_wake, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delay_outlasts_signals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_oversize, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_short_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_search, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_smbus_only, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
