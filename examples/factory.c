/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A minimal factory application, with the PSA Crypto API alone: it registers the key that the chip's maker put into
 * slot 0 as key 16, generates key 18 in slot 2, and prints both public keys. It does what the provisioning program of
 * Arm's Mbed OS example did. It can be run again: keys that exist are kept.
 *
 * A factory line uses `imprint provision` or the factory application of firmware/ instead: those compare the device
 * with a profile, lock chips, prove every key and keep a record.
 */
#include <stdio.h>
#include <stdlib.h>

#include <imprint/psa.h>

#include "examples/platform.h"

#define MAKER_KEY 16
#define MAKER_SLOT 0
#define BOARD_KEY 18
#define BOARD_SLOT 2

static bool went_well(const char *what, psa_status_t status)
{
    return platform_went_well("factory", what, status);
}

static psa_key_attributes_t attributes_of(mbedtls_svc_key_id_t key, psa_key_slot_number_t slot)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_id(&attributes, key);
    psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME);
    psa_set_key_slot_number(&attributes, slot);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_VERIFY_HASH);
    return attributes;
}

static bool exists(mbedtls_svc_key_id_t key)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    const bool found = psa_get_key_attributes(key, &attributes) == PSA_SUCCESS;

    psa_reset_key_attributes(&attributes);
    return found;
}

static bool make_keys(void)
{
    psa_key_attributes_t maker = attributes_of(MAKER_KEY, MAKER_SLOT), board = attributes_of(BOARD_KEY, BOARD_SLOT);
    mbedtls_svc_key_id_t key;

    if (!exists(MAKER_KEY) && !went_well("register the maker's key", mbedtls_psa_register_se_key(&maker)))
        return false;
    return exists(BOARD_KEY) || went_well("generate the board's key", psa_generate_key(&board, &key));
}

static bool print_public_key(mbedtls_svc_key_id_t key)
{
    uint8_t point[PSA_EXPORT_PUBLIC_KEY_MAX_SIZE];
    size_t size;

    if (!went_well("export the public key", psa_export_public_key(key, point, sizeof point, &size)))
        return false;
    printf("key %u: ", (unsigned)key);
    for (size_t i = 0; i < size; i++)
        printf("%02X", point[i]);
    putchar('\n');
    return true;
}

int main(int argc, char **argv)
{
    struct platform platform;
    bool ok;

    if (argc != 3) {
        fputs("usage: factory CHIP RECORDS\n"
              "CHIP: a virtual chip's file (STATE/chip.virtual) or an I2C adapter (/dev/i2c-1, /dev/i2c-1@0x35)\n"
              "RECORDS: the folder for the key records; it is created if it does not exist\n",
              stderr);
        return 2;
    }
    const struct platform_options options = {
        .program = "factory",
        .chip = argv[1],
        .records = argv[2],
        .create = true,
        .table = &atecc608a_drv_info_make_only,
    };
    if (!platform_start(&platform, &options))
        return EXIT_FAILURE;
    ok = make_keys() && print_public_key(MAKER_KEY) && print_public_key(BOARD_KEY);
    platform_stop(&platform);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
