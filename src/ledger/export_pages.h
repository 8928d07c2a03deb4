/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK.md of an export and of a proof: how to check them with openssl and Python. The tests run these very commands.
 */
#ifndef IMPRINT_LEDGER_EXPORT_PAGES_H
#define IMPRINT_LEDGER_EXPORT_PAGES_H

extern const char export_pages_ledger[], export_pages_proof[];

#endif
