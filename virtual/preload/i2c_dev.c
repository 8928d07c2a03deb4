/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documentation/i2c/dev-interface.rst. Drivers differ in the errno of a NACK: most give ENXIO for an address and
 * EREMOTEIO for a byte, i2c-bcm2835 of the Raspberry Pi EREMOTEIO for both, some EIO.
 */
#include "virtual/preload/i2c_dev.h"

#include <errno.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <string.h>

#include "base/order.h"
#include "transport/bus_client.h"

#define ADAPTER_HZ 100000 /* as most adapters: eight zero bits are a wake pulse */
#define ADDRESS_MAX 0x7f
#define LENGTH_MAX 8192 /* i2c-dev's own limit */
#define WORD_BYTES 2

#define FUNCTIONS                                                                                                      \
    (I2C_FUNC_I2C | I2C_FUNC_SMBUS_QUICK | I2C_FUNC_SMBUS_BYTE | I2C_FUNC_SMBUS_BYTE_DATA | I2C_FUNC_SMBUS_WORD_DATA | \
     I2C_FUNC_SMBUS_I2C_BLOCK)

static int fail(int number)
{
    errno = number;
    return -1;
}

/* Sends one request and receives its reply. 0, or an errno: ENODEV if the bus is gone. */
static int exchange(struct bus_client *client, enum bus_request type, struct bytes body, struct bus_reply *reply)
{
    if (bus_client_queue(client, type, body) != BUS_CLIENT_OK)
        return EINVAL;
    if (bus_client_flush(client) != BUS_CLIENT_OK || bus_client_receive(client, reply) != BUS_CLIENT_OK)
        return ENODEV;
    return 0;
}

int i2c_dev_open(const char *path)
{
    struct bus_client client = {.fd = -1};
    struct bus_reply reply;
    uint8_t clock[4];

    store32_le(clock, ADAPTER_HZ);
    if (bus_client_open_unix(&client, path) != BUS_CLIENT_OK)
        return fail(ENODEV);
    if (exchange(&client, BUS_CLOCK, bytes_of(clock, sizeof clock), &reply) != 0) {
        bus_client_close(&client);
        return fail(ENODEV);
    }
    return client.fd;
}

/* Puts the messages into a request; 0 or an errno. */
static int build(const struct i2c_msg *messages, size_t count, struct bytes_out *body)
{
    (void)bytes_append_byte(body, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        const struct i2c_msg *message = &messages[i];
        const bool reading = (message->flags & I2C_M_RD) != 0;
        uint8_t header[BUS_MESSAGE_HEADER_BYTES] = {reading ? BUS_MESSAGE_READ : 0, (uint8_t)message->addr};

        if ((message->flags & ~I2C_M_RD) != 0)
            return EOPNOTSUPP;
        if (message->addr > ADDRESS_MAX || message->len > LENGTH_MAX)
            return EINVAL;
        store16_le(header + 2, message->len);
        if (!bytes_append(body, bytes_of(header, sizeof header)) ||
            (!reading && !bytes_append(body, bytes_of(message->buf, message->len))))
            return EINVAL;
    }
    return 0;
}

/* Copies what was read into the messages. 0 or an errno. */
static int copy_reads(const struct i2c_msg *messages, size_t count, struct bytes rest)
{
    for (size_t i = 0; i < count; i++) {
        if ((messages[i].flags & I2C_M_RD) == 0)
            continue;
        if (rest.len < 2u + messages[i].len || load16_le(rest.data) != messages[i].len)
            return ENODEV;
        if (messages[i].len != 0)
            memcpy(messages[i].buf, rest.data + 2, messages[i].len);
        rest = bytes_of(rest.data + 2 + messages[i].len, rest.len - 2 - messages[i].len);
    }
    return 0;
}

/* A message that is too long for the adapter: EOPNOTSUPP, as i2c_check_for_quirks() of the kernel has it. */
static int errno_of(const struct i2c_dev_file *file, enum bus_result result)
{
    if (result == BUS_TOO_LONG)
        return EOPNOTSUPP;
    if (file->nack != 0)
        return file->nack;
    return result == BUS_ADDRESS_REFUSED ? ENXIO : EREMOTEIO;
}

/* One transaction; the count of messages, or -1 with errno. */
static int transfer(int fd, const struct i2c_dev_file *file, const struct i2c_msg *messages, size_t count)
{
    struct bus_client client = {.fd = fd};
    uint8_t memory[BUS_FRAME_MAX - 1];
    struct bytes_out body = {.data = memory, .cap = sizeof memory};
    struct bus_reply reply;
    int number;

    if (count == 0 || count > BUS_MESSAGES_MAX)
        return fail(EINVAL);
    number = build(messages, count, &body);
    if (number == 0)
        number = exchange(&client, BUS_TRANSFER, bytes_written(&body), &reply);
    if (number == 0 && reply.body.len < BUS_TRANSFER_REPLY_BYTES)
        number = ENODEV;
    if (number == 0 && reply.body.data[0] != BUS_ACKNOWLEDGED)
        number = errno_of(file, (enum bus_result)reply.body.data[0]);
    if (number == 0)
        number =
            copy_reads(messages, count,
                       bytes_of(reply.body.data + BUS_TRANSFER_REPLY_BYTES, reply.body.len - BUS_TRANSFER_REPLY_BYTES));
    bytes_wipe(memory, body.len);
    bytes_wipe(client.in, client.in_len);
    return number == 0 ? (int)count : fail(number);
}

/*
 * One SMBus call as at most two I2C messages: the command with its data, then what is read. Those of `messages` from
 * `first` up to but not including `count`.
 */
