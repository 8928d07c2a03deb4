/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels of the boards that pass: one for each board that was made. They are made and printed by a worker of their own,
 * `imprint label --to`, one after the other, so that a printer that is away delays no board. A label that could not be
 * printed stays in the list, and as a mark in the state folder (station/label_mark.h), until a person has it printed:
 * here, or by hand.
 *
 *     labels_open(), labels_tend() each turn of the loop, labels_close()
 *
 * Without `labels` in the station file all of this does nothing.
 */
#ifndef IMPRINT_PANEL_LABELS_H
#define IMPRINT_PANEL_LABELS_H

#include "panel/board.h"
#include "panel/settings.h"
#include "panel/worker.h"
#include "web/page.h"

#define LABELS_MAX 256 /* that wait or have failed; of more, the oldest is left to its mark */

enum labels_state { LABELS_WAITING, LABELS_PRINTING, LABELS_PRINTED, LABELS_FAILED };

/* One label. */
struct labels_item {
    char serial[BOARD_SERIAL_SIZE], socket[PROFILE_NAME_MAX];
    enum labels_state state;
    bool has_mark;  /* in the state folder */
    bool has_work;  /* it has no mark, and that of its run stands for it: gone, the label is owed no more */
    bool ends_work; /* the mark of its run is removed when it is printed: no scan needs it */
    bool is_test;   /* of no device: `serial` is its text */
    char cause[BOARD_TEXT_SIZE], next[BOARD_TEXT_SIZE];
};

/* Zero-initialised with WORKER_NONE: there are none. */
struct labels {
    const struct panel_settings *settings;
    struct fork_server *workers;
    void *context;
    void (*changed)(void *context, const struct labels_item *item); /* it was printed, or was not */
    struct worker worker;                                           /* prints the one that is LABELS_PRINTING */
    struct panel_board said;                                        /* its failure */
    int64_t looked_ms;                                              /* when the marks were looked at */
    size_t count;
    struct labels_item items[LABELS_MAX];
    struct labels_item tested; /* the last test label, and what became of it; serial "": none */
};

/* `settings`, `workers` and `context` must stay. Lists what the station before has left. */
void labels_open(struct labels *labels, const struct panel_settings *settings, struct fork_server *workers,
                 void *context, void (*changed)(void *context, const struct labels_item *item));

/* A label that is being printed is left to its mark. */
void labels_close(struct labels *labels);

/*
 * A worker is about to work on the board, whose plan is known: if it will be made, a label will be due. `scan`:
 * label_scans_describe().
 */
void labels_note_work(const struct labels *labels, const char *scan, const struct panel_board *board);

/*
 * The board has passed in this socket. True: it was made, and its label is due; labels_note_kept() when all marks that
 * follow from it are written. Until then a station that is started again takes the board for one that it has just made.
 */
bool labels_note_pass(struct labels *labels, const char *socket, const struct panel_board *board);
void labels_note_kept(struct labels *labels, const struct panel_board *board);

/* What a person asks for: PAGE_ASK_LABEL, one that was not printed, once more; PAGE_ASK_LABEL_TEST, a test label. */
void labels_ask(struct labels *labels, const struct page_ask *ask);

/* Starts and ends workers. `may_begin`: false while the station ends. True: the list has changed. */
bool labels_tend(struct labels *labels, bool may_begin);

static inline bool labels_are_printing(const struct labels *labels)
{
    return worker_is_running(&labels->worker);
}

/* One label as JSON: a new reference. */
json_t *labels_view_item(const struct labels_item *item);

/* Adds the list to what the page is told. */
void labels_put(const struct labels *labels, json_t *state);

#endif
