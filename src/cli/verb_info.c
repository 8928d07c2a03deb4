/* SPDX-License-Identifier: Apache-2.0 */
/* imprint info: what the chip is, and slot by slot what it can, holds, and who uses it. Only reads. */
#include "cli/with_session.h"

#include "cli/describe.h"

static bool show(struct cli *cli, struct session *session, struct error *err)
{
    struct driver_map map;
    struct station_mark mark;
    psa_status_t status = driver_read_map(&session->driver, true, &map, err);

    if (status != PSA_SUCCESS)
        error_with_psa(err, status);
    if (status == PSA_SUCCESS && station_find_mark(session->driver.chip, &session->device.config, &mark, err)) {
        describe_chip(&cli->output, &session->device.config, CHIP_PART_UNKNOWN, &map, session->record, &mark);
        return true;
    }
    error_doing(err, "look at the slots");
    error_with_serial(err, session->device.serial);
    return false;
}

static enum cli_exit run_info(struct cli *cli)
{
    return with_session(cli, SESSION_LOOK, show);
}

const struct cli_verb cli_verb_info = {
    .name = "info",
    .arguments = "",
    .summary = "Show the chip, and what each slot can do and holds",
    .description = "Shows part, serial number, locks and I2C address. For each slot: its kind, what\n"
                   "it can do in the chip's present state, whether it holds a key, and the key id\n"
                   "that points to it. Sends only commands that read.\n"
                   "\n"
                   "With --verbose: every field of the config zone as well, and SlotConfig and\n"
                   "KeyConfig of each slot bit by bit.\n",
    .examples = "  imprint info\n"
                "  imprint --device i2c:/dev/i2c-1@0x35 info\n"
                "  imprint --json info | jq .serial\n",
    .run = run_info,
};
