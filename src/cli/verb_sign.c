/* SPDX-License-Identifier: Apache-2.0 */
/* imprint sign: SHA-256 of a file, signed by the key in the chip. */
#include "cli/with_session.h"

#include <string.h>

#include "base/hex.h"
#include "station/file.h"
#include "station/key.h"
#include "station/signature.h"
#include "psa/keys.h"
#include "station/value.h"

enum sign_option { OPTION_RAW, OPTION_OUT, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_RAW] = {"raw", 'r', NULL, "write the signature as r and s, 32 bytes each, not as DER", NULL},
    [OPTION_OUT] = {"out", 'o', "FILE", "write to FILE, not to stdout", NULL},
};

static bool sign_file(struct session *session, const struct key *key, const char *file,
                      uint8_t raw[static P256_SIGNATURE_BYTES], struct error *err)
{
    uint8_t hash[SIGNATURE_HASH_BYTES];
    psa_algorithm_t algorithm;
    psa_status_t status;

    if (!key_can_sign(key, err) || !key_algorithm(key, &algorithm, err) || !signature_hash_file(file, hash, err))
        return false;
    status = keys_sign_hash(&session->driver, key->id, algorithm, bytes_of(hash, sizeof hash), raw, err);
    if (status == PSA_SUCCESS)
        return true;
    error_with_key(err, key->id);
    return session_psa_failed(session, status, "sign the file", err);
}

static bool run_on(struct cli *cli, struct session *session, struct error *err)
{
    const char *file = cli->argument_count > 1 ? cli->arguments[1] : NULL, *out = cli->values[OPTION_OUT];
    bool is_raw = cli->values[OPTION_RAW] != NULL;
    uint8_t raw[P256_SIGNATURE_BYTES], der[SIGNATURE_DER_MAX];
    struct bytes_out der_out = {.data = der, .cap = sizeof der};
    struct bytes signature;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    struct key key;

    if (!key_find(session, cli->arguments[0], &key, err) || !sign_file(session, &key, file, raw, err) ||
        !signature_to_der(raw, &der_out, err)) {
        error_doing(err, "sign the file");
        return false;
    }
    signature = is_raw ? bytes_of(raw, sizeof raw) : bytes_written(&der_out);
    if (out != NULL && !file_replace(out, signature, 0666, ERROR_INPUT_FILE, err)) {
        error_doing(err, "write the signature");
        return false;
    }
    if (out == NULL && !cli->output.json && !output_binary(&cli->output, signature, err))
        return false;
    hex_encode(bytes_of(session->device.serial, sizeof session->device.serial), serial);
    output_object(&cli->output,
                  json_pack("{s:s, s:s, s:I, s:s?, s:s, s:o, s:o}", "event", "signature", "serial", serial, "key_id",
                            (json_int_t)key.id, "name", key.name, "form", is_raw ? "raw" : "der", "file",
                            value_text(out), "signature", value_hex(signature)));
    return true;
}

static enum cli_exit run_sign(struct cli *cli)
{
    return with_session(cli, SESSION_USE, run_on);
}

const struct cli_verb cli_verb_sign = {
    .name = "sign",
    .arguments = "KEY [FILE]",
    .summary = "Sign a file's SHA-256 with a key in the chip",
    .description = "Hashes FILE, or stdin without FILE or with -, and lets the chip sign the hash\n"
                   "with ECDSA. The signature is DER, as openssl expects it; on a terminal it is\n"
                   "shown in hex. KEY is a key id or a name from the device's record.\n",
    .examples = "  imprint sign board firmware.bin -o firmware.sig\n"
                "  openssl dgst -sha256 -verify board.pem -signature firmware.sig firmware.bin\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 2,
    .run = run_sign,
};
