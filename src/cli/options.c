/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes of getopt_long(): up to the verb with the global options alone, then behind it with the verb's too.
 * getopt's own state and messages stay inside this file.
 */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/folder.h"

enum global {
    GLOBAL_STATE,
    GLOBAL_DEVICE,
    GLOBAL_STORAGE,
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
    [GLOBAL_STATE] = {"state", 0, "DIR", "the state folder: virtual chip, key records, evidence"},
    [GLOBAL_DEVICE] = {"device", 0, "DEVICE",
                       "the chip: virtual[:FILE], i2c:FILE, swi:FILE, kit:FILE, kit:hid, unix:PATH, tcp:HOST:PORT"},
    [GLOBAL_STORAGE] = {"storage", 0, "WHERE",
                        "where the key records lie: file (the state folder), or flash:IMAGE, a board's flash"},
    [GLOBAL_JSON] = {"json", 0, NULL, "one JSON object a line on stdout, errors included"},
    [GLOBAL_QUIET] = {"quiet", 'q', NULL, "no talk and no progress on stderr"},
    [GLOBAL_VERBOSE] = {"verbose", 'v', NULL, "more detail on stderr"},
    [GLOBAL_FAULT] = {"fault", 0, "ID", "for rehearsals: make the virtual chip fail, KIND@N; may be repeated"},
    [GLOBAL_TRACE] = {"trace", 0, "FILE", "write down what passes on the virtual chip's bus, secrets hidden"},
    [GLOBAL_TRACE_SECRETS] = {"trace-secrets", 0, NULL, "do not hide keys and other secrets in the trace"},
    [GLOBAL_HELP] = {"help", 'h', NULL, "show help and do nothing else"},
    [GLOBAL_VERSION] = {"version", 'V', NULL, "show the version and do nothing else"},
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
        if (argument[0] == '\0' || strlen(argument) >= sizeof cli->state)
            return usage(err, "--state wants the name of a folder", argument, NULL);
        snprintf(cli->state, sizeof cli->state, "%s", argument);
        return true;
    case GLOBAL_DEVICE:
        cli->device = argument;
        return true;
    case GLOBAL_STORAGE:
        cli->storage = argument;
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
        if (cli->fault_count == CLI_FAULTS_MAX)
            return usage(err, "at most 8 faults can be armed", argument, "leave some --fault out");
        cli->faults[cli->fault_count++] = argument;
        return true;
    case GLOBAL_TRACE:
        cli->trace = argument;
        return true;
    case GLOBAL_TRACE_SECRETS:
        cli->trace_secrets = true;
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

/* How many single-letter edits lead from `a` to `b`; words of at most 31 letters, longer ones count as far away. */
static size_t edit_distance(const char *a, size_t a_len, const char *b)
{
    size_t b_len = strlen(b), row[32];

    if (a_len > 31 || b_len > 31)
        return 99;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

            diagonal = row[j];
            row[j] = change < shorter ? change : shorter;
        }
    }
    return row[b_len];
}

/*
 * How far a known word may be from a mistyped one of this length to be worth a guess, exclusive: about half of it, else
 * any two short words would be alike ("help", "keys").
 */
static size_t guess_limit(size_t len)
{
    return len < 3 ? 2 : len < 6 ? len / 2 + 1 : 4;
}

/* Keeps in `*best` the known word that is nearest to `word`; `*distance` starts with the most that is tolerated. */
static void nearer(const char *word, size_t len, const char *known, const char **best, size_t *distance)
{
    size_t d = len >= 3 && strncmp(word, known, len) == 0 ? 1 : edit_distance(word, len, known);

    if (d < *distance) {
        *distance = d;
        *best = known;
    }
}

