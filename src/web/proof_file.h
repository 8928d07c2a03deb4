/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of imprint ledger prove as one file to download: tar, as POSIX has it (ustar). */
#ifndef IMPRINT_WEB_PROOF_FILE_H
#define IMPRINT_WEB_PROOF_FILE_H

#include "ledger/ledger.h"

/* The file in memory, for free(): the entry `seq` with its proof, in a folder SERIAL-proof. False with a reason. */
bool proof_file_make(struct ledger *ledger, uint64_t seq, const char *serial, char **tar, size_t *len,
                     struct error *err);

#endif
