// SPDX-License-Identifier: Apache-2.0
//
// The fields of a pipeline that the API sets and shows besides its name and permissions (rest-api §7): their kinds,
// defaults and words, as one table. A record keeps each as JSON text. Pure; any thread.
#pragma once

#include "runner/server/input.hpp"
#include "runner/store/team_pipelines.hpp"

namespace latchkey::server {

// Takes what the client said over into the settings; what it did not say stays.
void read_settings(input&, store::facts& settings);
// All of them into `to`, defaults where nothing was said.
void show_settings(const store::facts& settings, json& to);
// One of them; its default where nothing was said.
json setting_of(const store::facts& settings, std::string_view name);
void put_setting(store::facts& settings, std::string_view name, const json& value);

}  // namespace latchkey::server
