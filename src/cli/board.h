/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board's application, talked to over its console (docs/reference/board-protocol.md). Commands are asked one at a
 * time; what a damaged line costs is asked again, and every wait has an end. What the board says to people is shown
 * with --verbose.
 */
#ifndef IMPRINT_CLI_BOARD_H
#define IMPRINT_CLI_BOARD_H

#include "cli/cli.h"
#include "link/frame.h"
#include "link/line.h"

#define BOARD_TEXT_MAX 128

/* Zero-initialised with fd -1: closed. Must not move while open: errors point into it. */
struct board {
    const struct output *output;
    int silence_ms; /* how long the board may say nothing */
    /* Of the application that answered board_greet(). */
    char app[BOARD_TEXT_MAX], name[BOARD_TEXT_MAX], version[BOARD_TEXT_MAX];
    char profile[BOARD_TEXT_MAX], digest[BOARD_TEXT_MAX];
    bool armed; /* whatever the device */
    /* Private. */
    int fd;
    const char *path;
    char room[LINK_LINE_MAX + 1];
    struct link_reader reader;
    unsigned lines, damaged; /* since the last command */
    bool heard;              /* anything at all */
    bool stop_sent;
    char doing[LINK_LINE_MAX + 1], cause[LINK_LINE_MAX + 1], next[LINK_LINE_MAX + 1];
};

/* Takes each frame of an answer but its last. */
typedef void board_frame(void *context, const struct link_words *words);

/* A command: a verb, and up to two words behind it. */
struct board_command {
    const char *verb;
    const char *words[2];
    bool may_stop;      /* an interrupt signal is passed on */
    board_frame *frame; /* NULL: the answer's facts are not wanted */
    void *context;
};

/* Opens the console, a serial port or pseudo terminal. `path` must outlive `board`. False with a reason. */
bool board_open(struct board *board, const struct output *output, const char *path, int silence_ms, struct error *err);

/* Lets go of it. Does nothing on one that is not open. */
void board_close(struct board *board);

/*
 * Waits until an application answers, and learns who it is. False when none does for `patience_ms`, or when it is not
 * `app` ("factory", "primary") or speaks another protocol; while `waits`, another application is waited out as well,
 * for a board that is about to be switched over.
 */
bool board_greet(struct board *board, const char *app, int patience_ms, bool waits, struct error *err);

/*
 * Asks a command, which may be repeated, and has its frames taken. A command that gets no whole answer is asked again.
 * False with the board's own error, or with what became of the console: silent, gone, garbled, or a board that started
 * anew in mid answer.
 */
bool board_ask(struct board *board, const struct board_command *command, struct error *err);

/* Whether lines of the last answer were damaged: facts may be missing that another board_ask() brings. */
bool board_missed_lines(const struct board *board);

#endif
