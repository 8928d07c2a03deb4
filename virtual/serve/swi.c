/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and flags: ATECC608B-TFLXTLS data sheet, 8.1 to 8.4. The chip decodes them itself; here they are decoded for
 * the trace. */
#include "virtual/serve/swi.h"

#include <string.h>
#include <time.h>

#include "virtual/trace/trace.h"
#include "virtual/chip/virtual.h"

#define BAUD 230400
#define WAKE_BAUD 115200
#define WAKE_LOW_US 69
#define UART_BITS 0x7fu
#define TOKEN_ONE 0x7fu
#define PIECE 16 /* 0.6 ms of the wire: in real time echoes come in pieces of this size */

enum { FLAG_COMMAND = 0x77, FLAG_TRANSMIT = 0x88 };

/* Longer pauses count as this: a host stopped by a debugger or a busy machine does not lose its chip to the watchdog.
 */
#define SILENCE_MAX_NS (UINT64_C(50) * 1000000)
#define INSIDE_MAX_NS UINT64_C(100000) /* within a message: on a wire its bytes follow each other at once */

/* Longer than any watchdog: after the host has disconnected, the chip sleeps. */
#define ABSENT_NS (UINT64_C(11) * 1000000000)

static struct virtual_chip *chip_of(const struct serve_swi *swi)
{
    return swi->bus->chips[0];
}

/* Advances the chip's clock by the time since the host's last byte, at most SILENCE_MAX_NS, within a message
 * INSIDE_MAX_NS. */
static void advance_time(struct serve_swi *swi)
{
    const uint64_t most_ns = swi->flag != 0 || swi->bits != 0 ? INSIDE_MAX_NS : SILENCE_MAX_NS;
    uint64_t silence_ns = serve_bus_wall_ns() - swi->last_byte_ns;

    swi->last_byte_ns += silence_ns;
    if (!swi->real_time && silence_ns > most_ns)
        silence_ns = most_ns;
    virtual_wait_ns(chip_of(swi), silence_ns);
}

/* In real time: waits as long as the wire was busy since `before_ns`. */
static void wait_for_wall_clock(struct serve_swi *swi, uint64_t before_ns)
{
    const uint64_t passed_ns = virtual_now_ns(chip_of(swi)) - before_ns;
    uint64_t here_ns = serve_bus_wall_ns();

    if (!swi->real_time)
        return;
    swi->last_byte_ns += passed_ns;
    while (here_ns < swi->last_byte_ns) {
        const struct timespec rest = {.tv_sec = (time_t)((swi->last_byte_ns - here_ns) / 1000000000),
                                      .tv_nsec = (long)((swi->last_byte_ns - here_ns) % 1000000000)};

        (void)nanosleep(&rest, NULL);
        here_ns = serve_bus_wall_ns();
    }
}

static void end_message(struct serve_swi *swi)
{
    trace_stop(swi->bus->trace);
    swi->flag = swi->byte = swi->bits = swi->count = swi->at = 0;
}

/* Decodes one byte from the host for the trace. True if it completes a request for a reply. */
static bool trace_host_byte(struct serve_swi *swi, uint8_t uart_byte)
{
    if (uart_byte == 0) {
        end_message(swi);
        trace_wake(swi->bus->trace, virtual_now_ns(chip_of(swi)), WAKE_LOW_US);
        return false;
    }
    swi->byte = (uint8_t)(swi->byte >> 1 | (uart_byte == TOKEN_ONE ? 0x80 : 0));
    if (++swi->bits < 8)
        return false;
    swi->bits = 0;
    if (swi->flag == 0) {
        swi->flag = swi->byte;
        trace_wire(swi->bus->trace, virtual_now_ns(chip_of(swi)), swi->flag);
        if (swi->flag != FLAG_COMMAND && swi->flag != FLAG_TRANSMIT)
            end_message(swi);
        return swi->flag == FLAG_TRANSMIT;
    }
    if (swi->at == 0)
        swi->count = swi->byte;
    trace_written(swi->bus->trace, swi->byte, true);
    if (++swi->at >= swi->count)
        end_message(swi);
    return false;
}

