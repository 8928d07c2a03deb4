/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line: a home that grants leases of one order, and stations that make boards with them, while processes die at any
 * statement, messages are lost, late and doubled, and boards are carried from one station to another. At every moment
 * no more boards may have been written than were ordered; in the end the counts are exact. Once more with the home on a
 * server that is killed and started again.
 */
#include "order/claim.h"
#include "order/home.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "database/statement.h"
#include "order/query.h"
#include "test/order/chance.h"
#include "test/order/file_home.h"
#include "test/order/told.h"
#include "test/support/postgres.h"
#include "test/support/scratch.h"

#define STATIONS 6
#define QUANTITY 120
#define BOARDS 180
#define STEPS 2400
#define SEEDS 4
#define SERVER_STEPS 1500 /* with the home on a server, each step of it takes milliseconds */
#define MESSAGES 48
#define ORDER_ID "WO-1042"

static char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM];

/* --- death: from the chosen call on nothing reaches the database --- */

enum { ALIVE = -1 };
static int calls_left = ALIVE; /* until the process dies */
static bool is_dead, kills_server, server_is_dead;
static unsigned crashes, server_kills;

/* Where the home is: a server, or (settings NULL) a file. */
static struct postgres_server server;
static char *settings;

bool __wrap_database_commit(struct database *database, struct error *err);
bool __real_database_commit(struct database *database, struct error *err);
enum statement_result __wrap_statement_step(struct statement *statement, struct error *err);
enum statement_result __real_statement_step(struct statement *statement, struct error *err);

static bool dies(void)
{
    if (calls_left == 0 && kills_server) { /* the call goes on, and finds out */
        postgres_server_kill(&server);
        server_is_dead = true;
        server_kills++;
        kills_server = false;
        calls_left = ALIVE;
    }
    if (calls_left == 0)
        is_dead = true;
    if (calls_left > 0)
        calls_left--;
    return is_dead;
}

enum statement_result __wrap_statement_step(struct statement *statement, struct error *err)
{
    if (!dies())
        return __real_statement_step(statement, err);
    error_set(err, ERROR_INTERRUPTED, "dead", NULL);
    return STATEMENT_FAILED;
}

bool __wrap_database_commit(struct database *database, struct error *err)
{
    bool ok = !dies() && __real_database_commit(database, err);

    /* Committed, but nobody knows. */
    ok = ok && !dies();
    if (!ok)
        error_set(err, ERROR_INTERRUPTED, "dead", NULL);
    return ok;
}

/* --- databases --- */

static const char *const upgrades[] = {
    order_tables,
    order_labels_upgrade,
    "CREATE TABLE said (seq BIGINT PRIMARY KEY, kind BIGINT NOT NULL, device TEXT NOT NULL, lease TEXT NOT NULL,"
    "  board TEXT NOT NULL, outcome BIGINT NOT NULL);"
    "CREATE TABLE heard (station BIGINT PRIMARY KEY, next BIGINT NOT NULL);",
};

static const struct database_kind kind = {
    .name = "simulation",
    .application_id = 0x53494d55,
    .upgrades = upgrades,
    .version = sizeof upgrades / sizeof upgrades[0],
};

struct node {
    struct database database;
    char path[SCRATCH_PATH_MAX];
    int index;       /* of the station; STATIONS: the home */
    unsigned leases; /* ids that it has used up: a real one counts them in its log */
};

static struct node nodes[STATIONS + 1];
static struct node *const home = &nodes[STATIONS];

static void must(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("%s: %s (%s)", error_reason_name(err->reason), err->cause, err->subject);
}

static void open_node(struct node *node)
{
    const struct database_server home_server = {.settings = settings};
    struct error err = ERROR_IN(room);

    if (node == home && settings != NULL) {
        must(database_connect(&node->database, &home_server, &order_home_kind, DATABASE_MAKE, &err), &err);
        return;
    }
    must(database_open(&node->database, node->path, &kind, DATABASE_MAKE, &err), &err);
    /* The death of a process is what is played here, not that of a disk. */
    must(database_run(&node->database, "PRAGMA synchronous=OFF", &err), &err);
}

/* The work of one process: it runs to its end, or it dies in it and starts again. */
typedef bool node_work(struct node *node, void *context, struct error *err);

