/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/console.h"

#include <string.h>

#include "link/base64.h"
#include "base/hex.h"
#include <imprint/board.h>
#include "firmware/texts.h"
#include "imprint_version.h"

#define STOP 0x03 /* Ctrl-C */
#define WAIT_US 1000000
#define ERROR_ROOM_BYTES 96 /* for the name of a key or field, or most of a certificate's subject */
#define PEM_LINE_BYTES 48   /* 64 characters */

static void put(void *context, const uint8_t *data, size_t len)
{
    (void)context;
    imprint_board_feed_watchdog();
    imprint_board_console_write(data, len);
}

/* Terminals need CR LF. */
void console_print(const char *text)
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

void console_print_number(uint32_t number)
{
    char text[LINK_NUMBER_SIZE];

    link_format_number(number, text);
    console_print(text);
}

void console_print_hex(struct bytes data)
{
    for (size_t i = 0; i < data.len; i++) {
        char digits[HEX_SIZE(1)];

        hex_encode(bytes_of(data.data + i, 1), digits);
        console_print(digits);
    }
}

struct link_frame console_begin_frame(const char *verb)
{
    struct link_frame frame = {.put = put};

    link_begin(&frame, verb);
    return frame;
}

/* For a port that knows no such number. */
__attribute__((weak)) size_t imprint_board_unique_id(uint8_t id[IMPRINT_BOARD_ID_MAX])
{
    (void)id;
    return 0;
}

struct link_frame console_hello(const char *app, bool boot)
{
    struct link_frame frame;
    uint8_t id[IMPRINT_BOARD_ID_MAX];
    size_t len = imprint_board_unique_id(id);

    console_print("\nimprint ");
    console_print(app);
    console_print(" application " IMPRINT_VERSION " on ");
    console_print(imprint_board_name());
    console_print("; help lists the commands\n");
    frame = console_begin_frame("hello");
    link_add_text(&frame, "app", app);
    link_add_number(&frame, "protocol", LINK_PROTOCOL);
    link_add_text(&frame, "board", imprint_board_name());
    link_add_text(&frame, "version", IMPRINT_VERSION);
    link_add_flag(&frame, "boot", boot);
    if (len != 0)
        link_add_hex(&frame, "mcu", bytes_of(id, len));
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

/*
 * Sends a text in its own frame, because it may fill a line. Sends the text's number if the text is not in the image.
 */
static void send_text(const char *verb, const char *text)
{
    struct link_frame frame;
    uint32_t number;

    if (text == NULL)
        return;
    frame = console_begin_frame(verb);
    if (text_is_separate(text, &number))
        link_add_number(&frame, "number", number);
    else
        link_add_text(&frame, "text", text);
    link_end(&frame);
}

static void print_text(const char *text)
{
    uint32_t number;

    if (!text_is_separate(text, &number)) {
        console_print(text);
        return;
    }
    console_print("text ");
    console_print_number(number);
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

static void print_fact(const char *before, uint32_t number, bool known)
{
    if (!known)
        return;
    console_print(before);
    console_print_number(number);
}

static void print_error(const struct error *err)
{
    console_print("cannot ");
    print_text(err->doing != NULL ? err->doing : "continue");
    console_print(": ");
    console_print(error_reason_name(err->reason));
    if (err->cause != NULL) {
        console_print(", ");
        print_text(err->cause);
    }
    print_fact("; slot ", err->slot, err->has_slot);
    print_fact("; key ", err->key_id, err->key_id != 0);
    print_fact("; chip failure ", err->chip_failure, err->chip_failure != 0);
    print_fact("; slot rule ", err->slot_rule, err->slot_rule != 0);
    print_fact("; the chip answered ", err->chip_status, err->has_chip_status);
    print_fact("; PSA status -", (uint32_t)-err->psa_status, err->psa_status < 0);
    console_print("\n");
    if (err->next != NULL) {
        console_print("next: ");
        print_text(err->next);
        console_print("\n");
    }
}

void console_report_error(const char *command, const struct error *err)
{
    struct link_frame frame;

    print_error(err);
    send_text("doing", err->doing);
    send_text("cause", err->cause);
    send_text("next", err->next);
    frame = console_begin_frame("error");
    link_add_word(&frame, command);
    link_add_text(&frame, "reason", error_reason_name(err->reason));
    add_facts(&frame, err);
    link_end(&frame);
}

void console_print_pem(const char *label, struct bytes der)
{
    console_print("-----BEGIN ");
    console_print(label);
    console_print("-----\n");
    for (size_t at = 0; at < der.len; at += PEM_LINE_BYTES) {
        char line[BASE64_SIZE(PEM_LINE_BYTES)];

        base64_encode(bytes_of(der.data + at, der.len - at < PEM_LINE_BYTES ? der.len - at : PEM_LINE_BYTES), line);
        console_print(line);
        console_print("\n");
    }
    console_print("-----END ");
    console_print(label);
    console_print("-----\n");
}

void console_print_public_key(const uint8_t point[static P256_POINT_BYTES])
{
    /* SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480, section 2). */
    static const uint8_t before[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                     0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    uint8_t info[sizeof before + P256_POINT_BYTES];

    memcpy(info, before, sizeof before);
    memcpy(info + sizeof before, point, P256_POINT_BYTES);
    console_print_pem("PUBLIC KEY", bytes_of(info, sizeof info));
}

void console_init(struct console *console)
{
    link_reader_init(&console->reader, console->line, sizeof console->line);
}

/* The station repeats the command; a person sees why. Nothing was done. */
static void request_repeat(const char *why)
{
    struct link_frame frame = console_begin_frame("again");

    link_add_word(&frame, why);
    link_end(&frame);
}

void console_read_command(struct console *console, struct link_words *command)
{
    for (;;) {
        enum link_kind kind;
        int byte;

        imprint_board_feed_watchdog();
        byte = imprint_board_console_read(WAIT_US);
        if (byte < 0 || byte == STOP || !link_reader_add_byte(&console->reader, (uint8_t)byte, &kind))
            continue;
        if (kind == LINK_TOO_LONG)
            request_repeat("too-long");
        else if (kind == LINK_DAMAGED || !link_split(console->line, kind, command))
            request_repeat("damaged");
        else
            return;
    }
}

bool console_refuse_words(const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    error_doing(err, "run the command");
    return false;
}

static bool list_commands(const struct console_command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        console_print("  ");
        console_print(commands[i].name);
        console_print(": ");
        console_print(commands[i].help);
        console_print("\n");
    }
    return true;
}

void console_run(const struct console_command *commands, size_t count, void *application,
                 const struct link_words *words)
{
    char room[ERROR_ROOM_BYTES];
    struct error err = ERROR_IN(room);
    const char *name = "unknown"; /* not the word that was received: it goes into a frame */
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
        (void)console_refuse_words("no such command", "list the commands: help", &err);
        console_report_error(name, &err);
        return;
    }
    frame = console_begin_frame("ok");
    link_add_word(&frame, name);
    link_end(&frame);
}

bool console_stop_requested(void)
{
    bool stop = false;

    for (int byte = imprint_board_console_read(0); byte >= 0; byte = imprint_board_console_read(0))
        stop = stop || byte == STOP;
    return stop;
}
