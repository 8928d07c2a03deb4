/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of the ledger's log in a chip of the station's own (ledger.yaml: `key`), which signs each checkpoint. The
 * chip is opened for each signature and let go of at once: several processes of the station use it in turn.
 */
#ifndef IMPRINT_STATION_LEDGER_CHIP_H
#define IMPRINT_STATION_LEDGER_CHIP_H

#include "ledger/note_key.h"
#include "station/ledger_file.h"

/*
 * A keeper for ledger_open_keyed(), which takes it over; asks the chip nothing yet. False with a reason. Its calls fail
 * with what the chip or the way to it says, and name the device; one that another process uses is waited for.
 */
bool ledger_chip_keeper(const struct ledger_file_key *key, struct note_keeper *keeper, struct error *err);

#endif
