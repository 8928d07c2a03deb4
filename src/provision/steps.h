/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of steps that the engine has, one row each, in the order in which steps are observed and done. A kind is
 * one file, steps/NAME.c, which defines two things:
 *
 *   const struct provision_step_kind provision_step_NAME;   what the step is and does (provision.h)
 *   provision_is_needed provision_needs_NAME;               which profiles need it
 *
 * A program passes the kinds that it supports to the engine (struct provision, `steps`). Only those are linked, but
 * every program has all provision_needs_NAME(): so a profile that needs a kind which the program lacks is refused.
 */
#ifndef IMPRINT_PROVISION_STEPS_H
#define IMPRINT_PROVISION_STEPS_H

#include "provision/provision.h"

#define DECLARE_STEP(name, most)                                                                                       \
    extern const struct provision_step_kind provision_step_##name;                                                     \
    provision_is_needed provision_needs_##name;
PROVISION_STEP_ROWS(DECLARE_STEP)
#undef DECLARE_STEP

/* The predicates of all rows, in their order. */
extern provision_is_needed *const provision_step_needs[PROVISION_STEP_KINDS];

/* All kinds, in the order of their rows, then NULL: for programs that support every profile. */
extern const struct provision_step_kind *const provision_all_steps[PROVISION_STEP_KINDS + 1];

/* For `imprint compile --c`: the C name of each of provision_all_steps[], "provision_step_write_config". */
extern const char *const provision_step_symbols[PROVISION_STEP_KINDS];

/* Whether the profile needs such a step at all, for the device or for one of its keys. */
bool provision_is_needed_by(provision_is_needed *is_needed, const struct profile *profile);

/* The kind called `name` ("write-config"), NULL for none. */
const struct provision_step_kind *provision_step_named(const char *name);

#endif
