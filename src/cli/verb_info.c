/* SPDX-License-Identifier: Apache-2.0 */
/* imprint info: what the chip is, and slot by slot what it can, holds, and who uses it. Only reads. */
#include "cli/with_session.h"

#include "cli/describe.h"
#include "station/verifier.h"

/* PSA Crypto is needed only to verify, and no key record of the device is touched by it. */
static bool check_maker(struct session *session, struct genuine *genuine, struct error *err)
{
    struct verifier verifier = {.started = false};
    bool ok =
        verifier_start(&verifier, err) && genuine_check(genuine, &session->device.chip, &session->device.config, err);

    verifier_stop(&verifier);
    return ok;
}

static bool show(struct cli *cli, struct session *session, struct error *err)
{
    struct driver_map map;
    struct station_mark mark;
    struct genuine genuine;
    psa_status_t status;

    if (!check_maker(session, &genuine, err)) {
        error_with_serial(err, session->device.serial);
        return false;
    }
    status = driver_read_map(&session->driver, true, &map, err);
    if (status != PSA_SUCCESS)
        error_with_psa(err, status);
    if (status == PSA_SUCCESS && station_find_mark(session->driver.chip, &session->device.config, &mark, err)) {
        describe_chip(&cli->output, &session->device.config, CHIP_PART_UNKNOWN, &map, session->record, &mark, &genuine);
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
                   "that points to it. Sends only commands that change nothing.\n"
                   "\n"
                   "Of a Trust&GO or TrustFLEX part also who made it: the maker's certificates are\n"
                   "verified up to the root, and the key that they certify signs a challenge.\n"
                   "\n"
                   "With --verbose: every field of the config zone as well, and SlotConfig and\n"
                   "KeyConfig of each slot bit by bit.\n",
    .examples = "  imprint info\n"
                "  imprint --device i2c:/dev/i2c-1@0x35 info\n"
                "  imprint --json info | jq .serial\n",
    .run = run_info,
};
