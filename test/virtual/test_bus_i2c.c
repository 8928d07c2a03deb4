/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual chip at its I2C pins: published groups byte for byte, wake rules, word addresses, split and broken
 * transfers, power states, watchdog and execution times.
 */
#include "test/virtual/lab.h"
#include "virtual/chip/virtual_invasive.h"

#define MS 1000000ull

static void open_blank(struct lab *lab)
{
    const struct virtual_making making = {.part = VIRTUAL_BLANK, .has_seed = true, .seed = 1};

    lab_open_part(lab, &making);
}

/* Groups as they travel, CRC included. */
static const struct wire {
    const char *name;
    const char *sent;
    const char *reply;
} wire_vectors[] = {
    {"Info(Revision) of a 608B", "07 30 00 00 00 03 5D", "07 00 00 60 03 83 BB"},
    {"Random while config is unlocked", "07 1B 00 00 00 24 CD",
     "23 FF FF 00 00 FF FF 00 00 FF FF 00 00 FF FF 00 00 FF FF 00 00 FF FF 00 00 FF FF 00 00 FF FF 00 00 41 1A"},
    {"Read of config word 21", "07 02 00 15 00 17 5D", "07 00 00 55 55"},
    {"Nonce to TempKey", "27 16 03 00 00 0000000000000000000000000000000000000000000000000000000000000000 C7 B8",
     "04 00 03 40"},
    {"Nonce to the message buffer",
     "27 16 43 00 00 0000000000000000000000000000000000000000000000000000000000000000 14 3A", "04 00 03 40"},
    {"Nonce, random", "1B 16 00 00 00 0000000000000000000000000000000000000000 7D E0", "23"},
    {"SHA start", "07 47 00 00 00 2E 85", "04 00 03 40"},
    {"Counter 0", "07 24 00 00 00 0C FD", "07 00 00 00 00"},
    {"UpdateExtra", "07 20 01 6A 00 06 83", "04 00 03 40"},
    {"GenKey before the config lock", "07 40 04 00 00 83 87", "04 0F 23 42"},
    {"Sign before the config lock", "07 41 A0 00 00 7B 85", "04 0F 23 42"},
    {"Read of slot 8 before the data lock", "07 02 82 40 01 0A 27", "04 0F 23 42"},
    {"an opcode no part has", "07 99 00 00 00", "04 03 83 42"},
    {"a wrong CRC", "07 30 00 00 00 03 5C", "04 FF 01 42"},
    {"a wrong length", "08 30 00 00 00 00", "04 03 83 42"},
};

static size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t len = 0;

    for (; *hex != '\0'; hex++) {
        if (*hex == ' ')
            continue;
        bytes[len++] = (uint8_t)strtoul((const char[]){hex[0], hex[1], '\0'}, NULL, 16);
        hex++;
    }
    return len;
}

static void test_wire_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wire_vectors / sizeof wire_vectors[0]; i++) {
        struct lab lab;
        uint8_t sent[80];
        uint8_t expected[80];
        size_t sent_len = from_hex(wire_vectors[i].sent, sent);
        const size_t expected_len = from_hex(wire_vectors[i].reply, expected);

        assert_true(sent_len > 0);
        if (sent_len == sent[0] - 2u) { /* the vector leaves the CRC to us */
            const uint16_t crc = lab_crc(sent, sent_len);

            sent[sent_len++] = (uint8_t)crc;
            sent[sent_len++] = (uint8_t)(crc >> 8);
        }
        open_blank(&lab);
        lab_wake(&lab);
        assert_true(lab_write(&lab, 3, sent, sent_len));
        virtual_wait_ns(lab.chip, 200 * MS);
        assert_true(virtual_i2c_start(lab.chip, 0xc1));
        for (size_t at = 0; at < expected_len; at++)
            if (virtual_i2c_read(lab.chip) != expected[at])
                fail_msg("%s: byte %zu", wire_vectors[i].name, at);
        virtual_i2c_stop(lab.chip);
        lab_close(&lab);
    }
}

