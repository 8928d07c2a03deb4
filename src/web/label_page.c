/* SPDX-License-Identifier: Apache-2.0 */
/* What people do about labels at the sockets' page. */
#include <stdlib.h>
#include <string.h>

#include "report/serial_word.h"
#include "web/pages.h"

/* Auditors look. */
static bool may(const struct call *call, struct reply *reply)
{
    if (call->session.user.role != USERS_AUDITOR)
        return true;
    reply_text(reply, 403, "auditors change nothing here: ask an operator");
    return false;
}

void web_label_again(struct desk *desk, const struct call *call, struct reply *reply)
{
    struct error err = {.reason = ERROR_NONE};
    char serial[LEDGER_DEVICE_SIZE];

    if (!may(call, reply))
        return;
    if (!serial_word_read(request_field(&call->form, "serial"), serial, &err))
        reply_text(reply, 400, "that is no serial number");
    else if (!asks_put(&desk->asks, PAGE_ASK_LABEL, serial))
        reply_text(reply, 503, "too many people ask at once: try again");
    else
        reply_redirect(reply, "/");
}

/* The socket of the published state whose member has this text; NULL: none. */
static const json_t *find_socket(const json_t *sockets, const char *member, const char *serial)
{
    const json_t *found = NULL;

    for (size_t i = 0; i < json_array_size(sockets) && found == NULL; i++)
        if (strcmp(pages_text(json_array_get(sockets, i), member), serial) == 0)
            found = json_array_get(sockets, i);
    return found;
}

/* Which board this label belongs to: it is none that is waited for. */
static void say_other(const json_t *sockets, const char *serial, char *text, size_t size)
{
    const json_t *there = find_socket(sockets, "serial", serial);

    if (there != NULL)
        (void)snprintf(text, size, "no: this is the label of %s, in socket %s", serial, pages_text(there, "name"));
    else
        (void)snprintf(text, size, "no: this is the label of %s, which is in no socket", serial);
}

/* For the page's script: whose label it is. */
static void take_scan(struct desk *desk, const json_t *sockets, const char *serial, struct reply *reply)
{
    const json_t *waits = find_socket(sockets, "unscanned", serial);
    char said[160];

    if (waits != NULL && !asks_put(&desk->asks, PAGE_ASK_SCANNED, serial)) {
        reply_text(reply, 503, "too many people ask at once: try again");
        return;
    }
    if (waits != NULL)
        (void)snprintf(said, sizeof said, "label of socket %s: right", pages_text(waits, "name"));
    else
        say_other(sockets, serial, said, sizeof said);
    pages_reply_json(reply,
                     json_pack("{s:b, s:s, s:s}", "matches", waits != NULL ? 1 : 0, "serial", serial, "text", said));
}

bool web_take_label(struct desk *desk, const char *serial, struct reply *reply)
{
    char *text = streams_state(desk->streams);
    json_t *state = text != NULL ? json_loads(text, 0, NULL) : NULL;
    const json_t *sockets = json_object_get(state, "sockets");
    bool any = false;

    for (size_t i = 0; i < json_array_size(sockets); i++)
        any = any || pages_text(json_array_get(sockets, i), "unscanned")[0] != '\0';
    if (any)
        take_scan(desk, sockets, serial, reply);
    json_decref(state);
    free(text);
    return any;
}

/* {} where no serial number was scanned: the scanner's field leads on as ever. */
void web_label_scan(struct desk *desk, const struct call *call, struct reply *reply)
{
    struct error ignored = {.reason = ERROR_NONE};
    char serial[LEDGER_DEVICE_SIZE], *text;
    json_t *state;

    if (!may(call, reply))
        return;
    if (!serial_word_read(request_field(&call->form, "text"), serial, &ignored)) {
        pages_reply_json(reply, json_object());
        return;
    }
    text = streams_state(desk->streams);
    state = text != NULL ? json_loads(text, 0, NULL) : NULL;
    take_scan(desk, json_object_get(state, "sockets"), serial, reply);
    json_decref(state);
    free(text);
}
