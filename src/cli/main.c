/* SPDX-License-Identifier: Apache-2.0 */
/* The program: the table of verbs, and main(). */
#include "cli/cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "imprint_version.h"
#include "panel/fork_server.h"
#include "station/line_keeper.h"
#include "station/stop.h"

#include <mbedtls/build_info.h>

static enum cli_exit run_version(struct cli *cli);

const struct cli_verb cli_verb_version = {
    .name = "version",
    .arguments = "",
    .summary = "Show the version",
    .description = "Prints the version of imprint, the commit that it was built from, and the\nversion of Mbed TLS. "
                   "The same as imprint --version.\n",
    .examples = "  imprint version\n"
                "  imprint --json version | jq -r .version\n",
    .run = run_version,
};

const struct cli_verb *const cli_verbs[] = {
    &cli_verb_provision,
    &cli_verb_adopt,
    &cli_verb_info,
    &cli_verb_explain,
    &cli_verb_keys,
    &cli_verb_public_key,
    &cli_verb_csr,
    &cli_verb_certificate_show,
    &cli_verb_certificate_verify,
    &cli_verb_certificate_export,
    &cli_verb_sign,
    &cli_verb_tls,
    &cli_verb_verify,
    &cli_verb_random,
    &cli_verb_scan,
    &cli_verb_verify_record,
    &cli_verb_issuers,
    &cli_verb_ledger_new,
    &cli_verb_ledger_list,
    &cli_verb_ledger_show,
    &cli_verb_ledger_verify,
    &cli_verb_ledger_alarms,
    &cli_verb_ledger_cosign,
    &cli_verb_ledger_stamp,
    &cli_verb_ledger_export,
    &cli_verb_ledger_prove,
    &cli_verb_ledger_backup,
    &cli_verb_ledger_rebuild,
    &cli_verb_ledger_import,
    &cli_verb_ledger_status,
    &cli_verb_ledger_sync,
    &cli_verb_witness_new,
    &cli_verb_witness_trust,
    &cli_verb_witness_list,
    &cli_verb_witness_serve,
    &cli_verb_line_init,
    &cli_verb_line_add_station,
    &cli_verb_line_add_planner,
    &cli_verb_line_verify,
    &cli_verb_order_new,
    &cli_verb_order_list,
    &cli_verb_order_show,
    &cli_verb_order_approve,
    &cli_verb_order_close,
    &cli_verb_order_release,
    &cli_verb_order_lease,
    &cli_verb_order_return,
    &cli_verb_order_sync,
    &cli_verb_report,
    &cli_verb_label,
    &cli_verb_manifest_export,
    &cli_verb_manifest_verify,
    &cli_verb_manifest_import,
    &cli_verb_manifest_list,
    &cli_verb_signer_serve,
    &cli_verb_signer_check,
    &cli_verb_signer_status,
    &cli_verb_signer_verify,
    &cli_verb_station,
    &cli_verb_user_add,
    &cli_verb_user_list,
    &cli_verb_user_remove,
    &cli_verb_rework,
    &cli_verb_scrap,
    &cli_verb_retire,
    &cli_verb_erase,
    &cli_verb_compile,
    &cli_verb_board_info,
    &cli_verb_board_provision,
    &cli_verb_board_prove,
    &cli_verb_virtual_new,
    &cli_verb_virtual_serve,
    &cli_verb_virtual_run,
    &cli_verb_ca_new,
    &cli_verb_help,
    &cli_verb_version,
};
const size_t cli_verb_count = sizeof cli_verbs / sizeof cli_verbs[0];

static void print_version(const struct cli *cli)
{
    bool known = IMPRINT_COMMIT[0] != '\0';

    output_result(&cli->output, "imprint %s%s%s%s, %s\n", IMPRINT_VERSION, known ? " (" : "", IMPRINT_COMMIT,
                  known ? ")" : "", MBEDTLS_VERSION_STRING_FULL);
    output_object(&cli->output, json_pack("{s:s, s:s, s:s, s:s}", "event", "version", "version", IMPRINT_VERSION,
                                          "commit", IMPRINT_COMMIT, "mbedtls", MBEDTLS_VERSION_STRING));
}