static void assert_wake_reply(struct lab *lab)
{
    static const uint8_t woken[4] = {0x04, 0x11, 0x33, 0x43};

    assert_true(virtual_i2c_start(lab->chip, virtual_i2c_address(lab->chip) | 1));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(virtual_i2c_read(lab->chip), woken[i]);
    assert_int_equal(virtual_i2c_read(lab->chip), 0xff);
    virtual_i2c_stop(lab->chip);
}

static bool is_awake(struct lab *lab)
{
    const bool acknowledged = virtual_i2c_start(lab->chip, virtual_i2c_address(lab->chip) | 1);

    virtual_i2c_stop(lab->chip);
    return acknowledged;
}

static void test_wake(void **state)
{
    static const struct {
        const char *name;
        uint32_t low_us;
        uint64_t then_us;
        bool awake;
    } rows[] = {
        {"60 us wake", 60, 1500, true},
        {"59 us are not enough", 59, 1500, false},
        {"a long pulse", 5000, 1500, true},
        {"not before 1.5 ms", 60, 1400, false},
    };
    struct lab lab;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_blank(&lab);
        assert_false(is_awake(&lab));
        virtual_i2c_sda_low(lab.chip, rows[i].low_us);
        virtual_wait_ns(lab.chip, rows[i].then_us * 1000);
        if (is_awake(&lab) != rows[i].awake)
            fail_msg("%s", rows[i].name);
        if (rows[i].awake)
            assert_wake_reply(&lab);
        lab_close(&lab);
    }
}

/* Eight zero bits at 100 kHz are 80 microseconds low; at 400 kHz they are 20. */
static void test_wake_by_bus(void **state)
{
    static const struct {
        uint32_t clock_hz;
        uint8_t address;
        bool data;
        bool awake;
    } rows[] = {
        {100000, 0x00, false, true},
        {133000, 0x00, false, true},
        {134000, 0x00, false, false},
        {400000, 0x00, false, false},
        {100000, 0xa0, true, true},
        {100000, 0xa0, false, false},
        /* As a scan of the bus does: six zeros in a row, in an address that is nobody's. */
        {100000, 0x40, false, true},
        {100000, 0x80, false, true},
        {100000, 0x81, false, true},
        {100000, 0x41, false, false},
        {100000, 0x20, false, false},
        {101000, 0x40, false, false},
    };
    struct lab lab;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_blank(&lab);
        virtual_i2c_set_clock(lab.chip, rows[i].clock_hz);
        assert_false(virtual_i2c_start(lab.chip, rows[i].address));
        assert_false(virtual_i2c_write(lab.chip, rows[i].data ? 0x00 : 0x55));
        virtual_i2c_stop(lab.chip);
        virtual_wait_ns(lab.chip, 1500 * 1000);
        assert_int_equal(is_awake(&lab), rows[i].awake);
        lab_close(&lab);
    }
}

static void test_wake_while_awake_changes_nothing(void **state)
{
    struct lab lab;
    struct answer answer;

    (void)state;
    open_blank(&lab);
    lab_wake(&lab);
    assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
    virtual_wait_ns(lab.chip, 5 * MS);
    virtual_i2c_sda_low(lab.chip, 80);
    answer = lab_receive(&lab);
    assert_int_equal(answer.len, 4); /* still the reply to Info */
    lab_close(&lab);
}

static void test_self_test_wakes_slower(void **state)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
    struct lab lab;

    (void)state;
    memcpy(config, lab_config, 128);
    config[90] |= 1;
    lab_open_part(&lab, &making);
    virtual_i2c_sda_low(lab.chip, 80);
    virtual_wait_ns(lab.chip, 19 * MS);
    assert_false(is_awake(&lab));
    virtual_wait_ns(lab.chip, 1 * MS);
    assert_wake_reply(&lab);
    lab_close(&lab);
}

