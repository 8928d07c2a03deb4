/* SPDX-License-Identifier: Apache-2.0 */
#include <imprint/board.h>
#include "firmware/primary_tls/primary_tls.h"

int main(void)
{
    struct primary_tls primary;

    imprint_board_start();
    primary_tls_serve(&primary);
    imprint_board_end(primary.failed ? 1 : 0);
}
