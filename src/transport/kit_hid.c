/* SPDX-License-Identifier: Apache-2.0 */
/* hidapi's hidraw backend: a kit is /dev/hidrawN, and its reports have no numbers (a 0 stands before each that is
 * sent). */
#include "transport/kit_hid.h"

#include <errno.h>
#include <hidapi.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "transport/place.h"

#define OLD_REPORTS_MAX 256 /* more than the kernel queues */
#define REPORT_BYTES KIT_PIECE_MAX
#define PATH_BYTES 64 /* "/dev/hidraw0" */

/* Linux, Documentation/ABI: the class's link leads to the device; those without hardware are below devices/virtual. */
#define SYSFS_HIDRAW "/sys/class/hidraw/%s/device"
#define SYSFS_VIRTUAL "/sys/devices/virtual/"

struct hid_device_;

/* Allocated by transport_kit_hid_open(), freed by close(). */
struct transport_kit_hid {
    struct hid_device_ *hid;
    struct kit_port port;
    struct transport_kit kit;
};

static bool kit_hid_send_line(void *context, struct bytes line)
{
    const struct transport_kit_hid *self = context;
    uint8_t report[1 + REPORT_BYTES];
    bool sent = true;
    int old = 1;

    /* A late reply would be taken for the next reply. A kit that never stops sending is gone. */
    for (unsigned reports = 0; old > 0 && reports < OLD_REPORTS_MAX; reports++)
        old = hid_read_timeout(self->hid, report, REPORT_BYTES, 0);
    for (size_t at = 0; sent && old == 0 && at < line.len; at += REPORT_BYTES) {
        const size_t len = line.len - at < REPORT_BYTES ? line.len - at : REPORT_BYTES;

        memset(report, 0, sizeof report);
        memcpy(report + 1, line.data + at, len);
        sent = hid_write(self->hid, report, sizeof report) >= 0;
    }
    bytes_wipe(report, sizeof report);
    return sent && old == 0;
}

static enum imprint_transport_status kit_hid_receive(void *context, struct bytes_out *piece, int timeout_ms)
{
    const struct transport_kit_hid *self = context;
    int n = hid_read_timeout(self->hid, piece->data, piece->cap, timeout_ms);

    if (n < 0)
        return IMPRINT_TRANSPORT_GONE;
    piece->len = (size_t)n;
    return n > 0 ? IMPRINT_TRANSPORT_OK : IMPRINT_TRANSPORT_NO_ANSWER;
}

/* True if `wide` is this serial number. Serial numbers have only digits and letters. */
static bool is_serial(const wchar_t *wide, const char *serial)
{
    size_t i = 0;

    if (wide == NULL)
        return false;
    while (serial[i] != '\0' && wide[i] == (wchar_t)(unsigned char)serial[i])
        i++;
    return serial[i] == '\0' && wide[i] == L'\0';
}

/* Finds the kit's file. One kit may be listed several times, once for each of its interfaces. */
static bool find_kit(const char *serial, char path[static PATH_BYTES], struct error *err)
{
    struct hid_device_info *all = hid_enumerate(KIT_HID_VENDOR, KIT_HID_PRODUCT);
    bool other_serial = false, several = false;

    path[0] = '\0';
    for (const struct hid_device_info *each = all; each != NULL; each = each->next) {
        if (serial != NULL && !is_serial(each->serial_number, serial))
            other_serial = true;
        else if (path[0] != '\0' && strcmp(path, each->path) != 0)
            several = true;
        else
            (void)snprintf(path, PATH_BYTES, "%s", each->path);
    }
    hid_free_enumeration(all);
    if (several)
        error_set(err, ERROR_USAGE, "several kits are plugged in",
                  serial == NULL
                      ? "choose one with --device kit:hid:SERIAL; list the serial numbers: lsusb -v -d 03eb:2312"
                      : "unplug all but one: their serial numbers are the same");
    else if (path[0] == '\0' && other_serial)
        error_set(err, ERROR_DEVICE_MISSING, "no kit with this serial number is plugged in",
                  "list the serial numbers: lsusb -v -d 03eb:2312");
    else if (path[0] == '\0')
        error_set(err, ERROR_DEVICE_MISSING, "no kit is plugged in (USB 03eb:2312)",
                  "plug one in; for a kit on a serial port use --device kit:/dev/ttyACM0");
    return path[0] != '\0' && !several;
}

