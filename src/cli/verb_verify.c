/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint verify: does the signature belong to the file and the key? By the chip where the key's policy permits it to
 * verify, else by Mbed TLS with the public key the chip gives.
 */
#include "cli/with_session.h"

#include "base/hex.h"
#include "station/key.h"
#include "station/signature.h"
#include "psa/keys.h"

enum verify_option { OPTION_RAW, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_RAW] = {"raw", 'r', NULL, "the signature is r and s, 32 bytes each, not DER", NULL},
};

static psa_status_t verify_on_host(struct session *session, const struct key *key, psa_algorithm_t algorithm,
                                   const uint8_t hash[static SIGNATURE_HASH_BYTES],
                                   const uint8_t raw[static SIGNATURE_RAW_BYTES], struct error *err)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t point[KEY_POINT_BYTES];
    psa_key_id_t copy = 0;
    psa_status_t status;

    if (!key_read_public(session, key, point, err))
        return PSA_ERROR_GENERIC_ERROR;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH);
    status = psa_import_key(&attributes, point, sizeof point, &copy);
    if (status == PSA_SUCCESS)
        status = psa_verify_hash(copy, algorithm, hash, SIGNATURE_HASH_BYTES, raw, SIGNATURE_RAW_BYTES);
    psa_destroy_key(copy);
    return status;
}

static bool run_on(struct cli *cli, struct session *session, struct error *err)
{
    uint8_t hash[SIGNATURE_HASH_BYTES], raw[SIGNATURE_RAW_BYTES];
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
