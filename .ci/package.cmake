# SPDX-License-Identifier: Apache-2.0
# What an installation holds, and the Debian package of it: `cpack` in the build folder of a release.
# One package for every machine: it is the same program, and which of its two units is enabled says what the machine is; a server and
# its agents can't get a package each of different versions on one machine.
set(made ${CMAKE_BINARY_DIR}/package)
set(from ${PROJECT_SOURCE_DIR}/.ci/package)
set(units ${PROJECT_SOURCE_DIR}/examples/systemd)

# SOURCE_DATE_EPOCH says when that was, for who builds it twice and wants the same bytes.
string(TIMESTAMP LATCHKEY_DATE "%B %d, %Y" UTC)
string(REPLACE " 0" " " LATCHKEY_DATE "${LATCHKEY_DATE}")
string(TIMESTAMP weekday "%a" UTC)
string(TIMESTAMP LATCHKEY_CHANGED "${weekday}, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${from}/changelog.in ${made}/changelog.Debian @ONLY)

# Both programs lie in one folder, where the first one finds the second; the first is in the path.
install(TARGETS latchkey latchkey-native RUNTIME DESTINATION lib/latchkey)
install(CODE "file(MAKE_DIRECTORY \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin)
file(CREATE_LINK ../lib/latchkey/latchkey \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/latchkey SYMBOLIC)")

# Manual pages and completions come from the program itself.
add_custom_command(OUTPUT ${made}/written
    COMMAND sh ${from}/written.sh $<TARGET_FILE:latchkey> ${made} "${LATCHKEY_DATE}"
    DEPENDS latchkey ${from}/written.sh ${PROJECT_SOURCE_DIR}/CHANGELOG.md VERBATIM COMMENT "Writing manual pages and completions")
add_custom_target(package_files ALL DEPENDS ${made}/written)
install(DIRECTORY ${made}/man1 DESTINATION share/man)
install(FILES ${made}/completions/latchkey DESTINATION share/bash-completion/completions)
install(FILES ${made}/completions/_latchkey DESTINATION share/zsh/vendor-completions)
install(FILES ${made}/completions/latchkey.fish DESTINATION share/fish/vendor_completions.d)
install(FILES ${made}/doc/changelog.gz ${made}/doc/changelog.Debian.gz ${from}/copyright DESTINATION share/doc/latchkey)
install(FILES ${from}/lintian-overrides DESTINATION share/lintian/overrides RENAME latchkey)
install(FILES ${units}/latchkey.service ${units}/latchkey-agent.service DESTINATION /lib/systemd/system)
install(FILES ${from}/server.toml ${from}/agent.toml DESTINATION /etc/latchkey)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME latchkey)
set(CPACK_PACKAGE_CONTACT "Latchkey maintainers <maintainers@latchkey.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "CI pipeline runner that holds the keys")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Latchkey runs pipelines of buddy.yml files on a machine of yours, on a server
for a team, and on agents of that server. It decides by itself which pipeline
may use which credential: a run that needs more stops before anything starts
and says what is missing, why, and who can allow it.

The package holds the command line, the server with its web page, the agent,
and a unit for each of the two; none is enabled when it is installed.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "git, openssh-client, bubblewrap, ca-certificates, libpq5")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "docker.io | podman, postgresql-client")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${from}/postinst ${from}/prerm ${from}/postrm ${from}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
include(CPack)
