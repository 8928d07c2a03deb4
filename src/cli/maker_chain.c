/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/maker_chain.h"

#include "station/verifier.h"

bool maker_chain_read(struct cli *cli, struct session *session, bool proves, maker_chain_work *work, struct error *err)
{
    struct verifier verifier = {.started = false};
    struct genuine genuine;
    struct device_chain chain;
    const struct chip_config *config = &session->device.config;
    bool ok = verifier_start(&verifier, err);

    if (ok && proves)
        ok = genuine_check(&genuine, &session->device.chip, config, err);
    else if (ok)
        ok = genuine_read_chain(&genuine, &session->device.chip, config, err);
    ok = ok && device_chain_of_maker(&genuine, &chain, err) && work(cli, session, &genuine, &chain, err);
    verifier_stop(&verifier);
    if (!ok)
        error_with_serial(err, session->device.serial);
    return ok;
}

json_int_t maker_chain_commands(const struct session *session)
{
    return (json_int_t)session->device.chip.counters.commands;
}
