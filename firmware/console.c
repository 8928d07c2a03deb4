/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/console.h"

#include <string.h>

#include "link/base64.h"
#include "base/hex.h"
#include "firmware/board/board.h"
#include "firmware/texts.h"
#include "imprint_version.h"

#define STOP 0x03 /* Ctrl-C */
#define WAIT_US 1000000
#define ERROR_ROOM_BYTES 96 /* for the name of a key or field, or most of a certificate's subject */
#define PEM_LINE_BYTES 48   /* 64 characters */

static void put(void *context, const uint8_t *data, size_t len)
{
    (void)context;
    board_console_write(data, len);
}

/* Terminals want CR LF. */
void console_say(const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        put(NULL, (const uint8_t *)text, len);
        text += len;
        if (*text == '\n') {
            put(NULL, (const uint8_t *)"\r\n", 2);
            text++;
        }
    }
}

void console_say_number(uint32_t number)
{
    char text[LINK_NUMBER_SIZE];

    link_format_number(number, text);
    console_say(text);
}

void console_say_hex(struct bytes data)
{
    for (size_t i = 0; i < data.len; i++) {
        char digits[HEX_SIZE(1)];

        hex_encode(bytes_of(data.data + i, 1), digits);
        console_say(digits);
    }
}

struct link_frame console_frame(const char *verb)
{
    struct link_frame frame = {.put = put};

    link_begin(&frame, verb);
    return frame;
}

struct link_frame console_hello(const char *app, bool boot)
{
    struct link_frame frame;

    console_say("\nimprint ");
    console_say(app);
    console_say(" application " IMPRINT_VERSION " on ");
    console_say(board_name());
    console_say("; help lists the commands\n");
    frame = console_frame("hello");
    link_add_text(&frame, "app", app);
    link_add_number(&frame, "protocol", CONSOLE_PROTOCOL);
    link_add_text(&frame, "board", board_name());
    link_add_text(&frame, "version", IMPRINT_VERSION);
    link_add_flag(&frame, "boot", boot);
    return frame;
}

static void add_text(struct link_frame *frame, const char *name, const char *text)
{
    if (text != NULL)
        link_add_text(frame, name, text);
}

static void add_number(struct link_frame *frame, const char *name, uint32_t number, bool known)
{
    if (known)
        link_add_number(frame, name, number);
}

/* A text in a frame of its own: it alone may fill a line. One that is not in the image goes by its number. */
static void send_text(const char *verb, const char *text)
{
    struct link_frame frame;
    uint32_t number;

    if (text == NULL)
        return;
    frame = console_frame(verb);
    if (texts_apart(text, &number))
        link_add_number(&frame, "number", number);
    else
        link_add_text(&frame, "text", text);
    link_end(&frame);
}

static void say_text(const char *text)
{
    uint32_t number;

    if (!texts_apart(text, &number)) {
        console_say(text);
        return;
    }
    console_say("text ");
    console_say_number(number);
}

static void add_facts(struct link_frame *frame, const struct error *err)
{
    add_text(frame, "command", err->command);
    add_text(frame, "subject", err->subject);
    add_number(frame, "slot", err->slot, err->has_slot);
    add_number(frame, "key", err->key_id, err->key_id != 0);
    add_number(frame, "failure", err->chip_failure, err->chip_failure != 0);
    add_number(frame, "rule", err->slot_rule, err->slot_rule != 0);
    add_number(frame, "answer", err->chip_status, err->has_chip_status);
    /* PSA's statuses are negative numbers. */
    add_number(frame, "psa", (uint32_t)-err->psa_status, err->psa_status < 0);
    add_number(frame, "config-byte", err->config_offset, err->has_config_offset);
    add_number(frame, "expected", err->expected, err->expected != 0 || err->found != 0 || err->has_config_offset);
    add_number(frame, "found", err->found, err->expected != 0 || err->found != 0 || err->has_config_offset);
    if (err->has_serial)
        link_add_hex(frame, "serial", bytes_of(err->serial, sizeof err->serial));
}

static void say_fact(const char *before, uint32_t number, bool known)
{
    if (!known)
        return;
    console_say(before);
    console_say_number(number);
}

