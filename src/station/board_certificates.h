/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of a board's profile: this station issues them (station/certificate_issue.h) and keeps them, and the
 * board gets them over its console, puts them where the profile says, and reads them back. Each is sent whole or not at
 * all, and again in each run: what a board has lost is not issued twice.
 */
#ifndef IMPRINT_STATION_BOARD_CERTIFICATES_H
#define IMPRINT_STATION_BOARD_CERTIFICATES_H

#include "station/board.h"
#include "station/board_results.h"
#include "station/certificate_issue.h"

/* The first three members are the caller's and must outlive it; the rest is zero-initialised. */
struct board_certificates {
    struct board *board;
    struct board_results *results; /* with profile and record */
    struct certificate_issue *issue;
    bool sent[PROFILE_CERTIFICATES_MAX]; /* the board has it */
};

/* Whether the board takes certificates, where its profile has some. False with ERROR_WRONG_CONFIGURATION. */
bool board_certificates_check_board(const struct board *board, const struct profile *profile, struct error *err);

/*
 * Whether the accepted plan spends no more uses of a key than it says. A key that counts them cannot get a certificate
 * and sign a request of the profile's in one run of a board. False with ERROR_SLOT_POLICY.
 */
bool board_certificates_check_plan(const struct board_results *results, struct error *err);

/*
 * Sends the certificates that this station keeps for the chip with this serial number, so that the board's plan knows
 * them. Issues none. True in `*sent` where there was one. False with the reason.
 */
bool board_certificates_send_kept(struct board_certificates *certificates,
                                  const uint8_t serial[static CHIP_SERIAL_BYTES], bool *sent, struct error *err);

/*
 * The board's run has stopped for a certificate: issues and sends those whose keys have just signed this station's
 * nonce. False with the reason: also where no key that gets a certificate has.
 */
bool board_certificates_issue(struct board_certificates *certificates, struct error *err);

/*
 * For an issuer that wants a request: struct certificate_signer's `sign` (station/certificate_request.h), with a struct
 * board_certificates as `context`. The board's run waits for a certificate. A key that counts its uses is refused.
 */
bool board_certificates_sign(void *context, psa_key_id_t key_id, const char *subject, struct bytes attributes,
                             struct bytes_out *der, struct error *err);

/*
 * Whether complete and checked results (board_results_check()) show every certificate, for the key that proved itself,
 * as it was issued: byte for byte, wherever the profile keeps it. False with ERROR_PROOF_FAILED or
 * ERROR_CERTIFICATE_DIFFERS.
 */
bool board_certificates_check(struct board_certificates *certificates, struct error *err);

#endif
