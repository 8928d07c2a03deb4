/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and flags: ATECC608B-TFLXTLS data sheet, 8.1 to 8.4. The chip itself understands them; here only the trace. */
#include "virtual/serve/swi.h"

#include <time.h>

#include "virtual/trace/trace.h"
#include "virtual/chip/virtual.h"

#define BAUD 230400
#define WAKE_BAUD 115200
#define WAKE_LOW_US 69
#define UART_BITS 0x7fu
#define TOKEN_ONE 0x7fu
#define PIECE 16 /* 0.6 ms of the wire: in real time echoes come that much at once */

enum { FLAG_COMMAND = 0x77, FLAG_TRANSMIT = 0x88 };

/* Longer silences count as this: a host that a debugger or a busy machine keeps from talking does not lose its chip. */
#define SILENCE_MAX_NS (UINT64_C(50) * 1000000)

/* Longer than any watchdog: a chip that nobody talks to any more is asleep. */
#define NOBODY_NS (UINT64_C(11) * 1000000000)

static struct virtual_chip *chip_of(const struct serve_swi *swi)
{
    return swi->bus->chips[0];
}

/* Lets pass for the chip what has passed for the host since it was last heard, or less. */
static void let_time_pass(struct serve_swi *swi)
{
    uint64_t silence_ns = serve_bus_wall_ns() - swi->heard_ns;

    swi->heard_ns += silence_ns;
    if (!swi->real_time && silence_ns > SILENCE_MAX_NS)
        silence_ns = SILENCE_MAX_NS;
    virtual_wait_ns(chip_of(swi), silence_ns);
}

/* In real time: what has passed on the wire since `before_ns` now passes in the world. */
static void keep_pace(struct serve_swi *swi, uint64_t before_ns)
{
    const uint64_t passed_ns = virtual_now_ns(chip_of(swi)) - before_ns;
    uint64_t here_ns = serve_bus_wall_ns();

    if (!swi->real_time)
        return;
    swi->heard_ns += passed_ns;
    while (here_ns < swi->heard_ns) {
        const struct timespec rest = {.tv_sec = (time_t)((swi->heard_ns - here_ns) / 1000000000),
                                      .tv_nsec = (long)((swi->heard_ns - here_ns) % 1000000000)};

        (void)nanosleep(&rest, NULL);
        here_ns = serve_bus_wall_ns();
    }
}

static void end_message(struct serve_swi *swi)
{
    trace_stop(swi->bus->trace);
    swi->flag = swi->byte = swi->bits = swi->count = swi->at = 0;
}

/* Follows what the host says, for the trace. True when it has just asked for a reply. */
static bool follow(struct serve_swi *swi, uint8_t uart_byte)
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

/* What the chip has to say, to its end. */
static void hear_chip(struct serve_swi *swi, const struct serve_outlet *outlet)
{
    uint8_t heard[PIECE], byte = 0;
    unsigned bits = 0;
    uint64_t before_ns = virtual_now_ns(chip_of(swi));
    size_t len;

    while ((len = virtual_swi_receive(chip_of(swi), heard, sizeof heard)) > 0) {
        keep_pace(swi, before_ns);
        before_ns = virtual_now_ns(chip_of(swi));
        outlet->put(outlet->context, bytes_of(heard, len));
        for (size_t i = 0; i < len; i++) {
            byte = (uint8_t)(byte >> 1 | ((heard[i] & UART_BITS) == TOKEN_ONE ? 0x80 : 0));
            if (++bits % 8 == 0)
                trace_read(swi->bus->trace, byte);
        }
    }
    bytes_wipe(heard, sizeof heard);
    end_message(swi);
}

/*
 * At most PIECE bytes of the host's. A reply that the host talks into is lost, as on the wire: so the chip is only
 * heard when nothing more of the host's is there.
 */
static void take_piece(struct serve_swi *swi, struct bytes bytes, bool is_last, const struct serve_outlet *outlet)
{
    const uint64_t before_ns = virtual_now_ns(chip_of(swi));
    uint8_t echoes[PIECE];
    size_t heard = 0;
    bool asked = false;

    for (size_t i = 0; i < bytes.len; i++) {
        const uint8_t uart_byte = bytes.data[i] & UART_BITS;

        if (asked)
            end_message(swi);
        asked = follow(swi, uart_byte);
        virtual_swi_send(chip_of(swi), uart_byte == 0 ? WAKE_BAUD : BAUD, bytes.data[i]);
        heard += virtual_swi_receive(chip_of(swi), echoes + heard, 1);
    }
    keep_pace(swi, before_ns);
    outlet->put(outlet->context, bytes_of(echoes, heard));
    bytes_wipe(echoes, sizeof echoes);
    if (asked && is_last)
        hear_chip(swi, outlet);
    else if (asked)
        end_message(swi);
}

static void take(void *context, struct bytes bytes, const struct serve_outlet *outlet)
{
    struct serve_swi *swi = context;

    let_time_pass(swi);
    for (size_t at = 0; at < bytes.len; at += PIECE) {
        const bool is_last = bytes.len - at <= PIECE;

        take_piece(swi, bytes_of(bytes.data + at, is_last ? bytes.len - at : PIECE), is_last, outlet);
    }
}

static void left(void *context)
{
    struct serve_swi *swi = context;

    end_message(swi);
    if (!swi->real_time)
        virtual_wait_ns(chip_of(swi), NOBODY_NS);
}

struct serve_peer serve_swi_init(struct serve_swi *swi, struct serve_bus *bus, bool real_time)
{
    *swi = (struct serve_swi){.bus = bus, .real_time = real_time, .heard_ns = serve_bus_wall_ns()};
    if (!real_time)
        virtual_set_times(chip_of(swi), VIRTUAL_TIMES_NONE);
    return (struct serve_peer){.take = take, .left = left, .context = swi};
}
