/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/agreement.h"

#include "chip/operations_agreement.h"
#include "psa/operation.h"
#include "psa/slots.h"

/* The private key must not meet a point of another curve: what comes of it may tell about the key. */
static psa_status_t check_peer(struct driver *driver, struct bytes peer)
{
    if (peer.len == P256_POINT_BYTES && peer.data[0] == P256_UNCOMPRESSED && p256_curve_has_point(peer.data + 1))
        return PSA_SUCCESS;
    return operation_refuse(driver, PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE,
                            "the other side's public key is not 04, X and Y of a point of P-256",
                            "check that public key; it may be damaged, compressed or of another curve");
}

/* Whether the secret leaves the chip, and whether it is encrypted with the IO protection key. */
static psa_status_t check_output(struct driver *driver, uint8_t slot, bool *encrypted)
{
    const enum chip_secret_output output = chip_config_ecdh_output(&driver->config);

    *encrypted = driver->settings.io_key != NULL && chip_config_has_io_key(&driver->config);
    if (output == CHIP_SECRET_INSIDE || chip_slot_keeps_secret(&driver->config, slot))
        return operation_refuse(driver, PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY,
                                "the chip's configuration keeps shared secrets inside the chip", NULL);
    if (output == CHIP_SECRET_ENCRYPTED && !*encrypted)
        return operation_refuse(driver, PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY,
                                "the chip gives shared secrets only encrypted, and its IO protection key was not given",
                                "give that key: io_key in imprint_psa_settings");
    return PSA_SUCCESS;
}

/* A use that was counted is not repeated. */
static psa_status_t agree(struct driver *driver, uint8_t slot, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                          bool encrypted, uint8_t secret[static CHIP_SECRET_BYTES])
{
    const enum chip_part part = chip_config_part(&driver->config);
    const uint32_t counted = driver->chip->counters.counted;
    struct error *err = &driver->last_error;
    enum chip_status status;
    int attempt = 0;

    do
        status = encrypted ? chip_ecdh_encrypted(driver->chip, slot, peer, driver->settings.io_key, secret, err)
                           : chip_ecdh(driver->chip, part, slot, peer, secret, err);
    while (driver->chip->counters.counted == counted && operation_again(driver, status, &attempt));
    return operation_of_key(driver, slot, status);
}

psa_status_t driver_agree(struct driver *driver, uint8_t slot, struct bytes peer, uint8_t secret[static P256_BYTES])
{
    bool encrypted = false;
    psa_status_t status = check_peer(driver, peer);

    if (status == PSA_SUCCESS)
        status = driver_load_config(driver, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = driver_require_use(driver, &driver->config, slot, CHIP_CAN_ECDH, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = check_output(driver, slot, &encrypted);
    if (status == PSA_SUCCESS)
        status = agree(driver, slot, peer.data + 1, encrypted, secret);
    return operation_end(driver, slot, "agree on a secret", status);
}
