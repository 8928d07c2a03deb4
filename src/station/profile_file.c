/* SPDX-License-Identifier: Apache-2.0 */
#include "station/profile_file.h"

#include <stdio.h>
#include <string.h>

#include "profile/text/text.h"

bool profile_file_read(const char *path, struct profile *profile, struct error *err)
{
    struct profile_complaint complaint;
    char cause[2 * PROFILE_MESSAGE_MAX + 32];

    memset(&complaint, 0, sizeof complaint);
    if (profile_read_file(path, profile, &complaint))
        return true;
    snprintf(cause, sizeof cause, "%s%s%s", complaint.message, complaint.expected[0] != '\0' ? "; expected " : "",
             complaint.expected);
    error_set(err, complaint.reason, error_keep(err, cause), NULL);
    error_doing(err, "read the profile");
    error_with_subject(err, path);
    err->line = complaint.line;
    err->column = complaint.column;
    return false;
}
