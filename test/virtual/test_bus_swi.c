/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The single wire through a UART: tokens, flags, turnaround, what happens when somebody gets lost; and the GPIO beside
 * it, typical times and real time.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "test/virtual/cabinet.h"
#include "virtual/chip/virtual_invasive.h"

#include <time.h>

#define MS 1000000ull
#define BAUD 230400u
#define QUIET (-1)

static const uint8_t info[8] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5d};
static const uint8_t woken[4] = {0x04, 0x11, 0x33, 0x43};
static const uint8_t revision[7] = {0x07, 0x00, 0x00, 0x60, 0x03, 0x83, 0xbb};

/* A blank single-wire part; byte 16 is the GPIO's configuration. */
static void open_part(struct lab *lab, uint8_t gpio)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config, .has_seed = true, .seed = 3};

    memcpy(config, cabinet_config, 128);
    config[14] = 0x54;
    config[16] = gpio;
    lab_open_part(lab, &making);
}

static void wake(struct lab *lab)
{
    virtual_swi_send(lab->chip, 115200, 0x00);
    virtual_wait_ns(lab->chip, 1500 * 1000);
}

static void drain(struct lab *lab)
{
    uint8_t bytes[64];
    size_t len = 0;

    do
        len = virtual_swi_receive(lab->chip, bytes, sizeof bytes);
    while (len != 0);
}

static void send_byte(struct lab *lab, uint8_t byte)
{
    for (unsigned bit = 0; bit < 8; bit++)
        virtual_swi_send(lab->chip, BAUD, (byte >> bit & 1) != 0 ? 0x7f : 0x7d);
}

static void send_flag(struct lab *lab, uint8_t flag)
{
    drain(lab);
    send_byte(lab, flag);
}

static void send_group(struct lab *lab, const uint8_t *group, size_t len)
{
    send_flag(lab, 0x77);
    for (size_t i = 0; i < len; i++)
        send_byte(lab, group[i]);
}

/* Asks for the reply. Returns its length, QUIET when nothing comes but the echo, which is checked. */
static int ask(struct lab *lab, uint8_t *reply, size_t cap)
{
    static const uint8_t flag[8] = {0x7d, 0x7d, 0x7d, 0x7f, 0x7d, 0x7d, 0x7d, 0x7f}; /* 88 */
    uint8_t tokens[8];
    int len = 0;

    send_flag(lab, 0x88);
    assert_int_equal(virtual_swi_receive(lab->chip, tokens, 8), 8);
    assert_memory_equal(tokens, flag, 8);
    while (virtual_swi_receive(lab->chip, tokens, 8) == 8) {
        assert_in_range(len, 0, cap - 1);
        reply[len] = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            assert_true(tokens[bit] == 0x7f || tokens[bit] == 0x7d);
            reply[len] |= (uint8_t)((tokens[bit] == 0x7f) << bit);
        }
        len++;
    }
    return len == 0 ? QUIET : len;
}

static void assert_reply(struct lab *lab, const uint8_t *expected, int len)
{
    uint8_t reply[200];

    assert_int_equal(ask(lab, reply, sizeof reply), len);
    assert_memory_equal(reply, expected, (size_t)len);
}

static void assert_quiet(struct lab *lab)
{
    uint8_t reply[200];

    assert_int_equal(ask(lab, reply, sizeof reply), QUIET);
}

static void test_talk(void **state)
{
    struct virtual_counters counters;
    uint64_t before = 0;
    struct lab lab;

    (void)state;
    open_part(&lab, 0x03);
    assert_quiet(&lab); /* asleep */
    wake(&lab);
    assert_reply(&lab, woken, 4);
    send_group(&lab, info, 7);
    assert_quiet(&lab); /* busy */
    virtual_wait_ns(lab.chip, 5 * MS);
    assert_reply(&lab, revision, 7);
    before = virtual_now_ns(lab.chip);
    assert_reply(&lab, revision, 7); /* once more */
    /* 8 tokens of 39 us, turnaround, 56 bits of 54 us */
    assert_in_range(virtual_now_ns(lab.chip) - before, 3400 * 1000, 3500 * 1000);
    virtual_read_counters(lab.chip, &counters);
    assert_int_equal(counters.groups, 1);
    assert_int_equal(counters.transactions, 4); /* flags that it heard */
    lab_close(&lab);
}

