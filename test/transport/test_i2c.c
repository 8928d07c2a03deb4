/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The portable I2C transport over a port that hands whole transfers to a virtual chip, and over one that fails in each
 * way a bus can. Each call of the port is noted as a letter, so that a test can say what must happen in which order:
 * L lock, U unlock, w write, r read, p pulse, c clock, R recover.
 */
#include <imprint/i2c.h>

#include "chip/operations.h"
#include "test/support/world.h"
#include "virtual/chip/virtual_invasive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CLOCK_HZ 400000

static const uint8_t info[] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D};
static const uint8_t info_reply[] = {0x07, 0x00, 0x00, 0x60, 0x03, 0x83, 0xBB};

struct master {
    struct virtual_chip *part;
    struct imprint_i2c_port port;
    char calls[512];
    size_t call_count;
    bool locked, acquired;
    unsigned acquired_times;
    uint32_t hertz, bus_limit_us, chip_limit_us;
    bool refuse_lock, refuse_acquire, refuse_clock;
    bool address_0_answers;
    unsigned transfers;             /* writes and reads so far */
    unsigned fail_at;               /* this one fails, from 1; 0: none */
    enum imprint_i2c_result result; /* with this */
    bool fails_on;                  /* and all after it */
    bool recovers;                  /* what recover() returns; it then also ends fails_on */
};

static void note(struct master *master, char call)
{
    if (master->call_count < sizeof(master->calls) - 1)
        master->calls[master->call_count++] = call;
    master->calls[master->call_count] = '\0';
}

static void forget_calls(struct master *master)
{
    master->call_count = 0;
    master->calls[0] = '\0';
    master->transfers = 0;
}

/* Is this transfer one that fails? */
static bool fails(struct master *master)
{
    master->transfers++;
    assert_int_equal(master->locked, master->port.lock != NULL);
    return master->fail_at != 0 &&
           (master->transfers == master->fail_at || (master->fails_on && master->transfers > master->fail_at));
}

static enum imprint_i2c_result master_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    struct master *master = context;
    bool taken;

    note(master, 'w');
    assert_in_range(len, 1, IMPRINT_I2C_WRITE_MAX);
    assert_in_range(address, 0, 0x7f);
    if (fails(master))
        return master->result;
    taken = virtual_i2c_start(master->part, (uint8_t)(address << 1));
    for (size_t i = 0; taken && i < len; i++)
        taken = virtual_i2c_write(master->part, data[i]);
    virtual_i2c_stop(master->part);
    return taken || (address == 0 && master->address_0_answers) ? IMPRINT_I2C_OK : IMPRINT_I2C_NACK;
}

static enum imprint_i2c_result master_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    struct master *master = context;
    bool taken;

    note(master, 'r');
    assert_in_range(len, 1, IMPRINT_I2C_READ_MAX);
    if (fails(master))
        return master->result;
    taken = virtual_i2c_start(master->part, (uint8_t)(address << 1 | 1));
    for (size_t i = 0; taken && i < len; i++)
        data[i] = virtual_i2c_read(master->part);
    virtual_i2c_stop(master->part);
    return taken ? IMPRINT_I2C_OK : IMPRINT_I2C_NACK;
}

static enum imprint_i2c_result master_wake(void *context)
{
    struct master *master = context;

    note(master, 'p');
    virtual_i2c_sda_low(master->part, IMPRINT_I2C_WAKE_LOW_US);
    return IMPRINT_I2C_OK;
}

static bool master_set_clock(void *context, uint32_t hertz)
{
    struct master *master = context;

    note(master, 'c');
    if (master->refuse_clock)
        return false;
    master->hertz = hertz;
    virtual_i2c_set_clock(master->part, hertz);
    return true;
}

static bool master_recover(void *context)
{
    struct master *master = context;

    note(master, 'R');
    if (master->recovers)
        master->fails_on = false;
    return master->recovers;
}

static bool master_lock(void *context, uint32_t limit_us)
{
    struct master *master = context;

    note(master, 'L');
    assert_false(master->locked);
    master->bus_limit_us = limit_us;
    master->locked = !master->refuse_lock;
    return master->locked;
}

static void master_unlock(void *context)
{
    struct master *master = context;

    note(master, 'U');
    assert_true(master->locked);
    master->locked = false;
}

static bool master_acquire(void *context, uint32_t limit_us)
{
    struct master *master = context;

    assert_false(master->acquired);
    master->chip_limit_us = limit_us;
    master->acquired = !master->refuse_acquire;
    master->acquired_times += master->acquired;
    return master->acquired;
}