static bool act(struct node *node, node_work *work, void *context, struct error *err)
{
    bool ok, died, is_away;

    /* Of a server's functions each is one call. */
    calls_left = chance(50) ? (int)random_below(node == home && settings != NULL ? 4 : 16) : ALIVE;
    kills_server = node == home && settings != NULL && calls_left != ALIVE && chance(10);
    is_dead = false;
    ok = database_begin(&node->database, err) && work(node, context, err) && database_commit(&node->database, err);
    calls_left = ALIVE;
    kills_server = false;
    if (!ok)
        database_rollback(&node->database);
    /* It may also have died after it did all of it. */
    is_away = (!ok && err->reason == ERROR_SERVER_AWAY) || server_is_dead;
    server_is_dead = false;
    died = is_dead || is_away;
    is_dead = false;
    crashes += died;
    if (is_away)
        postgres_server_restart(&server);
    if (is_away ||
        (died && chance(10))) { /* a rollback is what the next process would find; now and then it is tried */
        database_close(&node->database);
        open_node(node);
    }
    if (is_away && !ok) /* as after any death */
        *err = (struct error){.reason = ERROR_INTERRUPTED, .cause = "the server was killed"};
    return ok;
}

static int64_t number_of(struct node *node, const char *sql)
{
    struct error err = ERROR_IN(room);
    struct statement row;
    int64_t number;

    if (query_first(&row, &node->database, sql, NULL, 0, &err) != STATEMENT_ROW)
        fail_msg("%s: %s", sql, err.cause);
    number = statement_number(&row, 0);
    statement_finish(&row);
    return number;
}

/* --- what stations say in their logs, and send --- */

enum said_kind { SAID_TAKE, SAID_END, SAID_LEASE_END };

struct said {
    int64_t seq, outcome;
    enum said_kind kind;
    char device[ORDER_DEVICE_SIZE], lease[ORDER_LEASE_SIZE], board[ORDER_BOARD_SIZE];
};

static bool say(struct node *node, enum said_kind what, const struct order_claim *claim, int64_t outcome,
                struct error *err)
{
    return query_run(&node->database,
                     "INSERT INTO said (seq, kind, device, lease, board, outcome)"
                     " SELECT coalesce(max(seq) + 1, 0), $1, $2, $3, $4, $5 FROM said",
                     QUERY_VALUES(QUERY_NUMBER(what), QUERY_TEXT(claim->device), QUERY_TEXT(claim->lease),
                                  QUERY_TEXT(claim->board), QUERY_NUMBER(outcome)),
                     5, NULL, err);
}

enum message_kind { MESSAGE_NONE, MESSAGE_ASK, MESSAGE_ANSWER, MESSAGE_BATCH };
#define BATCH 12

struct message {
    enum message_kind kind;
    int station;
    struct order_lease lease;
    size_t count;
    struct said said[BATCH];
};

static struct message messages[MESSAGES];
static unsigned lost, doubled;

/* One in six is lost. Where there is no room an older one is. */
static void send(const struct message *message, bool is_safe)
{
    size_t at = random_below(MESSAGES);

    if (!is_safe && chance(16)) {
        lost++;
        return;
    }
    for (size_t i = 0; i < MESSAGES && messages[at].kind != MESSAGE_NONE; i++)
        at = (at + 1) % MESSAGES;
    messages[at] = *message;
}

/* --- boards --- */

struct board {
    bool is_touched, is_finished; /* something lasting was written; all of it was */
    char device[ORDER_DEVICE_SIZE], number[ORDER_BOARD_SIZE];
};

static struct board boards[BOARDS];
static bool has_boards, has_first_article;

static unsigned touched(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < BOARDS; i++)
        count += boards[i].is_touched;
    return count;
}

static unsigned finished(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < BOARDS; i++)
        count += boards[i].is_finished;
    return count;
}

/* --- a station makes a board --- */

struct making {
    struct order_claim claim;
    struct order_answer answer;
    enum order_end end;
};

static bool work_claim(struct node *node, void *context, struct error *err)
{
    struct making *making = context;

    if (!order_ask(&node->database, &making->claim, &making->answer, err))
        return false;
    making->claim.lease = making->answer.lease;
    if (making->answer.unit == ORDER_UNIT_COUNTED)
        return true;
    return order_take(&node->database, &making->claim, err) && say(node, SAID_TAKE, &making->claim, 0, err);
}

