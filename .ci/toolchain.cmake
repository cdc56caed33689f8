# SPDX-License-Identifier: Apache-2.0
# The language, the warnings, the sanitizers, and the refusal of a compiler that miscompiles coroutines.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(LATCHKEY_CCACHE ccache)
if(LATCHKEY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${LATCHKEY_CCACHE})
endif()

# GCC 11 and 12 free temporaries of a coroutine twice (design §7). The probe holds the broken patterns: it is
# run, not trusted by version number.
if(NOT DEFINED LATCHKEY_COROUTINES_WORK)
    try_run(probe_exit probe_compiled ${CMAKE_BINARY_DIR}/coroutine_probe ${CMAKE_CURRENT_LIST_DIR}/coroutine_probe.cpp
        CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
    if(probe_compiled AND probe_exit STREQUAL "0")
        set(LATCHKEY_COROUTINES_WORK ON CACHE INTERNAL "The compiler handles the coroutine patterns of the probe")
    else()
        message(FATAL_ERROR
            "${CMAKE_CXX_COMPILER} (${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}) miscompiles C++20 coroutines: "
            "install the package clang-19 and configure with -DCMAKE_CXX_COMPILER=clang++-19 (the presets do).")
    endif()
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wconversion -Wno-sign-conversion -Wimplicit-fallthrough -Wunused -Wextra-semi)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-Wno-missing-designated-field-initializers)
endif()
add_compile_definitions(_GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections)
    # A program that a person starts for one action must not spend its time on being loaded: the C++ library is in it,
    # and what has to be adjusted to where it lies is written down in short.
    add_link_options(-Wl,--gc-sections -Wl,-z,relro,-z,now -static-libstdc++ -static-libgcc -Wl,-z,pack-relative-relocs)
endif()

if(LATCHKEY_SANITIZE)
    add_compile_options(-fsanitize=${LATCHKEY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${LATCHKEY_SANITIZE})
    if(LATCHKEY_SANITIZE STREQUAL "thread")
        add_compile_definitions(LATCHKEY_TSAN)
    endif()
endif()
if(LATCHKEY_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
find_program(LATCHKEY_LLD NAMES ld.lld-19 ld.lld)
if(LATCHKEY_LLD)
    add_link_options(-fuse-ld=${LATCHKEY_LLD})
endif()
