/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes of getopt_long(): up to the verb with the global options alone, then after it with the verb's as well.
 * getopt's own state and messages stay inside this file.
 */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/suggest.h"
#include "station/folder.h"

enum global {
    GLOBAL_STATE,
    GLOBAL_DEVICE,
    GLOBAL_STORAGE,
    GLOBAL_ISSUERS,
    GLOBAL_CONNECTIONS,
    GLOBAL_JSON,
    GLOBAL_QUIET,
    GLOBAL_VERBOSE,
    GLOBAL_FAULT,
    GLOBAL_TRACE,
    GLOBAL_TRACE_SECRETS,
    GLOBAL_HELP,
    GLOBAL_VERSION,
    GLOBAL_COUNT
};

const struct cli_option options_global[] = {
    [GLOBAL_STATE] = {"state", 0, "DIR", "the state folder: virtual chip, key records, evidence", NULL},
    [GLOBAL_DEVICE] = {"device", 0, "DEVICE",
                       "the chip: virtual[:FILE], i2c:FILE[@ADDRESS], swi:FILE, kit:FILE, kit:hid, unix:PATH, "
                       "tcp:HOST:PORT (default: virtual)",
                       NULL},
    [GLOBAL_STORAGE] = {"storage", 0, "WHERE",
                        "where the key records are: file (the state folder, the default) or flash:IMAGE, the image "
                        "of a board's flash",
                        "file flash:"},
    [GLOBAL_ISSUERS] = {"issuers", 0, "FILE",
                        "the issuers of certificates, by name (default: issuers.yaml in the state folder)", NULL},
    [GLOBAL_CONNECTIONS] = {"connections", 0, "FILE",
                            "the servers that devices must be accepted by, by name (default: connections.yaml in the "
                            "state folder)",
                            NULL},
    [GLOBAL_JSON] = {"json", 0, NULL, "print one JSON object per line on stdout, errors included", NULL},
    [GLOBAL_QUIET] = {"quiet", 'q', NULL, "no messages and no progress on stderr", NULL},
    [GLOBAL_VERBOSE] = {"verbose", 'v', NULL, "more detail", NULL},
    [GLOBAL_FAULT] =
        {"fault", 0, "FAULT",
         "rehearsals only: make the virtual chip fail at its command number N; FAULT is KIND@N; up to eight times",
         "silent@ nack@ garbage@ badcrc@ flip@ lost@ reset@ slow@ kill@"},
    [GLOBAL_TRACE] = {"trace", 0, "FILE", "record the virtual chip's bus traffic in FILE, secrets hidden", NULL},
    [GLOBAL_TRACE_SECRETS] = {"trace-secrets", 0, NULL, "show keys and other secrets in the trace", NULL},
    [GLOBAL_HELP] = {"help", 'h', NULL, "show help, change nothing", NULL},
    [GLOBAL_VERSION] = {"version", 'V', NULL, "show the version, change nothing", NULL},
};
const size_t options_global_count = GLOBAL_COUNT;

/* What getopt returns: an index into the global table, or into the verb's beyond OF_VERB; below both lie characters. */
#define OF_GLOBAL 0x100
#define OF_VERB 0x200
#define OPTIONS_MAX (GLOBAL_COUNT + CLI_VALUES_MAX)

struct tables {
    struct option longs[OPTIONS_MAX + 1];
    char shorts[2 + 2 * OPTIONS_MAX + 1];
    size_t count;
};

static void add_options(struct tables *tables, const struct cli_option *options, size_t count, int base)
{
    size_t n = strlen(tables->shorts);

    for (size_t i = 0; i < count && tables->count < OPTIONS_MAX; i++) {
        tables->longs[tables->count++] = (struct option){
            .name = options[i].name,
            .has_arg = options[i].argument != NULL ? required_argument : no_argument,
            .val = base + (int)i,
        };
        if (options[i].letter == 0)
            continue;
        tables->shorts[n++] = options[i].letter;
        if (options[i].argument != NULL)
            tables->shorts[n++] = ':';
    }
}

