/* SPDX-License-Identifier: Apache-2.0 */
/*
 * {board} in the subject of a certificate: the number of the board that the chip is on, which the station is told for
 * each device. It is put into a copy of the profile; what profile_digest() says of the profile itself does not change.
 */
#ifndef IMPRINT_PROFILE_BOARD_NUMBER_H
#define IMPRINT_PROFILE_BOARD_NUMBER_H

#include "profile/profile.h"

#define PROFILE_BOARD_MAX 32 /* characters of a board number */

/*
 * Puts the number into each subject that asks for it, which may be none. False with ERROR_USAGE and the certificate's
 * name where `board` is "" and one asks, or the subject gets too long.
 */
bool profile_fill_board(struct profile *profile, const char *board, struct error *err);

/* The same for one certificate. */
bool profile_fill_certificate_board(struct profile_certificate *certificate, const char *board, struct error *err);

/*
 * For a board that provisions itself, and learns no number: false with ERROR_PROFILE_CONFLICT and the certificate's
 * name where one asks for it.
 */
bool profile_check_no_board(const struct profile *profile, struct error *err);

#endif