static bool work_end(struct node *node, void *context, struct error *err)
{
    struct making *making = context;

    return order_end(&node->database, &making->claim, making->end, err) &&
           say(node, SAID_END, &making->claim, making->end, err);
}

/* False where the station has no unit for it. */
static bool make_board(struct node *node, struct board *board, bool is_good)
{
    struct making making = {
        .claim = {.order = ORDER_ID, .device = board->device, .board = board->number, .person = "17"}};
    struct error err = ERROR_IN(room);

    if (!act(node, work_claim, &making, &err))
        return err.reason != ERROR_ORDER_FULL;
    if (making.answer.unit == ORDER_UNIT_COUNTED)
        return true;
    making.end = ORDER_END_DONE;
    if (!is_good && making.answer.unit == ORDER_UNIT_TAKEN && chance(10))
        making.end = ORDER_END_RETURNED;
    if (making.end == ORDER_END_DONE) {
        board->is_touched = true;
        assert_true(touched() <= QUANTITY);
        if (!is_good && chance(8)) /* the process dies while it writes */
            return true;
        if (!board->is_finished && !is_good && chance(10))
            making.end = ORDER_END_FAILED;
        else
            board->is_finished = true;
    }
    err = (struct error)ERROR_IN(room);
    (void)act(node, work_end, &making, &err);
    return true;
}

static bool work_release(struct node *node, void *context, struct error *err)
{
    const struct board *board = context;
    char lease[ORDER_LEASE_SIZE];
    const struct order_claim claim = {.order = ORDER_ID, .device = board->device, .lease = lease, .board = ""};

    return order_check_release(&node->database, ORDER_ID, board->device, lease, err) &&
           order_end(&node->database, &claim, ORDER_END_RELEASED, err) &&
           say(node, SAID_END, &claim, ORDER_END_RELEASED, err);
}

/* A person gives up a unit for a board that nobody has written to, also after its lease was closed. */
static void release_board(struct node *node)
{
    for (size_t i = 0; i < BOARDS; i++) {
        struct error err = ERROR_IN(room);

        if (!boards[i].is_touched)
            (void)act(node, work_release, &boards[i], &err);
    }
}

/* --- leases --- */

static bool work_ask(struct node *node, void *context, struct error *err)
{
    (void)node;
    return order_lease_ask(&node->database, context, err);
}

/* Asks for a share: with the id that has no answer yet, else with a new one. */
static void ask_for_lease(struct node *node, bool is_safe)
{
    struct message message = {.kind = MESSAGE_ASK, .station = node->index};
    struct error err = ERROR_IN(room);
    struct statement row;

    if (query_first(&row, &node->database, "SELECT id, amount FROM lease WHERE state = 'asked' LIMIT 1", NULL, 0,
                    &err) == STATEMENT_ROW) {
        query_text(&row, 0, message.lease.id, sizeof message.lease.id);
        message.lease.amount = statement_number(&row, 1);
        statement_finish(&row);
    } else {
        statement_finish(&row);
        snprintf(message.lease.id, sizeof message.lease.id, "line-%d/%u", node->index, ++node->leases);
        message.lease.amount = 1 + random_below(9);
    }
    snprintf(message.lease.order, sizeof message.lease.order, "%s", ORDER_ID);
    snprintf(message.lease.station, sizeof message.lease.station, "line-%d", node->index);
    if (act(node, work_ask, &message.lease, &err))
        send(&message, is_safe);
}

static bool work_lease_end(struct node *node, void *context, struct error *err)
{
    const struct order_claim claim = {.order = ORDER_ID, .device = "", .lease = context, .board = ""};

    return order_lease_end(&node->database, context, err) && say(node, SAID_LEASE_END, &claim, 0, err);
}

static void end_lease(struct node *node)
{
    char id[ORDER_LEASE_SIZE] = "";
    struct error err = ERROR_IN(room);
    struct statement row;

    if (query_first(&row, &node->database, "SELECT id FROM lease WHERE state = 'open' LIMIT 1", NULL, 0, &err) ==
        STATEMENT_ROW)
        query_text(&row, 0, id, sizeof id);
    statement_finish(&row);
    if (id[0] != '\0')
        (void)act(node, work_lease_end, id, &err);
}

/* --- messages --- */

/* How many entries of the station's log the home has heard. */
static int64_t heard_of(const struct node *node)
{
    char sql[160];

    snprintf(sql, sizeof sql,
             settings != NULL ? TOLD_NEXT : "SELECT coalesce(max(next), 0) FROM heard WHERE station = %d", node->index);
    return number_of(home, sql);
}

