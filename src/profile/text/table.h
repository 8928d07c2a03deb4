/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the C source of a compiled profile: valid C11, for people to read, the same for the same profile. Host only.
 */
#ifndef IMPRINT_PROFILE_TABLE_H
#define IMPRINT_PROFILE_TABLE_H

#include <stdio.h>

#include "profile/compiled.h"

/* True for a C identifier that an application may define. */
bool profile_table_name_valid(const char *name);

/* Prints bytes as the elements of an array, several in a line; each line begins with `indent`. */
void profile_table_print_bytes(FILE *stream, const char *indent, struct bytes data);

/*
 * Prints the definition of `const struct profile_compiled NAME`, and beside it NAME_steps and NAME_driver, the code
 * that does it. The profile must be checked, and the digest must be its digest. `steps` are the C names of the kinds of
 * steps that it needs (provision/steps.h), in their order, then NULL. The caller checks `stream` for errors.
 */
void profile_table_print(FILE *stream, const struct profile_compiled *compiled, const char *name,
                         const char *const *steps);

#endif
