/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mutually authenticated TLS connection with a key on a board (docs/decisions/0068-a-board-proves-by-tls.md): this
 * station connects and judges the answer (station/tls_connect.h), and the board's key signs the handshake over the
 * console. TLS 1.3 only: there the board can put together itself what its key signs.
 *
 * Mbed TLS's client takes a key of PSA. So PSA gets a driver that has no chip, but asks the board.
 */
#ifndef IMPRINT_STATION_BOARD_TLS_H
#define IMPRINT_STATION_BOARD_TLS_H

#include "station/board.h"
#include "station/board_results.h"
#include "station/certificate_issue.h"
#include "station/tls.h"

/* The first three members are the caller's and must outlive it; the rest is zero-initialised. */
struct board_tls {
    struct board *board;
    const struct board_results *results; /* checked: board_results_check() */
    const struct certificate_issue *issue;
    struct tls_result *result; /* of the connection that is being made */
    size_t key;                /* its index in the profile */
    void *ssl;                 /* of Mbed TLS */
    uint32_t signatures;
    bool has_failed; /* the board did not sign; `failure` says why */
    struct error failure;
    char room[ERROR_ROOM];
};

/* Registers the driver. Before psa_crypto_init(). False with ERROR_PSA. */
bool board_tls_register(struct error *err);

/*
 * Whether a board's key can make the profile's connection for its certificate `index`: the connection permits TLS 1.3.
 * False with ERROR_INPUT_FILE, which names the connection.
 */
bool board_tls_check(const struct profile *profile, size_t index, const struct tls_settings *settings,
                     struct error *err);

/*
 * Puts the steps for the profile's connections, which this station does, at the end of the board's plan. False with
 * ERROR_SLOT_POLICY where a key counts its uses: the plan that the board has made has none for a handshake; or
 * ERROR_DEVICE_GARBLED where the board says so many steps that these have no room.
 */
bool board_tls_plan(struct board_results *results, struct error *err);

/*
 * Connects with the key of the profile's certificate `index` and judges the answer, as tls_try() does. The board's run
 * has succeeded, and its results were checked.
 */
bool board_tls_try(struct board_tls *tls, size_t index, const struct tls_settings *settings, struct tls_result *result,
                   struct error *err);

#endif
