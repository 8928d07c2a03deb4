/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar: docs/reference/kit-protocol.md. Accepts the replies of newer and of older kits; see `chip_statuses`.
 */
#include "transport/kit.h"

#include <stdio.h>
#include <string.h>

#include "base/crc16.h"
#include "base/hex.h"
#include "base/order.h"
#include "transport/clock_linux.h"

#define LINE_MAX_CHARACTERS 512 /* limit of CryptoAuth kits */
#define REPLY_MS 5000           /* the slowest command takes 2.4 s */
#define HELLO_MS 3000 /* milliseconds, from a kit; one that is served answers when its process gets its turn */
#define DEVICES_MAX 8 /* a kit has devices 00 to 07 */

#define GROUP_MIN 4
#define STATUS_OK 0x00

/* A kit's status in place of a group: the low byte of the host library's status, and the chip's own. */
static const struct {
    uint8_t kit, chip;
} chip_statuses[] = {
    {0xd1, 0x01}, /* miscompare */
    {0xd2, 0x03}, /* parse error */
    {0xd4, 0xff}, /* CRC or communication error */
    {0xd6, 0x05}, /* ECC fault */
    {0xd7, 0x07}, /* self-test error */
    {0xf4, 0x0f}, /* execution error */
    {0xf3, 0x11}, /* after wake */
};

/* A line from the kit and its parts. */
struct answer {
    char line[LINE_MAX_CHARACTERS + 1];
    uint8_t status;
    uint8_t memory[IMPRINT_TRANSPORT_GROUP_MAX];
    struct bytes_out data;
};

static enum imprint_transport_status gone(struct transport_kit *self)
{
    self->gone = true;
    return IMPRINT_TRANSPORT_GONE;
}

/* Reads one line, without its end. Drops NULs: some kits send them before a line, and HID reports are padded with them.
 */
static enum imprint_transport_status read_line(struct transport_kit *self, int timeout_ms,
                                               char line[static LINE_MAX_CHARACTERS + 1])
{
    uint8_t memory[KIT_PIECE_MAX];
    const uint64_t until_us = clock_linux_now_us(NULL) + (uint64_t)timeout_ms * 1000;
    size_t len = 0;
    enum imprint_transport_status status = IMPRINT_TRANSPORT_OK;
    bool whole = false;

    while (status == IMPRINT_TRANSPORT_OK && !whole) {
        struct bytes_out piece = {.data = memory, .cap = sizeof memory};
        const uint64_t now_us = clock_linux_now_us(NULL);

        /* The whole line must be there in time: a kit that sends a byte now and then does not hold the call. */
        status = now_us >= until_us
                     ? IMPRINT_TRANSPORT_NO_ANSWER
                     : self->port->receive(self->port->context, &piece, (int)((until_us - now_us + 999) / 1000));
        for (size_t i = 0; status == IMPRINT_TRANSPORT_OK && !whole && i < piece.len; i++) {
            const char character = (char)memory[i];

            if (character == '\n')
                whole = true;
            else if (character != '\0' && character != '\r' && len == LINE_MAX_CHARACTERS)
                status = IMPRINT_TRANSPORT_GARBLED;
            else if (character != '\0' && character != '\r')
                line[len++] = character;
        }
    }
    line[len] = '\0'; /* also if the line has no end */
    bytes_wipe(memory, sizeof memory);
    return status == IMPRINT_TRANSPORT_GONE ? gone(self) : status;
}

/* Splits "SS(hex)" into status and data. False if the line does not have this form. */
static bool parse_answer(struct answer *answer)
{
    const char *close = strrchr(answer->line, ')');
    struct bytes_out status = {.data = &answer->status, .cap = 1};
    size_t stopped;

    answer->data = (struct bytes_out){.data = answer->memory, .cap = sizeof answer->memory};
    return strlen(answer->line) >= 4 && answer->line[2] == '(' && close != NULL && close[1] == '\0' &&
           hex_decode(answer->line, 2, &status, &stopped) && status.len == 1 &&
           hex_decode(answer->line + 3, (size_t)(close - answer->line - 3), &answer->data, &stopped);
}

/*
 * Sends one line and reads one. The port drops bytes received earlier: a late reply would be taken for the reply to
 * this line.
 */
static enum imprint_transport_status ask(struct transport_kit *self, const char *line, size_t len, int timeout_ms,
                                         struct answer *answer)
{
    enum imprint_transport_status status;

