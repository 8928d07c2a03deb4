/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the keys that a device has already with the caller's record before anything in it is changed.
 */
#ifndef IMPRINT_PROVISION_KEPT_KEYS_H
#define IMPRINT_PROVISION_KEPT_KEYS_H

#include "provision/provision.h"

/*
 * Between provision_observe() and provision_execute(), with `callbacks.matches_record` set. Each key is compared again
 * when it is proven; what the chip does not show yet is left to that proof. Sends nothing for a finished device. Leaves
 * the chip awake after success.
 */
enum provision_status provision_check_kept_keys(struct provision *provision, const struct provision_plan *plan,
                                                struct error *err);

#endif
