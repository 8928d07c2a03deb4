/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar: docs/reference/kit-protocol.md. Commands are recognised by their first letter, as in real kits. */
#include "virtual/serve/kit.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/bytes.h"
#include "base/hex.h"

#define GROUP_MAX 162
#define COUNT_MIN 4
#define READ_BIT 0x01u

#define WAKE_LOW_US 80
#define WAKE_HIGH_NS 1500000
#define SELF_TEST_NS 20000000 /* wake time of a chip whose power-on self test is enabled */
#define POLL_NS 500000
#define POLLS_MAX 6000 /* 3 seconds: the slowest command takes 2.3 */

enum { WORD_RESET = 0x00, WORD_SLEEP = 0x01, WORD_IDLE = 0x02, WORD_COMMAND = 0x03 };

/* Low bytes of the host library's statuses. */
enum {
    STATUS_OK = 0x00,
    STATUS_WAKE_FAILED = 0xd0,
    STATUS_SELF_TEST = 0xd7,
    STATUS_BAD = 0xe2,
    STATUS_NO_ANSWER = 0xe7
};

static void wait_ns(struct serve_bus *bus, long nanoseconds)
{
    const struct timespec time = {.tv_nsec = nanoseconds};

    (void)nanosleep(&time, NULL);
    serve_bus_catch_up(bus);
}

static uint8_t selected(const struct serve_kit *kit)
{
    uint8_t addresses[BUS_CHIPS_MAX];
    size_t count = serve_bus_addresses(kit->bus, addresses);

    return kit->identity != 0 || count == 0 ? kit->identity : addresses[0];
}

static bool write_bytes(const struct serve_kit *kit, uint8_t word, const uint8_t *data, size_t len)
{
    bool taken = serve_bus_start(kit->bus, selected(kit)) && serve_bus_write(kit->bus, word);

    for (size_t i = 0; taken && i < len; i++)
        taken = serve_bus_write(kit->bus, data[i]);
    serve_bus_stop(kit->bus);
    return taken;
}

/* One group from the beginning of the chip's output; 0 if no chip answers. */
static size_t read_group(const struct serve_kit *kit, uint8_t group[static GROUP_MAX])
{
    size_t len = 0;

    if (!write_bytes(kit, WORD_RESET, NULL, 0))
        return 0;
    if (serve_bus_start(kit->bus, (uint8_t)(selected(kit) | READ_BIT))) {
        do
            group[len++] = serve_bus_read(kit->bus);
        while (len < group[0] && len < GROUP_MAX);
    }
    serve_bus_stop(kit->bus);
    return len;
}

static size_t reply_with(char reply[static SERVE_KIT_LINE_MAX + 2], unsigned status, const uint8_t *data, size_t len)
{
    size_t at = (size_t)snprintf(reply, 4, "%02X(", status);

    for (size_t i = 0; i < len; i++, at += 2)
        (void)snprintf(reply + at, 3, "%02X", data[i]);
    reply[at++] = ')';
    reply[at++] = '\n';
    return at;
}

/* The bytes between the line's last parentheses; false if they are not hex. */
static bool argument_of(const char *line, struct bytes_out *out)
{
    const char *open = strrchr(line, '('), *close = strrchr(line, ')');
    size_t stopped;

    return open != NULL && close != NULL && open < close && close[1] == '\0' && ((close - open) & 1) == 1 &&
           (size_t)(close - open - 1) / 2 <= out->cap &&
           hex_decode(open + 1, (size_t)(close - open - 1), out, &stopped);
}

static size_t run_command(const struct serve_kit *kit, const uint8_t *group, size_t len,
                          char reply[static SERVE_KIT_LINE_MAX + 2])
{
    uint8_t answer[GROUP_MAX];
    size_t got = 0;

    if (!write_bytes(kit, WORD_COMMAND, group, len))
        return reply_with(reply, STATUS_NO_ANSWER, NULL, 0);
    for (unsigned polls = 0; got == 0 && polls < POLLS_MAX; polls++) {
        wait_ns(kit->bus, POLL_NS);
        got = read_group(kit, answer);
    }
    if (got < COUNT_MIN || got != answer[0])
        return reply_with(reply, STATUS_NO_ANSWER, NULL, 0);
    got = reply_with(reply, STATUS_OK, answer, got);
    bytes_wipe(answer, sizeof answer);
    return got;
}

static size_t wake(const struct serve_kit *kit, char reply[static SERVE_KIT_LINE_MAX + 2])
{
    uint8_t answer[GROUP_MAX];
    size_t got;

    serve_bus_sda_low(kit->bus, WAKE_LOW_US);
    wait_ns(kit->bus, WAKE_HIGH_NS);
    got = read_group(kit, answer);
    if (got == 0) {
        wait_ns(kit->bus, SELF_TEST_NS);
        got = read_group(kit, answer);
    }
    if (got < COUNT_MIN || got != answer[0])
        return reply_with(reply, STATUS_WAKE_FAILED, NULL, 0);
    return reply_with(reply, got == COUNT_MIN && answer[1] == 0x07 ? STATUS_SELF_TEST : STATUS_OK, answer, got);
}

