/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process of a station that keeps the one connection to the line's server for all its workers: a login for each
 * board would cost more than all that the server is asked for it. Each worker gets one end of a pair of sockets, and
 * this process the other (panel/line_link.h). A worker that has none, or whose keeper has ended, logs in by itself, and
 * so gets the reason of whatever is wrong in its own words.
 */
#ifndef IMPRINT_STATION_LINE_KEEPER_H
#define IMPRINT_STATION_LINE_KEEPER_H

#include <stdbool.h>

#define LINE_KEEPER_NAME "imprint: line" /* the first of its two words; the second is the state folder */

bool line_keeper_is_asked(int argc, char **argv);

/*
 * Connects to the line, writes a JSON object on stdout as soon as it answers, and then has what comes over stdin: a
 * byte with a worker's socket each. Ends when the connection cannot be opened or breaks, when stdin is at its end, and
 * after ten minutes (an administrator who takes a role's rights away need not stop stations); in the last two cases not
 * before the workers that it has. Gives 0.
 */
int line_keeper_serve(const char *state);

/* Gives that process a worker's socket, over its stdin's other end. False where there is no room for it at once. */
bool line_keeper_give(int to, int socket);

#endif
