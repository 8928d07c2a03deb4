/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_file.h"

#include <stdio.h>
#include <string.h>

#include "profile/text/text.h"

bool profile_file_read(const struct output *output, const char *path, struct profile *profile, enum cli_exit *code)
{
    struct profile_complaint complaint;
    char room[ERROR_ROOM], cause[2 * PROFILE_MESSAGE_MAX + 32];
    struct error err = ERROR_IN(room);

    memset(&complaint, 0, sizeof complaint);
    if (profile_read_file(path, profile, &complaint))
        return true;
    snprintf(cause, sizeof cause, "%s%s%s", complaint.message, complaint.expected[0] != '\0' ? "; expected " : "",
             complaint.expected);
    error_set(&err, complaint.reason, error_keep(&err, cause), NULL);
    error_doing(&err, "read the profile");
    error_with_subject(&err, path);
    err.line = complaint.line;
    err.column = complaint.column;
    *code = output_error(output, &err);
    return false;
}
