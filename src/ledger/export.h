/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger for others: all entries with what is needed to check them, or the proof that one entry is in it. Each is a
 * new folder of files that `openssl` and a few lines of Python can check.
 */
#ifndef IMPRINT_LEDGER_EXPORT_H
#define IMPRINT_LEDGER_EXPORT_H

#include "ledger/ledger.h"

/*
 * Makes the folder with entries.ndjson (an entry a line, in order), checkpoint, key.pem and key.vkey (the log's public
 * key), of each witness the newest checkpoint that it cosigned and its key (cosigned-N, witness-N.pem, witnesses.vkey),
 * the newest time stamp (stamped, stamped.tsr) with the certificates that vouch for it (tsa.pem, a copy of `stamp_ca`,
 * which may be NULL: then it has none),
 * and CHECK.md (how to check all of it). `*entries` gets how many there are. False with a reason (new_folder.h).
 */
bool ledger_export(struct ledger *ledger, const char *folder, const char *stamp_ca, uint64_t *entries,
                   struct error *err);

/*
 * Makes the folder with entry.json (the text of entry `seq`), proof (that it is in the tree of the newest checkpoint:
 * C2SP tlog-proof), key.pem, key.vkey and CHECK.md. False with a reason.
 */
bool ledger_prove(struct ledger *ledger, uint64_t seq, const char *folder, struct error *err);

#endif