static void send_batch(struct node *node, bool is_safe)
{
    struct message message = {.kind = MESSAGE_BATCH, .station = node->index};
    struct error err = ERROR_IN(room);
    struct statement row;
    char sql[160];
    int64_t from, known;

    known = heard_of(node);
    /* A station that was told late sends again what the home has; now and then one leaves a gap. */
    from = known - (int64_t)random_below(4) + (!is_safe && chance(3) ? 2 : 0);
    snprintf(sql, sizeof sql,
             "SELECT seq, kind, device, lease, board, outcome FROM said WHERE seq >= %lld ORDER BY seq LIMIT %d",
             (long long)from, BATCH);
    for (enum statement_result result = query_first(&row, &node->database, sql, NULL, 0, &err); result == STATEMENT_ROW;
         result = statement_step(&row, &err)) {
        struct said *said = &message.said[message.count++];

        said->seq = statement_number(&row, 0);
        said->kind = (enum said_kind)statement_number(&row, 1);
        query_text(&row, 2, said->device, sizeof said->device);
        query_text(&row, 3, said->lease, sizeof said->lease);
        query_text(&row, 4, said->board, sizeof said->board);
        said->outcome = statement_number(&row, 5);
    }
    statement_finish(&row);
    if (message.count > 0)
        send(&message, is_safe);
}

static bool apply(struct node *node, const struct said *said, struct error *err)
{
    const struct order_claim claim = {
        .order = ORDER_ID, .device = said->device, .lease = said->lease, .board = said->board, .person = "17"};

    switch (said->kind) {
    case SAID_TAKE:
        return order_take(&node->database, &claim, err);
    case SAID_END:
        return order_end(&node->database, &claim, (enum order_end)said->outcome, err);
    case SAID_LEASE_END:
        return order_lease_end(&node->database, said->lease, err);
    }
    return false;
}

/* The same by the functions of a server. */
static bool work_batch_on_server(struct node *node, void *context, struct error *err)
{
    const struct message *message = context;
    struct told_batch batch;

    if (!told_begin(&batch, &node->database, message->station, err))
        return false;
    for (size_t i = 0; i < message->count; i++) {
        const struct said *said = &message->said[i];
        const struct order_claim claim = {
            .order = ORDER_ID, .device = said->device, .lease = said->lease, .board = said->board};

        if (said->kind == SAID_END)
            told_add_end(&batch, said->seq, &claim, (enum order_end)said->outcome);
        else
            told_add(&batch, said->seq, &claim, said->kind == SAID_TAKE ? "order claim" : "order return", "");
    }
    return told_end(&batch, err);
}

/* The home takes what follows what it has; it knows the rest already, or waits for what is missing. */
static bool work_batch(struct node *node, void *context, struct error *err)
{
    const struct message *message = context;
    struct statement row;
    int64_t next = 0;

    if (query_first(&row, &node->database, "SELECT next FROM heard WHERE station = $1",
                    QUERY_VALUES(QUERY_NUMBER(message->station)), 1, err) == STATEMENT_ROW)
        next = statement_number(&row, 0);
    statement_finish(&row);
    for (size_t i = 0; i < message->count; i++) {
        if (message->said[i].seq < next)
            continue;
        if (message->said[i].seq > next)
            break;
        if (!apply(node, &message->said[i], err))
            return false;
        next++;
    }
    return query_run(&node->database,
                     "INSERT INTO heard (station, next) VALUES ($1, $2)"
                     " ON CONFLICT (station) DO UPDATE SET next = excluded.next",
                     QUERY_VALUES(QUERY_NUMBER(message->station), QUERY_NUMBER(next)), 2, NULL, err);
}

static bool work_grant(struct node *node, void *context, struct error *err)
{
    struct message *message = context;
    struct order_lease answer;

    if (!(settings != NULL ? order_home_lease : file_home_lease)(&node->database, &message->lease, &answer, err))
        return false;
    message->lease = answer;
    return true;
}

static bool work_answer(struct node *node, void *context, struct error *err)
{
    return order_lease_answer(&node->database, &((struct message *)context)->lease, err);
}

