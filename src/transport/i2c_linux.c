/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port of imprint/i2c.h to Linux. Uses i2c-dev through I2C_RDWR only: each call is a whole transfer with its own
 * address, and the adapter keeps no state. Linux drivers report a missing acknowledgement with several errno values:
 * see the table `nack_errors`.
 */
#include "transport/i2c_linux.h"

#include <imprint/i2c.h>

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

#define ADDRESS_MAX 0x7F

/*
 * Documentation/i2c/fault-codes.rst of the Linux kernel, and what adapters return for a missing acknowledgement in
 * practice. The adapter is gone with any other.
 */
static const int nack_errors[] = {
    ENXIO,     /* address not acknowledged */
    EREMOTEIO, /* byte not acknowledged */
    EIO,       /* either; some drivers do not tell which */
    ETIMEDOUT, /* the same, from drivers that wait for an interrupt, or SDA is held low */
    EAGAIN,    /* arbitration lost */
    EBUSY,     /* bus busy with another master */
    EINTR,     /* a signal came first */
};

/* Allocated by transport_i2c_linux_open(), freed by close(). */
struct transport_i2c_linux {
    int fd;
    struct imprint_i2c_port port;
    struct imprint_i2c i2c;
};

static enum imprint_i2c_result result_of(int number)
{
    for (size_t i = 0; i < sizeof(nack_errors) / sizeof(nack_errors[0]); i++)
        if (nack_errors[i] == number)
            return IMPRINT_I2C_NACK;
    /* The core of the kernel refuses so what is longer than the adapter's limit (its quirks), before it is sent. */
    return number == EOPNOTSUPP ? IMPRINT_I2C_TOO_LONG : IMPRINT_I2C_GONE;
}

static enum imprint_i2c_result transfer(const struct transport_i2c_linux *self, struct i2c_msg *message)
{
    struct i2c_rdwr_ioctl_data transaction = {.msgs = message, .nmsgs = 1};

    return ioctl(self->fd, I2C_RDWR, &transaction) == 1 ? IMPRINT_I2C_OK : result_of(errno);
}

/* The kernel's structure has no const: it gets a copy, wiped afterwards because groups may carry keys. */
static enum imprint_i2c_result linux_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    uint8_t copy[IMPRINT_I2C_WRITE_MAX];
    enum imprint_i2c_result result;

    memcpy(copy, data, len);
    result = transfer(context, &(struct i2c_msg){.addr = address, .len = (uint16_t)len, .buf = copy});
    bytes_wipe(copy, sizeof copy);
    return result;
}

static enum imprint_i2c_result linux_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    return transfer(context, &(struct i2c_msg){.addr = address, .flags = I2C_M_RD, .len = (uint16_t)len, .buf = data});
}

static void linux_close(void *context)
{
    struct transport_i2c_linux *self = context;

    (void)close(self->fd);
    free(self);
}

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
    const char *problem;
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
    /* Linux can neither tell nor set an adapter's clock, and frees a stuck bus by itself where a driver can. */
    self->port = (struct imprint_i2c_port){
        .write = linux_write,
        .read = linux_read,
        .delay_us = clock_linux_delay_us,
        .now_us = clock_linux_now_us,
        .close = linux_close,
        .context = self,
    };
    return imprint_i2c_open(&self->i2c, &self->port, address, transport, &problem);
}

bool transport_i2c_linux_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                    struct error *err)
{
    struct transport_place parts;

    (void)also_at; /* wake() tries it */
    return transport_place_read(&parts, place, false, "expected an adapter after i2c:", err) &&
           transport_i2c_linux_open(parts.path, parts.address, transport, err);
}
