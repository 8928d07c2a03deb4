/* SPDX-License-Identifier: Apache-2.0 */
/* An application that uses keys in the chip, with the features that its image is to be measured with. */
#include <psa/crypto.h>

#include <imprint/board.h>
#include <imprint/psa.h>
#include <imprint/store.h>

#define KEY 1

static struct imprint_psa psa;
static struct imprint_store store;
static uint8_t data[80]; /* what comes in and what goes out: this is never run */

static psa_status_t sign(void)
{
    size_t len;

    return psa_sign_hash(KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), data, 32, data, 64, &len);
}

#ifdef WITH_AGREEMENT
static psa_status_t agree(void)
{
    size_t len;

    return imprint_key_agreement(PSA_ALG_ECDH, KEY, data, 65, data, 32, &len);
}
#endif

#ifdef WITH_HMAC
static psa_status_t authenticate(void)
{
    size_t len;

    return psa_mac_compute(KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), data, sizeof data, data, 32, &len);
}
#endif

#ifdef WITH_CIPHER
static psa_status_t encrypt(void)
{
    size_t len;
    psa_status_t status = psa_cipher_encrypt(KEY, PSA_ALG_CTR, data, 32, data, sizeof data, &len);

    return status != PSA_SUCCESS ? status : psa_cipher_decrypt(KEY, PSA_ALG_CTR, data, 48, data, sizeof data, &len);
}
#endif

#ifdef WITH_GCM
static psa_status_t seal(void)
{
    size_t len;
    psa_status_t status = psa_aead_encrypt(KEY, PSA_ALG_GCM, data, 12, data, 16, data, 32, data, sizeof data, &len);

    return status != PSA_SUCCESS
               ? status
               : psa_aead_decrypt(KEY, PSA_ALG_GCM, data, 12, data, 16, data, 48, data, sizeof data, &len);
}
#endif

static psa_status_t start(const struct imprint_psa_settings *settings)
{
#ifdef WITH_OPAQUE
    return imprint_psa_start_opaque(&psa, imprint_board_chip(), &store, settings);
#else
    return imprint_psa_start(&psa, imprint_board_chip(), &store, settings, &atecc608a_drv_info_use_only);
#endif
}

int main(void)
{
    struct imprint_psa_settings settings = {.reserved_slots = 0};
    const char *problem;
    psa_status_t status;

    imprint_board_start();
    if (!imprint_store_open_flash(&store, imprint_board_flash(), true, &problem))
        imprint_board_end(1);
    status = start(&settings);
    if (status == PSA_SUCCESS)
        status = sign();
#ifdef WITH_AGREEMENT
    if (status == PSA_SUCCESS)
        status = agree();
#endif
#ifdef WITH_HMAC
    if (status == PSA_SUCCESS)
        status = authenticate();
#endif
#ifdef WITH_CIPHER
    if (status == PSA_SUCCESS)
        status = encrypt();
#endif
#ifdef WITH_GCM
    if (status == PSA_SUCCESS)
        status = seal();
#endif
    imprint_board_end(status != PSA_SUCCESS);
}
