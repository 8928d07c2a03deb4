/* SPDX-License-Identifier: Apache-2.0 */
/* Every event in every state, and what a shift can do to a socket. */
#include "panel/socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define E SOCKET_EMPTY
#define S SOCKET_SEEN
#define L SOCKET_LOOKING
#define C SOCKET_CLAIMED
#define W SOCKET_WORKING
#define P SOCKET_PASS
#define F SOCKET_FAIL
#define R SOCKET_REMOVE

/* The next state, by state and event, written down a second time: events in the order of the enum. */
static const enum socket_state next[SOCKET_STATE_COUNT][SOCKET_EVENT_COUNT] = {
    /*      chip other none looked granted denied done refused silent lost busy again */
    [E] = {S, S, E, E, E, E, E, E, E, E, E, E}, [S] = {L, S, E, S, S, S, S, S, S, S, S, S},
    [L] = {L, L, L, C, L, L, L, F, S, S, S, L}, [C] = {C, S, E, C, W, F, C, C, C, C, C, C},
    [W] = {W, W, W, W, W, W, P, F, S, S, S, W}, [P] = {P, S, R, P, P, P, P, P, P, P, P, P},
    [F] = {F, S, R, F, F, F, F, F, F, F, F, L}, [R] = {S, S, E, R, R, R, R, R, R, R, R, R},
};

static void test_every_event_in_every_state(void **state)
{
    (void)state;
    for (int from = 0; from < SOCKET_STATE_COUNT; from++) {
        for (int event = 0; event < SOCKET_EVENT_COUNT; event++) {
            struct socket socket = {.state = (enum socket_state)from};
            const enum socket_action action = socket_step(&socket, (enum socket_event)event);

            if (socket.state != next[from][event])
                fail_msg("%s, event %d: %s", socket_state_name((enum socket_state)from), event,
                         socket_state_name(socket.state));
            assert_true(action < SOCKET_ACTION_COUNT);
        }
    }
}

/* What is asked for when a state begins; and that nothing else is. */
static void test_actions(void **state)
{
    static const struct {
        enum socket_state from;
        enum socket_event event;
        enum socket_action action;
    } rows[] = {
        {E, SOCKET_CHIP, SOCKET_NOTHING},      {S, SOCKET_CHIP, SOCKET_LOOK},
        {S, SOCKET_NO_CHIP, SOCKET_FORGET},    {S, SOCKET_OTHER_CHIP, SOCKET_FORGET},
        {L, SOCKET_LOOKED, SOCKET_CLAIM},      {L, SOCKET_NO_CHIP, SOCKET_STOP},
        {L, SOCKET_OTHER_CHIP, SOCKET_STOP},   {L, SOCKET_REFUSED, SOCKET_FINISH},
        {L, SOCKET_LOST, SOCKET_NOTHING},      {C, SOCKET_GRANTED, SOCKET_WORK},
        {C, SOCKET_DENIED, SOCKET_FINISH},     {W, SOCKET_DONE, SOCKET_FINISH},
        {W, SOCKET_REFUSED, SOCKET_FINISH},    {W, SOCKET_NO_CHIP, SOCKET_STOP},
        {W, SOCKET_OTHER_CHIP, SOCKET_STOP},   {W, SOCKET_LOST, SOCKET_NOTHING},
        {W, SOCKET_SILENT, SOCKET_NOTHING},    {P, SOCKET_NO_CHIP, SOCKET_NOTHING},
        {P, SOCKET_OTHER_CHIP, SOCKET_FORGET}, {F, SOCKET_OTHER_CHIP, SOCKET_FORGET},
        {P, SOCKET_CHIP, SOCKET_NOTHING},      {R, SOCKET_NO_CHIP, SOCKET_FORGET},
        {R, SOCKET_CHIP, SOCKET_FORGET},       {R, SOCKET_OTHER_CHIP, SOCKET_FORGET},
        {F, SOCKET_AGAIN, SOCKET_LOOK},        {P, SOCKET_AGAIN, SOCKET_NOTHING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct socket socket = {.state = rows[i].from};

        if (socket_step(&socket, rows[i].event) != rows[i].action)
            fail_msg("%s, event %d", socket_state_name(rows[i].from), (int)rows[i].event);
    }
}

/*
 * Whatever happens in whatever order: work begins only right after this board was looked at and granted, a board counts
 * as done only when a worker has said so, and no worker is started while one is running.
 */
static void test_any_order(void **state)
{
    uint32_t random = 1;
    struct socket socket = {.state = E};
    bool is_looked = false, is_granted = false, has_worker = false;

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        enum socket_event event;
        enum socket_action action;

        random = random * 1664525u + 1013904223u;
        event = (enum socket_event)((random >> 16) % SOCKET_EVENT_COUNT);
        const bool is_word = (event >= SOCKET_DONE && event != SOCKET_AGAIN) || event == SOCKET_LOOKED;

        /* A worker's words come only while there is one; its end is one of them. */
        if ((is_word && !has_worker) || (event == SOCKET_LOOKED && socket.state != L) ||
            (event == SOCKET_DONE && socket.state != W))
            continue;
        has_worker = has_worker && !is_word;
        is_looked = event == SOCKET_LOOKED || (is_looked && socket.state == C);
        is_granted = event == SOCKET_GRANTED && is_looked;
        action = socket_step(&socket, event);
        if (action == SOCKET_LOOK || action == SOCKET_WORK) {
            assert_false(has_worker);
            has_worker = true;
        }
        if (action == SOCKET_WORK)
            assert_true(is_granted);
        if (action == SOCKET_FINISH && socket.state == P)
            assert_int_equal(event, SOCKET_DONE);
        assert_int_equal(has_worker, socket_has_worker(socket.state));
    }
}

/* A board that loses its workers fails; the next board has all its tries again. */
static void test_tries(void **state)
{
    struct socket socket = {.state = S};

    (void)state;
    for (unsigned i = 0; i <= SOCKET_TRIES; i++) { /* to wait for another process is no lost try */
        assert_int_equal(socket_step(&socket, SOCKET_CHIP), SOCKET_LOOK);
        assert_int_equal(socket_step(&socket, SOCKET_BUSY), SOCKET_NOTHING);
    }
    for (unsigned i = 1; i < SOCKET_TRIES; i++) {
        assert_int_equal(socket_step(&socket, SOCKET_CHIP), SOCKET_LOOK);
        assert_int_equal(socket_step(&socket, i % 2 == 0 ? SOCKET_LOST : SOCKET_SILENT), SOCKET_NOTHING);
        assert_int_equal(socket.state, S);
    }
    assert_int_equal(socket_step(&socket, SOCKET_CHIP), SOCKET_LOOK);
    assert_int_equal(socket_step(&socket, SOCKET_LOST), SOCKET_FINISH);
    assert_int_equal(socket.state, F);
    (void)socket_step(&socket, SOCKET_NO_CHIP);
    assert_int_equal(socket_step(&socket, SOCKET_NO_CHIP), SOCKET_FORGET);
    assert_int_equal(socket.tries, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_in_every_state),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_tries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
