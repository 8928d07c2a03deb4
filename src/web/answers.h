/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of the desk, one for each row of its table of routes. */
#ifndef IMPRINT_WEB_ANSWERS_H
#define IMPRINT_WEB_ANSWERS_H

#include "web/desk.h"

/* login.c: the form; name and password; the end of a session; who is logged in, for the page's script. */
desk_answer web_login_page;
desk_answer web_login;
desk_answer web_logout;
desk_answer web_who;

#endif
