/* SPDX-License-Identifier: Apache-2.0 */
/* The tables and functions of the home of a line's orders: PostgreSQL's SQL. */
#include <assert.h>

#include "order/home.h"

#define APPLICATION_ID 0x494d504f /* "IMPO" */

/* The lock that database_begin() takes: one changes orders at a time. */
static_assert(APPLICATION_ID == 1229803599, "the number in order_lock()");

/* What stations call runs with the rights of who made it. */
#define INSIDE "SET search_path = public, pg_temp AS $$ "
#define FOR_STATIONS "SECURITY DEFINER " INSIDE

/* A refusal is told to the station, and undoes all that its call has done. */
#define BASICS                                                                                                         \
    "ALTER TABLE order_heard ADD COLUMN station TEXT NOT NULL DEFAULT '';"                                             \
    "CREATE FUNCTION order_lock() RETURNS VOID LANGUAGE sql " INSIDE "SELECT pg_advisory_xact_lock(1229803599) $$;"    \
    "CREATE FUNCTION order_refuse(cause TEXT, subject TEXT) RETURNS VOID LANGUAGE plpgsql " INSIDE                     \
    "BEGIN RAISE EXCEPTION USING ERRCODE = 'IM001', MESSAGE = cause, DETAIL = subject; END $$;"                        \
    "CREATE FUNCTION order_own_log(log_name TEXT) RETURNS BOOLEAN LANGUAGE plpgsql " INSIDE "BEGIN"                    \
    "  IF log_name IS NULL OR length(log_name) NOT BETWEEN 1 AND 143 THEN"                                             \
    "    RAISE EXCEPTION 'not the name of a log' USING ERRCODE = '22023'; END IF;"                                     \
    "  INSERT INTO order_heard AS h (log, next, leaf, station) VALUES (log_name, 0, '', session_user)"                 \
    "    ON CONFLICT (log) DO UPDATE SET station = excluded.station WHERE h.station = '';"                             \
    "  RETURN EXISTS (SELECT FROM order_heard h WHERE h.log = log_name AND h.station = session_user); "                \
    "END $$;"

/* order/claim.c: order_take(), of a lease of this log. */
#define TAKE                                                                                                           \
    "CREATE FUNCTION order_take_unit(log_name TEXT, o TEXT, d TEXT, l TEXT, b TEXT, person TEXT) RETURNS VOID"         \
    " LANGUAGE plpgsql " INSIDE "DECLARE known unit; "                                                                 \
    "BEGIN"                                                                                                            \
    "  UPDATE work_order SET number = number WHERE id = o;"                                                            \
    "  IF NOT FOUND THEN PERFORM order_refuse('there is no order of this id', o); END IF;"                             \
    "  SELECT u.* INTO known FROM unit u JOIN lease s ON s.id = u.lease"                                               \
    "    WHERE u.order_id = o AND u.device = d AND u.lease = l AND s.station = log_name;"                              \
    "  IF FOUND AND known.is_held = 1 AND known.state IN ('done', 'retired') THEN RETURN; END IF;"                     \
    "  IF NOT FOUND OR known.is_held = 0 THEN"                                                                         \
    "    UPDATE lease SET used = used + 1 WHERE id = l AND order_id = o AND station = log_name AND state = 'open'"     \
    "      AND used < amount;"                                                                                         \
    "    IF NOT FOUND THEN PERFORM order_refuse('no unit of the lease is left', l); END IF;"                           \
    "  END IF;"                                                                                                        \
    "  INSERT INTO unit (order_id, device, lease, board, state, is_held) VALUES (o, d, l, b, 'claimed', 1)"            \
    "    ON CONFLICT (order_id, device, lease) DO UPDATE SET state = 'claimed', is_held = 1, board = excluded.board;"  \
    "  UPDATE work_order SET state = 'first-article', article = d, article_by = person WHERE id = o"                   \
    "    AND (state = 'new' OR (state = 'first-article' AND article IN ('', d)));"                                     \
    "  IF b <> '' THEN INSERT INTO board (number, device) VALUES (b, d) ON CONFLICT (number) DO NOTHING; END IF; "     \
    "END $$;"

