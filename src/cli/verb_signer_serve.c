/* SPDX-License-Identifier: Apache-2.0 */
/* imprint signer serve: an EST server that issues certificates by the rules of a file. */
#include "cli/cli.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "cli/ask.h"
#include "cli/signer_print.h"
#include "signer/signer.h"
#include "station/stop.h"
#include "station/value.h"

#define USUAL_PLACE "127.0.0.1:8443"

enum serve_option { OPTION_LISTEN, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_LISTEN] = {"listen", 0, "HOST:PORT",
                       "the address of this machine to listen at (default: " USUAL_PLACE
                       "); port 0 takes a free one, 0.0.0.0 all addresses",
                       "127.0.0.1:8443 0.0.0.0:8443"},
};

static void print_decided(void *context, const struct signer_answer *answer, const char *address)
{
    const struct output *output = context;
    const struct signer_record record = {
        .time = answer->time,
        .station = answer->station,
        .order = answer->order,
        .subject = answer->subject,
        .decision = signer_decision_word(answer->decision),
        .reason = answer->reason,
        .text = answer->detail,
        .public_key = answer->has_key ? bytes_of(answer->point + 1, sizeof answer->point - 1) : BYTES_NONE,
    };
    const struct signer_print print = {.number = answer->is_recorded ? answer->number : 0,
                                       .address = address,
                                       .left = answer->left,
                                       .record = &record};

    signer_print_message(output, &print);
}

static void print_noticed(void *context, const char *text)
{
    const struct output *output = context;

    output_say(output, "imprint: %s", text);
    output_object(output, json_pack("{s:s, s:o}", "event", "signer-notice", "text", value_text(text)));
}

/* Says where, for people and for scripts that wait for it. */
static bool announce(const struct cli *cli, const struct signer *signer, const char *address, struct error *err)
{
    const struct signer_rules *rules = signer_rules_of(signer);
    char url[SERVICE_ADDRESS_SIZE + 32];

    (void)snprintf(url, sizeof url, "https://%s/.well-known/est", address);
    output_result(&cli->output, "%s\n", url);
    output_object(&cli->output,
                  json_pack("{s:s, s:s, s:I, s:I}", "event", "signer", "url", url, "orders",
                            (json_int_t)rules->order_count, "stations", (json_int_t)rules->station_count));
    return output_flush(err);
}

static void wait_for_end(struct signer *signer)
{
    const struct timespec moment = {.tv_nsec = SIGNER_TEND_MS * 1000L * 1000L};

    stop_after_last_word(CLI_DONE); /* a signal ends it as it should, however long its last requests take */
    while (!stop_is_wanted()) {
        (void)nanosleep(&moment, NULL);
        signer_tend(signer);
    }
}

static bool serve(struct cli *cli, struct error *err)
{
    const char *place = cli->values[OPTION_LISTEN] != NULL ? cli->values[OPTION_LISTEN] : USUAL_PLACE;
    const struct signer_events events = {&cli->output, print_decided, print_noticed};
    const struct issuer_prompt prompt = ask_prompt();
    char address[SERVICE_ADDRESS_SIZE];
    struct signer *signer = NULL;
    bool ok = signer_open(cli->arguments[0], &prompt, &events, false, &signer, err);

    stop_hold_signals();
    ok = ok && signer_serve(signer, place, address, err) && announce(cli, signer, address, err);
    if (ok)
        wait_for_end(signer);
    signer_close(signer);
    return ok;
}

static enum cli_exit run_signer_serve(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    /* Private keys will be in memory: no core file is to keep them. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    if (serve(cli, &err))
        return CLI_DONE;
    error_doing(&err, "serve as a signer");
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_signer_serve = {
    .name = "signer serve",
    .arguments = "FILE",
    .summary = "Issue certificates to stations, as an EST server",
    .description = "Serves EST (RFC 7030) until SIGINT or SIGTERM: signs certificates for the public\n"
                   "keys that stations send, as the rule file FILE lets it. When it listens it\n"
                   "prints the address on a line of its own.\n"
                   "\n"
                   "A station shows a client certificate that the rule file knows. The certificate\n"
                   "is built from the order's template: of the request only the public key and a\n"
                   "subject that fits the order's are used. A key gets one certificate: the same\n"
                   "key gets the same one again, and none in another order. An order's budget\n"
                   "holds whatever happens to this process. Each decision is recorded in a\n"
                   "database before it is answered, and is a line on stderr.\n"
                   "\n"
                   "The rule file is read when it starts. See docs/guide/signer.md.\n",
    .examples = "  imprint signer serve rules.yaml\n"
                "  imprint signer serve rules.yaml --listen 0.0.0.0:8443\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_signer_serve,
};
