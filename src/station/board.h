/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talks to a board's application over its console (docs/reference/board-protocol.md). Sends one command at a time,
 * repeats a command whose answer was damaged, and ends every wait. What the board prints for people is shown with
 * --verbose.
 */
#ifndef IMPRINT_STATION_BOARD_H
#define IMPRINT_STATION_BOARD_H

#include "base/error.h"
#include "base/hex.h"
#include "station/station.h"
#include "link/frame.h"
#include "link/line.h"

#define BOARD_TEXT_MAX 128
#define BOARD_MCU_BYTES_MAX 32
#define BOARD_FIRMWARE_BYTES 32

/* Zero-initialised with fd -1: closed. Must not move while open. */
struct board {
    const struct station *station;
    int silence_ms; /* how long the board may say nothing */
    /* Of the application that answered board_connect(). */
    char app[BOARD_TEXT_MAX], name[BOARD_TEXT_MAX], version[BOARD_TEXT_MAX];
    char profile[BOARD_TEXT_MAX], digest[BOARD_TEXT_MAX];
    char mcu[HEX_SIZE(BOARD_MCU_BYTES_MAX)];       /* its microcontroller's unique number in hex; "": it told none */
    uint32_t image_bytes;                          /* of its image; 0: it does not know */
    uint32_t protocol;                             /* the version that it speaks */
    bool armed;                                    /* whatever the device */
    bool takes_certificates, makes_io_key;         /* its image has the code for what its profile has of these */
    char firmware[HEX_SIZE(BOARD_FIRMWARE_BYTES)]; /* SHA-256 of its image, from board_image_ask(); "": it told none */
    /* Private. */
    int fd;
    const char *path;
    char room[LINK_LINE_MAX + 1];
    struct link_reader reader;
    unsigned frames, damaged; /* lines since the last command: whole ones, damaged ones */
    bool received;            /* any byte since board_connect() began */
    bool stop_sent;
    char doing[LINK_LINE_MAX + 1], cause[LINK_LINE_MAX + 1], next[LINK_LINE_MAX + 1];
};

/* Handles each frame of an answer but its last. */
typedef void board_frame(void *context, const struct link_words *words);

/* A command: a verb, and up to four words after it, NULL behind the last. */
struct board_command {
    const char *verb;
    const char *words[4];
    bool may_stop;      /* an interrupt signal is passed on */
    board_frame *frame; /* NULL: the answer's facts are not wanted */
    void *context;
};

/* Opens the console, a serial port or pseudo terminal. `path` must outlive `board`. False with a reason. */
bool board_open(struct board *board, const struct station *station, const char *path, int silence_ms,
                struct error *err);

/* Closes it. Does nothing on one that is not open. */
void board_close(struct board *board);

/*
 * Waits until an application answers and reads which one it is. False when none answers for `patience_ms`, or when it
 * is not `app` ("factory", "primary") or speaks another version of the protocol. With `waits`, another application does
 * not end the wait: for a board that is being switched over. `app` NULL: any application, of any version.
 */
bool board_connect(struct board *board, const char *app, int patience_ms, bool waits, struct error *err);

/*
 * Sends a command, which must be safe to repeat, and passes the frames of the answer to `frame`. Repeats it when the
 * answer is incomplete. False with the board's own error, or with what happened to the console: silent, closed,
 * garbled, or a board that restarted during the answer.
 */
bool board_ask(struct board *board, const struct board_command *command, struct error *err);

/* Whether lines of the last answer were damaged: if so, ask again for the facts that may be missing. */
bool board_missed_lines(const struct board *board);

#endif
