/* SPDX-License-Identifier: Apache-2.0 */
/* imprint board prove: the end test of a board that has been provisioned, through the application that stays on it. */
#include "cli/cli.h"

#include "station/board_proof.h"
#include "cli/board_verbs.h"
#include "station/rehearsal.h"
#include "station/stop.h"
#include "station/verifier.h"

enum prove_option { OPTION_CONSOLE, OPTION_OPERATOR, OPTION_TIMEOUT, OPTION_SAVE, OPTION_END, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CONSOLE] = {"console", 'c', "PORT", "the board's console: a serial port, 115200 8N1 (required)", NULL},
    [OPTION_OPERATOR] = {"operator", 0, "NAME", "who runs this: a name or number for the record", NULL},
    [OPTION_TIMEOUT] = {"timeout", 0, "SECONDS", "how long the board may be silent (default: 30)", NULL},
    [OPTION_SAVE] = {"save", 0, "DIR", "keep each message, signature and public key as files in DIR", NULL},
    [OPTION_END] = {"end", 0, NULL, "end the primary application when done", NULL},
};

static bool prove(const struct cli *cli, struct board *board, struct run_facts *facts, struct error *err)
{
    const struct board_proof proof = {
        .board = board, .operator_name = cli->values[OPTION_OPERATOR], .save = cli->values[OPTION_SAVE]};
    const struct board_command end = {.verb = "end"};

    return board_prove(&cli->output, &proof, facts, BOARD_GREETING_MS, false, err) &&
           (cli->values[OPTION_END] == NULL || board_ask(board, &end, err));
}

static enum cli_exit run_prove(struct cli *cli)
{
    struct board board = {.fd = -1};
    struct verifier verifier = {.started = false};
    struct error err = ERROR_IN(cli->error_room);
    enum cli_exit code = CLI_DONE;
    struct run_facts facts = {.verb = cli->verb->name,
                              .device = cli->values[OPTION_CONSOLE],
                              .operator_name = cli->values[OPTION_OPERATOR],
                              .is_console = true};
    int silence_ms;

    if (!board_wait_option(cli->values[OPTION_CONSOLE], cli->values[OPTION_TIMEOUT], &silence_ms, &err))
        return output_error(&cli->output, &err);
    cli->output.device = cli->values[OPTION_CONSOLE];
    facts.is_virtual = rehearsal_is_virtual_console(facts.device);
    stop_hold_signals();
    if (!run_facts_start(&facts, &err) || !verifier_start(&verifier, &err) ||
        !board_open(&board, &cli->station, cli->values[OPTION_CONSOLE], silence_ms, &err) ||
        !prove(cli, &board, &facts, &err))
        code = output_error(&cli->output, &err);
    board_close(&board);
    verifier_stop(&verifier);
    return code;
}

const struct cli_verb cli_verb_board_prove = {
    .name = "board prove",
    .arguments = "",
    .summary = "Prove a board's keys through its primary application",
    .description = "Asks the primary application for every key of the device's record: it must show\n"
                   "the recorded public key and sign a fresh challenge where the key can sign. The\n"
                   "proof is added to the record. --save keeps what openssl needs to verify it:\n"
                   "key-ID.message, key-ID.signature (DER) and key-ID.pem.\n",
    .examples = "  imprint board prove --console /dev/ttyACM0\n"
                "  imprint board prove --console /dev/ttyACM0 --save proof\n"
                "  openssl dgst -sha256 -verify proof/key-18.pem \\\n"
                "      -signature proof/key-18.signature proof/key-18.message\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 0,
    .most = 0,
    .run = run_prove,
};
