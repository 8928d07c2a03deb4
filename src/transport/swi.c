/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens, flags and times: ATECC608B-TFLXTLS data sheet, 8.1 to 8.4 and 9.3.2. A byte is eight tokens, least
 * significant bit first; a group goes out in pieces of SWI_EXCHANGE_MAX tokens, each compared with its echo.
 */
#include "transport/swi.h"

#define FLAG_COMMAND 0x77
#define FLAG_TRANSMIT 0x88
#define FLAG_IDLE 0xBB
#define FLAG_SLEEP 0xCC

/* Low for the start bit, and for a zero low once more in the second data bit. Bit 7 is for UARTs with 8 data bits. */
#define TOKEN_ONE 0xFF
#define TOKEN_ZERO 0xFD
#define TOKEN_UNUSED 0x80

#define BITS 8
#define PIECE_MAX (SWI_EXCHANGE_MAX / BITS)

#define WAKE_TOKEN 0x00   /* start bit and 7 zeros at 115,200 baud: 69 us low, where tWLO is 60 */
#define WAKE_HIGH_US 1500 /* tWHI; a chip whose power-on self test is enabled needs longer: the caller polls */
#define TURNAROUND_US 100 /* from a reply's last bit to the next flag: at least 93 */

#define FLAG_US 400 /* from a flag's first bit to its last: 313 */
#define PROBES 3

#define GROUP_MIN 4

/* The two port functions that can fail. After the first failure they return false at once: the port is gone. */
static bool set_baud(struct transport_swi *self, uint32_t baud)
{
    if (!self->gone)
        self->gone = !self->port->set_baud(self->port->context, baud);
    return !self->gone;
}

static bool exchange(struct transport_swi *self, struct bytes tokens, struct bytes_out *received)
{
    const struct swi_port *port = self->port;

    if (!self->gone)
        self->gone = !port->exchange(port->context, tokens, received, port->patience_us);
    return !self->gone;
}

static void delay_us(const struct transport_swi *self, uint32_t microseconds)
{
    self->port->delay_us(self->port->context, microseconds);
}

static void encode(uint8_t byte, uint8_t tokens[static BITS])
{
    for (unsigned bit = 0; bit < BITS; bit++)
        tokens[bit] = (byte >> bit & 1) != 0 ? TOKEN_ONE : TOKEN_ZERO;
}

/* A bit from the chip is up to twice as long as ours: at a one, the line may still be low when the UART samples its
 * first data bit. */
static uint8_t decode(const uint8_t tokens[static BITS])
{
    unsigned byte = 0;

    for (unsigned bit = 0; bit < BITS; bit++)
        if (((tokens[bit] | TOKEN_UNUSED) ^ TOKEN_ONE) < 2)
            byte |= 1u << bit;
    return (uint8_t)byte;
}

static bool is_echo(struct bytes sent, const struct bytes_out *received)
{
    bool same = sent.len <= received->len;

    for (size_t i = 0; same && i < sent.len; i++)
        same = ((sent.data[i] ^ received->data[i]) & ~TOKEN_UNUSED) == 0;
    return same;
}

/*
 * Sends a flag and the group after it. NO_ANSWER: an echo was wrong before the last piece; the rest was not sent, so no
 * chip has a complete command. GARBLED: the echo of the last piece was wrong; the chip may have a complete command.
 */
static enum imprint_transport_status put(struct transport_swi *self, uint8_t flag, struct bytes group)
{
    struct {
        uint8_t tokens[SWI_EXCHANGE_MAX], echo[SWI_EXCHANGE_MAX];
    } memory;
    enum imprint_transport_status status = IMPRINT_TRANSPORT_OK;
    size_t total = 1 + group.len, done = 0;

    while (status == IMPRINT_TRANSPORT_OK && done < total) {
        struct bytes_out received = {.data = memory.echo};
        struct bytes sent;

        while (done < total && received.cap < SWI_EXCHANGE_MAX) {
            encode(done == 0 ? flag : group.data[done - 1], memory.tokens + received.cap);
            received.cap += BITS;
            done++;
        }
        sent = bytes_of(memory.tokens, received.cap);
        if (!exchange(self, sent, &received))
            status = IMPRINT_TRANSPORT_GONE;
        else if (!is_echo(sent, &received))
            status = done < total ? IMPRINT_TRANSPORT_NO_ANSWER : IMPRINT_TRANSPORT_GARBLED;
    }
    bytes_wipe(&memory, sizeof(memory)); /* groups may carry keys */
    return status;
}

