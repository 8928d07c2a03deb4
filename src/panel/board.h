/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the board in a socket: what its workers said (docs/reference/json.md). */
#ifndef IMPRINT_PANEL_BOARD_H
#define IMPRINT_PANEL_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define BOARD_SERIAL_SIZE 20 /* 18 hex digits */
#define BOARD_DIGEST_SIZE 72 /* 64 hex digits */
#define BOARD_NUMBER_SIZE 33 /* as an order has them */
#define BOARD_REASON_SIZE 32
#define BOARD_TEXT_SIZE 512

/* Zero-initialised: nothing is known. Texts that are not known are empty. */
struct panel_board {
    char serial[BOARD_SERIAL_SIZE];
    char number[BOARD_NUMBER_SIZE];      /* of the board, which was scanned; "": it was not */
    char digest[BOARD_DIGEST_SIZE];      /* of the profile that the worker read */
    bool has_plan, is_done;              /* the worker told its plan; it ended with `provisioned` */
    bool is_asked;                       /* the worker waits to be told whether it continues */
    unsigned steps, steps_done;          /* of the run */
    unsigned changes;                    /* that the plan has; of a finished run, made */
    bool scans_label;                    /* its order has each label scanned back */
    unsigned order_done, order_quantity; /* of the work order, after this board; 0 of 0: not told */
    int exit_code;                       /* of the failure */
    char reason[BOARD_REASON_SIZE];      /* the failure, for programs */
    char cause[BOARD_TEXT_SIZE];         /* what went wrong */
    char next[BOARD_TEXT_SIZE];          /* what to do about it */
    int64_t began_ms, ended_ms;          /* of CLOCK_MONOTONIC; 0: not yet */
};

/* Takes in what a worker has printed. Objects that say nothing of the board are ignored. */
void board_take(struct panel_board *board, const json_t *object);

/* Notes a failure that no worker has told of. */
void board_fail(struct panel_board *board, int exit_code, const char *reason, const char *cause, const char *next);

/* Whether its last worker was refused because another process uses the chip or its key storage. */
bool board_is_in_use(const struct panel_board *board);

/* Forgets what the worker before said of its run: a new one begins. The board's serial number stays. */
void board_begin(struct panel_board *board);

#endif
