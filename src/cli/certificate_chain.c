/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate_chain.h"

#include "station/key.h"
#include "station/own_certificate.h"
#include "station/verifier.h"

bool certificate_chain_of_maker(struct cli *cli, struct session *session, bool proves, certificate_chain_work *work,
                                struct error *err)
{
    struct verifier verifier = {.started = false};
    struct genuine genuine;
    struct device_chain chain;
    const struct chip_config *config = &session->device.config;
    bool ok = verifier_start(&verifier, err);

    if (ok && proves)
        ok = genuine_check(&genuine, &session->device.chip, config, err);
    else if (ok)
        ok = genuine_read_chain(&genuine, &session->device.chip, config, err);
    ok = ok && device_chain_of_maker(&genuine, &chain, err) && work(cli, session, &genuine, &chain, err);
    verifier_stop(&verifier);
    if (!ok)
        error_with_serial(err, session->device.serial);
    return ok;
}

static bool find_file(struct session *session, const struct key *key, uint8_t point[static P256_POINT_BYTES],
                      char path[static PATH_MAX], struct error *err)
{
    if (!key_read_public(session, key, point, err) ||
        !own_certificate_find(&session->station->config, session->device.serial, point, path, err))
        return false;
    if (path[0] != '\0')
        return true;
    error_set(err, ERROR_NO_CERTIFICATE, "no certificate was issued for this key by this station",
              "leave --key out for the maker's certificates; request one with: imprint csr KEY --subject DN");
    error_with_key(err, key->id);
    return false;
}

bool certificate_chain_of_key(struct cli *cli, struct session *session, const char *key, certificate_chain_work *work,
                              struct error *err)
{
    struct device_chain chain;
    struct key found;
    uint8_t point[P256_POINT_BYTES];
    char path[PATH_MAX];

    if (key_find(session, key, &found, err) && find_file(session, &found, point, path, err) &&
        device_chain_read_file(path, point, &chain, err) && work(cli, session, NULL, &chain, err))
        return true;
    error_doing(err, "read the certificates");
    error_with_serial(err, session->device.serial);
    return false;
}

json_int_t certificate_chain_commands(const struct session *session)
{
    return (json_int_t)session->device.chip.counters.commands;
}
