/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/with_session.h"

enum cli_exit with_session(struct cli *cli, enum session_purpose purpose, session_work *work)
{
    struct session session;
    struct error err = ERROR_IN(cli->error_room);
    enum cli_exit code = CLI_DONE;

    cli->output.device = cli->station.config.device;
    if (!session_open(&session, &cli->station, purpose, NULL, &err))
        return output_error(&cli->output, &err);
    if (!work(cli, &session, &err))
        code = output_error(&cli->output, &err);
    session_close(&session);
    return code;
}
