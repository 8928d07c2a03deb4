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

/* Pulses over at least the longest command that an interrupted program may have left running: Verify at M2. */
static void test_wake_gives_up(void **state)
{
    static const struct scripted_step steps[] = {{.kind = SCRIPT_ALWAYS, .status = IMPRINT_TRANSPORT_NO_ANSWER}};
    struct scripted script;
    struct imprint_transport transport = scripted_init(&script, "give up", steps);
    struct chip chip;

    (void)state;
    chip_init(&chip, &transport);
    assert_int_equal(make_call(&chip, &call_write, NULL, NULL), CHIP_NO_ANSWER);
    assert_int_equal(chip.counters.wakes, 32);
    assert_true(script.now_us > 1085000 && script.now_us < 1300000);
    assert_int_equal(chip.counters.commands, 0);
}

/* Whatever disturbed a reply gets a millisecond to pass before each further reading. */
static void test_rereads_take_their_time(void **state)
{
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES, SCRIPT_SENDS(INFO), SCRIPT_GARBLES, SCRIPT_GARBLES, SCRIPT_GARBLES, SCRIPT_ANSWERS(FOUR), {0},
    };
    struct scripted script;
    struct imprint_transport transport = scripted_init(&script, "rereads", steps);
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
        struct imprint_transport transport = scripted_init(&script, "patience", answered);
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
    struct imprint_transport transport;
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
    struct imprint_transport transport = scripted_init(&script, "window", steps);
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
        {.kind = SCRIPT_ALWAYS, .status = IMPRINT_TRANSPORT_GONE},
    };
    struct scripted script;
    struct imprint_transport transport = scripted_init(&script, "gone at the window", steps);
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
        .name = "slow", .opcode = 0x30, .exec_max_ms = {1085, 1085, 1085}, .first_poll_us = 100, .repeatable = true};
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES,       SCRIPT_SENDS(INFO), SCRIPT_ANSWERS("00"), SCRIPT_IDLES,
        SCRIPT_WAKES_AGAIN, SCRIPT_SENDS(INFO), SCRIPT_ANSWERS("00"), {0},
    };
    struct scripted script;
    struct imprint_transport transport = scripted_init(&script, "long", steps);
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
        SCRIPT_WAKES,         SCRIPT_SENDS(NONCE),
        SCRIPT_ANSWERS("00"), {.kind = SCRIPT_SLEEP, .status = IMPRINT_TRANSPORT_NO_ANSWER},
        SCRIPT_WAKES,         SCRIPT_SENDS(INFO),
        SCRIPT_ANSWERS(FOUR), {0},
    };
    struct scripted script;
    struct imprint_transport transport = scripted_init(&script, "sleep", steps);
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
    {&chip_command_info, 0},
    {&chip_command_random, 1},
    {&chip_command_read, 0},
    {&chip_command_write, 1},
    {&chip_command_write_encrypted, 1},
    {&chip_command_lock, 1},
    {&chip_command_update_extra, 1},
    {&chip_command_counter, 0},
    {&chip_command_nonce, 0},
    {&chip_command_nonce_seeding, 1},
    {&chip_command_gendig, 0},
    {&chip_command_sha, 0},
    {&chip_command_sha_hmac, 0},
    {&chip_command_genkey, 1},
    {&chip_command_genkey_public, 0},
    {&chip_command_privwrite, 1},
    {&chip_command_privwrite_encrypted, 1},
    {&chip_command_sign, 0},
    {&chip_command_verify, 0},
    {&chip_command_verify_stored, 0},
    {&chip_command_ecdh, 0},
    {&chip_command_ecdh_as_configured, 1},
    {&chip_command_aes, 0},
    {&chip_command_aes_gfm, 0},
};

/* The guard is asked about everything that lasts, and about nothing else; its no stops all traffic. */
static void test_guard(void **state)
{
    static const struct scripted_step nothing[] = {{.kind = SCRIPT_ALWAYS, .status = IMPRINT_TRANSPORT_GONE}};

    (void)state;
    for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
        struct scripted script;
        struct imprint_transport transport = scripted_init(&script, guarded[i].command->name, nothing);
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

/* What the executor relies on in each row. */
static void test_rows_are_sane(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
        const struct chip_command *command = guarded[i].command;

        assert_true(command->first_poll_us >= 100);
        for (unsigned clock = 0; clock < CHIP_CLOCKS; clock++) {
            assert_true(command->first_poll_us < command->exec_max_ms[clock] * 1000);
            assert_true(command->exec_max_ms[clock] < 2500); /* the longest wait for a reply */
            assert_true(clock == 0 || command->exec_max_ms[clock] >= command->exec_max_ms[clock - 1]);
        }
        assert_true(command->effect != CHIP_LOCKS || !command->repeatable);
        assert_true(command->effect <= CHIP_SEEDS || command->registers != CHIP_REGISTERS_FILLED);
    }
}

