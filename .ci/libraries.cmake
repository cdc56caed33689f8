# SPDX-License-Identifier: Apache-2.0
# What the project stands on: Debian 12 packages, found and never downloaded. Each is an imported target.
find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 CONFIG REQUIRED)
find_path(LATCHKEY_TOML_INCLUDE toml++/toml.h REQUIRED)  # headers only

# Static where Debian ships an archive that needs nothing else: a small binary that starts fast.
function(latchkey_library name)
    cmake_parse_arguments(L "" "HEADER" "NAMES" ${ARGN})
    find_path(LATCHKEY_${name}_INCLUDE ${L_HEADER} REQUIRED)
    find_library(LATCHKEY_${name}_LIBRARY NAMES ${L_NAMES} REQUIRED)
    add_library(latchkey_${name} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(latchkey_${name} PROPERTIES
        IMPORTED_LOCATION ${LATCHKEY_${name}_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${LATCHKEY_${name}_INCLUDE})
endfunction()

latchkey_library(yaml HEADER yaml-cpp/yaml.h NAMES libyaml-cpp.a yaml-cpp)
latchkey_library(sodium HEADER sodium.h NAMES libsodium.a sodium)
latchkey_library(sqlite HEADER sqlite3.h NAMES libsqlite3.a sqlite3)
latchkey_library(soci_core HEADER soci/soci.h NAMES libsoci_core.a soci_core)
latchkey_library(soci_sqlite HEADER soci/soci.h NAMES libsoci_sqlite3.a soci_sqlite3)
latchkey_library(soci_postgresql HEADER soci/soci.h NAMES libsoci_postgresql.a soci_postgresql)
latchkey_library(seccomp HEADER seccomp.h NAMES libseccomp.a seccomp)
latchkey_library(pugixml HEADER pugixml.hpp NAMES libpugixml.a pugixml)
latchkey_library(pcre2 HEADER pcre2.h NAMES libpcre2-8.a pcre2-8)
latchkey_library(crypto HEADER openssl/evp.h NAMES libcrypto.a crypto)
latchkey_library(ssl HEADER openssl/ssl.h NAMES libssl.a ssl)
latchkey_library(hs HEADER hs/hs.h NAMES libhs.a hs)
set_property(TARGET latchkey_soci_core APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${CMAKE_DL_LIBS} Threads::Threads)
set_property(TARGET latchkey_soci_sqlite APPEND PROPERTY INTERFACE_LINK_LIBRARIES latchkey_soci_core latchkey_sqlite)
set_property(TARGET latchkey_sqlite APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${CMAKE_DL_LIBS} Threads::Threads m)
set_property(TARGET latchkey_crypto APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${CMAKE_DL_LIBS} Threads::Threads)
set_property(TARGET latchkey_ssl APPEND PROPERTY INTERFACE_LINK_LIBRARIES latchkey_crypto)
# libpq itself is loaded when it is first used (runner/libpq).
find_path(LATCHKEY_libpq_INCLUDE libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
set_property(TARGET latchkey_soci_postgresql APPEND PROPERTY INTERFACE_LINK_LIBRARIES latchkey_soci_core libpq)
set_property(TARGET latchkey_soci_postgresql APPEND PROPERTY INTERFACE_INCLUDE_DIRECTORIES ${LATCHKEY_libpq_INCLUDE})
