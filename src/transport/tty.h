/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens serial ports on Linux, raw: bytes as they are, no flow control, no echo of the terminal's own. A pseudo
 * terminal is one too; it has no rate and always eight data bits, and takes whatever is asked of it.
 */
#ifndef IMPRINT_TRANSPORT_TTY_H
#define IMPRINT_TRANSPORT_TTY_H

#include "base/error.h"

struct tty_form {
    unsigned baud;
    bool seven_bits;   /* where the port has them; else eight. No parity, one stop bit */
    const char *cause; /* "the serial port cannot be set to 115200 8N1" */
};

/*
 * Opens the port at `path`, non-blocking and held against others who hold it (flock). The descriptor, which is the
 * caller's; -1 with a reason: no such file, not allowed, no serial port, held by another program.
 */
int tty_open(const char *path, const struct tty_form *form, struct error *err);

/* Changes the rate when all that was written has left. False, with errno set, when the port is gone. */
bool tty_set_baud(int fd, unsigned baud);

#endif
