# SPDX-License-Identifier: Apache-2.0
# A layer sees only what the README's table allows: its include root is a folder of links to the rooms that it
# may know, so a forbidden include fails to compile with "file not found". (.ci/check covers what links can't:
# "../" includes and third-party headers.)
#
#   latchkey_layer(<target> SEES <path>... SOURCES <file>... [LINKS <target>...])
#
# SEES names folders or single headers, relative to the repository's root. LINKS is what the linker needs.
function(latchkey_layer target)
    cmake_parse_arguments(L "" "" "SEES;SOURCES;LINKS" ${ARGN})
    if(L_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "latchkey_layer(${target}): unknown argument ${L_UNPARSED_ARGUMENTS}")
    endif()
    set(root ${CMAKE_BINARY_DIR}/layers/${target})
    file(REMOVE_RECURSE ${root})
    foreach(path IN LISTS L_SEES)
        get_filename_component(parent ${root}/${path} DIRECTORY)
        file(MAKE_DIRECTORY ${parent})
        file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${path} ${root}/${path} SYMBOLIC)
    endforeach()
    if(L_SOURCES)
        add_library(${target} STATIC ${L_SOURCES})
        target_include_directories(${target} PRIVATE ${root})
        target_link_libraries(${target} PUBLIC Boost::headers ${L_LINKS})
    else()
        add_library(${target} INTERFACE)
        target_link_libraries(${target} INTERFACE Boost::headers ${L_LINKS})
    endif()
endfunction()
