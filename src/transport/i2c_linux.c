/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uses i2c-dev through I2C_RDWR only: each call is a whole transaction with its own address, and the adapter keeps no
 * state. Linux drivers report a missing acknowledgement with several errno values: see the table `bus_errors`.
 */
#include "transport/i2c_linux.h"

#include "base/bytes.h"

#include "transport/clock_linux.h"
#include "transport/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ATECC608B-TNGTLS data sheet, section 7. */
#define WORD_RESET 0x00
#define WORD_SLEEP 0x01
#define WORD_IDLE 0x02
#define WORD_COMMAND 0x03
#define WAKE_HIGH_US 1500 /* tWHI; a chip whose power-on self test is enabled needs longer: the caller polls */

#define GROUP_MIN 4
#define ADDRESS_MAX 0x7F

/*
 * The eight zero bits of address 0x00 hold SDA low. That address is the I2C general call, so a byte follows that is not
 * a general call command (0x01): other devices ignore it.
 */
#define WAKE_ADDRESS 0x00
#define WAKE_BYTE 0x01

/* Documentation/i2c/fault-codes.rst of the Linux kernel, and what adapters return for a missing ACK in practice. */
static const struct {
    int number;
    enum imprint_transport_status status;
} bus_errors[] = {
    {ENXIO, IMPRINT_TRANSPORT_NO_ANSWER},     /* address not acknowledged */
    {EREMOTEIO, IMPRINT_TRANSPORT_NO_ANSWER}, /* byte not acknowledged */
    {EIO, IMPRINT_TRANSPORT_NO_ANSWER},       /* either; some drivers do not tell which */
    {ETIMEDOUT,
     IMPRINT_TRANSPORT_NO_ANSWER},         /* the same, from drivers that wait for an interrupt, or SDA is held low */
    {EAGAIN, IMPRINT_TRANSPORT_NO_ANSWER}, /* arbitration lost */
    {EBUSY, IMPRINT_TRANSPORT_NO_ANSWER},  /* bus busy with another master */
    {EINTR, IMPRINT_TRANSPORT_NO_ANSWER},  /* a signal came first */
};

/* Allocated by transport_i2c_linux_open(), freed by close(). */
struct transport_i2c_linux {
    int fd;
    uint8_t address; /* 7-bit */
    uint8_t other;   /* second address at which the chip may answer (also_at()); 0: none */
    bool searching;  /* no address was given, and no chip has answered yet */
};

static enum imprint_transport_status status_of(int number)
{
    for (size_t i = 0; i < sizeof(bus_errors) / sizeof(bus_errors[0]); i++)
        if (bus_errors[i].number == number)
            return bus_errors[i].status;
    return IMPRINT_TRANSPORT_GONE;
}

static enum imprint_transport_status transfer(const struct transport_i2c_linux *self, uint16_t address, uint16_t flags,
                                              uint8_t *data, size_t len)
{
    struct i2c_msg message = {.addr = address, .flags = flags, .len = (uint16_t)len, .buf = data};
    struct i2c_rdwr_ioctl_data transaction = {.msgs = &message, .nmsgs = 1};

    return ioctl(self->fd, I2C_RDWR, &transaction) == 1 ? IMPRINT_TRANSPORT_OK : status_of(errno);
}

static enum imprint_transport_status write_word(void *context, uint8_t word_address)
{
    const struct transport_i2c_linux *self = context;

    return transfer(self, self->address, 0, &word_address, 1);
}

static bool is_at(const struct transport_i2c_linux *self, uint8_t address)
{
    uint8_t word = WORD_RESET;

    return transfer(self, address, 0, &word, 1) == IMPRINT_TRANSPORT_OK;
}

/* If only `other` acknowledges, the chip has moved there: uses that address from now on. */
static void find(struct transport_i2c_linux *self)
{
    const uint8_t old = self->address;

    if (self->other != 0 && !is_at(self, old) && is_at(self, self->other)) {
        self->address = self->other;
        self->other = old;
    }
}

static void i2c_linux_also_at(void *context, uint8_t address)
{
    struct transport_i2c_linux *self = context;

    if (address != self->address)
        self->other = address;
}

/* Tests with a read, because a read does not change another kind of device at that address. */
static bool i2c_linux_is_taken(void *context, uint8_t address)
{
    uint8_t byte;

    return transfer(context, address, I2C_M_RD, &byte, 1) == IMPRINT_TRANSPORT_OK;
}

/*
 * No address was given: uses the first usual address at which something answers a read. The address to which the chip
 * may have moved (`other`) comes second in the order; find() then switches to it.
 */
static void search(struct transport_i2c_linux *self)
{
    for (size_t i = 0; self->searching && i < TRANSPORT_USUAL_ADDRESSES; i++) {
        if (i2c_linux_is_taken(self, transport_usual_addresses[i])) {
            self->address = transport_usual_addresses[i];
            self->searching = false;
        } else if (self->other != 0 && i2c_linux_is_taken(self, self->other)) {
            self->searching = false;
        }
    }
}

/* No device acknowledges the wake address, so a missing acknowledgement is normal; only a lost bus is an error. */
static enum imprint_transport_status i2c_linux_wake(void *context)
{
    uint8_t byte = WAKE_BYTE;

