/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables and functions of a line's server. A station's role may call the functions at the end and nothing else: it
 * sees no table. They run with the rights of who made them, and know the caller as session_user.
 */
#include "ledger/line.h"
#include "ledger/line_alarms.h"
#include "ledger/line_attempts.h"
#include "ledger/line_boards.h"
#include "ledger/line_briefs.h"
#include "ledger/line_mcus.h"

/* `line_entry` is what is kept, the rest can be derived. Times are the server's own. */
#define TABLES                                                                                                         \
    "CREATE TABLE line_station (name TEXT PRIMARY KEY, added TIMESTAMPTZ NOT NULL DEFAULT now());\n"                   \
    "CREATE TABLE line_log (\n"                                                                                        \
    "  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT COLLATE \"C\" NOT NULL UNIQUE,\n"                 \
    "  public_key BYTEA NOT NULL, station TEXT NOT NULL REFERENCES line_station (name),\n"                             \
    "  size BIGINT NOT NULL, nodes BYTEA NOT NULL, seen TIMESTAMPTZ NOT NULL DEFAULT now());\n"                        \
    "CREATE TABLE line_entry (\n"                                                                                      \
    "  log BIGINT NOT NULL REFERENCES line_log (id), seq BIGINT NOT NULL, leaf BYTEA NOT NULL, body TEXT NOT NULL,\n"  \
    "  received TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (log, seq));\n"                                        \
    "CREATE TABLE line_checkpoint (\n"                                                                                 \
    "  log BIGINT NOT NULL REFERENCES line_log (id), size BIGINT NOT NULL, note TEXT NOT NULL,\n"                      \
    "  PRIMARY KEY (log, size));\n"                                                                                    \
    "CREATE TABLE line_device (\n"                                                                                     \
    "  serial TEXT COLLATE \"C\" PRIMARY KEY, log BIGINT NOT NULL, seq BIGINT NOT NULL,\n"                             \
    "  made_log BIGINT, made_seq BIGINT);\n"                                                                           \
    "CREATE TABLE line_key (\n"                                                                                        \
    "  x BYTEA PRIMARY KEY, serial TEXT NOT NULL, log BIGINT NOT NULL, seq BIGINT NOT NULL);\n"                        \
    "CREATE TABLE line_certificate (\n"                                                                                \
    "  number BYTEA PRIMARY KEY, serial TEXT NOT NULL, log BIGINT NOT NULL, seq BIGINT NOT NULL);\n"                   \
    "CREATE TABLE line_alarm (\n"                                                                                      \
    "  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, time TIMESTAMPTZ NOT NULL DEFAULT now(),\n"                 \
    "  what TEXT NOT NULL, log BIGINT NOT NULL, seq BIGINT NOT NULL, details TEXT NOT NULL);\n"

/* RFC 6962: `nodes` are the roots of the complete subtrees, smallest first (ledger/merkle.h: merkle_save). */
#define TREE                                                                                                           \
    "CREATE FUNCTION line_tree_add(nodes BYTEA, size BIGINT, leaf BYTEA) RETURNS BYTEA LANGUAGE plpgsql IMMUTABLE\n"   \
    "SET search_path = pg_catalog, pg_temp AS $$\n"                                                                    \
    "BEGIN\n"                                                                                                          \
    "  WHILE size % 2 = 1 LOOP\n"                                                                                      \
    "    leaf := sha256('\\x01'::bytea || substring(nodes FROM 1 FOR 32) || leaf);\n"                                  \
    "    nodes := substring(nodes FROM 33);\n"                                                                         \
    "    size := size / 2;\n"                                                                                          \
    "  END LOOP;\n"                                                                                                    \
    "  RETURN leaf || nodes;\n"                                                                                        \
    "END $$;\n"                                                                                                        \
    "CREATE FUNCTION line_tree_root(nodes BYTEA) RETURNS BYTEA LANGUAGE plpgsql IMMUTABLE\n"                           \
    "SET search_path = pg_catalog, pg_temp AS $$\n"                                                                    \
    "DECLARE\n"                                                                                                        \
    "  root BYTEA := substring(nodes FROM 1 FOR 32);\n"                                                                \
    "BEGIN\n"                                                                                                          \
    "  WHILE length(nodes) > 32 LOOP\n"                                                                                \
    "    nodes := substring(nodes FROM 33);\n"                                                                         \
    "    root := sha256('\\x01'::bytea || substring(nodes FROM 1 FOR 32) || root);\n"                                  \
    "  END LOOP;\n"                                                                                                    \
    "  RETURN CASE WHEN length(root) = 0 THEN sha256(''::bytea) ELSE root END;\n"                                      \
    "END $$;\n"

