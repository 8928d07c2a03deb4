/* SPDX-License-Identifier: Apache-2.0 */
#include <imprint/board.h>
#include "firmware/factory/factory.h"

int main(void)
{
    struct factory factory;

    imprint_board_start();
    factory_serve(&factory, &factory_profile, factory_profile_steps, factory_profile_driver,
                  factory_profile_certificates, factory_profile_data);
    imprint_board_end(factory.ended ? 0 : 1);
}
