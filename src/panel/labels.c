/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/labels.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "panel/admission.h"
#include "panel/label_settings.h"
#include "station/label_mark.h"
#include "station/value.h"

#define PATIENCE_MS 60000 /* of a worker: longer than any printer gets (station/printer.h) */
#define LOOK_MS 1000      /* between two looks at the marks */

static bool are_wanted(const struct labels *labels)
{
    return labels->settings != NULL && labels->settings->labels.to[0] != '\0';
}

/* --- the list --- */

static struct labels_item *find(struct labels *labels, const char *serial)
{
    for (size_t i = 0; i < labels->count; i++)
        if (strcmp(labels->items[i].serial, serial) == 0)
            return &labels->items[i];
    return NULL;
}

static void drop(struct labels *labels, struct labels_item *item)
{
    const size_t index = (size_t)(item - labels->items);

    labels->count--;
    memmove(item, item + 1, (labels->count - index) * sizeof *item);
}

/* Makes room: an older one that does not print is left to its mark. */
static struct labels_item *add(struct labels *labels, const char *serial, const char *socket)
{
    struct labels_item *item = find(labels, serial);

    if (item == NULL && labels->count == LABELS_MAX)
        drop(labels, &labels->items[labels->items[0].state == LABELS_PRINTING ? 1 : 0]);
    if (item == NULL)
        item = &labels->items[labels->count++];
    *item = (struct labels_item){.state = LABELS_WAITING};
    (void)snprintf(item->serial, sizeof item->serial, "%s", serial);
    (void)snprintf(item->socket, sizeof item->socket, "%s", socket);
    return item;
}

static void fail(struct labels_item *item, const char *cause, const char *next)
{
    item->state = LABELS_FAILED;
    (void)snprintf(item->cause, sizeof item->cause, "%s", cause);
    (void)snprintf(item->next, sizeof item->next, "%s", next);
}

/* --- what is due --- */

static void list_left(void *context, const char *serial, const char *socket)
{
    struct labels *labels = context;
    struct labels_item *item;

    if (labels->count == LABELS_MAX)
        return;
    item = add(labels, serial, socket);
    item->has_mark = true;
    fail(item, "the station ended before it was printed", "see whether it came out; if not, print it again");
}

void labels_open(struct labels *labels, const struct panel_settings *settings, struct fork_server *workers,
                 void *context, void (*changed)(void *context, const struct labels_item *item))
{
    labels->settings = settings;
    labels->workers = workers;
    labels->context = context;
    labels->changed = changed;
    labels->worker = (struct worker)WORKER_NONE;
    if (are_wanted(labels))
        label_mark_list(settings->state, LABEL_MARK_DUE, list_left, labels);
}

void labels_close(struct labels *labels)
{
    worker_ask_to_end(&labels->worker);
}

void labels_note_work(const struct labels *labels, const char *scan, const struct panel_board *board)
{
    if (are_wanted(labels) && board->has_plan && board->changes > 0)
        (void)label_mark_set(labels->settings->state, board->serial, LABEL_MARK_WORK, scan);
}

bool labels_note_pass(struct labels *labels, const char *socket, const struct panel_board *board)
{
    const struct panel_settings *settings = labels->settings;
    struct labels_item *item;

    if (!are_wanted(labels) || board->serial[0] == '\0' || admission_is_golden(settings, board))
        return false;
    /* A run before this one may have made it, and was killed before it could say so. */
    if (!settings->labels.confirmed && board->changes == 0 &&
        !label_mark_is_set(settings->state, board->serial, LABEL_MARK_WORK))
        return false;
    item = find(labels, board->serial);
    if (item != NULL && item->state == LABELS_PRINTING)
        return true;
    item = add(labels, board->serial, socket);
    item->has_mark = label_mark_set(settings->state, board->serial, LABEL_MARK_DUE, socket);
    item->has_work = !item->has_mark && label_mark_is_set(settings->state, board->serial, LABEL_MARK_WORK);
    return true;
}

void labels_note_kept(struct labels *labels, const struct panel_board *board)
{
    struct labels_item *item = find(labels, board->serial);

    if (label_mark_is_set(labels->settings->state, board->serial, LABEL_MARK_DUE))
        label_mark_remove(labels->settings->state, board->serial, LABEL_MARK_WORK);
    else if (item != NULL)
        item->ends_work = true;
}

static void print_again(struct labels_item *item)
{
    if (item == NULL || item->state != LABELS_FAILED)
        return;
    item->state = LABELS_WAITING;
    item->cause[0] = item->next[0] = '\0';
}

void labels_ask(struct labels *labels, const struct page_ask *ask)
{
    struct labels_item *item;

    if (ask->kind == PAGE_ASK_LABEL) {
        print_again(find(labels, ask->text));
    } else if (are_wanted(labels) && strlen(ask->text) < sizeof item->serial && find(labels, ask->text) == NULL) {
        item = add(labels, ask->text, "");
        item->is_test = true;
        labels->tested = *item;
    }
}

/* --- printing --- */

#define NUMBER_SIZE 12

/* Adds OPTION and the number, unless it is 0: then `imprint label` has its own. */
static size_t put_number(const char **arguments, size_t count, const char *option, uint32_t number,
                         char text[static NUMBER_SIZE])
{
    if (number == 0)
        return count;
    (void)snprintf(text, NUMBER_SIZE, "%u", number);
    arguments[count] = option;
    arguments[count + 1] = text;
    return count + 2;
}

