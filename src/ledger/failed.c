/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/failed.h"

#include <string.h>

/* An entry that was damaged is not JSON any more: it hides no other device. */
static const char list_failed[] =
    "SELECT device.serial FROM device JOIN entry ON entry.log = 1 AND entry.seq = device.last"
    " WHERE CASE WHEN json_valid(entry.body) THEN json_extract(entry.body, '$.result') ELSE '' END"
    " NOT IN ('provisioned', 'confirmed', 'proven', 'retired', 'reworked', 'scrapped')"
    " ORDER BY device.last DESC LIMIT $1";

bool ledger_list_failed(struct ledger *ledger, char (*devices)[LEDGER_DEVICE_SIZE], size_t most, size_t *count,
                        struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement list;

    *count = 0;
    if (statement_prepare(&list, &ledger->database, list_failed, err)) {
        statement_bind_number(&list, 1, (int64_t)most);
        while ((result = statement_step(&list, err)) == STATEMENT_ROW && *count < most) {
            const struct bytes serial = statement_bytes(&list, 0);

            if (serial.len >= LEDGER_DEVICE_SIZE)
                continue;
            memcpy(devices[*count], serial.data, serial.len);
            devices[(*count)++][serial.len] = '\0';
        }
    }
    statement_finish(&list);
    return result == STATEMENT_DONE;
}
