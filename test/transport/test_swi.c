/* SPDX-License-Identifier: Apache-2.0 */
/* The single-wire transport against the virtual part's pin, and against all that a wire and a UART can do to it. */
#include "transport/swi.h"

#include "chip/operations.h"
#include "test/support/world.h"
#include "test/transport/wire.h"
#include "virtual/chip/virtual_invasive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t info[] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D};
static const uint8_t info_reply[] = {0x07, 0x00, 0x00, 0x60, 0x03, 0x83, 0xBB};
static const uint8_t wake_reply[] = {0x04, 0x11, 0x33, 0x43};

/* Sent by three exchanges behind each other: long enough for a middle. The chip refuses it, its CRC being none. */
static const uint8_t long_group[40] = {40, 0x16, 0x03};

struct swi_board {
    struct world world;
    struct wire wire;
    struct transport_swi swi;
    const struct imprint_transport_operations *bus;
    void *context;
    uint8_t memory[IMPRINT_TRANSPORT_GROUP_MAX];
    struct bytes_out reply;
};

static int set_up(void **state)
{
    static struct swi_board swi_board;
    const struct virtual_making making = {.part = VIRTUAL_BLANK, .single_wire = true};
    struct imprint_transport transport;

    world_open_chip(&swi_board.world, &making);
    wire_init(&swi_board.wire, swi_board.world.part);
    transport = transport_swi_init(&swi_board.swi, &swi_board.wire.port);
    chip_init(&swi_board.world.chip, &transport);
    swi_board.bus = transport.operations;
    swi_board.context = transport.context;
    swi_board.reply = (struct bytes_out){.data = swi_board.memory, .cap = sizeof swi_board.memory};
    *state = &swi_board;
    return 0;
}

static int tear_down(void **state)
{
    struct swi_board *board = *state;

    world_remove(&board->world);
    return 0;
}

static enum imprint_transport_status receive(struct swi_board *board)
{
    board->reply.len = 3;
    return board->bus->receive(board->context, board->reply.data, board->reply.cap, &board->reply.len);
}

static enum imprint_transport_status send(struct swi_board *board, const uint8_t *group, size_t len)
{
    return board->bus->send(board->context, group, len);
}

static void assert_reply(struct swi_board *board, const uint8_t *expected, size_t len)
{
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_OK);
    assert_int_equal(board->reply.len, len);
    assert_memory_equal(board->memory, expected, len);
}

static struct virtual_counters counters(const struct swi_board *board)
{
    struct virtual_counters result;

    virtual_read_counters(board->world.part, &result);
    return result;
}

static void be_awake(struct swi_board *board)
{
    assert_int_equal(board->bus->wake(board->context), IMPRINT_TRANSPORT_OK);
    assert_reply(board, wake_reply, sizeof wake_reply);
}

static void test_wake_send_receive(void **state)
{
    struct swi_board *board = *state;

    assert_string_equal(board->bus->name, "swi");
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_NO_ANSWER);
    be_awake(board);
    assert_int_equal(send(board, info, sizeof info), IMPRINT_TRANSPORT_OK);
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_int_equal(board->reply.len, 0);
    board->bus->delay_us(board->context, 5000);
    for (int again = 0; again < 3; again++)
        assert_reply(board, info_reply, sizeof info_reply);
    assert_int_equal(counters(board).commands, 1);
    assert_int_equal(board->bus->sleep(board->context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_NO_ANSWER);
}

/* UARTs with seven data bits, and with eight. */
static void test_seven_data_bits(void **state)
{
    struct swi_board *board = *state;

    board->wire.mask = 0x7f;
    be_awake(board);
    assert_int_equal(send(board, info, sizeof info), IMPRINT_TRANSPORT_OK);
    board->bus->delay_us(board->context, 5000);
    assert_reply(board, info_reply, sizeof info_reply);
    assert_int_equal(transport_swi_probe(&board->swi), IMPRINT_TRANSPORT_OK);
}

