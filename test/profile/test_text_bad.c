/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad profiles: each row changes one place of a good text and says which complaint must come, where. Lines and columns
 * were counted by hand.
 */
#include "profile/text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A part that imprint configures. */
static const char policy[] = "imprint: 1\n"                          /* 1 */
                             "name: base\n"                          /* 2 */
                             "chip:\n"                               /* 3 */
                             "  parts: [ATECC608A, ATECC608B]\n"     /* 4 */
                             "  configuration: policy\n"             /* 5 */
                             "  i2c-address: 0x60\n"                 /* 6 */
                             "  lock: [config, data]\n"              /* 7 */
                             "keys:\n"                               /* 8 */
                             "  - name: first\n"                     /* 9 */
                             "    id: 16\n"                          /* 10 */
                             "    method: generate\n"                /* 11 */
                             "    slot: 0\n"                         /* 12 */
                             "    type: ecc-key-pair(secp-r1)\n"     /* 13 */
                             "    bits: 256\n"                       /* 14 */
                             "    algorithm: ecdsa(any-hash)\n"      /* 15 */
                             "    usage: [sign-hash, verify-hash]\n" /* 16 */
                             "    replace: never\n"                  /* 17 */
                             "    lock-slot: false\n"                /* 18 */
                             "  - name: second\n"                    /* 19 */
                             "    id: 0x11\n"                        /* 20 */
                             "    method: import\n"                  /* 21 */
                             "    slot: 9\n"                         /* 22 */
                             "    type: ecc-public-key(secp-r1)\n"   /* 23 */
                             "    bits: 256\n"                       /* 24 */
                             "    algorithm: ecdsa(sha-256)\n"       /* 25 */
                             "    usage: [verify-hash]\n"            /* 26 */
                             "    file: key.pem\n";                  /* 27 */

/* A part as its maker delivers it, with secrets for encrypted imports. */
static const char delivered[] = "imprint: 1\n"                      /* 1 */
                                "name: base\n"                      /* 2 */
                                "chip:\n"                           /* 3 */
                                "  parts: [ATECC608B]\n"            /* 4 */
                                "  configuration: as-delivered\n"   /* 5 */
                                "  write-keys:\n"                   /* 6 */
                                "    - slot: 4\n"                   /* 7 */
                                "      file: secret.hex\n"          /* 8 */
                                "    - slot: 3\n"                   /* 9 */
                                "      file: other.hex\n"           /* 10 */
                                "keys:\n"                           /* 11 */
                                "  - name: maker\n"                 /* 12 */
                                "    id: 16\n"                      /* 13 */
                                "    method: register\n"            /* 14 */
                                "    slot: 0\n"                     /* 15 */
                                "    type: ecc-key-pair(secp-r1)\n" /* 16 */
                                "    bits: 256\n"                   /* 17 */
                                "    algorithm: ecdsa(any-hash)\n"  /* 18 */
                                "    usage: [sign-hash]\n"          /* 19 */
                                "  - name: board\n"                 /* 20 */
                                "    id: 17\n"                      /* 21 */
                                "    method: import\n"              /* 22 */
                                "    type: ecc-key-pair(secp-r1)\n" /* 23 */
                                "    bits: 256\n"                   /* 24 */
                                "    algorithm: ecdsa(sha-256)\n"   /* 25 */
                                "    usage: [sign-hash]\n"          /* 26 */
                                "    replace: unclaimed\n"          /* 27 */
                                "    file: key.pem\n";              /* 28 */

#define LONG_63 "a23456789-a23456789-a23456789-a23456789-a23456789-a23456789-a23"
#define FIFTY "a23456789/a23456789/a23456789/a23456789/a23456789/"
#define LONG_256 FIFTY FIFTY FIFTY FIFTY FIFTY "a23456"

enum { SYNTAX = ERROR_PROFILE_SYNTAX, SCHEMA = ERROR_PROFILE_SCHEMA, CONFLICT = ERROR_PROFILE_CONFLICT };

