/* SPDX-License-Identifier: Apache-2.0 */
#include "station/board.h"

#include <errno.h>
#include <poll.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_format.h"
#include "station/stop.h"
#include "transport/tty.h"

#define ATTEMPTS                                                                                                       \
    6 /* the longest command, certificate, has 135 characters: on a bad line most of its copies are damaged */
#define HELLO_MS 1000 /* between two hello commands */
#define BUSY_PATIENCE 20
#define POLL_MS 100 /* between two looks for signals */
/* A command may take this many times the silence that is allowed: 5 minutes, where a run takes well below one. */
#define COMMAND_SILENCES 10
#define STOP 0x03

/* --- bytes and lines -----------------------------------------------------------------------------------------------
 */

static bool console_gone(const struct board *board, int system_errno, struct error *err)
{
    error_set(err, ERROR_DEVICE_SILENT, "the console was disconnected",
              "connect the board again, then run the same command again: it continues where it stopped");
    error_with_errno(err, system_errno);
    error_with_subject(err, board->path);
    return false;
}

static bool write_all(struct board *board, const uint8_t *data, size_t len, struct error *err)
{
    int64_t until = clock_now_ms() + board->silence_ms;

    while (len > 0) {
        struct pollfd port = {.fd = board->fd, .events = POLLOUT};
        ssize_t n = write(board->fd, data, len);

        if (n > 0) {
            data += n;
            len -= (size_t)n;
            continue;
        }
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return console_gone(board, errno, err);
        if (clock_now_ms() >= until) {
            error_set(err, ERROR_DEVICE_SILENT, "the console accepts no more bytes",
                      "check the cable and flow control");
            error_with_subject(err, board->path);
            return false;
        }
        (void)poll(&port, 1, POLL_MS);
    }
    return true;
}

/* How a wait for a line ended. */
enum read_status { READ_LINE, READ_TIMEOUT, READ_CLOSED };

/* Waits for a line, at most until `until` (clock_now_ms()), and puts it into board->room; `*kind` says what it is. */
static enum read_status read_line(struct board *board, int64_t until, bool may_stop, enum link_kind *kind,
                                  struct error *err)
{
    for (;;) {
        struct pollfd port = {.fd = board->fd, .events = POLLIN};
        uint8_t byte;
        ssize_t n = read(board->fd, &byte, 1);

        if (n == 1) {
            board->received = true;
            if (link_reader_add_byte(&board->reader, byte, kind))
                return READ_LINE;
        }
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
            (void)console_gone(board, n == 0 ? 0 : errno, err);
            return READ_CLOSED;
        }
        if (may_stop && !board->stop_sent && stop_is_wanted()) {
            const uint8_t stop = STOP;

            board->stop_sent = true;
            station_say(board->station, STATION_NOTICE, "stopping; the board finishes its current step first");
            if (!write_all(board, &stop, 1, err))
                return READ_CLOSED;
        }
        if (clock_now_ms() >= until)
            return READ_TIMEOUT;
        if (n != 1)
            (void)poll(&port, 1, POLL_MS);
    }
}

/* --- frames --------------------------------------------------------------------------------------------------------
 */

static void copy_value(char *to, size_t size, const struct link_words *words, const char *name)
{
    const char *value = link_value(words, name);

    snprintf(to, size, "%s", value == NULL ? "" : value);
}

/* A frame goes out in one piece, behind a line's end that closes whatever noise came before. */
struct draft {
    char text[LINK_LINE_MAX + 4];
    size_t len;
};

static void draft_put(void *context, const uint8_t *data, size_t len)
{
    struct draft *draft = context;

    if (draft->len + len <= sizeof draft->text)
        memcpy(draft->text + draft->len, data, len);
    draft->len += len;
}

static bool send(struct board *board, const struct board_command *command, struct error *err)
{
    struct draft draft = {.text = "\n", .len = 1};
    struct link_frame frame = {.put = draft_put, .context = &draft};

    link_begin(&frame, command->verb);
    for (size_t i = 0; i < sizeof command->words / sizeof command->words[0] && command->words[i] != NULL; i++)
        link_add_word(&frame, command->words[i]);
    link_end(&frame);
    if (draft.len <= sizeof draft.text)
        return write_all(board, (const uint8_t *)draft.text, draft.len, err);
    error_set(err, ERROR_UNEXPECTED, "the command is too long for the console", NULL);
    return false;
}

/* The board's reason as one of ours; a failure without a reason is a defect. */
static enum error_reason reason_of(const char *name)
{
    const enum error_reason reason = error_reason_named(name);