static void master_release(void *context)
{
    struct master *master = context;

    assert_true(master->acquired);
    assert_false(virtual_i2c_start(master->part, virtual_i2c_address(master->part))); /* it sleeps */
    virtual_i2c_stop(master->part);
    master->acquired = false;
}

static void master_delay_us(void *context, uint32_t microseconds)
{
    virtual_wait_ns(((const struct master *)context)->part, microseconds * UINT64_C(1000));
}

static uint64_t master_now_us(void *context)
{
    return virtual_now_ns(((const struct master *)context)->part) / 1000;
}

struct i2c_board {
    struct world world;
    struct master master;
    struct imprint_i2c i2c;
    struct imprint_transport transport;
    const struct imprint_transport_operations *bus;
};

static void open_port(struct i2c_board *board, uint8_t address)
{
    const char *problem = NULL;

    if (!imprint_i2c_open(&board->i2c, &board->master.port, address, &board->transport, &problem))
        fail_msg("imprint_i2c_open: %s", problem);
    assert_null(problem);
    board->bus = board->transport.operations;
    chip_init(&board->world.chip, &board->transport);
}

/* A bus at 400 kHz whose clock can be changed, with everything optional but a wake pin. */
static int set_up(void **state)
{
    static struct i2c_board board;
    const struct virtual_making trust_and_go = {.part = VIRTUAL_TRUST_AND_GO};

    board = (struct i2c_board){.master = {.hertz = CLOCK_HZ}};
    world_open_chip(&board.world, &trust_and_go);
    board.master.part = board.world.part;
    board.master.port = (struct imprint_i2c_port){
        .write = master_write,
        .read = master_read,
        .delay_us = master_delay_us,
        .now_us = master_now_us,
        .set_clock = master_set_clock,
        .clock_hz = CLOCK_HZ,
        .recover = master_recover,
        .lock = master_lock,
        .unlock = master_unlock,
        .acquire = master_acquire,
        .release = master_release,
        .context = &board.master,
    };
    virtual_i2c_set_clock(board.world.part, CLOCK_HZ);
    open_port(&board, virtual_i2c_address(board.world.part) >> 1);
    *state = &board;
    return 0;
}

static int tear_down(void **state)
{
    struct i2c_board *board = *state;

    imprint_transport_close(&board->transport);
    world_remove(&board->world);
    return 0;
}

static void assert_calls(struct i2c_board *board, const char *expected)
{
    assert_string_equal(board->master.calls, expected);
    forget_calls(&board->master);
}

static enum imprint_transport_status receive(struct i2c_board *board)
{
    uint8_t group[IMPRINT_TRANSPORT_GROUP_MAX];
    size_t len = 99;
    enum imprint_transport_status status = board->bus->receive(board->transport.context, group, sizeof group, &len);

    assert_int_equal(len, status == IMPRINT_TRANSPORT_OK ? group[0] : 0);
    return status;
}

/* Every call of the port, in its order: one lock around each transfer, the clock around the pulse alone. */
static void test_order(void **state)
{
    struct i2c_board *board = *state;
    uint8_t group[IMPRINT_TRANSPORT_GROUP_MAX];
    size_t len = 0;

    assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_OK);
    assert_calls(board, "LcwcU");
    assert_int_equal(board->master.hertz, CLOCK_HZ);
    assert_int_equal(board->master.bus_limit_us, IMPRINT_I2C_BUS_LIMIT_US);
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_OK);
    assert_calls(board, "LwULrULrU");
    assert_int_equal(board->bus->send(board->transport.context, info, sizeof info), IMPRINT_TRANSPORT_OK);
    assert_calls(board, "LwU");
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_calls(board, "LwU");
    board->bus->delay_us(board->transport.context, 6000);
    assert_int_equal(board->bus->receive(board->transport.context, group, sizeof group, &len), IMPRINT_TRANSPORT_OK);
    assert_int_equal(len, sizeof info_reply);
    assert_memory_equal(group, info_reply, sizeof info_reply);
    assert_calls(board, "LwULrULrU");
    assert_int_equal(board->bus->idle(board->transport.context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(board->bus->sleep(board->transport.context), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_calls(board, "LwULwU");
}

static void test_a_session(void **state)
{
    struct i2c_board *board = *state;
    struct chip *chip = &board->world.chip;
    struct chip_config config;
    uint8_t public_key[64], signature[64], digest[32] = {7};

    assert_int_equal(chip_read_config(chip, &config, NULL), CHIP_OK);
    for (int i = 0; i < 8; i++)
        assert_int_equal(chip_read_public_key(chip, 0, public_key, NULL), CHIP_OK);
    assert_int_equal(chip_sign_digest(chip, CHIP_PART_ATECC608B, 0, digest, signature, NULL), CHIP_OK);
    assert_int_equal(chip_verify_external(chip, CHIP_PART_ATECC608B, digest, signature, public_key, NULL), CHIP_OK);
    assert_int_equal(chip->counters.resends, 0);
    assert_int_equal(board->master.hertz, CLOCK_HZ);
}

/* A device that acknowledges address 0 changes nothing. */
static void test_address_0_answers(void **state)
{
    struct i2c_board *board = *state;

    board->master.address_0_answers = true;
    assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_OK);
}

/* A pulse by a pin, on a bus whose clock cannot be changed. */
static void test_wake_by_pin(void **state)
{
    struct i2c_board *board = *state;

    board->master.port.set_clock = NULL;
    board->master.port.wake = master_wake;
    open_port(board, 0x35);
    assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_OK);
    assert_calls(board, "LpU");
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_OK);
}