static bool start(struct labels *labels, const struct labels_item *item, struct error *err)
{
    const struct panel_label_settings *wanted = &labels->settings->labels;
    const char *arguments[WORKER_ARGUMENTS_MAX + 1] = {
        "imprint", "--json", "--state", labels->settings->state, "label", "--to", wanted->to,
    };
    const char *format = label_settings_format(wanted);
    char width[NUMBER_SIZE], height[NUMBER_SIZE], dpi[NUMBER_SIZE];
    size_t count = 7;

    if (format != NULL) {
        arguments[count++] = "--format";
        arguments[count++] = format;
    }
    count = put_number(arguments, count, "--width", wanted->width_mm, width);
    count = put_number(arguments, count, "--height", wanted->height_mm, height);
    count = put_number(arguments, count, "--dpi", wanted->dpi, dpi);
    if (item->is_test)
        arguments[count++] = "--test";
    arguments[count++] = item->serial;
    arguments[count] = NULL;
    labels->said = (struct panel_board){.steps = 0};
    return worker_start(&labels->worker, labels->workers, -1, arguments, false, PATIENCE_MS, err);
}

/* It was printed, or was not. A test label is tried once; another one is kept until it is printed. */
static void conclude(struct labels *labels, struct labels_item *item)
{
    if (item->state == LABELS_PRINTED && item->ends_work)
        label_mark_remove(labels->settings->state, item->serial, LABEL_MARK_WORK);
    labels->changed(labels->context, item);
    if (item->is_test)
        labels->tested = *item;
    if (item->is_test || item->state == LABELS_PRINTED)
        drop(labels, item);
}

static void begin_next(struct labels *labels)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    for (size_t i = 0; i < labels->count; i++) {
        struct labels_item *item = &labels->items[i];

        if (item->state != LABELS_WAITING)
            continue;
        item->state = LABELS_PRINTING;
        if (item->is_test)
            labels->tested = *item;
        if (!start(labels, item, &err)) {
            fail(item, err.cause, "print it again");
            conclude(labels, item);
        }
        return;
    }
}

static void take_object(void *context, const json_t *object)
{
    struct labels *labels = context;

    board_take(&labels->said, object);
}

static struct labels_item *find_printing(struct labels *labels)
{
    for (size_t i = 0; i < labels->count; i++)
        if (labels->items[i].state == LABELS_PRINTING)
            return &labels->items[i];
    return NULL;
}

static void end_printing(struct labels *labels)
{
    const struct worker_end end = worker_finish(&labels->worker, take_object, labels);
    struct labels_item *item = find_printing(labels);

    if (item == NULL)
        return;
    if (end.by_exit && end.code == 0)
        item->state = LABELS_PRINTED;
    else if (labels->said.cause[0] != '\0')
        fail(item, labels->said.cause, labels->said.next);
    else
        fail(item, "the worker ended without a result", "see whether it came out; if not, print it again");
    conclude(labels, item);
}

static bool has_ended(const struct worker *worker)
{
    struct pollfd polled = {.fd = worker->pidfd, .events = POLLIN};

    return poll(&polled, 1, 0) > 0;
}

/* A person may have printed it by hand: then its mark is gone, or that of its run where it has none. */
static bool is_printed_by_hand(const struct labels *labels, const struct labels_item *item)
{
    const enum label_mark mark = item->has_mark ? LABEL_MARK_DUE : LABEL_MARK_WORK;

    return item->state == LABELS_FAILED && (item->has_mark || item->has_work) &&
           !label_mark_is_set(labels->settings->state, item->serial, mark);
}

static bool drop_printed(struct labels *labels)
{
    bool any = false;

    for (size_t i = labels->count; i-- > 0;) {
        struct labels_item *item = &labels->items[i];

        if (!is_printed_by_hand(labels, item))
            continue;
        item->state = LABELS_PRINTED;
        labels->changed(labels->context, item);
        drop(labels, item);
        any = true;
    }
    return any;
}

bool labels_tend(struct labels *labels, bool may_begin)
{
    const int64_t now = worker_now_ms();
    bool any = false;

    if (!are_wanted(labels))
        return false;
    if (worker_is_running(&labels->worker)) {
        worker_read(&labels->worker, take_object, labels);
        worker_tend(&labels->worker);
        if (!has_ended(&labels->worker))
            return false;
        end_printing(labels);
        any = true;
    }
    if (now - labels->looked_ms >= LOOK_MS) {
        labels->looked_ms = now;
        any = drop_printed(labels) || any;
    }
    if (may_begin)
        begin_next(labels);
    return any || worker_is_running(&labels->worker);
}

/* --- showing --- */

json_t *labels_view_item(const struct labels_item *item)
{
    static const char *const names[] = {[LABELS_WAITING] = "waiting",
                                        [LABELS_PRINTING] = "printing",
                                        [LABELS_PRINTED] = "printed",
                                        [LABELS_FAILED] = "failed"};
    json_t *object = json_pack("{s:s, s:o, s:s}", "serial", item->serial, "socket", value_text(item->socket), "state",
                               names[item->state]);

    if (item->cause[0] != '\0')
        json_object_set_new(object, "cause", value_text(item->cause));
    if (item->next[0] != '\0')
        json_object_set_new(object, "next", value_text(item->next));
    return object;
}

void labels_put(const struct labels *labels, json_t *state)
{
    json_t *list;

    if (!are_wanted(labels))
        return;
    list = json_array();
    for (size_t i = 0; i < labels->count; i++)
        if (!labels->items[i].is_test)
            json_array_append_new(list, labels_view_item(&labels->items[i]));
    json_object_set_new(state, "labels", list);
    if (labels->tested.serial[0] != '\0')
        json_object_set_new(state, "label_test", labels_view_item(&labels->tested));
}
