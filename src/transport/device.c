/* SPDX-License-Identifier: Apache-2.0 */
/* The function of imprint/device.h: those transports that need no library beyond the C library. */
#include <imprint/device.h>

#include <string.h>

#include "transport/i2c_linux.h"
#include "transport/kit_tty.h"
#include "transport/socket.h"
#include "transport/swi_tty.h"

static const struct {
    const char *name; /* with its colon */
    bool (*open)(const char *place, uint8_t also_at, struct imprint_transport *transport, struct error *err);
} kinds[] = {
    {"i2c:", transport_i2c_linux_open_place},  {"swi:", transport_swi_tty_open_place},
    {"kit:", transport_kit_tty_open_place},    {"unix:", transport_socket_open_unix_place},
    {"tcp:", transport_socket_open_tcp_place},
};

bool imprint_transport_open(struct imprint_transport *transport, const char *device, const char **problem)
{
    struct error err = {.reason = ERROR_NONE};

    memset(transport, 0, sizeof *transport);
    if (strncmp(device, "kit:hid", 7) == 0) {
        *problem = "a kit on USB HID can be used by the program imprint only";
        return false;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const size_t len = strlen(kinds[i].name);

        if (strncmp(device, kinds[i].name, len) != 0)
            continue;
        if (kinds[i].open(device + len, 0, transport, &err))
            return true;
        *problem = err.cause != NULL ? err.cause : "the device cannot be opened";
        memset(transport, 0, sizeof *transport);
        return false;
    }
    *problem = "expected i2c:/dev/i2c-N, swi:/dev/ttyX, kit:/dev/ttyX, unix:PATH or tcp:HOST:PORT";
    return false;
}
