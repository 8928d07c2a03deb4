/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/mcus.h"

#include <stdio.h>
#include <string.h>

/* A damaged entry is for `ledger verify` to find: here it says nothing. */
#define READABLE(like)                                                                                                 \
    "SELECT seq, CASE WHEN json_valid(body) THEN body END AS body FROM entry WHERE body LIKE '" like "'"

const char ledger_mcus_upgrade[] =
    "CREATE TABLE mcu (number TEXT PRIMARY KEY, device TEXT NOT NULL UNIQUE) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO mcu (number, device) WITH"
    " retired AS (SELECT json_extract(body, '$.device') AS device, max(seq) AS seq"
    "  FROM (" READABLE(
        "%\"result\":\"retired\"%") ") GROUP BY 1),"
                                    " made AS (SELECT seq, json_extract(body, '$.evidence.run.board.mcu') AS number,"
                                    "  json_extract(body, '$.device') AS device, json_extract(body, '$.evidence.serial_checked') AS checked"
                                    "  FROM (" READABLE(
                                        "%\"mcu\":\"%") "))"
                                                        " SELECT m.number, m.device FROM made m LEFT JOIN retired r ON r.device = m.device"
                                                        " WHERE m.number <> '' AND m.device <> '' AND m.checked AND (r.seq IS NULL OR r.seq < m.seq) ORDER BY m.seq;";

const char ledger_forget_mcus[] = "DELETE FROM mcu";

/* Of a file that somebody changed it may be NULL. */
static void copy_column(struct statement *row, int column, char *to, size_t size)
{
    const char *text = statement_text(row, column);

    (void)snprintf(to, size, "%s", text != NULL ? text : "");
}

/* Runs a statement with one or two texts. `found` gets device and number of its first row, NULL: not asked for. */
static bool run(struct ledger *ledger, const char *sql, const char *first, const char *second, struct ledger_mcu *found,
                struct error *err)
{
    struct statement row;
    enum statement_result result = STATEMENT_FAILED;

    if (found != NULL)
        *found = (struct ledger_mcu){.device = ""};
    if (statement_prepare(&row, &ledger->database, sql, err)) {
        statement_bind_text(&row, 1, first);
        if (second != NULL)
            statement_bind_text(&row, 2, second);
        result = statement_step(&row, err);
    }
    if (result == STATEMENT_ROW && found != NULL) {
        copy_column(&row, 0, found->device, sizeof found->device);
        copy_column(&row, 1, found->number, sizeof found->number);
    }
    statement_finish(&row);
    return result != STATEMENT_FAILED;
}

bool ledger_find_mcu(struct ledger *ledger, const char *number, const char *device, struct ledger_mcu *found,
                     struct error *err)
{
    return run(ledger,
               "SELECT device, number FROM mcu WHERE (number = $1 OR device = $2) AND (number <> $1 OR device <> $2)"
               " ORDER BY number <> $1 LIMIT 1",
               number, device, found, err);
}

bool ledger_mcu_of(struct ledger *ledger, const char *device, struct ledger_mcu *found, struct error *err)
{
    return run(ledger, "SELECT device, number FROM mcu WHERE device = $1", device, NULL, found, err);
}

const char *ledger_entry_mcu(const json_t *entry)
{
    const json_t *evidence = json_object_get(entry, "evidence");
    const json_t *board = json_object_get(json_object_get(evidence, "run"), "board");
    const char *number = json_string_value(json_object_get(board, "mcu"));

    /* Which chip it was is the board's word alone until that has proven itself. */
    if (number == NULL || number[0] == '\0' || strlen(number) >= LEDGER_MCU_SIZE ||
        !json_is_true(json_object_get(evidence, "serial_checked")))
        return NULL;
    return number;
}

bool ledger_derive_mcu(struct ledger *ledger, const json_t *entry, const char *device, struct ledger_mcu *found,
                       struct error *err)
{
    const char *result = json_string_value(json_object_get(entry, "result"));
    const char *number = ledger_entry_mcu(entry);

    *found = (struct ledger_mcu){.device = ""};
    if (result != NULL && strcmp(result, "retired") == 0)
        return run(ledger, "DELETE FROM mcu WHERE device = $1", device, NULL, NULL, err);
    if (number == NULL)
        return true;
    if (!ledger_find_mcu(ledger, number, device, found, err))
        return false;
    return found->device[0] != '\0' ||
           run(ledger, "INSERT INTO mcu (number, device) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING", number,
               device, NULL, err);
}
