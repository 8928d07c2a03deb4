/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip's side of I2C over any master: ATECC608B-TNGTLS data sheet, section 7. Each operation is one or more whole
 * transfers; exchange() surrounds every one of them with lock and recovery. Never repeats a transfer that may have
 * reached a device.
 */
#include <imprint/i2c.h>

#include "base/bytes.h"
#include "transport/usual_addresses.h"

#include <string.h>

#define WORD_RESET 0x00
#define WORD_SLEEP 0x01
#define WORD_IDLE 0x02
#define WORD_COMMAND 0x03
#define WAKE_HIGH_US 1500 /* tWHI; a chip whose power-on self test is enabled needs longer: the caller polls */

#define FILLER 0xFF /* bytes that nobody reads: zeros could wake other chips on the bus */

#define GROUP_MIN 4
#define ADDRESS_MAX 0x7F

/*
 * Address 0x00 is the I2C general call. A byte follows that is not a general call command (0x01): other devices ignore
 * it.
 */
#define WAKE_ADDRESS 0x00
#define WAKE_BYTE 0x01

/* Pulses without an answer before the bus is taken for stuck. */
#define UNANSWERED_MAX 2

enum transfer_kind { WRITE, READ, WAKE };

struct transfer {
    enum transfer_kind kind;
    uint8_t address;
    uint8_t *data; /* not changed by a write */
    size_t len;
};

/* Nothing acknowledges the wake address, and what does is no error. */
static enum imprint_i2c_result pulse(const struct imprint_i2c_port *port)
{
    uint8_t byte = WAKE_BYTE;
    enum imprint_i2c_result result;

    if (port->wake != NULL)
        return port->wake(port->context);
    if (port->set_clock != NULL && !port->set_clock(port->context, IMPRINT_I2C_WAKE_HZ))
        return IMPRINT_I2C_FAILED;
    result = port->write(port->context, WAKE_ADDRESS, &byte, 1);
    if (result == IMPRINT_I2C_NACK)
        result = IMPRINT_I2C_OK;
    if (port->set_clock != NULL && !port->set_clock(port->context, port->clock_hz) && result == IMPRINT_I2C_OK)
        result = IMPRINT_I2C_FAILED;
    return result;
}

static enum imprint_i2c_result transfer(const struct imprint_i2c_port *port, const struct transfer *what)
{
    switch (what->kind) {
    case WRITE:
        return port->write(port->context, what->address, what->data, what->len);
    case READ:
        return port->read(port->context, what->address, what->data, what->len);
    default:
        return pulse(port);
    }
}

static bool recover(const struct imprint_i2c_port *port)
{
    return port->recover != NULL && port->recover(port->context);
}

/* The bus is locked. After _HELD nothing has been sent, so the same transfer may go once more when the bus is free. */
static enum imprint_i2c_result transfer_and_recover(const struct imprint_i2c_port *port, const struct transfer *what)
{
    enum imprint_i2c_result result = transfer(port, what);
    bool recovered;

    if (result != IMPRINT_I2C_HELD && result != IMPRINT_I2C_FAILED)
        return result;
    recovered = recover(port);
    return result == IMPRINT_I2C_HELD && recovered ? transfer(port, what) : result;
}

static enum imprint_transport_status status_of(enum imprint_i2c_result result)
{
    switch (result) {
    case IMPRINT_I2C_OK:
        return IMPRINT_TRANSPORT_OK;
    case IMPRINT_I2C_NACK:
        return IMPRINT_TRANSPORT_NO_ANSWER;
    case IMPRINT_I2C_GONE:
        return IMPRINT_TRANSPORT_GONE;
    case IMPRINT_I2C_TOO_LONG:
        return IMPRINT_TRANSPORT_TOO_LONG;
    default:
        return IMPRINT_TRANSPORT_STUCK;
    }
}

static enum imprint_transport_status exchange(struct imprint_i2c *self, const struct transfer *what)
{
    const struct imprint_i2c_port *port = self->port;
    enum imprint_i2c_result result;

