/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board's console as the two applications use it: they read commands, and write text for people and frames for the
 * station (docs/reference/board-protocol.md). Output is not buffered: without a reader it is lost.
 */
#ifndef IMPRINT_FIRMWARE_CONSOLE_H
#define IMPRINT_FIRMWARE_CONSOLE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"
#include "link/frame.h"
#include "link/line.h"

/* The longest command: certificate, with a key id and a piece of 48 bytes. */
#define CONSOLE_COMMAND_MAX 160

/* --- output --------------------------------------------------------------------------------------------------- */

/* Writes text for people; "\n" in it becomes CR LF. A number is written in decimal, bytes as hex digits. */
void console_print(const char *text);
void console_print_number(uint32_t number);
void console_print_hex(struct bytes data);

/* Begins a frame that goes to the console. The caller adds its words and calls link_end(). */
struct link_frame console_begin_frame(const char *verb);

/*
 * Prints which application this is and begins the frame `hello`, at start (`boot`) and in answer to `hello`. The caller
 * adds its words and calls link_end().
 */
struct link_frame console_hello(const char *app, bool boot);

/* Ends a command that failed: prints the error for people, then sends it as frames. */
void console_report_error(const char *command, const struct error *err);

/* Prints `der` as PEM with this label, for people to copy. */
void console_print_pem(const char *label, struct bytes der);

/* Prints the public key, an uncompressed P-256 point, as PEM. */
void console_print_public_key(const uint8_t point[static P256_POINT_BYTES]);

/* --- input ----------------------------------------------------------------------------------------------------- */

struct console {
    struct link_reader reader;
    char line[CONSOLE_COMMAND_MAX + 1];
};

void console_init(struct console *console);

/*
 * Waits without limit for the next command and splits it into words, which are valid until the next call. A line that
 * is damaged or too long is answered with the frame `again`, and the wait continues.
 */
void console_read_command(struct console *console, struct link_words *command);

/* A command of an application. `run` returns false with an error. */
struct console_command {
    const char *name, *help;
    bool (*run)(void *application, const struct link_words *words, struct error *err);
};

/* Runs the command named by the first word; `help` lists all. The answer ends with one frame, `ok` or `error`. */
void console_run(const struct console_command *commands, size_t count, void *application,
                 const struct link_words *words);

/* Notes that a command's words are wrong. Always returns false, so that the caller can return its result. */
bool console_refuse_words(const char *cause, const char *next, struct error *err);

/* True when Ctrl-C has arrived since the last command. Discards any other input. */
bool console_stop_requested(void);

#endif
