/* SPDX-License-Identifier: Apache-2.0 */
#include "station/device_chain.h"

#include <string.h>

struct bytes device_chain_der(const struct device_chain *chain, enum device_chain_role role)
{
    return bytes_of(chain->links[role].der, chain->links[role].len);
}

static void put_link(struct device_chain *chain, enum device_chain_role role, const char *name, const char *where,
                     struct bytes der)
{
    struct device_chain_link *link = &chain->links[role];

    link->role = name;
    link->where = where;
    memcpy(link->der, der.data, der.len); /* at most CERT_MAX bytes: as rebuilt, or as device_chain_roots.c asserts */
    link->len = der.len;
}

static bool refuse(const struct genuine *genuine, struct error *err)
{
    const char *cause = genuine->cause != NULL ? genuine->cause : "the chain was not read";

    error_set(err, genuine->part == NULL ? ERROR_NO_CERTIFICATE : ERROR_NOT_GENUINE, cause, NULL);
    error_doing(err, "read the maker's certificates");
    return false;
}

bool device_chain_of_maker(const struct genuine *genuine, struct device_chain *chain, struct error *err)
{
    *chain = (struct device_chain){.part = NULL};
    if (genuine->device.len == 0 || genuine->signer.len == 0 || genuine->root == NULL)
        return refuse(genuine, err);
    chain->part = genuine->part;
    chain->root = genuine->root;
    chain->is_virtual = genuine->root_is_virtual;
    memcpy(chain->public_key, genuine->public_key, sizeof chain->public_key);
    put_link(chain, DEVICE_CHAIN_DEVICE, "device", "slots 10 and 0 of the chip",
             bytes_of(genuine->device.der, genuine->device.len));
    put_link(chain, DEVICE_CHAIN_SIGNER, "signer", "slots 12 and 11 of the chip",
             bytes_of(genuine->signer.der, genuine->signer.len));
    put_link(chain, DEVICE_CHAIN_ROOT, "root", "imprint", device_chain_roots_certificate(chain->is_virtual));
    return true;
}

bool device_chain_read_maker(struct chip *chip, const struct chip_config *config, struct device_chain *chain,
                             struct error *err)
{
    struct genuine genuine;

    return genuine_read_chain(&genuine, chip, config, err) && device_chain_of_maker(&genuine, chain, err);
}