static void say_error(const struct error *err)
{
    console_say("cannot ");
    say_text(err->doing != NULL ? err->doing : "go on");
    console_say(": ");
    console_say(error_reason_name(err->reason));
    if (err->cause != NULL) {
        console_say(", ");
        say_text(err->cause);
    }
    say_fact("; slot ", err->slot, err->has_slot);
    say_fact("; key ", err->key_id, err->key_id != 0);
    say_fact("; chip failure ", err->chip_failure, err->chip_failure != 0);
    say_fact("; slot rule ", err->slot_rule, err->slot_rule != 0);
    say_fact("; the chip answered ", err->chip_status, err->has_chip_status);
    say_fact("; PSA status -", (uint32_t)-err->psa_status, err->psa_status < 0);
    console_say("\n");
    if (err->next != NULL) {
        console_say("next: ");
        say_text(err->next);
        console_say("\n");
    }
}

void console_failed(const char *command, const struct error *err)
{
    struct link_frame frame;

    say_error(err);
    send_text("doing", err->doing);
    send_text("cause", err->cause);
    send_text("next", err->next);
    frame = console_frame("error");
    link_add_word(&frame, command);
    link_add_text(&frame, "reason", error_reason_name(err->reason));
    add_facts(&frame, err);
    link_end(&frame);
}

void console_say_pem(const char *label, struct bytes der)
{
    console_say("-----BEGIN ");
    console_say(label);
    console_say("-----\n");
    for (size_t at = 0; at < der.len; at += PEM_LINE_BYTES) {
        char line[BASE64_SIZE(PEM_LINE_BYTES)];

        base64_encode(bytes_of(der.data + at, der.len - at < PEM_LINE_BYTES ? der.len - at : PEM_LINE_BYTES), line);
        console_say(line);
        console_say("\n");
    }
    console_say("-----END ");
    console_say(label);
    console_say("-----\n");
}

void console_say_public_key(const uint8_t point[static 65])
{
    /* SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480, section 2). */
    static const uint8_t before[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                     0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    uint8_t info[sizeof before + 65];

    memcpy(info, before, sizeof before);
    memcpy(info + sizeof before, point, 65);
    console_say_pem("PUBLIC KEY", bytes_of(info, sizeof info));
}

void console_init(struct console *console)
{
    link_reader_init(&console->reader, console->room, sizeof console->room);
}

/* A machine sends it again; a person sees why. Nothing was done. */
static void ask_again(const char *why)
{
    struct link_frame frame = console_frame("again");

    link_add_word(&frame, why);
    link_end(&frame);
}

void console_await(struct console *console, struct link_words *command)
{
    for (;;) {
        int byte = board_console_read(WAIT_US);
        enum link_kind kind;

        if (byte < 0 || byte == STOP || !link_reader_take(&console->reader, (uint8_t)byte, &kind))
            continue;
        if (kind == LINK_TOO_LONG)
            ask_again("too-long");
        else if (kind == LINK_DAMAGED || !link_split(console->room, kind, command))
            ask_again("damaged");
        else
            return;
    }
}

bool console_bad_words(const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    error_doing(err, "understand the command");
    return false;
}

static bool list_commands(const struct console_command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        console_say("  ");
        console_say(commands[i].name);
        console_say(": ");
        console_say(commands[i].help);
        console_say("\n");
    }
    return true;
}

void console_run(const struct console_command *commands, size_t count, void *application,
                 const struct link_words *words)
{
    char room[ERROR_ROOM_BYTES];
    struct error err = ERROR_IN(room);
    const char *name = "unknown"; /* not what was sent, for it goes into a frame */
    struct link_frame frame;
    bool ok = false;

    if (strcmp(words->word[0], "help") == 0) {
        name = "help";
        ok = list_commands(commands, count);
    }
    for (size_t i = 0; i < count && !ok; i++) {
        if (strcmp(words->word[0], commands[i].name) != 0)
            continue;
        name = commands[i].name;
        ok = commands[i].run(application, words, &err);
        break;
    }
    if (!ok) {
        (void)console_bad_words("no such command", "help lists the commands", &err);
        console_failed(name, &err);
        return;
    }
    frame = console_frame("ok");
    link_add_word(&frame, name);
    link_end(&frame);
}

bool console_wants_stop(void)
{
    bool stop = false;

    for (int byte = board_console_read(0); byte >= 0; byte = board_console_read(0))
        stop = stop || byte == STOP;
    return stop;
}
