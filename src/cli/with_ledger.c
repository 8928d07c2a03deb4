/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/with_ledger.h"

#include <errno.h>
#include <string.h>

#include "base/hex.h"
#include "chip/chip.h"

bool with_ledger_open(struct cli *cli, enum ledger_mode mode, struct ledger *ledger, struct error *err)
{
    if (station_ledger_open(&cli->station.config, mode, ledger, err))
        return true;
    if (err->system_errno == ENOENT) {
        err->cause = "there is no ledger yet";
        err->next = "provision a device, or take over the records that are there: imprint ledger import";
    }
    return false;
}

enum cli_exit with_ledger(struct cli *cli, enum ledger_mode mode, ledger_work *work)
{
    struct error err = ERROR_IN(cli->error_room);
    struct ledger ledger;
    bool ok = with_ledger_open(cli, mode, &ledger, &err);

    if (ok) {
        ok = work(cli, &ledger, &err);
        ledger_close(&ledger);
    }
    return ok ? CLI_DONE : output_error(&cli->output, &err);
}

bool with_ledger_serial(const char *word, char serial[static LEDGER_DEVICE_SIZE], struct error *err)
{
    uint8_t bytes[CHIP_SERIAL_BYTES];
    struct bytes_out out = {.data = bytes, .cap = sizeof bytes};

    if (strlen(word) == 2 * CHIP_SERIAL_BYTES && hex_decode(word, strlen(word), &out, NULL) &&
        out.len == CHIP_SERIAL_BYTES) {
        hex_encode(bytes_written(&out), serial);
        return true;
    }
    error_set(err, ERROR_USAGE, "a serial number has 18 hex digits",
              "see which devices the ledger has: imprint ledger list");
    error_with_subject(err, word);
    return false;
}
