// SPDX-License-Identifier: Apache-2.0
//
// The catalogue's files as they are built into the program, sorted by name, and how one of them is read. A file
// that can't be read is a bug of the program: std::logic_error names the file and the fault.
// Immutable; any thread may call it.
#pragma once

#include "pipelines/catalogue.hpp"

namespace latchkey::pipelines {

std::span<const embedded_file> integration_files();  // catalogue/integrations/<TYPE>.yml
std::span<const embedded_file> action_files();       // catalogue/actions/<TYPE>.yml

// The type's name is the file's without `.yml`.
integration_type read_integration_type(const embedded_file&);
action_type read_action_type(const embedded_file&);

}  // namespace latchkey::pipelines
