/* SPDX-License-Identifier: Apache-2.0 */
/* imprint certificate verify: the maker's chain up to its root, and a fresh challenge for the certified key. */
#include "cli/certificate_chain.h"

#include "base/hex.h"
#include "station/value.h"
#include "station/x509_words.h"

static void print_proven(const struct cli *cli, const struct session *session, const struct device_chain *chain,
                         const struct x509_words *words)
{
    const struct output *output = &cli->output;
    const struct chip_counters *counters = &session->device.chip.counters;

    output_result(output, "%s: %s\n", chain->is_virtual ? "virtual" : "genuine", words->subject);
    output_result(output, "  chain        device, signer, root: every signature verifies, up to %s\n", chain->root);
    output_result(output, "  chip         the certificate names this chip's serial number\n");
    output_result(output, "  key          the key in slot 0 is the certified one: it signed a fresh challenge\n");
    output_result(output, "  commands     %u chip commands, %u of them write\n", counters->commands, counters->writing);
    if (chain->is_virtual)
        output_result(output, "This proves nothing about a part: it is virtual, and everybody has the virtual maker's "
                              "keys.\n");
    else
        output_result(output, "Proven: Microchip made this part. Not proven: who has used it since.\n");
}

static bool print_verdict(struct cli *cli, const struct session *session, const struct genuine *genuine,
                          const struct device_chain *chain, struct error *err)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    struct x509_words words;

    if (!genuine_is_proven(genuine)) {
        error_set(err, ERROR_NOT_GENUINE, genuine->cause, NULL);
        error_doing(err, "verify the maker's certificates");
        return false;
    }
    if (!x509_words_of_der(device_chain_der(chain, DEVICE_CHAIN_DEVICE), &words, err))
        return false;
    print_proven(cli, session, chain, &words);
    hex_encode(bytes_of(session->device.serial, CHIP_SERIAL_BYTES), serial);
    output_object(&cli->output,
                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:I}", "event", "certificate-verified", "serial",
                            serial, "result", genuine_result_name(genuine->result), "part", chain->part, "root",
                            chain->root, "subject", words.subject, "virtual", (int)chain->is_virtual, "public_key",
                            value_hex(bytes_of(chain->public_key, sizeof chain->public_key)), "chip_commands",
                            certificate_chain_commands(session)));
    return true;
}

static bool verify(struct cli *cli, struct session *session, struct error *err)
{
    return certificate_chain_of_maker(cli, session, true, print_verdict, err);
}

static enum cli_exit run_verify(struct cli *cli)
{
    return with_session(cli, SESSION_LOOK, verify);
}

const struct cli_verb cli_verb_certificate_verify = {
    .name = "certificate verify",
    .arguments = "",
    .summary = "Verify the maker's certificates and the certified key",
    .description = "Verifies the chain that certificate show prints, up to Microchip's root, that\n"
                   "it names this chip, and that the chip holds the certified key: the key in slot\n"
                   "0 signs a fresh challenge. Says what that proves. A key whose uses count is not\n"
                   "asked.\n"
                   "\n"
                   "Virtual parts end at the virtual maker's root: the chain holds and proves\n"
                   "nothing. The exit code is 4 where something does not hold. Sends only commands\n"
                   "that change nothing, and tells how many.\n",
    .examples = "  imprint certificate verify\n"
                "  imprint --device i2c:/dev/i2c-1@0x35 certificate verify\n",
    .run = run_verify,
};
