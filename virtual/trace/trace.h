/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trace of a bus with ATECC chips, I2C or single wire: one line for each message, bytes as they passed, commands
 * decoded for people. docs/reference/trace-format.md is its grammar, by which it can be replayed. Bytes that may be
 * secret are shown as "**", unless the caller asks for secrets. One call for each event on the bus. A NULL trace does
 * nothing.
 */
#ifndef IMPRINT_TRACE_TRACE_H
#define IMPRINT_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TRACE_MESSAGE_MAX 8192 /* bytes of one message that are kept; the rest is counted */

/* State of the exchange with one address: what the next byte means, and whether it may be shown. Private. */
struct trace_chip {
    uint8_t count, opcode, param1; /* of the current command, or the last one */
    uint8_t at;                    /* how many of its bytes have passed */
    uint8_t reply_count, reply_at;
    uint8_t reply_status; /* of a reply of 4 bytes */
    bool woken;           /* since the command */
};

/* Private. */
struct trace {
    FILE *file;
    bool secrets;
    bool open; /* a message is being collected */
    bool wire; /* on a single wire: its first byte is the flag */
    uint64_t began_ns;
    uint8_t address_byte;
    bool acknowledged;
    size_t len, refused_at;            /* refused_at: the byte not acknowledged, SIZE_MAX for none */
    uint16_t bytes[TRACE_MESSAGE_MAX]; /* above 0xff: hidden */
    char decoded[160];
    struct trace_chip chips[128];
};

/* Writes to `file`, which stays the caller's, a line at a time. With `secrets` nothing is hidden. */
void trace_init(struct trace *trace, FILE *file, bool secrets);

void trace_wake(struct trace *trace, uint64_t now_ns, uint32_t low_us);
void trace_start(struct trace *trace, uint64_t now_ns, uint8_t address_byte, bool acknowledged);
/* On a single wire: a flag, and with it a message; then the bytes of a group, written or read, and trace_stop(). */
void trace_wire(struct trace *trace, uint64_t now_ns, uint8_t flag);

void trace_written(struct trace *trace, uint8_t byte, bool acknowledged);
void trace_read(struct trace *trace, uint8_t byte);
void trace_stop(struct trace *trace);

/* The name of the command with this opcode, such as "Write" for 0x12: a literal; "unknown command" if there is none. */
const char *trace_command_name(uint8_t opcode);

#endif
