/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/plugged.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "station/bus_chips.h"
#include "station/device.h"
#include "station/run_facts.h"
#include "transport/kit_hid.h"

#define UEVENT_MAX 4096

struct list {
    const struct panel_settings *settings;
    const struct page_running *running;
    struct page_device *devices;
    size_t count;
};

static void add(struct list *list, enum page_device_kind kind, const char *name, time_t since)
{
    struct page_device *device = &list->devices[list->count];
    const time_t now = time(NULL);

    if (list->count == PAGE_DEVICES_MAX || strlen(name) >= sizeof device->name || !run_facts_is_plain(name))
        return;
    for (size_t i = 0; i < list->count; i++)
        if (list->devices[i].kind == kind && strcmp(list->devices[i].name, name) == 0)
            return; /* a kit is listed once for each of its interfaces */
    *device = (struct page_device){.kind = kind, .age_s = now > since ? (uint64_t)(now - since) : 0};
    memcpy(device->name, name, strlen(name) + 1);
    for (size_t i = 0; i < list->settings->socket_count; i++)
        if (web_page_device_is(list->settings->sockets[i].device, name))
            (void)snprintf(device->socket, sizeof device->socket, "%s", list->settings->sockets[i].name);
    list->count++;
}

/* The value of NAME=VALUE in a uevent of the kernel; "": it is not there. */
static void take_value(const char *text, const char *name, char *value, size_t size)
{
    const size_t len = strlen(name);

    value[0] = '\0';
    for (const char *line = text; line != NULL; line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, name, len) == 0)
            (void)snprintf(value, size, "%.*s", (int)strcspn(line + len, "\n"), line + len);
}

/* "0003:000003EB:00002312": bus, vendor and product, in hex. */
static bool is_kit(const char *id)
{
    const char *vendor = strchr(id, ':'), *product = vendor != NULL ? strchr(vendor + 1, ':') : NULL;

    return product != NULL && strtoul(vendor + 1, NULL, 16) == KIT_HID_VENDOR &&
           strtoul(product + 1, NULL, 16) == KIT_HID_PRODUCT;
}

/* The serial number of a kit on USB, which is not the chip's. False: this is another device. */
static bool read_kit(const char *folder, const char *entry, char serial[static PAGE_DEVICE_SIZE])
{
    char path[PANEL_PATH_MAX], text[UEVENT_MAX + 1], id[64];
    ssize_t len = -1;
    int fd;

    if (snprintf(path, sizeof path, "%s/%s/device/uevent", folder, entry) >= (int)sizeof path)
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        len = read(fd, text, UEVENT_MAX);
        (void)close(fd);
    }
    if (len <= 0)
        return false;
    text[len] = '\0';
    take_value(text, "HID_ID=", id, sizeof id);
    take_value(text, "HID_UNIQ=", serial, PAGE_DEVICE_SIZE - sizeof "hid:");
    return is_kit(id) && serial[0] != '\0';
}

static void take_entry(struct list *list, enum page_device_kind kind, const char *folder, const char *entry)
{
    char path[PAGE_DEVICE_SIZE], name[PAGE_DEVICE_SIZE], serial[PAGE_DEVICE_SIZE];
    struct stat link, behind;

    if (entry[0] == '.' || snprintf(path, sizeof path, "%s/%s", folder, entry) >= (int)sizeof path ||
        lstat(path, &link) != 0)
        return;
    (void)snprintf(name, sizeof name, "%s", path);
    if (kind == PAGE_DEVICE_KIT) {
        if (!read_kit(folder, entry, serial))
            return;
        (void)snprintf(name, sizeof name, "hid:%.*s", (int)(sizeof name - sizeof "hid:"), serial);
    }
    if (kind == PAGE_DEVICE_VIRTUAL && !S_ISREG(link.st_mode))
        return;
    if (kind == PAGE_DEVICE_PORT && (stat(path, &behind) != 0 || !S_ISCHR(behind.st_mode)))
        return;
    add(list, kind, name, link.st_ctime);
}

