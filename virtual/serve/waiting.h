/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hosts stop waiting for a busy chip: a chip that executes a command, or wakes up, does not acknowledge its
 * address. A host that tries once too early and then gives up sees the same as with no chip at all; here it is noticed,
 * so that it can be said. Called by virtual/serve/bus.c with what passes on the bus, and by the server.
 */
#ifndef IMPRINT_SERVE_WAITING_H
#define IMPRINT_SERVE_WAITING_H

#include <stdbool.h>
#include <stdint.h>

struct serve_bus;

/* What a host gave up. */
struct serve_gave_up {
    const char *command; /* a literal: "Write"; "wake" for a chip that was waking up */
    uint8_t address;     /* 7-bit */
    uint64_t waited_ns;  /* from the command to the host's last attempt */
    uint64_t needed_ns;  /* how long the command takes */
};

/* Per chip. Private. */
struct serve_waiting {
    bool open; /* a command or a wake whose end no host has seen yet */
    bool is_wake;
    uint8_t opcode;
    const void *client; /* who sent it; NULL: several hosts ask for it */
    uint64_t began_ns, ready_ns;
    uint64_t refused_ns; /* when a host last asked too early; 0: never */
    /* The message in hand. */
    bool writing;
    uint8_t at, word;
};

/* The bus calls these: after a START, a byte written to a chip, a STOP, a wake pulse. `now_ns`: before the START. */
void serve_waiting_start(struct serve_bus *bus, uint8_t address_byte, bool acknowledged, uint64_t now_ns);
void serve_waiting_write(struct serve_bus *bus, uint8_t byte);
void serve_waiting_stop(struct serve_bus *bus);

/* `client` has closed: what it was waiting for it has given up. */
void serve_waiting_left(struct serve_bus *bus, const void *client);

/* No host will come any more. */
void serve_waiting_end(struct serve_bus *bus);

#endif
