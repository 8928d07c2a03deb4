/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of docs/reference/bus-protocol.md. One row per request. */
#include "virtual/serve/session.h"

#include <string.h>

#include "base/order.h"

#define READ_BIT 0x01u
#define GROUP_MIN 1
#define CLOCK_MIN_HZ 1000
#define CLOCK_MAX_HZ 1000000                      /* ATECC608B: at most 1 MHz */
#define WAIT_MAX_NS (UINT64_C(3600) * 1000000000) /* a longer wait is a client's mistake */

static void begin(struct bytes_out *reply, enum bus_reply_type type)
{
    const uint8_t header[BUS_HEADER_BYTES] = {0, 0, (uint8_t)type};

    reply->len = 0;
    (void)bytes_append(reply, bytes_of(header, sizeof header));
}

static void end(struct bytes_out *reply)
{
    store16_le(reply->data, (uint16_t)(reply->len - BUS_LENGTH_BYTES));
}

void serve_session_refuse(enum bus_refusal refusal, const char *cause, struct bytes_out *reply)
{
    begin(reply, BUS_ERROR);
    (void)bytes_append_byte(reply, (uint8_t)refusal);
    (void)bytes_append(reply, bytes_of(cause, strlen(cause)));
    end(reply);
}

static void put_addresses(const struct serve_bus *bus, struct bytes_out *reply)
{
    uint8_t addresses[BUS_CHIPS_MAX];
    size_t count = serve_bus_addresses(bus, addresses);

    (void)bytes_append_byte(reply, (uint8_t)count);
    (void)bytes_append(reply, bytes_of(addresses, count));
}

static const char *answer_hello(struct serve_session *session, struct serve_bus *bus, struct bytes body,
                                struct bytes_out *reply)
{
    (void)body; /* checked by check_order() */
    session->hello_done = true;
    (void)bytes_append_byte(reply, (bus->real_time ? BUS_HELLO_REAL_TIME : 0) | BUS_HELLO_AWAIT);
    put_addresses(bus, reply);
    return NULL;
}

/* One message of a transfer request. */
struct message {
    uint8_t flags, address;
    uint16_t len;
    const uint8_t *data; /* of a write */
};

/* Reads the next message from `rest` and advances it. NULL, or why it is invalid. */
static const char *next_message(struct bytes *rest, struct message *message)
{
    bool reading;

    if (rest->len < BUS_MESSAGE_HEADER_BYTES)
        return "a transfer is cut short";
    *message = (struct message){.flags = rest->data[0], .address = rest->data[1], .len = load16_le(rest->data + 2)};
    reading = (message->flags & BUS_MESSAGE_READ) != 0;
    if ((message->flags & ~(BUS_MESSAGE_READ | BUS_MESSAGE_GROUP)) != 0 || message->flags == BUS_MESSAGE_GROUP)
        return "a message has flags that are not defined";
    if (message->address > 0x7f)
        return "an address has more than 7 bits";
    if ((message->flags & BUS_MESSAGE_GROUP) != 0 && message->len == 0)
        return "a group read has length 0";
    *rest = bytes_of(rest->data + BUS_MESSAGE_HEADER_BYTES, rest->len - BUS_MESSAGE_HEADER_BYTES);
    if (reading)
        return NULL;
    if (rest->len < message->len)
        return "a transfer is cut short";
    message->data = rest->data;
    *rest = bytes_of(rest->data + message->len, rest->len - message->len);
    return NULL;
}

/* Checks the whole transfer before its first byte is sent on the bus. */
static const char *check_transfer(struct bytes body)
{
    struct bytes rest;
    struct message message;
    const char *cause;
    size_t reads = 0;

    if (body.len < 1 || body.data[0] == 0 || body.data[0] > BUS_MESSAGES_MAX)
        return "a transfer must have 1 to 42 messages";
    rest = bytes_of(body.data + 1, body.len - 1);
    for (unsigned i = 0; i < body.data[0]; i++) {
        cause = next_message(&rest, &message);
        if (cause != NULL)
            return cause;
        reads += (message.flags & BUS_MESSAGE_READ) != 0 ? message.len : 0u;
    }
    if (rest.len != 0)
        return "a transfer is longer than its messages";
    return reads > BUS_READ_MAX ? "a transfer reads more than 8192 bytes" : NULL;
}

/* Appends the bytes of one read, after their count. They fit: see check_transfer(). */
static void read_message(struct serve_bus *bus, const struct message *message, struct bytes_out *reply)
{
    size_t at = reply->len, len = message->len;
    uint8_t byte;

    (void)bytes_append(reply, bytes_of((const uint8_t[2]){0, 0}, 2));
    for (size_t i = 0; i < len; i++) {
        byte = serve_bus_read(bus);
        (void)bytes_append_byte(reply, byte);
        if (i == 0 && (message->flags & BUS_MESSAGE_GROUP) != 0 && byte < len)
            len = byte < GROUP_MIN ? GROUP_MIN : byte;
    }
    store16_le(reply->data + at, (uint16_t)len);
}