/* An entry as JSON. PostgreSQL's JSON has no character U+0000: in what is derived, another one stands for it. */
#define READ                                                                                                           \
    "CREATE FUNCTION line_read(entry TEXT) RETURNS JSON LANGUAGE sql IMMUTABLE\n"                                      \
    "SET search_path = pg_catalog, pg_temp AS $$\n"                                                                    \
    "  SELECT replace(entry, '\\u0000', '\\ufffd')::json\n"                                                            \
    "$$;\n"

/* What an entry says of a device, as ledger/derive.c has it on a station; the alarms, as an array. */
#define DERIVE                                                                                                         \
    "CREATE FUNCTION line_note_alarm(what TEXT, log_id BIGINT, number BIGINT, details JSONB) RETURNS JSONB\n"          \
    "LANGUAGE sql SET search_path = public, pg_temp AS $$\n"                                                           \
    "  INSERT INTO line_alarm (what, log, seq, details) VALUES (what, log_id, number, details::text)\n"                \
    "  RETURNING jsonb_build_array(line_note_alarm.details || jsonb_build_object('what', what, 'seq', seq))\n"         \
    "$$;\n"                                                                                                            \
    "CREATE FUNCTION line_conflict(what TEXT, log_id BIGINT, number BIGINT, device TEXT, other TEXT,\n"                \
    "  other_log BIGINT, other_number BIGINT) RETURNS JSONB\n"                                                         \
    "LANGUAGE sql SET search_path = public, pg_temp AS $$\n"                                                           \
    "  SELECT line_note_alarm(what, log_id, number, jsonb_build_object('device', device, 'other', other,\n"            \
    "    'station', (SELECT station FROM line_log WHERE id = log_id),\n"                                               \
    "    'other_station', (SELECT station FROM line_log WHERE id = other_log), 'other_seq', other_number))\n"          \
    "$$;\n"                                                                                                            \
    "CREATE FUNCTION line_derive(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB\n"                                \
    "LANGUAGE plpgsql SET search_path = public, pg_temp AS $$\n"                                                       \
    "DECLARE\n"                                                                                                        \
    "  device TEXT := entry ->> 'device';\n"                                                                           \
    "  result TEXT := entry ->> 'result';\n"                                                                           \
    "  is_made BOOLEAN := coalesce(result IN ('provisioned', 'confirmed'), false);\n"                                  \
    "  evidence JSON := entry -> 'evidence';\n"                                                                        \
    "  is_rehearsal BOOLEAN := false;\n"                                                                               \
    "  part JSON;\n"                                                                                                   \
    "  found_key line_key;\n"                                                                                          \
    "  found_certificate line_certificate;\n"                                                                          \
    "  alarms JSONB := '[]';\n"                                                                                        \
    "BEGIN\n"                                                                                                          \
    "  IF device IS NULL OR length(device) NOT BETWEEN 1 AND 63 THEN RETURN alarms; END IF;\n"                         \
    "  INSERT INTO line_device AS d (serial, log, seq, made_log, made_seq)\n"                                          \
    "    VALUES (device, log_id, nr, CASE WHEN is_made THEN log_id END, CASE WHEN is_made THEN nr END)\n"              \
    "    ON CONFLICT (serial) DO UPDATE SET log = excluded.log, seq = excluded.seq,\n"                                 \
    "      made_log = CASE WHEN result = 'retired' THEN NULL ELSE coalesce(excluded.made_log, d.made_log) END,\n"      \
    "      made_seq = CASE WHEN result = 'retired' THEN NULL ELSE coalesce(excluded.made_seq, d.made_seq) END;\n"      \
    "  IF json_typeof(evidence) IS DISTINCT FROM 'object' OR evidence ->> 'serial_checked' IS DISTINCT FROM 'true'\n"  \
    "    THEN RETURN alarms; END IF;\n"                                                                                \
    "  IF json_typeof(evidence -> 'rehearsal') = 'array' THEN\n"                                                       \
    "    is_rehearsal := json_array_length(evidence -> 'rehearsal') > 0; END IF;\n"                                    \
    "  IF json_typeof(evidence -> 'keys') = 'array' THEN\n"                                                            \
    "    FOR part IN SELECT value FROM json_array_elements(evidence -> 'keys') LOOP\n"                                 \
    "      CONTINUE WHEN part ->> 'public_key' IS NULL OR part ->> 'public_key' !~ '^04[0-9A-Fa-f]{128}$'\n"           \
    "        OR (is_rehearsal AND part ->> 'method' = 'import');\n"                                                    \
    "      INSERT INTO line_key (x, serial, log, seq)\n"                                                               \
    "        VALUES (decode(substr(part ->> 'public_key', 3, 64), 'hex'), device, log_id, nr)\n"                       \
    "        ON CONFLICT (x) DO NOTHING;\n"                                                                            \
    "      SELECT * INTO found_key FROM line_key WHERE x = decode(substr(part ->> 'public_key', 3, 64), 'hex');\n"     \
    "      IF found_key.serial <> device THEN alarms := alarms || line_conflict('public key', log_id, nr, device,"     \
    " found_key.serial, found_key.log, found_key.seq); END IF;\n"                                                      \
    "    END LOOP;\n"                                                                                                  \
    "  END IF;\n"                                                                                                      \
    "  IF json_typeof(evidence -> 'certificates') = 'array' THEN\n"                                                    \
    "    FOR part IN SELECT value FROM json_array_elements(evidence -> 'certificates') LOOP\n"                         \
    "      CONTINUE WHEN part ->> 'serial_number' IS NULL\n"                                                           \
    "        OR part ->> 'serial_number' !~ '^([0-9A-Fa-f]{2}){1,20}$';\n"                                             \
    "      INSERT INTO line_certificate (number, serial, log, seq)\n"                                                  \
    "        VALUES (decode(part ->> 'serial_number', 'hex'), device, log_id, nr)\n"                                   \
    "        ON CONFLICT (number) DO NOTHING;\n"                                                                       \
    "      SELECT c.* INTO found_certificate FROM line_certificate c\n"                                                \
    "        WHERE c.number = decode(part ->> 'serial_number', 'hex');\n"                                              \
    "      IF found_certificate.serial <> device THEN alarms := alarms || line_conflict("                              \
    "'certificate serial number', log_id, nr, device, found_certificate.serial,"                                       \
    " found_certificate.log, found_certificate.seq); END IF;\n"                                                        \
    "    END LOOP;\n"                                                                                                  \
    "  END IF;\n"                                                                                                      \
    "  RETURN alarms;\n"                                                                                               \
    "EXCEPTION WHEN data_exception THEN\n"                                                                             \
    "  RETURN line_note_alarm('unreadable entry', log_id, nr, '{}');\n"                                                \
    "END $$;\n"

