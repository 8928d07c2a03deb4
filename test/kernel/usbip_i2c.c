/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An i2c-tiny-usb adapter with virtual chips on its bus, for a real Linux kernel: the far end of a USB/IP connection
 * whose near end is the kernel's module vhci-hcd, in the same machine. The kernel's own drivers make /dev/i2c-N of it.
 * Runs as root in the machine that test/kernel/ boots, until it is killed or the adapter is pulled.
 *
 * USB/IP: Documentation/usb/usbip_protocol.rst of the Linux kernel. The adapter: drivers/i2c/busses/i2c-tiny-usb.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "virtual/serve/bus.h"
#include "virtual/trace/trace.h"
#include "virtual/chip/virtual.h"

#define ATTACH "/sys/devices/platform/vhci_hcd.0/attach"
#define DEVICE_ID 0x00010002 /* bus 1, device 2: any will do */
#define FULL_SPEED 2         /* enum usb_device_speed */

/* USB/IP. Integers are most significant byte first, but for the setup packet, which is USB's. */
enum { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4 };
#define HEADER_BYTES 48
#define AT_COMMAND 0
#define AT_SEQUENCE 4
#define AT_DIRECTION 12
#define AT_ENDPOINT 16
#define AT_STATUS 20 /* of a reply; of a request: transfer flags */
#define AT_LENGTH 24 /* of a request: bytes of the buffer; of a reply: bytes moved */
#define AT_SETUP 40

/* i2c-tiny-usb's requests. CMD_IO has the flags BEGIN (a START) and END (a STOP behind the last byte). */
enum { CMD_FUNCTIONS = 1, CMD_DELAY = 2, CMD_STATUS = 3, CMD_IO = 4, IO_BEGIN = 1, IO_END = 2 };
enum { STATUS_IDLE = 0, STATUS_ACK = 1, STATUS_NAK = 2 };
#define FLAG_READ 1                 /* I2C_M_RD */
#define FUNCTIONS_I2C 0x1u          /* I2C_FUNC_I2C; SMBus over it is the kernel's own doing, and wants its bits */
#define FUNCTIONS_SMBUS 0x0eff0000u /* I2C_FUNC_SMBUS_EMUL */
#define VENDOR_REQUEST 0x40
#define TYPE_MASK 0x60
#define GET_DESCRIPTOR 6
#define TRANSFER_MAX 8192
#define WORD_COMMAND 3 /* a chip's word address in front of a group */

struct adapter {
    struct serve_bus bus;
    uint8_t status;
    unsigned long groups, pulled_after; /* pulled behind that many groups sent to chips, before a reply; 0: never */
};

static const uint8_t device_descriptor[18] = {
    18, 1, 0x10, 0x01, 0xff, 0, 0, 8, 0x03, 0x04, 0x31, 0xc6, 0x05, 0x01, 0, 0, 0, 1, /* 0403:c631 */
};
static const uint8_t configuration_descriptor[18] = {
    9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xff, 0, 0, 0,
};

static void say(const char *text)
{
    fprintf(stderr, "usbip_i2c: %s\n", text);
}

static uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void store32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static unsigned load16(const uint8_t *at) /* USB's order */
{
    return at[0] | (unsigned)at[1] << 8;
}

static bool read_all(int fd, uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t got = read(fd, data, len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        data += got;
        len -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        data += put;
        len -= (size_t)put;
    }
    return true;
}

/* One I2C message. After a NAK the real adapter ends the transaction whatever it was told. */
static void transfer(struct adapter *adapter, uint8_t request, unsigned flags, unsigned address, uint8_t *data,
                     size_t len)
{
    const bool reading = (flags & FLAG_READ) != 0;
    bool acknowledged = true;

    if ((request & IO_BEGIN) != 0)
        serve_bus_catch_up(&adapter->bus);
    acknowledged = serve_bus_start(&adapter->bus, (uint8_t)(address << 1 | (reading ? 1u : 0u)));
    if (reading)
        memset(data, 0xff, len);
    for (size_t i = 0; i < len && acknowledged; i++) {
        if (reading)
            data[i] = serve_bus_read(&adapter->bus);
        else
            acknowledged = serve_bus_write(&adapter->bus, data[i]);
    }
    if ((request & IO_END) != 0 || !acknowledged)
        serve_bus_stop(&adapter->bus);
    if (!reading && acknowledged && len > 1 && data[0] == WORD_COMMAND)
        adapter->groups++;
    adapter->status = acknowledged ? STATUS_ACK : STATUS_NAK;
}

static size_t copy(uint8_t *data, size_t cap, const void *from, size_t len)
{
    if (len > cap)
        len = cap;
    memcpy(data, from, len);
    return len;
}

/* Carries out the control request `setup` with `len` bytes of `data`; the bytes moved, or a negative errno. */
static int control(struct adapter *adapter, const uint8_t setup[static 8], uint8_t *data, size_t len)
{
    const unsigned request = setup[1], value = load16(setup + 2), index = load16(setup + 4);
    const uint32_t functions = FUNCTIONS_I2C | FUNCTIONS_SMBUS;
    const uint8_t functions_le[4] = {(uint8_t)functions, (uint8_t)(functions >> 8), (uint8_t)(functions >> 16),
                                     (uint8_t)(functions >> 24)};

    if ((setup[0] & TYPE_MASK) != VENDOR_REQUEST) {
        if (request != GET_DESCRIPTOR)
            return 0; /* set configuration, set interface */
        switch (value >> 8) {
        case 1:
            return (int)copy(data, len, device_descriptor, sizeof device_descriptor);
        case 2:
            return (int)copy(data, len, configuration_descriptor, sizeof configuration_descriptor);
        default:
            return -EPIPE; /* as USB says "no such thing" */
        }
    }
    switch (request) {
    case CMD_FUNCTIONS:
        return (int)copy(data, len, functions_le, sizeof functions_le);
    case CMD_DELAY: /* microseconds a bit */
        serve_bus_set_clock(&adapter->bus, 1000000u / (value == 0 ? 1 : value));
        return 0;
    case CMD_STATUS:
        return (int)copy(data, len, &adapter->status, 1);
    case CMD_IO:
    case CMD_IO | IO_BEGIN:
    case CMD_IO | IO_END:
    case CMD_IO | IO_BEGIN | IO_END:
        transfer(adapter, (uint8_t)request, value, index, data, len);
        return (int)len;
    default:
        return -EPIPE;
    }
}

