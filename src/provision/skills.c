/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/skills.h"

#include "provision/fill.h"
#include "provision/gate.h"

const struct provision_skills provision_all_skills = {
    .wanted_config = profile_wanted_config,
    .write_config = provision_write_config,
    .fill_data = provision_fill_data,
    .lock = provision_gate_lock,
    .import_key = provision_import_key,
    .prove_import = provision_prove_import,
};
