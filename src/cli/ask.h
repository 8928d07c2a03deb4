/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the person at the terminal for a secret: a passphrase, a PIN. */
#ifndef IMPRINT_CLI_ASK_H
#define IMPRINT_CLI_ASK_H

#include "issuer/issuer.h"

/*
 * For issuers. Where the program has a terminal (/dev/tty), the secret is asked and read there, and not shown; stdin
 * and stdout are not touched. Without one, `ask` is NULL, and an issuer that needs a secret says so.
 */
struct issuer_prompt ask_prompt(void);

#endif
