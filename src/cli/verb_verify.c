/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint verify: does the signature belong to the file and the key? By the chip where the key's policy permits it to
 * verify, else by Mbed TLS with the public key the chip gives.
 */
#include "cli/with_session.h"

#include "base/hex.h"
#include "crypto/verify.h"
#include "station/key.h"
#include "station/signature.h"
#include "psa/keys.h"

enum verify_option { OPTION_RAW, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_RAW] = {"raw", 'r', NULL, "the signature is r and s, 32 bytes each, not DER", NULL},
};

static psa_status_t verify_on_host(struct session *session, const struct key *key, psa_algorithm_t algorithm,
                                   const uint8_t hash[static SIGNATURE_HASH_BYTES],
                                   const uint8_t raw[static P256_SIGNATURE_BYTES], struct error *err)
{
    uint8_t point[P256_POINT_BYTES];

    if (!key_read_public(session, key, point, err))
        return PSA_ERROR_GENERIC_ERROR;
    return crypto_verify_digest(point, PSA_ALG_SIGN_GET_HASH(algorithm), bytes_of(hash, SIGNATURE_HASH_BYTES), raw);
}

static bool run_on(struct cli *cli, struct session *session, struct error *err)
{
    uint8_t hash[SIGNATURE_HASH_BYTES], raw[P256_SIGNATURE_BYTES];
    const char *file = cli->argument_count > 2 ? cli->arguments[2] : NULL;
    psa_algorithm_t algorithm;
    psa_status_t status;
    struct key key;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    bool in_chip;

    if (!key_find(session, cli->arguments[0], &key, err) || !key_algorithm(&key, &algorithm, err) ||
        !signature_read_file(cli->arguments[1], cli->values[OPTION_RAW] != NULL, raw, err) ||
        !signature_hash_file(file, hash, err))
        return false;
    in_chip = (psa_get_key_usage_flags(&key.attributes) & PSA_KEY_USAGE_VERIFY_HASH) != 0;
    status = in_chip ? keys_verify_hash(&session->driver, key.id, algorithm, bytes_of(hash, sizeof hash), raw, err)
                     : verify_on_host(session, &key, algorithm, hash, raw, err);
    if (status == PSA_SUCCESS) {
        output_result(&cli->output, "good: signed by key %u\n", (unsigned)key.id);
        hex_encode(bytes_of(session->device.serial, sizeof session->device.serial), serial);
        output_object(&cli->output,
                      json_pack("{s:s, s:s, s:I, s:s?, s:b, s:s}", "event", "verified", "serial", serial, "key_id",
                                (json_int_t)key.id, "name", key.name, "good", 1, "by", in_chip ? "chip" : "host"));
        return true;
    }
    if (status == PSA_ERROR_INVALID_SIGNATURE) {
        error_clear(err); /* how the chip said so is of no use to anybody */
        error_set(err, ERROR_CHIP_MISCOMPARE, "the signature does not match this key and file", NULL);
        error_with_key(err, key.id);
        error_doing(err, "verify the signature");
        error_with_serial(err, session->device.serial);
        return false;
    }
    error_with_key(err, key.id);
    return session_psa_failed(session, status, "verify the signature", err);
}

static enum cli_exit run_verify(struct cli *cli)
{
    return with_session(cli, SESSION_USE, run_on);
}

const struct cli_verb cli_verb_verify = {
    .name = "verify",
    .arguments = "KEY SIGNATURE [FILE]",
    .summary = "Verify a file's signature with a key of the device",
    .description = "Hashes FILE, or stdin without FILE or with -, with SHA-256 and checks the\n"
                   "signature in the file SIGNATURE. The chip does it where the key's policy\n"
                   "permits, otherwise Mbed TLS with the key's public key. The exit code is 1 when\n"
                   "the signature does not match.\n",
    .examples = "  imprint verify board firmware.sig firmware.bin\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 2,
    .most = 3,
    .run = run_verify,
};