static void test_uart_forms(void **state)
{
    struct lab lab;

    (void)state;
    open_part(&lab, 0x03);
    virtual_swi_send(lab.chip, BAUD, 0x00); /* 35 us are no wake pulse */
    virtual_wait_ns(lab.chip, 2 * MS);
    assert_quiet(&lab);
    virtual_swi_send(lab.chip, 115200, 0x80); /* an 8-bit UART */
    virtual_wait_ns(lab.chip, 2 * MS);
    drain(&lab);
    for (unsigned bit = 0; bit < 8; bit++)
        virtual_swi_send(lab.chip, BAUD, (0x88 >> bit & 1) != 0 ? 0xff : 0xfd);
    {
        uint8_t bytes[64];

        assert_int_equal(virtual_swi_receive(lab.chip, bytes, sizeof bytes), 8 + 4 * 8);
        assert_int_equal(bytes[0], 0xfd);
    }
    lab_close(&lab);
}

static void test_idle_and_sleep(void **state)
{
    static const uint8_t flags[] = {0xbb, 0xcc};
    struct lab lab;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t group[39] = {39, 0x16, 0x03};
        const uint8_t state_group[7] = {7, 0x30, 0x02, 0x00, 0x00, 0x00, 0x00};
        uint8_t question[7];
        uint8_t reply[16];
        uint16_t crc = 0;

        open_part(&lab, 0x03);
        wake(&lab);
        crc = lab_crc(group, 37);
        group[37] = (uint8_t)crc;
        group[38] = (uint8_t)(crc >> 8);
        send_group(&lab, group, 39);
        virtual_wait_ns(lab.chip, 30 * MS);
        assert_int_equal(ask(&lab, reply, sizeof reply), 4);
        send_flag(&lab, flags[i]);
        assert_quiet(&lab);
        wake(&lab);
        memcpy(question, state_group, 7);
        crc = lab_crc(question, 5);
        question[5] = (uint8_t)crc;
        question[6] = (uint8_t)(crc >> 8);
        send_group(&lab, question, 7);
        virtual_wait_ns(lab.chip, 5 * MS);
        assert_int_equal(ask(&lab, reply, sizeof reply), 7);
        assert_int_equal(reply[2] & 0x80, flags[i] == 0xbb ? 0x80 : 0); /* TempKey */
        lab_close(&lab);
    }
}

/* What is left in the middle ends in sleep, 65 ms after the last token. */
static void test_lost(void **state)
{
    enum { HALF_A_GROUP, HALF_A_BYTE, ILLEGAL_TOKEN, WRONG_BAUD, RESERVED_FLAG, CASES };

    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        struct lab lab;

        open_part(&lab, 0x03);
        wake(&lab);
        if (i == HALF_A_GROUP)
            send_group(&lab, info, 4);
        else if (i == HALF_A_BYTE)
            virtual_swi_send(lab.chip, BAUD, 0x7f);
        else if (i == ILLEGAL_TOKEN)
            virtual_swi_send(lab.chip, BAUD, 0x7b);
        else if (i == WRONG_BAUD)
            virtual_swi_send(lab.chip, 300000, 0x7f);
        else
            send_flag(&lab, 0x99);
        virtual_wait_ns(lab.chip, 64 * MS);
        virtual_wait_ns(lab.chip, 2 * MS);
        assert_quiet(&lab); /* asleep */
        wake(&lab);
        assert_reply(&lab, woken, 4);
        send_group(&lab, info, 7);
        virtual_wait_ns(lab.chip, 200 * MS); /* no timeout while it runs or waits to be asked */
        assert_reply(&lab, revision, 7);
        lab_close(&lab);
    }
}

static void test_wake_while_awake(void **state)
{
    struct lab lab;

    (void)state;
    open_part(&lab, 0x03);
    wake(&lab);
    send_group(&lab, info, 7);
    virtual_wait_ns(lab.chip, 5 * MS);
    wake(&lab);
    assert_reply(&lab, woken, 4); /* in the place of the reply */
    send_group(&lab, info, 3);
    wake(&lab); /* the I/O starts anew */
    send_group(&lab, info, 7);
    wake(&lab); /* busy: not heard */
    virtual_wait_ns(lab.chip, 5 * MS);
    assert_reply(&lab, revision, 7);
    lab_close(&lab);
}

