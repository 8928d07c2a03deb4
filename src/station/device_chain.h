/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate chains of a device, from its own certificate to a root: the maker's, of Trust&GO and TrustFLEX parts,
 * which genuine.h reads from the chip and verifies; and those that a station had issued, which lie in the device's
 * folder (own_certificate.h).
 */
#ifndef IMPRINT_STATION_DEVICE_CHAIN_H
#define IMPRINT_STATION_DEVICE_CHAIN_H

#include "station/genuine.h"
#include "station/pem.h"

/* One certificate of a chain, in DER. */
struct device_chain_link {
    const char *role; /* "device", "signer", "root"; a literal */
    const char
        *where; /* where it comes from: "slots 10 and 0 of the chip", or a file's path, which must outlive this */
    uint8_t der[PEM_CERTIFICATE_DER];
    size_t len;
};

/* Places in the maker's chain; of any chain the first two are those of DEVICE_CHAIN_DEVICE and its signer. */
enum device_chain_role { DEVICE_CHAIN_DEVICE, DEVICE_CHAIN_SIGNER, DEVICE_CHAIN_ROOT, DEVICE_CHAIN_MAKERS };
#define DEVICE_CHAIN_MAX 5

struct device_chain {
    struct device_chain_link links[DEVICE_CHAIN_MAX]; /* the device's first */
    size_t count;
    const char *part, *root;              /* as in struct genuine; NULL: not the maker's */
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

/*
 * Reads the PEM file at `path`: the device's certificate, which must be for the key with this public key, then those
 * above it, each of which must have issued the one before it by its names. Signatures are not verified. Roles:
 * "device", "root" for one that names itself as its issuer, else "signer". False with ERROR_INPUT_FILE.
 */
bool device_chain_read_file(const char *path, const uint8_t point[static P256_POINT_BYTES], struct device_chain *chain,
                            struct error *err);

#endif
