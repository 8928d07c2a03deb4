/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does what Linux's i2c-dev does, on a served bus: an open adapter is a connection, an ioctl a transfer. Each call
 * returns what the system call would, with errno set. virtual/preload/interpose.c decides which calls come here.
 */
#ifndef IMPRINT_PRELOAD_I2C_DEV_H
#define IMPRINT_PRELOAD_I2C_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What belongs to one open adapter. Zero-initialised: as opened. */
struct i2c_dev_file {
    uint16_t address; /* I2C_SLAVE: where read() and write() go */
    int nack;         /* errno of a NACK; 0: ENXIO of an address, EREMOTEIO of a byte */
};

/* A connection to the bus served at `path`, close-on-exec; -1 with errno. */
int i2c_dev_open(const char *path);

/* The result of ioctl(), as the kernel defines it for I2C adapters. */
int i2c_dev_ioctl(int fd, struct i2c_dev_file *file, unsigned long request, void *argument);

ssize_t i2c_dev_read(int fd, const struct i2c_dev_file *file, void *data, size_t len);
ssize_t i2c_dev_write(int fd, const struct i2c_dev_file *file, const void *data, size_t len);

#endif
