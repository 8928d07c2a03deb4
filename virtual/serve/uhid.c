/* SPDX-License-Identifier: Apache-2.0 */
/* Documentation/hid/uhid.rst of the Linux kernel: one event for each read() and write(). */
#include "virtual/serve/uhid.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <linux/uhid.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VENDOR 0x03eb
#define PRODUCT 0x2312
#define REPORT_BYTES 64
#define START_MS 5000 /* how long the kernel may take to look at the device */

/* Reports of 64 bytes each way, of a kind that no driver but hidraw claims: HID 1.11, 6.2.2. */
static const uint8_t descriptor[] = {
    0x06, 0x00, 0xff,             /* usage page: of the vendor's own */
    0x09, 0x01,                   /* usage 1 */
    0xa1, 0x01,                   /* collection: application */
    0x15, 0x00, 0x26, 0xff, 0x00, /* values from 0 to 255, */
    0x75, 0x08, 0x95, 0x40,       /* 8 bits each, 64 of them */
    0x09, 0x02, 0x81, 0x02,       /* usage 2: from the kit */
    0x09, 0x03, 0x91, 0x02,       /* usage 3: to the kit */
    0xc0,                         /* end of the collection */
};

static bool write_event(int fd, const struct uhid_event *event)
{
    ssize_t n;

    do
        n = write(fd, event, sizeof *event);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *event;
}

/* The next event; an older kernel's, which is shorter, is filled up with zeros. */
static bool read_event(int fd, struct uhid_event *event)
{
    ssize_t n;

    memset(event, 0, sizeof *event);
    do
        n = read(fd, event, sizeof *event);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        errno = EPIPE;
    return n >= (ssize_t)sizeof event->type;
}

static bool wait_for_start(int fd)
{
    struct pollfd kernel = {.fd = fd, .events = POLLIN};
    struct uhid_event event = {.type = UHID_STOP};
    int ready = 1;

    errno = ETIMEDOUT;
    while (event.type != UHID_START && ready > 0) {
        ready = poll(&kernel, 1, START_MS);
        if (ready > 0 && !read_event(fd, &event))
            return false;
    }
    return event.type == UHID_START;
}

bool serve_uhid_create(int fd, const char *serial, struct error *err)
{
    struct uhid_event event = {.type = UHID_CREATE2};
    struct uhid_create2_req *create = &event.u.create2;

    (void)snprintf((char *)create->name, sizeof create->name, "imprint virtual kit");
    (void)snprintf((char *)create->uniq, sizeof create->uniq, "%s", serial);
    create->rd_size = sizeof descriptor;
    memcpy(create->rd_data, descriptor, sizeof descriptor);
    create->bus = BUS_USB;
    create->vendor = VENDOR;
    create->product = PRODUCT;
    if (write_event(fd, &event) && wait_for_start(fd))
        return true;
    error_set(err, ERROR_DEVICE_MISSING, "the kernel did not start the HID device", NULL);
    error_with_errno(err, errno);
    return false;
}

static const struct open_error {
    int number;
    const char *cause, *next;
} open_errors[] = {
    {ENOENT, "/dev/uhid not found", "load the kernel module: sudo modprobe uhid"},
    {ENODEV, "the kernel module uhid is not loaded", "load it: sudo modprobe uhid"},
    {EACCES, "permission denied on /dev/uhid", "run as root, or add a udev rule that lets this user write /dev/uhid"},
    {EPERM, "permission denied on /dev/uhid", "run as root, or add a udev rule that lets this user write /dev/uhid"},
    {0, "the system refuses to open /dev/uhid", NULL}, /* any other */
};

int serve_uhid_open(const char *serial, struct error *err)
{
    const struct open_error *row = open_errors;
    int fd = open("/dev/uhid", O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        const int number = errno;

        while (row->number != 0 && row->number != number)
            row++;
        error_set(err, ERROR_DEVICE_MISSING, row->cause, row->next);
        error_with_errno(err, number);
    } else if (!serve_uhid_create(fd, serial, err)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* A message in reports; the last is filled up with NULs. */
static void put(void *context, struct bytes bytes)
{
    const int *fd = context;

    for (size_t at = 0; at < bytes.len; at += REPORT_BYTES) {
        const size_t len = bytes.len - at < REPORT_BYTES ? bytes.len - at : REPORT_BYTES;
        struct uhid_event event = {.type = UHID_INPUT2, .u.input2.size = REPORT_BYTES};

        memcpy(event.u.input2.data, bytes.data + at, len);
        (void)write_event(*fd, &event);
        bytes_wipe(event.u.input2.data, REPORT_BYTES);
    }
}

/* A report to the kit. Where the kernel hands it on as hidraw got it, the number of an unnumbered report is before it.
 */
static void take_report(const struct uhid_output_req *output, const struct serve_peer *peer,
                        const struct serve_outlet *outlet)
{
    const uint8_t *data = output->data;
    size_t len = output->size <= sizeof output->data ? output->size : sizeof output->data;

    if (len == 1 + REPORT_BYTES && data[0] == 0) {
        data++;
        len--;
    }
    peer->receive(peer->context, bytes_of(data, len), outlet);
}

/* The kernel asks for, or sets, a report that the kit does not have. */
static bool refuse_report(int fd, const struct uhid_event *asked)
{
    struct uhid_event reply = {.type = UHID_GET_REPORT_REPLY};

    if (asked->type == UHID_GET_REPORT) {
        reply.u.get_report_reply.id = asked->u.get_report.id;
        reply.u.get_report_reply.err = EIO;
    } else {
        reply.type = UHID_SET_REPORT_REPLY;
        reply.u.set_report_reply.id = asked->u.set_report.id;
        reply.u.set_report_reply.err = EIO;
    }
    return write_event(fd, &reply);
}

bool serve_uhid_run(int fd, const struct serve_peer *peer, int stop_fd)
{
    const struct serve_outlet outlet = {.put = put, .context = &fd};
    struct pollfd fds[2] = {{.fd = stop_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    struct uhid_event event;
    bool well = true;

    while (well) {
        if (poll(fds, 2, -1) < 0) {
            well = errno == EINTR;
            continue;
        }
        if (fds[0].revents != 0)
            return true;
        well = read_event(fd, &event);
        if (!well)
            break;
        switch (event.type) {
        case UHID_OUTPUT:
            take_report(&event.u.output, peer, &outlet);
            break;
        case UHID_CLOSE: /* the last program has closed it */
            peer->disconnected(peer->context);
            break;
        case UHID_GET_REPORT:
        case UHID_SET_REPORT:
            well = refuse_report(fd, &event);
            break;
        default: /* start, stop, open */
            break;
        }
        bytes_wipe(&event, sizeof event);
    }
    return false;
}
