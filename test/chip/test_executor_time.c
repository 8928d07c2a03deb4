/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The executor over time, against a scripted bus: patience, the watchdog's window, what sleep and idle do to registers;
 * and what stands before and after the bus: guard, limits, counters.
 */
#include "chip/chip.h"

#include "chip/command.h"
#include "test/chip/calls.h"
#include "test/chip/scripted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Twenty pulses, over at least the longest command that an interrupted program may have left running. */
static void test_wake_gives_up(void **state)
{
    static const struct scripted_step steps[] = {{.kind = SCRIPT_ALWAYS, .status = TRANSPORT_NO_ANSWER}};
    struct scripted script;
    struct transport transport = scripted_init(&script, "give up", steps);
    struct chip chip;

    (void)state;
    chip_init(&chip, &transport);
    assert_int_equal(make_call(&chip, &call_write, NULL, NULL), CHIP_NO_ANSWER);
    assert_int_equal(chip.counters.wakes, 20);
    assert_true(script.now_us > 653000 && script.now_us < 1000000);
    assert_int_equal(chip.counters.commands, 0);
}

/* Whatever disturbed a reply gets a millisecond to pass before each further reading. */
static void test_rereads_take_their_time(void **state)
{
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES, SCRIPT_SENDS(INFO), SCRIPT_GARBLES, SCRIPT_GARBLES, SCRIPT_GARBLES, SCRIPT_ANSWERS(FOUR), {0},
    };
    struct scripted script;
    struct transport transport = scripted_init(&script, "rereads", steps);
    struct chip chip;
    uint8_t memory[64];
    struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};

    (void)state;
    chip_init(&chip, &transport);
    assert_int_equal(make_call(&chip, &call_info, &reply, NULL), CHIP_OK);
    assert_true(script.now_us - script.sent_at_us >= 3000);
    assert_int_equal(chip.counters.polls, 4);
}

/* A slow part is waited for, up to 2.5 s; the bus is not flooded meanwhile. */
static void test_patience(void **state)
{
    static const struct {
        uint32_t busy_us;
        enum chip_status status;
    } parts[] = {{5000, CHIP_OK}, {115000, CHIP_OK}, {2400000, CHIP_OK}, {2700000, CHIP_REPLY_LOST}};

    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct scripted_step answered[] = {
            SCRIPT_WAKES, SCRIPT_SENDS(GENKEY), {.kind = SCRIPT_REPLY, .hex = FOUR, .busy_us = parts[i].busy_us}, {0}};
        struct scripted script;
        struct transport transport = scripted_init(&script, "patience", answered);
        struct chip chip;
        uint8_t memory[64];
        struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};

        chip_init(&chip, &transport);
        assert_int_equal(make_call(&chip, &call_genkey, &reply, NULL), parts[i].status);
        assert_true(script.smallest_delay_us >= 100);
        assert_true(chip.counters.polls < 250);
        if (parts[i].status == CHIP_OK) {
            uint64_t took_us = script.now_us - script.sent_at_us;

            /* GenKey is not asked for before 5.5 ms. */
            assert_true(took_us < 5700 || took_us < parts[i].busy_us + parts[i].busy_us / 20);
        }
    }
}

/* Commands follow one another in one wake period until the next might not fit: 0.7 s. */
static void test_watchdog_window(void **state)
{
    struct scripted_step steps[3 * 2 + 4 * 2 * 10] = {SCRIPT_WAKES};
    struct scripted script;
    struct transport transport;
    struct chip chip;
    uint8_t memory[64];
    struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};
    size_t at = 3;
    uint32_t wakes = 1;

    (void)state;
    /* 100 ms each, 115 ms at worst: six fit into 0.7 s. */
    for (unsigned i = 0; i < 10; i++) {
        if (i == 6) {
            steps[at++] = (struct scripted_step)SCRIPT_IDLES;
            steps[at++] = (struct scripted_step){.kind = SCRIPT_WAKE};
            steps[at++] = (struct scripted_step){.kind = SCRIPT_REPLY, .hex = "11"};
            wakes++;
        }
        steps[at++] = (struct scripted_step)SCRIPT_SENDS(GENKEY);
        steps[at++] = (struct scripted_step){.kind = SCRIPT_REPLY, .hex = FOUR, .busy_us = 97000};
    }
    transport = scripted_init(&script, "watchdog window", steps);
    chip_init(&chip, &transport);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(make_call(&chip, &call_genkey, &reply, NULL), CHIP_OK);
    scripted_done(&script);
    assert_int_equal(chip.counters.wakes, wakes);
    assert_int_equal(chip.counters.resends, 0);
}

