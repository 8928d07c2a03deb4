/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attempts at a device on a line's server, of all stations: what counts for its quarantine. What that follows from them
 * is decided in one place, src/station/quarantine.c, over these and the station's own.
 */
#include "ledger/line_attempts.h"

#include "ledger/line.h"

/*
 * `code` is the exit code of a run that failed, `tries` the limit that its station has. An entry whose time is longer
 * than a time is left out: stations could not read it, nor any other of the device.
 */
#define TABLE                                                                                                          \
    "CREATE TABLE line_attempt (log BIGINT NOT NULL, seq BIGINT NOT NULL, serial TEXT COLLATE \"C\" NOT NULL,\n"       \
    "  time TEXT COLLATE \"C\" NOT NULL, result TEXT NOT NULL, reason TEXT NOT NULL, code INT NOT NULL,\n"             \
    "  tries INT NOT NULL, PRIMARY KEY (log, seq));\n"                                                                 \
    "CREATE INDEX line_attempt_of ON line_attempt (serial, time);\n"

#define DERIVE                                                                                                         \
    "CREATE FUNCTION line_derive_attempt(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB\n"                        \
    "LANGUAGE plpgsql SET search_path = public, pg_temp AS $$\n"                                                       \
    "DECLARE\n"                                                                                                        \
    "  device TEXT := entry ->> 'device';\n"                                                                           \
    "  result TEXT := entry ->> 'result';\n"                                                                           \
    "  code TEXT := coalesce(entry #>> '{evidence,error,exit}', '0');\n"                                               \
    "  tries TEXT := coalesce(entry #>> '{evidence,run,tries}', '0');\n"                                               \
    "BEGIN\n"                                                                                                          \
    "  IF device IS NULL OR length(device) NOT BETWEEN 1 AND 63 THEN RETURN '[]'; END IF;\n"                           \
    "  IF entry ->> 'time' IS NULL OR octet_length(entry ->> 'time') > 24 THEN RETURN '[]'; END IF;\n"                 \
    "  IF code !~ '^[0-9]{1,3}$' THEN code := '0'; END IF;\n"                                                          \
    "  IF tries !~ '^[0-9]{1,3}$' THEN tries := '0'; END IF;\n"                                                        \
    "  IF result IN ('provisioned', 'confirmed', 'proven', 'reworked', 'retired', 'scrapped')\n"                       \
    "    OR (result IN ('failed', 'refused') AND code = '1') THEN\n"                                                   \
    "    INSERT INTO line_attempt VALUES (log_id, nr, device, entry ->> 'time', result,\n"                             \
    "      coalesce(entry ->> 'reason', ''), code::int, tries::int);\n"                                                \
    "  END IF;\n"                                                                                                      \
    "  RETURN '[]';\n"                                                                                                 \
    "END $$;\n"                                                                                                        \
    "CREATE OR REPLACE FUNCTION line_derive(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB\n"                     \
    "LANGUAGE sql SET search_path = public, pg_temp AS $$\n"                                                           \
    "  SELECT line_derive_keys(log_id, nr, entry) || line_derive_board(log_id, nr, entry)\n"                           \
    "    || line_derive_mcu(log_id, nr, entry) || line_derive_attempt(log_id, nr, entry)\n"                            \
    "$$;\n"

/* For stations: newest first, but one that scrapped the device before all; not those of the log that is here itself. */
#define FIND                                                                                                           \
    "CREATE FUNCTION line_find_attempts(device TEXT, own_log TEXT)\n"                                                  \
    "RETURNS TABLE (at TEXT, outcome TEXT, reason TEXT, code INT, tries INT, station TEXT)\n"                          \
    "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"                                   \
    "  SELECT a.time, a.result, a.reason, a.code, a.tries, l.station FROM line_attempt a\n"                            \
    "    JOIN line_log l ON l.id = a.log\n"                                                                            \
    "    WHERE a.serial = line_find_attempts.device AND l.name <> line_find_attempts.own_log\n"                        \
    "    ORDER BY a.result = 'scrapped' DESC, a.time DESC, a.log, a.seq DESC LIMIT 256\n"                              \
    "$$;\n"

#define RIGHTS                                                                                                          \
    "REVOKE ALL ON FUNCTION line_derive_attempt, line_find_attempts FROM PUBLIC;\n"                                     \
    "CREATE OR REPLACE FUNCTION line_grant(role TEXT) RETURNS VOID LANGUAGE plpgsql\n"                                  \
    "SET search_path = public, pg_temp AS $$\n"                                                                         \
    "BEGIN\n"                                                                                                           \
    "  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);\n"                               \
    "  EXECUTE format('GRANT EXECUTE ON FUNCTION line_open, line_leaf, line_append, line_find_key,'\n"                  \
    "    ' line_find_certificate, line_find_made, line_claim_board, line_find_mcu, line_find_attempts TO %I', role);\n" \
    "END $$;\n"                                                                                                         \
    "SELECT line_grant(name) FROM line_station" LEDGER_STATIONS_WITH_ROLES ";\n"

#define EARLIER                                                                                                        \
    "DO $$ BEGIN\n"                                                                                                    \
    "  PERFORM line_derive_attempt(e.log, e.seq, line_read(e.body)) FROM line_entry e;\n"                              \
    "END $$;\n"

const char line_attempts_upgrade[] = TABLE DERIVE FIND RIGHTS EARLIER;