    if (port->lock != NULL &&
        !port->lock(port->context, port->bus_limit_us != 0 ? port->bus_limit_us : IMPRINT_I2C_BUS_LIMIT_US))
        return IMPRINT_TRANSPORT_BUSY;
    if (what->kind == WAKE && self->unanswered == UNANSWERED_MAX)
        (void)recover(port);
    result = transfer_and_recover(port, what);
    if (port->unlock != NULL)
        port->unlock(port->context);
    if (what->kind != WAKE && result == IMPRINT_I2C_OK)
        self->unanswered = 0;
    else if (what->kind == WAKE && self->unanswered < UINT8_MAX)
        self->unanswered++;
    return status_of(result);
}

static enum imprint_transport_status write_word(struct imprint_i2c *self, uint8_t address, uint8_t word)
{
    return exchange(self, &(struct transfer){.kind = WRITE, .address = address, .data = &word, .len = 1});
}

static enum imprint_transport_status read_bytes(struct imprint_i2c *self, uint8_t *data, size_t len)
{
    return exchange(self, &(struct transfer){.kind = READ, .address = self->address, .data = data, .len = len});
}

static bool is_at(struct imprint_i2c *self, uint8_t address)
{
    return write_word(self, address, WORD_RESET) == IMPRINT_TRANSPORT_OK;
}

/* If only `other` acknowledges, the chip has moved there: uses that address from now on. */
static void find(struct imprint_i2c *self)
{
    const uint8_t old = self->address;

    if (self->other != 0 && !is_at(self, old) && is_at(self, self->other)) {
        self->address = self->other;
        self->other = old;
    }
}

static void i2c_also_at(void *context, uint8_t address)
{
    struct imprint_i2c *self = context;

    if (address != self->address)
        self->other = address;
}

/* Tests with a read, because a read does not change another kind of device at that address. */
static bool i2c_is_taken(void *context, uint8_t address)
{
    uint8_t byte;

    return exchange(context, &(struct transfer){.kind = READ, .address = address, .data = &byte, .len = 1}) ==
           IMPRINT_TRANSPORT_OK;
}

/*
 * No address was given: uses the first usual address at which something answers a read. The address to which the chip
 * may have moved (`other`) comes second in the order; find() then switches to it.
 */
static void search(struct imprint_i2c *self)
{
    for (size_t i = 0; self->searching && i < TRANSPORT_USUAL_ADDRESSES; i++) {
        if (i2c_is_taken(self, transport_usual_addresses[i])) {
            self->address = transport_usual_addresses[i];
            self->searching = false;
        } else if (self->other != 0 && i2c_is_taken(self, self->other)) {
            self->searching = false;
        }
    }
}

/*
 * A driver refuses a transfer that is too long for it before it sends anything. Should it pass, it begins with the word
 * address of a reset: the chip executes nothing, and reads again from the start of its reply.
 */
static bool i2c_carries(void *context, size_t sent, size_t received)
{
    struct imprint_i2c *self = context;
    uint8_t data[IMPRINT_I2C_WRITE_MAX];
    const struct transfer write = {.kind = WRITE, .address = self->address, .data = data, .len = 1 + sent};

    memset(data, FILLER, sizeof(data));
    data[0] = WORD_RESET;
    /* i2c_receive() reads a group's first byte alone. */
    return sent <= IMPRINT_TRANSPORT_GROUP_MAX && received <= IMPRINT_TRANSPORT_GROUP_MAX && received > 1 &&
           exchange(self, &write) != IMPRINT_TRANSPORT_TOO_LONG &&
           read_bytes(self, data, received - 1) != IMPRINT_TRANSPORT_TOO_LONG;
}

static void i2c_delay_us(void *context, uint32_t microseconds)
{
    const struct imprint_i2c *self = context;

    self->port->delay_us(self->port->context, microseconds);
}

static uint64_t i2c_now_us(void *context)
{
    const struct imprint_i2c *self = context;

    return self->port->now_us(self->port->context);
}

static enum imprint_transport_status i2c_wake(void *context)
{
    struct imprint_i2c *self = context;
    enum imprint_transport_status status = exchange(self, &(struct transfer){.kind = WAKE});

    if (status != IMPRINT_TRANSPORT_OK)
        return status;
    i2c_delay_us(self, WAKE_HIGH_US);
    search(self);
    find(self);
    return IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status i2c_send(void *context, const uint8_t *group, size_t len)
{
    struct imprint_i2c *self = context;
    uint8_t data[IMPRINT_I2C_WRITE_MAX] = {WORD_COMMAND};
    enum imprint_transport_status status;

    if (len > IMPRINT_TRANSPORT_GROUP_MAX)
        return IMPRINT_TRANSPORT_GARBLED;
    memcpy(data + 1, group, len);
    status = exchange(self, &(struct transfer){.kind = WRITE, .address = self->address, .data = data, .len = 1 + len});
    bytes_wipe(data, sizeof(data));
    return status;
}

/* In two reads, because only the first byte tells how many there are; the chip continues where it was stopped. */
static enum imprint_transport_status i2c_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    struct imprint_i2c *self = context;
    enum imprint_transport_status status = write_word(self, self->address, WORD_RESET);

