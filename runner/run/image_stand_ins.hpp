// SPDX-License-Identifier: Apache-2.0
//
// Which image an engine is asked for in place of one that a pipeline names: a mirror of one's own, or one that is
// there already where there is no network. From what a person wrote: checked before there is a run, kept with it, and
// the same for a retry. Pure, no thread rule.
#pragma once

#include "runner/error.hpp"
#include "runner/store/store.hpp"

#include <string>

namespace latchkey::run {

// Pairs of pattern and image. A pattern is an image's whole name, `node:18`, and may hold one `*`, which stands for
// anything; a `*` in the image stands for what that was. usage: which pair can't be, and why.
result<void> check_stand_ins(const store::facts&);

// The image of the first pattern that matches; the one that is named where none does.
std::string stand_in_for(const store::facts&, const std::string& image);

}  // namespace latchkey::run
