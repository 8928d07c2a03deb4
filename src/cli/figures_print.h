/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a line as text, as CSV and as objects. */
#ifndef IMPRINT_CLI_FIGURES_PRINT_H
#define IMPRINT_CLI_FIGURES_PRINT_H

#include "cli/output.h"
#include "report/figures.h"

void figures_print_text(const struct output *output, const struct figures *figures);
void figures_print_csv(const struct output *output, const struct figures *figures);
void figures_print_objects(const struct output *output, const struct figures *figures);

#endif
