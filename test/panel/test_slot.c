/* SPDX-License-Identifier: Apache-2.0 */
/* What a socket says of its board when workers end that others of the same board must follow. */
#include "panel/slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CAUSE "no more processes"

static struct panel_settings settings = {
    .profile = "p.yaml", .state = "st", .socket_count = 1, .sockets = {{.name = "a1", .device = "kit:hid:1"}}};
static struct panel panel;
static unsigned starts;

bool __wrap_worker_start(struct worker *worker, struct fork_server *server, int given, const char *const *arguments,
                         bool is_asking, int64_t patience_ms, struct error *err);
struct worker_end __wrap_worker_finish(struct worker *worker, void (*take)(void *context, const json_t *object),
                                       void *context);

/* None can be started. */
bool __wrap_worker_start(struct worker *worker, struct fork_server *server, int given, const char *const *arguments,
                         bool is_asking, int64_t patience_ms, struct error *err)
{
    (void)worker;
    (void)server;
    (void)given;
    (void)arguments;
    (void)is_asking;
    (void)patience_ms;
    starts++;
    error_set(err, ERROR_UNEXPECTED, CAUSE, "end some");
    return false;
}

/* One that looked ends with code 0. */
struct worker_end __wrap_worker_finish(struct worker *worker, void (*take)(void *context, const json_t *object),
                                       void *context)
{
    (void)worker;
    (void)take;
    (void)context;
    return (struct worker_end){.by_exit = true, .is_readable = true};
}

static void ignore(void *context, const struct panel_view *view)
{
    (void)context;
    (void)view;
}

/* The look of a board that was let in has ended, and its work is for another worker. */
static const struct panel_board *end_look(bool is_stopping)
{
    struct slot *slot = &panel.slots[0];

    starts = 0;
    panel = (struct panel){.settings = &settings, .events = {.changed = ignore}, .count = 1};
    panel.is_stopping = is_stopping;
    panel.labels.settings = panel.scans.settings = &settings;
    *slot = (struct slot){.panel = &panel,
                          .worker = WORKER_NONE,
                          .kind = COMMAND_LOOK,
                          .is_dismissed = true,
                          .machine = {.state = SOCKET_WORKING}};
    slot_finish_worker(slot);
    assert_false(slot->is_dismissed);
    assert_int_equal(slot->machine.state, SOCKET_SEEN); /* it is tried again */
    return &slot->board;
}

static void test_a_worker_that_cannot_be_started(void **state)
{
    (void)state;
    assert_string_equal(end_look(false)->cause, CAUSE);
    assert_int_equal(starts, 1);
}

static void test_a_station_that_stops_starts_none(void **state)
{
    (void)state;
    assert_non_null(strstr(end_look(true)->cause, "ended without a result"));
    assert_int_equal(starts, 0);
}

/* What the next look is, of a socket that is seen and whose look is due. */
static enum command_kind next_look(bool was_seen)
{
    struct slot *slot = &panel.slots[0];

    panel = (struct panel){.settings = &settings, .events = {.changed = ignore}, .count = 1};
    panel.labels.settings = &settings;
    *slot =
        (struct slot){.panel = &panel, .worker = WORKER_NONE, .was_seen = was_seen, .machine = {.state = SOCKET_SEEN}};
    slot_look_at_bus(slot);
    assert_int_equal(slot->machine.state, SOCKET_SEEN); /* nothing can be started */
    assert_false(slot->kind == COMMAND_LOOK && slot->was_seen);
    return slot->kind;
}

/* The look at the board is the second look at the bus, but where a look needs more than the bus. */
static void test_the_second_look_is_at_the_board(void **state)
{
    (void)state;
    assert_int_equal(next_look(true), COMMAND_LOOK);
    assert_int_equal(next_look(false), COMMAND_SCAN); /* after a worker that found the chip silent */
    settings.scan_board = true;
    assert_int_equal(next_look(true), COMMAND_SCAN);
    settings.scan_board = false;
    memcpy(settings.sockets[0].device, "board:/dev/tty1", sizeof "board:/dev/tty1");
    assert_int_equal(next_look(true), COMMAND_SCAN);
    memcpy(settings.sockets[0].device, "kit:hid:1", sizeof "kit:hid:1");
    memcpy(settings.sockets[0].power.on, "/no/such", sizeof "/no/such");
    assert_int_equal(next_look(true), COMMAND_SCAN);
    settings.sockets[0].power.on[0] = '\0';
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_worker_that_cannot_be_started),
        cmocka_unit_test(test_a_station_that_stops_starts_none),
        cmocka_unit_test(test_the_second_look_is_at_the_board),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
