/* SPDX-License-Identifier: Apache-2.0 */
/* imprint station: many sockets, a worker process for each board, and a page for the operator. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/virtual_bus.h"
#include "panel/panel.h"
#include "panel/serving.h"
#include "panel/view.h"
#include "panel/words.h"
#include "station/value.h"

enum station_option { OPTION_CHECK, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CHECK] = {"check", 0, NULL, "only say whether everything that FILE names is there", NULL},
};

#define LINE_SIZE 1536

/* One line for one change, as it goes into the system's journal. */
static void print_changed(void *context, const struct panel_view *socket)
{
    const struct output *output = context;
    const struct panel_board *board = socket->board;
    char line[LINE_SIZE];
    int len = snprintf(line, sizeof line, "%s: %s%s%s", socket->name, socket_state_name(socket->state),
                       board->serial[0] != '\0' ? ", " : "", board->serial);
    json_t *object = view_socket(socket, NULL);

    if (socket->state == SOCKET_PASS && len > 0 && (size_t)len < sizeof line)
        (void)snprintf(line + len, sizeof line - (size_t)len, ", %u changes, %lld ms", board->changes,
                       (long long)socket->ms);
    else if (board->reason[0] != '\0' && len > 0 && (size_t)len < sizeof line)
        (void)snprintf(line + len, sizeof line - (size_t)len, ": %s: %s", board->reason, board->cause);
    if (socket->power[0] != '\0')
        output_say(output, "imprint: %s: %s", socket->name, socket->power);
    if (socket->state != SOCKET_WORKING || board->steps_done == 0)
        output_say(output, "imprint: %s", line);
    json_object_set_new(object, "event", json_string("socket"));
    output_object(output, object);
}

/* A label that is not there is news, too. */
static void print_labelled(void *context, const struct labels_item *label)
{
    const struct output *output = context;
    json_t *object = labels_view_item(label);

    if (label->state == LABELS_PRINTED)
        output_say(output, "imprint: label of %s: printed", label->serial);
    else
        output_say(output, "imprint: label of %s: not printed: %s", label->serial, label->cause);
    json_object_set_new(object, "event", json_string("station-label"));
    output_object(output, object);
}

/* Says where, for people and for scripts that wait for it. */
static bool announce(const struct cli *cli, const struct panel *panel, struct error *err)
{
    const struct panel_settings *settings = panel_settings_of(panel);
    char url[SERVICE_ADDRESS_SIZE + 16] = "", fingerprint[TLS_PAIR_FINGERPRINT_SIZE];
    json_t *object;

    if (panel_address(panel)[0] != '\0')
        (void)snprintf(url, sizeof url, "http%s://%s/", settings->has_tls ? "s" : "", panel_address(panel));
    if (serving_fingerprint(settings, fingerprint))
        output_say(&cli->output, "imprint: the page's certificate has the SHA-256 fingerprint %s", fingerprint);
    output_result(&cli->output, "%s\n", url[0] != '\0' ? url : "no page: the station file has no `page`");
    object = json_pack("{s:s, s:s, s:I, s:o, s:s}", "event", "station", "name", settings->name, "sockets",
                       (json_int_t)settings->socket_count, "profile", value_text(settings->profile), "digest",
                       panel_digest(panel));
    if (url[0] != '\0')
        json_object_set_new(object, "url", json_string(url));
    if (fingerprint[0] != '\0')
        json_object_set_new(object, "fingerprint", json_string(fingerprint));
    output_object(&cli->output, object);
    return output_flush(err);
}

static bool run(struct cli *cli, struct error *err)
{
    const struct panel_events events = {&cli->output, print_changed, print_labelled};
    struct panel *panel = NULL;
    int stop_fd;
    bool ok;

    if (!panel_open(cli->arguments[0], &events, &panel, err))
        return false;
    stop_fd = virtual_bus_signals(false);
    ok = stop_fd >= 0;
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "signals cannot be waited for", NULL);
    ok = ok && announce(cli, panel, err) && panel_run(panel, stop_fd, err);
    panel_close(panel);
    if (stop_fd >= 0)
        (void)close(stop_fd);
    return ok;
}

static void print_finding(void *context, const struct panel_finding *finding)
{
    const struct output *output = context;
    json_t *object = json_pack("{s:s, s:s, s:o, s:s}", "event", "station-check", "item", finding->item, "name",
                               value_text(finding->name), "found", finding->found);

    output_result(output, "%s %s: %s%s%s\n", finding->item, finding->name, finding->found,
                  finding->serial != NULL ? " " : "", finding->serial != NULL ? finding->serial : "");
    if (finding->serial != NULL)
        json_object_set_new(object, "serial", json_string(finding->serial));
    output_object(output, object);
}

static enum cli_exit run_station(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    const bool only_check = cli->values[OPTION_CHECK] != NULL;

    if (only_check ? panel_check(cli->arguments[0], print_finding, &cli->output, &err) : run(cli, &err))
        return CLI_DONE;
    error_doing(&err, only_check ? "check the station" : "run the station");
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_station = {
    .name = "station",
    .arguments = "FILE",
    .summary = "Provision the boards in many sockets, and show them on a page",
    .description = "Watches the sockets that the station file FILE names until SIGINT or SIGTERM.\n"
                   "A board that is put in is looked at, provisioned as `imprint provision` does,\n"
                   "proven and recorded, by a process of its own; then the page and a line on\n"
                   "stderr say PASS or FAIL, and what to do next. When it is ready it prints the\n"
                   "address of the page on a line of its own.\n"
                   "\n"
                   "Pull a board out, kill a worker or the station: nothing is lost. Whatever is in\n"
                   "a socket is looked at again, and the run continues where it stopped.\n"
                   "\n"
                   "Steps that cannot be undone are armed for each board if FILE says\n"
                   "irreversible: true. The pages are for people who log in (imprint user add), and\n"
                   "for this machine alone unless FILE says tls: true. See docs/guide/station.md.\n",
    .examples = "  imprint station station.yaml\n"
                "  imprint station station.yaml --check\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_station,
};