/* The index getopt means by `value`: its letter looked up where it gave a letter. -1: none of these options. */
static int index_of(int value, const struct cli_option *options, size_t count, int base)
{
    if (value >= base && (size_t)(value - base) < count)
        return value - base;
    for (size_t i = 0; i < count; i++) {
        if (options[i].letter != 0 && options[i].letter == value)
            return (int)i;
    }
    return -1;
}

static bool usage(struct error *err, const char *cause, const char *subject, const char *next)
{
    error_set(err, ERROR_USAGE, cause, next);
    error_with_subject(err, subject);
    error_doing(err, "understand the command line");
    return false;
}

static bool take_global(struct cli *cli, int option, const char *argument, struct error *err)
{
    switch (option) {
    case GLOBAL_STATE:
        if (argument[0] == '\0' || strlen(argument) >= sizeof cli->station.config.state)
            return usage(err, "--state needs the name of a folder", argument, NULL);
        cli->output.given.state = argument;
        snprintf(cli->station.config.state, sizeof cli->station.config.state, "%s", argument);
        return true;
    case GLOBAL_DEVICE:
        cli->station.config.device = cli->output.given.device = argument;
        return true;
    case GLOBAL_STORAGE:
        cli->station.config.storage = cli->output.given.storage = argument;
        return true;
    case GLOBAL_ISSUERS:
        cli->station.config.issuers = cli->output.given.issuers = argument;
        return true;
    case GLOBAL_CONNECTIONS:
        cli->station.config.connections = cli->output.given.connections = argument;
        return true;
    case GLOBAL_JSON:
        cli->output.json = true;
        return true;
    case GLOBAL_QUIET:
        cli->output.talk = OUTPUT_QUIET;
        return true;
    case GLOBAL_VERBOSE:
        cli->output.talk = OUTPUT_VERBOSE;
        return true;
    case GLOBAL_FAULT:
        if (cli->station.config.fault_count == STATION_FAULTS_MAX)
            return usage(err, "too many --fault options: at most 8", argument, "remove some --fault options");
        cli->station.config.faults[cli->station.config.fault_count++] = argument;
        return true;
    case GLOBAL_TRACE:
        cli->station.config.trace = argument;
        return true;
    case GLOBAL_TRACE_SECRETS:
        cli->station.config.trace_secrets = true;
        return true;
    case GLOBAL_HELP:
        cli->help = true;
        return true;
    case GLOBAL_VERSION:
        cli->version = true;
        return true;
    default:
        return usage(err, "no such option", argument, NULL);
    }
}

static bool unknown_option(struct cli *cli, const char *word, struct error *err)
{
    const char *name = word + strspn(word, "-"), *verb = cli->verb != NULL ? cli->verb->name : "";
    const char *space = verb[0] != '\0' ? " " : "";
    size_t len = strcspn(name, "=");
    struct suggestion best = {.word = NULL};

    for (size_t i = 0; i < options_global_count; i++)
        suggest_consider(&best, name, len, options_global[i].name);
    for (size_t i = 0; cli->verb != NULL && i < cli->verb->option_count; i++)
        suggest_consider(&best, name, len, cli->verb->options[i].name);
    if (best.word != NULL && strncmp(word, "--", 2) == 0)
        return usage(err, "no such option", word,
                     error_keep_format(err, "did you mean --%s? list the options with: imprint %s%s--help", best.word,
                                       verb, space));
    return usage(err, "no such option", word,
                 error_keep_format(err, "list the options with: imprint %s%s--help", verb, space));
}

