/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill-data: what the data and OTP zones hold just before the data lock. They cannot be read while they are unlocked,
 * so the only proof is the CRC that the Lock command carries: imprint writes every slot that holds no private key, and
 * the OTP zone, with bytes it knows (a stored public key, a write key, else FF as the parts are shipped) and locks with
 * the CRC over them. The chip then refuses the lock if a single bit differs. Writing it twice changes nothing.
 */
#ifndef IMPRINT_PROVISION_STEPS_FILL_DATA_H
#define IMPRINT_PROVISION_STEPS_FILL_DATA_H

#include "provision/provision.h"

/* The CRC over them, as Lock(data) carries it: slots 0 to 15 without private ones, each in full size, then OTP. */
enum provision_status provision_data_summary(struct provision *provision, const struct provision_plan *plan,
                                             uint16_t *summary, struct error *err);

#endif