static bool open_kit(struct transport_kit_hid *self, const char *path, struct error *err)
{
    self->hid = hid_open_path(path);
    if (self->hid != NULL)
        return true;
    if (access(path, R_OK | W_OK) != 0 && errno == EACCES)
        error_set(err, ERROR_DEVICE_MISSING, "permission denied",
                  "add a udev rule for USB 03eb:2312 that lets this user read and write its /dev/hidraw file");
    else
        error_set(err, ERROR_DEVICE_MISSING, "the system refuses to open the kit",
                  "unplug the kit and plug it in again");
    error_with_errno(err, errno);
    return false;
}

static void kit_hid_close(void *context)
{
    struct transport_kit_hid *self = context;

    if (self->hid != NULL)
        hid_close(self->hid);
    (void)hid_exit();
    free(self);
}

bool transport_kit_hid_open(const char *serial, uint8_t address, struct imprint_transport *transport, struct error *err)
{
    struct transport_kit_hid *self = calloc(1, sizeof *self);
    char path[PATH_BYTES];

    if (self == NULL) {
        error_set(err, ERROR_UNEXPECTED, "no memory", NULL);
        return false;
    }
    self->port = (struct kit_port){
        .send_line = kit_hid_send_line, .receive = kit_hid_receive, .close = kit_hid_close, .context = self};
    if (hid_init() != 0)
        error_set(err, ERROR_UNEXPECTED, "the HID library cannot be started", NULL);
    else if (find_kit(serial, path, err) && open_kit(self, path, err) &&
             transport_kit_open(&self->kit, &self->port, address, transport, err))
        return true;
    error_with_subject(err, serial);
    error_doing(err, "open a kit on USB HID");
    kit_hid_close(self);
    return false;
}

bool transport_kit_hid_is_meant(const char *place)
{
    return place != NULL && strncmp(place, "hid", 3) == 0 && (place[3] == '\0' || place[3] == ':' || place[3] == '@');
}

/* What follows hid: in the name of a place, NULL for none. */
static const char *serial_of(const struct transport_place *parts)
{
    return parts->path[3] == ':' ? parts->path + 4 : NULL;
}

bool transport_kit_hid_is_without_hardware(const char *sysfs)
{
    char found[PATH_MAX];

    return realpath(sysfs, found) != NULL && strncmp(found, SYSFS_VIRTUAL, sizeof SYSFS_VIRTUAL - 1) == 0;
}

bool transport_kit_hid_is_emulated(const char *place)
{
    struct error ignored = {.reason = ERROR_NONE}; /* opening the kit says what is wrong */
    struct transport_place parts;
    char path[PATH_BYTES], sysfs[PATH_BYTES + sizeof SYSFS_HIDRAW];
    const char *name;

    if (!transport_kit_hid_is_meant(place) || !transport_place_read(&parts, place, false, "", &ignored) ||
        !find_kit(serial_of(&parts), path, &ignored))
        return false;
    name = strrchr(path, '/');
    (void)snprintf(sysfs, sizeof sysfs, SYSFS_HIDRAW, name != NULL ? name + 1 : path);
    return transport_kit_hid_is_without_hardware(sysfs);
}

bool transport_kit_hid_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                  struct error *err)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct transport_place parts;
    const char *serial;

    if (!transport_place_read(&parts, place, false, "expected a serial port or hid after kit:", err))
        return false;
    serial = serial_of(&parts);
    if (serial != NULL && serial[0] == '\0') {
        error_set(err, ERROR_USAGE, "expected a kit's serial number after kit:hid:",
                  "name it, or use --device kit:hid for the only kit that is plugged in");
        return false;
    }
    /* A kit selects chips by address, so waking does not find a chip whose address has changed: tries both addresses.
     */
    if (parts.address != 0 && also_at != 0 &&
        (transport_kit_hid_open(serial, parts.address, transport, &ignored) ||
         transport_kit_hid_open(serial, also_at, transport, &ignored)))
        return true;
    return transport_kit_hid_open(serial, parts.address, transport, err);
}
