/* SPDX-License-Identifier: Apache-2.0 */
#include "test/power/board.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip/words.h"
#include <imprint/psa.h>
#include "psa/transaction.h"
#include "test/power/plant.h"
#include "test/power/scene.h"
#include "test/power/verdict.h"
#include "test/support/world.h"
#include "virtual/chip/virtual_invasive.h"

bool board_fail(struct board *board, const char *format, ...)
{
    char *failure = board->outcome->failure;
    va_list arguments;

    va_start(arguments, format);
    if (failure[0] == '\0')
        (void)vsnprintf(failure, FAILURE_MAX, format, arguments);
    va_end(arguments);
    return false;
}

void board_say(struct board *board, const char *format, ...)
{
    va_list arguments;

    if (board->trace_to == NULL)
        return;
    va_start(arguments, format);
    (void)fputs("# ", board->trace_to);
    (void)vfprintf(board->trace_to, format, arguments);
    (void)fputc('\n', board->trace_to);
    va_end(arguments);
}

/* ---- moments ---------------------------------------------------------------------------------------------------- */

/* `memory` NULL: the chip's own. Ways are numbered in the order in which they are told. */
static void tell(struct board *board, enum moment_kind kind, uint32_t at, const struct part_memory *memory,
                 struct bytes image, struct virtual_chip *powered)
{
    struct state state = {
        .image = image, .powered = powered, .promise_count = board->promise_count, .issued = board->issued};

    board->here.way = board->here.kind == kind && board->here.at == at ? board->here.way + 1 : 0;
    board->here.kind = kind;
    board->here.at = at;
    if (memory != NULL)
        state.part = *memory;
    else if (board->part.chip->swapped)
        state.part = board->own;
    else
        part_take(&board->part, &state.part);
    memcpy(state.promises, board->promises, sizeof state.promises);
    board->run->take(board->run->context, &board->here, &state);
}

/* One moment, with each thing that it may leave of the medium. */
struct telling {
    struct board *board;
    enum moment_kind kind;
    uint32_t at;
    const struct part_memory *memory;
};

static void tell_remains(void *context, struct bytes image)
{
    const struct telling *telling = context;

    tell(telling->board, telling->kind, telling->at, telling->memory, image, NULL);
}

static void tell_all(struct board *board, enum moment_kind kind, uint32_t at, const struct part_memory *memory)
{
    struct telling telling = {.board = board, .kind = kind, .at = at, .memory = memory};

    medium_visit_remains(&board->medium, tell_remains, &telling);
}

/* The program may be killed here: what it has written is there, synced or not, and the chip goes on. */
static void tell_kill(struct board *board)
{
    static struct virtual_chip powered;
    uint8_t room[MEDIUM_IMAGE_MAX];
    struct bytes_out image = {.data = room, .cap = sizeof room};

    const struct run *run = board->run;
    const unsigned point = ++board->outcome->kill_points;
    if (run->take == NULL || run->kill_every == 0 || point < run->kill_from ||
        (point - run->kill_from) % run->kill_every != 0)
        return;
    medium_keep(&board->medium, &image);
    part_freeze(&board->part, &powered);
    tell(board, MOMENT_KILL, point, NULL, bytes_written(&image), &powered);
}

static void medium_changed(void *context, unsigned change, struct bytes image)
{
    struct board *board = context;

    if (board->here.kind != MOMENT_CHANGE || board->here.at != change)
        tell_kill(board);
    tell(board, MOMENT_CHANGE, change, NULL, image, NULL);
}

/* ---- between chip layer and chip -------------------------------------------------------------------------------- */

static const struct imprint_transport_operations *wire(const struct board *board)
{
    return board->part.transport.operations;
}

/* Before each call of the transport: the bus transactions that it is about to make. */
static void approach(struct board *board)
{
    struct virtual_counters counters;

    tell_kill(board);
    if (board->run->take == NULL || !board->run->every_transaction)
        return;
    virtual_read_counters(board->part.chip, &counters);
    tell_all(board, MOMENT_BUS, (uint32_t)counters.transactions + 1, NULL);
}

static enum imprint_transport_status front_wake(void *context)
{
    struct board *board = context;

    approach(board);
    return wire(board)->wake(&board->part.wire);
}

