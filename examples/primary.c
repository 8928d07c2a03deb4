/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The product's primary application, as small as it gets: opens the key that `imprint provision` left in the chip by
 * its id, signs with it, and has the signature verified twice, by the chip and by software. But for which chip and
 * which records (platform.c), everything here is Mbed TLS's own API; slots and policies are nobody's business here.
 */
#include <stdio.h>
#include <stdlib.h>

#include <psa/crypto.h>

#include <imprint/psa.h>
#include "examples/platform.h"

/* The key of profiles/mbed-factory-example.yaml that was generated on the board. */
#define BOARD_KEY 18

#define ALGORITHM PSA_ALG_ECDSA(PSA_ALG_SHA_256)

/* True for PSA_SUCCESS; else says what failed, and why where the driver knows. */
static bool went_well(const char *what, psa_status_t status)
{
    const char *reason = platform_reason();

    if (status == PSA_SUCCESS) {
        printf("%s: done\n", what);
        return true;
    }
    fprintf(stderr, "primary: %s: PSA status %d%s%s\n", what, (int)status, reason != NULL ? ", " : "",
            reason != NULL ? reason : "");
    return false;
}

/* The same signature, verified by software with nothing but the public key: as whoever gets it would do. */
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

static bool use_the_key(void)
{
    static const uint8_t message[] = "temperature 21.5";
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t hash[PSA_HASH_LENGTH(PSA_ALG_SHA_256)];
    uint8_t signature[PSA_SIGNATURE_MAX_SIZE], point[PSA_EXPORT_PUBLIC_KEY_MAX_SIZE];
    size_t hash_size, signature_size, point_size;
    bool ok;

    ok = went_well("open key 18", psa_get_key_attributes(BOARD_KEY, &attributes));
    if (ok && psa_get_key_lifetime(&attributes) != PSA_ATECC608A_LIFETIME) {
        fputs("primary: key 18 is not in the chip\n", stderr);
        ok = false;
    }
    psa_reset_key_attributes(&attributes);
    ok = ok &&
         went_well("hash the message",
                   psa_hash_compute(PSA_ALG_SHA_256, message, sizeof message, hash, sizeof hash, &hash_size)) &&
         went_well("sign it in the chip", psa_sign_hash(BOARD_KEY, ALGORITHM, hash, hash_size, signature,
                                                        sizeof signature, &signature_size)) &&
         went_well("verify it in the chip",
                   psa_verify_hash(BOARD_KEY, ALGORITHM, hash, hash_size, signature, signature_size)) &&
         went_well("get the public key", psa_export_public_key(BOARD_KEY, point, sizeof point, &point_size)) &&
         went_well("verify it in software",
                   verify_in_software(point, point_size, hash, hash_size, signature, signature_size));
    if (!ok)
        return false;
    hash[0] ^= 1;
    if (psa_verify_hash(BOARD_KEY, ALGORITHM, hash, hash_size, signature, signature_size) !=
        PSA_ERROR_INVALID_SIGNATURE) {
        fputs("primary: the chip took a signature of another message\n", stderr);
        return false;
    }
    puts("refuse it for another message: done");
    return true;
}

int main(int argc, char **argv)
{
    struct platform platform;
    bool ok;

    if (argc != 3) {
        fputs("usage: primary CHIP RECORDS\n"
              "CHIP: a virtual chip's file (STATE/chip.virtual) or an I2C adapter (/dev/i2c-1)\n"
              "RECORDS: the key records that imprint provision made, STATE/devices/SERIAL/psa\n",
              stderr);
        return 2;
    }
    if (!platform_start(&platform, argv[1], argv[2]))
        return EXIT_FAILURE;
    /* The driver comes first: keys in the chip are unknown to a core that was started without it. */
    ok = went_well("register the driver", psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info)) &&
         went_well("start PSA Crypto", psa_crypto_init()) && use_the_key();
    mbedtls_psa_crypto_free();
    platform_stop(&platform);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
