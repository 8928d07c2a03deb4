/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Word addresses and sequences: ATECC608B-TNGTLS data sheet, section 7. A reply is read as an I2C adapter reads it that
 * does not know its length: reset the address counter, read the count in one transaction, the rest in another.
 */
#include "transport/virtual.h"

#include "base/bytes.h"

#include <stdlib.h>

#include "virtual/chip/virtual.h"

#define WORD_RESET 0x00
#define WORD_SLEEP 0x01
#define WORD_IDLE 0x02
#define WORD_COMMAND 0x03

#define READ_BIT 0x01
#define GROUP_MIN 4

/* tWLO is at least 60 us: eight zero bits at 100 kHz. */
#define WAKE_LOW_US 80

/*
 * tWHI. A part whose power-on self test is enabled needs 20 ms (tWHIST); it does not answer before, and the caller
 * polls.
 */
#define WAKE_HIGH_US 1500

static struct virtual_chip *chip_of(void *context)
{
    const struct transport_virtual *self = context;

    return self->chip;
}

static bool start(const struct transport_virtual *self, uint8_t address_byte)
{
    uint64_t now_ns = virtual_now_ns(self->chip);
    bool acknowledged = virtual_i2c_start(self->chip, address_byte);

    if (self->observer.start != NULL)
        self->observer.start(self->observer.context, now_ns, address_byte, acknowledged);
    return acknowledged;
}

static bool put(const struct transport_virtual *self, uint8_t byte)
{
    bool acknowledged = virtual_i2c_write(self->chip, byte);

    if (self->observer.written != NULL)
        self->observer.written(self->observer.context, byte, acknowledged);
    return acknowledged;
}

static uint8_t get(const struct transport_virtual *self)
{
    uint8_t byte = virtual_i2c_read(self->chip);

    if (self->observer.read != NULL)
        self->observer.read(self->observer.context, byte);
    return byte;
}

static void stop(const struct transport_virtual *self)
{
    virtual_i2c_stop(self->chip);
    if (self->observer.stop != NULL)
        self->observer.stop(self->observer.context);
}

/* One write transaction: address, word address, the bytes. */
static enum imprint_transport_status write_transaction(const struct transport_virtual *self, uint8_t word_address,
                                                       struct bytes bytes)
{
    bool acknowledged = start(self, virtual_i2c_address(self->chip)) && put(self, word_address);

    for (size_t i = 0; acknowledged && i < bytes.len; i++)
        acknowledged = put(self, bytes.data[i]);
    stop(self);
    return acknowledged ? IMPRINT_TRANSPORT_OK : IMPRINT_TRANSPORT_NO_ANSWER;
}

/* One read transaction of `len` bytes; the caller has checked that they fit. */
static enum imprint_transport_status read_transaction(const struct transport_virtual *self, struct bytes_out *out,
                                                      size_t len)
{
    bool acknowledged = start(self, virtual_i2c_address(self->chip) | READ_BIT);

    for (size_t i = 0; acknowledged && i < len; i++)
        out->data[out->len++] = get(self);
    stop(self);
    return acknowledged ? IMPRINT_TRANSPORT_OK : IMPRINT_TRANSPORT_NO_ANSWER;
}

static enum imprint_transport_status virtual_wake(void *context)
{
    const struct transport_virtual *self = context;

    if (self->observer.wake != NULL)
        self->observer.wake(self->observer.context, virtual_now_ns(self->chip), WAKE_LOW_US);
    virtual_i2c_sda_low(self->chip, WAKE_LOW_US);
    virtual_wait_ns(self->chip, WAKE_HIGH_US * UINT64_C(1000));
    return IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status virtual_send(void *context, const uint8_t *group, size_t len)
{
    return write_transaction(context, WORD_COMMAND, bytes_of(group, len));
}

static enum imprint_transport_status receive(const struct transport_virtual *self, struct bytes_out *group)
{
    enum imprint_transport_status status = write_transaction(self, WORD_RESET, BYTES_NONE);

    group->len = 0;
    if (status == IMPRINT_TRANSPORT_OK)
        status = read_transaction(self, group, 1);
    if (status != IMPRINT_TRANSPORT_OK)
        return status;
    if (group->data[0] < GROUP_MIN || group->data[0] > group->cap)
        return IMPRINT_TRANSPORT_GARBLED;
    return read_transaction(self, group, group->data[0] - (size_t)1) == IMPRINT_TRANSPORT_OK
               ? IMPRINT_TRANSPORT_OK
               : IMPRINT_TRANSPORT_GARBLED;
}

static enum imprint_transport_status virtual_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    struct bytes_out out = {.data = group, .cap = cap};
    enum imprint_transport_status status = receive(context, &out);

    *len = status == IMPRINT_TRANSPORT_OK ? out.len : 0;
    return status;
}

static enum imprint_transport_status virtual_idle(void *context)
{
    return write_transaction(context, WORD_IDLE, BYTES_NONE);
}

static enum imprint_transport_status virtual_sleep(void *context)
{
    return write_transaction(context, WORD_SLEEP, BYTES_NONE);
}

static void virtual_delay_us(void *context, uint32_t microseconds)
{
    virtual_wait_ns(chip_of(context), microseconds * UINT64_C(1000));
}

static uint64_t virtual_now_us(void *context)
{
    return virtual_now_ns(chip_of(context)) / 1000;
}

static uint8_t virtual_address(void *context)
{
    return (uint8_t)(virtual_i2c_address(chip_of(context)) >> 1);
}

static void close_virtual(void *context)
{
    struct transport_virtual *self = context;

    if (!self->owned)
        return;
    virtual_close(self->chip);
    free(self);
}

static const struct imprint_transport_operations virtual_operations = {
    .name = "virtual",
    .wake = virtual_wake,
    .send = virtual_send,
    .receive = virtual_receive,
    .idle = virtual_idle,
    .sleep = virtual_sleep,
    .address = virtual_address,
    .delay_us = virtual_delay_us,
    .now_us = virtual_now_us,
    .close = close_virtual,
};

struct imprint_transport transport_virtual_init(struct transport_virtual *self, struct virtual_chip *chip)
{
    *self = (struct transport_virtual){.chip = chip};
    return (struct imprint_transport){.operations = &virtual_operations, .context = self};
}

bool transport_virtual_own(struct virtual_chip *chip, const struct transport_virtual_observer *observer,
                           struct imprint_transport *transport)
{
    struct transport_virtual *self = malloc(sizeof *self);

    if (self == NULL)
        return false;
    *transport = transport_virtual_init(self, chip);
    transport_virtual_observe(self, observer);
    self->owned = true;
    return true;
}

void transport_virtual_observe(struct transport_virtual *self, const struct transport_virtual_observer *observer)
{
    self->observer = observer != NULL ? *observer : (struct transport_virtual_observer){.context = NULL};
}