static void test_other_addresses_are_not_ours(void **state)
{
    struct lab lab;

    (void)state;
    open_blank(&lab);
    lab_wake(&lab);
    for (unsigned address = 0; address < 256; address++) {
        assert_int_equal(virtual_i2c_start(lab.chip, (uint8_t)address), (address & 0xfe) == 0xc0);
        virtual_i2c_stop(lab.chip);
    }
    lab_close(&lab);
}

static void test_reads_go_on_and_can_be_repeated(void **state)
{
    static const uint8_t revision[7] = {0x07, 0x00, 0x00, 0x60, 0x03, 0x83, 0xbb};
    struct lab lab;

    (void)state;
    open_blank(&lab);
    lab_wake(&lab);
    assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
    virtual_wait_ns(lab.chip, 5 * MS);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 7; i++) { /* one transaction per byte: the counter survives the stop */
            assert_true(virtual_i2c_start(lab.chip, 0xc1));
            assert_int_equal(virtual_i2c_read(lab.chip), revision[i]);
            virtual_i2c_stop(lab.chip);
        }
        assert_true(virtual_i2c_start(lab.chip, 0xc1));
        assert_int_equal(virtual_i2c_read(lab.chip), 0xff);
        virtual_i2c_stop(lab.chip);
        if (round == 0) {
            assert_true(lab_write(&lab, 0, NULL, 0));
        } else { /* a repeated start ends the reset too */
            assert_true(virtual_i2c_start(lab.chip, 0xc0));
            assert_true(virtual_i2c_write(lab.chip, 0));
            assert_true(virtual_i2c_start(lab.chip, 0xc1));
        }
    }
    lab_close(&lab);
}

static void test_command_may_be_split(void **state)
{
    static const uint8_t info[7] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5d};
    struct lab lab;

    (void)state;
    open_blank(&lab);
    for (size_t first = 1; first < 7; first++) {
        lab_wake(&lab);
        assert_true(lab_write(&lab, 3, info, first));
        assert_false(is_awake(&lab)); /* nothing to read while a command is half in */
        assert_true(lab_write(&lab, 3, info + first, 7 - first));
        assert_int_equal(lab_receive(&lab).len, 4);
        /* Half a command is dropped by a reset of the counter. */
        assert_true(lab_write(&lab, 3, info, first));
        assert_true(lab_write(&lab, 0, NULL, 0));
        assert_true(lab_write(&lab, 3, info, 7));
        assert_int_equal(lab_receive(&lab).len, 4);
        lab_idle(&lab);
    }
    lab_close(&lab);
}

/* One buffer: the first byte of a command takes the place of the reply before it. */
static void test_command_overwrites_reply(void **state)
{
    static const uint8_t info[7] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5d};
    struct lab lab;

    (void)state;
    open_blank(&lab);
    lab_wake(&lab);
    assert_true(lab_write(&lab, 3, info, 1));
    assert_true(lab_write(&lab, 0, NULL, 0));
    assert_true(virtual_i2c_start(lab.chip, 0xc1));
    assert_int_equal(virtual_i2c_read(lab.chip), 0xff);
    virtual_i2c_stop(lab.chip);
    lab_close(&lab);
}

static void test_nothing_runs_without_a_stop(void **state)
{
    static const uint8_t info[7] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5d};
    struct virtual_counters counters;
    struct lab lab;

    (void)state;
    open_blank(&lab);
    lab_wake(&lab);
    assert_true(virtual_i2c_start(lab.chip, 0xc0));
    assert_true(virtual_i2c_write(lab.chip, 3));
    for (unsigned i = 0; i < 7; i++)
        assert_true(virtual_i2c_write(lab.chip, info[i]));
    assert_false(virtual_i2c_write(lab.chip, 0)); /* more than the count */
    assert_false(virtual_i2c_start(lab.chip, 0xc1));
    virtual_i2c_stop(lab.chip);
    virtual_read_counters(lab.chip, &counters);
    assert_int_equal(counters.commands, 0);
    assert_true(lab_write(&lab, 0, NULL, 0));
    assert_true(lab_write(&lab, 3, info, 7));
    assert_int_equal(lab_receive(&lab).len, 4);
    lab_close(&lab);
}

