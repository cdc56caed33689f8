# SPDX-License-Identifier: Apache-2.0
# Puts files into the binary: an assembler file with .incbin and a table of (name, text) sorted by name.
#
#   latchkey_embed(<target> NAMESPACE <a::b> TABLE <name> HEADER <path> FILES <file>...)
#
# Adds to <target> a source that defines `std::span<const embedded_file> <a::b>::<name>()`, declared by the
# hand-written HEADER. A file's name in the table is its base name.
function(latchkey_embed target)
    cmake_parse_arguments(E "" "NAMESPACE;TABLE;HEADER" "FILES" ${ARGN})
    list(SORT E_FILES)
    set(asm "    .section .rodata\n")
    set(externs "")
    set(rows "")
    set(index 0)
    foreach(file IN LISTS E_FILES)
        get_filename_component(path ${file} ABSOLUTE)
        get_filename_component(name ${file} NAME)
        set(symbol latchkey_${target}_${E_TABLE}_${index})
        string(APPEND asm "    .global ${symbol}, ${symbol}_end\n${symbol}:\n    .incbin \"${path}\"\n${symbol}_end:\n    .byte 0\n")
        string(APPEND externs "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
        string(APPEND rows "        {\"${name}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
        list(APPEND paths ${path})
        math(EXPR index "${index} + 1")
    endforeach()
    string(APPEND asm "    .section .note.GNU-stack,\"\",@progbits\n")
    set(base ${CMAKE_CURRENT_BINARY_DIR}/${target}_${E_TABLE})
    file(CONFIGURE OUTPUT ${base}.S CONTENT "${asm}" @ONLY)
    file(CONFIGURE OUTPUT ${base}.cpp CONTENT "#include \"${E_HEADER}\"\n\nextern \"C\" {\n${externs}}\n\nnamespace ${E_NAMESPACE} {\nstd::span<const embedded_file> ${E_TABLE}() {\n    static const embedded_file table[] = {\n${rows}    };\n    return table;\n}\n}  // namespace ${E_NAMESPACE}\n" @ONLY)
    set_source_files_properties(${base}.S PROPERTIES OBJECT_DEPENDS "${paths}" SKIP_UNITY_BUILD_INCLUSION ON)
    target_sources(${target} PRIVATE ${base}.S ${base}.cpp)
endfunction()
