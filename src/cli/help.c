/* SPDX-License-Identifier: Apache-2.0 */
/* Help as text for a terminal of 80 columns, and as JSON for scripts/cli-docs and tests. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"

#define COLUMNS 80
#define TEXT_AT 29 /* where the text of an option begins */
#define NAME_WIDTH 16

/* Prints `text`, broken at spaces; the cursor is in column `at` (from 0), other lines begin there too. */
static void print_wrapped(const char *text, int at)
{
    int column = at;

    while (*text != '\0') {
        int len = (int)strcspn(text, " ");

        if (column > at && column + 1 + len > COLUMNS) {
            printf("\n%*s", at, "");
            column = at;
        } else if (column > at) {
            putchar(' ');
            column++;
        }
        printf("%.*s", len, text);
        column += len;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_options(const struct cli_option *options, size_t count)
{
    char left[40];

    for (size_t i = 0; i < count; i++) {
        const struct cli_option *option = &options[i];
        char letter[5] = "    ";

        if (option->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", option->letter);
        snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name, option->argument != NULL ? " " : "",
                 option->argument != NULL ? option->argument : "");
        printf("%-*s ", TEXT_AT - 1, left);
        print_wrapped(option->help, TEXT_AT);
    }
}

static void print_verb(const struct cli_verb *verb)
{
    printf("usage: imprint [OPTION...] %s%s%s\n\n%s.\n\n%s", verb->name, verb->arguments[0] != '\0' ? " " : "",
           verb->arguments, verb->summary, verb->description);
    if (verb->option_count > 0) {
        fputs("\nOptions of this verb:\n", stdout);
        print_options(verb->options, verb->option_count);
    }
    fputs("\nOptions of every verb:\n", stdout);
    print_options(options_global, options_global_count);
    printf("\nExamples:\n%s", verb->examples);
}

/* Is the verb in `group`, the first word of a verb of two? NULL: all are. */
static bool is_of_group(const struct cli_verb *verb, const char *group)
{
    size_t len = group != NULL ? strlen(group) : 0;

    return group == NULL || (strncmp(verb->name, group, len) == 0 && verb->name[len] == ' ');
}

static void print_verbs(const char *group)
{
    for (size_t i = 0; i < cli_verb_count; i++) {
        if (!is_of_group(cli_verbs[i], group))
            continue;
        printf("  %-*s ", NAME_WIDTH, cli_verbs[i]->name);
        print_wrapped(cli_verbs[i]->summary, 2 + NAME_WIDTH + 1);
    }
}

static void print_group(const char *group)
{
    printf("usage: imprint [OPTION...] %s SUBCOMMAND [ARGUMENT...]\n\nSubcommands:\n", group);
    print_verbs(group);
    printf("\nRead more about one with: imprint %s SUBCOMMAND --help\n", group);
}

static void print_overview(void)
{
    fputs("usage: imprint [OPTION...] VERB [ARGUMENT...]\n\n"
          "Factory provisioning of boards with an ATECC608 secure element, through PSA\n"
          "Crypto.\n\n"
          "Verbs:\n",
          stdout);
    print_verbs(NULL);
    fputs("\nOptions, before or after the verb:\n", stdout);
    print_options(options_global, options_global_count);
    fputs("\nExit codes:\n"
          "    0  done\n"
          "    1  the chip, PSA, or the server of tls refused\n"
          "    2  usage, profile or another input file\n"
          "    3  device, or the server of tls, unreachable\n"
          "    4  not the device that the profile expects or the command needs\n"
          "    5  done, but the record, the trace or the result could not be written\n"
          "    6  the issuer of certificates refused, is away, or is unfit\n"
          "  130  interrupted, safe to run again\n\n"
          "A first try, without hardware:\n"
          "  imprint virtual new\n"
          "  imprint info\n"
          "  imprint provision profiles/mbed-factory-example.yaml --dry-run\n"
          "  imprint provision profiles/mbed-factory-example.yaml --arm profile\n\n"
          "Read more about a verb with: imprint VERB --help; all of it with: man imprint\n",
          stdout);
}

static json_t *options_as_array(const struct cli_option *options, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        const char letter[] = {options[i].letter, '\0'};

        json_array_append_new(array, json_pack("{s:s, s:s?, s:s?, s:s, s:s?}", "name", options[i].name, "letter",
                                               letter[0] != '\0' ? letter : NULL, "argument", options[i].argument,
                                               "help", options[i].help, "words", options[i].words));
    }
    return array;
}

static json_t *verb_as_object(const struct cli_verb *verb)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "event", "verb", "name", verb->name, "arguments",
                     verb->arguments, "summary", verb->summary, "description", verb->description, "examples",
                     verb->examples, "options", options_as_array(verb->options, verb->option_count));
}

static void print_objects(const struct cli *cli)
{
    for (size_t i = 0; i < cli_verb_count; i++) {
        const struct cli_verb *verb = cli_verbs[i];

        if (cli->verb != NULL ? cli->verb == verb : is_of_group(verb, cli->group))
            output_object(&cli->output, verb_as_object(verb));
    }
    if (cli->verb == NULL && cli->group == NULL)
        output_object(&cli->output, json_pack("{s:s, s:o}", "event", "options", "options",
                                              options_as_array(options_global, options_global_count)));
}

void help_print(const struct cli *cli)
{
    if (cli->output.json)
        print_objects(cli);
    else if (cli->verb != NULL)
        print_verb(cli->verb);
    else if (cli->group != NULL)
        print_group(cli->group);
    else
        print_overview();
}

static enum cli_exit run_help(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct cli about = *cli;
    int words = 0;
    bool found;

    about.verb = NULL;
    found = cli->argument_count == 0 || options_find_verb(&about, cli->argument_count, cli->arguments, &words, &err);
    if (found && words < cli->argument_count) {
        error_set(&err, ERROR_USAGE, "unexpected argument", "usage: imprint help [VERB [SUBCOMMAND]]");
        error_with_subject(&err, cli->arguments[words]);
        found = false;
    }
    if (!found)
        return output_error(&cli->output, &err);
    help_print(&about);
    return CLI_DONE;
}

const struct cli_verb cli_verb_help = {
    .name = "help",
    .arguments = "[VERB [SUBCOMMAND]]",
    .summary = "Show help, of one verb where it is named",
    .description = "Prints what a verb does, its options and examples, as imprint VERB --help does.\n"
                   "Without VERB it lists all verbs, options and exit codes. Changes nothing.\n",
    .examples = "  imprint help\n"
                "  imprint help provision\n"
                "  imprint help virtual serve\n",
    .least = 0,
    .most = 2,
    .run = run_help,
};
