/* SPDX-License-Identifier: Apache-2.0 */
/* imprint line init, add-station and verify: the administrator's work on the database of a line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/with_ledger.h"
#include "ledger/line_verify.h"
#include "ledger/new_file.h"
#include "order/home.h"
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

static void show_upgrade(void *context, const struct database_kind *kind, unsigned version)
{
    const struct cli *cli = context;

    output_say(&cli->output, "%s: making version %u of %u; one that reads every entry takes minutes for a million",
               kind->name, version, kind->version);
    output_object(&cli->output, json_pack("{s:s, s:s, s:i, s:i}", "event", "line-upgrading", "tables", kind->name,
                                          "version", (int)version, "last", (int)kind->version));
}

/* Opens the database that --server names, for tables of this kind. False with a reason. */
static bool connect_server(struct cli *cli, const char *settings, const struct database_kind *kind,
                           enum database_mode mode, struct database *database, struct error *err)
{
    const struct database_server server = {.settings = settings, .upgrading = show_upgrade, .context = cli};

    if (settings == NULL) {
        error_set(err, ERROR_USAGE, "--server is missing",
                  "name the database: --server 'host=db.example dbname=line user=postgres'");
        return false;
    }
    return database_connect(database, &server, kind, mode, err);
}

/* The role's rights on orders, whose tables are made where they are not there. */
static bool grant_orders(struct cli *cli, const char *settings, const char *role, bool plans, struct error *err)
{
    struct database home = {.handle = NULL};
    const bool ok = connect_server(cli, settings, &order_home_kind, DATABASE_MAKE, &home, err) &&
                    order_home_grant(&home, role, plans, err);

    database_close(&home);
    return ok;
}

static void show_sql(const struct output *output, const char *sql)
{
    output_lines(output, sql);
    output_object(output, json_pack("{s:s, s:s}", "event", "line-sql", "sql", sql));
}

/* --- init --- */

static void show_kind(const struct output *output, const struct database_kind *kind)
{
    for (unsigned i = 0; i < kind->version; i++)
        show_sql(output, kind->upgrades[i]);
}

/* The tables of orders, and the rights of the stations that the ledger has. */
static bool init_orders(struct cli *cli, struct error *err)
{
    struct database home = {.handle = NULL};
    const bool ok = connect_server(cli, cli->values[INIT_SERVER], &order_home_kind, DATABASE_MAKE, &home, err) &&
                    database_run(&home, "SELECT order_grant(name) FROM line_station" LEDGER_STATIONS_WITH_ROLES, err);

    database_close(&home);
    return ok;
}

