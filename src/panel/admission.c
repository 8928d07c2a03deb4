/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/admission.h"

#include <stdio.h>
#include <strings.h>

#include "station/quarantine.h"

#define MS_OF_HOUR ((int64_t)3600 * 1000)

bool admission_is_golden(const struct panel_settings *settings, const struct panel_board *board)
{
    return settings->golden[0] != '\0' && strcasecmp(settings->golden, board->serial) == 0;
}

/* A golden device that is not finished would be changed, and shows nothing about the fixture. */
static bool check_golden_itself(struct admission *admission, struct panel_board *board)
{
    char cause[BOARD_TEXT_SIZE];

    if (!board->has_plan || board->changes == 0)
        return true;
    admission->golden_until_ms = 0;
    (void)snprintf(cause, sizeof cause, "the golden device is not finished: the profile would change it %u time%s",
                   board->changes, board->changes == 1 ? "" : "s");
    board_fail(board, ERROR_EXIT_INPUT, "golden-unfinished", cause,
               "no board is worked on before a golden device is confirmed: the lead names one that this profile has "
               "finished under `golden`");
    return false;
}

static bool check_golden(const struct admission *admission, const struct panel_settings *settings,
                         struct panel_board *board, int64_t now_ms)
{
    char next[BOARD_TEXT_SIZE];

    if (settings->golden[0] == '\0' || now_ms < admission->golden_until_ms)
        return true;
    (void)snprintf(next, sizeof next, "put the golden device %s in first, then this board again%s", settings->golden,
                   settings->scan_board ? ", and scan its number again" : "");
    board_fail(board, ERROR_EXIT_WRONG_DEVICE, "golden-first", "the golden device of this shift was not confirmed yet",
               next);
    return false;
}

static bool check_quarantine(const struct panel_settings *settings, struct ledger *ledger, struct panel_board *board)
{
    char room[ERROR_ROOM], cause[BOARD_TEXT_SIZE], next[BOARD_TEXT_SIZE];
    struct error err = ERROR_IN(room);
    struct quarantine found;

    if (!quarantine_look(ledger, board->serial, settings->tries, &found, &err)) {
        board_fail(board, ERROR_EXIT_NO_RECORD, "record-failed", err.cause,
                   err.next != NULL ? err.next : "the lead checks the ledger: imprint ledger verify");
        return false;
    }
    if (found.state == QUARANTINE_NONE)
        return true;
    if (found.state == QUARANTINE_SCRAPPED) {
        board_fail(board, ERROR_EXIT_WRONG_DEVICE, "scrapped", "this board was scrapped",
                   "put it back into the scrap bin");
        return false;
    }
    (void)snprintf(cause, sizeof cause, "it is in quarantine: it has failed %u times", found.failures);
    (void)snprintf(next, sizeof next,
                   "set it aside; the lead decides at the page Quarantine, or: imprint rework %s --operator NAME, or "
                   "imprint scrap",
                   board->serial);
    board_fail(board, ERROR_EXIT_WRONG_DEVICE, "quarantined", cause, next);
    return false;
}

bool admission_allows(struct admission *admission, const struct panel_settings *settings, struct ledger *ledger,
                      struct panel_board *board, int64_t now_ms)
{
    if (admission_is_golden(settings, board))
        return check_golden_itself(admission, board);
    return check_golden(admission, settings, board, now_ms) && check_quarantine(settings, ledger, board);
}

void admission_note_pass(struct admission *admission, const struct panel_settings *settings,
                         const struct panel_board *board, int64_t now_ms)
{
    if (admission_is_golden(settings, board) && board->changes == 0)
        admission->golden_until_ms = now_ms + settings->golden_h * MS_OF_HOUR;
}

void admission_note_fail(struct admission *admission, const struct panel_settings *settings, struct panel_board *board)
{
    char cause[BOARD_TEXT_SIZE];

    if (!admission_is_golden(settings, board))
        return;
    admission->golden_until_ms = 0;
    /* Pulled out, or not pressed in: what its tile says of that is right for it, too. */
    if (board->exit_code == ERROR_EXIT_UNREACHABLE || board->exit_code == ERROR_EXIT_INTERRUPTED)
        return;
    (void)snprintf(cause, sizeof cause, "the golden device was not confirmed (%.*s): %.*s", BOARD_REASON_SIZE,
                   board->reason, BOARD_TEXT_SIZE / 2, board->cause);
    board_fail(board, ERROR_EXIT_INPUT, "golden-failed", cause,
               "no board is worked on before it is confirmed: put it into another socket; if it fails there too, the "
               "lead finds out what is wrong with it, the profile or the ledger");
}