/* For stations. A log belongs to the station that opens it first. */
#define OPEN                                                                                                           \
    "CREATE FUNCTION line_open(log_name TEXT, key BYTEA)\n"                                                            \
    "RETURNS TABLE (outcome TEXT, owner TEXT, entries BIGINT, tree BYTEA)\n"                                           \
    "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"                                      \
    "DECLARE\n"                                                                                                        \
    "  found_log line_log;\n"                                                                                          \
    "BEGIN\n"                                                                                                          \
    "  IF length(log_name) NOT BETWEEN 1 AND 143 OR length(key) NOT IN (32, 65) THEN\n"                                \
    "    RAISE EXCEPTION 'not the name or the key of a log' USING ERRCODE = '22023'; END IF;\n"                        \
    "  INSERT INTO line_log (name, public_key, station, size, nodes) VALUES (log_name, key, session_user, 0, '')\n"    \
    "    ON CONFLICT (name) DO NOTHING;\n"                                                                             \
    "  SELECT * INTO found_log FROM line_log WHERE name = log_name;\n"                                                 \
    "  RETURN QUERY SELECT CASE WHEN found_log.station <> session_user THEN 'other-station'\n"                         \
    "    WHEN found_log.public_key <> key THEN 'other-key' ELSE 'ok' END,\n"                                           \
    "    found_log.station, found_log.size, found_log.nodes;\n"                                                        \
    "END $$;\n"                                                                                                        \
    "CREATE FUNCTION line_leaf(log_name TEXT, number BIGINT) RETURNS BYTEA\n"                                          \
    "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"                                   \
    "  SELECT leaf FROM line_entry WHERE seq = number\n"                                                               \
    "    AND log = (SELECT id FROM line_log WHERE name = log_name AND station = session_user)\n"                       \
    "$$;\n"

