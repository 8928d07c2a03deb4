/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Word addresses and sequences: ATECC608B-TNGTLS data sheet, section 7. The reply is read as an adapter without
 * knowledge of its length reads it: address counter reset, one transaction for the count, one for the rest.
 */
#include "transport/virtual.h"

#include "virtual/virtual.h"

#define WORD_RESET 0x00
#define WORD_SLEEP 0x01
#define WORD_IDLE 0x02
#define WORD_COMMAND 0x03

#define READ_BIT 0x01
#define GROUP_MIN 4

/* tWLO is at least 60 us: eight zero bits at 100 kHz. */
#define WAKE_LOW_US 80

/* tWHI. A part with its power-on self test enabled needs 20 ms (tWHIST): it does not answer yet, and the caller waits.
 */
#define WAKE_HIGH_US 1500

static struct virtual_chip *chip_of(void *context)
{
    const struct transport_virtual *self = context;

    return self->chip;
}

/* One write transaction: address, word address, the bytes. */
static enum transport_status write_transaction(struct virtual_chip *chip, uint8_t word_address, struct bytes bytes)
{
    bool taken = virtual_i2c_start(chip, virtual_i2c_address(chip)) && virtual_i2c_write(chip, word_address);

    for (size_t i = 0; taken && i < bytes.len; i++)
        taken = virtual_i2c_write(chip, bytes.data[i]);
    virtual_i2c_stop(chip);
    return taken ? TRANSPORT_OK : TRANSPORT_NO_ANSWER;
}

/* One read transaction of `len` bytes, which fit. */
static enum transport_status read_transaction(struct virtual_chip *chip, struct bytes_out *out, size_t len)
{
    bool acknowledged = virtual_i2c_start(chip, virtual_i2c_address(chip) | READ_BIT);

    for (size_t i = 0; acknowledged && i < len; i++)
        out->data[out->len++] = virtual_i2c_read(chip);
    virtual_i2c_stop(chip);
    return acknowledged ? TRANSPORT_OK : TRANSPORT_NO_ANSWER;
}

static enum transport_status virtual_wake(void *context)
{
    virtual_i2c_sda_low(chip_of(context), WAKE_LOW_US);
    virtual_wait_ns(chip_of(context), WAKE_HIGH_US * UINT64_C(1000));
    return TRANSPORT_OK;
}

static enum transport_status virtual_send(void *context, struct bytes group)
{
    return write_transaction(chip_of(context), WORD_COMMAND, group);
}

static enum transport_status virtual_receive(void *context, struct bytes_out *group)
{
    struct virtual_chip *chip = chip_of(context);
    enum transport_status status = write_transaction(chip, WORD_RESET, BYTES_NONE);

    group->len = 0;
    if (status == TRANSPORT_OK)
        status = read_transaction(chip, group, 1);
    if (status != TRANSPORT_OK)
        return status;
    if (group->data[0] < GROUP_MIN || group->data[0] > group->cap)
        return TRANSPORT_GARBLED;
    return read_transaction(chip, group, group->data[0] - (size_t)1) == TRANSPORT_OK ? TRANSPORT_OK : TRANSPORT_GARBLED;
}

static enum transport_status virtual_idle(void *context)
{
    return write_transaction(chip_of(context), WORD_IDLE, BYTES_NONE);
}

static enum transport_status virtual_sleep(void *context)
{
    return write_transaction(chip_of(context), WORD_SLEEP, BYTES_NONE);
}

static void virtual_delay_us(void *context, uint32_t microseconds)
{
    virtual_wait_ns(chip_of(context), microseconds * UINT64_C(1000));
}

static uint64_t virtual_now_us(void *context)
{
    return virtual_now_ns(chip_of(context)) / 1000;
}

static const struct transport_operations virtual_operations = {
    .name = "virtual",
    .wake = virtual_wake,
    .send = virtual_send,
    .receive = virtual_receive,
    .idle = virtual_idle,
    .sleep = virtual_sleep,
    .delay_us = virtual_delay_us,
    .now_us = virtual_now_us,
};

struct transport transport_virtual_init(struct transport_virtual *self, struct virtual_chip *chip)
{
    self->chip = chip;
    return (struct transport){.operations = &virtual_operations, .context = self};
}
