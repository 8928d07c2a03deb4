/* SPDX-License-Identifier: Apache-2.0 */
/* The file of `imprint station`, in YAML: docs/reference/station.md. */
#ifndef IMPRINT_PANEL_SETTINGS_H
#define IMPRINT_PANEL_SETTINGS_H

#include "base/error.h"
#include "panel/power_settings.h"
#include "profile/profile.h"

#define PANEL_SOCKETS_MAX 64
#define PANEL_PATH_MAX 1024
#define PANEL_SERIAL_SIZE 20   /* 18 hex digits */
#define PANEL_OPERATOR_SIZE 65 /* 64 bytes of UTF-8, as a record's */

/* One socket: a name that is on the fixture, and how a chip in it is reached. */
struct panel_socket_settings {
    char name[PROFILE_NAME_MAX];
    char device[PANEL_PATH_MAX]; /* DEVICE, or "board:PORT"; the file of "virtual:FILE" is complete */
    struct panel_power_settings power;
    bool is_taught; /* at the page: panel/taught.h */
};

#define PANEL_TEACH_BUSES_MAX 8

struct panel_teach_bus {
    char path[PANEL_PATH_MAX]; /* "/dev/i2c-1" */
};

/* Where the page looks for devices that may become sockets (panel/plugged.h). All empty: it teaches none. */
struct panel_teach_settings {
    char serial[PANEL_PATH_MAX];   /* a folder with stable names of serial ports */
    char hid[PANEL_PATH_MAX];      /* the kernel's folder of HID devices */
    char virtuals[PANEL_PATH_MAX]; /* a folder in which virtual chips appear */
    size_t bus_count;
    struct panel_teach_bus buses[PANEL_TEACH_BUSES_MAX]; /* I2C buses on which chips are looked for: no other is */
};

/* What becomes of a label when a board passes (panel/label_settings.h). 0: as `imprint label` has it. */
struct panel_label_settings {
    char to[PANEL_PATH_MAX]; /* station/printer.h; "": there are no labels */
    uint32_t format, width_mm, height_mm, dpi;
    bool confirmed; /* one for a board that is only confirmed, too */
    bool scan;      /* it must be scanned back (panel/label_scans.h) */
};

/* File names are complete: those of the file that were relative start in its folder. An empty text was not given. */
struct panel_settings {
    uint32_t version; /* cppcheck-suppress unusedStructMember ; the schema reads it */
    char name[PROFILE_NAME_MAX];
    char profile[PANEL_PATH_MAX];
    char state[PANEL_PATH_MAX];
    char issuers[PANEL_PATH_MAX];
    char connections[PANEL_PATH_MAX];
    char firmware[PANEL_PATH_MAX];              /* the image of boards with a console; "": any */
    char operator_name[PANEL_OPERATOR_SIZE];    /* whom records name now */
    char operator_in_file[PANEL_OPERATOR_SIZE]; /* whom they name while no operator is logged in */
    char order[PROFILE_NAME_MAX];               /* a work order: each board takes a unit of it */
    char order_in_file[PROFILE_NAME_MAX];       /* the same as the file has it */
    uint32_t select_order;                      /* enum page_select: who selects another one by a scan */
    bool scan_board;                            /* a board's number is scanned before it is worked on */
    char page[256];                             /* HOST:PORT */
    char users[PANEL_PATH_MAX];                 /* who can log in */
    bool has_tls;                               /* the page is served by TLS */
    bool makes_certificate;                     /* no file is named: a certificate is made in the state folder */
    char tls_certificate[PANEL_PATH_MAX], tls_key[PANEL_PATH_MAX]; /* PEM */
    bool open_tiles;                                               /* the sockets may be seen without a login */
    uint32_t session_h;                                            /* how long a login lasts */
    bool irreversible;              /* the steps that cannot be undone are armed for each board */
    bool rehearsal;                 /* virtual chips and TEST keys are allowed, whatever the profile says */
    char golden[PANEL_SERIAL_SIZE]; /* a finished device that has to be confirmed before the shift's first board */
    uint32_t golden_h;              /* how long that holds */
    uint32_t tries;                 /* failures of a board, through its own fault, until it is in quarantine */
    uint32_t look_ms;               /* how often the bus of an empty socket is looked at */
    uint32_t worker_s;              /* how long one board may take */
    uint8_t also_at;                /* the I2C address to which the profile moves a chip; 0: it moves none */
    struct panel_label_settings labels;
    struct panel_teach_settings teach;
    size_t socket_count; /* those of the file, then those that were taught */
    struct panel_socket_settings sockets[PANEL_SOCKETS_MAX];
};

/*
 * Reads and checks the file, and that of the sockets that were taught. `*settings` is the caller's, for free(). False
 * with `*settings` NULL and ERROR_INPUT_FILE: file, line and column, what was found and expected.
 */
bool panel_settings_read(const char *path, struct panel_settings **settings, struct error *err);

/* Whether sockets can be taught: `teach` names a folder or a bus. */
bool panel_teaches(const struct panel_settings *settings);

/* What is wrong with the text as the device of a socket; NULL: nothing. */
const char *panel_device_fault(const char *device);

/* The file of "virtual:FILE"; NULL for any other DEVICE. */
const char *panel_virtual_file(const char *device);

/* The serial port of "board:PORT"; NULL for any other DEVICE. */
const char *panel_console(const char *device);

#endif