static const struct bad_row {
    const char *name;
    const char *base;
    const char *from, *to; /* the first `from` in the base becomes `to`; NULL: the whole text is `to` */
    uint32_t line, column;
    int reason;
    const char *message;  /* the message starts with this */
    const char *expected; /* and this is in what was expected */
} rows[] = {
    /* No YAML, or not the kind we take. */
    {"empty file", policy, NULL, "", 1, 1, SYNTAX, "the file is empty", "imprint: 1"},
    {"comments only", policy, NULL, "# nothing\n\n", 1, 1, SYNTAX, "the file is empty", "imprint: 1"},
    {"an empty document", policy, NULL, "---\n", 2, 1, SCHEMA, "profile: nothing is not a mapping", "imprint, name"},
    {"a word", policy, NULL, "hello\n", 1, 1, SCHEMA, "profile: 'hello' is not a mapping",
     "imprint, name, rehearsal, chip, keys, certificates or data"},
    {"a list", policy, NULL, "- imprint: 1\n", 1, 1, SCHEMA, "profile: a list is not a mapping", "a mapping"},
    {"a number", policy, NULL, "17", 1, 1, SCHEMA, "profile: '17' is not a mapping", "a mapping"},
    {"JSON that is no profile", policy, NULL, "{\"a\": 1}", 1, 1, SCHEMA, "imprint: is missing", "1"},
    {"a control character", policy, "base", "ba\x01se", 2, 9, SYNTAX,
     "not a text file: a control character, byte 0x01 at offset 19", "UTF-8"},
    {"an escape character", policy, "base", "\x1b[31mbase", 2, 7, SYNTAX,
     "not a text file: a control character, byte 0x1b", "UTF-8"},
    {"a C1 control character", policy, "base",
     "b\xc2\x9b"
     "31m",
     2, 8, SYNTAX, "not a text file: a control character, byte 0xc2", "UTF-8"},
    {"Latin-1", policy, "base", "b\xe4se", 2, 8, SYNTAX, "not a text file: not UTF-8, byte 0xe4", "UTF-8"},
    {"overlong UTF-8", policy, "base", "b\xc0\xafse", 2, 8, SYNTAX, "not a text file: not UTF-8, byte 0xc0", "UTF-8"},
    {"a surrogate", policy, "base", "b\xed\xa0\x80se", 2, 8, SYNTAX, "not a text file: not UTF-8, byte 0xed", "UTF-8"},
    {"beyond Unicode", policy, "base", "b\xf4\x90\x80\x80", 2, 8, SYNTAX, "not a text file: not UTF-8", "UTF-8"},
    {"a lone continuation byte", policy, "base", "b\x80", 2, 8, SYNTAX, "not a text file: not UTF-8", "UTF-8"},
    {"an unfinished character at the end", policy, NULL, "name: \xc3", 1, 7, SYNTAX, "not a text file: not UTF-8",
     "UTF-8"},
    {"characters, not bytes, are counted", policy, "base", "\xc3\xa4\xc3\xb6\x01", 2, 9, SYNTAX,
     "not a text file: a control character, byte 0x01 at offset 21", "UTF-8"},
    {"UTF-16", policy, NULL, "\xff\xfei", 1, 1, SYNTAX, "not a text file: not UTF-8, byte 0xff at offset 0", "UTF-8"},
    {"ELF", policy, NULL,
     "\x7f"
     "ELF\x02",
     1, 1, SYNTAX, "not a text file: a control character, byte 0x7f", "UTF-8"},
    {"a second byte order mark", policy, "base", "\xef\xbb\xbf", 2, 7, SYNTAX, "not a text file", "UTF-8"},
    {"a tab as indentation", policy, "  parts", "\tparts", 4, 1, SYNTAX, "a tab in the indentation", "spaces"},
    {"a tab after spaces", policy, "  parts", " \tparts", 4, 2, SYNTAX, "a tab in the indentation", "spaces"},
    {"an unclosed list", policy, "[ATECC608A, ATECC608B]", "[ATECC608A", 5, 16, SYNTAX,
     "not YAML: did not find expected ',' or ']'", ""},
    {"an unclosed quote", policy, "base", "\"base", 28, 1, SYNTAX, "not YAML: found unexpected end of stream", ""},
    {"wrong indentation", policy, "  configuration", "   configuration", 5, 4, SYNTAX,
     "not YAML: did not find expected key, while parsing a block mapping that starts in line 4", ""},
    {"no colon", policy, "name: base", "name base", 3, 1, SYNTAX, "not YAML: could not find expected ':'", ""},
    {"no space after the colon", policy, "id: 16", "id:16", 11, 5, SYNTAX, "not YAML: could not find expected ':'", ""},
    {"a character that starts nothing", policy, "base", "@base", 2, 7, SYNTAX,
     "not YAML: found character that cannot start any token", ""},
    {"two documents", policy, "keys:", "---\nkeys:", 8, 1, SYNTAX, "a second document starts here", "one document"},
    {"an anchor", policy, "name: base", "name: &n base", 2, 7, SYNTAX, "an anchor (&name)", "no anchors"},
    {"an anchor on a mapping", policy, "chip:\n", "chip: &c\n", 3, 7, SYNTAX, "an anchor (&name)", "no anchors"},
    {"an anchor on a list", policy, "[ATECC608A", "&c [ATECC608A", 4, 10, SYNTAX, "an anchor (&name)", "no anchors"},
    {"an alias", policy, "name: base", "name: *n", 2, 7, SYNTAX, "an alias (*name)", "no anchors"},
    {"a tag", policy, "16", "!!int 16", 10, 9, SYNTAX, "a tag (!type)", "no tags"},
    {"a tag on a list", policy, "[ATECC608A", "!x [ATECC608A", 4, 10, SYNTAX, "a tag (!type)", "no tags"},
    {"a tag on a mapping", policy, "chip:\n", "chip: !x\n", 3, 7, SYNTAX, "a tag (!type)", "no tags"},
    {"a later YAML", policy, "imprint", "%YAML 3.0\n---\nimprint", 1, 1, SYNTAX,
     "not YAML: found incompatible YAML document", ""},
    {"nested too deep", policy, "base", "[[[[[[[[[]]]]]]]]]", 2, 14, SYNTAX, "nested too deep", ""},
    {"a text of several lines", policy, "base", "|\n  base", 2, 7, SYNTAX, "a text of several lines", "one line"},
    {"an escaped NUL", policy, "base", "\"ba\\0se\"", 2, 7, SYNTAX, "a text of several lines or with control",
     "one line"},
    {"an escaped line end", policy, "base", "\"ba\\nse\"", 2, 7, SYNTAX, "a text of several lines or with control",
     "one line"},
    /* imprint: the version, first of all. */
    {"version missing", policy, "imprint: 1\n", "", 1, 1, SCHEMA, "imprint: is missing",
     "version of the profile format: 1"},
    {"version empty", policy, "imprint: 1", "imprint:", 1, 9, SCHEMA, "imprint: nothing is given", "1"},
    {"version 2", policy, "imprint: 1", "imprint: 2", 1, 10, SCHEMA, "imprint: '2' is out of range", "format: 1"},
    {"version 0", policy, "imprint: 1", "imprint: 0", 1, 10, SCHEMA, "imprint: '0' is out of range", "format: 1"},
    {"version 2 before its other keys", policy, "imprint: 1", "colour: red\nimprint: 2", 2, 10, SCHEMA,
     "imprint: '2' is out of range", "format: 1"},
    {"version as text", policy, "imprint: 1", "imprint: \"1\"", 1, 10, SCHEMA, "imprint: \"1\" is a text, not a number",
     "1"},
    {"version as list", policy, "imprint: 1", "imprint: [1]", 1, 10, SCHEMA, "imprint: a list is not a number", "1"},
    {"version twice", policy, "name: base", "imprint: 1", 2, 1, SCHEMA, "imprint: given twice, first in line 1",
     "once"},
    /* Outermost. */
    {"unknown key", policy, "name: base", "colour: base", 2, 1, SCHEMA,
     "profile: 'colour' is not a key of this mapping", "imprint, name, rehearsal, chip, keys, certificates or data"},
    {"mistyped key", policy, "keys:", "key:", 8, 1, SCHEMA,
     "profile: 'key' is not a key of this mapping; did you mean 'keys'?", "name"},
    {"swapped letters", policy, "chip:", "cihp:", 3, 1, SCHEMA,
     "profile: 'cihp' is not a key of this mapping; did you mean 'chip'?", "name"},
    {"upper case key", policy, "name: base", "Name: base", 2, 1, SCHEMA,
     "profile: 'Name' is not a key of this mapping; did you mean 'name'?", "name"},
    {"a list as key", policy, "name: base", "[a]: base", 2, 1, SCHEMA, "profile: a list is not a key of this mapping",
     "name"},
    {"merge key", policy, "name: base", "<<: base", 2, 1, SCHEMA, "profile: '<<' is not a key of this mapping", "name"},
    {"a very long key is cut", policy, "name: base", "x123456789012345678901234567890123456789012345: base", 2, 1,
     SCHEMA, "profile: 'x123456789012345678901234567890123456789...' is not a key", "name"},
    {"a key that is not printable", policy, "name: base", "n\xc3\xa4me: base", 2, 1, SCHEMA,
     "profile: 'n??me' is not a key of this mapping", "name"},
    {"name missing", policy, "name: base\n", "", 1, 1, SCHEMA, "name: is missing", "the profile's name"},
    {"name empty", policy, "name: base", "name:", 2, 6, SCHEMA, "name: nothing is given as its value",
     "the profile's name"},
    {"name quoted empty", policy, "base", "\"\"", 2, 7, SCHEMA, "name: \"\" is not a valid name", "a letter"},
    {"name is a number", policy, "base", "12", 2, 7, SCHEMA, "name: '12' is not a text", "the profile's name"},
    {"name is true", policy, "base", "true", 2, 7, SCHEMA, "name: 'true' is not a text", "the profile's name"},
    {"name is null", policy, "base", "~", 2, 7, SCHEMA, "name: '~' is not a text", "the profile's name"},
    {"name starts with a digit", policy, "base", "1base", 2, 7, SCHEMA, "name: '1base' is not a valid name",
     "a letter, then"},
    {"name with a space", policy, "base", "my base", 2, 7, SCHEMA, "name: 'my base' is not a valid name",
     "a letter, then"},
    {"name with a slash", policy, "base", "../base", 2, 7, SCHEMA, "name: '../base' is not a valid name",
     "a letter, then"},
    {"name of 64", policy, "base", LONG_63 "4", 2, 7, SCHEMA,
     "name: 'a23456789-a23456789-a23456789-a23456789-...' is too long", "63 characters"},
    {"name is a list", policy, "base", "[a]", 2, 7, SCHEMA, "name: a list is not a text", "the profile's name"},
    {"name twice", policy, "chip:", "name: again\nchip:", 3, 1, SCHEMA, "name: given twice, first in line 2", "once"},
    {"chip missing", policy, NULL, "imprint: 1\nname: a\nkeys: []\n", 1, 1, SCHEMA, "chip: is missing",
     "parts, configuration"},
    {"chip empty", policy, NULL, "imprint: 1\nname: a\nchip:\nkeys: []\n", 3, 6, SCHEMA, "chip: nothing is given",
     "parts"},
    {"chip is a word", policy, NULL, "imprint: 1\nname: a\nchip: x\n", 3, 7, SCHEMA, "chip: 'x' is not a mapping",
     "parts"},
    {"chip twice", policy, "keys:", "chip:\n  parts: []\nkeys:", 8, 1, SCHEMA, "chip: given twice, first in line 3",
     "once"},
    {"keys missing", policy, NULL, "imprint: 1\nname: a\nchip:\n  parts: [ATECC608A]\n  configuration: as-delivered\n",
     1, 1, SCHEMA, "keys: is missing", "a list of 0 to 16 mappings with the keys name, id, method"},
    {"keys empty", policy, NULL, "imprint: 1\nname: a\nkeys:\n", 3, 6, SCHEMA, "keys: nothing is given",
     "a list of 0 to 16"},
    {"keys is a mapping", policy, NULL, "imprint: 1\nkeys:\n  name: a\n", 3, 3, SCHEMA, "keys: a mapping is not a list",
     "a list of"},
    {"keys twice", policy, "    file: key.pem\n", "    file: key.pem\nkeys: []\n", 28, 1, SCHEMA,
     "keys: given twice, first in line 8", "once"},
    {"a key is a word", policy, NULL, "imprint: 1\nkeys:\n  - a\n", 3, 5, SCHEMA, "keys[0]: 'a' is not a mapping",
     "with the keys name"},
    {"a key is empty", policy, "  - name: second", "  -\n  - name: second", 19, 4, SCHEMA,
     "keys[1]: nothing is not a mapping", "name"},
    {"17 keys", policy, NULL, "imprint: 1\nkeys: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]", 2, 7,
     SCHEMA, "keys: a list is too long", "0 to 16"},
    /* chip */
    {"unknown chip key", policy, "  lock:", "  locks:", 7, 3, SCHEMA,
     "chip: 'locks' is not a key of this mapping; did you mean 'lock'?",
     "parts, configuration, configuration-file, genuine, listed, i2c-address, lock, mark or write-keys"},
    {"genuine unknown", delivered, "  write-keys:", "  genuine: require\n  write-keys:", 6, 12, SCHEMA,
     "chip.genuine: 'require' is not one of its values; did you mean 'required'?", "unchecked, reported or required"},
    {"genuine on a part of ours", policy, "  lock:", "  genuine: required\n  lock:", 7, 12, CONFLICT,
     "chip.genuine: a part that the maker has not configured", "or no genuine"},
    {"rehearsal unknown", policy, "name: base", "name: base\nrehearsal: yes", 3, 12, SCHEMA,
     "rehearsal: 'yes' is not one of its values", "refused or allowed"},
    {"underscore", policy, "i2c-address", "i2c_address", 6, 3, SCHEMA,
     "chip: 'i2c_address' is not a key of this mapping; did you mean 'i2c-address'?", ""},
    {"parts missing", policy, "  parts: [ATECC608A, ATECC608B]\n", "", 4, 3, SCHEMA, "chip.parts: is missing",
     "the parts that may be on the board"},
    {"parts empty", policy, "[ATECC608A, ATECC608B]", "", 4, 9, SCHEMA, "chip.parts: nothing is given",
     "a list of ATECC508A"},
    {"parts empty list", policy, "[ATECC608A, ATECC608B]", "[]", 4, 10, SCHEMA, "chip.parts: a list is empty",
     "ATECC508A, ATECC608A or ATECC608B"},
    {"parts is a word", policy, "[ATECC608A, ATECC608B]", "ATECC608A", 4, 10, SCHEMA,
     "chip.parts: 'ATECC608A' is not a list", "a list of"},
    {"parts unknown", policy, "ATECC608B]", "ATECC608C]", 4, 22, SCHEMA,
     "chip.parts[1]: 'ATECC608C' is not one of its values; did you mean 'ATECC608A'?", "ATECC508A, ATECC608A or"},
    {"parts far off", policy, "ATECC608B]", "SE050]", 4, 22, SCHEMA, "chip.parts[1]: 'SE050' is not one of its values",
     "ATECC508A, ATECC608A or"},
    {"parts lower case", policy, "ATECC608B]", "atecc608b]", 4, 22, SCHEMA,
     "chip.parts[1]: 'atecc608b' is not one of its values; did you mean 'ATECC608B'?", ""},
    {"parts twice", policy, "ATECC608B]", "ATECC608A]", 4, 22, SCHEMA,
     "chip.parts[1]: 'ATECC608A' is in the list twice", "ATECC508A"},
    {"parts of lists", policy, "ATECC608B]", "[ATECC608B]]", 4, 22, SCHEMA,
     "chip.parts[1]: a list is not one of its values", "ATECC508A"},
    {"parts with an empty item", policy, "ATECC608B]", "\"\"]", 4, 22, SCHEMA,
     "chip.parts[1]: \"\" is not one of its values", "ATECC508A"},
    {"configuration missing", policy, "  configuration: policy\n", "", 4, 3, SCHEMA, "chip.configuration: is missing",
     "as-delivered, factory-default, trust-and-go, trust-flex, policy or bytes"},
    {"configuration empty", policy, "configuration: policy", "configuration:", 5, 17, SCHEMA,
     "chip.configuration: nothing is given", "as-delivered"},
    {"configuration unknown", policy, "configuration: policy", "configuration: trust-n-go", 5, 18, SCHEMA,
     "chip.configuration: 'trust-n-go' is not one of its values; did you mean 'trust-and-go'?", "as-delivered"},
    {"configuration is a number", policy, "configuration: policy", "configuration: 4", 5, 18, SCHEMA,
     "chip.configuration: '4' is not one of its values", "as-delivered"},
    {"configuration is a list", policy, "configuration: policy", "configuration: [policy]", 5, 18, SCHEMA,
     "chip.configuration: a list is not one of its values", "as-delivered"},
    {"configuration twice", policy, "  lock:", "  configuration: policy\n  lock:", 7, 3, SCHEMA,
     "chip.configuration: given twice, first in line 5", "once"},
    {"address is zero", policy, "0x60", "0", 6, 16, SCHEMA, "chip.i2c-address: '0' is out of range", "0x08 to 0x77"},
    {"address too low", policy, "0x60", "0x07", 6, 16, SCHEMA, "chip.i2c-address: '0x07' is out of range",
     "0x08 to 0x77"},
    {"address too high", policy, "0x60", "0x78", 6, 16, SCHEMA, "chip.i2c-address: '0x78' is out of range",
     "0x08 to 0x77"},
    {"address in 8-bit form", policy, "0x60", "0xC0", 6, 16, SCHEMA, "chip.i2c-address: '0xC0' is out of range",
     "a 7-bit I2C address"},
    {"address that only fits when cut to 8 bits", policy, "0x60", "0x160", 6, 16, SCHEMA,
     "chip.i2c-address: '0x160' is out of range", "0x77"},
    {"address as text", policy, "0x60", "'0x60'", 6, 16, SCHEMA, "chip.i2c-address: \"0x60\" is a text, not a number",
     "0x08"},
    {"address empty", policy, "i2c-address: 0x60", "i2c-address:", 6, 15, SCHEMA, "chip.i2c-address: nothing is given",
     "0x08"},
    {"address twice", policy, "  lock:", "  i2c-address: 0x60\n  lock:", 7, 3, SCHEMA, "chip.i2c-address: given twice",
     "once"},
    {"address, as delivered", delivered, "  write-keys:", "  i2c-address: 0x60\n  write-keys:", 6, 16, CONFLICT,
     "chip.i2c-address: the I2C address can only be set", "configuration: policy"},
    {"lock is a word", policy, "[config, data]", "config", 7, 9, SCHEMA, "chip.lock: 'config' is not a list",
     "lock: [config, data]"},
    {"lock empty", policy, "[config, data]", "[]", 7, 9, SCHEMA, "chip.lock: a list is empty", "config or data"},
    {"lock unknown", policy, "[config, data]", "[config, slots]", 7, 18, SCHEMA,
     "chip.lock[1]: 'slots' is not one of its values", "config or data"},
    {"lock twice the same", policy, "[config, data]", "[data, data]", 7, 16, SCHEMA,
     "chip.lock[1]: 'data' is in the list twice", "config or data"},
    {"lock three", policy, "[config, data]", "[config, data, config]", 7, 24, SCHEMA,
     "chip.lock[2]: 'config' is in the list twice", ""},
    {"lock true", policy, "[config, data]", "true", 7, 9, SCHEMA, "chip.lock: 'true' is not a list",
     "lock: [config, data]"},
    {"lock given twice", policy, "keys:", "  lock: [config]\nkeys:", 8, 3, SCHEMA,
     "chip.lock: given twice, first in line 7", "once"},
    {"lock data alone", policy, "[config, data]", "[data]", 7, 9, CONFLICT,
     "chip.lock: the data zone cannot be locked before", "[config, data]"},
    {"lock, as delivered", delivered, "  write-keys:", "  lock: [config]\n  write-keys:", 6, 9, CONFLICT,
     "chip.lock: imprint locks only parts", "policy, bytes or factory-default"},
    {"lock, trust-and-go", policy, "configuration: policy\n  i2c-address: 0x60", "configuration: trust-and-go", 6, 9,
     CONFLICT, "chip.lock: imprint locks only parts", ""},
    {"lock, trust-flex", policy, "configuration: policy\n  i2c-address: 0x60", "configuration: trust-flex", 6, 9,
     CONFLICT, "chip.lock: imprint locks only parts", ""},
    {"keys without lock", policy, "  lock: [config, data]\n", "", 4, 3, CONFLICT,
     "chip.lock: the chip creates and accepts keys only after its config zone is locked", "[config]"},
    {"508A as Trust&GO", delivered, "[ATECC608B]\n  configuration: as-delivered",
     "[ATECC508A, ATECC608B]\n  configuration: trust-and-go", 4, 10, CONFLICT, "chip.parts: there is no ATECC508A with",
     "ATECC608A"},
    {"508A as TrustFLEX", delivered, "[ATECC608B]\n  configuration: as-delivered",
     "[ATECC508A]\n  configuration: trust-flex", 4, 10, CONFLICT, "chip.parts: there is no ATECC508A with",
     "ATECC608A"},
    /* chip.write-keys */
    {"write keys empty", delivered, NULL, "imprint: 1\nchip:\n  write-keys:\n", 3, 14, SCHEMA,
     "chip.write-keys: nothing is given", "slot or file"},
    {"write keys empty list", delivered, NULL, "imprint: 1\nchip:\n  write-keys: []\n", 3, 15, SCHEMA,
     "chip.write-keys: a list is empty", "1 to 16"},
    {"write keys a mapping", delivered, NULL, "imprint: 1\nchip:\n  write-keys:\n    slot: 4\n", 4, 5, SCHEMA,
     "chip.write-keys: a mapping is not a list", "slot or file"},
    {"write key a number", delivered, NULL, "imprint: 1\nchip:\n  write-keys: [4]\n", 3, 16, SCHEMA,
     "chip.write-keys[0]: '4' is not a mapping", "slot or file"},
    {"write key unknown key", delivered, "      file: other.hex", "      secret: 00", 10, 7, SCHEMA,
     "chip.write-keys[1]: 'secret' is not a key of this mapping", "slot or file"},
    {"write key slot missing", delivered, "- slot: 4\n      file", "- file", 7, 7, SCHEMA,
     "chip.write-keys[0].slot: is missing", "0 to 15"},
    {"write key slot 16", delivered, "slot: 4", "slot: 16", 7, 13, SCHEMA,
     "chip.write-keys[0].slot: '16' is out of range", "0 to 15"},
    {"write key slot a word", delivered, "slot: 4", "slot: four", 7, 13, SCHEMA,
     "chip.write-keys[0].slot: 'four' is not a number", "0 to 15"},
    {"write key slot twice", delivered, "      file: secret.hex", "      slot: 4", 8, 7, SCHEMA,
     "chip.write-keys[0].slot: given twice, first in line 7", "once"},
    {"write key file missing", delivered, "      file: secret.hex\n", "", 7, 7, SCHEMA,
     "chip.write-keys[0].file: is missing", "64 hex digits"},
    {"write key file empty", delivered, "secret.hex", "\"\"", 8, 13, SCHEMA,
     "chip.write-keys[0].file: \"\" is not a file name", "at most 255"},
    {"write key file a number", delivered, "secret.hex", "12", 8, 13, SCHEMA,
     "chip.write-keys[0].file: '12' is not a text", "at most 255"},
    {"write key file too long", delivered, "secret.hex", LONG_256, 8, 13, SCHEMA,
     "chip.write-keys[0].file: 'a23456789/a23456789/a23456789/a23456789/...' is too long", "255 bytes"},
    {"write keys same slot", delivered, "slot: 3", "slot: 4", 9, 13, CONFLICT,
     "chip.write-keys[1].slot: another write key has the same slot: '4', as chip.write-keys[0] in line 7",
     "one secret"},
    {"write key in a key's slot", delivered, "slot: 3", "slot: 0", 9, 13, CONFLICT,
     "chip.write-keys[1].slot: a key has the same slot: '0', as keys[0] in line 12", "secret"},
    {"write keys with policy", delivered, "as-delivered", "policy\n  lock: [config]", 8, 5, CONFLICT,
     "chip.write-keys: on a part that imprint configures", "no write-keys"},
    {"write keys unused", delivered,
     "import\n    type: ecc-key-pair(secp-r1)\n    bits: 256\n    algorithm: ecdsa(sha-256)\n    usage: [sign-hash]\n    replace: unclaimed\n    file: key.pem\n",
     "generate\n    type: ecc-key-pair(secp-r1)\n    bits: 256\n    algorithm: ecdsa(sha-256)\n    usage: [sign-hash]\n",
     7, 5, CONFLICT, "chip.write-keys: write keys encrypt the import of key pairs", "no write-keys"},
    /* keys[].name */
    {"unknown key of a key", policy, "    bits: 256", "    size: 256", 14, 5, SCHEMA,
     "keys[0]: 'size' is not a key of this mapping",
     "name, id, method, slot, type, bits, algorithm, usage, replace, lock-slot, file or csr-subject"},
    {"mistyped key of a key", policy, "algorithm", "algorythm", 15, 5, SCHEMA,
     "keys[0]: 'algorythm' is not a key of this mapping; did you mean 'algorithm'?", "name, id"},
    {"mistyped key of two letters", policy, "id: 16", "ip: 16", 10, 5, SCHEMA,
     "keys[0]: 'ip' is not a key of this mapping; did you mean 'id'?", "name, id"},
    {"key name missing", policy, "- name: second\n    id", "- id", 19, 5, SCHEMA, "keys[1].name: is missing",
     "the key's name"},
    {"key name empty", policy, "name: second", "name:", 19, 10, SCHEMA, "keys[1].name: nothing is given",
     "the key's name"},
    {"key name a number", policy, "name: second", "name: 0x12", 19, 11, SCHEMA, "keys[1].name: '0x12' is not a text",
     "the key's name"},
    {"key name quoted number", policy, "name: second", "name: \"18\"", 19, 11, SCHEMA,
     "keys[1].name: \"18\" is not a valid name", "a letter"},
    {"key name too long", policy, "name: second", "name: " LONG_63 "4", 19, 11, SCHEMA,
     "keys[1].name: 'a23456789-a23456789-a23456789-a23456789-...' is too long", "63"},
    {"key name given twice", policy, "    id: 16", "    name: first", 10, 5, SCHEMA,
     "keys[0].name: given twice, first in line 9", "once"},
    {"same key name", policy, "second", "first", 19, 11, CONFLICT,
     "keys[1].name: another key has the same name: 'first', as keys[0] in line 9", "of its own"},
    /* keys[].id */
    {"id missing", policy, "    id: 16\n", "", 9, 5, SCHEMA, "keys[0].id: is missing", "a PSA key id: 1 to 0x3fffffff"},
    {"id empty", policy, "id: 16", "id:", 10, 8, SCHEMA, "keys[0].id: nothing is given", "1 to 0x3fffffff"},
    {"id zero", policy, "id: 16", "id: 0", 10, 9, SCHEMA, "keys[0].id: '0' is out of range", "1 to 0x3fffffff"},
    {"id beyond PSA's user range", policy, "id: 16", "id: 0x40000000", 10, 9, SCHEMA,
     "keys[0].id: '0x40000000' is out of range", "0x3fffffff"},
    {"id of 32 bits and one", policy, "id: 16", "id: 4294967312", 10, 9, SCHEMA,
     "keys[0].id: '4294967312' is out of range", ""},
    {"id of 64 bits and 16", policy, "id: 16", "id: 18446744073709551632", 10, 9, SCHEMA,
     "keys[0].id: '18446744073709551632' is out of range", ""},
    {"id of 64 bits and 16, hex", policy, "id: 16", "id: 0x10000000000000010", 10, 9, SCHEMA,
     "keys[0].id: '0x10000000000000010' is out of range", ""},
    {"id negative", policy, "id: 16", "id: -16", 10, 9, SCHEMA, "keys[0].id: '-16' is not a number", "1 to"},
    {"id with a plus", policy, "id: 16", "id: +16", 10, 9, SCHEMA, "keys[0].id: '+16' is not a number", "1 to"},
    {"id with a leading zero", policy, "id: 16", "id: 016", 10, 9, SCHEMA,
     "keys[0].id: '016' is not a number: digits without sign or leading zero", "1 to"},
    {"id octal", policy, "id: 16", "id: 0o20", 10, 9, SCHEMA, "keys[0].id: '0o20' is not a number", "1 to"},
    {"id binary", policy, "id: 16", "id: 0b10000", 10, 9, SCHEMA, "keys[0].id: '0b10000' is not a number", "1 to"},
    {"id with underscores", policy, "id: 16", "id: 1_6", 10, 9, SCHEMA, "keys[0].id: '1_6' is not a number", "1 to"},
    {"id a fraction", policy, "id: 16", "id: 16.0", 10, 9, SCHEMA, "keys[0].id: '16.0' is not a number", "1 to"},
    {"id with an exponent", policy, "id: 16", "id: 1e3", 10, 9, SCHEMA, "keys[0].id: '1e3' is not a number", "1 to"},
    {"id hex without digits", policy, "id: 16", "id: 0x", 10, 9, SCHEMA, "keys[0].id: '0x' is not a number", "1 to"},
    {"id hex with a stranger", policy, "id: 16", "id: 0x1g", 10, 9, SCHEMA, "keys[0].id: '0x1g' is not a number",
     "1 to"},
    {"id with a unit", policy, "id: 16", "id: 16 dec", 10, 9, SCHEMA, "keys[0].id: '16 dec' is not a number", "1 to"},
    {"id a word", policy, "id: 16", "id: maker", 10, 9, SCHEMA, "keys[0].id: 'maker' is not a number", "1 to"},
    {"id quoted", policy, "id: 16", "id: \"16\"", 10, 9, SCHEMA, "keys[0].id: \"16\" is a text, not a number", "1 to"},
    {"id a list", policy, "id: 16", "id: [16]", 10, 9, SCHEMA, "keys[0].id: a list is not a number", "1 to"},
    {"id given twice", policy, "    method: generate", "    id: 17", 11, 5, SCHEMA,
     "keys[0].id: given twice, first in line 10", "once"},
    {"same id, other notation", policy, "id: 0x11", "id: 0x10", 20, 9, CONFLICT,
     "keys[1].id: another key has the same id: '0x10', as keys[0] in line 9", "of its own"},
    /* keys[].method */
    {"method missing", policy, "    method: generate\n", "", 9, 5, SCHEMA, "keys[0].method: is missing",
     "register, generate or import"},
    {"method empty", policy, "method: generate", "method:", 11, 12, SCHEMA, "keys[0].method: nothing is given",
     "register"},
    {"method unknown", policy, "method: generate", "method: create", 11, 13, SCHEMA,
     "keys[0].method: 'create' is not one of its values", "register, generate or import"},
    {"method mistyped", policy, "method: generate", "method: genrate", 11, 13, SCHEMA,
     "keys[0].method: 'genrate' is not one of its values; did you mean 'generate'?", "register"},
    {"method a list", policy, "method: generate", "method: [generate]", 11, 13, SCHEMA,
     "keys[0].method: a list is not one of its values", "register"},
    {"method given twice", policy, "    slot: 0", "    method: import", 12, 5, SCHEMA, "keys[0].method: given twice",
     "once"},
    {"register on a part we configure", policy, "generate", "register", 11, 13, CONFLICT,
     "keys[0].method: a part that imprint configures holds no key yet", "generate or import"},
    /* keys[].slot */
    {"slot 16", policy, "slot: 0", "slot: 16", 12, 11, SCHEMA, "keys[0].slot: '16' is out of range",
     "a slot of the chip: 0 to 15"},
    {"slot 255 is not 'any'", policy, "slot: 0", "slot: 255", 12, 11, SCHEMA, "keys[0].slot: '255' is out of range",
     "0 to 15"},
    {"slot 256 is not 0", policy, "slot: 0", "slot: 256", 12, 11, SCHEMA, "keys[0].slot: '256' is out of range",
     "0 to 15"},
    {"slot -1", policy, "slot: 0", "slot: -1", 12, 11, SCHEMA, "keys[0].slot: '-1' is not a number", "0 to 15"},
    {"slot any", policy, "slot: 0", "slot: any", 12, 11, SCHEMA, "keys[0].slot: 'any' is not a number", "0 to 15"},
    {"slot empty", policy, "slot: 0", "slot:", 12, 10, SCHEMA, "keys[0].slot: nothing is given", "0 to 15"},
    {"slot given twice", policy, "    slot: 0", "    slot: 0\n    slot: 1", 13, 5, SCHEMA, "keys[0].slot: given twice",
     "once"},
    {"same slot", policy, "slot: 0", "slot: 9", 12, 11, CONFLICT,
     "keys[0].slot: on a part that imprint configures, slots 8 to 15 are for public keys", "0 to 7"},
    {"same slot, as delivered", delivered, "    file: key.pem", "    file: key.pem\n    slot: 0", 29, 11, CONFLICT,
     "keys[1].slot: another key has the same slot: '0', as keys[0] in line 12", "of its own"},
    {"public key in slot 7", policy, "slot: 9", "slot: 7", 22, 11, CONFLICT,
     "keys[1].slot: slots 0 to 7 have no room for a public key", "8 to 15"},
    {"register nowhere", delivered, "    slot: 0\n", "", 12, 5, CONFLICT,
     "keys[0].slot: a key can only be registered in a slot that the profile names", "0 to 15"},
    {"policy without slot", policy, "    slot: 0\n", "", 9, 5, CONFLICT,
     "keys[0].slot: imprint writes the configuration before there is a key", "0 to 15"},
    /* keys[].type, bits, algorithm */
    {"type missing", policy, "    type: ecc-key-pair(secp-r1)\n", "", 9, 5, SCHEMA, "keys[0].type: is missing",
     "ecc-key-pair(secp-r1) or ecc-public-key(secp-r1)"},
    {"type empty", policy, "type: ecc-key-pair(secp-r1)", "type:", 13, 10, SCHEMA, "keys[0].type: nothing is given",
     "ecc-key-pair"},
    {"type of another curve", policy, "ecc-key-pair(secp-r1)", "ecc-key-pair(secp-k1)", 13, 11, SCHEMA,
     "keys[0].type: 'ecc-key-pair(secp-k1)' is not one of its values; did you mean 'ecc-key-pair(secp-r1)'?",
     "ecc-key-pair"},
    {"type rsa", policy, "ecc-key-pair(secp-r1)", "rsa-key-pair", 13, 11, SCHEMA,
     "keys[0].type: 'rsa-key-pair' is not one of its values", "ecc-key-pair"},
    {"type given twice", policy, "    bits: 256", "    type: ecc-key-pair(secp-r1)", 14, 5, SCHEMA,
     "keys[0].type: given twice", "once"},
    {"generate a public key", policy, "ecc-key-pair", "ecc-public-key", 13, 11, CONFLICT,
     "keys[0].type: a public key alone cannot be generated", "ecc-key-pair(secp-r1)"},
    {"bits missing", policy, "    bits: 256\n", "", 9, 5, SCHEMA, "keys[0].bits: is missing",
     "the key's size in bits: 256"},
    {"bits empty", policy, "bits: 256", "bits:", 14, 10, SCHEMA, "keys[0].bits: nothing is given", "256"},
    {"bits 384", policy, "bits: 256", "bits: 384", 14, 11, SCHEMA, "keys[0].bits: '384' is out of range", "256"},
    {"bits 65792 is not 256", policy, "bits: 256", "bits: 65792", 14, 11, SCHEMA,
     "keys[0].bits: '65792' is out of range", "256"},
    {"bits a word", policy, "bits: 256", "bits: P-256", 14, 11, SCHEMA, "keys[0].bits: 'P-256' is not a number", "256"},
    {"bits given twice", policy, "    algorithm: ecdsa(any-hash)", "    bits: 256", 15, 5, SCHEMA,
     "keys[0].bits: given twice", "once"},
    {"algorithm missing", policy, "    algorithm: ecdsa(any-hash)\n", "", 9, 5, SCHEMA, "keys[0].algorithm: is missing",
     "ecdsa(any-hash), ecdsa(sha-256), ecdsa(sha-384) or ecdsa(sha-512)"},
    {"algorithm empty", policy, "algorithm: ecdsa(any-hash)", "algorithm:", 15, 15, SCHEMA,
     "keys[0].algorithm: nothing is given", "ecdsa"},
    {"algorithm unknown", policy, "ecdsa(any-hash)", "ecdh", 15, 16, SCHEMA,
     "keys[0].algorithm: 'ecdh' is not one of its values", "ecdsa(any-hash)"},
    {"algorithm sha256", policy, "ecdsa(any-hash)", "ecdsa(sha256)", 15, 16, SCHEMA,
     "keys[0].algorithm: 'ecdsa(sha256)' is not one of its values; did you mean 'ecdsa(sha-256)'?", ""},
    {"algorithm given twice", policy, "    bits: 256", "    algorithm: ecdsa(any-hash)", 15, 5, SCHEMA,
     "keys[0].algorithm: given twice, first in line 14", "once"},
    /* keys[].usage */
    {"usage missing", policy, "    usage: [sign-hash, verify-hash]\n", "", 9, 5, SCHEMA, "keys[0].usage: is missing",
     "sign-hash, sign-message, verify-hash, verify-message, derive or export"},
    {"usage empty", policy, "usage: [sign-hash, verify-hash]", "usage:", 16, 11, SCHEMA,
     "keys[0].usage: nothing is given", "for example usage: [sign-hash, sign-message]"},
    {"usage empty list", policy, "[sign-hash, verify-hash]", "[]", 16, 12, SCHEMA, "keys[0].usage: a list is empty",
     "a list of"},
    {"usage a word", policy, "[sign-hash, verify-hash]", "sign-hash", 16, 12, SCHEMA,
     "keys[0].usage: 'sign-hash' is not a list", "for example usage: [sign-hash, sign-message]"},
    {"usage unknown", policy, "[sign-hash, verify-hash]", "[sign-hash, encrypt]", 16, 24, SCHEMA,
     "keys[0].usage[1]: 'encrypt' is not one of its values", "sign-hash"},
    {"usage in PSA's spelling", policy, "[sign-hash, verify-hash]", "[SIGN_HASH]", 16, 13, SCHEMA,
     "keys[0].usage[0]: 'SIGN_HASH' is not one of its values; did you mean 'sign-hash'?", ""},
    {"usage twice", policy, "[sign-hash, verify-hash]", "[sign-hash, sign-hash]", 16, 24, SCHEMA,
     "keys[0].usage[1]: 'sign-hash' is in the list twice", "sign-hash"},
    {"usage given twice", policy, "    replace: never", "    usage: [sign-hash]", 17, 5, SCHEMA,
     "keys[0].usage: given twice", "once"},
    {"key pair exports", policy, "[sign-hash, verify-hash]", "[sign-hash, export]", 16, 12, CONFLICT,
     "keys[0].usage: a private key never leaves the chip", "no export"},
    {"key pair never signs", policy, "[sign-hash, verify-hash]", "[derive, verify-hash]", 16, 12, CONFLICT,
     "keys[0].usage: a key pair must be able to sign", "sign-hash or sign-message"},
    {"public key signs", policy, "[verify-hash]", "[verify-hash, sign-message]", 26, 12, CONFLICT,
     "keys[1].usage: a public key can neither sign nor derive", "a usage without"},
    {"public key derives", policy, "[verify-hash]", "[verify-hash, derive]", 26, 12, CONFLICT,
     "keys[1].usage: a public key can neither sign nor derive", "a usage without"},
    {"public key idle", policy, "[verify-hash]", "[export]", 26, 12, CONFLICT,
     "keys[1].usage: a public key needs verify-hash or verify-message", "verify-hash"},
    /* keys[].replace, lock-slot, file */
    {"replace empty", policy, "replace: never", "replace:", 17, 13, SCHEMA, "keys[0].replace: nothing is given",
     "never or unclaimed"},
    {"replace unknown", policy, "replace: never", "replace: always", 17, 14, SCHEMA,
     "keys[0].replace: 'always' is not one of its values", "never or unclaimed"},
    {"replace false", policy, "replace: never", "replace: false", 17, 14, SCHEMA,
     "keys[0].replace: 'false' is not one of its values", "never or unclaimed"},
    {"replace given twice", policy, "    lock-slot: false", "    replace: never", 18, 5, SCHEMA,
     "keys[0].replace: given twice", "once"},
    {"registering replaces", delivered, "register", "register\n    replace: unclaimed", 15, 14, CONFLICT,
     "keys[0].replace: method register uses the key", "no replace"},
    {"lock-slot empty", policy, "lock-slot: false", "lock-slot:", 18, 15, SCHEMA, "keys[0].lock-slot: nothing is given",
     "true or false"},
    {"lock-slot yes", policy, "lock-slot: false", "lock-slot: yes", 18, 16, SCHEMA,
     "keys[0].lock-slot: 'yes' is neither true nor false", "true or false"},
    {"lock-slot True", policy, "lock-slot: false", "lock-slot: True", 18, 16, SCHEMA,
     "keys[0].lock-slot: 'True' is neither true nor false", "true or false"},
    {"lock-slot 1", policy, "lock-slot: false", "lock-slot: 1", 18, 16, SCHEMA,
     "keys[0].lock-slot: '1' is neither true nor false", "true or false"},
    {"lock-slot quoted", policy, "lock-slot: false", "lock-slot: \"true\"", 18, 16, SCHEMA,
     "keys[0].lock-slot: \"true\" is a text, not true or false, because it is in quotes", "true or false"},
    {"lock-slot a list", policy, "lock-slot: false", "lock-slot: [true]", 18, 16, SCHEMA,
     "keys[0].lock-slot: a list is neither true nor false", "true or false"},
    {"lock-slot given twice", policy, "    lock-slot: false", "    lock-slot: false\n    lock-slot: true", 19, 5,
     SCHEMA, "keys[0].lock-slot: given twice", "once"},
    {"derive anywhere", delivered, "sha-256)\n    usage: [sign-hash]", "sha-256)\n    usage: [sign-hash, derive]", 20,
     5, CONFLICT, "keys[1].slot: a key with usage derive needs a slot number", "no usage derive"},
    {"lock a slot nobody named", delivered, "    file: key.pem", "    file: key.pem\n    lock-slot: true", 20, 5,
     CONFLICT, "keys[1].slot: lock-slot locks a slot for ever, so the key needs a slot number", "slot: 0 to 15, or"},
    {"file empty", policy, "file: key.pem", "file:", 27, 10, SCHEMA, "keys[1].file: nothing is given",
     "the PEM file to import"},
    {"file quoted empty", policy, "file: key.pem", "file: \"\"", 27, 11, SCHEMA,
     "keys[1].file: \"\" is not a file name", "the PEM file"},
    {"file a number", policy, "file: key.pem", "file: 7", 27, 11, SCHEMA, "keys[1].file: '7' is not a text",
     "the PEM file"},
    {"file too long", policy, "key.pem", LONG_256, 27, 11, SCHEMA,
     "keys[1].file: 'a23456789/a23456789/a23456789/a23456789/...' is too long", "255"},
    {"file a list", policy, "file: key.pem", "file: [key.pem]", 27, 11, SCHEMA, "keys[1].file: a list is not a text",
     "the PEM file"},
    {"file given twice", policy, "    file: key.pem", "    file: key.pem\n    file: key.pem", 28, 5, SCHEMA,
     "keys[1].file: given twice", "once"},
    {"import without file", policy, "    file: key.pem\n", "", 19, 5, CONFLICT,
     "keys[1].file: method import needs a file", "a PEM file"},
    {"file without import", policy, "    lock-slot: false", "    file: key.pem", 18, 11, CONFLICT,
     "keys[0].file: only method import reads a file", "method: import"},
    {"subject a number", policy, "lock-slot: false", "csr-subject: 12", 18, 18, SCHEMA,
     "keys[0].csr-subject: '12' is not a text", "the subject of a certificate request: a text of at most 127 bytes"},
    {"subject empty", policy, "lock-slot: false", "csr-subject: ''", 18, 18, SCHEMA,
     "keys[0].csr-subject: \"\" is empty", "at most 127 bytes"},
    {"subject without a name", policy, "lock-slot: false", "csr-subject: board", 18, 18, SCHEMA,
     "keys[0].csr-subject: expected TYPE=VALUE", "write each part as in CN=board 1"},
    {"subject with an unknown placeholder", policy, "lock-slot: false", "csr-subject: 'CN={Serial}'", 18, 18, SCHEMA,
     "keys[0].csr-subject: unknown placeholder", "use {serial} or {serial:lower}"},
    {"subject of several values", policy, "lock-slot: false", "csr-subject: OU=a+CN={serial}", 18, 18, SCHEMA,
     "keys[0].csr-subject: a part can have only one value", "separate the parts by commas"},
    {"subject too long with the serial number", policy, "lock-slot: false",
     "csr-subject: 'CN={serial}{serial}{serial}{serial}'", 18, 18, SCHEMA, "keys[0].csr-subject: the value is too long",
     "64 characters for CN"},
    {"subject of a public key", policy, "file: key.pem", "file: key.pem\n    csr-subject: CN=a", 28, 18, CONFLICT,
     "keys[1].csr-subject: a certificate request is signed by its own key", "usage sign-hash"},
};

