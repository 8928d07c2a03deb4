/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where finished labels go: into a folder, to a printer of CUPS, or to a label printer that takes ZPL over the network.
 * Every wait has an end; whether paper came out, no printer tells.
 */
#ifndef IMPRINT_STATION_PRINTER_H
#define IMPRINT_STATION_PRINTER_H

#include "base/bytes.h"
#include "base/error.h"

#define PRINTER_LIMIT_S 20 /* for one label, and for one look */

enum printer_kind {
    PRINTER_FOLDER, /* a file for each label */
    PRINTER_CUPS,   /* lp -d NAME */
    PRINTER_ZPL,    /* a TCP port, usually 9100: the bytes as they are */
};

struct printer {
    enum printer_kind kind;
    const char *name; /* the folder, the printer's name, or HOST:PORT: the end of the text that was read */
};

/* Reads folder:DIR, cups:NAME or zpl:HOST:PORT. False with ERROR_USAGE. `text` must stay as long as the printer. */
bool printer_read(const char *text, struct printer *printer, struct error *err);

/* Whether it takes labels in this format ("svg", "png", "zpl"), and which one it gets where nothing else was said. */
bool printer_takes(const struct printer *printer, const char *format);
const char *printer_usual_format(const struct printer *printer);

/*
 * Whether it is there: the folder can be written, CUPS knows the name, something listens at the address. Prints
 * nothing. False with ERROR_INPUT_FILE or ERROR_SERVER_AWAY.
 */
bool printer_check(const struct printer *printer, struct error *err);

/*
 * Hands over a label; `title` is for the printer's queue. Not for folders: those are the caller's files. False with
 * ERROR_SERVER_AWAY: nothing, or a part of it, was taken.
 */
bool printer_send(const struct printer *printer, const char *title, struct bytes label, struct error *err);

#endif
