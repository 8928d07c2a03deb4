# SPDX-License-Identifier: Apache-2.0
# imprint_module(NAME SOURCES... [HOST_SOURCES...] [HOST_DEFINITIONS...] [NEEDS libraries...]): a static library of one
# folder, target imprint_NAME, imprint::NAME for other projects. Who links it finds <imprint/...>. HOST_SOURCES are left
# out on a microcontroller.
function(imprint_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;HOST_SOURCES;HOST_DEFINITIONS;NEEDS" ${ARGN})
  add_library(imprint_${name} STATIC ${MODULE_SOURCES})
  add_library(imprint::${name} ALIAS imprint_${name})
  if(IMPRINT_HOSTED)
    target_sources(imprint_${name} PRIVATE ${MODULE_HOST_SOURCES})
    target_compile_definitions(imprint_${name} PRIVATE ${MODULE_HOST_DEFINITIONS})
  endif()
  # An installed library names Mbed TLS as imprint::mbedcrypto (cmake/imprint-config.cmake.in).
  list(TRANSFORM MODULE_NEEDS REPLACE "^(mbedcrypto|mbedx509)$"
    "$<BUILD_INTERFACE:\\1>;$<INSTALL_INTERFACE:imprint::\\1>")
  target_link_libraries(imprint_${name} PRIVATE $<BUILD_INTERFACE:imprint_options> PUBLIC ${MODULE_NEEDS})
  target_include_directories(imprint_${name} PUBLIC $<BUILD_INTERFACE:${imprint_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:include>)
  set_target_properties(imprint_${name} PROPERTIES EXPORT_NAME ${name})
  imprint_write_source_list(${name})
endfunction()

# The libraries that also run on a microcontroller, and so may be compiled by another build system.
set(IMPRINT_PORTABLE base crypto transport link chip cert storage profile its psa provision)

# imprint_write_source_list(NAME): build/source-lists/NAME.txt, from the arguments of the imprint_module() that calls it.
# scripts/source-lists copies these files to packaging/sources/.
macro(imprint_write_source_list name)
  if(${name} IN_LIST IMPRINT_PORTABLE)
    file(RELATIVE_PATH folder ${imprint_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    set(lines "# imprint_${name}, written by CMake (scripts/source-lists): README.md here explains the lines"
      "include include" "include src" "include src/psa/include" "force-include src/base/names.h")
    foreach(need ${MODULE_NEEDS})
      string(REGEX REPLACE "^(imprint_|\\$<INSTALL_INTERFACE:imprint::)" "" need ${need})
      if(NOT need MATCHES "BUILD_INTERFACE")
        string(REPLACE ">" "" need ${need})
        list(APPEND lines "needs ${need}")
      endif()
    endforeach()
    list(TRANSFORM MODULE_SOURCES PREPEND "source ${folder}/")
    list(TRANSFORM MODULE_HOST_SOURCES PREPEND "host-source ${folder}/")
    list(TRANSFORM MODULE_HOST_DEFINITIONS PREPEND "host-define ")
    list(JOIN lines "\n" lines)
    list(JOIN MODULE_SOURCES "\n" sources)
    list(JOIN MODULE_HOST_SOURCES "\n" host_sources)
    list(JOIN MODULE_HOST_DEFINITIONS "\n" host_definitions)
    string(REGEX REPLACE "\n\n+" "\n" lines "${lines}\n${sources}\n${host_sources}\n${host_definitions}\n")
    file(CONFIGURE OUTPUT ${imprint_BINARY_DIR}/source-lists/${name}.txt CONTENT "${lines}" @ONLY)
  endif()
endmacro()

# Seconds after which a test is taken to hang. The longest, exhaustive faults under sanitizers, takes a small part of it.
set(IMPRINT_TEST_TIMEOUT 300)

# imprint_test(NAME SOURCES... [NEEDS libraries...]): a cmocka program, run by CTest as NAME.
function(imprint_test name)
  cmake_parse_arguments(UNIT "" "" "SOURCES;NEEDS" ${ARGN})
  add_executable(${name} ${UNIT_SOURCES})
  target_link_libraries(${name} PRIVATE imprint_options ${UNIT_NEEDS} PkgConfig::CMOCKA)
  target_compile_definitions(${name} PRIVATE IMPRINT_TEST_DATA="${imprint_SOURCE_DIR}/test/data")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${IMPRINT_TEST_TIMEOUT})
endfunction()

# imprint_wrap(TARGET functions...): the linker sends calls of each function FUNCTION from other files to the target's
# __wrap_FUNCTION(), which reaches the function itself as __real_FUNCTION(). Where names.h gives the function another name
# for the linker, those two get it as well.
function(imprint_wrap target)
  set(names)
  if(EXISTS ${imprint_SOURCE_DIR}/src/base/names.h)
    file(STRINGS ${imprint_SOURCE_DIR}/src/base/names.h names REGEX "^#define")
  endif()
  foreach(function ${ARGN})
    if("#define ${function} imprint_${function}" IN_LIST names)
      target_link_options(${target} PRIVATE LINKER:--wrap=imprint_${function})
      target_compile_definitions(${target} PRIVATE
        __wrap_${function}=__wrap_imprint_${function} __real_${function}=__real_imprint_${function})
    else()
      target_link_options(${target} PRIVATE LINKER:--wrap=${function})
    endif()
  endforeach()
endfunction()

# imprint_long_test(NAME COMMAND program arguments... [TIMEOUT seconds]): a test that takes minutes. Plain `ctest` leaves it
# out; `./check --long` runs it, as does `ctest -C long -L long`. TIMEOUT: an hour unless told. What it needs beyond the
# packages of ./check goes into scripts/install-packages under `long`; where that is missing it fails, it does not skip.
function(imprint_long_test name)
  cmake_parse_arguments(LONG "" "TIMEOUT" "COMMAND" ${ARGN})
  if(NOT LONG_TIMEOUT)
    set(LONG_TIMEOUT 3600)
  endif()
  add_test(NAME ${name} COMMAND ${LONG_COMMAND} CONFIGURATIONS long)
  set_tests_properties(${name} PROPERTIES LABELS long TIMEOUT ${LONG_TIMEOUT})
endfunction()