    if (self->gone || !self->port->send_line(self->port->context, bytes_of(line, len)))
        return gone(self);
    status = read_line(self, timeout_ms, answer->line);
    if (status == IMPRINT_TRANSPORT_OK && !parse_answer(answer))
        status = IMPRINT_TRANSPORT_GARBLED;
    return status;
}

/* Stores the chip's reply as a group for receive(). Anything else is stored as one byte, which receive() calls garbled.
 */
static void keep_reply(struct transport_kit *self, enum imprint_transport_status status, const struct answer *answer)
{
    self->reply_len = status == IMPRINT_TRANSPORT_GARBLED ? 1 : 0;
    if (status != IMPRINT_TRANSPORT_OK)
        return;
    if (answer->data.len > 0) {
        memcpy(self->reply, answer->memory, answer->data.len);
        self->reply_len = answer->data.len;
        return;
    }
    for (size_t i = 0; i < sizeof chip_statuses / sizeof chip_statuses[0]; i++) {
        if (chip_statuses[i].kit == answer->status) {
            self->reply[0] = GROUP_MIN;
            self->reply[1] = chip_statuses[i].chip;
            store16_le(self->reply + 2, crc16_update(CRC16_START, bytes_of(self->reply, 2)));
            self->reply_len = GROUP_MIN;
        }
    }
}

static bool select_identity(struct transport_kit *self, uint8_t identity)
{
    struct answer answer = {.status = STATUS_OK};
    char question[32];

    (void)snprintf(question, sizeof question, "E:physical:select(%02X)\n", (unsigned)identity);
    if (ask(self, question, strlen(question), HELLO_MS, &answer) != IMPRINT_TRANSPORT_OK || answer.status != STATUS_OK)
        return false;
    self->identity = identity;
    return true;
}

/* Tries to wake the chip at its second address. If it answers, uses that address from now on; else keeps the old one.
 */
static bool find(struct transport_kit *self, struct answer *answer)
{
    const uint8_t old = self->identity, other = self->other;

    if (other == 0)
        return false;
    if (select_identity(self, other) && ask(self, "E:w()\n", 6, REPLY_MS, answer) == IMPRINT_TRANSPORT_OK &&
        answer->status == STATUS_OK) {
        self->other = old;
        return true;
    }
    (void)select_identity(self, old);
    return false;
}

static void kit_also_at(void *context, uint8_t address)
{
    struct transport_kit *self = context;
    const uint8_t identity = (uint8_t)(address << 1);

    if (identity != self->identity)
        self->other = identity;
}

static enum imprint_transport_status kit_wake(void *context)
{
    struct transport_kit *self = context;
    struct answer answer = {.status = STATUS_OK};
    enum imprint_transport_status status = ask(self, "E:w()\n", 6, REPLY_MS, &answer);