/*
 * Appends entries, or finds them there already: nothing of it happens twice. The checkpoint must be that of the tree
 * with the last of them, where that is new. Its signature is not verified here: SQL cannot.
 */
#define APPEND                                                                                                                    \
    "CREATE FUNCTION line_append(log_name TEXT, first_number BIGINT, entries TEXT, checkpoint TEXT) RETURNS TEXT\n"               \
    "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"                                                 \
    "DECLARE\n"                                                                                                                   \
    "  own line_log;\n"                                                                                                           \
    "  entry TEXT;\n"                                                                                                             \
    "  hash BYTEA;\n"                                                                                                             \
    "  kept line_entry;\n"                                                                                                        \
    "  number BIGINT := first_number;\n"                                                                                          \
    "  new_size BIGINT;\n"                                                                                                        \
    "  new_nodes BYTEA;\n"                                                                                                        \
    "  hashes BYTEA[] := '{}';\n"                                                                                                 \
    "  bodies TEXT[] := '{}';\n"                                                                                                  \
    "  alarms JSONB := '[]';\n"                                                                                                   \
    "BEGIN\n"                                                                                                                     \
    "  SELECT * INTO own FROM line_log WHERE name = log_name AND station = session_user FOR UPDATE;\n"                            \
    "  IF NOT FOUND THEN RETURN '{\"outcome\":\"unknown-log\"}'; END IF;\n"                                                       \
    "  IF first_number IS NULL OR first_number > own.size OR first_number < 0 THEN\n"                                             \
    "    RETURN jsonb_build_object('outcome', 'gap', 'size', own.size); END IF;\n"                                                \
    "  new_size := own.size;\n"                                                                                                   \
    "  new_nodes := own.nodes;\n"                                                                                                 \
    "  FOR entry IN SELECT value FROM json_array_elements_text(entries::json) WITH ORDINALITY ORDER BY ordinality\n"              \
    "  LOOP\n"                                                                                                                    \
    "    hash := sha256('\\x00'::bytea || convert_to(entry, 'UTF8'));\n"                                                          \
    "    IF number < own.size THEN\n"                                                                                             \
    "      SELECT * INTO kept FROM line_entry e WHERE e.log = own.id AND e.seq = number;\n"                                       \
    "      IF kept.leaf <> hash THEN\n"                                                                                           \
    "        IF NOT EXISTS (SELECT FROM line_alarm a WHERE a.what = 'fork' AND a.log = own.id AND a.seq = number)\n"              \
    "        THEN PERFORM line_note_alarm('fork', own.id, number, jsonb_build_object('entry', entry)); END IF;\n"                 \
    "        RETURN jsonb_build_object('outcome', 'fork', 'size', own.size, 'seq', number, 'entry', kept.body);\n"                \
    "      END IF;\n"                                                                                                             \
    "    ELSE\n"                                                                                                                  \
    "      IF line_read(entry) ->> 'log' IS DISTINCT FROM log_name OR line_read(entry) ->> 'seq' IS DISTINCT FROM number::text\n" \
    "      THEN RETURN jsonb_build_object('outcome', 'not-an-entry', 'size', own.size, 'seq', number); END IF;\n"                 \
    "      new_nodes := line_tree_add(new_nodes, new_size, hash);\n"                                                              \
    "      new_size := new_size + 1;\n"                                                                                           \
    "      hashes := hashes || hash;\n"                                                                                           \
    "      bodies := bodies || entry;\n"                                                                                          \
    "    END IF;\n"                                                                                                               \
    "    number := number + 1;\n"                                                                                                 \
    "  END LOOP;\n"                                                                                                               \
    "  IF new_size = own.size THEN RETURN jsonb_build_object('outcome', 'ok', 'size', own.size); END IF;\n"                       \
    "  IF split_part(checkpoint, E'\\n', 1) <> log_name OR split_part(checkpoint, E'\\n', 2) <> new_size::text\n"                 \
    "    OR split_part(checkpoint, E'\\n', 3) <> encode(line_tree_root(new_nodes), 'base64') THEN\n"                              \
    "    RETURN jsonb_build_object('outcome', 'other-root', 'size', own.size); END IF;\n"                                         \
    "  INSERT INTO line_entry (log, seq, leaf, body)\n"                                                                           \
    "    SELECT own.id, own.size + n - 1, h, b FROM unnest(hashes, bodies) WITH ORDINALITY AS t (h, b, n);\n"                     \
    "  INSERT INTO line_checkpoint (log, size, note) VALUES (own.id, new_size, checkpoint);\n"                                    \
    "  FOR i IN 1 .. cardinality(bodies) LOOP\n"                                                                                  \
    "    alarms := alarms || line_derive(own.id, own.size + i - 1, line_read(bodies[i]));\n"                                      \
    "  END LOOP;\n"                                                                                                               \
    "  UPDATE line_log SET size = new_size, nodes = new_nodes, seen = now() WHERE id = own.id;\n"                                 \
    "  RETURN jsonb_build_object('outcome', 'ok', 'size', new_size, 'alarms', alarms);\n"                                         \
    "END $$;\n"