static enum imprint_transport_status pulse(struct transport_swi *self)
{
    const uint8_t token = WAKE_TOKEN;
    uint8_t echo[1];
    struct bytes_out received = {.data = echo, .cap = sizeof(echo)};

    if (!set_baud(self, SWI_WAKE_BAUD) || !exchange(self, bytes_of(&token, 1), &received) || !set_baud(self, SWI_BAUD))
        return IMPRINT_TRANSPORT_GONE;
    delay_us(self, WAKE_HIGH_US);
    return IMPRINT_TRANSPORT_OK;
}

/*
 * A pulse resets the I/O of a chip that is already awake: it answers as if it had just woken, but its watchdog has been
 * running for an unknown time. So unless the chip is known to sleep or idle, it is woken, sent to idle, and woken
 * again.
 */
static enum imprint_transport_status swi_wake(void *context)
{
    struct transport_swi *self = context;

    if (!self->down && pulse(self) == IMPRINT_TRANSPORT_OK)
        (void)put(self, FLAG_IDLE, BYTES_NONE);
    self->down = false;
    return pulse(self);
}

static enum imprint_transport_status swi_send(void *context, const uint8_t *group, size_t len)
{
    struct transport_swi *self = context;
    enum imprint_transport_status status;

    if (len > IMPRINT_TRANSPORT_GROUP_MAX)
        return IMPRINT_TRANSPORT_GARBLED;
    self->down = false;
    status = put(self, FLAG_COMMAND, bytes_of(group, len));
    /* The chip may have received it correctly: receive() will show whether it replies. */
    return status == IMPRINT_TRANSPORT_GARBLED ? IMPRINT_TRANSPORT_OK : status;
}

/* Decodes bytes from tokens, eight tokens each. */
static void decode_tokens(struct bytes tokens, struct bytes_out *group)
{
    for (size_t at = 0; at + BITS <= tokens.len; at += BITS)
        (void)bytes_append_byte(group, decode(tokens.data + at));
}

/* Reads and drops what the chip still sends, at most as much as the longest group. */
static enum imprint_transport_status drain(struct transport_swi *self, uint8_t memory[static SWI_EXCHANGE_MAX])
{
    struct bytes_out received = {.data = memory, .cap = SWI_EXCHANGE_MAX};

    for (unsigned left = IMPRINT_TRANSPORT_GROUP_MAX / PIECE_MAX + 1; left > 0; left--) {
        received.len = 0;
        if (!exchange(self, BYTES_NONE, &received))
            return IMPRINT_TRANSPORT_GONE;
        if (received.len < received.cap)
            break;
    }
    return IMPRINT_TRANSPORT_GARBLED;
}

/* Sends the transmit flag; receives its echo and as many bytes as the shortest reply has. */
static enum imprint_transport_status receive_start(struct transport_swi *self, uint8_t memory[static SWI_EXCHANGE_MAX],
                                                   struct bytes_out *group)
{
    uint8_t tokens[BITS];
    struct bytes flag = bytes_of(tokens, sizeof(tokens));
    struct bytes_out received = {.data = memory, .cap = BITS + GROUP_MIN * BITS};

    encode(FLAG_TRANSMIT, tokens);
    if (!exchange(self, flag, &received))
        return IMPRINT_TRANSPORT_GONE;
    if (received.len == 0)
        return IMPRINT_TRANSPORT_NO_ANSWER;
    if (!is_echo(flag, &received))
        return IMPRINT_TRANSPORT_GARBLED;
    if (received.len == BITS)
        return IMPRINT_TRANSPORT_NO_ANSWER;
    decode_tokens(bytes_of(memory + BITS, received.len - BITS), group);
    if (received.len < received.cap || group->len == 0 || group->data[0] < GROUP_MIN || group->data[0] > group->cap)
        return IMPRINT_TRANSPORT_GARBLED;
    return IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status receive_rest(struct transport_swi *self, uint8_t memory[static SWI_EXCHANGE_MAX],
                                                  struct bytes_out *group)
{
    const size_t count = group->data[0];

