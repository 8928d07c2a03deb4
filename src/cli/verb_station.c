/* SPDX-License-Identifier: Apache-2.0 */
/* imprint station: many sockets, a worker process for each board, and a page for the operator. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chip/words.h"
#include "cli/virtual_bus.h"
#include "panel/panel.h"
#include "panel/serving.h"
#include "panel/view.h"
#include "panel/words.h"
#include "station/value.h"

enum station_option { OPTION_CHECK, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CHECK] = {"check", 0, NULL, "only say whether a shift would find all it needs", NULL},
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

/* What a check prints, and what the commands of its advice name: the texts outlive the panel. */
struct checking {
    struct output output;
    char state[PANEL_PATH_MAX], profile[PANEL_PATH_MAX];
};

static void note_given(struct checking *checking, const struct panel_settings *settings)
{
    memcpy(checking->state, settings->state, sizeof checking->state);
    memcpy(checking->profile, settings->profile, sizeof checking->profile);
    checking->output.given.state = checking->state;
    checking->output.given.profile = checking->profile;
}

/* What is wrong with it, and what to do about it. */
static void print_why(const struct output *output, const char *name, const struct error *why)
{
    const char *next = why->next != NULL ? why->next : error_reason_advice(why->reason);
    const bool is_elsewhere = why->subject != NULL && strcmp(why->subject, name) != 0;
    char *completed = advice_complete(&output->given, next);

    output_result(output, "    %s%s%s%s%s\n", is_elsewhere ? why->subject : "", is_elsewhere ? ": " : "",
                  why->cause != NULL ? why->cause : error_reason_name(why->reason), why->system_errno != 0 ? ": " : "",
                  why->system_errno != 0 ? strerror(why->system_errno) : "");
    output_result(output, "    next: %s\n", completed != NULL ? completed : next);
    free(completed);
}

static json_t *why_as_object(const struct output *output, const struct error *why)
{
    const char *next = why->next != NULL ? why->next : error_reason_advice(why->reason);
    char *completed = advice_complete(&output->given, next);
    json_t *object = value_error(why);

    json_object_set_new(object, "next", value_text(completed != NULL ? completed : next));
    free(completed);
    return object;
}

static void print_finding(void *context, const struct panel_finding *finding)
{
    struct checking *checking = context;
    const struct output *output = &checking->output;
    json_t *object = json_pack("{s:s, s:s, s:o, s:s}", "event", "station-check", "item", finding->item, "name",
                               value_text(finding->name), "found", finding->found);

    note_given(checking, finding->settings);
    output_result(output, "%s %s: %s%s%s\n", finding->item, finding->name, finding->found,
                  finding->serial != NULL ? " " : "", finding->serial != NULL ? finding->serial : "");
    if (finding->serial != NULL)
        json_object_set_new(object, "serial", json_string(finding->serial));
    if (finding->why != NULL) {
        struct error why = *finding->why;

        chip_words_for_failure(&why);
        json_object_set_new(object, "error", why_as_object(output, &why));
        print_why(output, finding->name, &why);
    }
    output_object(output, object);
}

static enum cli_exit check(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct checking checking = {.output = cli->output};

    if (panel_check(cli->arguments[0], print_finding, &checking, &err))
        return CLI_DONE;
    error_doing(&err, "check the station");
    return output_error(&checking.output, &err);
}

static enum cli_exit run_station(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    if (cli->values[OPTION_CHECK] != NULL)
        return check(cli);
    if (run(cli, &err))
        return CLI_DONE;
    error_doing(&err, "run the station");
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
                   "--check says, before a shift, what its first board would find missing: the\n"
                   "order, the line, issuers, labels, the golden device, the clock. `bad` stops\n"
                   "boards and gives the exit code; `warning` does not. It can be run beside the\n"
                   "station: a socket with `power`, or with a board at work, is `in-use` then.\n"
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