/* Whose something is: the device, and the station that recorded it. */
#define FIND                                                                                                           \
    "CREATE FUNCTION line_find_key(wanted BYTEA) RETURNS TABLE (device TEXT, station TEXT)\n"                          \
    "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"                                   \
    "  SELECT k.serial, l.station FROM line_key k JOIN line_log l ON l.id = k.log WHERE k.x = wanted\n"                \
    "$$;\n"                                                                                                            \
    "CREATE FUNCTION line_find_certificate(wanted BYTEA) RETURNS TABLE (device TEXT, station TEXT)\n"                  \
    "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"                                   \
    "  SELECT c.serial, l.station FROM line_certificate c JOIN line_log l ON l.id = c.log WHERE c.number = wanted\n"   \
    "$$;\n"                                                                                                            \
    "CREATE FUNCTION line_find_made(wanted TEXT) RETURNS TABLE (device TEXT, station TEXT, body TEXT, leaf BYTEA)\n"   \
    "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$\n"                                   \
    "  SELECT d.serial, l.station, e.body, e.leaf FROM line_device d JOIN line_log l ON l.id = d.made_log\n"           \
    "    JOIN line_entry e ON e.log = d.made_log AND e.seq = d.made_seq WHERE d.serial = wanted\n"                     \
    "$$;\n"

/* For the administrator: gives a role a station's rights, and no others. */
#define GRANTS                                                                                                                   \
    "REVOKE ALL ON FUNCTION line_tree_add, line_tree_root, line_read, line_note_alarm, line_conflict, line_derive, line_open,\n" \
    "  line_leaf, line_append, line_find_key, line_find_certificate, line_find_made FROM PUBLIC;\n"                              \
    "CREATE FUNCTION line_grant(role TEXT) RETURNS VOID LANGUAGE plpgsql SET search_path = public, pg_temp AS $$\n"              \
    "BEGIN\n"                                                                                                                    \
    "  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);\n"                                        \
    "  EXECUTE format('GRANT EXECUTE ON FUNCTION line_open, line_leaf, line_append, line_find_key,'\n"                           \
    "    ' line_find_certificate, line_find_made TO %I', role);\n"                                                               \
    "END $$;\n"                                                                                                                  \
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC;\n"                                                                              \
    "REVOKE ALL ON FUNCTION line_grant FROM PUBLIC;\n"

static const char *const upgrades[] = {
    TABLES TREE READ DERIVE OPEN APPEND FIND GRANTS,
    line_boards_upgrade,
    line_mcus_upgrade,
    line_alarms_upgrade,
    line_briefs_upgrade,
    line_attempts_upgrade,
    line_boards_lookups,
    line_mcus_lookups,
};

const struct database_kind ledger_line_kind = {
    .name = "ledger of a line",
    .application_id = 0x494d504e, /* "IMPN" */
    .upgrades = upgrades,
    .version = sizeof upgrades / sizeof upgrades[0],
};