/* order/claim.c: order_end(). What comes back of a lease that is closed goes to the order. */
#define END                                                                                                            \
    "CREATE FUNCTION order_end_unit(log_name TEXT, o TEXT, d TEXT, l TEXT, how TEXT) RETURNS VOID"                     \
    " LANGUAGE plpgsql " INSIDE "DECLARE known unit; "                                                                 \
    "BEGIN"                                                                                                            \
    "  UPDATE work_order SET number = number WHERE id = o;"                                                            \
    "  IF NOT FOUND THEN PERFORM order_refuse('there is no order of this id', o); END IF;"                             \
    "  SELECT u.* INTO known FROM unit u JOIN lease s ON s.id = u.lease"                                               \
    "    WHERE u.order_id = o AND u.device = d AND u.lease = l AND s.station = log_name;"                              \
    "  IF NOT FOUND THEN PERFORM order_refuse('the device has no unit of the lease', d); END IF;"                      \
    "  IF known.is_held = 0 OR known.state = 'done' OR (known.state = 'retired' AND how <> 'released') THEN RETURN;"   \
    "  END IF;"                                                                                                        \
    "  IF how = 'done' AND EXISTS (SELECT FROM unit u WHERE u.order_id = o AND u.device = d AND u.lease <> l"          \
    "      AND u.is_held = 1 AND u.state IN ('done', 'retired')) THEN"                                                 \
    "    UPDATE unit SET state = 'repeated', is_held = 0 WHERE order_id = o AND device = d AND lease = l;"             \
    "    UPDATE work_order SET leased = leased - 1 WHERE id = o AND is_home = 1;"                                      \
    "    RETURN;"                                                                                                      \
    "  END IF;"                                                                                                        \
    "  UPDATE unit SET state = how, is_held = CASE WHEN how IN ('done', 'failed') THEN 1 ELSE 0 END"                   \
    "    WHERE order_id = o AND device = d AND lease = l;"                                                             \
    "  IF how IN ('done', 'failed') THEN RETURN; END IF;"                                                              \
    "  UPDATE lease SET used = used - 1 WHERE id = l AND state = 'open';"                                              \
    "  IF NOT FOUND THEN"                                                                                              \
    "    UPDATE lease SET used = used - 1, amount = amount - 1 WHERE id = l;"                                          \
    "    UPDATE work_order SET leased = leased - 1 WHERE id = o AND is_home = 1;"                                      \
    "  END IF;"                                                                                                        \
    "  UPDATE work_order SET state = 'new', article = '', article_by = '' WHERE id = o"                                \
    "    AND state = 'first-article' AND article = d;"                                                                 \
    "  IF how = 'released' THEN DELETE FROM board WHERE device = d; END IF; "                                          \
    "END $$;"

/*
 * order/lease.c: order_lease_end(), and what grants leases, of this log. The id of one is the log's name, a
 * slash and a number: another log whose name begins like it, up to a slash, has no such leases.
 */
