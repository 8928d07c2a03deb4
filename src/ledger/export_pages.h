/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK.md of an export and of a proof: how to check them with openssl and Python. The tests run these very commands.
 */
#ifndef IMPRINT_LEDGER_EXPORT_PAGES_H
#define IMPRINT_LEDGER_EXPORT_PAGES_H

extern const char export_page_ledger[], export_page_proof[];

#endif
