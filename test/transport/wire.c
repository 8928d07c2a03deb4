/* SPDX-License-Identifier: Apache-2.0 */
#include "test/transport/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool set_baud(void *context, uint32_t baud)
{
    struct wire *wire = context;

    wire->baud = baud;
    return ++wire->calls != wire->fail_at;
}

/* What the receiver hears next: the chip, or the noise in its place. Echoes are never noise. */
static size_t hear(struct wire *wire, uint8_t *byte, bool echo)
{
    size_t len = wire->deaf ? 0 : virtual_swi_receive(wire->part, byte, 1);

    if (!echo && wire->noise_len > 0) {
        *byte = *wire->noise++;
        wire->noise_len--;
        len = 1;
    }
    *byte &= wire->mask;
    return len;
}

static bool exchange(void *context, struct bytes out, struct bytes_out *in, uint32_t silence_us)
{
    struct wire *wire = context;
    uint8_t dropped[64];

    assert_in_range(out.len, 0, SWI_EXCHANGE_MAX);
    assert_in_range(in->cap, 1, SWI_EXCHANGE_MAX);
    assert_true(out.len == 0 || out.len <= in->cap);
    in->len = 0;
    if (++wire->calls == wire->fail_at)
        return false;
    wire->exchanges++;
    while (out.len > 0 && virtual_swi_receive(wire->part, dropped, sizeof dropped) > 0) {
        /* what was heard before */
    }
    for (size_t i = 0; i < out.len; i++)
        virtual_swi_send(wire->part, wire->baud, out.data[i]);
    while (in->len < in->cap && hear(wire, in->data + in->len, in->len < out.len) > 0)
        in->len++;
    if ((wire->exchanges == wire->disturb_at || (wire->disturb_from != 0 && wire->exchanges >= wire->disturb_from)) &&
        in->len > 0)
        in->data[0] ^= 0x02;
    if (wire->exchanges == wire->disturb_rx && in->len > out.len)
        in->data[out.len] ^= 0x02;
    if (wire->exchanges == wire->cut_at && in->len > 0)
        in->len--;
    if (in->len < in->cap)
        virtual_wait_ns(wire->part, silence_us * UINT64_C(1000));
    return true;
}

static void delay_us(void *context, uint32_t microseconds)
{
    const struct wire *wire = context;

    virtual_wait_ns(wire->part, microseconds * UINT64_C(1000));
}

static uint64_t now_us(void *context)
{
    const struct wire *wire = context;

    return virtual_now_ns(wire->part) / 1000;
}

void wire_init(struct wire *wire, struct virtual_chip *part)
{
    *wire = (struct wire){.part = part, .mask = 0xff, .baud = 9600};
    wire->port = (struct swi_port){
        .set_baud = set_baud,
        .exchange = exchange,
        .delay_us = delay_us,
        .now_us = now_us,
        .patience_us = 1000,
        .context = wire,
    };
}