/* Counts that no group has, a wrong CRC: answered, and in step again. */
static void test_damaged_groups(void **state)
{
    static const uint8_t damaged[4] = {0x04, 0xff, 0x01, 0x42};
    static const uint8_t counts[] = {0, 6, 163, 255};
    uint8_t group[7];
    struct lab lab;

    (void)state;
    open_part(&lab, 0x03);
    wake(&lab);
    for (unsigned i = 0; i < 4; i++) {
        send_group(&lab, &counts[i], 1);
        virtual_wait_ns(lab.chip, 5 * MS);
        assert_reply(&lab, damaged, 4);
    }
    memcpy(group, info, 7);
    group[5] ^= 4;
    send_group(&lab, group, 7);
    virtual_wait_ns(lab.chip, 5 * MS);
    assert_reply(&lab, damaged, 4);
    lab_close(&lab);
}

/* A host that talks into the reply, and one that never reads. */
static void test_collision(void **state)
{
    uint8_t bytes[2048];
    struct lab lab;

    (void)state;
    open_part(&lab, 0x03);
    wake(&lab);
    send_flag(&lab, 0x88);
    send_byte(&lab, 0x88);
    assert_int_equal(virtual_swi_receive(lab.chip, bytes, sizeof bytes), 8 + 8 + 4 * 8);
    for (unsigned i = 0; i < 3000; i++)
        virtual_swi_send(lab.chip, 115200, 0x00);
    assert_int_equal(virtual_swi_receive(lab.chip, bytes, sizeof bytes), 2048);
    assert_int_equal(virtual_swi_receive(lab.chip, bytes, sizeof bytes), 0);
    lab_close(&lab);
}

/* The watchdog strikes in the middle of a reply: what was sent is heard, and no more. */
static void test_reply_cut_short(void **state)
{
    uint8_t bytes[200];
    size_t len = 0;
    struct lab lab;

    (void)state;
    open_part(&lab, 0x03);
    wake(&lab);
    virtual_wait_ns(lab.chip, 1297 * MS + 500000);
    send_flag(&lab, 0x88);
    virtual_wait_ns(lab.chip, 0);
    len = virtual_swi_receive(lab.chip, bytes, sizeof bytes);
    assert_in_range(len, 9, 39);
    assert_int_equal(virtual_swi_receive(lab.chip, bytes, sizeof bytes), 0);
    lab_close(&lab);
}

static void test_faults(void **state)
{
    static const struct {
        const char *id;
        bool dead;
    } rows[] = {{"buscut@1", true}, {"busnack@1", false}, {"nack@1", false}, {"silent@1", true}, {"cut@1", true}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lab lab;

        open_part(&lab, 0x03);
        assert_true(virtual_arm_fault(lab.chip, rows[i].id));
        wake(&lab);
        send_group(&lab, info, 7);
        virtual_wait_ns(lab.chip, 100 * MS);
        assert_quiet(&lab);
        virtual_wait_ns(lab.chip, 100 * MS);
        if (rows[i].dead) {
            wake(&lab);
            assert_quiet(&lab);
            virtual_power_cycle(lab.chip);
        }
        wake(&lab);
        assert_reply(&lab, woken, 4);
        lab_close(&lab);
    }
}

static void test_i2c_part_does_not_listen(void **state)
{
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    wake(&lab);
    assert_quiet(&lab);
    lab_close(&lab);
}

/* ---- GPIO ---- */

