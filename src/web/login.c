/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in and out: what counts is in web/sessions.h and web/failures.h; each is an entry of the ledger. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/markup.h"
#include "web/answers.h"
#include "web/login_record.h"

static void show_form(const struct desk *desk, const struct call *call, unsigned status, const char *name,
                      const char *message, struct reply *reply)
{
    static const struct session nobody = {.id = 0};
    const struct frame frame = {.title = "Log in", .station = desk->settings->station, .session = &nobody};
    FILE *out = reply_begin_page(reply, status, &frame);

    (void)call;
    if (out != NULL) {
        fputs("<h1>Log in</h1>\n", out);
        if (message != NULL) {
            fputs("<p class=\"failure\" role=\"alert\">", out);
            markup_text(out, message);
            fputs("</p>\n", out);
        }
        fputs(
            "<form class=\"login\" method=\"post\" action=\"/login\">\n<p><label for=\"name\">Name or badge</label><br>"
            "<input id=\"name\" name=\"name\" required maxlength=\"32\" autocomplete=\"username\" autofocus value=\"",
            out);
        markup_text(out, name);
        fputs("\"></p>\n<p><label for=\"password\">Password</label><br><input id=\"password\" name=\"password\" "
              "type=\"password\" required maxlength=\"128\" autocomplete=\"current-password\"></p>\n"
              "<p><button>Log in</button></p>\n</form>\n",
              out);
        if (desk->settings->open_tiles)
            fputs("<p><a href=\"/\">Sockets</a> can be seen without a login.</p>\n", out);
    }
    reply_end_page(reply);
}

void web_login_page(struct desk *desk, const struct call *call, struct reply *reply)
{
    const char *name = request_field(&call->form, "name");

    show_form(desk, call, 200, users_name_is_valid(name) ? name : "", NULL, reply);
}

static void end_session(struct desk *desk, uint64_t id)
{
    (void)pthread_mutex_lock(&desk->lock);
    sessions_end(&desk->sessions, id);
    (void)pthread_mutex_unlock(&desk->lock);
}

/* A failed login of somebody whom the station does not know names nobody: people type passwords into the wrong field.
 */
static bool record(const struct desk *desk, const struct call *call, const struct user *user, const char *result,
                   const char *reason, struct error *err)
{
    const struct login_record entry = {.kind = "login",
                                       .person = user != NULL ? user->name : NULL,
                                       .result = result,
                                       .reason = reason,
                                       .role = user != NULL ? users_role_name(user->role) : NULL,
                                       .address = call->address};

    return login_record_append(desk->settings->state, &entry, err);
}

/* Nobody is let in, or turned away, whom the ledger does not have. */
static void fail(const struct desk *desk, const struct error *err, struct reply *reply)
{
    static const struct session nobody = {.id = 0};
    const struct frame frame = {.title = "Log in", .station = desk->settings->station, .session = &nobody};

    reply_failure(reply, 503, &frame, err);
}

/*
 * Whether the session's person is still one of the users. They may have changed since they were read, and whoever looks
 * for such changes has looked before this session was there. Reads `users` anew.
 */
static bool may_stay(struct desk *desk, const struct session *session, struct users *users)
{
    struct error ignored = {.reason = ERROR_NONE};
    bool is_alive;

    (void)users_read(desk->settings->users, users, &ignored);
    (void)pthread_mutex_lock(&desk->lock);
    sessions_compare(&desk->sessions, users);
    is_alive = sessions_is_alive(&desk->sessions, session->id, desk_now_ms());
    (void)pthread_mutex_unlock(&desk->lock);
    return is_alive;
}

/* `user` is one of `users`, which are read anew. */
static void let_in(struct desk *desk, const struct call *call, const struct user *user, struct users *users,
                   struct reply *reply)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct session session;
    bool ok;

    if (!record(desk, call, user, "accepted", NULL, &err)) {
        fail(desk, &err, reply);
        return;
    }
    (void)pthread_mutex_lock(&desk->lock);
    sessions_end(&desk->sessions, call->session.id); /* a login never continues an older one */
    ok = sessions_begin(&desk->sessions, user, call->address, desk_now_ms(), &session);
    (void)pthread_mutex_unlock(&desk->lock);
    if (!ok) {
        reply_text(reply, 500, "no random numbers");
        return;
    }
    if (may_stay(desk, &session, users)) {
        reply_redirect(reply, "/");
        (void)snprintf(reply->cookie, sizeof reply->cookie, "%s", session.token);
    } else {
        show_form(desk, call, 403, "", "Name or password was changed meanwhile.", reply);
    }
    bytes_wipe(&session, sizeof session);
}

static void turn_away(struct desk *desk, const struct call *call, const char *key, const struct user *user,
                      struct reply *reply)
{
    const bool waits = failures_add(&desk->failures, key, call->address, desk_now_ms());
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    if (!record(desk, call, user, "refused", waits ? "too-many-logins" : "wrong-password", &err))
        fail(desk, &err, reply);
    else
        show_form(desk, call, 403, "", "Name or password is wrong.", reply);
}

/* The user of the name and password. NULL, with `*known` set where the name is right. */
static const struct user *check_user(const struct users *users, const char *name, const char *password,
                                     const struct user **known)
{
    *known = users_find(users, name);
    return password_check(password, *known != NULL ? (*known)->hash : "") ? *known : NULL;
}

void web_login(struct desk *desk, const struct call *call, struct reply *reply)
{
    const char *name = request_field(&call->form, "name"), *key = users_name_is_valid(name) ? name : "?";
    const int64_t wait = failures_wait(&desk->failures, key, call->address, desk_now_ms());
    struct users *users = wait == 0 ? calloc(1, sizeof *users) : NULL;
    const struct user *user, *known = NULL;
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    if (wait > 0) {
        reply->retry_s = (unsigned)(wait / 1000 + 1);
        show_form(desk, call, 429, "", "Too many failed logins: wait a minute, then try again.", reply);
        return;
    }
    if (users == NULL || !users_read(desk->settings->users, users, &err)) {
        error_set(&err, ERROR_UNEXPECTED, "out of memory", NULL);
        fail(desk, &err, reply);
    } else if ((user = check_user(users, name, request_field(&call->form, "password"), &known)) != NULL) {
        failures_forget(&desk->failures, key, call->address);
        let_in(desk, call, user, users, reply);
    } else {
        turn_away(desk, call, key, known, reply);
    }
    free(users);
}

void web_logout(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct login_record entry = {.kind = "logout",
                                       .person = call->session.user.name,
                                       .result = "ended",
                                       .role = users_role_name(call->session.user.role),
                                       .address = call->address};
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    end_session(desk, call->session.id); /* whatever becomes of the entry */
    if (login_record_append(desk->settings->state, &entry, &err))
        reply_redirect(reply, "/login");
    else
        fail(desk, &err, reply);
    (void)snprintf(reply->cookie, sizeof reply->cookie, "-");
}

void web_who(struct desk *desk, const struct call *call, struct reply *reply)
{
    json_t *who = json_pack("{s:s, s:s, s:s}", "name", call->session.user.name, "role",
                            users_role_name(call->session.user.role), "token", call->session.form_token);
    char *text = json_dumps(who, JSON_COMPACT);

    (void)desk;
    json_decref(who);
    reply_text(reply, text != NULL ? 200 : 500, text != NULL ? text : "out of memory");
    reply->type = "application/json";
    free(text);
}
