/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boards of a shift will need, looked at before the first of them comes: room and ledger, the line, the order,
 * issuers, servers, the profile's files, the golden device, the clock. Nothing is written but what closes unnamed.
 *
 * Each function says whether that is there. False with the reason a board would fail with. SHIFT_CHECK_WARNING: boards
 * can be made now, and the error says what will stop them, or what is missing meanwhile.
 */
#ifndef IMPRINT_STATION_SHIFT_CHECK_H
#define IMPRINT_STATION_SHIFT_CHECK_H

#include "profile/profile.h"
#include "station/station_ledger.h"

enum shift_check { SHIFT_CHECK_NONE, SHIFT_CHECK_GOOD, SHIFT_CHECK_WARNING, SHIFT_CHECK_BAD };

#define SHIFT_CHECK_SOON_DAYS 30 /* how far ahead the ends of certificates are looked for */

/* The station's side of a shift. `ledger` is a dry one. */
struct shift {
    const struct station_config *config;
    struct station_ledger *ledger;
    const struct profile *profile;
    const char *profile_path;
    bool may_rehearse; /* by the profile or the station file */
    /* Private. */
    struct shift_issuers *issuers; /* that shift_check_issuer() has opened; NULL: none */
};

/* Closes the issuers. The rest is the caller's. */
void shift_check_close(struct shift *shift);

/* Room for records, and a ledger that can be read and written; a state folder that is made later is good. */
enum shift_check shift_check_state(const struct shift *shift, struct error *err);

/* SHIFT_CHECK_NONE: there is no line. A warning while it is away and the station continues without it. */
enum shift_check shift_check_line(const struct shift *shift, struct error *err);

/* A warning where the clock is before the ledger's newest entry, or no time server has set it. */
enum shift_check shift_check_clock(const struct shift *shift, struct error *err);

/* Who works on the order, and how. */
struct shift_order {
    const char *id;
    bool has_operator; /* the station file names one, or operators log in */
    bool scans_boards; /* the number of each board is scanned */
};

/* Whether a device that holds no unit yet would be made in the order now. */
enum shift_check shift_check_order(const struct shift *shift, const struct shift_order *way, struct error *err);

/*
 * Whether the issuer of the profile's certificate `index` can issue it now; a warning where it cannot any more within
 * SHIFT_CHECK_SOON_DAYS days. An issuer is opened once for all its certificates, and one that was bad is not tried
 * again: SHIFT_CHECK_NONE. After a token has refused a PIN no other one is given to a token: a warning.
 * shift_check_close() is needed afterwards.
 */
enum shift_check shift_check_issuer(struct shift *shift, size_t index, struct error *err);

/* Whether the server of the profile's certificate `index` is known and answers. SHIFT_CHECK_NONE: it needs none. */
enum shift_check shift_check_connection(const struct shift *shift, size_t index, struct error *err);

/* Whether the files that the profile takes keys, secrets and data from can be read. SHIFT_CHECK_NONE: it names none. */
enum shift_check shift_check_sources(const struct shift *shift, struct error *err);

/* Whether ledger or line know the device as one that was finished; a warning where that was by another profile. */
enum shift_check shift_check_golden(const struct shift *shift, const char *serial, struct error *err);

#endif
