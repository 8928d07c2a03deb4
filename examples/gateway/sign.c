/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of a Linux gateway, outside imprint's tree: it has a key in the chip sign a message. The first run gives a
 * key id to the key that Microchip made in slot 0 of a Trust&GO or TrustFLEX part, which changes nothing in the chip;
 * each later run finds the key by that id. The program includes imprint's public headers and PSA's alone, and is built
 * against an installed imprint, with CMake (CMakeLists.txt) or with pkg-config (Makefile).
 *
 *     sign DEVICE RECORDS MESSAGE
 *
 * DEVICE is what the program imprint takes as --device, such as i2c:/dev/i2c-1 or unix:chip.sock. RECORDS is a
 * directory in which PSA Crypto keeps the records of its keys; it is made if it does not exist. To use a key that
 * `imprint provision` made, give the records that it made (STATE/devices/SERIAL/psa) and its key id in SIGN_KEY.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <psa/crypto.h>

#include <imprint/device.h>
#include <imprint/psa.h>
#include <imprint/store.h>

#define KEY 1 /* our PSA key id, any number from 1 to 0x3fffffff */
#define ALGORITHM PSA_ALG_ECDSA(PSA_ALG_SHA_256)

static int failed(const char *what, const char *reason)
{
    fprintf(stderr, "sign: cannot %s: %s\n", what, reason);
    return EXIT_FAILURE;
}

/* PSA_SUCCESS if there is a key `key`, or if the key in slot 0 has just become it. */
static psa_status_t find_or_register(mbedtls_svc_key_id_t key)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status = psa_get_key_attributes(key, &attributes);

    psa_reset_key_attributes(&attributes);
    if (status != PSA_ERROR_INVALID_HANDLE) /* so Mbed TLS calls an id that no key has */
        return status;
    psa_set_key_id(&attributes, key);
    psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME); /* in the chip */
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_VERIFY_MESSAGE);
    psa_set_key_algorithm(&attributes, ALGORITHM);
    psa_set_key_slot_number(&attributes, 0);
    status = mbedtls_psa_register_se_key(&attributes); /* psa_generate_key(&attributes, &key) would make a new one */
    psa_reset_key_attributes(&attributes);
    if (status == PSA_SUCCESS)
        puts("took over the key in slot 0");
    return status;
}

static int sign(mbedtls_svc_key_id_t key, const char *message)
{
    uint8_t signature[PSA_SIGNATURE_MAX_SIZE];
    size_t size;
    psa_status_t status = find_or_register(key);

    if (status != PSA_SUCCESS)
        return failed("find the key", imprint_psa_reason(status));
    status =
        psa_sign_message(key, ALGORITHM, (const uint8_t *)message, strlen(message), signature, sizeof signature, &size);
    if (status != PSA_SUCCESS)
        return failed("sign", imprint_psa_reason(status));
    status = psa_verify_message(key, ALGORITHM, (const uint8_t *)message, strlen(message), signature, size);
    if (status != PSA_SUCCESS)
        return failed("verify", imprint_psa_reason(status));
    printf("signature, verified: ");
    for (size_t i = 0; i < size; i++)
        printf("%02x", signature[i]);
    printf("\n");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct imprint_psa psa;
    static struct imprint_store store;
    const char *problem = NULL, *key = getenv("SIGN_KEY");
    struct imprint_transport chip;
    psa_status_t status;
    int result;

    if (argc != 4) {
        fprintf(stderr, "usage: sign DEVICE RECORDS MESSAGE\n");
        return 2;
    }
    if (!imprint_transport_open(&chip, argv[1], &problem))
        return failed("open the device", problem);
    if (!imprint_store_open_directory(&store, argv[2], true, "sign", &problem)) {
        imprint_transport_close(&chip);
        return failed("open the records", problem);
    }
    status = imprint_psa_start(&psa, &chip, &store, NULL, &atecc608a_drv_info);
    if (status != PSA_SUCCESS)
        result = failed("start PSA Crypto", imprint_psa_reason(status));
    else
        result = sign(key != NULL ? (mbedtls_svc_key_id_t)strtoul(key, NULL, 0) : KEY, argv[3]);
    imprint_psa_stop(&psa);
    imprint_store_close(&store);
    imprint_transport_close(&chip);
    return result;
}
