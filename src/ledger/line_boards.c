/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Board numbers on a line's server: whose each is, across all stations. A station claims one before it changes the
 * device; the entry of the run, when it arrives, bears the claim out. A claim that no entry bears out yet yields to its
 * own station alone, which may have lost the run: it never yields to another one.
 */
#include "ledger/line_boards.h"

#include "ledger/line.h"

/* `log` NULL: a claim that no entry bears out yet. A device is on one board. */
#define TABLE                                                                                                          \
    "CREATE TABLE line_board (number TEXT COLLATE \"C\" PRIMARY KEY, serial TEXT COLLATE \"C\" NOT NULL UNIQUE,\n"     \
    "  station TEXT NOT NULL, log BIGINT, seq BIGINT, claimed TIMESTAMPTZ NOT NULL DEFAULT now());\n"                  \
    "CREATE FUNCTION line_board_lock() RETURNS VOID LANGUAGE sql SET search_path = public, pg_temp AS $$\n"            \
    "  SELECT pg_advisory_xact_lock(hashtext('line_board'))\n"                                                         \
    "$$;\n"

/*
 * What an entry says of its device's board; the alarms, as an array, which name both devices. Number and device are
 * looked up one after the other, here and below: PostgreSQL reads the whole table for "this or that" as long as it
 * believes that the table is small, and it believes so within a transaction that fills it.
 */
#define DERIVE                                                                                                          \
    "CREATE OR REPLACE FUNCTION line_derive_board(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB\n"                \
    "LANGUAGE plpgsql SET search_path = public, pg_temp AS $$\n"                                                        \
    "DECLARE\n"                                                                                                         \
    "  device TEXT := entry ->> 'device';\n"                                                                            \
    "  board TEXT := entry ->> 'board';\n"                                                                              \
    "  own TEXT := (SELECT l.station FROM line_log l WHERE l.id = log_id);\n"                                           \
    "  known line_board;\n"                                                                                             \
    "BEGIN\n"                                                                                                           \
    "  IF device IS NULL OR length(device) NOT BETWEEN 1 AND 63 THEN RETURN '[]'; END IF;\n"                            \
    "  IF entry ->> 'result' = 'retired' OR entry ->> 'kind' = 'order release' THEN\n"                                  \
    "    DELETE FROM line_board b WHERE b.serial = device;\n"                                                           \
    "    RETURN '[]';\n"                                                                                                \
    "  END IF;\n"                                                                                                       \
    "  IF board IS NULL OR length(board) NOT BETWEEN 1 AND 32 THEN RETURN '[]'; END IF;\n"                              \
    "  PERFORM line_board_lock();\n"                                                                                    \
    "  DELETE FROM line_board b WHERE b.number = board AND b.serial <> device AND b.log IS NULL AND b.station = own;\n" \
    "  DELETE FROM line_board b WHERE b.serial = device AND b.number <> board AND b.log IS NULL AND b.station = own;\n" \
    "  SELECT * INTO known FROM line_board b WHERE b.number = board;\n"                                                 \
    "  IF NOT FOUND THEN SELECT * INTO known FROM line_board b WHERE b.serial = device; END IF;\n"                      \
    "  IF NOT FOUND THEN\n"                                                                                             \
    "    INSERT INTO line_board (number, serial, station, log, seq) VALUES (board, device, own, log_id, nr);\n"         \
    "  ELSIF known.number = board AND known.serial = device THEN\n"                                                     \
    "    UPDATE line_board b SET log = log_id, seq = nr WHERE b.number = board AND b.log IS NULL;\n"                    \
    "  ELSE\n"                                                                                                          \
    "    RETURN line_note_alarm('board number ' || board, log_id, nr, jsonb_build_object('device', device,\n"           \
    "      'other', known.serial, 'station', own, 'other_station', known.station, 'other_seq', known.seq,\n"            \
    "      'other_number', known.number));\n"                                                                           \
    "  END IF;\n"                                                                                                       \
    "  RETURN '[]';\n"                                                                                                  \
    "END $$;\n"

#define DERIVE_TOO                                                                                                     \
    "ALTER FUNCTION line_derive(BIGINT, BIGINT, JSON) RENAME TO line_derive_keys;\n"                                   \
    "CREATE FUNCTION line_derive(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB\n"                                \
    "LANGUAGE sql SET search_path = public, pg_temp AS $$\n"                                                           \
    "  SELECT line_derive_keys(log_id, nr, entry) || line_derive_board(log_id, nr, entry)\n"                           \
    "$$;\n"