/* The whole chip layer: long groups out and in, polls, idle in between, registers that must outlive it. */
static void test_chip_layer(void **state)
{
    struct swi_board *board = *state;
    struct chip *chip = &board->world.chip;
    struct chip_config config;
    struct error err = {.reason = ERROR_NONE};
    uint8_t expected[VIRTUAL_CONFIG_BYTES], random[32];

    virtual_peek_config(board->world.part, expected);
    assert_int_equal(chip_read_config(chip, &config, &err), CHIP_OK);
    assert_memory_equal(config.zone, expected, sizeof expected);
    assert_int_equal(chip->counters.polls, chip->counters.commands); /* when they were ready, not before */
    for (int i = 0; i < 40; i++)                                     /* 40 x 23 ms: beyond one watchdog */
        assert_int_equal(chip_random(chip, random, &err), CHIP_OK);
    assert_int_equal(chip->counters.resends, 0);
    chip_sleep(chip);
}

/* A part that is ready at once is asked at once, if the flag is over before any other part could be. */
static void test_asks_once_before(void **state)
{
    struct swi_board *board = *state;
    struct chip *chip = &board->world.chip;
    struct error err = {.reason = ERROR_NONE};
    uint8_t random[32];
    uint64_t start;

    assert_int_equal(chip_random(chip, random, &err), CHIP_OK);
    virtual_set_times(board->world.part, VIRTUAL_TIMES_NONE);
    start = virtual_now_ns(board->world.part);
    assert_int_equal(chip_random(chip, random, &err), CHIP_OK);
    assert_true(virtual_now_ns(board->world.part) - start < 1000000); /* of 23 ms */
}

/* One that takes longer than any is known to take is polled on. */
static void test_slow_chip(void **state)
{
    struct swi_board *board = *state;
    struct chip *chip = &board->world.chip;
    struct error err = {.reason = ERROR_NONE};
    uint8_t random[32];

    assert_true(virtual_arm_fault(board->world.part, "slow@2"));
    assert_int_equal(chip_random(chip, random, &err), CHIP_OK);
    assert_int_equal(chip->counters.polls, 1);
    assert_int_equal(chip_random(chip, random, &err), CHIP_OK);
    assert_true(chip->counters.polls > 10);
}

/* A wake pulse that finds the chip awake is answered like any other, but the watchdog has been running. */
static void test_wake_of_unknown_state_starts_the_watchdog(void **state)
{
    struct swi_board *board = *state;

    be_awake(board);
    virtual_wait_ns(board->world.part, UINT64_C(1000000000)); /* of 1.3 s */
    board->swi.down = false;                                  /* as after a program that died */
    be_awake(board);
    virtual_wait_ns(board->world.part, UINT64_C(1000000000));
    assert_reply(board, wake_reply, sizeof wake_reply);
}

/* Where idle or sleep went before, one pulse does. */
static void test_wake_of_known_state_is_one_pulse(void **state)
{
    struct swi_board *board = *state;
    uint64_t before;

    be_awake(board);
    assert_int_equal(board->bus->idle(board->context), IMPRINT_TRANSPORT_OK);
    before = counters(board).wakes;
    be_awake(board);
    assert_int_equal(counters(board).wakes, before + 1);
    assert_int_equal(send(board, info, sizeof info), IMPRINT_TRANSPORT_OK); /* no longer known */
    board->bus->delay_us(board->context, 5000);
    be_awake(board);
    assert_int_equal(counters(board).wakes, before + 2);
}

static void test_clock(void **state)
{
    struct swi_board *board = *state;
    uint64_t start = board->bus->now_us(board->context);

    board->bus->delay_us(board->context, 5000000);
    assert_int_equal(board->bus->now_us(board->context) - start, 5000000);
}