/* Only an ATECC508A has a seed that lasts; a part not yet known may be one. */
static void test_the_seed_is_guarded_where_there_is_one(void **state)
{
    static const struct scripted_step nothing[] = {{.kind = SCRIPT_ALWAYS, .status = IMPRINT_TRANSPORT_GONE}};
    static const struct {
        bool identified;
        uint8_t revision[4];
        unsigned asks;
    } parts[] = {{false, {0}, 1}, {true, {0x00, 0x00, 0x50, 0x00}, 1}, {true, {0x00, 0x00, 0x60, 0x02}, 0}};
    static const struct chip_command *const seeding[] = {&chip_command_random, &chip_command_nonce_seeding};

    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (size_t j = 0; j < sizeof(seeding) / sizeof(seeding[0]); j++) {
            struct scripted script;
            struct imprint_transport transport = scripted_init(&script, seeding[j]->name, nothing);
            struct chip chip;
            unsigned asked = 0;

            chip_init(&chip, &transport);
            chip.identified = parts[i].identified;
            memcpy(chip.revision, parts[i].revision, sizeof(chip.revision));
            chip.guard = (struct chip_guard){.allow = refuse, .context = &asked};
            assert_int_equal(chip_execute(&chip, seeding[j], 0, 0, BYTES_NONE, NULL, NULL),
                             parts[i].asks != 0 ? CHIP_BAD_ARGUMENT : CHIP_GONE);
            assert_int_equal(asked, parts[i].asks);
        }
}

/*
 * A LimitedUse key: the guard is asked, the use is counted as writing, and a lost reply is not asked for again by
 * sending again; with another key, and with a command that runs without one, all stays as the row says.
 */
static void test_counted_uses(void **state)
{
    static const struct {
        const char *name;
        const struct chip_command *command;
        uint16_t param2, limited_use;
        const char *group;
        bool counted;
    } rows[] = {
        {"ECDH, counted", &chip_command_ecdh, 4, 1 << 4, "0743000400", true},
        {"ECDH, another slot", &chip_command_ecdh, 4, 1 << 5, "0743000400", false},
        {"only the low byte names a slot", &chip_command_ecdh, 0x0405, 1 << 4, "0743000504", false},
        {"AES, counted", &chip_command_aes, 4, 1 << 4, "0751000400", true},
        {"no slot", &chip_command_aes, 0xFFFF, 0xFFFF, "075100FFFF", false},
        {"a command that uses no key", &chip_command_info, 4, 0xFFFF, "0730000400", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct scripted_step once[] = {SCRIPT_WAKES, SCRIPT_SENDS(rows[i].group), SCRIPT_ANSWERS_NEVER, {0}};
        const struct scripted_step twice[] = {SCRIPT_WAKES, SCRIPT_SENDS(rows[i].group), SCRIPT_ANSWERS_NEVER,
                                              SCRIPT_WAKES, SCRIPT_SENDS(rows[i].group), SCRIPT_ANSWERS(FOUR),
                                              {0}};
        struct scripted script;
        struct imprint_transport transport = scripted_init(&script, rows[i].name, rows[i].counted ? once : twice);
        struct chip chip;
        uint8_t memory[64];
        struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};
        unsigned asked = 0;
        enum chip_status status;

        chip_init(&chip, &transport);
        chip.limited_use = rows[i].limited_use;
        status = chip_execute(&chip, rows[i].command, 0, rows[i].param2, BYTES_NONE, &reply, NULL);
        assert_int_equal(status, rows[i].counted ? CHIP_REPLY_LOST : CHIP_OK);
        assert_int_equal(chip.counters.writing, rows[i].counted ? 1 : 0);
        assert_int_equal(chip.counters.irreversible, 0);
        scripted_done(&script);
        if (!rows[i].counted)
            continue;
        chip.guard = (struct chip_guard){.allow = refuse, .context = &asked};
        status = chip_execute(&chip, rows[i].command, 0, rows[i].param2, BYTES_NONE, &reply, NULL);
        assert_int_equal(asked, 1);
        assert_int_equal(status, CHIP_BAD_ARGUMENT);
    }
}

