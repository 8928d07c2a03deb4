/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tables.h"

#include "ledger/mcus.h"
#include "order/order.h"

/*
 * `entry` and `log` are what is kept, and `outbox` is what the line's server last said that it has. `cosigned` has what
 * witnesses answered, with the tree's nodes at that size (ledger/cosigned.h), and `stamp` time
 * stamps (ledger/stamped.h). The other tables are derived from the
 * entries and can be made anew. `entry` has a rowid: without one, rows of 2 KB would lie two to a page.
 * `attempt.before` is the number of the device's attempt before: appended in order, where an index over devices would
 * be written all over.
 */
static const char *const upgrades[] = {
    "CREATE TABLE log (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, public_key BLOB NOT NULL,"
    "  size BIGINT NOT NULL, nodes BLOB NOT NULL, time TEXT NOT NULL, checkpoint TEXT NOT NULL);"
    "CREATE TABLE entry (log BIGINT NOT NULL REFERENCES log (id), seq BIGINT NOT NULL, leaf BLOB NOT NULL,"
    "  body TEXT NOT NULL, PRIMARY KEY (log, seq));"
    "CREATE TABLE attempt (seq INTEGER PRIMARY KEY, before BIGINT);"
    "CREATE TABLE device (serial TEXT PRIMARY KEY, last BIGINT NOT NULL, made BIGINT) WITHOUT ROWID;"
    "CREATE TABLE device_key (x BLOB PRIMARY KEY, serial TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE certificate (number BLOB PRIMARY KEY, serial TEXT NOT NULL) WITHOUT ROWID;",
    order_tables,
    "CREATE TABLE outbox (id BIGINT PRIMARY KEY CHECK (id = 1), sent BIGINT NOT NULL, time TEXT NOT NULL);",
    "CREATE TABLE cosigned (witness TEXT NOT NULL, day TEXT NOT NULL, size BIGINT NOT NULL, time BIGINT NOT NULL,"
    "  public_key BLOB NOT NULL, nodes BLOB NOT NULL, note TEXT NOT NULL, PRIMARY KEY (witness, day));",
    "CREATE TABLE stamp (day TEXT PRIMARY KEY, size BIGINT NOT NULL, time BIGINT NOT NULL, note TEXT NOT NULL,"
    "  reply BLOB NOT NULL);",
    ledger_mcus_upgrade,
    order_labels_upgrade,
};

const struct database_kind tables_kind = {
    .name = "ledger",
    .application_id = 0x494d504c, /* "IMPL" */
    .upgrades = upgrades,
    .version = sizeof upgrades / sizeof upgrades[0],
    .upgrader = "bring the ledger up to date: imprint ledger rebuild",
};

const char *const tables_statements[LEDGER_STATEMENT_COUNT] = {
    [LEDGER_GET_LOG] = "SELECT name, public_key, size, nodes, time, checkpoint FROM log WHERE id = 1",
    [LEDGER_ADD_ENTRY] = "INSERT INTO entry (log, seq, leaf, body) VALUES (1, $1, $2, $3)",
    [LEDGER_SET_LOG] = "UPDATE log SET size = $1, nodes = $2, time = $3, checkpoint = $4 WHERE id = 1",
    [LEDGER_GET_DEVICE] = "SELECT last, made FROM device WHERE serial = $1",
    [LEDGER_ADD_ATTEMPT] = "INSERT INTO attempt (seq, before)"
                           " VALUES ($1, (SELECT last FROM device WHERE serial = $2))",
    [LEDGER_ADD_DEVICE] = "INSERT INTO device (serial, last, made) VALUES ($1, $2, $3)"
                          " ON CONFLICT (serial) DO UPDATE SET last = excluded.last,"
                          " made = coalesce(excluded.made, device.made)",
    [LEDGER_ADD_KEY] = "INSERT INTO device_key (x, serial) VALUES ($1, $2) ON CONFLICT (x) DO NOTHING",
    [LEDGER_GET_KEY] = "SELECT serial FROM device_key WHERE x = $1",
    [LEDGER_ADD_CERTIFICATE] = "INSERT INTO certificate (number, serial) VALUES ($1, $2)"
                               " ON CONFLICT (number) DO NOTHING",
    [LEDGER_GET_CERTIFICATE] = "SELECT serial FROM certificate WHERE number = $1",
    [LEDGER_GET_ENTRY] = "SELECT body, (SELECT before FROM attempt WHERE attempt.seq = entry.seq)"
                         " FROM entry WHERE log = 1 AND seq = $1",
};

const char tables_get_outbox[] = "SELECT sent, time FROM outbox WHERE id = 1";
const char tables_set_outbox[] = "INSERT INTO outbox (id, sent, time) VALUES (1, $1, $2)"
                                 " ON CONFLICT (id) DO UPDATE SET sent = excluded.sent, time = excluded.time";

const char tables_forget_derived[] = "DELETE FROM attempt; DELETE FROM device; DELETE FROM device_key;"
                                     "DELETE FROM certificate;";
