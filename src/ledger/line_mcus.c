/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Microcontrollers on a line's server: which device each is tied to, across all stations, as ledger/mcus.h has it on
 * one. Nothing is claimed: a board is at one station at a time, and what was made without the server is an alarm when
 * its entry arrives.
 */
#include "ledger/line_mcus.h"

#include "ledger/line.h"

#define TABLE                                                                                                          \
    "CREATE TABLE line_mcu (number TEXT COLLATE \"C\" PRIMARY KEY, serial TEXT COLLATE \"C\" NOT NULL UNIQUE,\n"       \
    "  log BIGINT NOT NULL, seq BIGINT NOT NULL);\n"

/* What an entry ties to its device; the alarms, as an array, which name both devices. Looked up as in line_boards.c. */
#define DERIVE                                                                                                         \
    "CREATE OR REPLACE FUNCTION line_derive_mcu(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB\n"                 \
    "LANGUAGE plpgsql SET search_path = public, pg_temp AS $$\n"                                                       \
    "DECLARE\n"                                                                                                        \
    "  device TEXT := entry ->> 'device';\n"                                                                           \
    "  mcu TEXT := entry #>> '{evidence,run,board,mcu}';\n"                                                            \
    "  known line_mcu;\n"                                                                                              \
    "BEGIN\n"                                                                                                          \
    "  IF device IS NULL OR length(device) NOT BETWEEN 1 AND 63 THEN RETURN '[]'; END IF;\n"                           \
    "  IF entry ->> 'result' = 'retired' THEN\n"                                                                       \
    "    DELETE FROM line_mcu m WHERE m.serial = device;\n"                                                            \
    "    RETURN '[]';\n"                                                                                               \
    "  END IF;\n"                                                                                                      \
    "  IF mcu IS NULL OR length(mcu) NOT BETWEEN 1 AND 64\n"                                                           \
    "    OR entry #>> '{evidence,serial_checked}' IS DISTINCT FROM 'true' THEN RETURN '[]'; END IF;\n"                 \
    "  INSERT INTO line_mcu (number, serial, log, seq) VALUES (mcu, device, log_id, nr) ON CONFLICT DO NOTHING;\n"     \
    "  SELECT * INTO known FROM line_mcu m WHERE m.number = mcu AND m.serial <> device;\n"                             \
    "  IF NOT FOUND THEN SELECT * INTO known FROM line_mcu m WHERE m.serial = device AND m.number <> mcu; END IF;\n"   \
    "  IF NOT FOUND THEN RETURN '[]'; END IF;\n"                                                                       \
    "  RETURN line_conflict('microcontroller ' || mcu, log_id, nr, device, known.serial, known.log, known.seq);\n"     \
    "END $$;\n"

#define DERIVE_TOO                                                                                                     \
    "CREATE OR REPLACE FUNCTION line_derive(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB\n"                     \
    "LANGUAGE sql SET search_path = public, pg_temp AS $$\n"                                                           \
    "  SELECT line_derive_keys(log_id, nr, entry) || line_derive_board(log_id, nr, entry)\n"                           \
    "    || line_derive_mcu(log_id, nr, entry)\n"                                                                      \
    "$$;\n"

/* For stations: what keeps the device from being on this microcontroller. */
#define FIND                                                                                                                 \
    "CREATE OR REPLACE FUNCTION line_find_mcu(mcu TEXT, device TEXT)\n"                                                      \
    "RETURNS TABLE (other TEXT, station TEXT, number TEXT)\n"                                                                \
    "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"                                         \
    "  SELECT t.serial, l.station, t.number FROM (\n"                                                                        \
    "      SELECT 1 AS place, m.* FROM line_mcu m WHERE m.number = line_find_mcu.mcu AND m.serial <> line_find_mcu.device\n" \
    "      UNION ALL\n"                                                                                                      \
    "      SELECT 2, m.* FROM line_mcu m WHERE m.serial = line_find_mcu.device AND m.number <> line_find_mcu.mcu) t\n"       \
    "    JOIN line_log l ON l.id = t.log ORDER BY t.place LIMIT 1\n"                                                         \
    "$$;\n"

#define RIGHTS                                                                                                         \
    "REVOKE ALL ON FUNCTION line_derive_mcu, line_find_mcu FROM PUBLIC;\n"                                             \
    "CREATE OR REPLACE FUNCTION line_grant(role TEXT) RETURNS VOID LANGUAGE plpgsql\n"                                 \
    "SET search_path = public, pg_temp AS $$\n"                                                                        \
    "BEGIN\n"                                                                                                          \
    "  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);\n"                              \
    "  EXECUTE format('GRANT EXECUTE ON FUNCTION line_open, line_leaf, line_append, line_find_key,'\n"                 \
    "    ' line_find_certificate, line_find_made, line_claim_board, line_find_mcu TO %I', role);\n"                    \
    "END $$;\n"                                                                                                        \
    "SELECT line_grant(name) FROM line_station" LEDGER_STATIONS_WITH_ROLES ";\n"

/* In the order in which they arrived; one microcontroller with two devices is an alarm now. */
#define EARLIER                                                                                                        \
    "DO $$ BEGIN\n"                                                                                                    \
    "  PERFORM line_derive_mcu(e.log, e.seq, line_read(e.body)) FROM (SELECT * FROM line_entry\n"                      \
    "    WHERE body LIKE '%\"mcu\":\"%' OR body LIKE '%\"result\":\"retired\"%' ORDER BY received, log, seq) e;\n"     \
    "END $$;\n"

const char line_mcus_upgrade[] = TABLE DERIVE DERIVE_TOO FIND RIGHTS EARLIER;

const char line_mcus_lookups[] = DERIVE FIND;