static bool init_line(struct cli *cli, struct error *err)
{
    struct database line = {.handle = NULL};
    bool ok;

    if (cli->values[INIT_SQL] != NULL) {
        show_kind(&cli->output, &ledger_line_kind);
        show_kind(&cli->output, &order_home_kind);
        return true;
    }
    ok = connect_server(cli, cli->values[INIT_SERVER], &ledger_line_kind, DATABASE_MAKE, &line, err) &&
         ledger_line_grant(&line, err) && init_orders(cli, err);
    if (ok) {
        output_result(&cli->output, "%s: ready for stations; ledger version %u, orders version %u\n", line.path,
                      ledger_line_kind.version, order_home_kind.version);
        output_object(&cli->output, json_pack("{s:s, s:o, s:i, s:i}", "event", "line-ready", "server",
                                              value_text(line.path), "version", (int)ledger_line_kind.version,
                                              "orders_version", (int)order_home_kind.version));
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
    .summary = "Prepare a PostgreSQL database for the ledger and the orders of a line",
    .description = "For the administrator of the database. Makes tables and functions, or brings\n"
                   "them up to date after a new version of imprint. The database must be there\n"
                   "(createdb), and should be for this alone. Stations get no right to a table:\n"
                   "they append to their own log, and take shares of orders, through functions.\n"
                   "\n"
                   "A new version may read every entry that is there once, in one transaction that\n"
                   "can take long: stations wait meanwhile. Each step is said. Where it is stopped,\n"
                   "nothing is changed: run it again.\n",
    .examples = "  imprint line init --server 'host=db.example dbname=line user=postgres'\n"
                "  imprint line init --sql\n",
    .options = init_options,
    .option_count = INIT_COUNT,
    .least = 0,
    .most = 0,
    .run = run_line_init,
};

/* --- add-station, add-planner --- */

/* What a role becomes. */
struct role_kind {
    const char *event, *what, *can;
    bool plans;
    bool (*sql)(const char *name, char sql[static LEDGER_STATION_SQL_SIZE], struct error *err);
    bool (*add)(struct database *line, const char *name, const char *password, struct error *err);
};

static const struct role_kind station_kind = {
    .event = "line-station",
    .what = "station ",
    .can = "may append to its own log, and take shares of orders",
    .sql = ledger_line_station_sql,
    .add = ledger_line_add_station,
};

static const struct role_kind planner_kind = {
    .event = "line-planner",
    .what = "",
    .can = "may make, approve and close orders, and report of the line",
    .plans = true,
    .sql = ledger_line_reader_sql,
    .add = ledger_line_add_reader,
};

/* The file is there before the role has the password: what fails between leaves a file, and not a role that nobody can
 * use. */
static bool add_with_password(const struct role_kind *kind, struct database *line, const char *name, const char *file,
                              struct error *err)
{
    char password[LEDGER_PASSWORD_SIZE];
    bool ok = ledger_line_password(password, err) &&
              new_file_write(file, bytes_of((const uint8_t *)password, strlen(password)), err);

    if (!ok) {
        error_doing(err, "write the password file");
    } else {
        ok = kind->add(line, name, password, err);
        if (!ok)
            (void)unlink(file);
    }
    bytes_wipe(password, sizeof password);
    return ok;
}

static bool show_role_sql(const struct output *output, const struct role_kind *kind, const char *name,
                          struct error *err)
{
    char sql[LEDGER_STATION_SQL_SIZE + 128];
    size_t len;

    if (!kind->sql(name, sql, err))
        return false;
    len = strlen(sql);
    (void)snprintf(sql + len, sizeof sql - len, "SELECT order_grant%s('%s');\n", kind->plans ? "_planner" : "", name);
    show_sql(output, sql);
    return true;
}

static bool add_role(struct cli *cli, const struct role_kind *kind, struct error *err)
{
    const char *name = cli->arguments[0], *file = cli->values[ADD_PASSWORD_FILE], *server = cli->values[ADD_SERVER];
    char sql[LEDGER_STATION_SQL_SIZE];
    struct database line = {.handle = NULL};
    bool ok;

    if (cli->values[ADD_SQL] != NULL)
        return show_role_sql(&cli->output, kind, name, err);
    ok = kind->sql(name, sql, err) && connect_server(cli, server, &ledger_line_kind, DATABASE_USE, &line, err) &&
         (file != NULL ? add_with_password(kind, &line, name, file, err) : kind->add(&line, name, NULL, err)) &&
         grant_orders(cli, server, name, kind->plans, err);
    if (ok) {
        output_result(&cli->output, "%s: %s%s %s%s%s\n", line.path, kind->what, name, kind->can,
                      file != NULL ? "; its password: " : "", file != NULL ? file : "");
        output_object(&cli->output, json_pack("{s:s, s:o, s:s, s:o}", "event", kind->event, "server",
                                              value_text(line.path), kind->plans ? "planner" : "station", name,
                                              "password_file", file != NULL ? value_text(file) : json_null()));
    }
    database_close(&line);
    return ok;
}

static enum cli_exit run_line_add_station(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    return add_role(cli, &station_kind, &err) ? CLI_DONE : output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_line_add_station = {
    .name = "line add-station",
    .arguments = "NAME",
    .summary = "Let a station append to its own log in the line's database",
    .description = "For the administrator of the database. NAME becomes a role of PostgreSQL (or is\n"
                   "one already) that may call the line's functions and nothing else: it appends to\n"
                   "its own log, asks whose a key is, and takes shares of orders. One role for each\n"
                   "station: the server names stations by their role.\n"
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

static enum cli_exit run_line_add_planner(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    return add_role(cli, &planner_kind, &err) ? CLI_DONE : output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_line_add_planner = {
    .name = "line add-planner",
    .arguments = "NAME",
    .summary = "Let a role make, approve and close the line's orders, and report of it",
    .description = "For the administrator of the database. NAME becomes a role of PostgreSQL (or is\n"
                   "one already) that may make orders, approve their first article, close them, and\n"
                   "read all entries (imprint report --line), and no more: it is no station, and\n"
                   "appends to no log. Its line.yaml names the server as that of a station does.\n"
                   "--password-file as for add-station.\n",
    .examples = "  imprint line add-planner office --server 'dbname=line' --password-file pw\n"
                "  imprint line add-planner office --sql\n",
    .options = add_options,
    .option_count = ADD_COUNT,
    .least = 1,
    .most = 1,
    .run = run_line_add_planner,
};

/* --- verify --- */

enum verify_option { VERIFY_SERVER, VERIFY_COUNT };
static const struct cli_option verify_options[VERIFY_COUNT] = {
    [VERIFY_SERVER] = {"server", 0, "SETTINGS",
                       "the database, as somebody who can read its tables: PostgreSQL's connection settings, without a "
                       "password",
                       NULL},
};

static void show_finding(void *context, const struct ledger_line_finding *finding)
{
    const struct output *output = context;

    output_result(output, "BAD   %s: station %s, log %s: %s\n", finding->check, finding->station, finding->log,
                  finding->text);
    output_object(output, json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", "line-check", "check", finding->check,
                                    "station", finding->station, "log", finding->log, "text", finding->text));
}

static void show_sum(const struct output *output, const struct ledger_line_verify *verify)
{
    output_result(output, "%llu log%s, %llu entries, %llu checkpoints%s\n", (unsigned long long)verify->logs,
                  verify->logs == 1 ? "" : "s", (unsigned long long)verify->entries,
                  (unsigned long long)verify->checkpoints, verify->bad == 0 ? ": all as the stations signed them" : "");
    if (verify->not_signed > 0)
        output_result(output, "not signed yet, since they are newer than the newest checkpoint of their log: %llu\n",
                      (unsigned long long)verify->not_signed);
    output_object(output, json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I}", "event", "line-verified", "holds",
                                    verify->bad == 0, "logs", (json_int_t)verify->logs, "entries",
                                    (json_int_t)verify->entries, "checkpoints", (json_int_t)verify->checkpoints, "bad",
                                    (json_int_t)verify->bad, "not_signed", (json_int_t)verify->not_signed));
}

static bool verify_line(struct cli *cli, struct error *err)
{
    struct ledger_line_verify verify = {.context = &cli->output, .finding = show_finding};
    struct database line = {.handle = NULL};
    bool ok = connect_server(cli, cli->values[VERIFY_SERVER], &ledger_line_kind, DATABASE_READ, &line, err) &&
              ledger_line_verify(&line, &verify, err);

    if (ok)
        show_sum(&cli->output, &verify);
    if (ok && verify.bad > 0) {
        error_set(err, ERROR_RECORD_REFUTED, "the server does not have what its stations signed",
                  "compare it with the stations' own ledgers: imprint ledger verify, imprint ledger sync");
        error_doing(err, "verify the line");
        error_with_subject(err, line.path);
        ok = false;
    }
    database_close(&line);
    return ok;
}

static enum cli_exit run_line_verify(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    return verify_line(cli, &err) ? CLI_DONE : output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_line_verify = {
    .name = "line verify",
    .arguments = "",
    .summary = "Check the line's database against what its stations signed",
    .description = "For the administrator of the database, or an auditor who can read its tables.\n"
                   "Of each log: recomputes the hash of every entry and the root of the tree, and\n"
                   "verifies each checkpoint's signature by the log's key. The server compares roots\n"
                   "when entries arrive, but cannot verify a signature. Finds edits, gaps, what was\n"
                   "cut off, and checkpoints that the station's key did not sign.\n"
                   "\n"
                   "The exit code is 1 when something is wrong. Changes nothing.\n",
    .examples = "  imprint line verify --server 'host=db.example dbname=line user=postgres'\n",
    .options = verify_options,
    .option_count = VERIFY_COUNT,
    .least = 0,
    .most = 0,
    .run = run_line_verify,
};