/* The usual clock returns after a pulse that failed, too; a clock that cannot be set is no pulse. */
static void test_clock_returns(void **state)
{
    struct i2c_board *board = *state;

    board->master.fail_at = 1;
    board->master.result = IMPRINT_I2C_FAILED;
    assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_STUCK);
    assert_calls(board, "LcwcRU");
    assert_int_equal(board->master.hertz, CLOCK_HZ);
    board->master.fail_at = 0;
    board->master.refuse_clock = true;
    assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_STUCK);
    assert_calls(board, "LcRU");
}

static const struct {
    const char *name;
    enum imprint_i2c_result result;
    bool recovers, fails_on;
    enum imprint_transport_status status;
    const char *calls; /* of an idle */
} failures[] = {
    {"not acknowledged", IMPRINT_I2C_NACK, true, false, IMPRINT_TRANSPORT_NO_ANSWER, "LwU"},
    {"gone", IMPRINT_I2C_GONE, true, false, IMPRINT_TRANSPORT_GONE, "LwU"},
    {"longer than the driver carries", IMPRINT_I2C_TOO_LONG, true, false, IMPRINT_TRANSPORT_TOO_LONG, "LwU"},
    {"held, freed: sent", IMPRINT_I2C_HELD, true, true, IMPRINT_TRANSPORT_OK, "LwRwU"},
    {"held for good", IMPRINT_I2C_HELD, false, true, IMPRINT_TRANSPORT_STUCK, "LwRU"},
    {"broken off: never sent twice", IMPRINT_I2C_FAILED, true, true, IMPRINT_TRANSPORT_STUCK, "LwRU"},
    {"a result that no port may give", (enum imprint_i2c_result)77, true, false, IMPRINT_TRANSPORT_STUCK, "LwU"},
};

static void test_failures(void **state)
{
    struct i2c_board *board = *state;

    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_OK);
        forget_calls(&board->master);
        board->master.fail_at = 1;
        board->master.result = failures[i].result;
        board->master.fails_on = failures[i].fails_on;
        board->master.recovers = failures[i].recovers;
        if (board->bus->idle(board->transport.context) != failures[i].status)
            fail_msg("%s: another status", failures[i].name);
        if (strcmp(board->master.calls, failures[i].calls) != 0)
            fail_msg("%s: %s, not %s", failures[i].name, board->master.calls, failures[i].calls);
        forget_calls(&board->master);
        board->master.fail_at = 0;
    }
}

/* Without recover() a stuck bus is tried once and reported. */
static void test_no_recovery(void **state)
{
    struct i2c_board *board = *state;

    board->master.port.recover = NULL;
    open_port(board, 0x35);
    board->master.fail_at = 1;
    board->master.result = IMPRINT_I2C_HELD;
    assert_int_equal(board->bus->idle(board->transport.context), IMPRINT_TRANSPORT_STUCK);
    assert_calls(board, "LwU");
}