#define LEASES                                                                                                         \
    "CREATE FUNCTION order_end_lease(log_name TEXT, l TEXT) RETURNS VOID LANGUAGE plpgsql " INSIDE                     \
    "DECLARE known lease; "                                                                                            \
    "BEGIN"                                                                                                            \
    "  SELECT * INTO known FROM lease s WHERE s.id = l AND s.station = log_name AND s.state = 'open';"                 \
    "  IF NOT FOUND THEN RETURN; END IF;"                                                                              \
    "  UPDATE work_order SET leased = leased - (known.amount - known.used),"                                           \
    "    state = CASE WHEN state = 'first-article' AND article = '' THEN 'new' ELSE state END"                         \
    "    WHERE id = known.order_id AND is_home = 1;"                                                                   \
    "  UPDATE lease SET amount = used, state = 'closed' WHERE id = l; "                                                \
    "END $$;"                                                                                                          \
    "CREATE FUNCTION order_lease_units(l TEXT, o TEXT, log_name TEXT, wanted BIGINT) RETURNS SETOF lease"              \
    " LANGUAGE plpgsql " FOR_STATIONS "DECLARE known lease; ordered work_order; granted BIGINT := 0; "                 \
    "BEGIN"                                                                                                            \
    "  PERFORM order_lock();"                                                                                          \
    "  IF NOT order_own_log(log_name) OR left(l, length(log_name) + 1) IS DISTINCT FROM log_name || '/' THEN"          \
    "    RAISE EXCEPTION 'the lease is of another station''s log' USING ERRCODE = '42501'; END IF;"                    \
    "  IF substr(l, length(log_name) + 2) !~ '^[0-9]{1,19}$' OR wanted IS NULL OR wanted NOT BETWEEN 1 AND 10000000"   \
    "  THEN"                                                                                                           \
    "    RAISE EXCEPTION 'not a lease' USING ERRCODE = '22023'; END IF;"                                               \
    "  SELECT * INTO known FROM lease s WHERE s.id = l;"                                                               \
    "  IF FOUND THEN RETURN NEXT known; RETURN; END IF;"                                                               \
    "  SELECT * INTO ordered FROM work_order w WHERE w.id = o AND w.is_home = 1 FOR UPDATE;"                           \
    "  IF NOT FOUND THEN RAISE EXCEPTION 'there is no order of this id' USING ERRCODE = '22023'; END IF;"              \
    "  IF ordered.state IN ('new', 'open') THEN"                                                                       \
    "    granted := least(wanted, ordered.quantity - ordered.leased,"                                                  \
    "      CASE WHEN ordered.state = 'new' THEN 1 ELSE wanted END);"                                                   \
    "  END IF;"                                                                                                        \
    "  IF granted > 0 THEN"                                                                                            \
    "    UPDATE work_order SET leased = leased + granted,"                                                             \
    "      state = CASE WHEN state = 'new' THEN 'first-article' ELSE state END WHERE id = o;"                          \
    "  END IF;"                                                                                                        \
    "  INSERT INTO lease (id, order_id, station, amount, used, state)"                                                 \
    "    VALUES (l, o, log_name, granted, 0, CASE WHEN granted > 0 THEN 'open' ELSE 'refused' END)"                    \
    "    RETURNING * INTO known;"                                                                                      \
    "  RETURN NEXT known; "                                                                                            \
    "END $$;"

/* ledger/derive_order.c: what an entry says of orders. One without a lease is of the station's own. */
#define APPLY                                                                                                          \
    "CREATE FUNCTION order_apply(log_name TEXT, entry JSON) RETURNS VOID LANGUAGE plpgsql " INSIDE "DECLARE"           \
    "  kind TEXT := coalesce(entry ->> 'kind', ''); d TEXT := coalesce(entry ->> 'device', '');"                       \
    "  o TEXT := coalesce(entry ->> 'order', ''); l TEXT := coalesce(entry ->> 'lease', '');"                          \
    "  b TEXT := coalesce(entry ->> 'board', ''); how TEXT := coalesce(entry ->> 'unit', ''); "                        \
    "BEGIN"                                                                                                            \
    "  IF coalesce(entry ->> 'server', '') <> '' THEN RETURN; END IF;"                                                 \
    "  IF entry ->> 'result' = 'retired' THEN"                                                                         \
    "    UPDATE unit SET state = 'retired' WHERE device = d AND state = 'done';"                                       \
    "    DELETE FROM board WHERE device = d;"                                                                          \
    "    RETURN;"                                                                                                      \
    "  END IF;"                                                                                                        \
    "  IF l = '' THEN RETURN; END IF;"                                                                                 \
    "  IF kind = 'order claim' THEN"                                                                                   \
    "    PERFORM order_take_unit(log_name, o, d, l, b, coalesce(entry ->> 'operator', ''));"                           \
    "  ELSIF kind = 'order release' THEN PERFORM order_end_unit(log_name, o, d, l, 'released');"                       \
    "  ELSIF kind = 'order return' THEN PERFORM order_end_lease(log_name, l);"                                         \
    "  ELSIF kind NOT LIKE 'order %' AND how IN ('done', 'failed', 'returned', 'released') THEN"                       \
    "    IF b <> '' AND NOT EXISTS (SELECT FROM board x WHERE x.device = d) THEN"                                      \
    "      INSERT INTO board (number, device) VALUES (b, d) ON CONFLICT (number) DO NOTHING; END IF;"                  \
    "    PERFORM order_end_unit(log_name, o, d, l, how);"                                                              \
    "  END IF; "                                                                                                       \
    "END $$;"

