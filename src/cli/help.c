/* SPDX-License-Identifier: Apache-2.0 */
/* Help as text, and as objects for completion and tests. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"

static void print_options(const struct cli_option *options, size_t count)
{
    char left[40];

    for (size_t i = 0; i < count; i++) {
        const struct cli_option *option = &options[i];
        int n = option->letter != 0 ? snprintf(left, sizeof left, "-%c, --%s", option->letter, option->name)
                                    : snprintf(left, sizeof left, "    --%s", option->name);

        if (option->argument != NULL && n > 0 && (size_t)n < sizeof left)
            snprintf(left + n, sizeof left - (size_t)n, " %s", option->argument);
        printf("  %-26s %s\n", left, option->help);
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

static void print_overview(void)
{
    fputs("usage: imprint [OPTION...] VERB [ARGUMENT...]\n\n"
          "Factory provisioning of boards with an ATECC608 secure element, through PSA Crypto.\n\n"
          "Verbs:\n",
          stdout);
    for (size_t i = 0; i < cli_verb_count; i++)
        printf("  %-12s %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    fputs("\nOptions, before or after the verb:\n", stdout);
    print_options(options_global, options_global_count);
    fputs("\nExit codes:\n"
          "    0  done\n"
          "    1  the chip or PSA refused\n"
          "    2  usage, profile or another input file\n"
          "    3  device unreachable\n"
          "    4  not the device the profile expects\n"
          "    5  the record could not be written\n"
          "  130  interrupted, safe to run again\n\n"
          "A first try, without hardware:\n"
          "  imprint virtual new\n"
          "  imprint info\n"
          "  imprint provision profiles/mbed-factory-example.yaml\n\n"
          "imprint VERB --help tells more about a verb; so does man imprint.\n",
          stdout);
}

static json_t *options_as_array(const struct cli_option *options, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_pack("{s:s, s:s?, s:s}", "name", options[i].name, "argument",
                                               options[i].argument, "help", options[i].help));
    return array;
}

void help_print(const struct cli *cli)
{
    if (cli->output.json) {
        for (size_t i = 0; i < cli_verb_count; i++) {
            const struct cli_verb *verb = cli_verbs[i];

            if (cli->verb == NULL || cli->verb == verb)
                output_object(&cli->output, json_pack("{s:s, s:s, s:s, s:s, s:o}", "event", "verb", "name", verb->name,
                                                      "arguments", verb->arguments, "summary", verb->summary, "options",
                                                      options_as_array(verb->options, verb->option_count)));
        }
        if (cli->verb == NULL)
            output_object(&cli->output, json_pack("{s:s, s:o}", "event", "options", "options",
                                                  options_as_array(options_global, options_global_count)));
        return;
    }
    if (cli->verb != NULL)
        print_verb(cli->verb);
    else
        print_overview();
}
