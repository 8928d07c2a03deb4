/* SPDX-License-Identifier: Apache-2.0 */
/* imprint csr: a certificate request, signed by the key in the chip. */
#include "cli/with_session.h"

#include <string.h>

#include "base/hex.h"
#include "cert/request.h"
#include "station/file.h"
#include "station/key.h"
#include "station/pem.h"
#include "psa/keys.h"
#include "station/value.h"

enum csr_option { OPTION_SUBJECT, OPTION_OUT, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_SUBJECT] = {"subject", 's', "DN", "the subject, such as \"CN=board 1,O=Example\" (required)", NULL},
    [OPTION_OUT] = {"out", 'o', "FILE", "write to FILE, not to stdout", NULL},
};

static bool make_csr(struct session *session, const struct key *key, const char *subject, char pem[static PEM_MAX],
                     struct error *err)
{
    uint8_t der[CERT_REQUEST_MAX];
    struct bytes_out out = {.data = der, .cap = sizeof der};
    psa_algorithm_t algorithm;

    keys_forget_reason(&session->driver);
    if (key_can_sign(key, err) && key_algorithm(key, &algorithm, err) && cert_make_request(key->id, subject, &out, err))
        return pem_of_request(bytes_written(&out), pem, err);
    error_with_key(err, key->id);
    /* The X.509 layer hides PSA's status; the driver knows it. */
    if (err->reason == ERROR_NONE)
        session_psa_failed(session, keys_last_status(&session->driver, PSA_ERROR_GENERIC_ERROR), "sign the request",
                           err);
    error_doing(err, "make the request");
    return false;
}

static bool print_csr(struct cli *cli, struct session *session, struct error *err)
{
    const char *out = cli->values[OPTION_OUT];
    char pem[PEM_MAX] = "", serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    struct key key;

    if (!key_find(session, cli->arguments[0], &key, err) ||
        !make_csr(session, &key, cli->values[OPTION_SUBJECT], pem, err))
        return false;
    if (out != NULL && !file_replace(out, bytes_of(pem, strlen(pem)), 0666, ERROR_INPUT_FILE, err)) {
        error_doing(err, "write the request");
        return false;
    }
    if (out == NULL)
        output_result(&cli->output, "%s", pem);
    hex_encode(bytes_of(session->device.serial, sizeof session->device.serial), serial);
    output_object(&cli->output,
                  json_pack("{s:s, s:s, s:I, s:s?, s:o, s:o, s:s}", "event", "csr", "serial", serial, "key_id",
                            (json_int_t)key.id, "name", key.name, "subject", value_text(cli->values[OPTION_SUBJECT]),
                            "file", value_text(out), "pem", pem));
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
                   "is a key id or a name from the device's record.\n",
    .examples = "  imprint csr board --subject \"CN=board 1,O=Example\"\n"
                "  imprint csr 18 --subject \"CN=board 1\" | openssl req -verify -noout -text\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_csr,
};