struct smbus_exchange {
    uint8_t out[2 + I2C_SMBUS_BLOCK_MAX], in[I2C_SMBUS_BLOCK_MAX];
    struct i2c_msg messages[2];
    size_t first, count;
};

static bool is_i2c_block(const struct i2c_smbus_ioctl_data *call)
{
    return call->size == I2C_SMBUS_I2C_BLOCK_BROKEN || call->size == I2C_SMBUS_I2C_BLOCK_DATA;
}

/* Fills in the exchange for the call. 0, or the errno that the kernel gives. */
static int plan_smbus(struct smbus_exchange *exchange, const struct i2c_smbus_ioctl_data *call)
{
    const bool reading = call->read_write == I2C_SMBUS_READ;
    struct i2c_msg *messages = exchange->messages;
    const __u8 *block = call->data != NULL ? call->data->block : NULL;

    if (call->size != I2C_SMBUS_QUICK && call->data == NULL && (reading || call->size != I2C_SMBUS_BYTE))
        return EINVAL;
    switch (call->size) {
    case I2C_SMBUS_QUICK:
        messages[0] = (struct i2c_msg){.addr = messages[0].addr, .flags = reading ? I2C_M_RD : 0, .buf = exchange->in};
        exchange->count = 1;
        break;
    case I2C_SMBUS_BYTE:
        exchange->first = reading ? 1 : 0;
        messages[1].len = 1;
        break;
    case I2C_SMBUS_BYTE_DATA:
        messages[0].len = reading ? 1 : 2;
        messages[1].len = 1;
        exchange->out[1] = reading ? 0 : call->data->byte;
        break;
    case I2C_SMBUS_WORD_DATA:
        messages[0].len = reading ? 1 : 1 + WORD_BYTES;
        messages[1].len = WORD_BYTES;
        store16_le(exchange->out + 1, reading ? 0 : call->data->word);
        break;
    case I2C_SMBUS_I2C_BLOCK_BROKEN:
    case I2C_SMBUS_I2C_BLOCK_DATA:
        if (block[0] == 0 || block[0] > I2C_SMBUS_BLOCK_MAX)
            return EINVAL;
        messages[1].len = block[0];
        if (!reading) {
            messages[0].len = (__u16)(1 + block[0]);
            memcpy(exchange->out + 1, block + 1, block[0]);
        }
        break;
    default:
        return EOPNOTSUPP;
    }
    return 0;
}

/* Hands the caller what was read. */
static void give_smbus(const struct smbus_exchange *exchange, const struct i2c_smbus_ioctl_data *call)
{
    if (call->size == I2C_SMBUS_WORD_DATA)
        call->data->word = load16_le(exchange->in);
    else if (is_i2c_block(call))
        memcpy(call->data->block + 1, exchange->in, exchange->messages[1].len);
    else
        call->data->byte = exchange->in[0];
}

static int smbus(int fd, const struct i2c_dev_file *file, const struct i2c_smbus_ioctl_data *call)
{
    const bool reading = call->read_write == I2C_SMBUS_READ;
    struct smbus_exchange exchange = {.out = {call->command}, .count = reading ? 2 : 1};
    int error;

    exchange.messages[0] = (struct i2c_msg){.addr = file->address, .len = 1, .buf = exchange.out};
    exchange.messages[1] = (struct i2c_msg){.addr = file->address, .flags = I2C_M_RD, .buf = exchange.in};
    error = plan_smbus(&exchange, call);
    if (error != 0)
        return fail(error);
    if (transfer(fd, file, exchange.messages + exchange.first, exchange.count - exchange.first) < 0)
        return -1;
    if (reading && call->size != I2C_SMBUS_QUICK)
        give_smbus(&exchange, call);
    return 0;
}

int i2c_dev_ioctl(int fd, struct i2c_dev_file *file, unsigned long request, void *argument)
{
    const struct i2c_rdwr_ioctl_data *transaction = argument;
    const unsigned long number = (unsigned long)(uintptr_t)argument;

    switch (request) {
    case I2C_FUNCS:
        *(unsigned long *)argument = FUNCTIONS;
        return 0;
    case I2C_SLAVE:
    case I2C_SLAVE_FORCE:
        if (number > ADDRESS_MAX)
            return fail(EINVAL);
        file->address = (uint16_t)number;
        return 0;
    case I2C_TENBIT:
    case I2C_PEC:
        return number == 0 ? 0 : fail(EOPNOTSUPP);
    case I2C_RETRIES:
    case I2C_TIMEOUT:
        return 0;
    case I2C_RDWR:
        return transaction->msgs == NULL ? fail(EINVAL) : transfer(fd, file, transaction->msgs, transaction->nmsgs);
    case I2C_SMBUS:
        return smbus(fd, file, argument);
    default:
        return fail(ENOTTY);
    }
}

ssize_t i2c_dev_read(int fd, const struct i2c_dev_file *file, void *data, size_t len)
{
    const size_t most = len > LENGTH_MAX ? LENGTH_MAX : len;
    const struct i2c_msg message = {.addr = file->address, .flags = I2C_M_RD, .len = (__u16)most, .buf = data};

    return transfer(fd, file, &message, 1) < 0 ? -1 : (ssize_t)most;
}

ssize_t i2c_dev_write(int fd, const struct i2c_dev_file *file, const void *data, size_t len)
{
    uint8_t copy[LENGTH_MAX]; /* struct i2c_msg takes no const */
    const size_t most = len > LENGTH_MAX ? LENGTH_MAX : len;
    const struct i2c_msg message = {.addr = file->address, .len = (__u16)most, .buf = copy};
    int done;

    if (len != 0)
        memcpy(copy, data, most);
    done = transfer(fd, file, &message, 1);
    bytes_wipe(copy, most);
    return done < 0 ? -1 : (ssize_t)most;
}
