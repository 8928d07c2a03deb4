/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place where text for people is made safe for a terminal. Names come from a chip's mark, a record, a board's
 * console, a file system: whoever wrote them must not be able to move the cursor, set the title, or make up a line.
 */
#ifndef IMPRINT_CLI_PRINTABLE_H
#define IMPRINT_CLI_PRINTABLE_H

#include <stdio.h>

/*
 * Writes `text` to `stream`. Control characters (C0 but tab, DEL, C1), line and paragraph separators, characters that
 * turn the direction of writing, and bytes that are not UTF-8 are written as \xHH, byte by byte; all else as it is. So
 * nothing but the caller ends a line.
 */
void printable_write(FILE *stream, const char *text);

#endif
