/* SPDX-License-Identifier: Apache-2.0 */
#include "web/desk.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "web/answers.h"

static const struct route routes[] = {
    {"/login", "GET", DESK_ANYBODY, web_login_page},
    {"/login", "POST", DESK_ANYBODY, web_login},
    {"/logout", "POST", DESK_USERS, web_logout},
    {"/who", "GET", DESK_USERS, web_who},
    {"/order", "GET", DESK_USERS, web_order},
    {"/order/approve", "POST", DESK_LEADS, web_order_approve},
    {"/order/close", "POST", DESK_LEADS, web_order_close},
    {"/report", "GET", DESK_USERS, web_report},
    {"/report.css", "GET", DESK_ANYBODY, web_report_style},
    {"/device", "GET", DESK_USERS, web_device},
    {"/device/certificate", "GET", DESK_USERS, web_device_certificate},
    {"/device/proof", "GET", DESK_USERS, web_device_proof},
    {"/device/rework", "POST", DESK_LEADS, web_device_rework},
    {"/device/scrap", "POST", DESK_LEADS, web_device_scrap},
    {"/quarantine", "GET", DESK_USERS, web_quarantine},
    {"/log", "GET", DESK_USERS, web_log},
    {"/log/checkpoint", "GET", DESK_USERS, web_log_checkpoint},
    {"/log/verify", "POST", DESK_READERS, web_log_verify},
    {"/setup", "GET", DESK_USERS, web_setup},
    {"/setup/devices", "GET", DESK_LEADS, web_setup_devices},
    {"/setup/add", "POST", DESK_LEADS, web_setup_add},
    {"/setup/remove", "POST", DESK_LEADS, web_setup_remove},
    {"/setup/label", "POST", DESK_LEADS, web_setup_label},
    {"/setup/label/scan", "POST", DESK_LEADS, web_setup_label_scan},
    {"/find", "GET", DESK_USERS, web_find},
    {"/label/again", "POST", DESK_USERS, web_label_again},
    {"/label/scan", "POST", DESK_USERS, web_label_scan},
    {"/scan", "POST", DESK_USERS, web_scan},
};

const struct route *desk_find_route(const char *path, const char *method, bool *other_method)
{
    *other_method = false;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(routes[i].path, path) != 0)
            continue;
        if (strcmp(routes[i].method, method) == 0)
            return &routes[i];
        *other_method = true;
    }
    return NULL;
}

int64_t desk_now_ms(void)
{
    return clock_now_ms();
}

void desk_order(struct desk *desk, char order[static PAGE_TEXT_SIZE])
{
    (void)pthread_mutex_lock(&desk->lock);
    (void)snprintf(order, PAGE_TEXT_SIZE, "%s", desk->settings->order);
    (void)pthread_mutex_unlock(&desk->lock);
}

/* --- who may --- */

static bool may(enum desk_access access, const struct session *session)
{
    const enum users_role role = session->user.role;

    switch (access) {
    case DESK_ANYBODY:
        return true;
    case DESK_USERS:
        return session->id != 0;
    case DESK_LEADS:
        return session->id != 0 && role == USERS_LEAD;
    case DESK_READERS:
        return session->id != 0 && (role == USERS_LEAD || role == USERS_AUDITOR);
    }
    return false;
}

static void refuse(const struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct frame frame = {.title = "Not allowed", .station = desk->settings->station, .session = &call->session};
    const struct error err = {.reason = ERROR_USAGE,
                              .doing = "do that",
                              .cause = call->route->access == DESK_LEADS ? "only a lead decides this"
                                                                         : "only leads and auditors start this",
                              .next = "ask a lead"};

    if (call->session.id == 0 && strcmp(call->route->method, "GET") == 0)
        reply_redirect(reply, "/login");
    else if (call->session.id == 0)
        reply_text(reply, 401, "log in first: /login");
    else
        reply_failure(reply, 403, &frame, &err);
}

