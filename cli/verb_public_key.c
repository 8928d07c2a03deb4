/* SPDX-License-Identifier: Apache-2.0 */
/* imprint public-key: a key's public part as PEM, asked of the chip through PSA. */
#include "cli/cli.h"

#include <string.h>

#include <mbedtls/pem.h>

#include "cli/key.h"

/*
 * SubjectPublicKeyInfo of an uncompressed P-256 point up to the point itself: id-ecPublicKey with the named curve
 * secp256r1, then a BIT STRING of 66 bytes, the first of which counts no unused bits (RFC 5480, section 2).
 */
static const uint8_t spki_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

static bool print_key(struct session *session, const char *text, struct error *err)
{
    const struct output *output = &session->cli->output;
    uint8_t der[sizeof spki_head + KEY_POINT_BYTES];
    unsigned char pem[256];
    struct key key;
    size_t len = 0;

    if (!key_find(session, text, &key, err) || !key_read_public(session, &key, der + sizeof spki_head, err))
        return false;
    memcpy(der, spki_head, sizeof spki_head);
    if (mbedtls_pem_write_buffer("-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n", der, sizeof der, pem,
                                 sizeof pem, &len) != 0) {
        error_set(err, ERROR_UNEXPECTED, "the public key cannot be written as PEM", NULL);
        return false;
    }
    output_result(output, "%s", (const char *)pem);
    output_object(output,
                  json_pack("{s:s, s:I, s:s?, s:o, s:s}", "event", "public-key", "id", (json_int_t)key.id, "name",
                            key.name, "point", output_hex(bytes_of(der + sizeof spki_head, KEY_POINT_BYTES)), "pem",
                            (const char *)pem));
    return true;
}

static enum cli_exit run_public_key(struct cli *cli)
{
    struct session session;
    struct error err = {.reason = ERROR_NONE};
    enum cli_exit code = CLI_DONE;

    cli->output.device = cli->device;
    if (!session_open(&session, cli, SESSION_USE, NULL, &err))
        return output_error(&cli->output, &err);
    if (!print_key(&session, cli->arguments[0], &err))
        code = output_error(&cli->output, &err);
    session_close(&session);
    return code;
}

const struct cli_verb cli_verb_public_key = {
    .name = "public-key",
    .arguments = "KEY",
    .summary = "Print a key's public key as PEM",
    .description = "KEY is a key id or a name from the device's record. The chip computes the public\n"
                   "key from the private one (or hands out the public key a slot holds).\n",
    .examples = "  imprint public-key 18\n"
                "  imprint public-key board > board.pem\n",
    .least = 1,
    .most = 1,
    .run = run_public_key,
};