/* A folder that is not there has nothing in it: udev makes its own with the first port. */
static void read_folder(struct list *list, enum page_device_kind kind, const char *path)
{
    DIR *folder = path[0] != '\0' ? opendir(path) : NULL;
    const struct dirent *entry;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL)
        take_entry(list, kind, path, entry->d_name);
    (void)closedir(folder);
}

/* --- chips on buses --- */

static bool name_chip(const char *bus, uint8_t address, char name[static PAGE_DEVICE_SIZE])
{
    const int len = snprintf(name, PAGE_DEVICE_SIZE, "%s@0x%02x", bus, address);

    return len > 0 && len < PAGE_DEVICE_SIZE;
}

/* The device of socket `index`: those of the files, then those that run, removed or not. NULL: there are no more. */
static const char *device_of(const struct list *list, size_t index)
{
    if (index < list->settings->socket_count)
        return list->settings->sockets[index].device;
    index -= list->settings->socket_count;
    return index < list->running->socket_count ? list->running->sockets[index].device : NULL;
}

/* Whether a socket names this address of the bus. */
static bool is_named(const struct list *list, const char *bus, uint8_t address)
{
    const char *device;

    for (size_t i = 0; (device = device_of(list, i)) != NULL; i++)
        if (device_named_address(device) != 0 && bus_chips_is_at(device, bus, address))
            return true;
    return false;
}

/* A socket that names no address takes what answers on the bus: no chip is left for another one. */
static bool is_all_taken(const struct list *list, const char *bus)
{
    const char *device;

    for (size_t i = 0; (device = device_of(list, i)) != NULL; i++)
        if (device_named_address(device) == 0 && bus_chips_is_at(device, bus, 0))
            return true;
    return false;
}

static bool has_socket(const struct list *list, const char *bus)
{
    const char *device;

    for (size_t i = 0; (device = device_of(list, i)) != NULL; i++)
        if (bus_chips_is_at(device, bus, 0))
            return true;
    return false;
}

/* A worker may be at the chip of a socket, and that chip at the address to which the profile moves it. */
static bool may_ask(const void *context, const char *bus, uint8_t address)
{
    const struct list *list = context;
    const bool is_moved = list->running->also_at != 0 && address == list->running->also_at;

    return !is_named(list, bus, address) && !(is_moved && has_socket(list, bus));
}

static void read_bus(struct list *list, const char *bus)
{
    struct bus_chip chips[BUS_CHIPS_MAX];
    char name[PAGE_DEVICE_SIZE];
    size_t count;

    if (is_all_taken(list, bus)) {
        add(list, PAGE_DEVICE_I2C, bus, 0);
        return;
    }
    for (size_t i = 0; i < BUS_CHIPS_MAX; i++)
        if (is_named(list, bus, transport_usual_addresses[i]) && name_chip(bus, transport_usual_addresses[i], name))
            add(list, PAGE_DEVICE_I2C, name, 0);
    count = bus_chips_find(bus, may_ask, list, chips);
    for (size_t i = 0; i < count; i++) {
        const size_t before = list->count;

        if (name_chip(bus, chips[i].address, name))
            add(list, PAGE_DEVICE_I2C, name, 0);
        if (list->count > before)
            memcpy(list->devices[before].serial, chips[i].serial, sizeof chips[i].serial);
    }
}

/* --- all --- */

static int compare(const void *a, const void *b)
{
    const struct page_device *left = a, *right = b;

    return strcmp(left->name, right->name);
}

size_t plugged_list(const struct panel_settings *settings, const struct page_running *running,
                    struct page_device devices[static PAGE_DEVICES_MAX])
{
    struct list list = {.settings = settings, .running = running, .devices = devices};

    read_folder(&list, PAGE_DEVICE_PORT, settings->teach.serial);
    read_folder(&list, PAGE_DEVICE_KIT, settings->teach.hid);
    read_folder(&list, PAGE_DEVICE_VIRTUAL, settings->teach.virtuals);
    for (size_t i = 0; i < settings->teach.bus_count; i++)
        read_bus(&list, settings->teach.buses[i].path);
    qsort(devices, list.count, sizeof *devices, compare);
    return list.count;
}
