/* SPDX-License-Identifier: Apache-2.0 */
/* How the steps of a plan are done, private to provision/: what the rows of provision_step_kinds[] name. */
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

/* Each does one step of the plan; the step's kind is supported. Which key and slot failed is for the caller to say. */
provision_run_step provision_run_write_config;
provision_run_step provision_run_fill_data;
provision_run_step provision_run_lock;
provision_run_step provision_run_make_key; /* registers, generates or imports, as the profile's key says */
provision_run_step provision_run_prove_key;

#endif
