/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which labels a station still owes: files STATE/labels/SERIAL.work (a run that will make this device has begun; the
 * file holds what SERIAL.scan will hold, nothing where no scan will be awaited), SERIAL.due (it has passed, in the
 * socket that the file names; the label was not printed yet) and SERIAL.scan (it must be scanned before that socket
 * takes another board). They outlive a killed station: the first is removed when those that follow from it are there,
 * which are whole and synced, or when what could not be marked is done. The first is not synced: after a power cut
 * during a run its label may have to be made by hand.
 */
#ifndef IMPRINT_STATION_LABEL_MARK_H
#define IMPRINT_STATION_LABEL_MARK_H

#include <stdbool.h>
#include <stddef.h>

enum label_mark { LABEL_MARK_WORK, LABEL_MARK_DUE, LABEL_MARK_SCAN };

#define LABEL_MARK_TEXT_SIZE 80

/* Makes the mark, with `text` in it. False: it could not be written. */
bool label_mark_set(const char *state, const char *serial, enum label_mark mark, const char *text);

bool label_mark_is_set(const char *state, const char *serial, enum label_mark mark);

/* One that is not there is removed, too. */
void label_mark_remove(const char *state, const char *serial, enum label_mark mark);

/*
 * A person has printed the label of the finished device: it is owed no more, also where SERIAL.due could not be written
 * and SERIAL.work stands for it. A scan that is awaited still is.
 */
void label_mark_note_printed(const char *state, const char *serial);

/* Reports each mark of this kind. A folder that is not there has none. */
void label_mark_list(const char *state, enum label_mark mark,
                     void (*found)(void *context, const char *serial, const char *text), void *context);

#endif
