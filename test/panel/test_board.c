/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken from workers' words: boards, looks at a bus, command lines, and the figures of a shift. */
#include "panel/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "panel/command.h"
#include "panel/presence.h"
#include "panel/tally.h"
#include "panel/words.h"

#define SERIAL "0123456789ABCDEFEE"
#define DIGEST "C07887A7F42D4EB6875DBD2FBD3C67524AB28DD13073B293A8B91E6DC4A65D27"

static void take(struct panel_board *board, const char *text)
{
    json_t *object = json_loads(text, 0, NULL);

    assert_non_null(object);
    board_take(board, object);
    json_decref(object);
}

static void test_a_run(void **state)
{
    struct panel_board board = {.steps = 0};

    (void)state;
    take(&board, "{\"event\":\"plan\",\"serial\":\"" SERIAL "\",\"digest\":\"" DIGEST
                 "\",\"steps\":[{\"done\":true},{\"done\":false},{\"done\":false}]}");
    assert_true(board.has_plan);
    assert_string_equal(board.serial, SERIAL);
    assert_string_equal(board.digest, DIGEST);
    assert_int_equal(board.steps, 3);
    assert_int_equal(board.steps_done, 1);
    for (unsigned i = 0; i < 4; i++)
        take(&board, "{\"event\":\"step-done\",\"done\":true}");
    assert_int_equal(board.steps_done, 3); /* never more than there are */
    assert_false(board.is_done);
    take(&board, "{\"event\":\"provisioned\",\"serial\":\"" SERIAL "\",\"changes\":4}");
    assert_true(board.is_done);
    assert_int_equal(board.changes, 4);
    take(&board, "{\"event\":\"order\",\"order\":\"WO-1\",\"done\":3,\"quantity\":500}");
    assert_true(board.order_done == 3 && board.order_quantity == 500);
    board_begin(&board);
    assert_false(board.is_done || board.has_plan);
    assert_string_equal(board.serial, SERIAL);
}

/* Objects of another form, or with texts without end, do no harm. */
static void test_strange_objects(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{\"event\":null}",
        "{\"event\":\"unknown\",\"serial\":\"0123456789ABCDEFEE\"}",
        "{\"event\":\"plan\"}",
        "{\"event\":\"plan\",\"steps\":{},\"serial\":7,\"digest\":[]}",
        "{\"event\":\"plan\",\"steps\":[1,null,\"x\"]}",
        "{\"event\":\"provisioned\",\"changes\":-1}",
        "{\"event\":\"error\",\"exit\":\"3\"}",
    };
    char longest[3 * BOARD_TEXT_SIZE], text[2 * sizeof longest + 64];
    struct panel_board board;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        board = (struct panel_board){.steps = 0};
        take(&board, texts[i]);
        assert_string_equal(board.serial, "");
        assert_int_equal(board.changes, 0);
        assert_int_equal(board.steps_done, 0);
        assert_int_equal(board.exit_code, 0);
    }
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    (void)snprintf(text, sizeof text, "{\"event\":\"error\",\"cause\":\"%s\",\"reason\":\"%s\"}", longest, longest);
    take(&board, text);
    assert_int_equal(strlen(board.cause), BOARD_TEXT_SIZE - 1);
    assert_int_equal(strlen(board.reason), BOARD_REASON_SIZE - 1);
}