/* PostgreSQL's JSON has no character U+0000: another one stands for it. */
#define HEAR                                                                                                           \
    "CREATE FUNCTION order_heard_of(log_name TEXT) RETURNS TABLE (outcome TEXT, heard BIGINT, last TEXT)"              \
    " LANGUAGE plpgsql " FOR_STATIONS "BEGIN"                                                                          \
    "  IF NOT order_own_log(log_name) THEN RETURN QUERY SELECT 'other-station', 0::BIGINT, ''; RETURN; END IF;"        \
    "  RETURN QUERY SELECT 'ok', h.next, h.leaf FROM order_heard h WHERE h.log = log_name; "                           \
    "END $$;"                                                                                                          \
    "CREATE FUNCTION order_hear(log_name TEXT, from_next BIGINT, from_leaf TEXT, to_next BIGINT, to_leaf TEXT,"        \
    "  entries TEXT) RETURNS TABLE (outcome TEXT, cause TEXT, subject TEXT) LANGUAGE plpgsql " FOR_STATIONS            \
    "DECLARE known order_heard; entry TEXT; told_cause TEXT; told_subject TEXT; "                                      \
    "BEGIN"                                                                                                            \
    "  PERFORM order_lock();"                                                                                          \
    "  IF NOT order_own_log(log_name) THEN RETURN QUERY SELECT 'other-station', '', ''; RETURN; END IF;"               \
    "  SELECT * INTO known FROM order_heard h WHERE h.log = log_name;"                                                 \
    "  IF known.next IS DISTINCT FROM from_next OR known.leaf IS DISTINCT FROM from_leaf THEN"                         \
    "    RETURN QUERY SELECT 'told', '', ''; RETURN; END IF;"                                                          \
    "  IF coalesce(to_next <= from_next OR length(to_leaf) > 64, true) THEN"                                           \
    "    RAISE EXCEPTION 'not a part of a log' USING ERRCODE = '22023'; END IF;"                                       \
    "  FOR entry IN SELECT value FROM json_array_elements_text(entries::json) WITH ORDINALITY ORDER BY ordinality"     \
    "  LOOP PERFORM order_apply(log_name, replace(entry, '\\u0000', '\\ufffd')::json); END LOOP;"                      \
    "  UPDATE order_heard SET next = to_next, leaf = to_leaf WHERE log = log_name;"                                    \
    "  RETURN QUERY SELECT 'ok', '', ''; "                                                                             \
    "EXCEPTION WHEN SQLSTATE 'IM001' THEN"                                                                             \
    "  GET STACKED DIAGNOSTICS told_cause = MESSAGE_TEXT, told_subject = PG_EXCEPTION_DETAIL;"                         \
    "  RETURN QUERY SELECT 'refused', told_cause, told_subject; "                                                      \
    "END $$;"

/* What everybody on the line may see. */
#define READ                                                                                                           \
    "CREATE FUNCTION order_read(o TEXT) RETURNS SETOF work_order LANGUAGE sql STABLE " FOR_STATIONS                    \
    "SELECT * FROM work_order WHERE id = o $$;"                                                                        \
    "CREATE FUNCTION order_read_all() RETURNS SETOF work_order LANGUAGE sql STABLE " FOR_STATIONS                      \
    "SELECT * FROM work_order $$;"                                                                                     \
    "CREATE FUNCTION order_read_boards(o TEXT) RETURNS TABLE (board TEXT) LANGUAGE sql STABLE " FOR_STATIONS           \
    "SELECT board FROM order_board WHERE order_id = o $$;"                                                             \
    "CREATE FUNCTION order_read_leases(o TEXT) RETURNS SETOF lease LANGUAGE sql STABLE " FOR_STATIONS                  \
    "SELECT * FROM lease WHERE order_id = o $$;"                                                                       \
    "CREATE FUNCTION order_read_open(o TEXT) RETURNS SETOF unit LANGUAGE sql STABLE " FOR_STATIONS                     \
    "SELECT * FROM unit WHERE order_id = o AND state IN ('claimed', 'failed', 'returned') $$;"                         \
    "CREATE FUNCTION order_read_count(o TEXT)"                                                                         \
    " RETURNS TABLE (leased BIGINT, claimed BIGINT, done BIGINT, failed BIGINT) LANGUAGE sql STABLE " FOR_STATIONS     \
    "SELECT w.leased,"                                                                                                 \
    " (SELECT count(DISTINCT u.device) FROM unit u WHERE u.order_id = o AND u.is_held = 1),"                           \
    " (SELECT count(DISTINCT u.device) FROM unit u WHERE u.order_id = o AND u.state IN ('done', 'retired')),"          \
    " (SELECT count(DISTINCT u.device) FROM unit u WHERE u.order_id = o AND u.state IN ('failed', 'returned')"         \
    "    AND NOT EXISTS (SELECT FROM unit x WHERE x.order_id = o AND x.device = u.device"                              \
    "      AND x.state IN ('done', 'retired')))"                                                                       \
    " FROM work_order w WHERE w.id = o $$;"

