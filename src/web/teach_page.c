/* SPDX-License-Identifier: Apache-2.0 */
#include "web/teach.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/markup.h"
#include "station/bus_chips.h"
#include "web/login_record.h"
#include "web/pages.h"

static const char *const kinds[] = {[PAGE_DEVICE_PORT] = "port",
                                    [PAGE_DEVICE_KIT] = "kit",
                                    [PAGE_DEVICE_VIRTUAL] = "virtual",
                                    [PAGE_DEVICE_I2C] = "i2c"};

/* The list of the desk only grows, in its place. */
static struct page_running running_of(struct desk *desk)
{
    struct page_running running = {.sockets = desk->settings->sockets, .also_at = desk->settings->teaching.also_at};

    (void)pthread_mutex_lock(&desk->lock);
    running.socket_count = desk->settings->socket_count;
    (void)pthread_mutex_unlock(&desk->lock);
    return running;
}

/* For free(). NULL with a reason. */
static struct page_plugged *look(struct desk *desk, struct error *err)
{
    const struct page_teaching *teaching = &desk->settings->teaching;
    const struct page_running running = running_of(desk);
    struct page_plugged *plugged = calloc(1, sizeof *plugged);

    if (plugged == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    else if (teaching->look != NULL && teaching->look(teaching->path, &running, plugged, err))
        return plugged;
    error_set(err, ERROR_USAGE, "the station file does not say where devices appear",
              "write `teach` into it, as docs/reference/station.md shows, and start the station again");
    error_doing(err, "see what is plugged in");
    free(plugged);
    return NULL;
}

/* --- the page --- */

static void put_age(FILE *out, uint64_t age_s)
{
    if (age_s < 120)
        fprintf(out, "plugged in %" PRIu64 " s ago", age_s);
    else
        fprintf(out, "plugged in %" PRIu64 " min ago", age_s / 60);
}

/* As page/teach.js makes it. */
static void put_device(FILE *out, const struct page_device *device)
{
    fputs("<li data-name=\"", out);
    markup_text(out, device->name);
    fputs("\">", out);
    if (device->socket[0] == '\0') {
        fputs("<label><input type=\"radio\" name=\"found\" required value=\"", out);
        markup_text(out, device->name);
        fprintf(out, "\" data-kind=\"%s\"> ", kinds[device->kind]);
    }
    markup_text(out, device->name);
    if (device->socket[0] == '\0')
        fputs("</label> <span>", out);
    else
        fputs(" <span>", out);
    if (device->socket[0] == '\0' && device->serial[0] != '\0') {
        fprintf(out, "chip %s", device->serial);
    } else if (device->socket[0] == '\0') {
        put_age(out, device->age_s);
    } else {
        fputs("socket ", out);
        markup_text(out, device->socket);
    }
    fputs("</span></li>\n", out);
}

static void put_form(FILE *out, const struct session *session, const struct page_plugged *plugged)
{
    fputs("<p>Plug one device in: it appears in this list. Choose it, and give the socket the name that is on the "
          "fixture.</p>\n<p id=\"news\" role=\"status\"></p>\n"
          "<form class=\"act teach\" method=\"post\" action=\"/setup/add\">\n",
          out);
    reply_put_token(out, session);
    fputs("<fieldset><legend>Devices</legend><ul id=\"found\" class=\"boards\">\n", out);
    for (size_t i = 0; i < plugged->device_count; i++)
        put_device(out, &plugged->devices[i]);
    fprintf(out, "</ul><p id=\"none\"%s>No device is plugged in.</p></fieldset>\n",
            plugged->device_count > 0 ? " hidden" : "");
    fputs(
        "<label>It is <select id=\"use\" name=\"use\"><option value=\"board\">a board with a console</option><option "
        "value=\"swi\">a chip on one wire, at a serial port</option><option value=\"kit\">a kit</option><option "
        "value=\"virtual\">a virtual chip</option><option value=\"i2c\">a chip on an I2C bus</option></select></label> <label>Name of the socket <input name=\"name\" "
        "required maxlength=\"63\" size=\"8\" autocomplete=\"off\"></label> <button>Add the "
        "socket</button></form>\n",
        out);
}

static void put_taught(FILE *out, const struct session *session, const struct page_plugged *plugged)
{
    if (plugged->taught_count == 0)
        return;
    fputs("<h3>Sockets that were taught</h3>\n<p>A socket that is removed goes when the station is started "
          "again.</p>\n<ul class=\"boards\">\n",
          out);
    for (size_t i = 0; i < plugged->taught_count; i++) {
        fprintf(out,
                "<li><form class=\"act\" method=\"post\" action=\"/setup/remove\">%s <input type=\"hidden\" "
                "name=\"name\" value=\"%s\">",
                plugged->taught[i], plugged->taught[i]);
        reply_put_token(out, session);
        fprintf(out, "<button aria-label=\"Remove socket %s\">Remove</button></form></li>\n", plugged->taught[i]);
    }
    fputs("</ul>\n", out);
}

void web_put_teaching(FILE *out, struct desk *desk, const struct session *session)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct page_plugged *plugged;

