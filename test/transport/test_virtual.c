/* SPDX-License-Identifier: Apache-2.0 */
/* The in-process transport, byte by byte: groups as a real part puts them on the wire. */
#include "transport/virtual.h"

#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t info[] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D};
static const uint8_t info_reply[] = {0x07, 0x00, 0x00, 0x60, 0x03, 0x83, 0xBB};
static const uint8_t wake_reply[] = {0x04, 0x11, 0x33, 0x43};

static int set_up(void **state)
{
    static struct world world;
    const struct virtual_making blank = {.part = VIRTUAL_BLANK};

    world_open_chip(&world, &blank);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    world_remove(*state);
    return 0;
}

static enum imprint_transport_status receive(struct world *world, uint8_t *memory, size_t cap, size_t *len)
{
    *len = 3;
    return world->chip.transport.operations->receive(world->chip.transport.context, memory, cap, len);
}

static void test_wake_send_receive(void **state)
{
    struct world *world = *state;
    const struct imprint_transport_operations *bus = world->chip.transport.operations;
    void *context = world->chip.transport.context;
    uint8_t memory[IMPRINT_TRANSPORT_GROUP_MAX];
    size_t len;

    assert_string_equal(bus->name, "virtual");
    assert_int_equal(bus->send(context, info, sizeof(info)), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_int_equal(receive(world, memory, sizeof(memory), &len), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_int_equal(bus->wake(context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(receive(world, memory, sizeof(memory), &len), IMPRINT_TRANSPORT_OK);
    assert_int_equal(len, sizeof(wake_reply));
    assert_memory_equal(memory, wake_reply, sizeof(wake_reply));
    assert_int_equal(bus->send(context, info, sizeof(info)), IMPRINT_TRANSPORT_OK);
    assert_int_equal(receive(world, memory, sizeof(memory), &len), IMPRINT_TRANSPORT_NO_ANSWER);
    bus->delay_us(context, 6000);
    for (int again = 0; again < 3; again++) {
        assert_int_equal(receive(world, memory, sizeof(memory), &len), IMPRINT_TRANSPORT_OK);
        assert_int_equal(len, sizeof(info_reply));
        assert_memory_equal(memory, info_reply, sizeof(info_reply));
    }
}

static void test_reply_longer_than_the_room(void **state)
{
    struct world *world = *state;
    uint8_t memory[IMPRINT_TRANSPORT_GROUP_MAX] = {0};
    size_t len;

    assert_int_equal(world->chip.transport.operations->wake(world->chip.transport.context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(receive(world, memory, 3, &len), IMPRINT_TRANSPORT_GARBLED);
    assert_int_equal(memory[3], 0);
    assert_int_equal(receive(world, memory, 4, &len), IMPRINT_TRANSPORT_OK);
}

static void test_nothing_to_read_is_garbled(void **state)
{
    struct world *world = *state;
    const struct imprint_transport_operations *bus = world->chip.transport.operations;
    void *context = world->chip.transport.context;
    uint8_t memory[IMPRINT_TRANSPORT_GROUP_MAX];
    size_t len;

    assert_int_equal(bus->wake(context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(bus->idle(context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(bus->idle(context), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_int_equal(receive(world, memory, sizeof(memory), &len), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_int_equal(bus->wake(context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(bus->sleep(context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(bus->sleep(context), IMPRINT_TRANSPORT_NO_ANSWER);
    assert_true(virtual_arm_fault(world->part, "garbage@1"));
    assert_int_equal(bus->wake(context), IMPRINT_TRANSPORT_OK);
    assert_int_equal(bus->send(context, info, sizeof(info)), IMPRINT_TRANSPORT_OK);
    bus->delay_us(context, 6000);
    assert_int_not_equal(receive(world, memory, 8, &len), IMPRINT_TRANSPORT_NO_ANSWER);
}

static void test_clock(void **state)
{
    struct world *world = *state;
    const struct imprint_transport_operations *bus = world->chip.transport.operations;
    void *context = world->chip.transport.context;
    uint64_t start = bus->now_us(context);

    bus->delay_us(context, 5000000);
    assert_int_equal(bus->now_us(context) - start, 5000000);
    start = bus->now_us(context);
    assert_int_equal(bus->wake(context), IMPRINT_TRANSPORT_OK);
    assert_true(bus->now_us(context) - start >= 60 + 1500);
    assert_true(bus->now_us(context) - start < 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wake_send_receive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reply_longer_than_the_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_to_read_is_garbled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
