/* SPDX-License-Identifier: Apache-2.0 */
/* The part `labels` of the station file. */
#ifndef IMPRINT_PANEL_LABEL_SETTINGS_H
#define IMPRINT_PANEL_LABEL_SETTINGS_H

#include "panel/settings.h"
#include "profile/text/complain.h"
#include "profile/text/schema.h"
#include "profile/text/tree.h"

/* Its fields, read into a struct panel_settings. */
extern const struct schema_field label_settings_fields[];

/* The rules that no single setting breaks. */
bool label_settings_check(const struct panel_settings *settings, const struct tree_node *root,
                          struct profile_complaint *complaint);

/* Makes the name of a folder complete. False with a reason. */
bool label_settings_complete(struct panel_label_settings *labels, const char *path, struct error *err);

/* As --format says it; NULL: what the printer usually gets. */
const char *label_settings_format(const struct panel_label_settings *labels);

#endif