/* Reads options up to the end, or with `stop` up to the first word that is none. */
static bool read_options(struct cli *cli, int argc, char **argv, bool stop, struct error *err)
{
    struct tables tables = {.shorts = ":"};
    const struct cli_verb *verb = cli->verb;
    int value, option;

    if (stop)
        memcpy(tables.shorts, "+:", sizeof "+:");
    add_options(&tables, options_global, options_global_count, OF_GLOBAL);
    if (verb != NULL)
        add_options(&tables, verb->options, verb->option_count, OF_VERB);
    opterr = 0;
    optind = 0; /* glibc: reset */
    while ((value = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        if (value == ':')
            return usage(err, "this option needs a value", argv[optind - 1], NULL);
        if (value == '?' && optopt >= OF_GLOBAL)
            return usage(err, "this option does not accept a value", argv[optind - 1], NULL);
        if (value == '?') {
            /* Of a group of letters (-qx) getopt has not moved on when the unknown one is not the last. */
            const char *word = argv[optind - 1];

            if (optopt != 0 && (word[0] != '-' || strchr(word, optopt) == NULL) && optind < argc)
                word = argv[optind];
            return unknown_option(cli, word, err);
        }
        option = index_of(value, options_global, options_global_count, OF_GLOBAL);
        if (option >= 0) {
            if (!take_global(cli, option, optarg, err))
                return false;
            continue;
        }
        option = verb == NULL ? -1 : index_of(value, verb->options, verb->option_count, OF_VERB);
        if (option < 0 || option >= CLI_VALUES_MAX)
            return usage(err, "no such option", argv[optind - 1], NULL);
        cli->values[option] = verb->options[option].argument != NULL ? optarg : "";
    }
    return true;
}

/* True when `word` is the first word of the verb's name; `*second` gets the rest of the name, "" for one word. */
static bool begins_with(const struct cli_verb *verb, const char *word, const char **second)
{
    size_t first = strcspn(verb->name, " ");

    *second = verb->name + first + (verb->name[first] == ' ');
    return strlen(word) == first && strncmp(verb->name, word, first) == 0;
}

/* What can stand after `first`, as "new, serve, run", into `list`. */
static void list_subcommands(const char *first, char *list, size_t size)
{
    size_t n = 0;

    list[0] = '\0';
    for (size_t i = 0; i < cli_verb_count && n < size; i++) {
        const char *second;

        if (begins_with(cli_verbs[i], first, &second))
            n += (size_t)snprintf(list + n, size - n, "%s%s", n > 0 ? ", " : "", second);
    }
}

/* Refuses `cli->group` alone, with the list of its subcommands. Always false. */
static bool needs_subcommand(const struct cli *cli, struct error *err)
{
    char list[128];

    list_subcommands(cli->group, list, sizeof list);
    return usage(err, error_keep_format(err, "`%s` needs a subcommand: %s", cli->group, list), NULL,
                 error_keep_format(err, "see what each does: imprint %s --help", cli->group));
}

/* Lists the verbs whose second word is `word` in `list`: "imprint virtual new, imprint ca new". False: there are none.
 */
static bool list_verbs_with(const char *word, char *list, size_t size)
{
    size_t n = 0;

    list[0] = '\0';
    for (size_t i = 0; i < cli_verb_count && n < size; i++) {
        const char *name = cli_verbs[i]->name, *space = strchr(name, ' ');

        if (space != NULL && strcmp(space + 1, word) == 0)
            n += (size_t)snprintf(list + n, size - n, "%simprint %s", n > 0 ? ", " : "", name);
    }
    return n > 0;
}

/* No verb begins with this word. A second word alone ("new") is answered with its verbs. */
static bool unknown_verb(const char *word, struct error *err)
{
    struct suggestion best = {.word = NULL};
    char first[32], list[160];

    if (list_verbs_with(word, list, sizeof list))
        return usage(err, "no such verb", word, error_keep_format(err, "did you mean: %s", list));
    for (size_t i = 0; i < cli_verb_count; i++) {
        const char *name = cli_verbs[i]->name, *space = strchr(name, ' ');

        suggest_consider(&best, word, strlen(word), name);
        if (space != NULL) {
            struct suggestion group = {.word = NULL};

            snprintf(first, sizeof first, "%.*s", (int)(space - name), name);
            suggest_consider(&group, word, strlen(word), first);
            if (group.word != NULL && (best.word == NULL || group.distance < best.distance))
                best = (struct suggestion){.word = name, .distance = group.distance};
        }
    }
    if (best.word == NULL)
        return usage(err, "no such verb", word, "list the verbs with: imprint --help");
    return usage(err, "no such verb", word,
                 error_keep_format(err, "did you mean %.*s? list the verbs with: imprint --help",
                                   (int)strcspn(best.word, " "), best.word));
}

/* `group` is known, `word` is none of its subcommands. */
static bool unknown_subcommand(const char *group, const char *word, struct error *err)
{
    struct suggestion best = {.word = NULL};
    const char *second;
    char list[128];

    for (size_t i = 0; i < cli_verb_count; i++) {
        if (begins_with(cli_verbs[i], group, &second))
            suggest_consider(&best, word, strlen(word), second);
    }
    list_subcommands(group, list, sizeof list);
    return usage(err, error_keep_format(err, "no such subcommand of `%s`, which has: %s", group, list), word,
                 best.word != NULL ? error_keep_format(err, "did you mean: imprint %s %s", group, best.word)
                                   : error_keep_format(err, "see what each does: imprint %s --help", group));
}

bool options_find_verb(struct cli *cli, int argc, char **argv, int *words, struct error *err)
{
    bool group = false;

    for (size_t i = 0; i < cli_verb_count; i++) {
        const char *second;

        if (!begins_with(cli_verbs[i], argv[0], &second))
            continue;
        group = second[0] != '\0';
        if (!group || (argc > 1 && strcmp(argv[1], second) == 0)) {
            cli->verb = cli_verbs[i];
            cli->output.given.verb = cli->verb->name;
            *words = group ? 2 : 1;
            return true;
        }
    }
    if (!group)
        return unknown_verb(argv[0], err);
    if (argc > 1 && argv[1][0] != '-')
        return unknown_subcommand(argv[0], argv[1], err);
    cli->group = argv[0];
    *words = 1;
    return true;
}

/* Where "--" stands, or `argc`. */
static int find_dashes(int argc, char **argv)
{
    int at = 0;

    while (at < argc && strcmp(argv[at], "--") != 0)
        at++;
    return at;
}

static const char *usage_line(const struct cli_verb *verb, struct error *err)
{
    return error_keep_format(err, "usage: imprint %s%s%s", verb->name, verb->arguments[0] != '\0' ? " " : "",
                             verb->arguments);
}

bool options_parse(struct cli *cli, int argc, char **argv, struct error *err)
{
    int words = 0, dashes;
    const struct cli_verb *verb;

    /* So that a mistake in front of --json is reported as JSON as well. */
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            cli->output.json = true;
    }
    if (!read_options(cli, argc, argv, true, err))
        return false;
    if (optind >= argc) {
        if (cli->help || cli->version)
            return true;
        return usage(err, "no verb given", NULL, "list the verbs with: imprint --help");
    }
    argc -= optind;
    argv += optind;
    if (!options_find_verb(cli, argc, argv, &words, err))
        return false;
    /* getopt skips argv[0]: the verb's last word stands there. */
    argc -= words - 1;
    argv += words - 1;
    dashes = find_dashes(argc, argv);
    if (!read_options(cli, argc, argv, false, err))
        return false;
    /* getopt has moved "--" in front of all arguments; those that were after it are still the last. */
    if (dashes < argc && strcmp(argv[optind - 1], "--") == 0)
        cli->behind_dashes = argc - dashes - 1;
    cli->argument_count = argc - optind;
    cli->arguments = argv + optind;
    folder_find_state(&cli->station.config);
    if (cli->help || cli->version)
        return true;
    if (cli->group != NULL)
        return needs_subcommand(cli, err);
    verb = cli->verb;
    if (cli->argument_count < verb->least)
        return usage(err, "missing argument", verb->name, usage_line(verb, err));
    if (cli->argument_count > verb->most)
        return usage(err, "unexpected argument", cli->arguments[verb->most], usage_line(verb, err));
    if (strcmp(verb->arguments, "PROFILE") == 0)
        cli->output.given.profile = cli->arguments[0];
    return true;
}
