/* SPDX-License-Identifier: Apache-2.0 */
/* imprint explain: the same as info for a config zone dump; no chip, no state folder. */
#include "cli/cli.h"

#include "cli/describe.h"
#include "station/input.h"

static enum cli_exit run_explain(struct cli *cli)
{
    struct dump dump;
    struct error err = ERROR_IN(cli->error_room);

    if (!input_read_dump(&dump, cli->arguments[0], &err)) {
        error_doing(&err, "read the config zone dump");
        return output_error(&cli->output, &err);
    }
    if (dump.order != DUMP_AS_READ)
        output_warn(
            &cli->output,
            "this dump is byte-swapped: its bytes are reversed in groups of %d, so that the serial number does not "
            "start with 0123; shown is the chip's order",
            dump.order == DUMP_SWAPPED_2 ? 2 : 4);
    if (dump.first != 0)
        output_say(&cli->output, "imprint: this dump has only bytes %u to 127", dump.first);
    describe_chip(&cli->output, &dump.config, dump.part, NULL, NULL, NULL, NULL);
    return CLI_DONE;
}

const struct cli_verb cli_verb_explain = {
    .name = "explain",
    .arguments = "FILE",
    .summary = "Decode a config zone dump, without a chip",
    .description = "FILE has the 128 bytes of a config zone, or 112 without the identity (bytes 16\n"
                   "to 127): raw, or as hex text such as 01 23, 0123, 01:23 or 0x01, 0x23, with\n"
                   "offsets, titles and comments; or it is an XML of Microchip's Trust Platform\n"
                   "tools; or JSON with a member config, such as record.json. - is stdin. A byte-\n"
                   "swapped dump is recognised by its serial number. What cannot be a config zone is\n"
                   "refused.\n"
                   "\n"
                   "With --verbose: every field of the config zone as well, and SlotConfig and\n"
                   "KeyConfig of each slot bit by bit.\n",
    .examples = "  imprint explain dump.hex\n"
                "  imprint --verbose explain ECC608B_TFLXTLS.xml\n"
                "  imprint explain - < dump.bin\n",
    .least = 1,
    .most = 1,
    .run = run_explain,
};