    return reason == ERROR_NONE ? ERROR_UNEXPECTED : reason;
}

/* A text of the board's in the error's own room: the next frame overwrites what `text` points to. NULL when empty. */
static const char *keep_text(struct error *err, const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : error_keep(err, text);
}

/* The board's error as one of ours; its texts came in frames of their own, its numbers get their words when printed. */
static void read_error(struct board *board, const struct link_words *words, struct error *err)
{
    char room[5 * (LINK_LINE_MAX + 1)];
    struct error found = ERROR_IN(room);
    struct bytes_out serial = {.data = found.serial, .cap = sizeof found.serial};
    uint32_t number;

    found.reason = reason_of(link_value(words, "reason"));
    found.doing = keep_text(&found, board->doing);
    found.cause = keep_text(&found, board->cause);
    found.next = keep_text(&found, board->next);
    found.command = keep_text(&found, link_value(words, "command"));
    found.subject = keep_text(&found, link_value(words, "subject"));
    found.has_slot = link_number(words, "slot", UINT8_MAX, &number);
    found.slot = found.has_slot ? (uint8_t)number : 0;
    found.has_chip_status = link_number(words, "answer", UINT8_MAX, &number);
    found.chip_status = found.has_chip_status ? (uint8_t)number : 0;
    found.has_config_offset = link_number(words, "config-byte", UINT8_MAX, &number);
    found.config_offset = found.has_config_offset ? (uint8_t)number : 0;
    if (link_number(words, "failure", UINT8_MAX, &number))
        found.chip_failure = (uint8_t)number;
    if (link_number(words, "rule", UINT8_MAX, &number))
        found.slot_rule = (uint8_t)number;
    if (link_number(words, "psa", INT32_MAX, &number))
        found.psa_status = -(int32_t)number;
    (void)link_number(words, "key", UINT32_MAX, &found.key_id);
    (void)link_number(words, "expected", UINT32_MAX, &found.expected);
    (void)link_number(words, "found", UINT32_MAX, &found.found);
    found.has_serial = link_hex(words, "serial", &serial) && serial.len == sizeof found.serial;
    error_pass(err, &found);
}

/* What became of one asking. */
enum answer {
    ANSWER_OK,
    ANSWER_REFUSED,
    ANSWER_UNKNOWN, /* no such command: an old image, or a line whose beginning was damaged */
    ANSWER_AGAIN,
    ANSWER_SILENT,
    ANSWER_OVERDUE,
    ANSWER_FAILED,
};

static bool is_word(const struct link_words *words, size_t index, const char *word)
{
    return words->count > index && strcmp(words->word[index], word) == 0;
}

static bool has_flag(const struct link_words *words, const char *name)
{
    const char *value = link_value(words, name);

    return value != NULL && strcmp(value, "yes") == 0;
}

/* Where the image's texts are kept apart from it, only a number comes. */
static void read_text(const struct link_words *words, char *to)
{
    uint32_t number;

    if (link_number(words, "number", UINT32_MAX, &number))
        snprintf(to, LINK_LINE_MAX + 1, "text %" PRIu32 " of the image (scripts/firmware-texts)", number);
    else
        copy_value(to, LINK_LINE_MAX + 1, words, "text");
}

/* Takes a frame of the answer; true when it is its last, and `*answer` what it says. */
static bool handle_frame(struct board *board, const struct board_command *command, const struct link_words *words,
                         enum answer *answer, struct error *err)
{
    board->frames++;
    if (is_word(words, 0, "doing")) {
        read_text(words, board->doing);
    } else if (is_word(words, 0, "cause")) {
        read_text(words, board->cause);
    } else if (is_word(words, 0, "next")) {
        read_text(words, board->next);
    } else if (is_word(words, 0, "again")) {
        *answer = ANSWER_AGAIN;
        return true;
    } else if (is_word(words, 0, "ok") && is_word(words, 1, command->verb)) {
        *answer = ANSWER_OK;
        return true;
    } else if (is_word(words, 0, "error") && (is_word(words, 1, command->verb) || is_word(words, 1, "unknown"))) {
        read_error(board, words, err);
        *answer = is_word(words, 1, "unknown") ? ANSWER_UNKNOWN : ANSWER_REFUSED;
        return true;
    } else if (is_word(words, 0, "hello") && has_flag(words, "boot") && strcmp(command->verb, "hello") != 0) {
        error_set(err, ERROR_DEVICE_RESET, "the board restarted during the command",
                  "check its power supply, then run the same command again: it continues where it stopped");
        *answer = ANSWER_FAILED;
        return true;
    } else if (command->frame != NULL) {
        command->frame(command->context, words);
    }
    return false;
}

