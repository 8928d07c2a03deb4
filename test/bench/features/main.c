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

int main(void)
{
    struct imprint_psa_settings settings = {.reserved_slots = 0};
    const char *problem;
    psa_status_t status;

    imprint_board_start();
    if (!imprint_store_open_flash(&store, imprint_board_flash(), true, &problem))
        imprint_board_end(1);
    status = imprint_psa_start(&psa, imprint_board_chip(), &store, &settings, &atecc608a_drv_info_use_only);
    if (status == PSA_SUCCESS)
        status = sign();
#ifdef WITH_AGREEMENT
    if (status == PSA_SUCCESS)
        status = agree();
#endif
    imprint_board_end(status != PSA_SUCCESS);
}
