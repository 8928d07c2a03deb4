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
    .summary = "Make key records here for a device that is done",
    .description = "For a device that another station provisioned, or whose state folder is lost.\n"
                   "Reads the mark in the chip, registers the keys that it names, and lets every\n"
                   "key sign a fresh challenge. Nothing is written to the chip.\n"
                   "\n"
                   "PROFILE is the profile that the device was made with; imprint info names it.\n"
                   "A private key that somebody could have imported, and so may know, is refused,\n"
                   "unless a record.json of this device names its public key.\n",
    .examples = "  imprint info\n"
                "  imprint adopt profiles/mbed-factory-example.yaml\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .least = 1,
    .most = 1,
    .run = run_adopt,
};