static size_t send_word(const struct serve_kit *kit, uint8_t word, char reply[static SERVE_KIT_LINE_MAX + 2])
{
    return reply_with(reply, write_bytes(kit, word, NULL, 0) ? STATUS_OK : STATUS_NO_ANSWER, NULL, 0);
}

/* "board:...": lists the kit and its chips. */
static size_t answer_board(const struct serve_kit *kit, const char *what, const uint8_t *data, size_t len,
                           char reply[static SERVE_KIT_LINE_MAX + 2])
{
    uint8_t addresses[BUS_CHIPS_MAX];
    size_t count = serve_bus_addresses(kit->bus, addresses);

    if (tolower((unsigned char)what[0]) != 'd')
        return (size_t)snprintf(reply, SERVE_KIT_LINE_MAX, "imprint virtual kit 1\n");
    if (len != 1 || data[0] >= count)
        return reply_with(reply, STATUS_BAD, NULL, 0);
    return (size_t)snprintf(reply, SERVE_KIT_LINE_MAX, "%s TWI 00(%02X)\n",
                            serve_bus_is_508(kit->bus, data[0]) ? "ECC508A" : "ECC608", addresses[data[0]]);
}

static size_t answer_physical(struct serve_kit *kit, const char *what, const uint8_t *data, size_t len,
                              char reply[static SERVE_KIT_LINE_MAX + 2])
{
    if (strncasecmp(what, "interface:i2c", 13) == 0)
        return reply_with(reply, STATUS_OK, NULL, 0);
    if (tolower((unsigned char)what[0]) != 's' || len != 1)
        return reply_with(reply, STATUS_BAD, NULL, 0);
    kit->identity = data[0];
    return reply_with(reply, STATUS_OK, NULL, 0);
}

size_t serve_kit_answer(struct serve_kit *kit, const char *line, char reply[static SERVE_KIT_LINE_MAX + 2])
{
    const char *command = strchr(line, ':');
    uint8_t data[GROUP_MAX];
    struct bytes_out argument = {.data = data, .cap = sizeof data};
    const int target = tolower((unsigned char)line[0]);
    size_t written = 0;

    serve_bus_catch_up(kit->bus);
    if (command != NULL && (argument_of(line, &argument) || strncasecmp(line, "E:physical:interface", 20) == 0)) {
        command++;
        if (target == 'b')
            written = answer_board(kit, command, data, argument.len, reply);
        else if (target == 'e' && tolower((unsigned char)command[0]) == 'p' && strchr(command, ':') != NULL)
            written = answer_physical(kit, strchr(command, ':') + 1, data, argument.len, reply);
        else if (target == 'e' && tolower((unsigned char)command[0]) == 't' && argument.len != 0)
            written = run_command(kit, data, argument.len, reply);
        else if (target == 'e' && tolower((unsigned char)command[0]) == 'w')
            written = wake(kit, reply);
        else if (target == 'e' && tolower((unsigned char)command[0]) == 'i')
            written = send_word(kit, WORD_IDLE, reply);
        else if (target == 'e' && tolower((unsigned char)command[0]) == 's')
            written = send_word(kit, WORD_SLEEP, reply);
    }
    bytes_wipe(data, sizeof data);
    return written != 0 ? written : reply_with(reply, STATUS_BAD, NULL, 0);
}

static void receive(void *context, struct bytes bytes, const struct serve_outlet *outlet)
{
    struct serve_kit *kit = context;
    char reply[SERVE_KIT_LINE_MAX + 2];

    for (size_t i = 0; i < bytes.len; i++) {
        const char character = (char)bytes.data[i];

        if (character == '\n') {
            kit->line[kit->too_long ? 0 : kit->line_len] = '\0';
            outlet->put(outlet->context, bytes_of(reply, serve_kit_answer(kit, kit->line, reply)));
            bytes_wipe(kit->line, sizeof kit->line);
            kit->line_len = 0;
            kit->too_long = false;
        } else if (kit->line_len == SERVE_KIT_LINE_MAX) {
            kit->too_long = true;
        } else if (character != '\0' && character != '\r') {
            kit->line[kit->line_len++] = character;
        }
    }
    bytes_wipe(reply, sizeof reply);
}

static void disconnected(void *context)
{
    struct serve_kit *kit = context;

    bytes_wipe(kit->line, sizeof kit->line);
    kit->line_len = 0;
    kit->too_long = false;
    kit->identity = 0;
}

struct serve_peer serve_kit_peer(struct serve_kit *kit)
{
    return (struct serve_peer){.receive = receive, .disconnected = disconnected, .context = kit};
}