/* A form that changes something shows that it came from a page of this session. */
static bool has_token(const struct call *call)
{
    return strcmp(call->route->method, "POST") != 0 || call->session.id == 0 || call->route->access == DESK_ANYBODY ||
           sessions_tokens_match(call->session.form_token, request_field(&call->form, "token"));
}

/* Who was logged in when the request came may be out by now: it has waited for its turn. */
static void look_again(struct desk *desk, struct call *call)
{
    (void)pthread_mutex_lock(&desk->lock);
    if (!sessions_is_alive(&desk->sessions, call->session.id, desk_now_ms()))
        call->session = (struct session){.id = 0};
    (void)pthread_mutex_unlock(&desk->lock);
}

static void answer(struct desk *desk, struct desk_job *job)
{
    const struct call *call = &job->call;

    look_again(desk, &job->call);
    if (!may(call->route->access, &call->session))
        refuse(desk, call, &job->reply);
    else if (!has_token(call))
        reply_text(&job->reply, 403, "this form belongs to another login: reload the page, and send it again");
    else
        call->route->answer(desk, call, &job->reply);
}

/* --- the thread --- */

/* The next job; NULL: it is closing, and none waits. */
static struct desk_job *take_job(struct desk *desk, bool *is_closing)
{
    struct desk_job *job;

    (void)pthread_mutex_lock(&desk->queue_lock);
    while (desk->first == NULL && !desk->is_closing)
        (void)pthread_cond_wait(&desk->queue_changed, &desk->queue_lock);
    job = desk->first;
    if (job != NULL) {
        desk->first = job->next;
        desk->waiting--;
        if (desk->first == NULL)
            desk->last = &desk->first;
    }
    *is_closing = desk->is_closing;
    (void)pthread_mutex_unlock(&desk->queue_lock);
    return job;
}

static void *work(void *context)
{
    struct desk *desk = context;
    struct desk_job *job;
    bool is_closing;

    while ((job = take_job(desk, &is_closing)) != NULL) {
        if (is_closing)
            reply_text(&job->reply, 503, "the station is ending");
        else
            answer(desk, job);
        job->done(job);
    }
    return NULL;
}

void desk_init(struct desk *desk)
{
    (void)pthread_mutex_init(&desk->lock, NULL);
    (void)pthread_mutex_init(&desk->queue_lock, NULL);
    (void)pthread_cond_init(&desk->queue_changed, NULL);
    asks_init(&desk->asks);
    desk->last = &desk->first;
}

bool desk_start(struct desk *desk, struct error *err)
{
    desk->is_started = pthread_create(&desk->thread, NULL, work, desk) == 0;
    if (!desk->is_started)
        error_set(err, ERROR_UNEXPECTED, "no thread can be started for the pages", NULL);
    return desk->is_started;
}

void desk_stop(struct desk *desk)
{
    (void)pthread_mutex_lock(&desk->queue_lock);
    desk->is_closing = true;
    (void)pthread_cond_signal(&desk->queue_changed);
    (void)pthread_mutex_unlock(&desk->queue_lock);
    if (desk->is_started)
        (void)pthread_join(desk->thread, NULL);
}

void desk_release(struct desk *desk)
{
    asks_release(&desk->asks);
    (void)pthread_cond_destroy(&desk->queue_changed);
    (void)pthread_mutex_destroy(&desk->queue_lock);
    (void)pthread_mutex_destroy(&desk->lock);
    bytes_wipe(&desk->sessions, sizeof desk->sessions);
}

bool desk_hand_over(struct desk *desk, struct desk_job *job)
{
    bool ok;

    job->next = NULL;
    (void)pthread_mutex_lock(&desk->queue_lock);
    ok = desk->waiting < DESK_WAITING_MAX && !desk->is_closing;
    if (ok) {
        *desk->last = job;
        desk->last = &job->next;
        desk->waiting++;
        (void)pthread_cond_signal(&desk->queue_changed);
    }
    (void)pthread_mutex_unlock(&desk->queue_lock);
    return ok;
}