static char *bad_text(const struct bad_row *row)
{
    size_t size = strlen(row->base) + strlen(row->to) + 1;
    char *text = malloc(size);
    const char *at = row->from == NULL ? NULL : strstr(row->base, row->from);

    assert_non_null(text);
    if (row->from == NULL)
        (void)snprintf(text, size, "%s", row->to);
    else if (at == NULL)
        fail_msg("%s: '%s' is not in the base", row->name, row->from);
    else
        (void)snprintf(text, size, "%.*s%s%s", (int)(at - row->base), row->base, row->to, at + strlen(row->from));
    return text;
}

static void test_bad_rows(void **state)
{
    static struct profile profile;
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct bad_row *row = &rows[i];
        struct profile_complaint complaint;
        char *text = bad_text(row);
        bool read = profile_read_text(text, strlen(text), &profile, &complaint);

        if (read || complaint.reason != (enum error_reason)row->reason || complaint.line != row->line ||
            complaint.column != row->column || strncmp(complaint.message, row->message, strlen(row->message)) != 0 ||
            (strstr(row->message, "did you mean") == NULL) != (strstr(complaint.message, "did you mean") == NULL) ||
            strstr(complaint.expected, row->expected) == NULL) {
            print_error("%s: %s\n  found    %u:%u %s: %s (%s)\n  expected %u:%u %s: %s (%s)\n", row->name,
                        read ? "accepted" : "another complaint", complaint.line, complaint.column,
                        error_reason_name(complaint.reason), complaint.message, complaint.expected, row->line,
                        row->column, error_reason_name((enum error_reason)row->reason), row->message, row->expected);
            wrong++;
        }
        for (const char *c = complaint.message; *c != '\0'; c++)
            assert_true(*c >= 0x20 && *c < 0x7f);
        free(text);
    }
    assert_int_equal(wrong, 0);
    assert_true(sizeof(rows) / sizeof(rows[0]) >= 120);
}

