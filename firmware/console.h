/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board's console as the two applications use it: words for people and frames for the station
 * (docs/reference/board-protocol.md) out, commands in. Nothing is kept of what was written; a console that nobody reads
 * costs nothing but the time its bytes take.
 */
#ifndef IMPRINT_FIRMWARE_CONSOLE_H
#define IMPRINT_FIRMWARE_CONSOLE_H

#include "base/bytes.h"
#include "base/error.h"
#include "link/frame.h"
#include "link/line.h"

/* The protocol that both applications speak. */
#define CONSOLE_PROTOCOL 1

/* The longest command: sign, a key id and a challenge of 32 bytes, or arm, a serial number and a digest. */
#define CONSOLE_COMMAND_MAX 160

/* --- out ------------------------------------------------------------------------------------------------------- */

void console_say(const char *text); /* "\n" in it ends a line */
void console_say_number(uint32_t number);
void console_say_hex(struct bytes data);

/* A frame that goes to the console: link_begin() has been called on it. */
struct link_frame console_frame(const char *verb);

/* The line of `app` that begins everything, and answers `hello`: `boot` says which. The caller adds to it and ends it.
 */
struct link_frame console_hello(const char *app, bool boot);

/* The end of a command that failed: the error in words, and as frames. */
void console_failed(const char *command, const struct error *err);

/* `der` between the lines of PEM: for people, who copy it. */
void console_say_pem(const char *label, struct bytes der);

/* The public key `point` as PEM. */
void console_say_public_key(const uint8_t point[static 65]);

/* --- in -------------------------------------------------------------------------------------------------------- */

struct console {
    struct link_reader reader;
    char room[CONSOLE_COMMAND_MAX + 1];
};

void console_init(struct console *console);

/*
 * Waits for the next command, however long it takes, and splits it. A line that a machine has sent and that came
 * damaged, or is too long, is answered with `@again`; a person's is explained. Valid until the next call.
 */
void console_await(struct console *console, struct link_words *command);

/* A command of an application. */
struct console_command {
    const char *name, *help;
    bool (*run)(void *application, const struct link_words *words, struct error *err);
};

/* Runs the command that `words` begin with, or lists all for `help`; one frame, @ok or @error, ends the answer. */
void console_run(const struct console_command *commands, size_t count, void *application,
                 const struct link_words *words);

/* Notes that a command's words are not what it wants. Always false, for returning it. */
bool console_bad_words(const char *cause, const char *next, struct error *err);

/* Whether somebody has asked to stop (Ctrl-C) since the last command. Takes whatever else has come, too. */
bool console_wants_stop(void);

#endif
