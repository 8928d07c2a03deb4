/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of the desk, one for each row of its table of routes. */
#ifndef IMPRINT_WEB_ANSWERS_H
#define IMPRINT_WEB_ANSWERS_H

#include "ledger/ledger.h"
#include "web/desk.h"

/* login.c: the form; name and password; the end of a session; who is logged in, for the page's script. */
desk_answer web_login_page;
desk_answer web_login;
desk_answer web_logout;
desk_answer web_who;

/* order_page.c */
desk_answer web_order;
desk_answer web_order_approve;
desk_answer web_order_close;

/* report_page.c */
desk_answer web_report;
desk_answer web_report_style;

/* device_page.c */
desk_answer web_device;
desk_answer web_device_certificate;
desk_answer web_device_proof;

/* quarantine_page.c, decision.c */
desk_answer web_quarantine;
desk_answer web_device_rework;
desk_answer web_device_scrap;

/* log_page.c */
desk_answer web_log;
desk_answer web_log_checkpoint;
desk_answer web_log_verify;

/* setup_page.c, teach_page.c, find_page.c */
desk_answer web_setup;
desk_answer web_setup_devices;
desk_answer web_setup_add;
desk_answer web_setup_remove;

/* label_test_page.c */
desk_answer web_setup_label;
desk_answer web_setup_label_scan;
desk_answer web_find;

/* find_page.c: the page that the scanned text leads to: its path. False: it is nothing that is known. */
bool web_find_path(const struct desk *desk, struct ledger *ledger, const char *text,
                   char path[static REPLY_HEADER_SIZE]);

/* scan_page.c: what was scanned at the sockets' page, for its script. */
desk_answer web_scan;

/* label_page.c */
desk_answer web_label_again;
desk_answer web_label_scan;

/* The label of this device was scanned. False, and no answer, where no socket waits for any. */
bool web_take_label(struct desk *desk, const char *serial, struct reply *reply);

#endif
