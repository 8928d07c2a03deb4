/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A minimal primary application of a product. It opens a key that `imprint provision` made in the chip by its id, signs
 * with it, and verifies the signature twice: with the chip and in software. Everything here is Mbed TLS's own API,
 * except for platform.c, which opens chip and records. The application does not know slots or policies.
 */
#include <stdio.h>
#include <stdlib.h>

#include <imprint/psa.h>

#include "examples/platform.h"

/* Unless told otherwise: the key of profiles/mbed-factory-example.yaml that was generated on the board. */
#define BOARD_KEY 18

#define ALGORITHM PSA_ALG_ECDSA(PSA_ALG_SHA_256)

static bool went_well(const char *what, psa_status_t status)
{
    return platform_went_well("primary", what, status);
}

/* Verifies the same signature in software with the public key alone, as the receiver of the message would. */
static psa_status_t verify_in_software(const uint8_t *point, size_t point_size, const uint8_t *hash, size_t hash_size,
                                       const uint8_t *signature, size_t signature_size)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    mbedtls_svc_key_id_t key;
    psa_status_t status;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH);
    psa_set_key_algorithm(&attributes, ALGORITHM);
    status = psa_import_key(&attributes, point, point_size, &key);
    if (status != PSA_SUCCESS)
        return status;
    status = psa_verify_hash(key, ALGORITHM, hash, hash_size, signature, signature_size);
    psa_destroy_key(key);
    return status;
}

static bool use_the_key(mbedtls_svc_key_id_t key)
{
    static const uint8_t message[] = "temperature 21.5";
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t hash[PSA_HASH_LENGTH(PSA_ALG_SHA_256)];
    uint8_t signature[PSA_SIGNATURE_MAX_SIZE], point[PSA_EXPORT_PUBLIC_KEY_MAX_SIZE];
    size_t hash_size, signature_size, point_size;
    bool ok;

    ok = went_well("open the key", psa_get_key_attributes(key, &attributes));
    if (ok && psa_get_key_lifetime(&attributes) != PSA_ATECC608A_LIFETIME) {
        fprintf(stderr, "primary: key %u is not in the chip\n", (unsigned)key);
        ok = false;
    }
    psa_reset_key_attributes(&attributes);
    ok = ok &&
         went_well("hash the message",
                   psa_hash_compute(PSA_ALG_SHA_256, message, sizeof message, hash, sizeof hash, &hash_size)) &&
         went_well("sign it in the chip",
                   psa_sign_hash(key, ALGORITHM, hash, hash_size, signature, sizeof signature, &signature_size)) &&
         went_well("verify it in the chip",
                   psa_verify_hash(key, ALGORITHM, hash, hash_size, signature, signature_size)) &&
         went_well("get the public key", psa_export_public_key(key, point, sizeof point, &point_size)) &&
         went_well("verify it in software",
                   verify_in_software(point, point_size, hash, hash_size, signature, signature_size));
    if (!ok)
        return false;
    hash[0] ^= 1;
    if (psa_verify_hash(key, ALGORITHM, hash, hash_size, signature, signature_size) != PSA_ERROR_INVALID_SIGNATURE) {
        fputs("primary: the chip accepted the signature for another message\n", stderr);
        return false;
    }
    puts("refuse it for another message: done");
    return true;
}

/* Parses a decimal key id that applications may use; 0 if it is invalid. */
static mbedtls_svc_key_id_t parse_key(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (end == text || *end != '\0' || number < PSA_KEY_ID_USER_MIN || number > PSA_KEY_ID_USER_MAX)
        return 0;
    return (mbedtls_svc_key_id_t)number;
}

int main(int argc, char **argv)
{
    const mbedtls_svc_key_id_t key = argc == 4 ? parse_key(argv[3]) : BOARD_KEY;
    struct platform platform;
    bool ok;

    if (argc < 3 || argc > 4 || key == 0) {
        fputs("usage: primary CHIP RECORDS [KEY]\n"
              "CHIP: a virtual chip's file (STATE/chip.virtual) or an I2C adapter (/dev/i2c-1, /dev/i2c-1@0x35)\n"
              "RECORDS: the key records that imprint provision made, STATE/devices/SERIAL/psa\n"
              "KEY: the key's id, 18 unless given\n",
              stderr);
        return 2;
    }
    const struct platform_options options = {
        .program = "primary",
        .chip = argv[1],
        .records = argv[2],
        .table = &atecc608a_drv_info_use_only,
    };
    if (!platform_start(&platform, &options))
        return EXIT_FAILURE;
    ok = use_the_key(key);
    platform_stop(&platform);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
