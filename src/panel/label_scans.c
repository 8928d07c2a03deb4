/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/label_scans.h"

#include <stdio.h>
#include <string.h>

#include "panel/admission.h"
#include "station/label_mark.h"
#include "station/station_order.h"

#define BY_ORDER "\norder" /* in a mark, after the name of the socket */

static void await_again(void *context, const char *serial, const char *socket)
{
    struct label_scans *scans = context;
    const struct panel_settings *settings = scans->settings;
    const size_t len = strcspn(socket, "\n");

    if (!settings->labels.scan && strcmp(socket + len, BY_ORDER) != 0)
        return;
    for (size_t i = 0; i < settings->socket_count; i++)
        if (strlen(settings->sockets[i].name) == len && strncmp(settings->sockets[i].name, socket, len) == 0)
            (void)snprintf(scans->awaited[i], sizeof scans->awaited[i], "%s", serial);
}

static bool can_scan(const struct panel_settings *settings)
{
    return settings->labels.to[0] != '\0' && settings->page[0] != '\0';
}

void label_scans_open(struct label_scans *scans, const struct panel_settings *settings)
{
    scans->settings = settings;
    if (can_scan(settings))
        label_mark_list(settings->state, LABEL_MARK_SCAN, await_again, scans);
}

/* No socket awaits it in memory. */
static bool forget(struct label_scans *scans, const char *serial, size_t *index)
{
    for (size_t i = 0; i < PANEL_SOCKETS_MAX; i++) {
        if (scans->awaited[i][0] == '\0' || strcmp(scans->awaited[i], serial) != 0)
            continue;
        scans->awaited[i][0] = '\0';
        *index = i;
        return true;
    }
    return false;
}

void label_scans_describe(const struct label_scans *scans, size_t index, const struct panel_board *board,
                          char text[static LABEL_MARK_TEXT_SIZE])
{
    const struct panel_settings *settings = scans->settings;

    text[0] = '\0';
    if (can_scan(settings) && (settings->labels.scan || board->scans_label))
        (void)snprintf(text, LABEL_MARK_TEXT_SIZE, "%s%s", settings->sockets[index].name,
                       board->scans_label ? BY_ORDER : "");
}

bool label_scans_note_due(struct label_scans *scans, size_t index, struct panel_board *board)
{
    const struct panel_settings *settings = scans->settings;
    char text[LABEL_MARK_TEXT_SIZE];
    size_t before;

    label_scans_describe(scans, index, board, text);
    if (text[0] == '\0')
        return true;
    (void)forget(scans, board->serial, &before); /* it was in another socket; its mark is replaced */
    memcpy(scans->awaited[index], board->serial, sizeof scans->awaited[index]);
    if (label_mark_set(settings->state, board->serial, LABEL_MARK_SCAN, text))
        return true;
    (void)snprintf(board->cause, sizeof board->cause,
                   "cannot note in the state folder that this label must be scanned");
    (void)snprintf(board->next, sizeof board->next,
                   "scan its label before the station is started again; the lead makes room in the state folder");
    return false;
}

/* --- what the order says --- */

bool label_scans_note_order(const struct label_scans *scans, struct ledger *ledger, struct panel_board *board)
{
    const struct panel_settings *settings = scans->settings;
    char room[ERROR_ROOM], cause[BOARD_TEXT_SIZE];
    struct error err = ERROR_IN(room);
    struct order order;
    bool found;

    board->scans_label = false;
    if (settings->order[0] == '\0' || admission_is_golden(settings, board))
        return true;
    if (!order_find(&ledger->database, settings->order, &order, &found, &err)) {
        board_fail(board, ERROR_EXIT_NO_RECORD, "record-failed", err.cause,
                   err.next != NULL ? err.next : "the lead checks the ledger: imprint ledger verify");
        return false;
    }
    board->scans_label = found && order.scan_labels;
    /* Refused already: the worker that works says so for the record. */
    if (!board->scans_label || can_scan(settings) || board->reason[0] != '\0')
        return true;
    (void)snprintf(cause, sizeof cause, "order %s has each label scanned back, and this station %s", order.id,
                   settings->labels.to[0] == '\0' ? "prints no labels" : "has no page to scan at");
    board_fail(board, ERROR_EXIT_ISSUER, error_reason_name(ERROR_ORDER_REFUSED), cause,
               "the lead adds `labels` and `page` to the station file, or has another station make this order");
    return false;
}

/* --- scanning --- */

bool label_scans_allow(const struct label_scans *scans, size_t index, struct panel_board *board)
{
    char cause[BOARD_TEXT_SIZE];

    if (scans->awaited[index][0] == '\0' || strcmp(scans->awaited[index], board->serial) == 0)
        return true;
    (void)snprintf(cause, sizeof cause, "the label of the board before, %s, was not scanned yet",
                   scans->awaited[index]);
    board_fail(board, ERROR_EXIT_WRONG_DEVICE, "label-first", cause,
               "stick that label onto its board and scan it, then put this board in again");
    return false;
}

bool label_scans_take(struct label_scans *scans, const char *serial, size_t *index)
{
    const bool found = forget(scans, serial, index);

    if (!found)
        return false;
    label_mark_remove(scans->settings->state, serial, LABEL_MARK_SCAN);
    label_mark_remove(scans->settings->state, serial, LABEL_MARK_WORK); /* kept where another mark could not be made */
    return true;
}