    if (transfer(context, WAKE_ADDRESS, 0, &byte, 1) == IMPRINT_TRANSPORT_GONE)
        return IMPRINT_TRANSPORT_GONE;
    clock_linux_delay_us(context, WAKE_HIGH_US);
    search(context);
    find(context);
    return IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status i2c_linux_send(void *context, const uint8_t *group, size_t len)
{
    const struct transport_i2c_linux *self = context;
    uint8_t data[1 + IMPRINT_TRANSPORT_GROUP_MAX] = {WORD_COMMAND};
    enum imprint_transport_status status;

    if (len > IMPRINT_TRANSPORT_GROUP_MAX)
        return IMPRINT_TRANSPORT_GARBLED;
    memcpy(data + 1, group, len);
    status = transfer(self, self->address, 0, data, 1 + len);
    bytes_wipe(data, sizeof(data));
    return status;
}

static enum imprint_transport_status i2c_linux_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    const struct transport_i2c_linux *self = context;
    enum imprint_transport_status status = write_word(context, WORD_RESET);

    *len = 0;
    if (status == IMPRINT_TRANSPORT_OK)
        status = transfer(self, self->address, I2C_M_RD, group, 1);
    if (status != IMPRINT_TRANSPORT_OK)
        return status;
    if (group[0] < GROUP_MIN || group[0] > cap)
        return IMPRINT_TRANSPORT_GARBLED;
    status = transfer(self, self->address, I2C_M_RD, group + 1, group[0] - (size_t)1);
    if (status == IMPRINT_TRANSPORT_NO_ANSWER)
        return IMPRINT_TRANSPORT_GARBLED;
    if (status == IMPRINT_TRANSPORT_OK)
        *len = group[0];
    return status;
}

static enum imprint_transport_status i2c_linux_idle(void *context)
{
    return write_word(context, WORD_IDLE);
}

static enum imprint_transport_status i2c_linux_sleep(void *context)
{
    return write_word(context, WORD_SLEEP);
}

static uint8_t i2c_linux_address(void *context)
{
    const struct transport_i2c_linux *self = context;

    return self->address;
}

static void i2c_linux_close(void *context)
{
    struct transport_i2c_linux *self = context;

    (void)close(self->fd);
    free(self);
}

static const struct imprint_transport_operations i2c_linux_operations = {
    .name = "i2c",
    .wake = i2c_linux_wake,
    .send = i2c_linux_send,
    .receive = i2c_linux_receive,
    .idle = i2c_linux_idle,
    .sleep = i2c_linux_sleep,
    .address = i2c_linux_address,
    .also_at = i2c_linux_also_at,
    .is_taken = i2c_linux_is_taken,
    .delay_us = clock_linux_delay_us,
    .now_us = clock_linux_now_us,
    .close = i2c_linux_close,
};

static const struct open_error {
    int number;
    const char *cause, *next;
} open_errors[] = {
    {ENOENT, "no such file", "load the kernel module, then list the adapters: modprobe i2c-dev; ls /dev/i2c-*"},
    {EACCES, "permission denied",
     "add the user to the group that owns the file, usually i2c: sudo usermod -aG i2c $USER"},
    {EPERM, "permission denied",
     "add the user to the group that owns the file, usually i2c: sudo usermod -aG i2c $USER"},
    {ENXIO, "the I2C adapter is gone", "check that the adapter is plugged in"},
    {ENODEV, "the I2C adapter is gone", "check that the adapter is plugged in"},
    {EISDIR, "a directory, not an I2C adapter", "name an adapter: --device i2c:/dev/i2c-1"},
    {0, "the system refuses to open the file", NULL}, /* any other */
};

static void note_open_error(int number, const char *path, struct error *err)
{
    const struct open_error *row = open_errors;

    while (row->number != 0 && row->number != number)
        row++;
    error_set(err, ERROR_DEVICE_MISSING, row->cause, row->next);
    error_with_errno(err, number);
    error_with_subject(err, path);
}

/* Opens an adapter that supports plain I2C. Returns its descriptor, or -1 with a reason in `err`. */
static int open_adapter(const char *path, struct error *err)
{
    unsigned long functions = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        note_open_error(errno, path, err);
        return -1;
    }
    if (ioctl(fd, I2C_FUNCS, &functions) != 0) {
        error_set(err, ERROR_DEVICE_MISSING, "not an I2C adapter", "name an adapter: --device i2c:/dev/i2c-1");
        error_with_errno(err, errno);
    } else if ((functions & I2C_FUNC_I2C) == 0) {
        error_set(err, ERROR_DEVICE_MISSING, "the adapter supports only SMBus; the chip needs plain I2C",
                  "use another adapter");
    } else {
        return fd;
    }
    error_with_subject(err, path);
    (void)close(fd);
    return -1;
}

bool transport_i2c_linux_open(const char *path, uint8_t address, struct imprint_transport *transport, struct error *err)
{
    struct transport_i2c_linux *self = NULL;
    int fd = -1;

    if (address > ADDRESS_MAX) {
        error_set(err, ERROR_USAGE, "expected an I2C address from 0x01 to 0x7f", "name the 7-bit address: @0x60");
        error_with_subject(err, path);
    } else {
        fd = open_adapter(path, err);
    }
    if (fd >= 0 && (self = calloc(1, sizeof *self)) == NULL) {
        error_set(err, ERROR_UNEXPECTED, "no memory", NULL);
        (void)close(fd);
    }
    if (self == NULL) {
        error_doing(err, "open an I2C adapter");
        return false;
    }
    self->fd = fd;
    self->address = address != 0 ? address : transport_usual_addresses[0];
    self->searching = address == 0;
    *transport = (struct imprint_transport){.operations = &i2c_linux_operations, .context = self};
    return true;
}

bool transport_i2c_linux_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                    struct error *err)
{
    struct transport_place parts;

    (void)also_at; /* wake() tries it */
    return transport_place_read(&parts, place, false, "expected an adapter after i2c:", err) &&
           transport_i2c_linux_open(parts.path, parts.address, transport, err);
}