    if (session->user.role != USERS_LEAD || desk->settings->teaching.look == NULL)
        return;
    fputs("<h2>Teach a socket</h2>\n", out);
    plugged = look(desk, &err);
    if (plugged == NULL) {
        reply_put_error(out, &err);
        return;
    }
    put_form(out, session, plugged);
    put_taught(out, session, plugged);
    free(plugged);
}

/* --- for its script --- */

void web_setup_devices(struct desk *desk, const struct call *call, struct reply *reply)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct page_plugged *plugged = look(desk, &err);
    json_t *list = json_array();

    (void)call;
    for (size_t i = 0; plugged != NULL && i < plugged->device_count; i++) {
        const struct page_device *device = &plugged->devices[i];

        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", device->name, "kind",
                                              kinds[device->kind], "socket", device->socket, "serial", device->serial,
                                              "age", (json_int_t)device->age_s));
    }
    free(plugged);
    pages_reply_json(reply, list);
}

/* --- changing --- */

bool web_page_device_is(const char *device, const char *name)
{
    const char *colon = strchr(device, ':');
    const size_t len = strlen(name);

    if (strncmp(device, "i2c:", strlen("i2c:")) == 0)
        return bus_chips_is_named(device, name);
    return colon != NULL && strncmp(colon + 1, name, len) == 0 &&
           (colon[1 + len] == '\0' || colon[1 + len] == '@' || colon[1 + len] == ',');
}

/* Whether a file still gives it to a socket: who adds another one is told so. */
static bool is_taken(const struct page_plugged *plugged, const char *found)
{
    for (size_t i = 0; i < plugged->device_count; i++)
        if (strcmp(plugged->devices[i].name, found) == 0)
            return plugged->devices[i].socket[0] != '\0';
    return false;
}

static bool refuse(const char *subject, const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    error_with_subject(err, subject);
    error_doing(err, "add the socket");
    return false;
}

/* Name and device of a socket that runs, removed or not, can only be another's after the station's next start. */
static bool check_running(struct desk *desk, const char *name, const char *found, bool elsewhere, struct error *err)
{
    bool has_name = false, has_device = false;

    (void)pthread_mutex_lock(&desk->lock);
    for (size_t i = 0; i < desk->settings->socket_count; i++) {
        const struct page_socket *socket = &desk->settings->sockets[i];

        has_name = has_name || strcmp(socket->name, name) == 0;
        has_device = has_device || web_page_device_is(socket->device, found);
    }
    (void)pthread_mutex_unlock(&desk->lock);
    if (has_name)
        return refuse(name, "the station has a socket of this name",
                      "choose another name; one that was removed is free after the next start of the station", err);
    return !has_device || elsewhere ||
           refuse(found, "a socket that runs still has this device",
                  "choose another device; one whose socket was removed is free after the next start of the station",
                  err);
}

static struct login_record entry_of(const struct call *call, const char *kind, const char *result, const char *name,
                                    const char *device)
{
    return (struct login_record){.kind = kind,
                                 .person = call->session.user.name,
                                 .result = result,
                                 .role = users_role_name(call->session.user.role),
                                 .address = call->address,
                                 .socket = name,
                                 .note = device};
}

void web_setup_add(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Set-up");
    const struct page_teaching *teaching = &desk->settings->teaching;
    const char *name = request_field(&call->form, "name"), *found = request_field(&call->form, "found");
    const char *use = request_field(&call->form, "use");
    char room[ERROR_ROOM], device[PAGE_TAUGHT_SIZE];
    const struct login_record entry = entry_of(call, "socket add", "added", name, device);
    struct login_noting noting = {.state = desk->settings->state, .record = &entry};
    struct error err = ERROR_IN(room);
    const struct page_running running = running_of(desk);
    struct page_plugged *plugged = look(desk, &err);
    bool ok;

    (void)snprintf(device, sizeof device, "%s:%s", use, found);
    ok = plugged != NULL && check_running(desk, name, found, is_taken(plugged, found), &err) &&
         teaching->add(teaching->path, &running, name, found, use, &(struct page_noting){login_record_note, &noting},
                       &err);
    free(plugged);
    if (!ok)
        reply_failure(reply, 409, &frame, &err);
    else if (!asks_put(&desk->asks, PAGE_ASK_SOCKETS, ""))
        reply_text(reply, 503, "the socket is there after the next start of the station: too many people ask at once");
    else
        reply_redirect(reply, "/setup");
}

void web_setup_remove(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = pages_frame(desk, call, "Set-up");
    const struct page_teaching *teaching = &desk->settings->teaching;
    const char *name = request_field(&call->form, "name");
    const struct login_record entry = entry_of(call, "socket remove", "removed", name, NULL);
    struct login_noting noting = {.state = desk->settings->state, .record = &entry};
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct page_plugged *plugged = look(desk, &err);
    const bool ok = plugged != NULL &&
                    teaching->remove(teaching->path, name, &(struct page_noting){login_record_note, &noting}, &err);

    free(plugged);
    if (ok)
        reply_redirect(reply, "/setup");
    else
        reply_failure(reply, 409, &frame, &err);
}
