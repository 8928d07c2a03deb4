/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/board_number.h"

#include <string.h>

static const char placeholder[] = "{board}";

static const struct profile_certificate *find(const struct profile *profile)
{
    for (size_t i = 0; i < profile->certificate_count; i++)
        if (strstr(profile->certificates[i].subject, placeholder) != NULL)
            return &profile->certificates[i];
    return NULL;
}

bool profile_check_no_board(const struct profile *profile, struct error *err)
{
    const struct profile_certificate *certificate = find(profile);

    if (certificate == NULL)
        return true;
    error_set(err, ERROR_PROFILE_CONFLICT, "a board that provisions itself does not know its board number ({board})",
              "use {serial} in the subject, or provision the chip from the station: imprint provision");
    error_with_subject(err, certificate->name);
    if (err != NULL)
        err->line = certificate->line;
    return false;
}

/* Replaces the first one from `at` on. NULL where it does not fit; else what follows it. */
static char *fill_one(const char *subject, char *at, const char *board)
{
    const size_t before = (size_t)(at - subject), len = strlen(board);
    const char *rest = at + sizeof placeholder - 1;
    const size_t rest_len = strlen(rest);

    if (before + len + rest_len >= PROFILE_SUBJECT_MAX)
        return NULL;
    memmove(at + len, rest, rest_len + 1);
    memcpy(at, board, len);
    return at + len;
}

bool profile_fill_certificate_board(struct profile_certificate *certificate, const char *board, struct error *err)
{
    char *at = certificate->subject;

    while (at != NULL && (at = strstr(at, placeholder)) != NULL) {
        if (board[0] == '\0') {
            error_set(err, ERROR_USAGE, "its subject has the board's number in it, which is not known",
                      "name the board: --board NUMBER");
            error_with_subject(err, certificate->name);
            error_doing(err, "make the certificate");
            return false;
        }
        at = fill_one(certificate->subject, at, board);
        if (at == NULL) {
            error_set(err, ERROR_USAGE, "with the board's number the subject is too long",
                      "shorten the number or the subject");
            error_with_subject(err, certificate->name);
            return false;
        }
    }
    return true;
}

bool profile_fill_board(struct profile *profile, const char *board, struct error *err)
{
    for (size_t i = 0; i < profile->certificate_count; i++)
        if (!profile_fill_certificate_board(&profile->certificates[i], board, err))
            return false;
    return true;
}
