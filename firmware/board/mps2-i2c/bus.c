/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I2C without an I2C block: QEMU has no way to put a process on one of its buses. The port of imprint/i2c.h sends each
 * transfer over the second UART to `imprint virtual serve` (docs/reference/bus-protocol.md). So the whole transport
 * runs on the board, with missing acknowledgements, wake pulses and time as on a real bus.
 *
 * Where the bus has a virtual clock, it gets each delay as a request, so that it never runs ahead of the board. A board
 * without a server has no chip.
 */
#include <imprint/board.h>
#include <imprint/i2c.h>

#include <string.h>

#include "base/order.h"
#include "firmware/board/mps2/mps2.h"
#include "transport/bus_protocol.h"

#define BAUD 115200

/* A server that is there answers when the host schedules it. The first answer decides whether one is there. */
#define HELLO_TIMEOUT_US 5000000
#define REPLY_TIMEOUT_US 10000000

#define TIME_BYTES 8
#define COUNT_BYTES 2
#define REQUEST_MAX (1 + BUS_MESSAGE_HEADER_BYTES + IMPRINT_I2C_WRITE_MAX)
#define REPLY_MAX (1 + TIME_BYTES + BUS_TRANSFER_REPLY_BYTES + COUNT_BYTES + IMPRINT_I2C_READ_MAX)

static enum { NOT_ASKED, CONNECTED, ABSENT } server;
static bool has_virtual_time;
static uint8_t reply[REPLY_MAX]; /* type and body of the last one */

static void send(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while (!mps2_uart_send(&mps2_layout.wire, data[i])) {
        }
    }
}

static bool receive(uint8_t *data, size_t len, uint64_t timeout_us)
{
    for (size_t i = 0; i < len; i++) {
        const int byte = mps2_uart_await(&mps2_layout.wire, timeout_us);

        if (byte < 0)
            return false;
        data[i] = (uint8_t)byte;
    }
    return true;
}

/* One request and its reply. Returns the length of the body after the time; -1: no server, or it refuses. */
static int request(enum bus_request type, const uint8_t *body, size_t len)
{
    const uint64_t timeout_us = server == CONNECTED ? REPLY_TIMEOUT_US : HELLO_TIMEOUT_US;
    uint8_t head[BUS_HEADER_BYTES];
    size_t reply_len;

    store16_le(head, (uint16_t)(1 + len));
    head[2] = (uint8_t)type;
    send(head, sizeof head);
    send(body, len);
    if (!receive(head, BUS_LENGTH_BYTES, timeout_us))
        return -1;
    reply_len = load16_le(head);
    if (reply_len < 1 + TIME_BYTES || reply_len > sizeof reply || !receive(reply, reply_len, timeout_us) ||
        reply[0] != BUS_OK)
        return -1;
    return (int)(reply_len - 1 - TIME_BYTES);
}

static const uint8_t *reply_body(void)
{
    return reply + 1 + TIME_BYTES;
}

/* The result of a transfer that has been sent. */
static enum imprint_i2c_result result_of(int reply_len)
{
    if (reply_len < BUS_TRANSFER_REPLY_BYTES)
        return IMPRINT_I2C_GONE;
    switch (reply_body()[0]) {
    case BUS_ACKNOWLEDGED:
        return IMPRINT_I2C_OK;
    case BUS_ADDRESS_REFUSED:
    case BUS_BYTE_REFUSED:
        return IMPRINT_I2C_NACK;
    default:
        return IMPRINT_I2C_FAILED;
    }
}

/* The head of a transfer of one message. */
static void begin_message(uint8_t message[static 1 + BUS_MESSAGE_HEADER_BYTES], uint8_t flags, uint8_t address,
                          size_t len)
{
    message[0] = 1;
    message[1] = flags;
    message[2] = address;
    store16_le(message + 3, (uint16_t)len);
}

static enum imprint_i2c_result bus_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    uint8_t message[REQUEST_MAX];

    (void)context;
    if (server != CONNECTED)
        return IMPRINT_I2C_NACK;
    begin_message(message, 0, address, len);
    memcpy(message + 1 + BUS_MESSAGE_HEADER_BYTES, data, len);
    return result_of(request(BUS_TRANSFER, message, 1 + BUS_MESSAGE_HEADER_BYTES + len));
}

static enum imprint_i2c_result bus_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    uint8_t message[1 + BUS_MESSAGE_HEADER_BYTES];
    enum imprint_i2c_result result;
    int reply_len;

    (void)context;
    if (server != CONNECTED)
        return IMPRINT_I2C_NACK;
    begin_message(message, BUS_MESSAGE_READ, address, len);
    reply_len = request(BUS_TRANSFER, message, sizeof message);
    result = result_of(reply_len);
    if (result == IMPRINT_I2C_OK && (size_t)reply_len != BUS_TRANSFER_REPLY_BYTES + COUNT_BYTES + len)
        result = IMPRINT_I2C_FAILED;
    if (result == IMPRINT_I2C_OK)
        memcpy(data, reply_body() + BUS_TRANSFER_REPLY_BYTES + COUNT_BYTES, len);
    return result;
}

static enum imprint_i2c_result bus_wake(void *context)
{
    uint8_t low_us[4];

    (void)context;
    store32_le(low_us, IMPRINT_I2C_WAKE_LOW_US);
    if (server == CONNECTED && request(BUS_WAKE, low_us, sizeof low_us) < 0)
        return IMPRINT_I2C_GONE;
    return IMPRINT_I2C_OK;
}

static void bus_delay_us(void *context, uint32_t microseconds)
{
    uint8_t nanoseconds[TIME_BYTES];

    (void)context;
    mps2_delay_us(microseconds);
    store64_le(nanoseconds, (uint64_t)microseconds * 1000);
    if (server == CONNECTED && has_virtual_time)
        (void)request(BUS_TIME, nanoseconds, sizeof nanoseconds);
}

static uint64_t bus_now_us(void *context)
{
    (void)context;
    return imprint_board_now_us();
}

static const struct imprint_i2c_port port = {
    .write = bus_write,
    .read = bus_read,
    .delay_us = bus_delay_us,
    .now_us = bus_now_us,
    .wake = bus_wake,
    .clock_hz = 400000,
};

static struct imprint_i2c i2c;
static struct imprint_transport transport;

void mps2_chip_start(void)
{
    static const uint8_t hello[BUS_MAGIC_BYTES + 1] = BUS_MAGIC "\x01";
    const char *problem;

    if (server != NOT_ASKED)
        return;
    mps2_uart_start(&mps2_layout.wire, BAUD);
    server = request(BUS_HELLO, hello, sizeof hello) > 0 ? CONNECTED : ABSENT;
    has_virtual_time = server == CONNECTED && (reply_body()[0] & BUS_HELLO_REAL_TIME) == 0;
    (void)imprint_i2c_open(&i2c, &port, 0, &transport, &problem);
}

const struct imprint_transport *mps2_chip(void)
{
    return &transport;
}