/* Drivers that report a stuck bus as a missing acknowledgement: the third pulse in vain frees the bus first, once. */
static void test_recovery_after_silence(void **state)
{
    struct i2c_board *board = *state;

    board->master.result = IMPRINT_I2C_NACK;
    board->master.fails_on = true;
    board->master.recovers = true;
    for (int pulses = 1; pulses <= 2; pulses++) {
        board->master.fail_at = 1;
        assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_OK);
        assert_calls(board, "LcwcU");
        board->master.fail_at = 1;
        assert_int_equal(receive(board), IMPRINT_TRANSPORT_NO_ANSWER);
        forget_calls(&board->master);
    }
    board->master.fail_at = 0;
    assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_OK);
    assert_calls(board, "LRcwcU");
    assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_OK);
    assert_calls(board, "LcwcU");
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_OK); /* counts afresh */
    assert_int_equal(board->i2c.unanswered, 0);
}

/* The bus is never free: nothing is sent, by any call. */
static void test_bus_is_busy(void **state)
{
    struct i2c_board *board = *state;
    struct error err = {.reason = ERROR_NONE};
    uint8_t revision[4];

    board->master.refuse_lock = true;
    board->master.port.bus_limit_us = 5000;
    assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_BUSY);
    assert_int_equal(board->bus->send(board->transport.context, info, sizeof info), IMPRINT_TRANSPORT_BUSY);
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_BUSY);
    assert_int_equal(board->bus->idle(board->transport.context), IMPRINT_TRANSPORT_BUSY);
    assert_false(board->bus->is_taken(board->transport.context, 0x35));
    assert_calls(board, "LLLLL");
    assert_int_equal(board->master.bus_limit_us, 5000);
    assert_int_equal(chip_read_revision(&board->world.chip, revision, &err), CHIP_BUS_BUSY);
    assert_int_equal(err.reason, ERROR_DEVICE_BUSY);
    assert_calls(board, "L");
}

/* The chip is reserved from before its wake until it sleeps (master_release() looks), however many commands there are.
 */
static void test_chip_is_shared(void **state)
{
    struct i2c_board *board = *state;
    uint8_t public_key[64];

    assert_int_equal(chip_read_public_key(&board->world.chip, 0, public_key, NULL), CHIP_OK);
    assert_int_equal(chip_read_public_key(&board->world.chip, 1, public_key, NULL), CHIP_OK);
    assert_true(board->master.acquired);
    assert_int_equal(board->master.acquired_times, 1);
    assert_int_equal(board->master.chip_limit_us, IMPRINT_I2C_CHIP_LIMIT_US);
    chip_sleep(&board->world.chip);
    assert_false(board->master.acquired);
    forget_calls(&board->master);
    chip_sleep(&board->world.chip); /* not ours: it may be at work for somebody else */
    assert_calls(board, "");
    assert_int_equal(chip_read_public_key(&board->world.chip, 0, public_key, NULL), CHIP_OK);
    assert_int_equal(board->master.acquired_times, 2);
}

/* Another task never releases it: nothing is sent. */
static void test_chip_is_busy(void **state)
{
    struct i2c_board *board = *state;
    struct error err = {.reason = ERROR_NONE};
    uint8_t public_key[64];

    board->master.refuse_acquire = true;
    board->master.port.chip_limit_us = 2000;
    assert_int_equal(chip_read_public_key(&board->world.chip, 0, public_key, &err), CHIP_BUS_BUSY);
    assert_int_equal(err.reason, ERROR_DEVICE_BUSY);
    assert_int_equal(board->master.chip_limit_us, 2000);
    chip_sleep(&board->world.chip);
    assert_calls(board, "");
    assert_int_equal(board->world.chip.counters.commands, 0);
}

/* Reserved also by a call that fails, and released by the sleep after it. */
static void test_release_after_failure(void **state)
{
    struct i2c_board *board = *state;
    uint8_t public_key[64];

    assert_true(virtual_arm_fault(board->world.part, "silent@1"));
    assert_int_equal(chip_read_public_key(&board->world.chip, 0, public_key, NULL), CHIP_NO_ANSWER);
    assert_true(board->master.acquired);
    chip_sleep(&board->world.chip);
    assert_false(board->master.acquired);
}

static const struct {
    const char *name;
    uint8_t address;
    unsigned lacks; /* which function is missing */
    const char *words;
} refusals[] = {
    {"no write", 0x60, 0, "lacks"},
    {"no read", 0x60, 1, "lacks"},
    {"no delay", 0x60, 2, "lacks"},
    {"no clock", 0x60, 3, "lacks"},
    {"no unlock", 0x60, 4, "lock without unlock"},
    {"no release", 0x60, 5, "acquire without release"},
    {"no usual clock", 0x60, 6, "clock_hz"},
    {"no way to wake", 0x60, 7, "too fast"},
    {"8-bit address", 0xC0, 8, "7-bit"},
};

