/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/kinds.h"

#include <string.h>

#include "transport/i2c_linux.h"
#include "transport/kit_hid.h"
#include "transport/kit_tty.h"
#include "transport/socket.h"
#include "transport/swi_tty.h"

/* "hid" and "hid:SERIAL" mean a kit on USB; any other text is the name of a serial port. */
static bool open_kit(const char *place, uint8_t also_at, struct imprint_transport *transport, struct error *err)
{
    return transport_kit_hid_is_meant(place) ? transport_kit_hid_open_place(place, also_at, transport, err)
                                             : transport_kit_tty_open_place(place, also_at, transport, err);
}

const struct transport_kind transport_kinds[] = {
    {.name = "i2c",
     .form = "i2c:/dev/i2c-N[@ADDRESS]",
     .open = transport_i2c_linux_open_place,
     .scans = true,
     .one_by_default = true,
     .when_silent = "check the chip's power, wiring and address, and that the bus runs at 100 kHz or slower: a faster "
                    "bus cannot wake a chip"},
    {.name = "swi", .form = "swi:/dev/ttyX", .open = transport_swi_tty_open_place},
    {.name = "kit", .form = "kit:/dev/ttyX[@ADDRESS] or kit:hid[:SERIAL][@ADDRESS]", .open = open_kit},
    {.name = "unix",
     .form = "unix:PATH[@ADDRESS]",
     .open = transport_socket_open_unix_place,
     .scans = true,
     .only_chips = true,
     .only_virtual = true},
    {.name = "tcp",
     .form = "tcp:HOST:PORT[@ADDRESS]",
     .open = transport_socket_open_tcp_place,
     .scans = true,
     .only_chips = true,
     .only_virtual = true},
};
const size_t transport_kind_count = sizeof transport_kinds / sizeof transport_kinds[0];

const struct transport_kind *transport_kind_of(const char *device)
{
    const size_t len = strcspn(device, ":");

    for (size_t i = 0; i < transport_kind_count; i++) {
        if (strlen(transport_kinds[i].name) == len && strncmp(transport_kinds[i].name, device, len) == 0)
            return &transport_kinds[i];
    }
    return NULL;
}