/* Idle keeps TempKey: a sequence that is cut by the window goes on. */
static void test_registers_survive_the_window(void **state)
{
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES,       SCRIPT_SENDS(NONCE), SCRIPT_ANSWERS("00"), SCRIPT_IDLES,
        SCRIPT_WAKES_AGAIN, SCRIPT_SENDS(SIGN),  SCRIPT_ANSWERS(FOUR), {0},
    };
    struct scripted script;
    struct transport transport = scripted_init(&script, "window", steps);
    struct chip chip;
    uint8_t memory[64];
    struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};

    (void)state;
    chip_init(&chip, &transport);
    assert_int_equal(make_call(&chip, &call_nonce, NULL, NULL), CHIP_OK);
    script.now_us += 650000;
    assert_int_equal(make_call(&chip, &call_sign, &reply, NULL), CHIP_OK);
    scripted_done(&script);
}

static void test_gone_at_the_window(void **state)
{
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES,
        SCRIPT_SENDS(NONCE),
        SCRIPT_ANSWERS("00"),
        {.kind = SCRIPT_ALWAYS, .status = TRANSPORT_GONE},
    };
    struct scripted script;
    struct transport transport = scripted_init(&script, "gone at the window", steps);
    struct chip chip;
    uint8_t memory[64];
    struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};

    (void)state;
    chip_init(&chip, &transport);
    assert_int_equal(make_call(&chip, &call_nonce, NULL, NULL), CHIP_OK);
    /* cppcheck-suppress unreadVariable ; the transport's clock reads it */
    script.now_us += 650000;
    assert_int_equal(make_call(&chip, &call_sign, &reply, NULL), CHIP_GONE);
}

/* A command that alone is longer than the window goes out right after a fresh wake, and only once woken. */
static void test_longer_than_the_window(void **state)
{
    static const struct chip_command slow = {
        .name = "slow", .opcode = 0x30, .exec_max_ms = 1085, .first_poll_us = 100, .repeatable = true};
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES,       SCRIPT_SENDS(INFO), SCRIPT_ANSWERS("00"), SCRIPT_IDLES,
        SCRIPT_WAKES_AGAIN, SCRIPT_SENDS(INFO), SCRIPT_ANSWERS("00"), {0},
    };
    struct scripted script;
    struct transport transport = scripted_init(&script, "long", steps);
    struct chip chip;

    (void)state;
    chip_init(&chip, &transport);
    for (int i = 0; i < 2; i++)
        assert_int_equal(chip_execute(&chip, &slow, 0, 0, BYTES_NONE, NULL, NULL), CHIP_OK);
    scripted_done(&script);
}

static void test_sleep_forgets(void **state)
{
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES, SCRIPT_SENDS(NONCE), SCRIPT_ANSWERS("00"), {.kind = SCRIPT_SLEEP, .status = TRANSPORT_NO_ANSWER},
        SCRIPT_WAKES, SCRIPT_SENDS(INFO),  SCRIPT_ANSWERS(FOUR), {0},
    };
    struct scripted script;
    struct transport transport = scripted_init(&script, "sleep", steps);
    struct chip chip;
    uint8_t memory[64];
    struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};

    (void)state;
    chip_init(&chip, &transport);
    assert_int_equal(make_call(&chip, &call_nonce, NULL, NULL), CHIP_OK);
    chip_sleep(&chip);
    assert_int_equal(make_call(&chip, &call_info, &reply, NULL), CHIP_OK);
    assert_int_equal(make_call(&chip, &call_sign, &reply, NULL), CHIP_RESET);
    scripted_done(&script);
}

static bool refuse(void *context, const struct chip_command *command, uint8_t param1, uint16_t param2)
{
    unsigned *asked = context;

    (void)command;
    (void)param1;
    (void)param2;
    ++*asked;
    return false;
}

static const struct {
    const struct chip_command *command;
    unsigned asks;
} guarded[] = {
    {&chip_command_info, 0},         {&chip_command_read, 0},
    {&chip_command_random, 0},       {&chip_command_nonce, 0},
    {&chip_command_gendig, 0},       {&chip_command_genkey_public, 0},
    {&chip_command_sign, 0},         {&chip_command_verify, 0},
    {&chip_command_sha_start, 0},    {&chip_command_sha, 0},
    {&chip_command_write, 1},        {&chip_command_write_encrypted, 1},
    {&chip_command_lock, 1},         {&chip_command_genkey, 1},
    {&chip_command_privwrite, 1},    {&chip_command_privwrite_encrypted, 1},
    {&chip_command_update_extra, 1},
};

