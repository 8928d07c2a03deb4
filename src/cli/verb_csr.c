/* SPDX-License-Identifier: Apache-2.0 */
/* imprint csr: a certificate request, signed by the key in the chip. */
#include "cli/with_session.h"

#include <string.h>

#include "base/hex.h"
#include "profile/profile.h"
#include "station/file.h"
#include "station/key.h"
#include "station/pem.h"
#include "station/request_files.h"
#include "station/value.h"

enum csr_option { OPTION_SUBJECT, OPTION_OUT, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_SUBJECT] = {"subject", 's', "DN", "the subject, such as \"CN={serial},O=Example\" (required)", NULL},
    [OPTION_OUT] = {"out", 'o', "FILE", "write to FILE, not to stdout", NULL},
};

static bool make_csr(struct session *session, const struct key *key, const char *subject, char pem[static PEM_MAX],
                     struct error *err)
{
    uint8_t point[P256_POINT_BYTES];
    psa_algorithm_t algorithm;

    if (key_can_sign(key, err) && key_algorithm(key, &algorithm, err) && key_read_public(session, key, point, err))
        return request_files_make(session, key->id, point, subject, pem, err);
    error_with_key(err, key->id);
    error_doing(err, "make the request");
    return false;
}

static bool fill_subject(const struct cli *cli, const struct session *session,
                         char subject[static PROFILE_SUBJECT_TEXT_MAX], struct error *err)
{
    const bool ok = profile_fill_subject(cli->values[OPTION_SUBJECT], session->device.serial, subject, err);

    if (!ok)
        error_doing(err, "make the request");
    return ok;
}

static bool print_csr(struct cli *cli, struct session *session, struct error *err)
{
    const char *out = cli->values[OPTION_OUT];
    char pem[PEM_MAX] = "", serial[HEX_SIZE(CHIP_SERIAL_BYTES)], subject[PROFILE_SUBJECT_TEXT_MAX];
    struct key key;

    if (!key_find(session, cli->arguments[0], &key, err) || !fill_subject(cli, session, subject, err) ||
        !make_csr(session, &key, subject, pem, err))
        return false;
    if (out != NULL && !file_replace(out, bytes_of(pem, strlen(pem)), 0666, ERROR_INPUT_FILE, err)) {
        error_doing(err, "write the request");
        return false;
    }
    if (out == NULL)
        output_lines(&cli->output, pem);
    hex_encode(bytes_of(session->device.serial, sizeof session->device.serial), serial);
    output_object(&cli->output, json_pack("{s:s, s:s, s:I, s:s?, s:o, s:o, s:s}", "event", "csr", "serial", serial,
                                          "key_id", (json_int_t)key.id, "name", key.name, "subject",
                                          value_text(subject), "file", value_text(out), "pem", pem));
    return true;
}

static enum cli_exit run_csr(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    if (cli->values[OPTION_SUBJECT] == NULL) {
        error_set(&err, ERROR_USAGE, "--subject is missing",
                  "add the subject, as in --subject \"CN=board 1,O=Example\"");
        error_with_subject(&err, "csr");
        return output_error(&cli->output, &err);
    }
    return with_session(cli, SESSION_USE, print_csr);
}

const struct cli_verb cli_verb_csr = {
    .name = "csr",
    .arguments = "KEY",
    .summary = "Print a certificate request, signed in the chip, as PEM",
    .description = "A PKCS#10 request for the key's public key, signed with ECDSA and SHA-256. KEY\n"
                   "is a key id or a name from the device's record.\n"
                   "\n"
                   "DN has TYPE=VALUE parts in the order of the request: CN, O, OU, C, L, ST, DC,\n"
                   "serialNumber and others, or dotted OIDs. {serial} stands for the chip's serial\n"
                   "number, {serial:lower} for the same in lower case. Write a comma or plus in a\n"
                   "value as \\, or \\+ (RFC 4514).\n",
    .examples = "  imprint csr board --subject \"CN=board 1,O=Example\"\n"
                "  imprint csr 18 --subject \"CN={serial}\" | openssl req -verify -noout -text\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_csr,
};