static void test_refusals(void **state)
{
    struct i2c_board *board = *state;

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct imprint_i2c_port port = board->master.port;
        struct imprint_i2c i2c;
        struct imprint_transport transport = {.operations = NULL};
        const char *problem = NULL;

        port.write = refusals[i].lacks == 0 ? NULL : port.write;
        port.read = refusals[i].lacks == 1 ? NULL : port.read;
        port.delay_us = refusals[i].lacks == 2 ? NULL : port.delay_us;
        port.now_us = refusals[i].lacks == 3 ? NULL : port.now_us;
        port.unlock = refusals[i].lacks == 4 ? NULL : port.unlock;
        port.release = refusals[i].lacks == 5 ? NULL : port.release;
        port.clock_hz = refusals[i].lacks == 6 ? 0 : port.clock_hz;
        port.set_clock = refusals[i].lacks == 7 ? NULL : port.set_clock;
        assert_false(imprint_i2c_open(&i2c, &port, refusals[i].address, &transport, &problem));
        if (problem == NULL || strstr(problem, refusals[i].words) == NULL)
            fail_msg("%s: %s", refusals[i].name, problem != NULL ? problem : "no words");
        assert_null(transport.operations);
    }
}

/* No address given: found where Trust&GO parts answer, though 0x60 is looked at first. */
static void test_search(void **state)
{
    struct i2c_board *board = *state;
    struct chip_config config;

    open_port(board, 0);
    assert_int_equal(imprint_transport_address(&board->transport), 0x60);
    assert_int_equal(chip_read_config(&board->world.chip, &config, NULL), CHIP_OK);
    assert_int_equal(imprint_transport_address(&board->transport), 0x35);
}

/* The longest group is one transfer; a longer one is refused. */
static void test_lengths(void **state)
{
    struct i2c_board *board = *state;
    static const uint8_t group[IMPRINT_TRANSPORT_GROUP_MAX + 1] = {IMPRINT_TRANSPORT_GROUP_MAX};

    assert_int_equal(board->bus->wake(board->transport.context), IMPRINT_TRANSPORT_OK);
    forget_calls(&board->master);
    (void)board->bus->send(board->transport.context, group, IMPRINT_TRANSPORT_GROUP_MAX);
    assert_calls(board, "LwU");
    assert_int_equal(board->bus->send(board->transport.context, group, sizeof group), IMPRINT_TRANSPORT_GARBLED);
    assert_calls(board, "");
}

static bool carries(struct i2c_board *board, unsigned fail_at, enum imprint_i2c_result result)
{
    forget_calls(&board->master);
    board->master.fail_at = fail_at;
    board->master.result = result;
    return board->bus->carries(board->transport.context, 75, 67);
}

/*
 * Only what the driver refuses for its length is told, and in both directions. The chip runs nothing and keeps its
 * reply.
 */
static void test_long_messages(void **state)
{
    struct i2c_board *board = *state;
    struct chip *chip = &board->world.chip;
    struct virtual_counters before, after;
    uint8_t random[32];

    assert_int_equal(chip_random(chip, random, NULL), CHIP_OK);
    virtual_read_counters(board->world.part, &before);
    assert_true(carries(board, 0, IMPRINT_I2C_OK));
    assert_calls(board, "LwULrU");
    assert_false(carries(board, 1, IMPRINT_I2C_TOO_LONG));
    assert_calls(board, "LwU");
    assert_false(carries(board, 2, IMPRINT_I2C_TOO_LONG));
    assert_true(carries(board, 1, IMPRINT_I2C_NACK));
    assert_true(carries(board, 2, IMPRINT_I2C_NACK));
    board->master.fail_at = 0;
    assert_false(board->bus->carries(board->transport.context, IMPRINT_TRANSPORT_GROUP_MAX + 1, 67));
    assert_false(board->bus->carries(board->transport.context, 75, IMPRINT_TRANSPORT_GROUP_MAX + 1));
    virtual_read_counters(board->world.part, &after);
    assert_int_equal(after.commands, before.commands);
    assert_int_equal(after.groups, before.groups);
    assert_true(chip->awake);
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_OK); /* the random numbers again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_session, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_address_0_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wake_by_pin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock_returns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_recovery, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recovery_after_silence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bus_is_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chip_is_shared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chip_is_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_release_after_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_search, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lengths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_messages, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