    if (status == IMPRINT_TRANSPORT_OK && answer.status != STATUS_OK && answer.data.len == 0) {
        struct answer second = {.status = STATUS_OK};

        if (find(self, &second))
            answer = second;
        answer.data.data = answer.memory;
    }
    keep_reply(self, status, &answer);
    return status == IMPRINT_TRANSPORT_GONE ? status : IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status kit_send(void *context, const uint8_t *group, size_t len)
{
    struct transport_kit *self = context;
    char line[4 + HEX_SIZE(IMPRINT_TRANSPORT_GROUP_MAX) + 2] = "E:t(";
    struct answer answer = {.status = STATUS_OK};
    enum imprint_transport_status status;

    if (len > IMPRINT_TRANSPORT_GROUP_MAX)
        return IMPRINT_TRANSPORT_GARBLED;
    hex_encode(bytes_of(group, len), line + 4);
    memcpy(line + 4 + 2 * len, ")\n", 2);
    status = ask(self, line, 4 + 2 * len + 2, REPLY_MS, &answer);
    keep_reply(self, status, &answer);
    bytes_wipe(line, sizeof line);
    bytes_wipe(&answer, sizeof answer);
    /* If no reply came, the command may have run or not: receive() reports no answer, and the caller decides. */
    return status == IMPRINT_TRANSPORT_GONE ? status : IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status kit_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    const struct transport_kit *self = context;

    *len = 0;
    if (self->gone)
        return IMPRINT_TRANSPORT_GONE;
    if (self->reply_len == 0)
        return IMPRINT_TRANSPORT_NO_ANSWER;
    if (self->reply_len < GROUP_MIN || self->reply[0] != self->reply_len || self->reply_len > cap)
        return IMPRINT_TRANSPORT_GARBLED;
    memcpy(group, self->reply, self->reply_len);
    *len = self->reply_len;
    return IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status send_idle_or_sleep(struct transport_kit *self, const char *line)
{
    struct answer answer = {.status = STATUS_OK};
    enum imprint_transport_status status = ask(self, line, strlen(line), REPLY_MS, &answer);

    bytes_wipe(self->reply, sizeof self->reply);
    self->reply_len = 0;
    return status == IMPRINT_TRANSPORT_OK && answer.status != STATUS_OK ? IMPRINT_TRANSPORT_NO_ANSWER : status;
}

static enum imprint_transport_status kit_idle(void *context)
{
    return send_idle_or_sleep(context, "E:i()\n");
}

static enum imprint_transport_status kit_sleep(void *context)
{
    return send_idle_or_sleep(context, "E:s()\n");
}

static uint8_t kit_address(void *context)
{
    const struct transport_kit *self = context;

    return self->identity >> 1;
}

static void kit_close(void *context)
{
    struct transport_kit *self = context;

    bytes_wipe(self->reply, sizeof self->reply);
    if (self->port->close != NULL)
        self->port->close(self->port->context);
}

static const struct imprint_transport_operations kit_operations = {
    .name = "kit",
    .wake = kit_wake,
    .send = kit_send,
    .receive = kit_receive,
    .idle = kit_idle,
    .sleep = kit_sleep,
    .address = kit_address,
    .also_at = kit_also_at,
    .delay_us = clock_linux_delay_us,
    .now_us = clock_linux_now_us,
    .close = kit_close,
};

/*
 * Looks through the kit's devices for an ECC chip at this address: "ECC608 TWI 00(C0)". Looks twice, because the first
 * answer may belong to a question of an earlier host that was killed. False with a reason.
 */
static bool select_chip(struct transport_kit *self, uint8_t address, struct error *err)
{
    enum { SILENT, NOISE, KIT } answered = SILENT;
    struct answer answer = {.status = STATUS_OK};

    for (unsigned turn = 0; turn < 2 * DEVICES_MAX; turn++) {
        char question[32];
        const char *open;
        uint8_t identity = 0;
        struct bytes_out found = {.data = &identity, .cap = 1};
        enum imprint_transport_status status;
        size_t stopped;

        (void)snprintf(question, sizeof question, "board:device(%02X)\n", turn % DEVICES_MAX);
        status = ask(self, question, strlen(question), HELLO_MS, &answer);
        if (status == IMPRINT_TRANSPORT_GONE || status == IMPRINT_TRANSPORT_NO_ANSWER)
            break;
        open = strrchr(answer.line, '(');
        if (answered != KIT)
            answered = open != NULL && strchr(open, ')') != NULL ? KIT : NOISE;
        if (strncmp(answer.line, "ECC", 3) != 0 || open == NULL || strlen(open) < 3 ||
            !hex_decode(open + 1, 2, &found, &stopped) || found.len != 1 || (address != 0 && identity >> 1 != address))
            continue;
        /* Older kits do not know this line, so its answer is ignored. */
        (void)ask(self, "E:physical:interface:i2c\n", 25, HELLO_MS, &answer);
        if (select_identity(self, identity))
            return true;
    }
    if (answered == KIT)
        error_set(err, ERROR_DEVICE_MISSING, "the kit lists no ECC chip, or none at this address",
                  "leave out @ADDRESS, or check that the chip is in the kit's socket");
    else if (answered == NOISE)
        error_set(err, ERROR_DEVICE_GARBLED, "the device on this port does not use the kit protocol",
                  "check --device; list the serial ports: ls /dev/ttyUSB* /dev/ttyACM*");
    else
        error_set(err, ERROR_DEVICE_SILENT, "no kit answers on this port",
                  "check that the kit is plugged in and runs its kit protocol firmware");
    return false;
}

bool transport_kit_open(struct transport_kit *self, const struct kit_port *port, uint8_t address,
                        struct imprint_transport *transport, struct error *err)
{
    *self = (struct transport_kit){.port = port};
    if (!select_chip(self, address, err))
        return false;
    *transport = (struct imprint_transport){.operations = &kit_operations, .context = self};
    return true;
}
