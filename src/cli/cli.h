/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs of the command line share: how a verb describes itself and what it is given to run with. The table of
 * verbs is the one source of parsing, help, man page, completion and their tests (scripts/cli-docs). What a verb does
 * is in its own file, verb_NAME.c.
 */
#ifndef IMPRINT_CLI_CLI_H
#define IMPRINT_CLI_CLI_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/exit.h"
#include "cli/output.h"
#include "station/station.h"

#define CLI_VALUES_MAX 17 /* options of one verb, at most */

struct cli;

/* One option, global or of a verb. */
struct cli_option {
    const char *name;     /* without the dashes */
    char letter;          /* short form, 0 for none */
    const char *argument; /* "FILE"; NULL: a switch */
    const char *help;
    const char *words; /* values it knows, separated by spaces, for completion; NULL: no such list */
};

/* One verb. All pointers are literals. */
struct cli_verb {
    const char *name;        /* one word, or two: "virtual new" */
    const char *arguments;   /* "KEY [FILE]" */
    const char *summary;     /* one line, no full stop */
    const char *description; /* paragraphs, lines of at most 80 columns */
    const char *examples;    /* one command per line */
    const struct cli_option *options;
    size_t option_count;
    int least, most; /* how many arguments it takes */
    enum cli_exit (*run)(struct cli *cli);
};

/* One run of the program. */
struct cli {
    struct output output;
    struct station station; /* settings from the options; its messages go to `output` */
    int trace_failure;      /* errno of a trace that could not be written; 0: none */
    bool help, version;
    const struct cli_verb *verb;
    char user[48];               /* "imprint keys", for station.config.user */
    const char *group;           /* the first word of a verb of two words, where the second is missing; else NULL */
    char error_room[ERROR_ROOM]; /* the text of the run's one error: struct error err = ERROR_IN(cli->error_room) */
    const char
        *values[CLI_VALUES_MAX]; /* by the option's index in its verb's table; "" for a switch, NULL: not given */
    int argument_count;
    char **arguments;
    int behind_dashes; /* how many of them stand behind "--" */
};

/* The table of verbs (main.c). */
extern const struct cli_verb *const cli_verbs[];
extern const size_t cli_verb_count;

extern const struct cli_verb cli_verb_help;
extern const struct cli_verb cli_verb_version;
extern const struct cli_verb cli_verb_provision;
extern const struct cli_verb cli_verb_adopt;
extern const struct cli_verb cli_verb_info;
extern const struct cli_verb cli_verb_explain;
extern const struct cli_verb cli_verb_keys;
extern const struct cli_verb cli_verb_public_key;
extern const struct cli_verb cli_verb_csr;
extern const struct cli_verb cli_verb_certificate_show;
extern const struct cli_verb cli_verb_certificate_verify;
extern const struct cli_verb cli_verb_certificate_export;
extern const struct cli_verb cli_verb_sign;
extern const struct cli_verb cli_verb_tls;
extern const struct cli_verb cli_verb_verify;
extern const struct cli_verb cli_verb_verify_record;
extern const struct cli_verb cli_verb_issuers;
extern const struct cli_verb cli_verb_ca_new;
extern const struct cli_verb cli_verb_ledger_new;
extern const struct cli_verb cli_verb_ledger_verify;
extern const struct cli_verb cli_verb_ledger_list;
extern const struct cli_verb cli_verb_ledger_show;
extern const struct cli_verb cli_verb_ledger_export;
extern const struct cli_verb cli_verb_ledger_prove;
extern const struct cli_verb cli_verb_ledger_backup;
extern const struct cli_verb cli_verb_ledger_rebuild;
extern const struct cli_verb cli_verb_ledger_import;
extern const struct cli_verb cli_verb_ledger_status;
extern const struct cli_verb cli_verb_ledger_sync;
extern const struct cli_verb cli_verb_ledger_alarms;
extern const struct cli_verb cli_verb_ledger_cosign;
extern const struct cli_verb cli_verb_ledger_stamp;
extern const struct cli_verb cli_verb_witness_new;
extern const struct cli_verb cli_verb_witness_trust;
extern const struct cli_verb cli_verb_witness_list;
extern const struct cli_verb cli_verb_witness_serve;
extern const struct cli_verb cli_verb_line_init;
extern const struct cli_verb cli_verb_line_add_station;
extern const struct cli_verb cli_verb_line_add_planner;
extern const struct cli_verb cli_verb_line_verify;
extern const struct cli_verb cli_verb_order_new;
extern const struct cli_verb cli_verb_order_list;
extern const struct cli_verb cli_verb_order_show;
extern const struct cli_verb cli_verb_order_approve;
extern const struct cli_verb cli_verb_order_close;
extern const struct cli_verb cli_verb_order_release;
extern const struct cli_verb cli_verb_order_lease;
extern const struct cli_verb cli_verb_order_return;
extern const struct cli_verb cli_verb_order_sync;
extern const struct cli_verb cli_verb_report;
extern const struct cli_verb cli_verb_label;
extern const struct cli_verb cli_verb_manifest_export;
extern const struct cli_verb cli_verb_manifest_verify;
extern const struct cli_verb cli_verb_manifest_import;
extern const struct cli_verb cli_verb_manifest_list;
extern const struct cli_verb cli_verb_signer_serve;
extern const struct cli_verb cli_verb_signer_check;
extern const struct cli_verb cli_verb_signer_status;
extern const struct cli_verb cli_verb_signer_verify;
extern const struct cli_verb cli_verb_station;
extern const struct cli_verb cli_verb_user_add;
extern const struct cli_verb cli_verb_user_list;
extern const struct cli_verb cli_verb_user_remove;
extern const struct cli_verb cli_verb_random;
extern const struct cli_verb cli_verb_scan;
extern const struct cli_verb cli_verb_retire;
extern const struct cli_verb cli_verb_rework;
extern const struct cli_verb cli_verb_scrap;
extern const struct cli_verb cli_verb_erase;
extern const struct cli_verb cli_verb_compile;
extern const struct cli_verb cli_verb_board_info;
extern const struct cli_verb cli_verb_board_provision;
extern const struct cli_verb cli_verb_board_prove;
extern const struct cli_verb cli_verb_virtual_new;
extern const struct cli_verb cli_verb_virtual_serve;
extern const struct cli_verb cli_verb_virtual_run;

#endif
