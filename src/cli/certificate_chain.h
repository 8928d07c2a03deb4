/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of `certificate` share: the maker's chain of the chip at hand, or the one issued here for a key. */
#ifndef IMPRINT_CLI_CERTIFICATE_CHAIN_H
#define IMPRINT_CLI_CERTIFICATE_CHAIN_H

#include "cli/with_session.h"
#include "station/device_chain.h"

/*
 * What a verb does with the chain; PSA Crypto is started. `genuine` is NULL for a chain that is not the maker's. False
 * with a reason.
 */
typedef bool certificate_chain_work(struct cli *cli, const struct session *session, const struct genuine *genuine,
                                    const struct device_chain *chain, struct error *err);

/*
 * Reads the maker's chain in a session that looks, and does `work` with it. `proves`: the certified key signs a
 * challenge, and genuine->result says what came of it; else no key signs. False with a reason: of `work`, or as
 * device_chain_of_maker().
 */
bool certificate_chain_of_maker(struct cli *cli, struct session *session, bool proves, certificate_chain_work *work,
                                struct error *err);

/*
 * Finds the chain that a station had issued for the key KEY, in the device's folder, and does `work` with it. `session`
 * has PSA started. False with ERROR_NO_CERTIFICATE without one, and as device_chain_read_file().
 */
bool certificate_chain_of_key(struct cli *cli, struct session *session, const char *key, certificate_chain_work *work,
                              struct error *err);

/* The chip commands of this session so far, for JSON; the opening of the device counts. */
json_int_t certificate_chain_commands(const struct session *session);

#endif
