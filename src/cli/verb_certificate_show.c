/* SPDX-License-Identifier: Apache-2.0 */
/* imprint certificate show: the maker's certificates, rebuilt from the chip. Only reads. */
#include "cli/certificate_chain.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "station/pem.h"
#include "station/value.h"
#include "station/x509_words.h"

enum show_option { OPTION_KEY, OPTION_PEM, OPTION_ONLY, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_KEY] = {"key", 'k', "KEY", "print the certificates that were issued here for this key", NULL},
    [OPTION_PEM] = {"pem", 'p', NULL, "print PEM only, without the headings", NULL},
    [OPTION_ONLY] = {"only", 0, "ROLE", "print one of them: device, signer or root", "device signer root"},
};

static bool is_wanted(const struct cli *cli, const struct device_chain_link *link)
{
    return cli->values[OPTION_ONLY] == NULL || strcmp(cli->values[OPTION_ONLY], link->role) == 0;
}

/* "2020-11-11 04:00:00 UTC" of "2020-11-11T04:00:00Z". */
static void write_time(const char *time, char text[static X509_WORDS_TIME + 4])
{
    (void)snprintf(text, X509_WORDS_TIME + 4, "%.10s %.8s UTC", time, time + 11);
}

static void print_heading(const struct output *output, const struct device_chain *chain,
                          const struct device_chain_link *link, const struct x509_words *words)
{
    char begin[X509_WORDS_TIME + 4], end[X509_WORDS_TIME + 4];
    const char *of = strcmp(link->role, "root") == 0 ? chain->root : chain->part;

    write_time(words->not_before, begin);
    write_time(words->not_after, end);
    output_result(output, "%s certificate%s%s, from %s\n", link->role, of != NULL ? " of " : "", of != NULL ? of : "",
                  link->where);
    output_result(output, "  subject      %s\n", words->subject);
    output_result(output, "  issuer       %s\n", words->issuer);
    output_result(output, "  serial       %s\n", words->number);
    output_result(output, "  valid        %s to %s\n", begin, words->never_ends ? "no end (9999)" : end);
    output_result(output, "  key          %s\n", words->key);
    output_result(output, "  fingerprint  SHA-256 %s\n", words->sha_256);
}

static bool print_link(const struct cli *cli, const struct session *session, const struct device_chain *chain,
                       const struct device_chain_link *link, struct error *err)
{
    char pem[PEM_CERTIFICATE_MAX], serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    const struct bytes der = bytes_of(link->der, link->len);
    struct x509_words words;
    json_t *object;

    if (!x509_words_of_der(der, &words, err) || !pem_of_certificate(der, pem, err))
        return false;
    if (cli->values[OPTION_PEM] == NULL)
        print_heading(&cli->output, chain, link, &words);
    output_lines(&cli->output, pem);
    hex_encode(bytes_of(session->device.serial, CHIP_SERIAL_BYTES), serial);
    object =
        json_pack("{s:s, s:s, s:s, s:o, s:s?, s:b, s:s}", "event", "certificate", "serial", serial, "role", link->role,
                  "where", value_text(link->where), "part", chain->part, "virtual", (int)chain->is_virtual, "pem", pem);
    json_object_update_new(object, x509_words_object(&words));
    output_object(&cli->output, object);
    return true;
}

static bool print_chain(struct cli *cli, const struct session *session, const struct genuine *genuine,
                        const struct device_chain *chain, struct error *err)
{
    bool ok = true;

    (void)genuine;
    for (size_t i = 0; i < chain->count && ok; i++) {
        if (is_wanted(cli, &chain->links[i]))
            ok = print_link(cli, session, chain, &chain->links[i], err);
    }
    if (ok && chain->is_virtual)
        output_say(&cli->output,
                   "imprint: these are certificates of the virtual maker: everybody has its keys, and they "
                   "prove nothing");
    return ok;
}

static bool show_own(struct cli *cli, struct session *session, struct error *err)
{
    return certificate_chain_of_key(cli, session, cli->values[OPTION_KEY], print_chain, err);
}

static bool show(struct cli *cli, struct session *session, struct error *err)
{
    return certificate_chain_of_maker(cli, session, false, print_chain, err);
}

static enum cli_exit run_show(struct cli *cli)
{
    const char *only = cli->values[OPTION_ONLY];
    struct error err = ERROR_IN(cli->error_room);

    if (only == NULL || strcmp(only, "device") == 0 || strcmp(only, "signer") == 0 || strcmp(only, "root") == 0)
        return cli->values[OPTION_KEY] != NULL ? with_session(cli, SESSION_USE, show_own)
                                               : with_session(cli, SESSION_LOOK, show);
    error_set(&err, ERROR_USAGE, "--only needs device, signer or root", NULL);
    error_with_subject(&err, only);
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_certificate_show = {
    .name = "certificate show",
    .arguments = "",
    .summary = "Print the maker's certificates, or a key's own, as PEM",
    .description = "The certificates that Microchip put on a Trust&GO or TrustFLEX part: the\n"
                   "device's (for the key in slot 0) and its signer's, rebuilt from slots 10 to 12,\n"
                   "and the root's, which imprint brings. The chain is verified before it is\n"
                   "printed. Each has a heading with subject, issuer, serial number, validity and\n"
                   "key; programs that read PEM skip it.\n"
                   "\n"
                   "With --key: the chain that this station had issued for the key, from the\n"
                   "device's folder. Its signatures are not verified.\n"
                   "\n"
                   "Sends only commands that change nothing. Whether the chip holds the certified\n"
                   "key: imprint certificate verify.\n",
    .examples = "  imprint certificate show\n"
                "  imprint certificate show --pem --only device | openssl x509 -noout -text\n"
                "  imprint --json certificate show | jq -r .subject\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run_show,
};
