/* SPDX-License-Identifier: Apache-2.0 */
/* imprint board info: asks which application runs on a board, and nothing else. */
#include "cli/cli.h"

#include "cli/board_verbs.h"
#include "station/board.h"
#include "station/stop.h"
#include "station/value.h"

/* An application that runs answers within milliseconds; one that starts needs longer. */
#define PATIENCE_MS 1500

enum info_option { OPTION_CONSOLE, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CONSOLE] = {"console", 'c', "PORT", "the board's console: a serial port, 115200 8N1 (required)", NULL},
};

static void put_text(json_t *object, const char *name, const char *text)
{
    if (text[0] != '\0')
        json_object_set_new(object, name, value_text(text));
}

static void print_row(const struct output *output, const char *name, const char *text)
{
    if (text[0] != '\0')
        output_result(output, "%-12s %s\n", name, text);
}

static void show(const struct output *output, const struct board *board, const char *console)
{
    json_t *object = json_pack("{s:s, s:o, s:o, s:I}", "event", "board", "console", value_text(console), "application",
                               value_text(board->app), "protocol", (json_int_t)board->protocol);

    put_text(object, "board", board->name);
    put_text(object, "version", board->version);
    put_text(object, "mcu", board->mcu);
    put_text(object, "profile", board->profile);
    put_text(object, "digest", board->digest);
    print_row(output, "application", board->app);
    print_row(output, "board", board->name);
    print_row(output, "version", board->version);
    print_row(output, "mcu", board->mcu);
    print_row(output, "profile", board->profile);
    print_row(output, "digest", board->digest);
    output_object(output, object);
}

static enum cli_exit run_info(struct cli *cli)
{
    const char *console = cli->values[OPTION_CONSOLE];
    struct board board = {.fd = -1};
    struct error err = ERROR_IN(cli->error_room);
    enum cli_exit code = CLI_DONE;
    int silence_ms;

    if (!board_wait_option(console, NULL, &silence_ms, &err))
        return output_error(&cli->output, &err);
    cli->output.device = console;
    stop_hold_signals();
    if (board_open(&board, &cli->station, console, silence_ms, &err) &&
        board_connect(&board, NULL, PATIENCE_MS, false, &err))
        show(&cli->output, &board, console);
    else
        code = output_error(&cli->output, &err);
    board_close(&board);
    return code;
}

const struct cli_verb cli_verb_board_info = {
    .name = "board info",
    .arguments = "",
    .summary = "Say which application runs on a board",
    .description = "Asks the application behind the console which one it is, of which release,\n"
                   "on which board, and for which profile it was made. Changes nothing on the\n"
                   "board, and gives up after two seconds.\n",
    .examples = "  imprint board info --console /dev/ttyACM0\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 0,
    .most = 0,
    .run = run_info,
};
