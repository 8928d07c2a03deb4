/* SPDX-License-Identifier: Apache-2.0 */
#include "test/chip/scripted.h"

#include "base/crc16.h"
#include "base/hex.h"
#include "base/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What one call on the bus takes. */
#define CALL_US 50

static const char *const kind_names[] = {"end",     "wake", "send",  "reply", "raw reply",
                                         "silence", "idle", "sleep", "always"};

static size_t decode(const char *hex, uint8_t *out, size_t cap)
{
    struct bytes_out bytes = {.data = out, .cap = cap};

    assert_true(hex_decode(hex, strlen(hex), &bytes, NULL));
    return bytes.len;
}

static size_t close_group(uint8_t *group, size_t len)
{
    store16_le(group + len, crc16_update(CRC16_START, bytes_of(group, len)));
    return len + 2;
}

/* The step for `kind`, played. NULL: everything ends alike from here on. */
static const struct scripted_step *play(struct scripted *self, enum scripted_kind kind)
{
    const struct scripted_step *step;

    self->now_us += CALL_US;
    if (self->next->kind == SCRIPT_SILENT)
        self->next++;
    step = self->next;
    if (step->kind == SCRIPT_ALWAYS)
        return step;
    if (step->kind != kind)
        fail_msg("%s: %s, where %s was to come", self->name, kind_names[kind], kind_names[step->kind]);
    self->next++;
    return step;
}

static enum imprint_transport_status scripted_wake(void *context)
{
    const struct scripted_step *step = play(context, SCRIPT_WAKE);

    switch (step->status) {
    case IMPRINT_TRANSPORT_GONE:
    case IMPRINT_TRANSPORT_BUSY:
    case IMPRINT_TRANSPORT_STUCK:
        return step->status;
    default: /* a pulse has no acknowledgement */
        return IMPRINT_TRANSPORT_OK;
    }
}

static enum imprint_transport_status scripted_send(void *context, const uint8_t *group, size_t len)
{
    struct scripted *self = context;
    const struct scripted_step *step = play(self, SCRIPT_SEND);
    uint8_t expected[IMPRINT_TRANSPORT_GROUP_MAX];

    if (step->kind == SCRIPT_SEND) {
        size_t expected_len = close_group(expected, decode(step->hex, expected, sizeof(expected) - 2));

        if (!bytes_equal(bytes_of(group, len), bytes_of(expected, expected_len))) {
            char text[HEX_SIZE(IMPRINT_TRANSPORT_GROUP_MAX)];

            hex_encode(bytes_of(group, len), text);
            fail_msg("%s: sent %s, not %s and its CRC", self->name, text, step->hex);
        }
    }
    self->sent_at_us = self->now_us;
    return step->status;
}

static enum imprint_transport_status scripted_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    struct scripted *self = context;
    const struct scripted_step *step = self->next;
    uint8_t reply[IMPRINT_TRANSPORT_GROUP_MAX];
    size_t reply_len;

    *len = 0;
    self->now_us += CALL_US;
    self->receives++;
    if (step->kind == SCRIPT_SILENT)
        return IMPRINT_TRANSPORT_NO_ANSWER;
    if (step->kind == SCRIPT_ALWAYS)
        return step->status;
    if (step->kind != SCRIPT_REPLY && step->kind != SCRIPT_RAW)
        fail_msg("%s: receive, where %s was to come", self->name, kind_names[step->kind]);
    if (self->now_us - self->sent_at_us < step->busy_us)
        return IMPRINT_TRANSPORT_NO_ANSWER;
    self->next++;
    if (step->status != IMPRINT_TRANSPORT_OK)
        return step->status;
    if (step->kind == SCRIPT_REPLY) {
        reply_len = 1 + decode(step->hex, reply + 1, sizeof(reply) - 3);
        reply[0] = (uint8_t)(reply_len + 2);
        reply_len = close_group(reply, reply_len);
    } else {
        reply_len = decode(step->hex, reply, sizeof(reply));
    }
    assert_true(reply_len <= cap);
    memcpy(group, reply, reply_len);
    *len = reply_len;
    return IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status scripted_idle(void *context)
{
    return play(context, SCRIPT_IDLE)->status;
}

static enum imprint_transport_status scripted_sleep(void *context)
{
    return play(context, SCRIPT_SLEEP)->status;
}

static void scripted_delay_us(void *context, uint32_t microseconds)
{
    struct scripted *self = context;

    if (microseconds < self->smallest_delay_us)
        self->smallest_delay_us = microseconds;
    self->now_us += microseconds;
}

static uint64_t scripted_now_us(void *context)
{
    const struct scripted *self = context;

    return self->now_us;
}

static const struct imprint_transport_operations scripted_operations = {
    .name = "scripted",
    .wake = scripted_wake,
    .send = scripted_send,
    .receive = scripted_receive,
    .idle = scripted_idle,
    .sleep = scripted_sleep,
    .delay_us = scripted_delay_us,
    .now_us = scripted_now_us,
};

struct imprint_transport scripted_init(struct scripted *self, const char *name, const struct scripted_step *steps)
{
    *self = (struct scripted){.name = name, .next = steps, .smallest_delay_us = UINT32_MAX};
    return (struct imprint_transport){.operations = &scripted_operations, .context = self};
}

void scripted_done(struct scripted *self)
{
    if (self->next->kind == SCRIPT_SILENT || self->next->kind == SCRIPT_ALWAYS)
        self->next++;
    if (self->next->kind != SCRIPT_END)
        fail_msg("%s: ended where %s was to come", self->name, kind_names[self->next->kind]);
}