/* Other chips may share the bus. */
static void test_scans(void **state)
{
    static const struct {
        const char *device, *object, *known;
        uint8_t also_at;
        int code;
        bool says;
        enum socket_event event;
    } rows[] = {
        {"i2c:/dev/i2c-1@0x35", "{\"event\":\"found\",\"device\":\"i2c:/dev/i2c-1@0x35\",\"serial\":\"" SERIAL "\"}",
         "", 0, 0, true, SOCKET_CHIP},
        {"i2c:/dev/i2c-1@0x35", "{\"event\":\"found\",\"device\":\"i2c:/dev/i2c-1@0x36\",\"serial\":\"" SERIAL "\"}",
         "", 0, 0, true, SOCKET_NO_CHIP},
        {"i2c:/dev/i2c-1@0x35", "{\"event\":\"found\",\"device\":\"i2c:/dev/i2c-1@0x36\",\"serial\":null}", "", 0x36, 0,
         true, SOCKET_CHIP},
        {"i2c:/dev/i2c-1@0x35", "{\"event\":\"found\",\"device\":\"i2c:/dev/i2c-1@0x35\",\"serial\":\"" SERIAL "\"}",
         SERIAL, 0, 0, true, SOCKET_CHIP},
        {"i2c:/dev/i2c-1@0x35", "{\"event\":\"found\",\"device\":\"i2c:/dev/i2c-1@0x35\",\"serial\":\"" SERIAL "\"}",
         "0123000000000000EE", 0, 0, true, SOCKET_OTHER_CHIP},
        {"kit:hid:1", "{\"event\":\"found\",\"device\":\"kit:hid:1\",\"serial\":\"" SERIAL "\"}", "", 0, 0, true,
         SOCKET_CHIP},
        {"kit:hid:1", "{\"event\":\"error\",\"reason\":\"device-silent\"}", "", 0, 3, true, SOCKET_NO_CHIP},
        {"kit:hid:1", "{\"event\":\"error\",\"reason\":\"device-missing\"}", SERIAL, 0, 3, true, SOCKET_NO_CHIP},
        {"kit:hid:1", "{\"event\":\"error\",\"reason\":\"device-busy\"}", SERIAL, 0, 3, false, SOCKET_NO_CHIP},
        {"kit:hid:1", "{\"event\":\"error\",\"reason\":\"interrupted\"}", SERIAL, 0, 130, false, SOCKET_NO_CHIP},
        {"board:/dev/ttyS1", "{\"event\":\"board\",\"application\":\"factory\"}", SERIAL, 0, 0, true, SOCKET_CHIP},
        {"board:/dev/ttyS1", "{\"event\":\"error\",\"reason\":\"device-missing\"}", "", 0, 3, true, SOCKET_NO_CHIP},
        {"board:/dev/ttyS1", "{\"event\":\"error\",\"reason\":\"device-garbled\"}", SERIAL, 0, 3, false,
         SOCKET_NO_CHIP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct worker_end end = {.by_exit = true, .code = rows[i].code, .is_readable = true};
        const struct worker_end killed = {.by_exit = false, .code = 9, .is_readable = true};
        struct presence_scan scan = {.is_there = false};
        json_t *object = json_loads(rows[i].object, 0, NULL);
        enum socket_event event = SOCKET_EVENT_COUNT;

        assert_non_null(object);
        presence_take(&scan, rows[i].device, rows[i].also_at, object);
        json_decref(object);
        assert_false(presence_of_scan(&killed, &scan, rows[i].known, &event));
        assert_int_equal(presence_of_scan(&end, &scan, rows[i].known, &event), rows[i].says);
        if (rows[i].says && event != rows[i].event)
            fail_msg("row %zu: event %d", i, (int)event);
    }
}

/* What an empty socket says: the bus is not there; a board is in that cannot be worked on. */
static void test_faults_of_a_place(void **state)
{
    static const struct {
        const char *device, *reason, *shown;
    } rows[] = {
        {"kit:hid:1", "device-missing", "device-missing"},
        {"kit:hid:1", "device-silent", NULL},
        {"kit:hid:1", "", NULL},
        {"board:/dev/ttyS1", "device-missing", NULL},
        {"board:/dev/ttyS1", "device-silent", NULL},
        {"board:/dev/ttyS1", "device-garbled", "wrong-configuration"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct presence_scan scan = {.is_there = false};
        const struct presence_fault *fault;

        (void)snprintf(scan.reason, sizeof scan.reason, "%s", rows[i].reason);
        fault = presence_fault_of(&scan, rows[i].device);
        assert_int_equal(fault != NULL, rows[i].shown != NULL);
        if (fault != NULL)
            assert_string_equal(fault->reason, rows[i].shown);
        scan.is_there = true;
        assert_null(presence_fault_of(&scan, rows[i].device));
    }
}

static void put_file(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    const int closed = fclose(file);
    assert_int_equal(closed, 0);
}

static void test_files(void **state)
{
    char folder[] = "/tmp/imprint-presence-XXXXXX", path[64], other[64];
    struct presence_file known = {.inode = 0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a", folder);
    (void)snprintf(other, sizeof other, "%s/b", folder);
    assert_int_equal(presence_of_file(folder, &known), SOCKET_NO_CHIP); /* a folder is no chip */
    assert_int_equal(presence_of_file(path, &known), SOCKET_NO_CHIP);
    put_file(path);
    assert_int_equal(presence_of_file(path, &known), SOCKET_CHIP);
    assert_int_equal(presence_of_file(path, &known), SOCKET_CHIP);
    put_file(other);
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(presence_of_file(path, &known), SOCKET_OTHER_CHIP);
    assert_int_equal(presence_of_file(path, &known), SOCKET_CHIP);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(presence_of_file(path, &known), SOCKET_NO_CHIP);
    assert_int_equal(known.inode, 0);
    assert_int_equal(rmdir(folder), 0);
}

static void assert_command(const struct command *command, const char *expected)
{
    char text[1024] = "";

    for (size_t i = 0; command->arguments[i] != NULL; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i != 0 ? " " : "",
                       command->arguments[i]);
    assert_string_equal(text, expected);
}

static void test_commands(void **state)
{
    static struct panel_settings settings = {.tries = 3,
                                             .profile = "p.yaml",
                                             .state = "st",
                                             .socket_count = 1,
                                             .sockets = {{.name = "a1", .device = "kit:hid:1"}}};
    const struct panel_board board = {.serial = SERIAL, .digest = DIGEST}, refused = {.serial = SERIAL};
    struct command command;

    (void)state;
    command_make(&command, &settings, 0, COMMAND_SCAN, &board);
    assert_command(&command, "imprint --json --state st --device kit:hid:1 scan");
    settings.also_at = 0x35;
    command_make(&command, &settings, 0, COMMAND_SCAN, &board);
    assert_command(&command, "imprint --json --state st --device kit:hid:1 scan");
    (void)snprintf(settings.sockets[0].device, sizeof settings.sockets[0].device, "i2c:/dev/i2c-1@0x60");
    command_make(&command, &settings, 0, COMMAND_SCAN, &board);
    assert_command(&command, "imprint --json --state st --device i2c:/dev/i2c-1@0x60 scan --also-at 0x35");
    (void)snprintf(settings.sockets[0].device, sizeof settings.sockets[0].device, "kit:hid:1");
    command_make(&command, &settings, 0, COMMAND_LOOK, &board);
    assert_command(&command, "imprint --json --state st --device kit:hid:1 provision --socket a1 --tries 3 "
                             "--confirm -- p.yaml");
    command_make(&command, &settings, 0, COMMAND_WORK, &board);
    assert_command(&command, "imprint --json --state st --device kit:hid:1 provision --only " SERIAL
                             " --socket a1 --tries 3 -- p.yaml");
    settings.irreversible = settings.rehearsal = true;
    (void)snprintf(settings.order, sizeof settings.order, "WO-1");
    (void)snprintf(settings.issuers, sizeof settings.issuers, "i.yaml");
    (void)snprintf(settings.connections, sizeof settings.connections, "c.yaml");
    (void)snprintf(settings.operator_name, sizeof settings.operator_name, "17");
    command_make(&command, &settings, 0, COMMAND_WORK, &board);
    assert_command(&command, "imprint --json --state st --device kit:hid:1 --issuers i.yaml --connections c.yaml "
                             "provision --rehearsal --order WO-1 --operator 17 --only " SERIAL
                             " --socket a1 --tries 3 --arm " SERIAL ":" DIGEST " -- p.yaml");
    command_make(&command, &settings, 0, COMMAND_LOOK, &board);
    assert_command(&command,
                   "imprint --json --state st --device kit:hid:1 --issuers i.yaml --connections c.yaml "
                   "provision --rehearsal --order WO-1 --operator 17 --socket a1 --tries 3 --confirm -- p.yaml");
    /* A board that was refused has no digest: it is not armed. */
    command_make(&command, &settings, 0, COMMAND_WORK, &refused);
    assert_command(&command, "imprint --json --state st --device kit:hid:1 --issuers i.yaml --connections c.yaml "
                             "provision --rehearsal --order WO-1 --operator 17 --only " SERIAL
                             " --socket a1 --tries 3 -- p.yaml");
}

static char *words_of(const struct panel_settings *settings, enum command_kind kind, const struct panel_board *board)
{
    struct command command;
    char *words;

    command_make(&command, settings, 0, kind, board);
    words = command_shared_words(&command);
    assert_non_null(words);
    return words;
}

/* The worker that looked does the work only where nothing that was said to it is another by then. */
static void test_a_look_that_continues(void **state)
{
    static struct panel_settings settings = {.tries = 3,
                                             .profile = "p.yaml",
                                             .state = "st",
                                             .golden = SERIAL,
                                             .irreversible = true,
                                             .socket_count = 1,
                                             .sockets = {{.name = "a1", .device = "kit:hid:1"}}};
    const struct panel_board unknown = {.serial = ""}, other = {.serial = "0123FFFFFFFFFFFF01", .digest = DIGEST},
                             numbered = {.serial = "0123FFFFFFFFFFFF01", .number = "B1", .digest = DIGEST},
                             golden = {.serial = SERIAL, .digest = DIGEST};
    static const struct {
        const char *order, *operator_name;
    } later[] = {{"WO-1", ""}, {"", "17"}};
    char *look = words_of(&settings, COMMAND_LOOK, &unknown), *work;

    (void)state;
    assert_string_equal(look, "imprint\n--json\n--state\nst\n--device\nkit:hid:1\nprovision\n--socket\na1\n"
                              "--tries\n3\n--\np.yaml\n");
    work = words_of(&settings, COMMAND_WORK, &other);
    assert_string_equal(look, work);
    free(work);
    work = words_of(&settings, COMMAND_WORK, &golden); /* no failure of it counts: another run */
    assert_string_not_equal(look, work);
    free(work);
    work = words_of(&settings, COMMAND_WORK, &numbered);
    assert_string_not_equal(look, work);
    free(work);
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        (void)snprintf(settings.order, sizeof settings.order, "%s", later[i].order);
        (void)snprintf(settings.operator_name, sizeof settings.operator_name, "%s", later[i].operator_name);
        work = words_of(&settings, COMMAND_WORK, &other);
        assert_string_not_equal(look, work);
        free(work);
    }
    free(look);
}

/* A board with a console has no --device; all that a station can say fits. */
static void test_commands_of_consoles(void **state)
{
    static struct panel_settings settings = {.tries = 3,
                                             .profile = "p.yaml",
                                             .state = "st",
                                             .issuers = "i.yaml",
                                             .connections = "c.yaml",
                                             .firmware = "f.bin",
                                             .operator_name = "17",
                                             .order = "WO-1",
                                             .irreversible = true,
                                             .rehearsal = true,
                                             .socket_count = 1,
                                             .sockets = {{.name = "b1", .device = "board:/dev/ttyS1"}}};
    const struct panel_board board = {.serial = SERIAL, .digest = DIGEST};
    struct command command;

    (void)state;
    command_make(&command, &settings, 0, COMMAND_SCAN, &board);
    assert_command(&command, "imprint --json --state st board info --console /dev/ttyS1");
    command_make(&command, &settings, 0, COMMAND_LOOK, &board);
    assert_command(&command,
                   "imprint --json --state st --issuers i.yaml --connections c.yaml board provision --console "
                   "/dev/ttyS1 --firmware f.bin --rehearsal --order WO-1 --operator 17 --socket b1 --tries 3 --confirm "
                   "-- p.yaml");
    command_make(&command, &settings, 0, COMMAND_WORK, &board);
    assert_command(&command,
                   "imprint --json --state st --issuers i.yaml --connections c.yaml board provision --console "
                   "/dev/ttyS1 --firmware f.bin --rehearsal --order WO-1 --operator 17 --only " SERIAL
                   " --socket b1 --tries 3 --arm " SERIAL ":" DIGEST " -- p.yaml");
}

/* Boards count once, by their last result; the first one makes the first-pass yield. */
static void test_tally(void **state)
{
    static struct tally tally;
    const int64_t hour = 3600 * 1000;
    char serial[32];

    (void)state;
    assert_true(tally_add(&tally, "A", true, 0) && tally_add(&tally, "A", true, 1) && tally_add(&tally, "B", false, 2));
    assert_int_equal(tally.boards, 2);
    assert_int_equal(tally.passed, 1);
    assert_int_equal(tally.failed, 1);
    assert_int_equal(tally.first_pass, 1);
    assert_true(tally_add(&tally, "B", true, 3));
    assert_int_equal(tally.passed, 2);
    assert_int_equal(tally.failed, 0);
    assert_int_equal(tally.first_pass, 1);
    assert_int_equal(tally_last_hour(&tally, 4), 2);
    assert_int_equal(tally_last_hour(&tally, hour), 1);
    assert_int_equal(tally_last_hour(&tally, hour + 3), 0);
    for (unsigned i = 0; i < TALLY_HOUR_MAX + 10; i++) {
        (void)snprintf(serial, sizeof serial, "%u", i);
        assert_true(tally_add(&tally, serial, true, 2 * hour));
    }
    assert_int_equal(tally_last_hour(&tally, 2 * hour), TALLY_HOUR_MAX);
    assert_int_equal(tally.boards, TALLY_HOUR_MAX + 12);
    tally_release(&tally);
}

/* Each state has a word and an action, each exit code of a failure an action. */
static void test_words(void **state)
{
    static const int codes[] = {0, 1, 2, 3, 4, 5, 6, 130, -1, 1000};
    static const struct {
        const char *reason;
        int code;
        const char *action;
    } blame[] = {
        {"proof-failed", 1, "to red bin"},    {"chip-refused", 1, "to red bin"},
        {"storage-full", 1, "call the lead"}, {"not-armed", 1, "call the lead"},
        {"input-file", 2, "call the lead"},   {"write-key-missing", 2, "call the lead"},
        {"slot-filled", 4, "set it aside"},   {"device-silent", 3, "press it in"},
        {"device-busy", 3, "call the lead"},  {"wrong-part", 4, "set it aside"},
        {"rehearsal", 4, "call the lead"},    {"record-failed", 5, "call the lead"},
        {"issuer-away", 6, "call the lead"},  {"interrupted", 130, "call the lead"},
    };
    struct panel_board board = {.reason = "device-silent", .next = "something of the command line"};

    (void)state;
    for (int i = 0; i < SOCKET_STATE_COUNT; i++) {
        for (size_t code = 0; code < sizeof codes / sizeof codes[0]; code++) {
            board.exit_code = codes[code];
            assert_true(strlen(words_of_state((enum socket_state)i)) <= 5); /* fits the tile */
            assert_in_range(strlen(words_of_action((enum socket_state)i, &board)), 3, 15);
        }
    }
    assert_non_null(strstr(words_of_next(&board), "press the board in"));
    for (size_t i = 0; i < sizeof blame / sizeof blame[0]; i++) {
        (void)snprintf(board.reason, sizeof board.reason, "%s", blame[i].reason);
        board.exit_code = blame[i].code;
        assert_string_equal(words_of_action(SOCKET_FAIL, &board), blame[i].action);
    }
    (void)snprintf(board.reason, sizeof board.reason, "proof-failed");
    assert_string_equal(words_of_next(&board), "something of the command line");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run),
        cmocka_unit_test(test_strange_objects),
        cmocka_unit_test(test_scans),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_faults_of_a_place),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_a_look_that_continues),
        cmocka_unit_test(test_commands_of_consoles),
        cmocka_unit_test(test_tally),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
