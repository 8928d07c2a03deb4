/* SPDX-License-Identifier: Apache-2.0 */
/* Progress of a run on stderr: a bar on a terminal, a line per finished step elsewhere, objects with --json. */
#ifndef IMPRINT_CLI_PROGRESS_H
#define IMPRINT_CLI_PROGRESS_H

#include "cli/output.h"
#include "provision/provision.h"

struct progress {
    const struct output *output;
    const struct profile *profile;
    bool terminal, bar_shown;
};

void progress_init(struct progress *progress, const struct output *output, const struct profile *profile);

/* Before and after each step. */
void progress_step(struct progress *progress, const struct provision_plan *plan, const struct provision_step *step,
                   bool finished);

/* Takes the bar away, so that what follows starts on a clean line. */
void progress_end(struct progress *progress);

/* "generate-key 18 device-key, slot 2": what a step is about; and its name alone, "generate-key 18 device-key". */
#define PROGRESS_TEXT_SIZE 160
void progress_name(const struct profile *profile, const struct provision_step *step,
                   char text[static PROGRESS_TEXT_SIZE]);
void progress_describe(const struct profile *profile, const struct provision_step *step,
                       char text[static PROGRESS_TEXT_SIZE]);

/* What a lock ends, as a sentence; NULL for a step that can be undone. */
const char *progress_consequence(const struct provision_step *step);

/* The same facts as JSON; the caller's reference. */
json_t *progress_object(const struct profile *profile, const struct provision_step *step);

#endif