static void test_impossible_counts(void **state)
{
    static const uint8_t counts[] = {0, 1, 6, 163, 200, 255};
    struct lab lab;

    (void)state;
    open_blank(&lab);
    for (size_t i = 0; i < sizeof counts; i++) {
        lab_wake(&lab);
        assert_true(lab_write(&lab, 3, &counts[i], 1));
        assert_int_equal(lab_receive(&lab).status, 0xff);
        lab_idle(&lab);
    }
    lab_close(&lab);
}

/* A group cut off anywhere is waited for, and nothing is read meanwhile; reset, idle or sleep drop what there is of it.
 */
static void test_truncated_groups(void **state)
{
    static const uint8_t ways_out[] = {0x00, 0x02, 0x01};
    uint8_t nonce[39] = {39, 0x16, 0x03};
    const uint16_t crc = lab_crc(nonce, 37);
    uint8_t before[32];
    uint8_t after[32];
    struct lab lab;

    (void)state;
    nonce[37] = (uint8_t)crc;
    nonce[38] = (uint8_t)(crc >> 8);
    open_blank(&lab);
    virtual_digest(lab.chip, before);
    for (size_t cut = 1; cut < sizeof nonce; cut++) {
        lab_wake(&lab);
        assert_true(lab_write(&lab, 3, nonce, cut));
        assert_false(virtual_i2c_start(lab.chip, 0xc1));
        virtual_i2c_stop(lab.chip);
        assert_true(lab_write(&lab, ways_out[cut % 3], NULL, 0));
        if (cut % 3 == 0) {
            assert_true(lab_write(&lab, 3, nonce, sizeof nonce)); /* from the beginning, and whole */
            assert_int_equal(lab_receive(&lab).status, 0);
        }
        assert_int_equal(lab_command(&lab, 0x30, 0, 0, NULL, 0).len, 4);
        lab_sleep(&lab);
    }
    virtual_digest(lab.chip, after);
    assert_memory_equal(before, after, 32);
    lab_close(&lab);
}

/* Bytes beyond the count are not acknowledged, however many; the group itself is executed. */
static void test_overlong_groups(void **state)
{
    uint8_t info[7] = {7, 0x30};
    const uint16_t crc = lab_crc(info, 5);
    struct lab lab;

    (void)state;
    info[5] = (uint8_t)crc;
    info[6] = (uint8_t)(crc >> 8);
    open_blank(&lab);
    lab_wake(&lab);
    assert_true(virtual_i2c_start(lab.chip, 0xc0));
    assert_true(virtual_i2c_write(lab.chip, 3));
    for (size_t at = 0; at < sizeof info; at++)
        assert_true(virtual_i2c_write(lab.chip, info[at]));
    for (unsigned more = 0; more < 1000; more++)
        assert_false(virtual_i2c_write(lab.chip, (uint8_t)more));
    virtual_i2c_stop(lab.chip);
    assert_int_equal(lab_receive(&lab).len, 4);
    lab_close(&lab);
}

static void test_reserved_word_addresses(void **state)
{
    static const uint8_t words[] = {0x04, 0x77, 0xff};
    struct lab lab;

    (void)state;
    open_blank(&lab);
    lab_wake(&lab);
    for (size_t i = 0; i < sizeof words; i++) {
        assert_true(virtual_i2c_start(lab.chip, 0xc0));
        assert_true(virtual_i2c_write(lab.chip, words[i]));
        assert_false(virtual_i2c_write(lab.chip, 0x07));
        virtual_i2c_stop(lab.chip);
    }
    assert_wake_reply(&lab);
    lab_close(&lab);
}