/* For stations. `take` false: only says whether the number could be taken. */
#define CLAIM                                                                                                             \
    "CREATE OR REPLACE FUNCTION line_claim_board(board TEXT, device TEXT, take BOOLEAN)\n"                                \
    "RETURNS TABLE (outcome TEXT, other TEXT, other_station TEXT, other_number TEXT)\n"                                   \
    "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"                                         \
    "DECLARE\n"                                                                                                           \
    "  known line_board;\n"                                                                                               \
    "BEGIN\n"                                                                                                             \
    "  IF board IS NULL OR device IS NULL OR length(board) NOT BETWEEN 1 AND 32\n"                                        \
    "    OR length(device) NOT BETWEEN 1 AND 63 THEN\n"                                                                   \
    "    RAISE EXCEPTION 'not a board number, or not a device' USING ERRCODE = '22023'; END IF;\n"                        \
    "  PERFORM line_board_lock();\n"                                                                                      \
    "  SELECT * INTO known FROM line_board b WHERE b.number = board AND b.serial <> device\n"                             \
    "    AND (b.log IS NOT NULL OR b.station <> session_user);\n"                                                         \
    "  IF NOT FOUND THEN\n"                                                                                               \
    "    SELECT * INTO known FROM line_board b WHERE b.serial = device AND b.number <> board\n"                           \
    "      AND (b.log IS NOT NULL OR b.station <> session_user);\n"                                                       \
    "  END IF;\n"                                                                                                         \
    "  IF FOUND THEN\n"                                                                                                   \
    "    RETURN QUERY SELECT CASE WHEN known.number = board THEN 'other-device' ELSE 'other-number' END,\n"               \
    "      known.serial, known.station, known.number;\n"                                                                  \
    "    RETURN;\n"                                                                                                       \
    "  END IF;\n"                                                                                                         \
    "  IF take THEN\n"                                                                                                    \
    "    DELETE FROM line_board b WHERE b.number = board AND b.serial <> device;\n"                                       \
    "    DELETE FROM line_board b WHERE b.serial = device AND b.number <> board;\n"                                       \
    "    INSERT INTO line_board (number, serial, station) VALUES (board, device, session_user) ON CONFLICT DO NOTHING;\n" \
    "  END IF;\n"                                                                                                         \
    "  RETURN QUERY SELECT 'ok', ''::TEXT, ''::TEXT, ''::TEXT;\n"                                                         \
    "END $$;\n"

#define RIGHTS                                                                                                         \
    "REVOKE ALL ON FUNCTION line_board_lock, line_derive_board, line_derive, line_derive_keys, line_claim_board\n"     \
    "  FROM PUBLIC;\n"                                                                                                 \
    "CREATE OR REPLACE FUNCTION line_grant(role TEXT) RETURNS VOID LANGUAGE plpgsql\n"                                 \
    "SET search_path = public, pg_temp AS $$\n"                                                                        \
    "BEGIN\n"                                                                                                          \
    "  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);\n"                              \
    "  EXECUTE format('GRANT EXECUTE ON FUNCTION line_open, line_leaf, line_append, line_find_key,'\n"                 \
    "    ' line_find_certificate, line_find_made, line_claim_board TO %I', role);\n"                                   \
    "END $$;\n"                                                                                                        \
    "SELECT line_grant(name) FROM line_station" LEDGER_STATIONS_WITH_ROLES ";\n"

/* In the order in which they arrived; two devices with one number are an alarm now. */
#define EARLIER                                                                                                        \
    "DO $$ BEGIN\n"                                                                                                    \
    "  PERFORM line_derive_board(e.log, e.seq, line_read(e.body)) FROM (SELECT * FROM line_entry\n"                    \
    "    WHERE body LIKE '%\"board\":\"%' OR body LIKE '%\"result\":\"retired\"%'\n"                                   \
    "      OR body LIKE '%\"kind\":\"order release\"%' ORDER BY received, log, seq) e;\n"                              \
    "END $$;\n"

const char line_boards_upgrade[] = TABLE DERIVE DERIVE_TOO CLAIM RIGHTS EARLIER;

const char line_boards_lookups[] = DERIVE CLAIM;