static void show_text(const struct board *board)
{
    station_say(board->station, STATION_DETAIL, "%s: %s", board->path, board->room);
}

static enum answer ask_once(struct board *board, const struct board_command *command, int silence_ms, struct error *err)
{
    const int64_t overdue = clock_now_ms() + (int64_t)COMMAND_SILENCES * silence_ms;
    enum link_kind kind = LINK_TEXT;
    enum answer answer = ANSWER_FAILED;

    board->damaged = 0;
    board->doing[0] = board->cause[0] = board->next[0] = '\0';
    if (!send(board, command, err))
        return ANSWER_FAILED;
    for (;;) {
        struct link_words words;
        const int64_t silent = clock_now_ms() + silence_ms;
        enum read_status status = read_line(board, silent < overdue ? silent : overdue, command->may_stop, &kind, err);

        if (status == READ_CLOSED)
            return ANSWER_FAILED;
        if (status == READ_TIMEOUT)
            return clock_now_ms() >= overdue ? ANSWER_OVERDUE : ANSWER_SILENT;
        if (kind == LINK_TEXT)
            show_text(board);
        else if (kind != LINK_FRAME || !link_split(board->room, kind, &words))
            board->damaged++;
        else if (handle_frame(board, command, &words, &answer, err))
            return answer;
        if (clock_now_ms() >= overdue) /* lines that keep coming are not an answer */
            return ANSWER_OVERDUE;
    }
}

bool board_ask(struct board *board, const struct board_command *command, struct error *err)
{
    enum answer answer = ANSWER_SILENT;
    int unknown = 0;

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        answer = ask_once(board, command, board->silence_ms, err);
        if (answer == ANSWER_OK)
            return true;
        unknown += answer == ANSWER_UNKNOWN ? 1 : 0;
        if (answer == ANSWER_UNKNOWN && unknown < ATTEMPTS)
            error_clear(err);
        /* Silence without a damaged line: no application is there. After one, the lost line may have been the last. */
        if (answer != ANSWER_AGAIN && answer != ANSWER_UNKNOWN && !(answer == ANSWER_SILENT && board->damaged > 0))
            break;
        station_say(board->station, STATION_DETAIL, "%s: asking again: %s", board->path, command->verb);
    }
    if (answer == ANSWER_OVERDUE) {
        error_set(err, ERROR_DEVICE_SILENT,
                  error_keep_format(err, "the board did not finish the command within %d seconds",
                                    COMMAND_SILENCES * board->silence_ms / 1000),
                  "reset the board, then run the same command again: it continues where it stopped");
        error_with_subject(err, board->path);
    } else if (answer == ANSWER_SILENT || answer == ANSWER_AGAIN || (answer == ANSWER_UNKNOWN && unknown < ATTEMPTS)) {
        if (answer == ANSWER_SILENT && board->damaged == 0)
            error_set(
                err, ERROR_DEVICE_SILENT, "the board has stopped answering",
                "check its power supply and the cable, then run the same command again: it continues where it stopped");
        else
            error_set(err, ERROR_DEVICE_GARBLED, "repeated checksum errors on the console",
                      "check the cable and ground, and that no other program reads this console");
        error_with_subject(err, board->path);
    }
    error_doing(err, "talk to the board");
    return false;
}

bool board_missed_lines(const struct board *board)
{
    return board->damaged > 0;
}

/* --- opening -------------------------------------------------------------------------------------------------------
 */

bool board_open(struct board *board, const struct station *station, const char *path, int silence_ms, struct error *err)
{
    static const struct tty_form form = {.baud = 115200, .cause = "the serial port cannot be set to 115200 8N1"};

    memset(board, 0, sizeof *board);
    board->station = station;
    board->path = path;
    board->silence_ms = silence_ms;
    link_reader_init(&board->reader, board->room, sizeof board->room);
    board->fd = tty_open(path, &form, err);
    if (board->fd >= 0)
        return true;
    error_with_subject(err, path);
    error_doing(err, "open the board's console");
    return false;
}

void board_close(struct board *board)
{
    if (board->fd >= 0)
        (void)close(board->fd);
    board->fd = -1;
}

