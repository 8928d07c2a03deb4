/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of `certificate` share: the maker's chain of the chip at hand. */
#ifndef IMPRINT_CLI_MAKER_CHAIN_H
#define IMPRINT_CLI_MAKER_CHAIN_H

#include "cli/with_session.h"
#include "station/device_chain.h"

/* What a verb does with the chain; PSA Crypto is started for verifying. False with a reason. */
typedef bool maker_chain_work(struct cli *cli, const struct session *session, const struct genuine *genuine,
                              const struct device_chain *chain, struct error *err);

/*
 * Reads the chain in a session that looks, and does `work` with it. `proves`: the certified key signs a challenge, and
 * genuine->result says what came of it; else no key signs. False with a reason: of `work`, or as
 * device_chain_of_maker().
 */
bool maker_chain_read(struct cli *cli, struct session *session, bool proves, maker_chain_work *work, struct error *err);

/* The chip commands of this session so far, for JSON; the opening of the device counts. */
json_int_t maker_chain_commands(const struct session *session);

#endif