    *len = 0;
    if (status == IMPRINT_TRANSPORT_OK)
        status = read_bytes(self, group, 1);
    if (status != IMPRINT_TRANSPORT_OK)
        return status;
    if (group[0] < GROUP_MIN || group[0] > cap)
        return IMPRINT_TRANSPORT_GARBLED;
    status = read_bytes(self, group + 1, group[0] - (size_t)1);
    if (status == IMPRINT_TRANSPORT_NO_ANSWER)
        return IMPRINT_TRANSPORT_GARBLED;
    if (status == IMPRINT_TRANSPORT_OK)
        *len = group[0];
    return status;
}

static enum imprint_transport_status i2c_idle(void *context)
{
    struct imprint_i2c *self = context;

    return write_word(self, self->address, WORD_IDLE);
}

static enum imprint_transport_status i2c_sleep(void *context)
{
    struct imprint_i2c *self = context;

    return write_word(self, self->address, WORD_SLEEP);
}

static uint8_t i2c_address(void *context)
{
    const struct imprint_i2c *self = context;

    return self->address;
}

static bool i2c_acquire(void *context)
{
    const struct imprint_i2c_port *port = ((const struct imprint_i2c *)context)->port;

    return port->acquire == NULL ||
           port->acquire(port->context, port->chip_limit_us != 0 ? port->chip_limit_us : IMPRINT_I2C_CHIP_LIMIT_US);
}

static void i2c_release(void *context)
{
    const struct imprint_i2c_port *port = ((const struct imprint_i2c *)context)->port;

    if (port->release != NULL)
        port->release(port->context);
}

static void i2c_close(void *context)
{
    const struct imprint_i2c_port *port = ((const struct imprint_i2c *)context)->port;

    if (port->close != NULL)
        port->close(port->context);
}

static const struct imprint_transport_operations i2c_operations = {
    .name = "i2c",
    .wake = i2c_wake,
    .send = i2c_send,
    .receive = i2c_receive,
    .idle = i2c_idle,
    .sleep = i2c_sleep,
    .address = i2c_address,
    .also_at = i2c_also_at,
    .is_taken = i2c_is_taken,
    .carries = i2c_carries,
    .acquire = i2c_acquire,
    .release = i2c_release,
    .delay_us = i2c_delay_us,
    .now_us = i2c_now_us,
    .close = i2c_close,
};

/* NULL: nothing is wrong. */
static const char *problem_of(const struct imprint_i2c_port *port, uint8_t address)
{
    if (port->write == NULL || port->read == NULL || port->delay_us == NULL || port->now_us == NULL)
        return "the I2C port lacks write, read, delay_us or now_us";
    if ((port->lock == NULL) != (port->unlock == NULL) || (port->acquire == NULL) != (port->release == NULL))
        return "the I2C port has lock without unlock, or acquire without release";
    if (port->set_clock != NULL && port->clock_hz == 0)
        return "the I2C port has set_clock and no clock_hz to return to";
    if (port->wake == NULL && port->set_clock == NULL && port->clock_hz > IMPRINT_I2C_WAKE_HZ_MAX)
        return "the I2C bus is too fast to wake the chip: the port needs wake or set_clock";
    if (address > ADDRESS_MAX)
        return "expected a 7-bit I2C address: 0x60 where the data sheet says 0xC0";
    return NULL;
}

bool imprint_i2c_open(struct imprint_i2c *self, const struct imprint_i2c_port *port, uint8_t address,
                      struct imprint_transport *transport, const char **problem)
{
    *problem = problem_of(port, address);
    if (*problem != NULL)
        return false;
    *self = (struct imprint_i2c){
        .port = port,
        .address = address != 0 ? address : transport_usual_addresses[0],
        .searching = address == 0,
    };
    *transport = (struct imprint_transport){.operations = &i2c_operations, .context = self};
    return true;
}
