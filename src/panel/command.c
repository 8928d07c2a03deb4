/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/command.h"

#include <stdio.h>

#include "panel/admission.h"

/* Up to eleven pairs and the words of a verb fit into WORKER_ARGUMENTS_MAX. */
struct writer {
    const char **arguments;
    size_t count;
};

static void put(struct writer *writer, const char *word)
{
    writer->arguments[writer->count++] = word;
}

/* An option that was not set is left out. */
static void put_option(struct writer *writer, const char *option, const char *value)
{
    if (value[0] == '\0')
        return;
    put(writer, option);
    put(writer, value);
}

/*
 * The run is bound to the chip that was looked at: another one in its place is refused before anything is written.
 * Armed are this chip and the profile that was read; a board that was refused has no plan, and is not armed.
 */
static void put_work(struct writer *writer, struct command *command, const struct panel_settings *settings,
                     const char *socket, const struct panel_board *board)
{
    put_option(writer, "--only", board->serial);
    put_option(writer, "--socket", socket);
    /* The golden device shows what is wrong with the fixture: its failures condemn no board. */
    if (!admission_is_golden(settings, board)) {
        (void)snprintf(command->tries, sizeof command->tries, "%u", settings->tries);
        put_option(writer, "--tries", command->tries);
    }
    if (!settings->irreversible || board->digest[0] == '\0')
        return;
    (void)snprintf(command->arm, sizeof command->arm, "%s:%s", board->serial, board->digest);
    put_option(writer, "--arm", command->arm);
}

/* A board is asked by its console, a chip by its bus. */
static void put_scan(struct writer *writer, const char *console)
{
    if (console == NULL) {
        put(writer, "scan");
        return;
    }
    put(writer, "board");
    put(writer, "info");
    put_option(writer, "--console", console);
}

void command_make(struct command *command, const struct panel_settings *settings, size_t index, enum command_kind kind,
                  const struct panel_board *board)
{
    const char *device = settings->sockets[index].device, *console = panel_console(device);
    struct writer writer;

    *command = (struct command){.arm = ""};
    writer = (struct writer){.arguments = command->arguments};
    put(&writer, "imprint");
    put(&writer, "--json");
    put_option(&writer, "--state", settings->state);
    if (console == NULL)
        put_option(&writer, "--device", device);
    if (kind == COMMAND_SCAN) {
        put_scan(&writer, console);
        return;
    }
    put_option(&writer, "--issuers", settings->issuers);
    put_option(&writer, "--connections", settings->connections);
    if (console != NULL)
        put(&writer, "board");
    put(&writer, "provision");
    put_option(&writer, "--console", console != NULL ? console : "");
    put_option(&writer, "--firmware", console != NULL ? settings->firmware : "");
    if (settings->rehearsal)
        put(&writer, "--rehearsal");
    /* The golden device belongs to no order of today, and has the number of none of its boards. */
    if (!admission_is_golden(settings, board)) {
        put_option(&writer, "--order", settings->order);
        put_option(&writer, "--board", board->number);
    }
    put_option(&writer, "--operator",
               settings->operator_name); /* the first article of an order needs it, to look, too */
    if (kind == COMMAND_LOOK)
        put(&writer, "--dry-run");
    else
        put_work(&writer, command, settings, settings->sockets[index].name, board);
    put(&writer, "--");
    put(&writer, settings->profile);
}
