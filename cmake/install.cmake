# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` adds to the program, man page and completion (src/cli/): for firmware and host programs that link
# the driver, the headers of the floors that run on both, the libraries, and the Mbed TLS configuration that
# everything which sees its headers must share. Includes are from there, so: -I<prefix>/include/imprint.
include(GNUInstallDirs)
set(installed_modules base crypto chip storage profile psa provision)
foreach(module ${installed_modules})
  install(DIRECTORY ${imprint_SOURCE_DIR}/src/${module} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/imprint
    FILES_MATCHING PATTERN "*.h")
  install(TARGETS imprint_${module} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/imprint)
endforeach()
install(TARGETS imprint_its ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/imprint)
install(DIRECTORY ${imprint_SOURCE_DIR}/include/imprint DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/imprint)
install(FILES ${imprint_SOURCE_DIR}/cmake/mbedtls_user_config.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/imprint)
