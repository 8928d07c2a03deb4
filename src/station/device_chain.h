/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate chains of a device, from its own certificate to a root. Now there is one kind: the maker's, of Trust&GO
 * and TrustFLEX parts, which genuine.h reads from the chip and verifies. Chains that a station has issued are to be
 * found here as well, by a function beside device_chain_read_maker().
 */
#ifndef IMPRINT_STATION_DEVICE_CHAIN_H
#define IMPRINT_STATION_DEVICE_CHAIN_H

#include "station/genuine.h"

/* One certificate of a chain, in DER. */
struct device_chain_link {
    const char *role;  /* "device", "signer", "root"; a literal */
    const char *where; /* where it comes from: "slots 10 and 0 of the chip"; a literal */
    uint8_t der[CERT_MAX];
    size_t len;
};

enum device_chain_role { DEVICE_CHAIN_DEVICE, DEVICE_CHAIN_SIGNER, DEVICE_CHAIN_ROOT, DEVICE_CHAIN_LENGTH };

struct device_chain {
    struct device_chain_link links[DEVICE_CHAIN_LENGTH]; /* the device's first */
    const char *part, *root;                             /* as in struct genuine */
    bool is_virtual;                      /* it ends at the virtual maker's root, so that it proves nothing */
    uint8_t public_key[P256_POINT_BYTES]; /* which the device's certificate is for */
};

/* The DER of a link; it is read from `chain`. */
struct bytes device_chain_der(const struct device_chain *chain, enum device_chain_role role);

/* Microchip's root certificate, or the virtual maker's. Const data. */
struct bytes device_chain_roots_certificate(bool is_virtual);

/*
 * The chain of what genuine_check() or genuine_read_chain() found. False with ERROR_NO_CERTIFICATE for a part that is
 * none of the maker's, and with ERROR_NOT_GENUINE where the certificates on the part do not hold.
 */
bool device_chain_of_maker(const struct genuine *genuine, struct device_chain *chain, struct error *err);

/*
 * Reads it from the chip. PSA Crypto is started. Sends only commands that change nothing, and asks no key to sign.
 * False as device_chain_of_maker(), or if the chip cannot be reached.
 */
bool device_chain_read_maker(struct chip *chip, const struct chip_config *config, struct device_chain *chain,
                             struct error *err);

#endif
