/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/presence.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "panel/settings.h"
#include "station/device.h"

enum socket_event presence_of_file(const char *path, struct presence_file *known)
{
    struct stat status;
    struct presence_file now;
    bool is_other;

    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
        *known = (struct presence_file){.inode = 0};
        return SOCKET_NO_CHIP;
    }
    now = (struct presence_file){.device = (uint64_t)status.st_dev, .inode = (uint64_t)status.st_ino};
    is_other = known->inode != 0 && (known->inode != now.inode || known->device != now.device);
    *known = now;
    return is_other ? SOCKET_OTHER_CHIP : SOCKET_CHIP;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

/* Without an address in DEVICE, the chip on the bus is the socket's. */
static bool is_own(const char *found, const char *device, uint8_t also_at)
{
    const uint8_t wanted = device_named_address(device), at = device_named_address(found);

    return wanted == 0 || at == 0 || at == wanted || (also_at != 0 && at == also_at);
}

void presence_take(struct presence_scan *scan, const char *device, uint8_t also_at, const json_t *object)
{
    const char *event = text_of(object, "event");

    if (strcmp(event, "error") == 0)
        (void)snprintf(scan->reason, sizeof scan->reason, "%s", text_of(object, "reason"));
    if (strcmp(event, "board") == 0)
        scan->is_there = true;
    if (strcmp(event, "found") != 0 || !is_own(text_of(object, "device"), device, also_at))
        return;
    scan->is_there = true;
    (void)snprintf(scan->serial, sizeof scan->serial, "%s", text_of(object, "serial"));
}

bool presence_of_scan(const struct worker_end *end, const struct presence_scan *scan, const char *known,
                      enum socket_event *event)
{
    const bool is_other = known[0] != '\0' && scan->serial[0] != '\0' && strcmp(known, scan->serial) != 0;

    if (!end->by_exit || !end->is_readable)
        return false;
    *event = !scan->is_there ? SOCKET_NO_CHIP : is_other ? SOCKET_OTHER_CHIP : SOCKET_CHIP;
    return end->code == 0 || strcmp(scan->reason, "device-silent") == 0 || strcmp(scan->reason, "device-missing") == 0;
}

/* What a look at a bus or a console found, and what to tell of it. */
static const struct {
    const char *found;
    bool is_console;
    struct presence_fault fault;
} faults[] = {
    {"device-missing",
     false,
     {ERROR_EXIT_UNREACHABLE, "device-missing", "the adapter or bus of this socket is not there",
      "check cable and power of the adapter; imprint station FILE --check says more"}},
    {"device-garbled",
     true,
     {ERROR_EXIT_WRONG_DEVICE, "wrong-configuration", "what answers on the console is not the factory application",
      "set the board aside: its factory image has to be flashed; imprint board info --console PORT says more"}},
};

const struct presence_fault *presence_fault_of(const struct presence_scan *scan, const char *device)
{
    const bool is_console = panel_console(device) != NULL;

    for (size_t i = 0; !scan->is_there && i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].is_console == is_console && strcmp(faults[i].found, scan->reason) == 0)
            return &faults[i].fault;
    return NULL;
}