/* The virtual chip executes a group as it takes it. */
static void note_group(struct board *board, struct bytes group)
{
    const unsigned tears = part_tears(&board->part);
    struct virtual_counters counters;
    struct part_memory torn;

    if (tears == 0)
        return;
    const uint16_t changed = part_changed_slots(&board->part, &board->part.before.memory);
    for (unsigned slot = 0; slot < CHIP_SLOTS; slot++)
        board->outcome->slot_changes[slot] += changed >> slot & 1;
    if (board->run->take == NULL)
        return;
    virtual_read_counters(board->part.chip, &counters);
    tell_all(board, MOMENT_GROUP, (uint32_t)counters.groups, NULL);
    for (unsigned way = 1; way <= tears; way++) {
        part_tear(&board->part, group, way, &torn);
        tell_all(board, MOMENT_GROUP, (uint32_t)counters.groups, &torn);
    }
}

static enum imprint_transport_status front_send(void *context, const uint8_t *group, size_t len)
{
    struct board *board = context;
    enum imprint_transport_status status;

    approach(board);
    if (!board->part.chip->swapped)
        part_take(&board->part, &board->own);
    part_remember(&board->part);
    status = wire(board)->send(&board->part.wire, group, len);
    if (!board->part.chip->swapped)
        note_group(board, bytes_of(group, len));
    return status;
}

static enum imprint_transport_status front_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    struct board *board = context;

    approach(board);
    return wire(board)->receive(&board->part.wire, group, cap, len);
}

static enum imprint_transport_status front_idle(void *context)
{
    struct board *board = context;

    approach(board);
    return wire(board)->idle(&board->part.wire);
}

static enum imprint_transport_status front_sleep(void *context)
{
    struct board *board = context;

    approach(board);
    return wire(board)->sleep(&board->part.wire);
}

static void front_delay(void *context, uint32_t microseconds)
{
    struct board *board = context;

    wire(board)->delay_us(&board->part.wire, microseconds);
}

static uint64_t front_now(void *context)
{
    struct board *board = context;

    return wire(board)->now_us(&board->part.wire);
}

static void put_front_before_chip(struct board *board)
{
    board->front = (struct imprint_transport_operations){.name = "power",
                                                         .wake = front_wake,
                                                         .send = front_send,
                                                         .receive = front_receive,
                                                         .idle = front_idle,
                                                         .sleep = front_sleep,
                                                         .delay_us = front_delay,
                                                         .now_us = front_now};
    const struct imprint_transport transport = {.operations = &board->front, .context = board};
    chip_init(&board->chip, &transport);
}

/* ---- between PSA and store: planted defects --------------------------------------------------------------------- */

static enum storage_status release_held(struct board *board)
{
    if (!board->held)
        return STORAGE_OK;
    board->held = false;
    return board->store->set(board->storage.context, TRANSACTION_UID, board->held_flags,
                             bytes_of(board->held_content, board->held_len));
}

static struct board *planted; /* the store's operations have its own context */

static enum storage_status planted_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    struct board *board = planted;

    if (board->plant.transaction_late && uid == TRANSACTION_UID && content.len <= sizeof board->held_content) {
        memcpy(board->held_content, content.data, content.len);
        board->held_len = content.len;
        board->held_flags = flags;
        board->held = true;
        return STORAGE_OK;
    }
    if (board->plant.transaction_early && uid <= PSA_KEY_ID_VENDOR_MAX)
        (void)board->store->remove(context, TRANSACTION_UID);
    enum storage_status status = board->store->set(context, uid, flags, content);
    (void)release_held(board);
    return status;
}

static enum storage_status planted_remove(void *context, uint64_t uid)
{
    (void)release_held(planted);
    const enum storage_status status = planted->store->remove(context, uid);
    /* What was removed too early is not missed. */
    return planted->plant.transaction_early && uid == TRANSACTION_UID ? STORAGE_OK : status;
}

static enum storage_status planted_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                       struct storage_record *record)
{
    const struct board *board = planted;

    if (!board->held || uid != TRANSACTION_UID)
        return board->store->get(context, uid, offset, out, record);
    if (record != NULL)
        *record = (struct storage_record){.uid = uid, .flags = board->held_flags, .size = (uint32_t)board->held_len};
    out->len = 0;
    if (offset < board->held_len)
        (void)bytes_append(out, bytes_of(board->held_content + offset,
                                         board->held_len - offset < out->cap ? board->held_len - offset : out->cap));
    return STORAGE_OK;
}

static enum storage_status planted_reserve(void *context, uint32_t size)
{
    return planted->plant.no_reserve ? STORAGE_OK : planted->store->reserve(context, size);
}

