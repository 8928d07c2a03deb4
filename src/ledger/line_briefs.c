/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report over ten million entries must not sort them, nor read each whole: PostgreSQL keeps of each entry the members
 * that reports read (report/attempt.c), made from its text, in an index by device and time. A row of an index has at
 * most 2,704 bytes: a brief of more than 2,000 is left out, and the report counts an entry that cannot be read.
 */
#include "ledger/line_briefs.h"

/*
 * Three lines: device, time, and the members as the entry's text has them, in the order of their names: canonical, as
 * the whole is. The text is parsed once. PostgreSQL's JSON has no U+0000: another control character stands for it.
 */
const char line_briefs_upgrade[] =
    "CREATE FUNCTION line_brief(entry TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$\n"
    "  SELECT CASE WHEN octet_length(b) <= 2000 THEN b ELSE '' END FROM (SELECT concat(device, E'\\n', \"time\", E'\\n{',\n"
    "    concat_ws(',', '\"device\":' || device::text, '\"ended\":' || ended::text,\n"
    "      '\"evidence\":{' || concat_ws(',', '\"rehearsal\":' || (evidence -> 'rehearsal')::text,\n"
    "        '\"run\":{\"virtual\":' || (evidence -> 'run' -> 'virtual')::text || '}') || '}',\n"
    "      '\"kind\":' || kind::text, '\"order\":' || \"order\"::text,\n"
    "      '\"profile\":{' || concat_ws(',', '\"digest\":' || (profile -> 'digest')::text,\n"
    "        '\"name\":' || (profile -> 'name')::text) || '}',\n"
    "      '\"reason\":' || reason::text, '\"result\":' || result::text, '\"started\":' || started::text,\n"
    "      '\"station\":' || station::text, '\"time\":' || \"time\"::text), '}')\n"
    "    FROM json_to_record(replace(entry, '\\u0000', '\\u001f')::json) AS e (device json, ended json, evidence json,\n"
    "      kind json, \"order\" json, profile json, reason json, result json, started json, station json,\n"
    "      \"time\" json)) t (b)\n"
    "$$;\n"
    "REVOKE ALL ON FUNCTION line_brief FROM PUBLIC;\n"
    "ALTER TABLE line_entry ADD COLUMN brief TEXT COLLATE \"C\" GENERATED ALWAYS AS (line_brief(body)) STORED;\n"
    "CREATE INDEX line_entry_brief ON line_entry (brief, received, log, seq);\n";
