/* SPDX-License-Identifier: Apache-2.0 */
/* Progress of a run on stderr: a bar on a terminal, a line per finished step elsewhere, objects with --json. */
#ifndef IMPRINT_CLI_PROGRESS_H
#define IMPRINT_CLI_PROGRESS_H

#include "cli/output.h"
#include "provision/provision.h"

struct progress {
    const struct output *output;
    const struct profile *profile;
    const struct provision_step *step; /* the last one that was shown; NULL: none yet */
    size_t number, total;              /* its number among the steps that run, and how many run */
    bool terminal, bar_shown;
};

/* Before the first step of `plan`, whose steps that are done already do not run and are not counted. */
void progress_init(struct progress *progress, const struct output *output, const struct profile *profile,
                   const struct provision_plan *plan);

/* Before and after each step. */
void progress_step(struct progress *progress, const struct provision_step *step, bool finished);

/* Takes the bar away, so that what follows starts on a clean line. */
void progress_end(struct progress *progress);

/* "generate-key 18 device-key, slot 2": what a step is about; and its name alone, "generate-key 18 device-key". */
#define PROGRESS_TEXT_SIZE 352
void progress_name(const struct profile *profile, const struct provision_step *step,
                   char text[static PROGRESS_TEXT_SIZE]);
void progress_describe(const struct profile *profile, const struct provision_step *step,
                       char text[static PROGRESS_TEXT_SIZE]);

/* Uses left of a key that counts them, null where not known. New, the caller's. */
json_t *progress_uses_left(uint32_t left);

/* What is for ever about an irreversible step, as a sentence; "" for a step that can be undone. */
#define PROGRESS_CONSEQUENCE_SIZE 192
void progress_consequence(const struct provision_step *step, char text[static PROGRESS_CONSEQUENCE_SIZE]);

/* The same facts as JSON; the caller's reference. */
json_t *progress_object(const struct profile *profile, const struct provision_step *step);

/* All steps of the plan as a list of such objects; the caller's reference. */
json_t *progress_plan(const struct profile *profile, const struct provision_plan *plan);

/* progress_step() of a struct progress, for who knows none. */
void progress_show(void *progress, const struct provision_step *step, bool finished);

/* Says which step is about to be done for ever, and on which chip. */
void progress_lock(struct progress *progress, const uint8_t serial[static CHIP_SERIAL_BYTES],
                   const struct provision_step *step);

#endif
