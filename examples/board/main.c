/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application of a product, on imprint's public headers and PSA's alone: it starts PSA Crypto on the board's chip
 * and flash, opens its key by the key's id, signs with it, and says so on the console.
 *
 * In production the factory application makes or registers the keys (scripts/build-firmware), and the application only
 * opens them. So that this example runs by itself, it registers the key in slot 0 of a Trust&GO or TrustFLEX part if
 * there is no key with its id yet. That changes nothing in the chip.
 */
#include <stdbool.h>
#include <string.h>

#include <psa/crypto.h>

#include <imprint/board.h>
#include <imprint/psa.h>
#include <imprint/store.h>

#define KEY 1 /* our PSA key id, any number from 1 to 0x3fffffff */
#define ALGORITHM PSA_ALG_ECDSA(PSA_ALG_SHA_256)

/* Large, and needed until the end: not on the stack. */
static struct imprint_psa psa;
static struct imprint_store store;

static void print(const char *text)
{
    imprint_board_console_write((const uint8_t *)text, strlen(text));
}

static int failed(const char *what, const char *reason)
{
    print("cannot ");
    print(what);
    print(": ");
    print(reason);
    print("\r\n");
    return 1;
}

/* PSA_SUCCESS if there is a key with the id, or if the key in slot 0 has just got it. */
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
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
    psa_set_key_algorithm(&attributes, ALGORITHM);
    psa_set_key_slot_number(&attributes, 0);
    status = mbedtls_psa_register_se_key(&attributes);
    psa_reset_key_attributes(&attributes);
    return status;
}

static int sign(void)
{
    static const uint8_t message[] = "temperature 21.5";
    uint8_t signature[64]; /* r and s of P-256 */
    size_t size;
    psa_status_t status = find_or_register(KEY);

    if (status != PSA_SUCCESS)
        return failed("find the key", imprint_psa_reason(status));
    status = psa_sign_message(KEY, ALGORITHM, message, sizeof message - 1, signature, sizeof signature, &size);
    if (status != PSA_SUCCESS)
        return failed("sign", imprint_psa_reason(status));
    print("signed by the chip\r\n");
    return 0;
}

int main(void)
{
    const char *problem = NULL;
    psa_status_t status;
    int result;

    imprint_board_start();
    if (!imprint_store_open_flash(&store, imprint_board_flash(), true, &problem))
        imprint_board_end(failed("open the key store", problem));
    /* An application that only opens keys takes atecc608a_drv_info_use_only, which is smaller. */
    status = imprint_psa_start(&psa, imprint_board_chip(), &store, NULL, &atecc608a_drv_info_make_only);
    if (status != PSA_SUCCESS)
        imprint_board_end(failed("start PSA Crypto", imprint_psa_reason(status)));
    result = sign();
    imprint_psa_stop(&psa);
    imprint_board_end(result);
}