/* The texts that the rows change are good themselves: nothing but the change is complained about. */
static void test_bases_are_good(void **state)
{
    static struct profile profile;
    struct profile_complaint complaint;

    (void)state;
    assert_true(profile_read_text(policy, strlen(policy), &profile, &complaint));
    assert_int_equal(complaint.reason, ERROR_NONE);
    assert_true(profile_read_text(delivered, strlen(delivered), &profile, &complaint));
    assert_int_equal(complaint.reason, ERROR_NONE);
}

/* Whatever is cut off a good text, the reader ends with a complaint or a profile, and with a place in the text. */
static void test_every_truncation(void **state)
{
    static struct profile profile;
    struct profile_complaint complaint;
    size_t good = 0;

    (void)state;
    for (size_t len = 0; len < strlen(policy); len++) {
        if (profile_read_text(policy, len, &profile, &complaint)) {
            good++;
            continue;
        }
        assert_int_not_equal(complaint.reason, ERROR_NONE);
        assert_true(complaint.line >= 1 && complaint.line <= 28 && complaint.column >= 1);
        assert_true(complaint.message[0] != '\0');
    }
    /*
     * Good are: "key.pem" cut short, 7 ways; and the first key alone, ended in line 16, 17 or 18 with or without a line
     * end, and 4, 4 and 2 spaces of the next line.
     */
    assert_int_equal(good, strlen("key.pem") + 3 * 2 + 4 + 4 + 2);
}

/* One byte changed, each to some of its values: never a crash, never a complaint without words. */
static void test_every_byte_changed(void **state)
{
    static const uint8_t values[] = {0x00, 0x09, 0x0a, 0x20, '"', '\'', '#', '&', '*', '!', '-',  ':',
                                     '[',  ']',  '{',  '}',  ',', '|',  '>', '%', '0', 'a', 0x80, 0xff};
    static struct profile profile;
    struct profile_complaint complaint;

    (void)state;
    for (size_t at = 0; at + 1 < sizeof(policy); at++) {
        for (size_t i = 0; i < sizeof(values); i++) {
            char text[sizeof(policy)];

            memcpy(text, policy, sizeof(policy));
            text[at] = (char)values[i];
            if (!profile_read_text(text, sizeof(policy) - 1, &profile, &complaint)) {
                assert_int_not_equal(complaint.reason, ERROR_NONE);
                assert_true(complaint.line >= 1);
                assert_true(complaint.message[0] != '\0');
            } else {
                assert_true(profile_check(&profile, NULL));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bases_are_good),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_every_byte_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