static void deliver(struct message *message, bool is_safe)
{
    struct message copy = *message;
    struct error err = ERROR_IN(room);
    bool ok;

    if (is_safe || !chance(12))
        message->kind = MESSAGE_NONE;
    else
        doubled++;
    switch (copy.kind) {
    case MESSAGE_NONE:
        break;
    case MESSAGE_ASK:
        if (act(home, work_grant, &copy, &err)) {
            copy.kind = MESSAGE_ANSWER;
            send(&copy, is_safe);
        }
        break;
    case MESSAGE_ANSWER:
        (void)act(&nodes[copy.station], work_answer, &copy, &err);
        break;
    case MESSAGE_BATCH:
        ok = act(home, settings != NULL ? work_batch_on_server : work_batch, &copy, &err);
        if (!ok && err.reason != ERROR_INTERRUPTED)
            must(ok, &err); /* what a station's log says always fits */
        break;
    }
}

static void deliver_some(bool is_safe)
{
    const size_t from = random_below(MESSAGES);

    for (size_t i = 0; i < MESSAGES; i++) {
        struct message *message = &messages[(from + i) % MESSAGES];

        if (message->kind == MESSAGE_NONE)
            continue;
        deliver(message, is_safe);
        if (!is_safe)
            return;
    }
}

/* --- the line --- */

static bool make_order(struct node *node, struct error *err)
{
    struct order order = {.id = ORDER_ID,
                          .profile = "board",
                          .digest = "00",
                          .quantity = QUANTITY,
                          .has_boards = has_boards,
                          .first_article = has_first_article,
                          .is_home = node == home,
                          .made = "2026-01-31T12:00:00.000Z",
                          .made_by = "3"};

    if (!order_make(&node->database, &order, err))
        return false;
    for (size_t i = 0; i < BOARDS && has_boards; i++)
        if (!order_add_board(&node->database, ORDER_ID, boards[i].number, err))
            return false;
    return true;
}

static bool work_approve(struct node *node, void *context, struct error *err)
{
    (void)context;
    return order_approve(&node->database, ORDER_ID, "4", true, err);
}

static void begin_line(uint64_t seed)
{
    memset(nodes, 0, sizeof nodes);
    memset(messages, 0, sizeof messages);
    memset(boards, 0, sizeof boards);
    chance_begin(seed);
    has_boards = (seed & 1) != 0;
    has_first_article = (seed & 2) != 0;
    scratch_make(folder);
    for (size_t i = 0; i < BOARDS; i++) {
        snprintf(boards[i].device, sizeof boards[i].device, "0123%012zuEE", i);
        if (has_boards)
            snprintf(boards[i].number, sizeof boards[i].number, "B-%zu", i);
    }
    for (int i = 0; i <= STATIONS; i++) {
        struct error err = ERROR_IN(room);

        nodes[i].index = i;
        snprintf(nodes[i].path, sizeof nodes[i].path, "%.200s/node-%d.db", folder, i);
        open_node(&nodes[i]);
        must(database_begin(&nodes[i].database, &err) && make_order(&nodes[i], &err) &&
                 database_commit(&nodes[i].database, &err),
             &err);
    }
}

static void end_line(void)
{
    for (int i = 0; i <= STATIONS; i++)
        database_close(&nodes[i].database);
    scratch_remove(folder);
}

/* At the home: what is granted and used is what the order says. */
static void check_home(void)
{
    const int64_t leased = number_of(home, "SELECT leased FROM work_order");

    assert_true(leased >= 0 && leased <= QUANTITY);
    assert_int_equal(leased, number_of(home, "SELECT (SELECT coalesce(sum(amount), 0) FROM lease)"
                                             " - (SELECT count(*) FROM unit WHERE state = 'repeated')"));
    assert_int_equal(number_of(home, "SELECT count(*) FROM lease WHERE used < 0 OR used > amount"), 0);
    assert_true(touched() <= QUANTITY);
}

static void step(void)
{
    struct node *node = &nodes[random_below(STATIONS)];
    struct error err = ERROR_IN(room);

    switch (random_below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
        /* A board from the box, or one that somebody carries over from another station. */
        if (!make_board(node, &boards[random_below(BOARDS)], false))
            ask_for_lease(node, false);
        break;
    case 4:
        send_batch(node, false);
        break;
    case 5:
        if (chance(20))
            end_lease(node);
        else if (chance(15))
            release_board(node);
        else
            (void)act(home, work_approve, NULL, &err);
        break;
    default:
        deliver_some(false);
        break;
    }
}