static void test_busy_is_not_acknowledged(void **state)
{
    struct virtual_counters counters;
    uint64_t sent_ns = 0;
    struct lab lab;

    (void)state;
    open_blank(&lab);
    assert_int_equal(virtual_busy_ns(lab.chip), 0); /* asleep: nothing to wait for */
    lab_wake(&lab);
    assert_int_equal(virtual_busy_ns(lab.chip), 0);
    assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
    sent_ns = virtual_now_ns(lab.chip);
    assert_in_range(virtual_busy_ns(lab.chip), 5 * MS - 100 * 1000, 5 * MS);
    while (!is_awake(&lab))
        virtual_wait_ns(lab.chip, 10 * 1000);
    assert_in_range(virtual_now_ns(lab.chip) - sent_ns, 5 * MS, 5 * MS + 100 * 1000);
    virtual_read_counters(lab.chip, &counters);
    assert_int_equal(counters.execution_ns, 5 * MS);
    assert_int_equal(counters.commands, 1);
    lab_close(&lab);
}

/* Sleep loses TempKey, idle keeps it; both lose the reply. */
static void test_idle_and_sleep(void **state)
{
    struct answer info;
    struct lab lab;

    (void)state;
    open_blank(&lab);
    lab_nonce_fixed(&lab, lab_key); /* ends in idle */
    assert_false(is_awake(&lab));
    lab_wake(&lab);
    assert_wake_reply(&lab);
    lab_idle(&lab);
    info = lab_command(&lab, 0x30, 2, 0, NULL, 0);
    assert_int_equal(info.bytes[1] & 0x80, 0x80);
    lab_wake(&lab);
    lab_sleep(&lab);
    info = lab_command(&lab, 0x30, 2, 0, NULL, 0);
    assert_int_equal(info.bytes[1] & 0x80, 0);
    lab_nonce_fixed(&lab, lab_key);
    virtual_power_cycle(lab.chip);
    info = lab_command(&lab, 0x30, 2, 0, NULL, 0);
    assert_int_equal(info.bytes[1] & 0x80, 0);
    lab_close(&lab);
}

static void test_sleep_acts_on_stop(void **state)
{
    struct lab lab;

    (void)state;
    open_blank(&lab);
    lab_wake(&lab);
    assert_true(virtual_i2c_start(lab.chip, 0xc0));
    assert_true(virtual_i2c_write(lab.chip, 1));
    assert_true(virtual_i2c_start(lab.chip, 0xc1)); /* no stop yet: still awake */
    virtual_i2c_stop(lab.chip);
    assert_true(is_awake(&lab));
    lab_sleep(&lab);
    assert_false(is_awake(&lab));
    lab_close(&lab);
}

static void test_watchdog(void **state)
{
    struct answer answer;
    struct lab lab;

    (void)state;
    open_blank(&lab);
    lab_wake(&lab);
    virtual_wait_ns(lab.chip, 1290 * MS);
    assert_true(is_awake(&lab));
    assert_true(lab_send(&lab, 0x1b, 0, 0, NULL, 0)); /* 23 ms are not left */
    answer = lab_receive(&lab);
    assert_int_equal(answer.status, 0xee);
    virtual_wait_ns(lab.chip, 10 * MS);
    assert_false(is_awake(&lab));
    lab_wake(&lab); /* the watchdog starts with the wake, commands do not restart it */
    for (unsigned i = 0; i < 12; i++) {
        virtual_wait_ns(lab.chip, 100 * MS);
        assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
        assert_int_equal(lab_receive(&lab).len, 4);
    }
    virtual_wait_ns(lab.chip, 100 * MS);
    assert_false(is_awake(&lab));
    lab_close(&lab);
}

static void test_long_watchdog(void **state)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
    struct lab lab;

    (void)state;
    memcpy(config, lab_config, 128);
    config[19] = 0x04;
    lab_open_part(&lab, &making);
    lab_wake(&lab);
    virtual_wait_ns(lab.chip, 9990 * MS);
    assert_true(is_awake(&lab));
    virtual_wait_ns(lab.chip, 10 * MS);
    assert_false(is_awake(&lab));
    lab_close(&lab);
}