/* A group read asks for the most that a reply may have: an adapter reads no more of it than it can. */
static bool is_too_long(const struct serve_bus *bus, struct message *message)
{
    if (bus->message_max == 0 || message->len <= bus->message_max)
        return false;
    if ((message->flags & BUS_MESSAGE_GROUP) == 0)
        return true;
    message->len = (uint16_t)bus->message_max;
    return false;
}

static enum bus_result write_message(struct serve_bus *bus, const struct message *message, uint16_t *taken)
{
    for (*taken = 0; message->data != NULL && *taken < message->len; ++*taken) {
        if (!serve_bus_write(bus, message->data[*taken]))
            return BUS_BYTE_REFUSED;
    }
    return BUS_ACKNOWLEDGED;
}

/* One message, from its START on. `*taken`: bytes of a write that were acknowledged. */
static enum bus_result carry_out(struct serve_bus *bus, struct message *message, uint16_t *taken,
                                 struct bytes_out *reply)
{
    if (is_too_long(bus, message))
        return BUS_TOO_LONG;
    if (!serve_bus_start(bus, (uint8_t)((unsigned)message->address << 1 | (message->flags & READ_BIT))))
        return BUS_ADDRESS_REFUSED;
    if ((message->flags & BUS_MESSAGE_READ) == 0)
        return write_message(bus, message, taken);
    read_message(bus, message, reply);
    return BUS_ACKNOWLEDGED;
}

static const char *answer_transfer(struct serve_session *session, struct serve_bus *bus, struct bytes body,
                                   struct bytes_out *reply)
{
    const char *cause = check_transfer(body);
    uint8_t *result = reply->data + reply->len;
    enum bus_result result_code = BUS_ACKNOWLEDGED;
    struct message message = {.flags = 0}; /* check_transfer() has seen that all are there; GCC 14 has not */
    struct bytes rest;
    uint16_t taken = 0;
    uint8_t done = 0;

    (void)session;
    if (cause != NULL)
        return cause;
    rest = bytes_of(body.data + 1, body.len - 1);
    (void)bytes_append(reply, bytes_of((const uint8_t[BUS_TRANSFER_REPLY_BYTES]){0}, BUS_TRANSFER_REPLY_BYTES));
    while (done < body.data[0] && result_code == BUS_ACKNOWLEDGED) {
        (void)next_message(&rest, &message);
        result_code = carry_out(bus, &message, &taken, reply);
        done = (uint8_t)(done + (result_code == BUS_ACKNOWLEDGED));
    }
    serve_bus_stop(bus);
    result[0] = (uint8_t)result_code;
    result[1] = done;
    store16_le(result + 2, result_code == BUS_BYTE_REFUSED ? taken : 0);
    return NULL;
}

static const char *answer_wake(struct serve_session *session, struct serve_bus *bus, struct bytes body,
                               struct bytes_out *reply)
{
    uint32_t low_us;

    (void)session;
    if (body.len != 4)
        return "the body of a wake must have 4 bytes";
    low_us = load32_le(body.data);
    if (low_us > BUS_WAKE_LOW_MAX_US)
        return "a wake pulse is longer than 1 second";
    serve_bus_sda_low(bus, low_us);
    put_addresses(bus, reply);
    return NULL;
}

static const char *answer_time(struct serve_session *session, struct serve_bus *bus, struct bytes body,
                               struct bytes_out *reply)
{
    uint64_t wait_ns;

    (void)session;
    (void)reply;
    if (body.len != 8)
        return "the body of a time request must have 8 bytes";
    wait_ns = load64_le(body.data);
    if (wait_ns > WAIT_MAX_NS)
        return "a wait is longer than 1 hour";
    if (wait_ns != 0 && bus->real_time)
        return "this bus follows the wall clock: the client must wait itself";
    serve_bus_wait_ns(bus, wait_ns);
    return NULL;
}

static const char *answer_await(struct serve_session *session, struct serve_bus *bus, struct bytes body,
                                struct bytes_out *reply)
{
    uint64_t limit_ns;

    (void)session;
    (void)reply;
    if (body.len != BUS_AWAIT_BYTES)
        return "the body of an await must have 9 bytes";
    limit_ns = load64_le(body.data + 1);
    if (body.data[0] > 0x7f)
        return "an address has more than 7 bits";
    if (limit_ns > WAIT_MAX_NS)
        return "a wait is longer than 1 hour";
    serve_bus_await(bus, body.data[0], limit_ns);
    return NULL;
}