static void read_hello(void *context, const struct link_words *words)
{
    uint8_t mcu[BOARD_MCU_BYTES_MAX];
    struct bytes_out id = {.data = mcu, .cap = sizeof mcu};
    struct board *board = context;

    if (!is_word(words, 0, "hello") || !link_number(words, "protocol", UINT32_MAX, &board->protocol))
        return;
    copy_value(board->app, sizeof board->app, words, "app");
    copy_value(board->name, sizeof board->name, words, "board");
    copy_value(board->version, sizeof board->version, words, "version");
    copy_value(board->profile, sizeof board->profile, words, "profile");
    copy_value(board->digest, sizeof board->digest, words, "digest");
    board->armed = has_flag(words, "armed");
    board->takes_certificates = has_flag(words, "certificates");
    board->makes_io_key = has_flag(words, "io-key");
    board->image_bytes = 0;
    (void)link_number(words, "image", UINT32_MAX, &board->image_bytes);
    board->mcu[0] = '\0';
    if (link_hex(words, "mcu", &id))
        hex_encode(bytes_written(&id), board->mcu);
}

static bool is_wanted(const struct board *board, const char *app)
{
    return app == NULL ? board->app[0] != '\0' : strcmp(board->app, app) == 0 && board->protocol == LINK_PROTOCOL;
}

/* Which of the two is the older one decides what to do. */
static void refuse_protocol(const struct board *board, struct error *err)
{
    const bool is_older = board->protocol < LINK_PROTOCOL;

    error_set(err, ERROR_WRONG_CONFIGURATION,
              error_keep_format(err,
                                "the board's application (imprint %s) speaks version %" PRIu32
                                " of the console protocol, and this station version %d",
                                board->version, board->protocol, LINK_PROTOCOL),
              is_older ? "build the image again with this release of imprint, and flash it: scripts/build-firmware"
                       : error_keep_format(err, "use the image's release of imprint at this station: imprint %s",
                                           board->version));
}

static bool wrong_application(const struct board *board, const char *app, struct error *err)
{
    if (board->protocol != LINK_PROTOCOL)
        refuse_protocol(board, err);
    else if (strcmp(app, "factory") == 0)
        error_set(err, ERROR_WRONG_CONFIGURATION, "another application than the factory application runs on the board",
                  "flash the factory image, reset the board, then run the same command again");
    else
        error_set(err, ERROR_WRONG_CONFIGURATION, "another application than the primary application runs on the board",
                  "flash the primary image, reset the board, then run the same command again");
    error_with_subject(err, board->path);
    return false;
}

static bool say_hello(struct board *board, const char *app, int patience_ms, bool waits, struct error *err)
{
    const struct board_command hello = {.verb = "hello", .may_stop = true, .frame = read_hello, .context = board};
    int64_t until = clock_now_ms() + patience_ms, at_last = until + (int64_t)BUSY_PATIENCE * patience_ms;

    board->received = false;
    do {
        enum answer answer;

        board->app[0] = '\0';
        board->frames = 0;
        answer = ask_once(board, &hello, HELLO_MS, err);
        if (answer == ANSWER_FAILED)
            return false;
        /*
         * A board that sends frames but does not answer is still running a command of an earlier program. One that
         * answers, and of which no hello can be read, is no reason to wait longer.
         */
        if (answer != ANSWER_OK && board->frames > 0 && clock_now_ms() + patience_ms < at_last)
            until = clock_now_ms() + patience_ms;
        if (is_wanted(board, app) && answer == ANSWER_OK)
            return true;
        if (board->app[0] != '\0' && answer == ANSWER_OK && !waits)
            return wrong_application(board, app, err);
        if (stop_is_wanted()) {
            error_set(err, ERROR_INTERRUPTED, "stopped before the board answered", NULL);
            return false;
        }
        if (answer != ANSWER_SILENT)
            (void)poll(NULL, 0, POLL_MS);
    } while (clock_now_ms() < until);
    if (board->app[0] != '\0' && !is_wanted(board, app))
        return wrong_application(board, app, err);
    if (board->received)
        error_set(err, ERROR_DEVICE_GARBLED, "the console's output is not that of an imprint application",
                  "check the port, its speed (115200 8N1), and that no other program reads it");
    else
        error_set(err, ERROR_DEVICE_SILENT, "no application answers on the console",
                  "check the port, that the image is flashed, and reset the board; then run the same command again");
    error_with_subject(err, board->path);
    return false;
}

bool board_connect(struct board *board, const char *app, int patience_ms, bool waits, struct error *err)
{
    if (say_hello(board, app, patience_ms, waits, err))
        return true;
    error_doing(err, "find the board's application");
    return false;
}