/* Sign with a counted key is no sequence to start again: neither after a lost reply nor after a restart. */
static void test_counted_in_a_sequence(void **state)
{
    static const struct scripted_step ends[][2] = {{SCRIPT_ANSWERS_NEVER, {0}}, {SCRIPT_ANSWERS("11"), {0}}};

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        for (int counted = 0; counted <= 1; counted++) {
            const struct scripted_step steps[] = {SCRIPT_WAKES,       SCRIPT_SENDS(NONCE), SCRIPT_ANSWERS("00"),
                                                  SCRIPT_SENDS(SIGN), ends[i][0],          {0}};
            struct scripted script;
            struct imprint_transport transport = scripted_init(&script, "counted sequence", steps);
            struct chip chip;
            uint8_t memory[64];
            struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};

            chip_init(&chip, &transport);
            chip.limited_use = counted ? 1 << 2 : 0;
            assert_int_equal(make_call(&chip, &call_nonce, NULL, NULL), CHIP_OK);
            assert_int_equal(make_call(&chip, &call_sign, &reply, NULL), counted ? CHIP_REPLY_LOST : CHIP_RESET);
            scripted_done(&script);
        }
}

/* The slower the clock, the earlier a wake period is full: what fits at M0 needs a fresh one at M2. */
static void test_clocks_and_the_window(void **state)
{
    static const struct {
        uint8_t clock;
        uint32_t wakes;
    } rows[] = {{CHIP_CLOCK_M0, 1}, {CHIP_CLOCK_M1, 1}, {CHIP_CLOCK_M2, 2}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scripted_step steps[12] = {SCRIPT_WAKES};
        struct scripted script;
        struct imprint_transport transport;
        struct chip chip;
        uint8_t memory[64];
        struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};
        size_t at = 3;

        for (uint32_t call = 0; call < 2; call++) {
            if (call == 1 && rows[i].wakes == 2) {
                steps[at++] = (struct scripted_step)SCRIPT_IDLES;
                steps[at++] = (struct scripted_step){.kind = SCRIPT_WAKE};
                steps[at++] = (struct scripted_step){.kind = SCRIPT_REPLY, .hex = "11"};
            }
            steps[at++] = (struct scripted_step)SCRIPT_SENDS(GENKEY);
            steps[at++] = (struct scripted_step){.kind = SCRIPT_REPLY, .hex = FOUR, .busy_us = 97000};
        }
        transport = scripted_init(&script, "clock", steps);
        chip_init(&chip, &transport);
        chip.clock = rows[i].clock;
        for (int call = 0; call < 2; call++)
            assert_int_equal(make_call(&chip, &call_genkey, &reply, NULL), CHIP_OK);
        scripted_done(&script);
        assert_int_equal(chip.counters.wakes, rows[i].wakes);
    }
}

static void test_oversize_is_never_sent(void **state)
{
    static const struct scripted_step steps[] = {{0}};
    static const uint8_t data[156] = {0};
    struct scripted script;
    struct imprint_transport transport = scripted_init(&script, "oversize", steps);
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
    struct imprint_transport transport = scripted_init(&script, "counters", steps);
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
    static const struct scripted_step steps[] = {SCRIPT_WAKES,
                                                 SCRIPT_SENDS("0702800000"),
                                                 SCRIPT_ANSWERS("5A5A5A5A000060035A5A5A5A5A000000"
                                                                "00000000000000000000000000000000"),
                                                 SCRIPT_SENDS(INFO),
                                                 SCRIPT_ANSWERS("0F"),
                                                 {0}};
    struct scripted script;
    struct imprint_transport transport = scripted_init(&script, "serial", steps);
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

/* Read of block 0, and two chips' answers to it: they differ in the serial number's last byte but one. */
#define IDENTITY "0702800000"
#define BLOCK_OF(byte)                                                                                                 \
    "0123A1A20000600304050607" byte "000000"                                                                           \
    "00000000000000000000000000000000"
#define FIRST BLOCK_OF("EE")
#define SECOND BLOCK_OF("ED")

static const uint8_t first_serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0xA1, 0xA2, 0x04, 0x05, 0x06, 0x07, 0xEE};

