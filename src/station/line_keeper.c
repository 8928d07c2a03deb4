/* SPDX-License-Identifier: Apache-2.0 */
#include "station/line_keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error_format.h"
#include "ledger/line.h"
#include "station/line_file.h"

#define LONGEST_MS 600000u          /* ten minutes with one login */
#define PROCESS_NAME "imprint-line" /* for `ps -e`: at most 15 characters */
#define IS_OPEN "{\"line\":\"open\"}\n"

bool line_keeper_is_asked(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[0], LINE_KEEPER_NAME) == 0;
}

/* What ends a station ends its workers between two steps, and they still have to ask and to send. */
static void ignore_signals(void)
{
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* The station learns of its end of stdin by the last descriptor of it that is closed: stdout must be none. */
static bool say_open(void)
{
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const bool ok = null >= 0 && write(STDOUT_FILENO, IS_OPEN, strlen(IS_OPEN)) == (ssize_t)strlen(IS_OPEN) &&
                    dup2(null, STDOUT_FILENO) >= 0;

    if (null >= 0)
        (void)close(null);
    return ok;
}

int line_keeper_serve(const char *state)
{
    struct station_config config = {.device = NULL};
    struct database database = {.handle = NULL};
    struct line_file file;
    char room[ERROR_ROOM];
    struct error ignored = ERROR_IN(room); /* workers connect by themselves then, and say it */
    bool is_there;

    ignore_signals();
    (void)prctl(PR_SET_NAME, PROCESS_NAME);
    (void)snprintf(config.state, sizeof config.state, "%s", state);
    if (!line_file_read(&config, &file, &is_there, &ignored) || !is_there ||
        !line_file_connect(&file, &ledger_line_kind, DATABASE_JOIN, &database, &ignored))
        return 0;
    if (say_open())
        line_file_share(&file, &database, STDIN_FILENO, LONGEST_MS);
    database_close(&database);
    return 0;
}

bool line_keeper_give(int to, int socket)
{
    return database_share_give(to, socket);
}