/* Answers one request; false when the adapter is gone. */
static bool answer(struct adapter *adapter, int fd)
{
    static uint8_t reply[HEADER_BYTES + TRANSFER_MAX];
    uint8_t request[HEADER_BYTES], *data = reply + HEADER_BYTES;
    size_t len;
    bool in;
    int moved;

    if (!read_all(fd, request, sizeof request))
        return false;
    memset(reply, 0, HEADER_BYTES);
    memcpy(reply + AT_SEQUENCE, request + AT_SEQUENCE, 4);
    if (load32(request + AT_COMMAND) == CMD_UNLINK) { /* requests are answered before the next is read: too late */
        store32(reply + AT_COMMAND, RET_UNLINK);
        return write_all(fd, reply, HEADER_BYTES);
    }
    len = load32(request + AT_LENGTH);
    in = load32(request + AT_DIRECTION) == 1;
    if (load32(request + AT_COMMAND) != CMD_SUBMIT || len > TRANSFER_MAX || load32(request + AT_ENDPOINT) != 0) {
        say("a request that no adapter gets");
        return false;
    }
    if (!in && !read_all(fd, data, len))
        return false;
    if (adapter->pulled_after != 0 && adapter->groups == adapter->pulled_after &&
        (request[AT_SETUP] & TYPE_MASK) == VENDOR_REQUEST && (request[AT_SETUP + 1] & CMD_IO) != 0) {
        say("pulled");
        return false;
    }
    moved = control(adapter, request + AT_SETUP, data, len);
    store32(reply + AT_COMMAND, RET_SUBMIT);
    store32(reply + AT_STATUS, moved < 0 ? (uint32_t)moved : 0);
    store32(reply + AT_LENGTH, moved < 0 ? 0 : (uint32_t)moved);
    return write_all(fd, reply, HEADER_BYTES + (in && moved > 0 ? (size_t)moved : 0));
}

/* Plugs the adapter into port 0; the adapter's end of the connection, or -1. */
static int plug_in(void)
{
    int ends[2], attach, len;
    char line[64];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    len = snprintf(line, sizeof line, "0 %d %d %d", ends[0], DEVICE_ID, FULL_SPEED);
    attach = open(ATTACH, O_WRONLY);
    if (attach < 0 || write(attach, line, (size_t)len) != len) {
        perror("usbip_i2c: " ATTACH);
        return -1;
    }
    (void)close(attach);
    (void)close(ends[0]); /* the kernel has its own reference */
    return ends[1];
}

/* The options before the files; the first file's place among the arguments, or 0. */
static int take_options(struct adapter *adapter, int argc, char **argv, const char **trace_name, const char **fault)
{
    int option;

    while ((option = getopt(argc, argv, "t:p:f:")) != -1) {
        switch (option) {
        case 't':
            *trace_name = optarg;
            break;
        case 'p':
            adapter->pulled_after = strtoul(optarg, NULL, 10);
            break;
        case 'f':
            *fault = optarg;
            break;
        default:
            return 0;
        }
    }
    return optind < argc ? optind : 0;
}

int main(int argc, char **argv)
{
    static struct trace trace;
    static struct adapter adapter;
    const char *trace_name = NULL, *fault = NULL;
    FILE *trace_file = NULL;
    int fd, first = take_options(&adapter, argc, argv, &trace_name, &fault);

    if (first == 0) {
        say("usage: usbip_i2c [-t TRACE] [-p GROUPS-UNTIL-IT-IS-PULLED] [-f FAULT-OF-THE-FIRST] CHIP-FILE...");
        return 2;
    }
    serve_bus_init(&adapter.bus, true);
    for (int i = first; i < argc; i++) {
        struct virtual_problem problem;
        struct virtual_chip *chip = NULL;

        if (virtual_open(argv[i], &chip, &problem) != VIRTUAL_OK || !serve_bus_add(&adapter.bus, chip)) {
            fprintf(stderr, "usbip_i2c: %s cannot be used\n", argv[i]);
            return 1;
        }
    }
    if (fault != NULL && !virtual_arm_fault(adapter.bus.chips[0], fault)) {
        say("no such fault");
        return 2;
    }
    if (trace_name != NULL) {
        trace_file = fopen(trace_name, "w");
        if (trace_file == NULL) {
            perror(trace_name);
            return 1;
        }
        trace_init(&trace, trace_file, false);
        adapter.bus.trace = &trace;
    }
    fd = plug_in();
    if (fd < 0)
        return 1;
    while (answer(&adapter, fd)) {
        /* until the kernel, or we, hang up */
    }
    (void)close(fd);
    for (size_t i = 0; i < adapter.bus.count; i++)
        virtual_close(adapter.bus.chips[i]);
    return trace_file == NULL || fclose(trace_file) == 0 ? 0 : 1;
}