#define FOR_READERS                                                                                                    \
    "order_read, order_read_all, order_read_boards, order_read_leases, order_read_open, order_read_count"
#define FOR_CALLERS "order_heard_of, order_hear, order_lease_units, " FOR_READERS

/* A role that had rights on the tables, as stations needed before version 3, gets those of a station instead. */
#define GRANTS                                                                                                         \
    "CREATE FUNCTION order_grant(role TEXT) RETURNS VOID LANGUAGE plpgsql " INSIDE                                     \
    "BEGIN EXECUTE format('GRANT EXECUTE ON FUNCTION " FOR_CALLERS " TO %I', role); END $$;"                           \
    "CREATE FUNCTION order_grant_planner(role TEXT) RETURNS VOID LANGUAGE plpgsql " INSIDE "BEGIN"                     \
    "  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);"                                \
    "  EXECUTE format('GRANT SELECT, INSERT, UPDATE ON work_order TO %I', role);"                                      \
    "  EXECUTE format('GRANT SELECT, INSERT ON order_board TO %I', role);"                                             \
    "  EXECUTE format('GRANT SELECT ON unit TO %I', role);"                                                            \
    "  EXECUTE format('GRANT EXECUTE ON FUNCTION " FOR_READERS " TO %I', role); "                                      \
    "END $$;"                                                                                                          \
    "REVOKE ALL ON FUNCTION order_lock, order_refuse, order_own_log, order_take_unit, order_end_unit,"                 \
    " order_end_lease, order_apply, order_grant, order_grant_planner, " FOR_CALLERS " FROM PUBLIC;"                    \
    "REVOKE ALL ON work_order, order_board, lease, unit, board, order_heard FROM PUBLIC;"                              \
    "DO $$ DECLARE role TEXT; BEGIN"                                                                                   \
    "  FOR role IN SELECT DISTINCT r.rolname FROM pg_class c, aclexplode(c.relacl) a, pg_roles r"                      \
    "    WHERE c.oid IN ('work_order'::regclass, 'order_board'::regclass, 'lease'::regclass, 'unit'::regclass,"        \
    "      'board'::regclass, 'order_heard'::regclass) AND a.grantee = r.oid AND a.grantee <> c.relowner"              \
    "  LOOP"                                                                                                           \
    "    EXECUTE format('REVOKE ALL ON work_order, order_board, lease, unit, board, order_heard FROM %I', role);"      \
    "    PERFORM order_grant(role);"                                                                                   \
    "  END LOOP; "                                                                                                     \
    "END $$;"

/* `order_heard`: how many entries of each station's ledger the home has, and the hash of the last one. */
static const char *const upgrades[] = {
    order_tables,
    "CREATE TABLE order_heard (log TEXT PRIMARY KEY, next BIGINT NOT NULL, leaf TEXT NOT NULL);",
    BASICS TAKE END LEASES APPLY HEAR READ GRANTS,
    order_labels_upgrade,
};

const struct database_kind order_home_kind = {
    .name = "orders of a line",
    .application_id = APPLICATION_ID,
    .upgrades = upgrades,
    .version = sizeof upgrades / sizeof upgrades[0],
};
