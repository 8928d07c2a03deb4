/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "panel/admission.h"
#include "station/device.h"
#include "transport/kinds.h"

#define ASKS "--confirm"

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

/* For the record: what the run of a look that continues has as well. */
static void put_record(struct writer *writer, struct command *command, const struct panel_settings *settings,
                       const char *socket, const struct panel_board *board)
{
    put_option(writer, "--socket", socket);
    /* The golden device shows what is wrong with the fixture: its failures condemn no board. */
    if (!admission_is_golden(settings, board)) {
        (void)snprintf(command->tries, sizeof command->tries, "%u", settings->tries);
        put_option(writer, "--tries", command->tries);
    }
}

/*
 * The run is bound to the chip that was looked at: another one in its place is refused before anything is written.
 * Armed are this chip and the profile that was read; a board that was refused has no plan, and is not armed.
 */
static void put_work(struct writer *writer, struct command *command, const struct panel_settings *settings,
                     const char *socket, const struct panel_board *board)
{
    put_option(writer, "--only", board->serial);
    put_record(writer, command, settings, socket, board);
    /* It is never changed, whatever the look said. Not in the look: that tells what would be changed. */
    if (admission_is_golden(settings, board)) {
        put(writer, "--finished");
        return;
    }
    if (!settings->irreversible || board->digest[0] == '\0')
        return;
    (void)snprintf(command->arm, sizeof command->arm, "%s:%s", board->serial, board->digest);
    put_option(writer, "--arm", command->arm);
}

/* A board is asked by its console, a chip by its bus: at the socket's address, and where the profile moves it. */
static void put_scan(struct writer *writer, struct command *command, const struct panel_settings *settings,
                     const char *device, const char *console)
{
    const struct transport_kind *kind = transport_kind_of(device);

    if (console == NULL) {
        put(writer, "scan");
        if (settings->also_at != 0 && kind != NULL && kind->scans && device_named_address(device) != 0)
            (void)snprintf(command->also_at, sizeof command->also_at, "0x%02x", settings->also_at);
        put_option(writer, "--also-at", command->also_at);
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
        put_scan(&writer, command, settings, device, console);
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
    if (kind == COMMAND_WORK) {
        put_work(&writer, command, settings, settings->sockets[index].name, board);
    } else {
        put_record(&writer, command, settings, settings->sockets[index].name, board);
        put(&writer, ASKS);
    }
    put(&writer, "--");
    put(&writer, settings->profile);
}

/* How many words stand for one that is not shared: the option, and its value. 0: it is shared. */
static size_t count_own(const char *word)
{
    return strcmp(word, ASKS) == 0 ? 1 : strcmp(word, "--only") == 0 || strcmp(word, "--arm") == 0 ? 2 : 0;
}

char *command_shared_words(const struct command *command)
{
    size_t size = 1, len = 0;
    char *words;

    for (size_t i = 0; command->arguments[i] != NULL; i++)
        size += strlen(command->arguments[i]) + 1;
    words = calloc(size, 1);
    for (size_t i = 0; words != NULL && command->arguments[i] != NULL;) {
        const size_t own = count_own(command->arguments[i]);

        i += own;
        if (own != 0)
            continue;
        len += (size_t)snprintf(words + len, size - len, "%s\n", command->arguments[i++]);
    }
    return words;
}