    while (group->len < count) {
        size_t wanted = (count - group->len) * BITS;
        struct bytes_out received = {.data = memory, .cap = wanted < SWI_EXCHANGE_MAX ? wanted : SWI_EXCHANGE_MAX};

        if (!exchange(self, BYTES_NONE, &received))
            return IMPRINT_TRANSPORT_GONE;
        decode_tokens(bytes_written(&received), group);
        if (received.len < received.cap)
            return IMPRINT_TRANSPORT_GARBLED;
    }
    delay_us(self, TURNAROUND_US);
    return IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status receive(struct transport_swi *self, struct bytes_out *group)
{
    uint8_t memory[SWI_EXCHANGE_MAX];
    enum imprint_transport_status status;

    group->len = 0;
    status = receive_start(self, memory, group);
    if (status == IMPRINT_TRANSPORT_OK)
        status = receive_rest(self, memory, group);
    if (status == IMPRINT_TRANSPORT_GARBLED)
        status = drain(self, memory);
    if (status != IMPRINT_TRANSPORT_OK)
        group->len = 0;
    bytes_wipe(memory, sizeof(memory));
    return status;
}

static enum imprint_transport_status swi_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    struct bytes_out out = {.data = group, .cap = cap};
    enum imprint_transport_status status = receive(context, &out);

    *len = out.len;
    return status;
}

/*
 * If a chip becomes ready in the middle of a transmit flag, it may take the rest for the start of a flag, lose step,
 * and go to sleep; the reply is then lost. The data sheet does not rule this out. So the flag is sent when the chip
 * must be ready (`worst_us`). It is also sent once at `first_us`, if it then ends before the fastest part is ready: a
 * virtual chip whose commands take no time replies to that one.
 */
static enum imprint_transport_status swi_await(void *context, uint8_t *group, size_t cap, size_t *len,
                                               uint32_t first_us, uint32_t worst_us)
{
    const struct swi_port *port = ((const struct transport_swi *)context)->port;
    const uint64_t start_us = port->now_us(port->context);
    uint64_t waited_us;

    if (first_us >= FLAG_US) {
        enum imprint_transport_status status;

        port->delay_us(port->context, first_us);
        status = swi_receive(context, group, cap, len);
        if (status != IMPRINT_TRANSPORT_NO_ANSWER)
            return status;
    }
    waited_us = port->now_us(port->context) - start_us;
    if (waited_us < worst_us)
        port->delay_us(port->context, (uint32_t)(worst_us - waited_us));
    return swi_receive(context, group, cap, len);
}

static enum imprint_transport_status send_low_power(struct transport_swi *self, uint8_t flag)
{
    enum imprint_transport_status status = put(self, flag, BYTES_NONE);

    self->down = status == IMPRINT_TRANSPORT_OK;
    return status == IMPRINT_TRANSPORT_GARBLED ? IMPRINT_TRANSPORT_NO_ANSWER : status;
}

static enum imprint_transport_status swi_idle(void *context)
{
    return send_low_power(context, FLAG_IDLE);
}

static enum imprint_transport_status swi_sleep(void *context)
{
    return send_low_power(context, FLAG_SLEEP);
}

static void swi_delay_us(void *context, uint32_t microseconds)
{
    delay_us(context, microseconds);
}

static uint64_t swi_now_us(void *context)
{
    const struct transport_swi *self = context;

    return self->port->now_us(self->port->context);
}

static void swi_close(void *context)
{
    const struct transport_swi *self = context;

    if (self->port->close != NULL)
        self->port->close(self->port->context);
}

static const struct imprint_transport_operations swi_operations = {
    .name = "swi",
    .wake = swi_wake,
    .send = swi_send,
    .receive = swi_receive,
    .await = swi_await,
    .idle = swi_idle,
    .sleep = swi_sleep,
    .delay_us = swi_delay_us,
    .now_us = swi_now_us,
    .close = swi_close,
};

struct imprint_transport transport_swi_init(struct transport_swi *self, const struct swi_port *port)
{
    *self = (struct transport_swi){.port = port};
    return (struct imprint_transport){.operations = &swi_operations, .context = self};
}

enum imprint_transport_status transport_swi_probe(struct transport_swi *self)
{
    const uint8_t token = TOKEN_ONE;
    uint8_t memory[SWI_EXCHANGE_MAX];
    enum imprint_transport_status status = IMPRINT_TRANSPORT_GARBLED;

    if (!set_baud(self, SWI_BAUD))
        return IMPRINT_TRANSPORT_GONE;
    for (unsigned left = PROBES; status == IMPRINT_TRANSPORT_GARBLED && left > 0; left--) {
        struct bytes_out received = {.data = memory, .cap = 1};

        if (!exchange(self, bytes_of(&token, 1), &received))
            status = IMPRINT_TRANSPORT_GONE;
        else if (received.len == 0)
            status = IMPRINT_TRANSPORT_NO_ANSWER;
        else if (is_echo(bytes_of(&token, 1), &received))
            status = IMPRINT_TRANSPORT_OK;
        else
            status = drain(self, memory); /* still a reply to an earlier command */
    }
    bytes_wipe(memory, sizeof(memory));
    return status;
}