static enum cli_exit run_version(struct cli *cli)
{
    print_version(cli);
    return CLI_DONE;
}

/*
 * Without this, a closed standard stream's number would be given to the next file that is opened, such as the virtual
 * chip's, and messages would be written into that file. /dev/null takes the number, opened the wrong way round, so
 * that reading or writing the stream still fails.
 */
static bool occupy_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        const int in_its_place = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (in_its_place != fd)
            return false;
    }
    return true;
}

/* What the station says on the way. */
static void print_message(void *context, enum station_message kind, const char *text)
{
    const struct output *output = context;

    switch (kind) {
    case STATION_WARNING:
        output_warn(output, "%s", text);
        break;
    case STATION_NOTICE:
        output_say(output, "imprint: %s", text);
        break;
    case STATION_DETAIL:
        output_detail(output, "imprint: %s", text);
        break;
    }
}

/* What a signal leaves behind: the error of ERROR_INTERRUPTED, ready made, for output_error() may be waiting itself. */
static bool watch_signals(const struct cli *cli)
{
    const struct stop_ending ending = {
        .text = cli->output.json
                    ? "{\"event\":\"error\",\"reason\":\"interrupted\",\"exit\":130,\"doing\":\"continue\","
                      "\"cause\":\"stopped by a signal\","
                      "\"next\":\"run the same command again: it continues where it stopped\"}\n"
                    : "imprint: cannot continue: stopped by a signal\n"
                      "next: run the same command again: it continues where it stopped\n",
        .stream = cli->output.json ? stdout : stderr,
        .exit_code = CLI_INTERRUPTED,
    };

    return stop_start_watching(&ending);
}

/* The work is done; a trace that is not whole must not pass for one. */
static bool check_trace(const struct cli *cli, struct error *err)
{
    if (cli->trace_failure == 0)
        return true;
    error_set(err, ERROR_OUTPUT_FAILED, "the file cannot be written; all else is done",
              "name another file for --trace, then run the same command again");
    error_with_errno(err, cli->trace_failure);
    error_with_subject(err, cli->station.config.trace);
    error_doing(err, "write the trace");
    return false;
}

/* One run of the program. `line`: station_config.line. */
static int run_program(int argc, char **argv, int line)
{
    struct cli cli = {
        .station = {.config = {.device = "virtual", .line = line}, .events = {&cli.output, print_message}}};
    struct error err = ERROR_IN(cli.error_room);
    enum cli_exit code = CLI_DONE;

    if (!occupy_standard_streams())
        return CLI_REFUSED; /* there is no stream to say why on */
    /* A closed pipe or a file size limit must be an error of write(), not the end of the program while provisioning. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* A reader of --json sees each object as it is printed. */
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    if (!options_parse(&cli, argc, argv, &err))
        return (int)output_error(&cli.output, &err);
    if (!watch_signals(&cli)) {
        error_set(&err, ERROR_UNEXPECTED, "signals cannot be waited for", NULL);
        return (int)output_error(&cli.output, &err);
    }
    if (cli.verb != NULL)
        snprintf(cli.user, sizeof cli.user, "imprint %s", cli.verb->name);
    cli.station.config.user = cli.user;
    cli.station.config.trace_failure = &cli.trace_failure;
    if (cli.help)
        help_print(&cli);
    else if (cli.version)
        print_version(&cli);
    else if (cli.verb != NULL) /* options_parse() has seen to it */
        code = outputs_check(&cli, &err) ? cli.verb->run(&cli) : output_error(&cli.output, &err);
    if (code == CLI_DONE && (!check_trace(&cli, &err) || !output_flush(&err)))
        code = output_error(&cli.output, &err);
    stop_after_last_word((int)code);
    return (int)code;
}

/* A worker of a station; `given`, its way to the line, -1 for none. */
static int run_worker(int argc, char **argv, int given)
{
    if (line_keeper_is_asked(argc, argv))
        return line_keeper_serve(argv[1]);
    return run_program(argc, argv, given > STDERR_FILENO ? given : 0);
}

/* A station has its workers from a process that has this program loaded already. */
int main(int argc, char **argv)
{
    return fork_server_is_asked(argc, argv) ? fork_server_serve(run_worker) : run_program(argc, argv, 0);
}
