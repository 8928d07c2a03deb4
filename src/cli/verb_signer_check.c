/* SPDX-License-Identifier: Apache-2.0 */
/* imprint signer check: whether a signer could serve by this rule file. Signs nothing but a trial text. */
#include "cli/cli.h"

#include <sys/resource.h>
#include <time.h>

#include "cli/ask.h"
#include "profile/words.h"
#include "signer/signer.h"
#include "station/value.h"

#define DATE_SIZE 24

static void show_order(const struct output *output, const struct signer *signer, const struct signer_order *order)
{
    char end[DATE_SIZE] = "";
    int64_t not_after = 0;
    const char *issuer = signer_issuer_of(signer, order, &not_after);
    const char *kind = profile_word_of(profile_words_kind, (uint32_t)order->certificate.kind);
    const time_t seconds = (time_t)not_after;
    struct tm tm;

    if (gmtime_r(&seconds, &tm) != NULL)
        (void)strftime(end, sizeof end, "%Y-%m-%dT%H:%M:%SZ", &tm);
    output_result(output, "%s: %s \"%s\" for %u devices, by %s (%s, until %s)\n", order->certificate.name, kind,
                  order->certificate.subject, order->budget, order->certificate.issuer, issuer, end);
    output_object(output, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:I}", "event", "signer-rule", "order",
                                    order->certificate.name, "kind", kind, "subject", order->certificate.subject,
                                    "issuer", order->certificate.issuer, "issuer_subject", value_text(issuer),
                                    "issuer_not_after", end, "budget", (json_int_t)order->budget));
}

static void ignore_decided(void *context, const struct signer_answer *answer, const char *address)
{
    (void)context;
    (void)answer;
    (void)address;
}

static void ignore_noticed(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static enum cli_exit run_signer_check(struct cli *cli)
{
    const struct signer_events events = {NULL, ignore_decided, ignore_noticed};
    const struct issuer_prompt prompt = ask_prompt();
    struct error err = ERROR_IN(cli->error_room);
    struct signer *signer = NULL;

    /* Private keys will be in memory: no core file is to keep them. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    if (!signer_open(cli->arguments[0], &prompt, &events, true, &signer, &err)) {
        error_doing(&err, "check the signer's rules");
        return output_error(&cli->output, &err);
    }
    for (size_t i = 0; i < signer_rules_of(signer)->order_count; i++)
        show_order(&cli->output, signer, &signer_rules_of(signer)->orders[i]);
    signer_close(signer);
    return CLI_DONE;
}

const struct cli_verb cli_verb_signer_check = {
    .name = "signer check",
    .arguments = "FILE",
    .summary = "Check a signer's rule file, and all that it names",
    .description = "Does all that `imprint signer serve FILE` does before it listens, but opens and\n"
                   "makes no database: reads the rule file and the certificates of server and\n"
                   "stations, opens the issuers' keys, logs in to their tokens (once), and builds\n"
                   "a certificate for each order without signing it. Prints a line for each order.\n",
    .examples = "  imprint signer check rules.yaml\n",
    .least = 1,
    .most = 1,
    .run = run_signer_check,
};
