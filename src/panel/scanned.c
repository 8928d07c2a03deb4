/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/scanned.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "panel/admission.h"
#include "station/file.h"
#include "station/input.h"
#include "station/station_order.h"

_Static_assert(BOARD_NUMBER_SIZE == ORDER_BOARD_SIZE, "a board's number is as an order has it");

#define FILE_MAX 256

/* --- the order --- */

static bool name_file(const struct panel_settings *settings, char path[static PANEL_PATH_MAX])
{
    return snprintf(path, PANEL_PATH_MAX, "%s/selected-order", settings->state) < PANEL_PATH_MAX;
}

/* "ORDER FOR", in one line: the order that was selected while the station file named FOR, or "-". */
static void write_line(const struct panel_settings *settings, const char *order, char text[static FILE_MAX])
{
    (void)snprintf(text, FILE_MAX, "%s %s\n", order,
                   settings->order_in_file[0] != '\0' ? settings->order_in_file : "-");
}

void scanned_open(struct panel_settings *settings)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct input input = {.data = NULL};
    char path[PANEL_PATH_MAX], order[PROFILE_NAME_MAX] = "", expected[FILE_MAX];
    size_t len;

    memcpy(settings->order_in_file, settings->order, sizeof settings->order_in_file);
    if (settings->select_order == PAGE_SELECT_NOBODY || !name_file(settings, path) || access(path, F_OK) != 0)
        return;
    if (input_read(&input, path, FILE_MAX, &ignored)) {
        len = strcspn((const char *)input.data, " ");
        (void)snprintf(order, sizeof order, "%.*s", (int)len, (const char *)input.data);
        write_line(settings, order, expected);
        if (strcmp((const char *)input.data, expected) == 0 && order_id_is_valid(order))
            memcpy(settings->order, order, sizeof settings->order);
    }
    input_release(&input);
}

bool scanned_keep_order(const struct panel_settings *settings, const char *order, const struct page_noting *noting,
                        struct error *err)
{
    char path[PANEL_PATH_MAX], text[FILE_MAX];
    bool ok;

    write_line(settings, order, text);
    ok = name_file(settings, path) && file_replace_noted(path, bytes_of(text, strlen(text)), 0600, ERROR_STORAGE_FAILED,
                                                         noting->note, noting->context, err);
    if (!ok) {
        error_set(err, ERROR_STORAGE_FAILED, "the name of the state folder is too long", NULL);
        error_doing(err, "keep the order for the next start");
    }
    return ok;
}

/* --- the number of a board --- */

void scanned_take_number(struct scanned *scanned, const char *number)
{
    const size_t len = strlen(number);

    if (len >= sizeof scanned->board)
        return;
    memcpy(scanned->board, number, len + 1);
}

void scanned_give(struct scanned *scanned, const struct panel_settings *settings, struct panel_board *board)
{
    if (!settings->scan_board || board->number[0] != '\0' || scanned->board[0] == '\0')
        return;
    memcpy(board->number, scanned->board, sizeof board->number);
    scanned->board[0] = '\0';
}

void scanned_take_back(struct scanned *scanned, const struct panel_settings *settings, struct panel_board *board)
{
    if (board->number[0] == '\0' || !admission_is_golden(settings, board))
        return;
    if (scanned->board[0] == '\0') /* else another one was scanned since */
        memcpy(scanned->board, board->number, sizeof scanned->board);
    board->number[0] = '\0';
}

bool scanned_allow(const struct panel_settings *settings, struct ledger *ledger, struct panel_board *board)
{
    struct error ignored = {.reason = ERROR_NONE};
    char known[ORDER_BOARD_SIZE] = "";

    if (!settings->scan_board || board->number[0] != '\0' || admission_is_golden(settings, board))
        return true;
    /* Refused for another reason than the number: the worker that works says so for the record. */
    if (board->reason[0] != '\0' && strcmp(board->reason, "usage") != 0)
        return true;
    if (order_board_of(&ledger->database, board->serial, known, &ignored) && known[0] != '\0')
        return true;
    board_fail(board, ERROR_EXIT_WRONG_DEVICE, PAGE_BOARD_FIRST, "the number of this board was not scanned",
               "scan the number of the board in this socket");
    return false;
}

bool scanned_is_awaited(const struct panel_board *board)
{
    return strcmp(board->reason, PAGE_BOARD_FIRST) == 0;
}
