/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps to come need besides the chip: room in the key store, and a bus that carries their longest messages.
 * The plan looks for both, because a step that fails for such a reason may come after a lock that cannot be taken back.
 */
#ifndef IMPRINT_PROVISION_NEEDS_H
#define IMPRINT_PROVISION_NEEDS_H

#include "provision/provision.h"

/*
 * Whether all steps of the plan that are not done find what they need. The chip is awake. Sends no command and writes
 * nothing. False with ERROR_STORAGE_FULL or ERROR_MESSAGE_TOO_LONG. A device that is finished needs nothing.
 */
bool provision_check_needs(struct provision *provision, const struct provision_plan *plan, struct error *err);

#endif
