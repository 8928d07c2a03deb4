/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/with_ledger.h"

#include <errno.h>

#include "ledger/derived.h"

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
        if (!ok)
            ledger_explain_failure(&ledger, &err);
        ledger_close(&ledger);
        if (!ok)
            error_doing(&err, mode == LEDGER_READ ? "read the ledger" : "use the ledger");
    }
    return ok ? CLI_DONE : output_error(&cli->output, &err);
}
