/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_file.h"

#include <stdio.h>
#include <string.h>

#include "profile/text/text.h"

bool profile_file_read(const struct output *output, const char *path, struct profile *profile, enum cli_exit *code)
{
    struct profile_complaint complaint;
    struct error err = {.doing = "read the profile", .subject = path};
    char cause[2 * PROFILE_MESSAGE_MAX + 32];

    memset(&complaint, 0, sizeof complaint);
    if (profile_read_file(path, profile, &complaint))
        return true;
    snprintf(cause, sizeof cause, "%s%s%s", complaint.message, complaint.expected[0] != '\0' ? "; expected " : "",
             complaint.expected);
    err.reason = complaint.reason;
    err.cause = cause;
    err.line = complaint.line;
    err.column = complaint.column;
    *code = output_error(output, &err);
    return false;
}