static void init_identified(struct chip *chip, const struct imprint_transport *transport)
{
    chip_init(chip, transport);
    memcpy(chip->serial, first_serial, sizeof(first_serial));
    chip->identified = true;
}

/* Once each time it was woken; not before what builds on registers, and not behind an idle of ours that it heard. */
static void test_identity_is_asked_once_a_wake(void **state)
{
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES,          SCRIPT_SENDS(IDENTITY), SCRIPT_ANSWERS(FIRST), SCRIPT_SENDS(NONCE),
        SCRIPT_ANSWERS("00"),  SCRIPT_SENDS(SIGN),     SCRIPT_ANSWERS(FOUR),  SCRIPT_SENDS(INFO),
        SCRIPT_ANSWERS(FOUR),  SCRIPT_IDLES,           SCRIPT_WAKES_AGAIN,    SCRIPT_SENDS(INFO),
        SCRIPT_ANSWERS(FOUR),  {.kind = SCRIPT_SLEEP}, SCRIPT_WAKES,          SCRIPT_SENDS(IDENTITY),
        SCRIPT_ANSWERS(FIRST), SCRIPT_SENDS(INFO),     SCRIPT_ANSWERS(FOUR),  {0}};
    struct scripted script;
    struct imprint_transport transport = scripted_init(&script, "identity", steps);
    struct chip chip;
    uint8_t memory[64];
    struct bytes_out reply = {.data = memory, .cap = sizeof(memory)};

    (void)state;
    init_identified(&chip, &transport);
    assert_int_equal(make_call(&chip, &call_nonce, NULL, NULL), CHIP_OK);
    assert_int_equal(make_call(&chip, &call_sign, &reply, NULL), CHIP_OK);
    assert_int_equal(make_call(&chip, &call_info, &reply, NULL), CHIP_OK);
    script.now_us += 700000; /* the watchdog's window is over */
    assert_int_equal(make_call(&chip, &call_info, &reply, NULL), CHIP_OK);
    chip_sleep(&chip);
    assert_int_equal(make_call(&chip, &call_info, &reply, NULL), CHIP_OK);
    scripted_done(&script);
}

/* Another chip gets nothing but the question, now and whenever it is tried again. */
static void test_another_chip_gets_nothing(void **state)
{
    static const struct scripted_step steps[] = {
        SCRIPT_WAKES,           SCRIPT_SENDS(IDENTITY),   SCRIPT_ANSWERS(SECOND), SCRIPT_SENDS(IDENTITY),
        SCRIPT_ANSWERS(SECOND), {.kind = SCRIPT_SLEEP},   SCRIPT_WAKES,           SCRIPT_SENDS(IDENTITY),
        SCRIPT_ANSWERS(FIRST),  SCRIPT_SENDS(WRITE_WORD), SCRIPT_ANSWERS("00"),   {0}};
    struct scripted script;
    struct imprint_transport transport = scripted_init(&script, "another", steps);
    struct chip chip;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    init_identified(&chip, &transport);
    assert_int_equal(make_call(&chip, &call_write, NULL, &err), CHIP_EXCHANGED);
    assert_int_equal(err.reason, ERROR_WRONG_PART);
    assert_memory_equal(err.serial, first_serial, sizeof(first_serial));
    assert_int_equal(make_call(&chip, &call_write, NULL, NULL), CHIP_EXCHANGED);
    assert_int_equal(chip.counters.writing, 0);
    chip_sleep(&chip);
    assert_int_equal(make_call(&chip, &call_write, NULL, NULL), CHIP_OK);
    scripted_done(&script);
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
        cmocka_unit_test(test_the_seed_is_guarded_where_there_is_one),
        cmocka_unit_test(test_rows_are_sane),
        cmocka_unit_test(test_counted_uses),
        cmocka_unit_test(test_counted_in_a_sequence),
        cmocka_unit_test(test_clocks_and_the_window),
        cmocka_unit_test(test_oversize_is_never_sent),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_serial_in_errors),
        cmocka_unit_test(test_identity_is_asked_once_a_wake),
        cmocka_unit_test(test_another_chip_gets_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