/* The guard is asked about everything that lasts, and about nothing else; its no stops all traffic. */
static void test_guard(void **state)
{
    static const struct scripted_step nothing[] = {{.kind = SCRIPT_ALWAYS, .status = TRANSPORT_GONE}};

    (void)state;
    for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
        struct scripted script;
        struct transport transport = scripted_init(&script, guarded[i].command->name, nothing);
        struct chip chip;
        struct error err = {.reason = ERROR_NONE};
        unsigned asked = 0;
        enum chip_status status;

        chip_init(&chip, &transport);
        chip.guard = (struct chip_guard){.allow = refuse, .context = &asked};
        status = chip_execute(&chip, guarded[i].command, 0, 0, BYTES_NONE, NULL, &err);
        assert_int_equal(asked, guarded[i].asks);
        assert_int_equal(status, asked != 0 ? CHIP_BAD_ARGUMENT : CHIP_GONE);
        assert_int_equal(err.reason, asked != 0 ? ERROR_NOT_ARMED : ERROR_DEVICE_MISSING);
        assert_true((script.now_us == 0) == (asked != 0));
    }
}

static void test_oversize_is_never_sent(void **state)
{
    static const struct scripted_step steps[] = {{0}};
    static const uint8_t data[156] = {0};
    struct scripted script;
    struct transport transport = scripted_init(&script, "oversize", steps);
    struct chip chip;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    chip_init(&chip, &transport);
    assert_int_equal(chip_execute(&chip, &chip_command_info, 0, 0, bytes_of(data, sizeof(data)), NULL, &err),
                     CHIP_BAD_ARGUMENT);
    assert_int_equal(err.reason, ERROR_USAGE);
    assert_string_equal(err.command, "Info");
}

static void test_counters(void **state)
{
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES,         SCRIPT_SENDS("0717800000"), SCRIPT_ANSWERS("00"), SCRIPT_SENDS(WRITE_WORD),
        SCRIPT_ANSWERS("FF"), SCRIPT_SENDS(WRITE_WORD),   SCRIPT_ANSWERS("00"), {0},
    };
    struct scripted script;
    struct transport transport = scripted_init(&script, "counters", steps);
    struct chip chip;

    (void)state;
    chip_init(&chip, &transport);
    assert_int_equal(chip_execute(&chip, &chip_command_lock, 0x80, 0, BYTES_NONE, NULL, NULL), CHIP_OK);
    assert_int_equal(make_call(&chip, &call_write, NULL, NULL), CHIP_OK);
    scripted_done(&script);
    assert_int_equal(chip.counters.commands, 3);
    assert_int_equal(chip.counters.resends, 1);
    assert_int_equal(chip.counters.wakes, 1);
    assert_int_equal(chip.counters.bytes_sent, 7 + 11 + 11);
    assert_int_equal(chip.counters.bytes_received, 4 * 4);
    assert_int_equal(chip.counters.irreversible, 1);
    assert_int_equal(chip.counters.writing, 3);
    assert_int_equal(chip.counters.polls, script.receives - 1);
}

/* The serial goes into an error once it is known. */
static void test_serial_in_errors(void **state)
{
    static const struct scripted_step steps[] = {SCRIPT_WAKES, SCRIPT_SENDS(INFO), SCRIPT_ANSWERS("0F"), {0}};
    struct scripted script;
    struct transport transport = scripted_init(&script, "serial", steps);
    struct chip chip;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    chip_init(&chip, &transport);
    chip.identified = true;
    memset(chip.serial, 0x5A, sizeof(chip.serial));
    assert_int_equal(make_call(&chip, &call_info, NULL, &err), CHIP_EXECUTION);
    assert_true(err.has_serial);
    assert_memory_equal(err.serial, chip.serial, sizeof(chip.serial));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wake_gives_up),
        cmocka_unit_test(test_rereads_take_their_time),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_watchdog_window),
        cmocka_unit_test(test_registers_survive_the_window),
        cmocka_unit_test(test_gone_at_the_window),
        cmocka_unit_test(test_longer_than_the_window),
        cmocka_unit_test(test_sleep_forgets),
        cmocka_unit_test(test_guard),
        cmocka_unit_test(test_oversize_is_never_sent),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_serial_in_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
