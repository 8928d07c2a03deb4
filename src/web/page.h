/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of a station: a few files that lie in this program, a stream of events that carries the state of the panel,
 * and pages that are made of the ledger when somebody asks for them. Closed to whoever is not logged in
 * (web/sessions.h). libmicrohttpd answers in a thread of its own, which never waits: what reads the ledger or a
 * password is done by another one (web/desk.h).
 */
#ifndef IMPRINT_WEB_PAGE_H
#define IMPRINT_WEB_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/listen.h"
#include "web/users.h"

struct page;

#define PAGE_SOCKETS_MAX 64 /* of one station */
#define PAGE_NAME_SIZE 64   /* of a socket, with a NUL */
#define PAGE_DEVICE_SIZE 512
#define PAGE_TAUGHT_SIZE 1024 /* KIND:DEVICE of a socket that was taught, with a NUL */
#define PAGE_DEVICES_MAX 64

#define PAGE_TEXT_SIZE 64 /* of an order's id, a serial number or a board's number, with a NUL */

#define PAGE_SERIAL_SIZE 20 /* 18 hex digits */

/* The reason of a board that waits for its number, in the state that is published. */
#define PAGE_BOARD_FIRST "board-first"

/* Who selects another order by a scan. */
enum page_select { PAGE_SELECT_NOBODY, PAGE_SELECT_OPERATOR, PAGE_SELECT_LEAD };

struct page_socket {
    const char *name, *device;
};

/* What is plugged in, and what it can become a socket as. */
enum page_device_kind { PAGE_DEVICE_PORT, PAGE_DEVICE_KIT, PAGE_DEVICE_VIRTUAL, PAGE_DEVICE_I2C };
struct page_device {
    enum page_device_kind kind;
    char name[PAGE_DEVICE_SIZE];   /* a port, a file, hid:SERIAL, or BUS@ADDRESS */
    char socket[PAGE_NAME_SIZE];   /* which has it; "": it is free */
    uint64_t age_s;                /* since it was plugged in */
    char serial[PAGE_SERIAL_SIZE]; /* of a chip on a bus, which has no age; else "" */
};
struct page_plugged {
    size_t device_count, taught_count;
    struct page_device devices[PAGE_DEVICES_MAX];
    char taught[PAGE_SOCKETS_MAX][PAGE_NAME_SIZE]; /* the sockets that were taught */
};

/* Whether the device of a socket is the one of this name: KIND:NAME, and perhaps an address of the chip behind it. */
bool web_page_device_is(const char *device, const char *name);

/* Who notes a change in the ledger, durably, before it takes effect. False with a reason: it does not. */
struct page_noting {
    file_note *note;
    void *context;
};

/* The sockets that the station works at, also those that no file has any more. */
struct page_running {
    size_t socket_count;
    const struct page_socket *sockets;
    uint8_t also_at; /* the I2C address to which the profile moves a chip; 0: it moves none */
};

/* How sockets are taught: called with `path`, from the desk's thread. Each gives false with a reason. */
struct page_teaching {
    const char *path;
    uint8_t also_at; /* for struct page_running */
    bool (*look)(const char *path, const struct page_running *running, struct page_plugged *plugged,
                 struct error *err); /* NULL: nothing is taught */
    /* `found` is the name of a device; `use` is "board", "swi", "kit", "virtual" or "i2c". */
    bool (*add)(const char *path, const struct page_running *running, const char *name, const char *found,
                const char *use, const struct page_noting *noting, struct error *err);
    bool (*remove)(const char *path, const char *name, const struct page_noting *noting, struct error *err);
};

/* How an order that was selected is kept for the station's next start: called from the desk's thread. */
struct page_selecting {
    const void *context;
    bool (*keep)(const void *context, const char *order, const struct page_noting *noting,
                 struct error *err); /* "": none. False with a reason */
};

/* What the pages are told of the station. All texts must stay as they are until page_close(). */
struct page_settings {
    const char *place;   /* HOST:PORT */
    const char *station; /* its name */
    const char *state;   /* the state folder: where the ledger is */
    const char *users;   /* the file of the users */
    const char *order;   /* the station's order; "": none; copied */
    enum page_select select_order;
    struct page_selecting selecting;
    bool scan_board; /* the numbers of boards are scanned */
    const char *profile, *digest;
    bool has_tls; /* with the certificate and the key in these files: PEM */
    const char *certificate, *key;
    bool makes_certificate; /* they are made where they are not there */
    bool open_tiles;        /* the sockets may be seen without a login */
    unsigned session_h;     /* how long a login lasts */
    unsigned tries;         /* failures until a board is in quarantine */
    const char *labels_to;  /* where labels go; "": there are none */
    struct page_teaching teaching;
    size_t socket_count;               /* at most PAGE_SOCKETS_MAX */
    const struct page_socket *sockets; /* copied; their texts must stay */
};

/*
 * Whether pages may be served so: false with ERROR_USAGE where nobody could log in, and for an address that is not this
 * machine's own without TLS and users. Listens at nothing, makes nothing.
 */
bool page_check(const struct page_settings *settings, struct error *err);

/*
 * Checks, listens, and serves. `address` gets where it listens then. False with `*page` NULL and a reason, as of
 * page_check(), or ERROR_SERVER_AWAY.
 */
bool page_open(const struct page_settings *settings, struct page **page, char address[static SERVICE_ADDRESS_SIZE],
               struct error *err);

/* Ends the connections and stops. NULL is allowed. */
void page_close(struct page *page);

/*
 * What every page shows from now on: `state`, a JSON text in one line, is copied. Call it from one thread. Without
 * memory the pages show the older state until the next call.
 */
void page_publish(struct page *page, const char *state);

/*
 * To be called at least once a second: has quiet pages hear that the station lives, notices those that are gone, and
 * logs people out who may not stay. NULL is allowed.
 */
void page_tend(struct page *page);

/* What somebody who is logged in asks of the panel. */
enum page_ask_kind {
    PAGE_ASK_LABEL,      /* print the label of this device again */
    PAGE_ASK_LABEL_TEST, /* print a test label with this text */
    PAGE_ASK_SCANNED,    /* the label of this device was scanned */
    PAGE_ASK_SOCKETS,    /* a socket was taught: look which */
    PAGE_ASK_ORDER,      /* the station works on this order from now on */
    PAGE_ASK_BOARD,      /* the number of the next board, or of the one that waits for it */
};

struct page_ask {
    enum page_ask_kind kind;
    char text[PAGE_TEXT_SIZE]; /* serial number, order or board number */
};

/* The oldest that was not taken yet; false: there is none. NULL is allowed. */
bool page_take_ask(struct page *page, struct page_ask *ask);

/* The order that the station works on from now on. NULL is allowed. */
void page_set_order(struct page *page, const char *order);

/* A socket more, which was taught. NULL is allowed. */
void page_add_socket(struct page *page, const struct page_socket *socket);

/*
 * Who works at the sockets: the operator who logged in last. False, and `name` as it was, where nobody is. NULL is
 * allowed.
 */
bool page_operator(struct page *page, char name[static USERS_NAME_SIZE]);

#endif
