/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens serial ports on Linux in raw mode: bytes unchanged, no flow control, no echo. Pseudo terminals work too; they
 * ignore the rate and always have eight data bits.
 */
#ifndef IMPRINT_TRANSPORT_TTY_H
#define IMPRINT_TRANSPORT_TTY_H

#include "base/error.h"

struct tty_form {
    unsigned baud;
    bool seven_bits;   /* 7 data bits if the port supports them, else 8. No parity, one stop bit */
    const char *cause; /* the error if the port refuses: "the serial port cannot be set to 115200 8N1" */
};

/*
 * Opens the port at `path`, non-blocking, and locks it against other programs that use flock(). Returns the descriptor,
 * which the caller closes; -1 with a reason: no such file, permission denied, not a serial port, used by another
 * program.
 */
int tty_open(const char *path, const struct tty_form *form, struct error *err);

/* Changes the rate after all written bytes have been sent. False, with errno set, if the port is gone. */
bool tty_set_baud(int fd, unsigned baud);

#endif
