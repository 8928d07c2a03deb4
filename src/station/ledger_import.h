/* SPDX-License-Identifier: Apache-2.0 */
/* Takes histories and records of the state folder into the ledger. */
#ifndef IMPRINT_STATION_LEDGER_IMPORT_H
#define IMPRINT_STATION_LEDGER_IMPORT_H

#include "ledger/ledger.h"
#include "station/station.h"

struct ledger_import {
    const struct station *station;
    /* Results. */
    uint64_t devices, added, known;
};

/* Whether there is a folder of devices: before a ledger is made for them. False with a reason. */
bool ledger_import_check(const struct station_config *config, struct error *err);

/*
 * Each line of each device's history, and each record without a history, that is not in the ledger yet. A line that
 * cannot be read, such as one that a power cut tore, is passed over with a warning. False with a reason; what was taken
 * over until then stays, and the same again goes on.
 */
bool ledger_import_folders(struct ledger_import *import, struct ledger *ledger, struct error *err);

#endif
