/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    unsigned baud;
    speed_t speed;
} rates[] = {{115200, B115200}, {230400, B230400}};

static const struct open_error {
    int number;
    enum error_reason reason;
    const char *cause, *next;
} open_errors[] = {
    {ENOENT, ERROR_DEVICE_MISSING, "no such file", "list the serial ports: ls /dev/ttyUSB* /dev/ttyACM* /dev/ttyS*"},
    {EACCES, ERROR_DEVICE_MISSING, "permission denied",
     "add the user to the group that owns the file, usually dialout: sudo usermod -aG dialout $USER"},
    {EPERM, ERROR_DEVICE_MISSING, "permission denied",
     "add the user to the group that owns the file, usually dialout: sudo usermod -aG dialout $USER"},
    {EBUSY, ERROR_DEVICE_BUSY, "another program uses the serial port", "close that program"},
    {EWOULDBLOCK, ERROR_DEVICE_BUSY, "another program uses the serial port", "close that program"},
    {0, ERROR_DEVICE_MISSING, "not a serial port",
     "name a serial port or pseudo terminal, such as /dev/ttyUSB0"}, /* any other */
};

static speed_t speed_of(unsigned baud)
{
    size_t row = 0;

    while (row < sizeof rates / sizeof rates[0] - 1 && rates[row].baud != baud)
        row++;
    return rates[row].speed;
}

/* USB adapters collect received bytes for up to 16 ms unless low latency is set. Ignored where the driver lacks it. */
static void ask_for_low_latency(int fd)
{
    struct serial_struct serial;

    if (ioctl(fd, TIOCGSERIAL, &serial) == 0) {
        serial.flags = (int)((unsigned)serial.flags | ASYNC_LOW_LATENCY);
        (void)ioctl(fd, TIOCSSERIAL, &serial);
    }
}

static bool set_form(int fd, const struct tty_form *form)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) != 0)
        return false;
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | CSIZE);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (cfsetspeed(&settings, speed_of(form->baud)) != 0)
        return false;
    settings.c_cflag |= form->seven_bits ? CS7 : CS8;
    if (tcsetattr(fd, TCSANOW, &settings) == 0)
        return true;
    settings.c_cflag =
        (settings.c_cflag & ~(tcflag_t)CSIZE) | CS8; /* pseudo terminals and some adapters do not support 7 data bits */
    return form->seven_bits && tcsetattr(fd, TCSANOW, &settings) == 0;
}

int tty_open(const char *path, const struct tty_form *form, struct error *err)
{
    const struct open_error *row = open_errors;
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), number = errno;

    if (fd >= 0 && (isatty(fd) != 1 || flock(fd, LOCK_EX | LOCK_NB) != 0)) {
        number = errno;
        (void)close(fd);
        fd = -1;
    }
    if (fd < 0) {
        while (row->number != 0 && row->number != number)
            row++;
        error_set(err, row->reason, row->cause, row->next);
        error_with_errno(err, number);
        return -1;
    }
    if (!set_form(fd, form)) {
        error_set(err, ERROR_DEVICE_MISSING, form->cause, "use another port or adapter");
        error_with_errno(err, errno);
        (void)close(fd);
        return -1;
    }
    ask_for_low_latency(fd);
    return fd;
}

bool tty_set_baud(int fd, unsigned baud)
{
    struct termios settings;

    return tcgetattr(fd, &settings) == 0 && cfsetspeed(&settings, speed_of(baud)) == 0 &&
           tcsetattr(fd, TCSADRAIN, &settings) == 0;
}
