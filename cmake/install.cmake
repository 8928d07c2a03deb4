# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` adds to the program, its man page and completions (src/cli/): profiles and documents; and for
# other projects the driver's libraries with their headers, as a CMake package and for pkg-config, with the Mbed TLS that
# they were built and tested with, and their sources for other build systems. docs/guide/embedding.md is about using them.
#
# Everything finds its neighbours by relative paths: the installed tree may be moved.
include(CMakePackageConfigHelpers)
include(CheckTypeSize)
include(GNUInstallDirs)
set(imprint_data ${CMAKE_INSTALL_DATADIR}/imprint)

install(DIRECTORY profiles DESTINATION ${imprint_data})
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/guide docs/reference docs/internals docs/decisions DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES docs/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(DIRECTORY examples/gateway DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# The libraries that <imprint/...> leads to, and what they need.
set(installed psa its chip crypto storage transport base)
list(TRANSFORM installed PREPEND imprint_ OUTPUT_VARIABLE installed_targets)
install(TARGETS ${installed_targets} EXPORT imprint_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/imprint)
install(DIRECTORY include/imprint DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY src/psa/include/psa DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/imprint/psa-its)

# Their sources, and those of the provisioning engine.
install(FILES LICENSE DESTINATION ${imprint_data}/source)
install(DIRECTORY packaging/sources/ DESTINATION ${imprint_data}/source)
install(DIRECTORY include DESTINATION ${imprint_data}/source)
foreach(folder base chip cert crypto link profile provision psa storage transport)
  install(DIRECTORY src/${folder} DESTINATION ${imprint_data}/source/src
    FILES_MATCHING PATTERN *.c PATTERN *.h PATTERN *.inc PATTERN text EXCLUDE)
endforeach()

# Mbed TLS, where it was built here: away from the places of other Mbed TLS packages, and with a whole configuration, since
# whoever includes its headers must see the same one.
set(imprint_mbedtls_headers ${CMAKE_INSTALL_INCLUDEDIR}/imprint/mbedtls-3.6)
set(imprint_brings_mbedtls OFF)
get_target_property(imported ${IMPRINT_MBEDCRYPTO} IMPORTED)
if(NOT imported AND TARGET mbedtls AND IMPRINT_MBEDTLS_SOURCE_DIR)
  set(imprint_brings_mbedtls ON)
  file(READ ${IMPRINT_MBEDTLS_SOURCE_DIR}/include/mbedtls/mbedtls_config.h upstream)
  file(READ cmake/mbedtls_user_config.h ours)
  file(CONFIGURE OUTPUT ${imprint_BINARY_DIR}/generated/mbedtls_config.h CONTENT "@upstream@\n@ours@" @ONLY)
  install(DIRECTORY ${IMPRINT_MBEDTLS_SOURCE_DIR}/include/mbedtls ${IMPRINT_MBEDTLS_SOURCE_DIR}/include/psa
    DESTINATION ${imprint_mbedtls_headers} FILES_MATCHING PATTERN *.h PATTERN mbedtls_config.h EXCLUDE)
  install(FILES ${imprint_BINARY_DIR}/generated/mbedtls_config.h DESTINATION ${imprint_mbedtls_headers}/mbedtls)
  install(FILES ${IMPRINT_MBEDTLS_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME LICENSE.mbedtls)
  foreach(library mbedcrypto mbedx509 mbedtls)
    install(FILES $<TARGET_FILE:${library}> DESTINATION ${CMAKE_INSTALL_LIBDIR}/imprint)
  endforeach()
  add_custom_target(imprint_installed_mbedtls ALL DEPENDS mbedcrypto mbedx509 mbedtls)

  # pkg-config has no way to hand over another Mbed TLS.
  file(RELATIVE_PATH imprint_prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  foreach(package imprint imprint-tls)
    configure_file(cmake/${package}.pc.in ${imprint_BINARY_DIR}/generated/${package}.pc @ONLY)
    install(FILES ${imprint_BINARY_DIR}/generated/${package}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  endforeach()
endif()

# The sizes by which an installed imprint knows an Mbed TLS that does not fit.
imprint_mbedtls_settings(CMAKE_REQUIRED_INCLUDES CMAKE_REQUIRED_DEFINITIONS ${IMPRINT_MBEDCRYPTO})
list(PREPEND CMAKE_REQUIRED_INCLUDES ${imprint_SOURCE_DIR}/src/psa/include)
set(CMAKE_EXTRA_INCLUDE_FILES psa/crypto.h)
check_type_size(psa_hash_operation_t IMPRINT_HASH_OPERATION_BYTES)
check_type_size(mbedtls_svc_key_id_t IMPRINT_KEY_ID_BYTES)
unset(CMAKE_EXTRA_INCLUDE_FILES)
unset(CMAKE_REQUIRED_INCLUDES)
unset(CMAKE_REQUIRED_DEFINITIONS)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/imprint)
install(EXPORT imprint_targets NAMESPACE imprint:: FILE imprint-targets.cmake DESTINATION ${package})
configure_package_config_file(cmake/imprint-config.cmake.in ${imprint_BINARY_DIR}/generated/imprint-config.cmake
  INSTALL_DESTINATION ${package} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${imprint_BINARY_DIR}/generated/imprint-config-version.cmake
  COMPATIBILITY SameMinorVersion) # while the version is 0.x, a minor version may change the interface
install(FILES ${imprint_BINARY_DIR}/generated/imprint-config.cmake cmake/mbedtls_check.cmake cmake/mbedtls_check.c
  ${imprint_BINARY_DIR}/generated/imprint-config-version.cmake DESTINATION ${package})