static void test_gpio(void **state)
{
    static const struct {
        uint8_t config;
        int read;
        int set;
        bool level; /* at first */
    } rows[] = {
        {0x00, 0x03, 0x03, false}, {0x03, 0x00, 0x00, false}, {0x07, 0x00, 0x00, true},
        {0x02, 0x00, 0x0f, false}, {0xe1, 0x00, 0x0f, false}, {0xe9, 0x00, 0x0f, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lab lab;

        open_part(&lab, rows[i].config);
        assert_int_equal(lab_status(&lab, 0x30, 3, 0), rows[i].read);
        assert_int_equal(lab_status(&lab, 0x30, 3, 1), 0x03);
        assert_int_equal(virtual_gpio_level(lab.chip), rows[i].level);
        assert_int_equal(lab_status(&lab, 0x30, 3, rows[i].level ? 2 : 3), rows[i].set);
        assert_int_equal(virtual_gpio_level(lab.chip), rows[i].level != (rows[i].set == 0));
        virtual_power_cycle(lab.chip);
        assert_int_equal(virtual_gpio_level(lab.chip), rows[i].level);
        virtual_gpio_drive(lab.chip, !rows[i].level);
        assert_int_equal(virtual_gpio_level(lab.chip), rows[i].level != (rows[i].config == 0x02));
        lab_close(&lab);
    }
}

/* ---- time ---- */

static void test_typical_times(void **state)
{
    static const struct {
        uint8_t opcode;
        uint8_t param1;
        uint8_t clock; /* ChipMode */
        uint64_t maximum_ns;
        uint64_t typical_ns;
    } rows[] = {
        {0x30, 0x00, 0x00, 5 * MS, 1 * MS},
        {0x40, 0x04, 0x00, 115 * MS, 60 * MS},
        {0x40, 0x04, 0x28, 215 * MS, 112 * MS},
        {0x40, 0x04, 0x68, 653 * MS, 340 * MS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t config[128];
        struct virtual_counters counters;
        struct lab lab;

        memcpy(config, cabinet_config, 128);
        config[19] = rows[i].clock;
        cabinet_open(&lab, config);
        lab_reopen(&lab);
        assert_int_equal(lab_command(&lab, rows[i].opcode, rows[i].param1, 0, NULL, 0).status, 0);
        virtual_read_counters(lab.chip, &counters);
        assert_int_equal(counters.execution_ns, rows[i].maximum_ns);
        virtual_set_times(lab.chip, VIRTUAL_TIMES_TYPICAL);
        assert_int_equal(lab_command(&lab, rows[i].opcode, rows[i].param1, 0, NULL, 0).status, 0);
        virtual_read_counters(lab.chip, &counters);
        assert_in_range(counters.execution_ns - rows[i].maximum_ns, rows[i].typical_ns, rows[i].typical_ns + MS);
        lab_close(&lab);
    }
}

/* Neither bits nor commands nor waking take time; the watchdog, which only waiting moves, still strikes. */
static void test_no_times(void **state)
{
    uint8_t reply[8];
    uint64_t start = 0;
    struct lab lab;

    (void)state;
    open_part(&lab, 0);
    virtual_set_times(lab.chip, VIRTUAL_TIMES_NONE);
    start = virtual_now_ns(lab.chip);
    virtual_swi_send(lab.chip, 115200, 0x00);
    assert_int_equal(ask(&lab, reply, sizeof reply), 4);
    assert_memory_equal(reply, woken, 4);
    for (int i = 0; i < 100; i++) {
        send_group(&lab, info, 7);
        assert_int_equal(ask(&lab, reply, sizeof reply), 7);
        assert_memory_equal(reply, revision, 7);
    }
    assert_int_equal(virtual_now_ns(lab.chip), start);
    virtual_wait_ns(lab.chip, 1299 * MS);
    assert_int_equal(ask(&lab, reply, sizeof reply), 7);
    send_group(&lab, info, 7); /* 5 ms at most, and 1 is left: 0xEE */
    assert_int_equal(ask(&lab, reply, sizeof reply), 4);
    assert_int_equal(reply[1], 0xee);
    virtual_wait_ns(lab.chip, 1 * MS);
    assert_int_equal(ask(&lab, reply, sizeof reply), QUIET);
    assert_true(virtual_arm_fault(lab.chip, "watchdog@102"));
    virtual_swi_send(lab.chip, 115200, 0x00);
    send_group(&lab, info, 7);
    assert_int_equal(ask(&lab, reply, sizeof reply), QUIET);
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talk),
        cmocka_unit_test(test_uart_forms),
        cmocka_unit_test(test_idle_and_sleep),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_wake_while_awake),
        cmocka_unit_test(test_damaged_groups),
        cmocka_unit_test(test_collision),
        cmocka_unit_test(test_reply_cut_short),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_i2c_part_does_not_listen),
        cmocka_unit_test(test_gpio),
        cmocka_unit_test(test_typical_times),
        cmocka_unit_test(test_no_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