/* Times by part and clock divider. */
static void test_execution_times(void **state)
{
    static const struct {
        uint8_t revision;
        uint8_t chip_mode;
        uint64_t random_ms;
        uint64_t sha_ms;
    } rows[] = {
        {0x50, 0x00, 23, 9}, {0x60, 0x00, 23, 36}, {0x60, 0x28, 23, 42}, {0x60, 0x68, 23, 75}, {0x60, 0xf8, 23, 75},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t config[128];
        const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
        struct virtual_counters counters;
        struct lab lab;

        memcpy(config, lab_config, 128);
        config[6] = rows[i].revision;
        config[19] = rows[i].chip_mode;
        lab_open_part(&lab, &making);
        assert_int_equal(lab_command(&lab, 0x1b, 0, 0, NULL, 0).len, 32);
        assert_int_equal(lab_status(&lab, 0x47, 0, 0), 0);
        virtual_read_counters(lab.chip, &counters);
        assert_int_equal(counters.execution_ns, (rows[i].random_ms + rows[i].sha_ms) * MS);
        assert_int_equal(counters.wakes, 2);
        lab_close(&lab);
    }
}

/* A new address counts from the next sleep on. */
static void test_address_change(void **state)
{
    static const uint8_t words[4] = {0x6c, 0x00, 0x00, 0x01};
    struct lab lab;

    (void)state;
    open_blank(&lab);
    assert_int_equal(lab_command(&lab, 0x12, 0x00, 4, words, 4).status, 0);
    assert_int_equal(virtual_i2c_address(lab.chip), 0xc0);
    lab_wake(&lab);
    lab_sleep(&lab);
    assert_int_equal(virtual_i2c_address(lab.chip), 0x6c);
    assert_int_equal(lab_status(&lab, 0x20, 1, 0x35 << 1), 0);
    assert_int_equal(virtual_i2c_address(lab.chip), 0x6c);
    virtual_power_cycle(lab.chip);
    assert_int_equal(virtual_i2c_address(lab.chip), 0x35 << 1);
    assert_int_equal(lab_command(&lab, 0x30, 0, 0, NULL, 0).len, 4);
    lab_close(&lab);
}

static void test_bus_time_and_bytes(void **state)
{
    struct virtual_counters counters;
    uint64_t before_ns = 0;
    struct lab lab;

    (void)state;
    open_blank(&lab);
    lab_wake(&lab);
    virtual_i2c_set_clock(lab.chip, 100000);
    virtual_i2c_set_clock(lab.chip, 0); /* no clock is no change */
    before_ns = virtual_now_ns(lab.chip);
    assert_wake_reply(&lab); /* start, address, five bytes, stop */
    assert_int_equal(virtual_now_ns(lab.chip) - before_ns, (1 + 9 + 5 * 9 + 1) * 10000);
    virtual_read_counters(lab.chip, &counters);
    assert_int_equal(counters.bus_bytes, 6);
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_vectors),
        cmocka_unit_test(test_wake),
        cmocka_unit_test(test_wake_by_bus),
        cmocka_unit_test(test_wake_while_awake_changes_nothing),
        cmocka_unit_test(test_self_test_wakes_slower),
        cmocka_unit_test(test_other_addresses_are_not_ours),
        cmocka_unit_test(test_reads_go_on_and_can_be_repeated),
        cmocka_unit_test(test_command_may_be_split),
        cmocka_unit_test(test_command_overwrites_reply),
        cmocka_unit_test(test_nothing_runs_without_a_stop),
        cmocka_unit_test(test_impossible_counts),
        cmocka_unit_test(test_truncated_groups),
        cmocka_unit_test(test_overlong_groups),
        cmocka_unit_test(test_reserved_word_addresses),
        cmocka_unit_test(test_busy_is_not_acknowledged),
        cmocka_unit_test(test_idle_and_sleep),
        cmocka_unit_test(test_sleep_acts_on_stop),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_long_watchdog),
        cmocka_unit_test(test_execution_times),
        cmocka_unit_test(test_address_change),
        cmocka_unit_test(test_bus_time_and_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