static bool unknown_option(struct cli *cli, const char *word, struct error *err)
{
    const char *name = word + strspn(word, "-"), *best = NULL;
    size_t len = strcspn(name, "="), distance = guess_limit(len);

    for (size_t i = 0; i < options_global_count; i++)
        nearer(name, len, options_global[i].name, &best, &distance);
    for (size_t i = 0; cli->verb != NULL && i < cli->verb->option_count; i++)
        nearer(name, len, cli->verb->options[i].name, &best, &distance);
    if (best != NULL && word[0] == '-' && word[1] == '-')
        snprintf(cli->advice, sizeof cli->advice, "did you mean --%s? imprint %s%s--help lists the options", best,
                 cli->verb != NULL ? cli->verb->name : "", cli->verb != NULL ? " " : "");
    else
        snprintf(cli->advice, sizeof cli->advice, "imprint %s%s--help lists the options",
                 cli->verb != NULL ? cli->verb->name : "", cli->verb != NULL ? " " : "");
    return usage(err, "no such option", word, cli->advice);
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
    optind = 0; /* glibc: start anew */
    while ((value = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        if (value == ':')
            return usage(err, "this option wants an argument", argv[optind - 1], NULL);
        if (value == '?' && optopt >= OF_GLOBAL)
            return usage(err, "this option takes no argument", argv[optind - 1], NULL);
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
        if (option < 0)
            return usage(err, "no such option", argv[optind - 1], NULL);
        cli->values[option] = verb->options[option].argument != NULL ? optarg : "";
    }
    return true;
}

/* Finds the verb in argv[0] and, for verbs of two words, argv[1]; `*words` gets how many it took. */
static bool find_verb(struct cli *cli, int argc, char **argv, int *words, struct error *err)
{
    const char *best = NULL, *second = NULL;
    size_t distance = guess_limit(strlen(argv[0])), second_distance = SIZE_MAX;

    for (size_t i = 0; i < cli_verb_count; i++) {
        const struct cli_verb *verb = cli_verbs[i];
        size_t first = strcspn(verb->name, " ");
        bool two = verb->name[first] == ' ';

        if (strlen(argv[0]) == first && strncmp(argv[0], verb->name, first) == 0) {
            if (!two || (argc > 1 && strcmp(argv[1], verb->name + first + 1) == 0)) {
                cli->verb = verb;
                *words = two ? 2 : 1;
                return true;
            }
            if (argc > 1 && argv[1][0] != '-') {
                nearer(argv[1], strlen(argv[1]), verb->name + first + 1, &second, &second_distance);
                if (i + 1 < cli_verb_count && strncmp(cli_verbs[i + 1]->name, verb->name, first + 1) == 0)
                    continue; /* the next verb has this first word too */
                snprintf(cli->advice, sizeof cli->advice, "one that exists is: imprint %s %s", argv[0], second);
                return usage(err, "no such verb after this one", argv[0], cli->advice);
            }
            /* "imprint virtual --help" shows its one verb; without --help the count of words is checked later. */
            cli->verb = verb;
            cli->verb_incomplete = true;
            *words = 1;
            return true;
        }
        nearer(argv[0], strlen(argv[0]), verb->name, &best, &distance);
    }
    if (best != NULL)
        snprintf(cli->advice, sizeof cli->advice, "did you mean \"%s\"? imprint --help lists the verbs", best);
    else
        snprintf(cli->advice, sizeof cli->advice, "imprint --help lists the verbs");
    return usage(err, "no such verb", argv[0], cli->advice);
}

/* Where "--" stands, or `argc`. */
static int find_dashes(int argc, char **argv)
{
    int at = 0;

    while (at < argc && strcmp(argv[at], "--") != 0)
        at++;
    return at;
}

bool options_parse(struct cli *cli, int argc, char **argv, struct error *err)
{
    int words = 0, dashes;
    const struct cli_verb *verb;

    /* Errors in the options before --json are to be JSON too. */
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            cli->output.json = true;
    }
    if (!read_options(cli, argc, argv, true, err))
        return false;
    if (optind >= argc) {
        if (cli->help || cli->version)
            return true;
        return usage(err, "no verb given", NULL, "imprint --help lists the verbs");
    }
    argc -= optind;
    argv += optind;
    if (!find_verb(cli, argc, argv, &words, err))
        return false;
    /* getopt skips the word in front, as it would the program's name. */
    argc -= words - 1;
    argv += words - 1;
    dashes = find_dashes(argc, argv);
    if (!read_options(cli, argc, argv, false, err))
        return false;
    /* getopt has moved the dashes in front of all arguments; what stood behind them is still last. */
    if (dashes < argc && strcmp(argv[optind - 1], "--") == 0)
        cli->behind_dashes = argc - dashes - 1;
    cli->argument_count = argc - optind;
    cli->arguments = argv + optind;
    folder_find_state(cli);
    if (cli->help || cli->version)
        return true;
    verb = cli->verb;
    snprintf(cli->advice, sizeof cli->advice, "usage: imprint %s%s%s", verb->name,
             verb->arguments[0] != '\0' ? " " : "", verb->arguments);
    if (cli->verb_incomplete)
        return usage(err, "this verb has a second word", argv[0], cli->advice);
    if (cli->argument_count < verb->least)
        return usage(err, "an argument is missing", verb->name, cli->advice);
    if (cli->argument_count > verb->most)
        return usage(err, "one argument too many", cli->arguments[verb->most], cli->advice);
    cli->advice[0] = '\0';
    return true;
}

bool options_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    return number_parse(text, least, most, number) == NUMBER_OK;
}
