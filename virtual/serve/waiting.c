/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual/serve/waiting.h"

#include "virtual/chip/virtual.h"
#include "virtual/serve/bus.h"
#include "virtual/trace/trace.h"

#define READ_BIT 0x01u
#define AT_OPCODE 2 /* after word address and count */

enum { WORD_RESET = 0x00, WORD_COMMAND = 0x03 };

/* The command is over for the hosts. Reports it if one of them asked too early and none has seen its end. */
static void give_up(struct serve_bus *bus, size_t at)
{
    struct serve_waiting *waiting = &bus->waiting[at];
    const struct serve_gave_up gave_up = {
        .command = waiting->is_wake ? "wake" : trace_command_name(waiting->opcode),
        .address = virtual_i2c_address(bus->chips[at]) >> 1,
        .waited_ns = waiting->refused_ns - waiting->began_ns,
        .needed_ns = waiting->ready_ns - waiting->began_ns,
    };

    if (waiting->open && waiting->refused_ns != 0 && bus->callbacks.gave_up != NULL)
        bus->callbacks.gave_up(bus->callbacks.context, &gave_up);
    waiting->open = false;
}

/* The host addresses the chip: too early, or its reply is read, or a wake has succeeded. */
static void note_address(const struct serve_bus *bus, struct serve_waiting *waiting, bool acknowledged, uint64_t now_ns)
{
    if (!waiting->open)
        return;
    if (acknowledged) {
        waiting->open = !waiting->is_wake && waiting->writing;
    } else if (now_ns < waiting->ready_ns) {
        waiting->refused_ns = now_ns;
        if (waiting->client != bus->client)
            waiting->client = NULL;
    }
}

void serve_waiting_start(struct serve_bus *bus, uint8_t address_byte, bool acknowledged, uint64_t now_ns)
{
    for (size_t i = 0; i < bus->count; i++) {
        struct serve_waiting *waiting = &bus->waiting[i];
        const bool its = ((virtual_i2c_address(bus->chips[i]) ^ address_byte) & ~READ_BIT) == 0;

        waiting->writing = its && acknowledged && (address_byte & READ_BIT) == 0;
        waiting->at = 0;
        if (its)
            note_address(bus, waiting, acknowledged, now_ns);
    }
}

void serve_waiting_write(struct serve_bus *bus, uint8_t byte)
{
    for (size_t i = 0; i < bus->count; i++) {
        struct serve_waiting *waiting = &bus->waiting[i];

        if (!waiting->writing)
            continue;
        if (waiting->at == 0) {
            waiting->word = byte;
            if (byte != WORD_RESET) /* command, idle, sleep: the reply to the command before is lost */
                give_up(bus, i);
        } else if (waiting->at == AT_OPCODE && waiting->word == WORD_COMMAND) {
            waiting->opcode = byte;
        }
        waiting->at = waiting->at < UINT8_MAX ? (uint8_t)(waiting->at + 1) : waiting->at;
    }
}

void serve_waiting_stop(struct serve_bus *bus)
{
    for (size_t i = 0; i < bus->count; i++) {
        struct serve_waiting *waiting = &bus->waiting[i];
        const uint64_t now_ns = virtual_now_ns(bus->chips[i]), busy_ns = virtual_busy_ns(bus->chips[i]);
        const bool command = waiting->writing && waiting->at > AT_OPCODE && waiting->word == WORD_COMMAND;

        waiting->writing = false;
        if (busy_ns == 0 || now_ns + busy_ns == waiting->ready_ns)
            continue;
        give_up(bus, i); /* the chip was asleep and has been woken: an older reply is lost */
        *waiting = (struct serve_waiting){.open = true,
                                          .is_wake = !command,
                                          .opcode = waiting->opcode,
                                          .client = bus->client,
                                          .began_ns = now_ns,
                                          .ready_ns = now_ns + busy_ns};
    }
}

void serve_waiting_left(struct serve_bus *bus, const void *client)
{
    for (size_t i = 0; i < bus->count; i++) {
        struct serve_waiting *waiting = &bus->waiting[i];

        if (!waiting->open || waiting->client != client)
            continue;
        if (waiting->refused_ns != 0)
            give_up(bus, i);
        waiting->client = NULL; /* another host may come for the reply, as with i2ctransfer in a script */
    }
}

void serve_waiting_end(struct serve_bus *bus)
{
    for (size_t i = 0; i < bus->count; i++)
        give_up(bus, i);
}
