/* SPDX-License-Identifier: Apache-2.0 */
/* imprint adopt: makes the key records of a device that another station finished. The work is verb_provision.c's. */
#include "cli/verb_provision.h"

static const struct cli_option options[] = {
    PROVISION_SHARED_OPTIONS,
};

static enum cli_exit run_adopt(struct cli *cli)
{
    return verb_provision_run(cli, true);
}

const struct cli_verb cli_verb_adopt = {
    .name = "adopt",
    .arguments = "PROFILE",
    .summary = "Take over a finished device from another station",
    .description = "For a finished device whose key records are not in this state folder: another\n"
                   "station provisioned it, or the folder was lost. Reads the mark in the chip,\n"
                   "makes the key records here, and lets every key sign a fresh challenge. Nothing\n"
                   "is written to the chip.\n"
                   "\n"
                   "PROFILE is the profile that the device was made with; imprint info shows its\n"
                   "name. If a private key could have been imported, somebody may still have a copy\n"
                   "of it. Such a key is refused, unless a record.json in the device's folder has\n"
                   "its public key.\n",
    .examples = "  imprint info\n"
                "  imprint adopt profiles/mbed-factory-example.yaml\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .least = 1,
    .most = 1,
    .run = run_adopt,
};
