/* SPDX-License-Identifier: Apache-2.0 */
/* What a kind of step needs while it runs, private to provision/. */
#ifndef IMPRINT_PROVISION_RUN_H
#define IMPRINT_PROVISION_RUN_H

#include "provision/provision.h"

/* What one run carries from step to step. */
struct provision_run {
    struct provision *provision;
    struct provision_plan *plan;
    struct provision_evidence *evidence;
    bool finished; /* the device was finished when it was observed: this run changes nothing */
};

#endif
