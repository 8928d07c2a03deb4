# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` adds to the program, man page and completion (src/cli/): for programs that link the driver, the
# public headers, the libraries, and the Mbed TLS configuration that everything which sees its headers must share.
include(GNUInstallDirs)
foreach(module base crypto chip storage transport profile psa its provision)
  install(TARGETS imprint_${module} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/imprint)
endforeach()
install(DIRECTORY ${imprint_SOURCE_DIR}/include/imprint DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${imprint_SOURCE_DIR}/cmake/mbedtls_user_config.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/imprint)
