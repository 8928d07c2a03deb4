/* SPDX-License-Identifier: Apache-2.0 */
/* What the signer's verbs show of orders and decisions. */
#ifndef IMPRINT_CLI_SIGNER_PRINT_H
#define IMPRINT_CLI_SIGNER_PRINT_H

#include "cli/output.h"
#include "signer/store.h"

/* One decision: a line, or an object. `address` NULL and `left` below 0: not known any more. */
struct signer_print {
    int64_t number; /* 0: it could not be recorded */
    const char *address;
    int64_t left;
    const struct signer_record *record;
};

/* As a line of the result. */
void signer_print_result(const struct output *output, const struct signer_print *print);

/* As a message while the signer serves. */
void signer_print_message(const struct output *output, const struct signer_print *print);

#endif