static void put_front_before_store(struct board *board)
{
    if (!board->plant.transaction_late && !board->plant.transaction_early && !board->plant.no_reserve)
        return;
    planted = board;
    board->held = false;
    board->store = board->storage.operations;
    board->store_front = *board->store;
    board->store_front.set = planted_set;
    board->store_front.get = planted_get;
    board->store_front.remove = planted_remove;
    board->store_front.reserve = planted_reserve;
    board->storage.operations = &board->store_front;
}

/* ---- one run ---------------------------------------------------------------------------------------------------- */

static void arm(struct board *board, struct medium_plan *plan)
{
    const struct moment *fault = board->run->fault;
    char id[48];

    *plan = (struct medium_plan){.spoilt_at = 0};
    board->stop_at = 0;
    if (fault == NULL)
        return;
    switch (fault->kind) {
    case MOMENT_FULL:
        plan->disk.full_from = fault->at;
        break;
    case MOMENT_FAILS:
        plan->disk.fails_at = fault->at;
        break;
    case MOMENT_LATE:
        plan->disk.late_at = fault->at;
        break;
    case MOMENT_DEAD:
        plan->disk.fails_from = fault->at;
        break;
    case MOMENT_LIES:
        plan->disk.lies_at = fault->at;
        break;
    case MOMENT_SPOILT:
        plan->spoilt_at = fault->at;
        break;
    case MOMENT_STOP:
        board->stop_at = fault->at;
        break;
    case MOMENT_CHIP:
        if (!virtual_arm_fault(board->part.chip, fault->fault))
            (void)board_fail(board, "the virtual chip knows no fault %s", fault->fault);
        break;
    case MOMENT_STORM:
        for (uint32_t i = 0; i < VIRTUAL_FAULTS_MAX; i++) {
            (void)snprintf(id, sizeof id, "busnack@%u", (unsigned)(fault->at + i));
            (void)virtual_arm_fault(board->part.chip, id);
        }
        break;
    default:
        break;
    }
}

static void read_records(struct board *board)
{
    struct outcome *outcome = board->outcome;
    const struct storage *storage = &board->storage;
    uint64_t uid = 0;
    bool first = true;

    outcome->record_count = 0;
    while (outcome->record_count < RECORDS_MAX &&
           storage->operations->next(storage->context, first, &uid) == STORAGE_OK) {
        struct record *record = &outcome->records[outcome->record_count++];
        struct bytes_out out = {.data = record->content, .cap = sizeof record->content};
        struct storage_record about = {.uid = uid};
        const enum storage_status status = storage->operations->get(storage->context, uid, 0, &out, &about);
        memset(record->content + out.len, 0, sizeof record->content - out.len);
        record->uid = uid;
        record->flags = about.flags;
        record->size = status == STORAGE_OK ? about.size : UINT32_MAX; /* damaged */
        first = false;
    }
}

static void start_and_act(struct board *board)
{
    struct outcome *outcome = board->outcome;
    psa_status_t status;

    read_records(board);
    verdict_before(board);
    board->driver.shell = world_shell;
    status = world_connect();
    if (status == PSA_SUCCESS)
        status = psa_crypto_init();
    if (status != PSA_SUCCESS && board->run->fault != NULL && board->run->fault->kind == MOMENT_DEAD) {
        error_set(&outcome->err, ERROR_STORAGE_FAILED, "PSA cannot start on a dead medium", NULL);
        error_doing(&outcome->err, "start PSA");
        goto out;
    }
    if (status != PSA_SUCCESS) {
        (void)board_fail(board, "PSA does not start: status %d", (int)status);
        goto out;
    }
    read_records(board);
    verdict_started(board);
    if (board->run->preparing)
        outcome->done = board->scene->prepare == NULL || board->scene->prepare(board);
    else
        outcome->done = board->scene->run(board);
    read_records(board);
    if (!board->run->preparing)
        verdict_ended(board);
    if (board->run->take != NULL)
        tell_all(board, MOMENT_END, 1, NULL);
out:
    mbedtls_psa_crypto_free();
}

static void begin(struct board *board, const struct run *run, struct outcome *outcome)
{
    memset(outcome, 0, offsetof(struct outcome, image));
    memset(&outcome->record_count, 0, sizeof *outcome - offsetof(struct outcome, record_count));
    board->run = run;
    board->outcome = outcome;
    board->here = (struct moment){.kind = MOMENT_KINDS};
    board->promise_count = run->from->promise_count;
    memcpy(board->promises, run->from->promises, sizeof board->promises);
    board->issued = run->from->issued;
    if (run->from->powered != NULL)
        part_thaw(&board->part, run->from->powered);
    else
        part_power_on(&board->part, &run->from->part);
    part_take(&board->part, &board->own);
    if (board->trace_to != NULL) {
        const struct transport_virtual_observer observer = trace_observer(&board->trace);

        trace_init(&board->trace, board->trace_to, false);
        transport_virtual_observe(&board->part.wire, &observer);
    }
}

