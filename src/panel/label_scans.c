/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/label_scans.h"

#include <stdio.h>
#include <string.h>

#include "station/label_mark.h"

static void await_again(void *context, const char *serial, const char *socket)
{
    struct label_scans *scans = context;
    const struct panel_settings *settings = scans->settings;

    for (size_t i = 0; i < settings->socket_count; i++)
        if (strcmp(settings->sockets[i].name, socket) == 0)
            (void)snprintf(scans->awaited[i], sizeof scans->awaited[i], "%s", serial);
}

void label_scans_open(struct label_scans *scans, const struct panel_settings *settings)
{
    scans->settings = settings;
    if (settings->labels.scan)
        label_mark_list(settings->state, LABEL_MARK_SCAN, await_again, scans);
}

void label_scans_note_due(struct label_scans *scans, size_t index, const struct panel_board *board)
{
    const struct panel_settings *settings = scans->settings;
    size_t before;

    if (!settings->labels.scan)
        return;
    (void)label_scans_take(scans, board->serial, &before); /* it was in another socket */
    memcpy(scans->awaited[index], board->serial, sizeof scans->awaited[index]);
    (void)label_mark_set(settings->state, board->serial, LABEL_MARK_SCAN, settings->sockets[index].name);
}

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
    for (size_t i = 0; i < PANEL_SOCKETS_MAX; i++) {
        if (scans->awaited[i][0] == '\0' || strcmp(scans->awaited[i], serial) != 0)
            continue;
        label_mark_remove(scans->settings->state, serial, LABEL_MARK_SCAN);
        scans->awaited[i][0] = '\0';
        *index = i;
        return true;
    }
    return false;
}
