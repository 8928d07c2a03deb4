/* SPDX-License-Identifier: Apache-2.0 */
/* imprint issuers: what the issuers file has, and whether one of it opens. Signs nothing but a trial text. */
#include "cli/cli.h"

#include <sys/resource.h>
#include <time.h>

#include "cli/ask.h"
#include "station/issuers_file.h"
#include "station/value.h"

#define DATE_SIZE 32

static const char *date_text(int64_t seconds, char text[static DATE_SIZE])
{
    const time_t time = (time_t)seconds;
    struct tm date;

    if (gmtime_r(&time, &date) == NULL || strftime(text, DATE_SIZE, "%Y-%m-%dT%H:%M:%SZ", &date) == 0)
        text[0] = '\0';
    return text;
}

static int count_chain(const struct issuer *issuer)
{
    int count = 0;

    while (issuer_chain(issuer, (size_t)count).len != 0)
        count++;
    return count;
}

static void show_open(const struct output *output, const struct issuer_config *config, const struct issuer *issuer)
{
    char begin[DATE_SIZE], end[DATE_SIZE];
    int64_t not_before, not_after;

    issuer_validity(issuer, &not_before, &not_after);
    date_text(not_before, begin);
    date_text(not_after, end);
    output_result(output, "%-20s  %s\n", "name", config->name);
    output_result(output, "%-20s  %s\n", "kind", issuer_kind_name(config->kind));
    output_result(output, "%-20s  %s\n", "subject", issuer_subject(issuer));
    output_result(output, "%-20s  %s to %s\n", "valid", begin, end);
    output_result(output, "%-20s  %d\n", "certificates", count_chain(issuer));
    if (issuer_signs(issuer))
        output_result(output, "%-20s  %s\n", "key", "belongs to the certificate; a trial signature verified");
    else
        output_result(output, "%-20s  %s\n", "server", "answers; its CA certificates were read");
    if (issuer_wanted(issuer)[0] != '\0')
        output_warn(output, "the issuer expects in requests what imprint does not put there: %s",
                    issuer_wanted(issuer));
    output_object(output,
                  json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:i}", "event", "issuer", "name", config->name, "kind",
                            issuer_kind_name(config->kind), "subject", value_text(issuer_subject(issuer)), "not_before",
                            begin, "not_after", end, "certificates", count_chain(issuer)));
}

static bool open_one(const struct cli *cli, const struct issuer_config *found, struct error *err)
{
    struct issuer_config config = *found;
    struct issuer *issuer = NULL;

    config.prompt = ask_prompt();
    if (!issuer_open(&config, &issuer, err))
        return false;
    show_open(&cli->output, found, issuer);
    issuer_close(issuer);
    return true;
}

static void list(const struct output *output, const struct issuers *issuers)
{
    output_result(output, "%-20s  %s\n", "name", "kind");
    for (size_t i = 0; i < issuers_count(issuers); i++) {
        const struct issuer_config *config = issuers_at(issuers, i);

        output_result(output, "%-20s  %s\n", config->name, issuer_kind_name(config->kind));
        output_object(output, json_pack("{s:s, s:s, s:s}", "event", "issuer", "name", config->name, "kind",
                                        issuer_kind_name(config->kind)));
    }
}

static bool show(const struct cli *cli, struct error *err)
{
    const struct issuer_config *found = NULL;
    struct issuers *issuers = NULL;
    char path[PATH_MAX];
    bool ok = issuers_file_find(&cli->station.config, path, err) && issuers_read(path, &issuers, err);

    if (ok && cli->argument_count == 0)
        list(&cli->output, issuers);
    if (ok && cli->argument_count != 0) {
        found = issuers_find(issuers, cli->arguments[0], err);
        ok = found != NULL && open_one(cli, found, err);
    }
    issuers_free(issuers);
    return ok;
}

static enum cli_exit run_issuers(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    /* Passphrases and keys will be in memory: no core file is to keep them. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    if (show(cli, &err))
        return CLI_DONE;
    error_doing(&err, "show the issuers");
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_issuers = {
    .name = "issuers",
    .arguments = "[NAME]",
    .summary = "List the issuers of certificates, or try one",
    .description = "Lists the issuers file of this station: issuers.yaml in the state folder, or the\n"
                   "file that --issuers names. With NAME it opens that issuer as a run would: reads\n"
                   "its certificates, opens its key, logs in to its token, and checks that they\n"
                   "belong together and are valid now; or it reads the CA certificates of an EST\n"
                   "server. A passphrase or PIN that no file holds is asked for on the terminal. A\n"
                   "wrong one is tried once. No certificate is made.\n",
    .examples = "  imprint issuers\n"
                "  imprint --issuers line/issuers.yaml issuers line\n",
    .least = 0,
    .most = 1,
    .run = run_issuers,
};