/* Everybody works until all that was begun is finished, and has said so. */
static void settle(struct node *node)
{
    for (size_t i = 0; i < BOARDS; i++) {
        char sql[160];

        snprintf(sql, sizeof sql, "SELECT count(*) FROM unit WHERE device = '%s' AND is_held = 1 AND state <> 'done'",
                 boards[i].device);
        while (number_of(node, sql) != 0)
            (void)make_board(node, &boards[i], true);
    }
    while (number_of(node, "SELECT count(*) FROM lease WHERE state = 'open'") != 0)
        end_lease(node);
}

static void send_all(struct node *node)
{
    const int64_t all = number_of(node, "SELECT count(*) FROM said");

    while (heard_of(node) < all) {
        send_batch(node, true);
        deliver_some(true);
    }
}

/* Asks until the home has answered. */
static void resolve_lease(struct node *node)
{
    while (number_of(node, "SELECT count(*) FROM lease WHERE state = 'asked'") != 0) {
        ask_for_lease(node, true);
        deliver_some(true);
        deliver_some(true);
    }
}

/* No message is lost from here on; processes still die. */
static void finish_line(void)
{
    struct error err = ERROR_IN(room);

    memset(messages, 0, sizeof messages);
    for (int i = 0; i < STATIONS; i++) {
        resolve_lease(&nodes[i]);
        settle(&nodes[i]);
        send_all(&nodes[i]);
    }
    check_home();
    (void)act(home, work_approve, NULL, &err);
    /* What is left of the order is made by one station. */
    for (size_t i = 0; i < BOARDS; i++) {
        while (!boards[i].is_finished) {
            if (make_board(&nodes[0], &boards[i], true))
                continue;
            if (number_of(home, "SELECT quantity - leased FROM work_order") == 0)
                break;
            send_all(&nodes[0]);
            err = (struct error)ERROR_IN(room);
            (void)act(home, work_approve, NULL, &err);
            ask_for_lease(&nodes[0], true);
            resolve_lease(&nodes[0]);
        }
    }
    settle(&nodes[0]);
    send_all(&nodes[0]);
}

static void check_end(uint64_t seed)
{
    struct error err = ERROR_IN(room);
    struct order_count count;

    check_home();
    must(order_count(&home->database, ORDER_ID, &count, &err), &err);
    if (count.done != QUANTITY || count.leased != QUANTITY || count.claimed != QUANTITY || finished() != QUANTITY ||
        touched() != QUANTITY)
        fail_msg("seed %llu: done %lld, leased %lld, claimed %lld, finished %u, touched %u", (unsigned long long)seed,
                 (long long)count.done, (long long)count.leased, (long long)count.claimed, finished(), touched());
    for (size_t i = 0; i < BOARDS; i++) {
        char sql[128];

        snprintf(sql, sizeof sql, "SELECT count(*) FROM unit WHERE device = '%s' AND state = 'done'", boards[i].device);
        assert_int_equal(number_of(home, sql), boards[i].is_finished);
    }
}

static void run_line(uint64_t seed, unsigned steps)
{
    begin_line(seed);
    for (unsigned i = 0; i < steps; i++) {
        step();
        if (i % 16 == 0)
            check_home();
    }
    finish_line();
    check_end(seed);
    end_line();
}

static void makes_exactly_what_was_ordered(void **state)
{
    (void)state;
    crashes = lost = doubled = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        run_line(seed, STEPS);
    print_message("%u crashes, %u messages lost, %u doubled\n", crashes, lost, doubled);
    assert_true(crashes > 3000 && lost > 500 && doubled > 200);
}

/* The same with the home on PostgreSQL, which is killed as a power cut would, and started again. */
static void makes_exactly_what_was_ordered_on_a_server(void **state)
{
    (void)state;
    if (!postgres_server_start(&server))
        skip();
    settings = postgres_server_settings(&server, "postgres", "owner");
    crashes = server_kills = lost = doubled = 0;
    run_line(7, SERVER_STEPS);
    print_message("%u crashes, the server killed %u times, %u messages lost, %u doubled\n", crashes, server_kills, lost,
                  doubled);
    assert_true(server_kills >= 10);
    postgres_server_stop(&server);
    free(settings);
    settings = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_exactly_what_was_ordered),
        cmocka_unit_test(makes_exactly_what_was_ordered_on_a_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
