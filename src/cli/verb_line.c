/* SPDX-License-Identifier: Apache-2.0 */
/* imprint line init and add-station: the administrator's work on the database of a line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/with_ledger.h"
#include "ledger/line.h"
#include "ledger/new_file.h"
#include "station/value.h"

#define SERVER_HELP "the database, as its administrator: PostgreSQL's connection settings, without a password"

enum init_option { INIT_SERVER, INIT_SQL, INIT_COUNT };
static const struct cli_option init_options[INIT_COUNT] = {
    [INIT_SERVER] = {"server", 0, "SETTINGS", SERVER_HELP, NULL},
    [INIT_SQL] = {"sql", 0, NULL, "print the SQL instead of running it", NULL},
};

enum add_option { ADD_SERVER, ADD_PASSWORD_FILE, ADD_SQL, ADD_COUNT };
static const struct cli_option add_options[ADD_COUNT] = {
    [ADD_SERVER] = {"server", 0, "SETTINGS", SERVER_HELP, NULL},
    [ADD_PASSWORD_FILE] = {"password-file", 0, "FILE", "give the role a new password, and write it to this new file",
                           NULL},
    [ADD_SQL] = {"sql", 0, NULL, "print the SQL instead of running it", NULL},
};

/* Opens the database that --server names. False with a reason. */
static bool connect_server(const char *settings, enum database_mode mode, struct database *line, struct error *err)
{
    const struct database_server server = {.settings = settings};

    if (settings == NULL) {
        error_set(err, ERROR_USAGE, "--server is missing",
                  "name the database: --server 'host=db.example dbname=line user=postgres'");
        return false;
    }
    return database_connect(line, &server, &ledger_line_kind, mode, err);
}

/* --- init --- */

static bool init_line(struct cli *cli, struct error *err)
{
    struct database line = {.handle = NULL};
    bool ok;

    if (cli->values[INIT_SQL] != NULL) {
        for (unsigned i = 0; i < ledger_line_kind.version; i++)
            output_lines(&cli->output, ledger_line_kind.upgrades[i]);
        output_object(&cli->output, json_pack("{s:s, s:s}", "event", "line-sql", "sql", ledger_line_kind.upgrades[0]));
        return true;
    }
    ok = connect_server(cli->values[INIT_SERVER], DATABASE_MAKE, &line, err) && ledger_line_grant(&line, err);
    if (ok) {
        output_result(&cli->output, "%s: ready for stations, version %u\n", line.path, ledger_line_kind.version);
        output_object(&cli->output, json_pack("{s:s, s:o, s:i}", "event", "line-ready", "server", value_text(line.path),
                                              "version", (int)ledger_line_kind.version));
    }
    database_close(&line);
    return ok;
}

static enum cli_exit run_line_init(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    return init_line(cli, &err) ? CLI_DONE : output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_line_init = {
    .name = "line init",
    .arguments = "",
    .summary = "Prepare a PostgreSQL database for the ledger of a line",
    .description = "For the administrator of the database. Makes tables and functions, or brings\n"
                   "them up to date after a new version of imprint. The database must be there\n"
                   "(createdb), and should be for this alone. Stations get no right to a table:\n"
                   "they append to their own log through functions.\n",
    .examples = "  imprint line init --server 'host=db.example dbname=line user=postgres'\n"
                "  imprint line init --sql\n",
    .options = init_options,
    .option_count = INIT_COUNT,
    .least = 0,
    .most = 0,
    .run = run_line_init,
};

/* --- add-station --- */

/* The file is there before the role has the password: what fails between leaves a file, and not a role that nobody can
 * use. */
static bool add_with_password(struct database *line, const char *name, const char *file, struct error *err)
{
    char password[LEDGER_PASSWORD_SIZE];
    bool ok = ledger_line_password(password, err) &&
              new_file_write(file, bytes_of((const uint8_t *)password, strlen(password)), err);

    if (ok) {
        ok = ledger_line_add_station(line, name, password, err);
        if (!ok)
            (void)unlink(file);
    }
    bytes_wipe(password, sizeof password);
    return ok;
}

static bool add_station(struct cli *cli, struct error *err)
{
    const char *name = cli->arguments[0], *file = cli->values[ADD_PASSWORD_FILE];
    char sql[LEDGER_STATION_SQL_SIZE];
    struct database line = {.handle = NULL};
    bool ok = ledger_line_station_sql(name, sql, err);

    if (!ok)
        return false;
    if (cli->values[ADD_SQL] != NULL) {
        output_lines(&cli->output, sql);
        output_object(&cli->output, json_pack("{s:s, s:s}", "event", "line-sql", "sql", sql));
        return true;
    }
    ok = connect_server(cli->values[ADD_SERVER], DATABASE_USE, &line, err) &&
         (file != NULL ? add_with_password(&line, name, file, err) : ledger_line_add_station(&line, name, NULL, err));
    if (ok) {
        output_result(&cli->output, "%s: station %s may append to its own log%s%s\n", line.path, name,
                      file != NULL ? "; its password: " : "", file != NULL ? file : "");
        output_object(&cli->output,
                      json_pack("{s:s, s:o, s:s, s:o}", "event", "line-station", "server", value_text(line.path),
                                "station", name, "password_file", file != NULL ? value_text(file) : json_null()));
    }
    database_close(&line);
    return ok;
}

static enum cli_exit run_line_add_station(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    return add_station(cli, &err) ? CLI_DONE : output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_line_add_station = {
    .name = "line add-station",
    .arguments = "NAME",
    .summary = "Let a station append to its own log in the line's database",
    .description = "For the administrator of the database. NAME becomes a role of PostgreSQL (or is\n"
                   "one already) that may call the line's functions and nothing else. One role for\n"
                   "each station: the server names stations by their role.\n"
                   "\n"
                   "With --password-file the role gets a new random password, which is written to\n"
                   "that file, for the station's line.yaml. Without it the role logs in by another\n"
                   "way that pg_hba.conf allows: a client certificate, or as the user of the system.\n",
    .examples = "  imprint line add-station st-01 --server 'dbname=line' --password-file st-01.pw\n"
                "  imprint line add-station st-01 --sql\n",
    .options = add_options,
    .option_count = ADD_COUNT,
    .least = 1,
    .most = 1,
    .run = run_line_add_station,
};
