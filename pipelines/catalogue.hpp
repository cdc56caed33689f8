// SPDX-License-Identifier: Apache-2.0
//
// The catalogue: what integration types and action types are, as data. One YAML file a type in
// pipelines/catalogue/, embedded in the binary, read when first asked for. Adding a type is adding a file.
// Immutable; any thread may call it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pipelines {

struct embedded_file {
    std::string_view name;
    std::string_view text;
};

// A credential field of an integration type.
struct credential_field {
    std::string name;  // as in the REST API: access_key
    bool secret = true;
    bool required = false;
    std::string description;
};

// What a type puts into the environment of an action that uses it.
struct delivered_variable {
    std::string name;   // AWS_ACCESS_KEY_ID
    std::string value;  // a template over fields: "${access_key}"
    bool secret = true;
};

struct delivered_file {
    std::string variable;    // set to the file's path: GOOGLE_APPLICATION_CREDENTIALS
    std::string name;        // within the action's private folder: credentials.json
    std::string content;     // a template over fields: "${api_key}", "${base64(username:password)}"
    bool directory = false;  // the variable holds the folder, not the file: DOCKER_CONFIG
};

struct integration_type {
    std::string name;   // AMAZON
    std::string title;  // Amazon Web Services
    std::vector<credential_field> fields;
    // At least one of these sets of fields has to be given; empty: the required fields say it all.
    std::vector<std::vector<std::string>> alternatives;
    std::vector<delivered_variable> variables;
    std::vector<delivered_file> files;
};

// nullptr for a type that is not known. Names are upper case, exact.
const integration_type* find_integration_type(std::string_view name);
std::vector<std::string_view> integration_type_names();  // sorted

// How an action type can be executed by this version.
enum class execution_kind : unsigned char {
    commands,     // its commands run as one script: BUILD, NATIVE_BUILD_LINUX, VM_LINUX, *_CLI …
    sleep,        // waits
    flow,         // performed by the engine itself, without a process: waits, other pipelines
    native,       // performed by Latchkey itself, as a process (runner/native)
    unsupported,  // known, but this version can't run it
};

struct action_type {
    std::string name;
    std::string title;
    execution_kind execution = execution_kind::unsupported;
    bool needs_integration = false;
    bool needs_engine = false;                   // of containers, though it has no image of its own
    std::vector<std::string> integration_types;  // empty: any
    std::vector<std::string> required;           // keys
    std::vector<std::string> optional;
    std::string default_image;  // image:tag, empty: the action names one, or none is needed
};

const action_type* find_action_type(std::string_view name);
std::vector<std::string_view> action_type_names();  // sorted

}  // namespace latchkey::pipelines
