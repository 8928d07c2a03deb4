/* SPDX-License-Identifier: Apache-2.0 */
/* An answer that is being made, and the frame that all pages have. */
#ifndef IMPRINT_WEB_REPLY_H
#define IMPRINT_WEB_REPLY_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "web/sessions.h"

#define REPLY_HEADER_SIZE 160

/* Zero-initialised: nothing was said. */
struct reply {
    unsigned status;
    const char *type; /* of the body */
    char *body;       /* for free() */
    size_t len;
    char location[REPLY_HEADER_SIZE];  /* of 303; "": none */
    char cookie[REPLY_HEADER_SIZE];    /* the value for the session's cookie; "": as it is, "-": no session */
    char file_name[REPLY_HEADER_SIZE]; /* of a download; "": it is shown */
    unsigned retry_s;                  /* 0: none */
    FILE *out;                         /* while a page is written */
};

/* What the frame of a page says. */
struct frame {
    const char *title, *station;
    const struct session *session; /* id 0: nobody is logged in */
    const char *style;             /* a style sheet more; NULL: none */
    const char *script;            /* a script more; NULL: none */
};

void reply_release(struct reply *reply);

/* One line of text. */
void reply_text(struct reply *reply, unsigned status, const char *text);

/* "See Other". `path` has no characters that need an escape. */
void reply_redirect(struct reply *reply, const char *path);

/* The bytes as a file to keep. `name` has letters, digits, - and . alone. */
void reply_download(struct reply *reply, const char *type, const char *name, struct bytes content);

/*
 * Begins a page: the head, the navigation and the scanner's field. The page's content goes to the FILE that is
 * returned; reply_end_page() follows in every case. NULL without memory: the reply says so.
 */
FILE *reply_begin_page(struct reply *reply, unsigned status, const struct frame *frame);
void reply_end_page(struct reply *reply);

/* A page that says what went wrong, and what to do. */
void reply_failure(struct reply *reply, unsigned status, const struct frame *frame, const struct error *err);

/* The hidden field that a form of this session needs. */
void reply_put_token(FILE *out, const struct session *session);

/* A paragraph of class `class` with the failure: what was done, the cause, and what to do next. */
void reply_put_error(FILE *out, const struct error *err);

#endif
