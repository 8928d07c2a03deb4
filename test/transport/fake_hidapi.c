/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the hidapi library, for machines whose kernel makes no HID devices: the built program loads it in
 * place of the real one, and its reports go to kits at pseudo terminals. It takes no report that a real device would
 * not take: 64 bytes behind a 0, padded with NULs behind the line. IMPRINT_FAKE_KITS         SERIAL=TERMINAL, several
 * separated by commas; DENIED as the terminal: may not be opened IMPRINT_FAKE_KITS_WRITES  so many reports are taken,
 * then the kit is unplugged
 */
#include <hidapi.h>

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define REPORT_BYTES 64
#define KITS_MAX 4

struct hid_device_ {
    int fd;           /* cppcheck-suppress unusedStructMember ; hidapi's own name for it is what is used */
    long writes_left; /* cppcheck-suppress unusedStructMember */
};

static bool unplugged(const hid_device *kit)
{
    return kit->writes_left == 0;
}

int hid_init(void)
{
    return 0;
}

int hid_exit(void)
{
    return 0;
}

/* Copies the text of kit number `at` from SERIAL=TERMINAL,...; false when there is none. */
static bool kit_at(unsigned at, char serial[static 64], char terminal[static 128])
{
    const char *list = getenv("IMPRINT_FAKE_KITS");

    for (; list != NULL && *list != '\0'; at--) {
        if (at == 0)
            return sscanf(list, "%63[^=]=%127[^,]", serial, terminal) == 2;
        list = strchr(list, ',');
        list = list != NULL ? list + 1 : NULL;
    }
    return false;
}

struct hid_device_info *hid_enumerate(unsigned short vendor_id, unsigned short product_id)
{
    struct hid_device_info *first = NULL;
    char serial[64], terminal[128];

    /* Each kit twice, as one that can do two things is listed. */
    for (unsigned at = 0; vendor_id == 0x03eb && product_id == 0x2312 && at < 2 * KITS_MAX; at++) {
        struct hid_device_info *info;

        if (!kit_at(at / 2, serial, terminal))
            break;
        info = calloc(1, sizeof *info);
        if (info == NULL)
            break;
        info->path = malloc(32);
        info->serial_number = calloc(64, sizeof(wchar_t));
        info->next = first;
        first = info;
        if (info->path == NULL || info->serial_number == NULL) {
            hid_free_enumeration(first);
            return NULL;
        }
        (void)snprintf(info->path, 32, "/dev/hidraw%u", at / 2);
        for (size_t i = 0; serial[i] != '\0'; i++)
            info->serial_number[i] = (wchar_t)serial[i];
    }
    return first;
}

void hid_free_enumeration(struct hid_device_info *devs)
{
    while (devs != NULL) {
        struct hid_device_info *next = devs->next;

        free(devs->path);
        free(devs->serial_number);
        free(devs);
        devs = next;
    }
}

hid_device *hid_open_path(const char *path)
{
    const char *writes = getenv("IMPRINT_FAKE_KITS_WRITES");
    char serial[64], terminal[128];
    hid_device *kit;
    int fd;

    if (strncmp(path, "/dev/hidraw", 11) != 0 || !kit_at((unsigned)strtoul(path + 11, NULL, 10), serial, terminal))
        return NULL;
    fd = open(terminal, O_RDWR | O_NOCTTY);
    kit = fd < 0 ? NULL : calloc(1, sizeof *kit);
    if (kit == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return NULL;
    }
    kit->fd = fd;
    kit->writes_left = writes != NULL ? strtol(writes, NULL, 10) : -1;
    return kit;
}

void hid_close(hid_device *dev)
{
    (void)close(dev->fd);
    free(dev);
}

int hid_write(hid_device *dev, const unsigned char *data, size_t length)
{
    size_t len = 1;

    if (unplugged(dev) || length != 1 + REPORT_BYTES || data[0] != 0)
        return -1;
    while (len < length && data[len] != 0)
        len++;
    for (size_t i = len; i < length; i++)
        if (data[i] != 0)
            return -1;
    dev->writes_left--;
    return write(dev->fd, data + 1, len - 1) == (ssize_t)(len - 1) ? (int)length : -1;
}

int hid_read_timeout(hid_device *dev, unsigned char *data, size_t length, int milliseconds)
{
    struct pollfd terminal = {.fd = dev->fd, .events = POLLIN};
    unsigned char byte = 0;
    size_t len = 0;

    if (unplugged(dev) || length < REPORT_BYTES)
        return -1;
    memset(data, 0, REPORT_BYTES);
    while (len < REPORT_BYTES && byte != '\n' && poll(&terminal, 1, len == 0 ? milliseconds : 5000) > 0) {
        if (read(dev->fd, &byte, 1) != 1)
            return -1;
        data[len++] = byte;
    }
    return len != 0 ? REPORT_BYTES : 0;
}
