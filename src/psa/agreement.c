/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/agreement.h"

#include "chip/operations_agreement.h"
#include "psa/io_key.h"
#include "psa/operation.h"
#include "psa/slots.h"

#include <string.h>

/* The private key must not meet a point of another curve: what comes of it may tell about the key. */
static psa_status_t check_peer(struct driver *driver, struct bytes peer)
{
    if (peer.len == P256_POINT_BYTES && peer.data[0] == P256_UNCOMPRESSED && p256_curve_has_point(peer.data + 1))
        return PSA_SUCCESS;
    return operation_refuse(driver, PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE,
                            "the other side's public key is not 04, X and Y of a point of P-256",
                            "check that public key; it may be damaged, compressed or of another curve");
}

/* Whether the secret leaves the chip. */
static psa_status_t check_output(struct driver *driver, uint8_t slot)
{
    if (chip_config_ecdh_output(&driver->config) != CHIP_SECRET_INSIDE &&
        !chip_slot_keeps_secret(&driver->config, slot))
        return PSA_SUCCESS;
    return operation_refuse(driver, PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY,
                            "the chip's configuration keeps shared secrets inside the chip", NULL);
}

/* The chip's IO protection key: the platform's, else the one in the store, once the chip has proven it. */
static enum io_key_found find_io_key(struct driver *driver, uint8_t io_key[static IO_KEY_BYTES])
{
    uint8_t serial[CHIP_SERIAL_BYTES];

    if (driver->settings.io_key != NULL && chip_config_has_io_key(&driver->config)) {
        memcpy(io_key, driver->settings.io_key, IO_KEY_BYTES);
        return IO_KEY_FOUND;
    }
    chip_config_serial(&driver->config, serial);
    return io_key_read_proven(driver->storage, serial, io_key, &driver->last_error);
}

/* Where no key was found that is proven, and the chip gives secrets only encrypted. */
static psa_status_t refuse_without_key(struct driver *driver, bool is_made)
{
    if (is_made)
        return operation_refuse(driver, PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY,
                                "the chip gives shared secrets only encrypted, and has not proven yet that it holds "
                                "the IO protection key in the store",
                                "its run is not finished: run provision again");
    return operation_refuse(driver, PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY,
                            "the chip gives shared secrets only encrypted, and its IO protection key was not given "
                            "and is not in the store",
                            "use the key store of the device that the chip was made for, or give the key: io_key in "
                            "imprint_psa_settings");
}

/*
 * Whether the secret is encrypted on the bus. With a given key it is, unless the options say that the chip has none.
 * Then, and without a given key, the store counts: where it has a proven IO protection key of this chip, or any key of
 * another one, or cannot be read, no secret crosses the bus in clear, because who sits on the bus chooses what serial
 * number and options the chip seems to have. A key that this chip has not proven yet counts as none.
 */
static psa_status_t choose_encryption(struct driver *driver, bool *encrypted, uint8_t io_key[static IO_KEY_BYTES])
{
    const enum io_key_found found = find_io_key(driver, io_key);

    *encrypted = found == IO_KEY_FOUND;
    if (found == IO_KEY_UNREADABLE)
        return driver->last_error.reason == ERROR_STORAGE_FAILED ? PSA_ERROR_STORAGE_FAILURE : PSA_ERROR_DATA_CORRUPT;
    if (found == IO_KEY_OTHER_CHIP)
        return operation_refuse(driver, PSA_ERROR_NOT_PERMITTED, ERROR_FOREIGN_KEY,
                                "the store has the IO protection key of another chip",
                                "put back the chip that this device was made with, or use its own key store");
    if (*encrypted && !chip_config_has_io_key(&driver->config))
        return operation_refuse(driver, PSA_ERROR_NOT_PERMITTED, ERROR_WRONG_CONFIGURATION,
                                "the store has an IO protection key of this chip, whose ChipOptions say that none is "
                                "in use",
                                "somebody on the bus may have changed the answer: look at the board");
    if (*encrypted || chip_config_ecdh_output(&driver->config) == CHIP_SECRET_CLEAR)
        return PSA_SUCCESS;
    return refuse_without_key(driver, found == IO_KEY_UNPROVEN);
}

/* A use that was counted is not repeated. `io_key` NULL: in clear. */
static psa_status_t agree(struct driver *driver, uint8_t slot, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                          const uint8_t *io_key, uint8_t secret[static CHIP_SECRET_BYTES])
{
    const enum chip_part part = chip_config_part(&driver->config);
    const uint32_t counted = driver->chip->counters.counted;
    struct error *err = &driver->last_error;
    enum chip_status status;
    int attempt = 0;

    do
        status = io_key != NULL ? chip_ecdh_encrypted(driver->chip, slot, peer, io_key, secret, err)
                                : chip_ecdh(driver->chip, part, slot, peer, secret, err);
    while (driver->chip->counters.counted == counted && operation_again(driver, status, &attempt));
    return operation_of_key(driver, slot, status);
}

psa_status_t driver_agree(struct driver *driver, uint8_t slot, struct bytes peer, uint8_t secret[static P256_BYTES])
{
    uint8_t io_key[IO_KEY_BYTES];
    bool encrypted = false;
    psa_status_t status = check_peer(driver, peer);

    if (status == PSA_SUCCESS)
        status = driver_load_config(driver, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = driver_require_use(driver, &driver->config, slot, CHIP_CAN_ECDH, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = check_output(driver, slot);
    if (status == PSA_SUCCESS)
        status = choose_encryption(driver, &encrypted, io_key);
    if (status == PSA_SUCCESS)
        status = agree(driver, slot, peer.data + 1, encrypted ? io_key : NULL, secret);
    bytes_wipe(io_key, sizeof io_key);
    return operation_end(driver, slot, "agree on a secret", status);
}