static void flush(struct serve_swi *swi, const struct serve_outlet *outlet)
{
    if (swi->said_len > 0)
        outlet->put(outlet->context, bytes_of(swi->said, swi->said_len));
    bytes_wipe(swi->said, swi->said_len);
    swi->said_len = 0;
}

/* What the wire carried, at most PIECE bytes: in real time to the host at once, otherwise with what follows. */
static void say(struct serve_swi *swi, struct bytes bytes, const struct serve_outlet *outlet)
{
    if (swi->said_len + bytes.len > sizeof swi->said)
        flush(swi, outlet);
    memcpy(swi->said + swi->said_len, bytes.data, bytes.len);
    swi->said_len += bytes.len;
    if (swi->real_time)
        flush(swi, outlet);
}

/* Receives the chip's whole reply and passes it to the host. */
static void receive_reply(struct serve_swi *swi, const struct serve_outlet *outlet)
{
    uint8_t received[PIECE], byte = 0;
    unsigned bits = 0;
    uint64_t before_ns = virtual_now_ns(chip_of(swi));
    size_t len;

    while ((len = virtual_swi_receive(chip_of(swi), received, sizeof received)) > 0) {
        wait_for_wall_clock(swi, before_ns);
        before_ns = virtual_now_ns(chip_of(swi));
        say(swi, bytes_of(received, len), outlet);
        for (size_t i = 0; i < len; i++) {
            byte = (uint8_t)(byte >> 1 | ((received[i] & UART_BITS) == TOKEN_ONE ? 0x80 : 0));
            if (++bits % 8 == 0)
                trace_read(swi->bus->trace, byte);
        }
    }
    bytes_wipe(received, sizeof received);
    end_message(swi);
}

/*
 * Sends at most PIECE bytes of the host to the chip. If the host sends during a reply, the reply is lost, as on the
 * wire; so the reply is received only if the host has sent no more bytes.
 */
static void send_piece(struct serve_swi *swi, struct bytes bytes, bool is_last, const struct serve_outlet *outlet)
{
    const uint64_t before_ns = virtual_now_ns(chip_of(swi));
    uint8_t echoes[PIECE];
    size_t received = 0;
    bool asked = false;

    for (size_t i = 0; i < bytes.len; i++) {
        const uint8_t uart_byte = bytes.data[i] & UART_BITS;

        if (asked)
            end_message(swi);
        asked = trace_host_byte(swi, uart_byte);
        virtual_swi_send(chip_of(swi), uart_byte == 0 ? WAKE_BAUD : BAUD, bytes.data[i]);
        received += virtual_swi_receive(chip_of(swi), echoes + received, 1);
    }
    wait_for_wall_clock(swi, before_ns);
    say(swi, bytes_of(echoes, received), outlet);
    bytes_wipe(echoes, sizeof echoes);
    if (asked && is_last)
        receive_reply(swi, outlet);
    else if (asked)
        end_message(swi);
}

static void receive(void *context, struct bytes bytes, const struct serve_outlet *outlet)
{
    struct serve_swi *swi = context;

    advance_time(swi);
    for (size_t at = 0; at < bytes.len; at += PIECE) {
        const bool is_last = bytes.len - at <= PIECE;

        send_piece(swi, bytes_of(bytes.data + at, is_last ? bytes.len - at : PIECE), is_last, outlet);
    }
    flush(swi, outlet);
}

static void disconnected(void *context)
{
    struct serve_swi *swi = context;

    end_message(swi);
    if (!swi->real_time)
        virtual_wait_ns(chip_of(swi), ABSENT_NS);
}

struct serve_peer serve_swi_init(struct serve_swi *swi, struct serve_bus *bus, bool real_time)
{
    *swi = (struct serve_swi){.bus = bus, .real_time = real_time, .last_byte_ns = serve_bus_wall_ns()};
    if (!real_time)
        virtual_set_times(chip_of(swi), VIRTUAL_TIMES_NONE);
    return (struct serve_peer){.receive = receive, .disconnected = disconnected, .context = swi};
}