/* The UART goes at every single call of a conversation: each operation says so, and nothing is called afterwards. */
static void test_gone_at_every_call(void **state)
{
    struct swi_board *board = *state;
    bool ended = false;

    for (unsigned call = 1; !ended; call++) {
        enum imprint_transport_status statuses[7];
        unsigned at = 0;

        transport_swi_init(&board->swi, &board->wire.port);
        board->wire.calls = 0;
        board->wire.fail_at = call;
        statuses[0] = transport_swi_probe(&board->swi);
        statuses[1] = board->bus->wake(board->context);
        statuses[2] = send(board, long_group, sizeof long_group);
        board->bus->delay_us(board->context, 5000);
        statuses[3] = receive(board);
        statuses[4] = board->bus->idle(board->context);
        statuses[5] = board->bus->wake(board->context);
        statuses[6] = board->bus->sleep(board->context);
        ended = board->wire.calls < call;
        while (at < 7 && statuses[at] == IMPRINT_TRANSPORT_OK)
            at++;
        assert_true(ended == (at == 7));
        for (; at < 7; at++)
            assert_int_equal(statuses[at], IMPRINT_TRANSPORT_GONE);
        assert_true(ended || board->wire.calls == call);
    }
    assert_true(board->wire.calls > 12);
}

/* Talked over in the middle of a group: the rest is not sent, so the chip has nothing to execute. */
static void test_disturbed_in_the_middle(void **state)
{
    struct swi_board *board = *state;

    be_awake(board);
    board->wire.disturb_at = board->wire.exchanges + 2;
    assert_int_equal(send(board, long_group, sizeof long_group), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_int_equal(board->wire.exchanges, board->wire.disturb_at);
    assert_int_equal(counters(board).groups, 0);
    be_awake(board);
    assert_int_equal(send(board, info, sizeof info), IMPRINT_TRANSPORT_OK);
}

/* At the end of a group the chip may have all of it: its reply tells. */
static void test_disturbed_at_the_end(void **state)
{
    struct swi_board *board = *state;

    be_awake(board);
    board->wire.disturb_at = board->wire.exchanges + 1;
    assert_int_equal(send(board, info, sizeof info), IMPRINT_TRANSPORT_OK);
    board->bus->delay_us(board->context, 5000);
    assert_reply(board, info_reply, sizeof info_reply);
}

static void test_disturbed_flags(void **state)
{
    struct swi_board *board = *state;

    be_awake(board);
    board->wire.disturb_at = board->wire.exchanges + 1;
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_GARBLED);
    board->wire.disturb_at = board->wire.exchanges + 1;
    assert_int_equal(board->bus->idle(board->context), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_false(board->swi.down);
    be_awake(board);
    board->wire.disturb_at = board->wire.exchanges + 1;
    assert_int_equal(board->bus->sleep(board->context), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_false(board->swi.down);
    board->wire.disturb_at = board->wire.exchanges + 1; /* once is for what was said before */
    assert_int_equal(transport_swi_probe(&board->swi), IMPRINT_TRANSPORT_OK);
    board->wire.disturb_from = board->wire.exchanges + 1;
    assert_int_equal(transport_swi_probe(&board->swi), IMPRINT_TRANSPORT_GARBLED);
}

/* No wire between transmitter and receiver. */
static void test_deaf(void **state)
{
    struct swi_board *board = *state;

    board->wire.deaf = true;
    assert_int_equal(transport_swi_probe(&board->swi), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_int_equal(board->bus->wake(board->context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_int_equal(send(board, long_group, sizeof long_group), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_int_equal(board->bus->idle(board->context), IMPRINT_TRANSPORT_NO_ANSWER);
}

/* A bit of the count, a bit lost at the start, in the middle, at the end: garbled, and the next reading is good. */
static void test_damaged_replies(void **state)
{
    struct swi_board *board = *state;
    struct chip_config config;
    struct error err = {.reason = ERROR_NONE};

    be_awake(board);
    board->wire.disturb_rx = board->wire.exchanges + 1; /* 04 becomes 05: longer than what comes */
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_GARBLED);
    assert_int_equal(board->reply.len, 0);
    assert_reply(board, wake_reply, sizeof wake_reply);
    board->wire.cut_at = board->wire.exchanges + 1; /* one token short of four bytes */
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_GARBLED);
    assert_reply(board, wake_reply, sizeof wake_reply);
    assert_int_equal(chip_read_config(&board->world.chip, &config, &err), CHIP_OK);
    for (unsigned piece = 2; piece <= 4; piece++) { /* 35 bytes: four, sixteen, fifteen, and none left */
        static const uint8_t read32[] = {0x07, 0x02, 0x80, 0x00, 0x00, 0x09, 0xAD};

        assert_int_equal(send(board, read32, sizeof read32), IMPRINT_TRANSPORT_OK);
        board->bus->delay_us(board->context, 5000);
        board->wire.cut_at = board->wire.exchanges + piece;
        assert_int_equal(receive(board), piece == 4 ? IMPRINT_TRANSPORT_OK : IMPRINT_TRANSPORT_GARBLED);
        board->wire.cut_at = 0;
        assert_int_equal(receive(board), IMPRINT_TRANSPORT_OK);
        assert_int_equal(board->reply.len, 35);
        assert_memory_equal(board->memory + 1, config.zone, 32);
    }
}

static void test_reply_longer_than_the_room(void **state)
{
    struct swi_board *board = *state;
    uint8_t memory[5] = {0};

    be_awake(board);
    board->reply = (struct bytes_out){.data = memory, .cap = 3};
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_GARBLED);
    assert_int_equal(memory[3], 0);
    board->reply = (struct bytes_out){.data = memory, .cap = 0};
    assert_int_equal(board->bus->receive(board->context, board->reply.data, board->reply.cap, &board->reply.len),
                     IMPRINT_TRANSPORT_GARBLED);
    board->reply = (struct bytes_out){.data = memory, .cap = 4};
    assert_reply(board, wake_reply, sizeof wake_reply);
    assert_int_equal(memory[4], 0);
}

/* Somebody who does not stop talking: counts of 0 and of 255, and noise without an end. Every call comes back. */
static void test_noise(void **state)
{
    struct swi_board *board = *state;
    static uint8_t zeros[16384], ones[16384];

    memset(zeros, 0x7d, sizeof zeros);
    memset(ones, 0x7f, sizeof ones);
    be_awake(board);
    board->wire.noise = zeros;
    board->wire.noise_len = sizeof zeros;
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_GARBLED);
    assert_true(board->wire.noise_len > sizeof zeros - 2048);
    board->wire.noise = ones;
    board->wire.noise_len = sizeof ones;
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_GARBLED);
    assert_true(board->wire.noise_len > sizeof ones - 2048);
    board->wire.noise = zeros;
    board->wire.noise_len = 3; /* and less than a byte */
    assert_int_equal(receive(board), IMPRINT_TRANSPORT_GARBLED);
    be_awake(board);
}

/* A one from the chip is longer than ours, so that its first data bit may be seen low; a zero may be seen as almost
 * anything. */
static void test_bits_of_slow_chips(void **state)
{
    struct swi_board *board = *state;
    static const uint8_t seen[2][4] = {{0x7d, 0x79, 0x7c, 0x3d}, {0x7f, 0x7e, 0xff, 0xfe}};
    uint8_t tokens[32];

    for (unsigned i = 0; i < 32; i++)
        tokens[i] = seen[wake_reply[i / 8] >> (i % 8) & 1][i % 4];
    board->wire.noise = tokens;
    board->wire.noise_len = sizeof tokens;
    assert_reply(board, wake_reply, sizeof wake_reply);
}

static void test_group_that_is_none(void **state)
{
    struct swi_board *board = *state;
    const uint8_t group[IMPRINT_TRANSPORT_GROUP_MAX + 1] = {0};

    be_awake(board);
    board->wire.calls = 0;
    assert_int_equal(send(board, group, sizeof group), IMPRINT_TRANSPORT_GARBLED);
    assert_int_equal(board->wire.calls, 0);
    assert_int_equal(send(board, group, IMPRINT_TRANSPORT_GROUP_MAX), IMPRINT_TRANSPORT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wake_send_receive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_seven_data_bits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chip_layer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_asks_once_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slow_chip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wake_of_unknown_state_starts_the_watchdog, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wake_of_known_state_is_one_pulse, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gone_at_every_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_disturbed_in_the_middle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_disturbed_at_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_disturbed_flags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deaf, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged_replies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reply_longer_than_the_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_noise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bits_of_slow_chips, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_group_that_is_none, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