static const char *answer_clock(struct serve_session *session, struct serve_bus *bus, struct bytes body,
                                struct bytes_out *reply)
{
    (void)bus;
    (void)reply;
    if (body.len != 4)
        return "the body of a clock request must have 4 bytes";
    if (load32_le(body.data) < CLOCK_MIN_HZ || load32_le(body.data) > CLOCK_MAX_HZ)
        return "the clock must be 1000 to 1000000 Hz";
    session->clock_hz = load32_le(body.data);
    return NULL;
}

/* Hold and release: the server applies them. */
static const char *answer_turn(struct serve_session *session, struct serve_bus *bus, struct bytes body,
                               struct bytes_out *reply)
{
    (void)session;
    (void)bus;
    (void)reply;
    return body.len != 0 ? "a hold or release must have no body" : NULL;
}

static const struct {
    enum bus_request type;
    enum serve_turn turn;
    bool uses_bus;
    const char *(*answer)(struct serve_session *session, struct serve_bus *bus, struct bytes body,
                          struct bytes_out *reply);
} requests[] = {
    {BUS_HELLO, SERVE_TURN_UNCHANGED, false, answer_hello}, {BUS_TRANSFER, SERVE_TURN_UNCHANGED, true, answer_transfer},
    {BUS_WAKE, SERVE_TURN_UNCHANGED, true, answer_wake},    {BUS_TIME, SERVE_TURN_UNCHANGED, true, answer_time},
    {BUS_CLOCK, SERVE_TURN_UNCHANGED, false, answer_clock}, {BUS_HOLD, SERVE_TURN_HOLD, false, answer_turn},
    {BUS_RELEASE, SERVE_TURN_RELEASE, false, answer_turn},  {BUS_AWAIT, SERVE_TURN_UNCHANGED, true, answer_await},
};

#define REQUEST_COUNT (sizeof requests / sizeof requests[0])

static size_t row_of(struct bytes frame)
{
    size_t row = 0;

    while (row < REQUEST_COUNT && requests[row].type != (enum bus_request)frame.data[0])
        row++;
    return row;
}

enum serve_turn serve_session_turn(struct bytes frame)
{
    size_t row = row_of(frame);

    return row < REQUEST_COUNT ? requests[row].turn : SERVE_TURN_UNCHANGED;
}

bool serve_session_uses_bus(struct bytes frame)
{
    size_t row = row_of(frame);

    return row < REQUEST_COUNT && requests[row].uses_bus;
}

/* Checks that the first frame, and only the first, is a hello. */
static enum bus_refusal check_order(const struct serve_session *session, struct bytes frame, const char **cause)
{
    const bool hello = frame.data[0] == BUS_HELLO;

    if (session->hold_lost) {
        *cause = "lost the bus: held it for too long, or without using it, while others waited";
        return BUS_HOLD_LOST;
    }
    if (session->hello_done) {
        *cause = hello ? "a second hello" : NULL;
        return BUS_BAD_FRAME;
    }
    if (!hello || frame.len != 1 + BUS_MAGIC_BYTES + 1 || memcmp(frame.data + 1, BUS_MAGIC, BUS_MAGIC_BYTES) != 0) {
        *cause = "not the imprint bus protocol: the first frame must be a hello";
        return BUS_NOT_A_CLIENT;
    }
    *cause =
        frame.data[1 + BUS_MAGIC_BYTES] != BUS_VERSION ? "unsupported version of the bus protocol: expected 1" : NULL;
    return BUS_BAD_VERSION;
}

enum serve_answer serve_session_answer(struct serve_session *session, struct serve_bus *bus, struct bytes frame,
                                       struct bytes_out *reply, const char **cause)
{
    enum bus_refusal refusal = check_order(session, frame, cause);
    const size_t row = row_of(frame);
    uint8_t now[8] = {0};

    if (*cause == NULL && row == REQUEST_COUNT)
        *cause = "unknown request type";
    if (*cause == NULL) {
        refusal = BUS_BAD_FRAME;
        serve_bus_set_clock(bus, session->clock_hz != 0 ? session->clock_hz : SERVE_BUS_CLOCK_HZ);
        serve_bus_catch_up(bus);
        begin(reply, BUS_OK);
        (void)bytes_append(reply, bytes_of(now, sizeof now));
        *cause = requests[row].answer(session, bus, bytes_of(frame.data + 1, frame.len - 1), reply);
    }
    if (*cause != NULL) {
        serve_session_refuse(refusal, *cause, reply);
        return SERVE_REFUSED;
    }
    store64_le(reply->data + BUS_HEADER_BYTES, serve_bus_now_ns(bus));
    end(reply);
    return SERVE_ANSWERED;
}