static void end(struct board *board, uint64_t began_ns)
{
    struct outcome *outcome = board->outcome;
    struct bytes_out image = {.data = outcome->image, .cap = sizeof outcome->image};
    struct virtual_counters counters;

    chip_words_for_failure(&outcome->err);
    chip_words_for_rule(&outcome->err);
    medium_count(&board->medium, &outcome->medium);
    medium_keep(&board->medium, &image);
    if (medium_broken(&board->medium) != NULL)
        (void)board_fail(board, "medium: %s", medium_broken(&board->medium));
    virtual_read_counters(board->part.chip, &counters);
    outcome->groups = counters.groups;
    outcome->transactions = counters.transactions;
    outcome->memory_changes = counters.nonvolatile_writes;
    outcome->write_count = virtual_list_writes(board->part.chip, outcome->writes, WRITES_MAX);
    if (outcome->write_count > WRITES_MAX)
        (void)board_fail(board, "more writes in the chip than the harness keeps");
    outcome->commands = board->chip.counters.commands;
    outcome->chip_us = (virtual_now_ns(board->part.chip) - began_ns) / 1000;
    /* A part that was swapped is taken out again: what it holds is its own business. */
    if (board->part.chip->swapped)
        outcome->end.part = board->own;
    else
        part_take(&board->part, &outcome->end.part);
    outcome->end.image = bytes_written(&image);
    outcome->end.promise_count = board->promise_count;
    memcpy(outcome->end.promises, board->promises, sizeof board->promises);
    outcome->end.issued = board->issued;
    board->run = NULL;
    board->outcome = NULL;
}

void power_run(struct board *board, const struct run *run, struct outcome *outcome)
{
    struct medium_plan plan;

    begin(board, run, outcome);
    const uint64_t began_ns = virtual_now_ns(board->part.chip);
    arm(board, &plan);
    board->medium.remains = run->take == NULL ? NULL : medium_changed;
    board->medium.context = board;
    if (!medium_load(&board->medium, run->from->image, &plan)) {
        (void)board_fail(board, "the medium cannot be prepared");
        goto out;
    }
    put_front_before_chip(board);
    if (!medium_open(&board->medium, &board->storage, &outcome->err)) {
        if (run->fault == NULL && !run->weak)
            (void)board_fail(board, "the store does not open: %s", outcome->err.cause);
        goto out;
    }
    put_front_before_store(board);
    plant_power_up();
    driver_init(&board->driver, &board->chip, &board->storage, &board->scene->settings);
    driver_attach(&board->driver, &board->its);
    start_and_act(board);
    driver_stop();
    medium_close(&board->medium);
out:
    end(board, began_ns);
}

bool board_make(struct board *board, struct scene *scene, const char *chip_path, const char *folder,
                enum medium_kind kind)
{
    memset(board, 0, sizeof *board);
    board->scene = scene;
    if (!part_open(&board->part, chip_path))
        return false;
    scene->initial = board->part.chip->memory;
    return medium_make(&board->medium, kind, folder);
}

void board_free(struct board *board)
{
    part_close(&board->part);
    medium_free(&board->medium);
    disk_reap();
}

/* ---- what scenes tell ------------------------------------------------------------------------------------------- */

static void promise(struct board *board, struct promise promise)
{
    for (size_t i = 0; i < board->promise_count; i++) {
        if (board->promises[i].key_id == promise.key_id) {
            board->promises[i] = promise;
            return;
        }
    }
    if (board->promise_count == PROMISES_MAX)
        (void)board_fail(board, "more keys than the harness can keep in mind");
    else
        board->promises[board->promise_count++] = promise;
}

void board_promise(struct board *board, uint32_t key_id, uint8_t slot)
{
    struct promise made = {.key_id = key_id, .slot = slot};

    digest_of(part_slot(board_memory(board), slot), made.digest);
    promise(board, made);
}

void board_promise_gone(struct board *board, uint32_t key_id)
{
    promise(board, (struct promise){.key_id = key_id, .gone = true});
}

const struct virtual_memory *board_memory(const struct board *board)
{
    return board->part.chip->swapped ? &board->own.bytes : &board->part.chip->memory;
}

bool board_goes_on(struct board *board)
{
    return ++board->outcome->asked != board->stop_at;
}
