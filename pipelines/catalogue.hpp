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
#include <utility>
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

// A header that shows a credential: the first whose fields are all given.
struct shown_credential {
    std::string header;  // Authorization
    std::string value;   // a template over fields: "Bearer ${token}"
};

// How a service is asked whether it takes a credential, without changing anything there.
struct connection_check {
    std::string host;        // api.github.com, of a service that has one host
    std::string host_field;  // else the field, no secret, that says where it is: a host's name, or https://…
    std::string path;        // "/user"
    bool post = false;
    std::vector<shown_credential> credentials;
    std::vector<std::pair<std::string, std::string>> headers;  // the same for all
    std::string answer;  // where a service says 200 to everybody: what is in its answer if all is well
};

struct integration_type {
    std::string name;   // AMAZON
    std::string title;  // Amazon Web Services
    std::vector<credential_field> fields;
    // At least one of these sets of fields has to be given; empty: the required fields say it all.
    std::vector<std::vector<std::string>> alternatives;
    std::vector<delivered_variable> variables;
    std::vector<delivered_file> files;
    std::optional<connection_check> check;  // none: no question is known that changes nothing
};

// nullptr for a type that is not known. Names are upper case, exact.
const integration_type* find_integration_type(std::string_view name);
std::vector<std::string_view> integration_type_names();  // sorted

// What a script of the catalogue calls a field: bucket_name -> FIELD_BUCKET_NAME.
std::string field_variable(std::string_view key);

// How an action type can be executed by this version.
enum class execution_kind : unsigned char {
    commands,     // its commands run as one script: BUILD, NATIVE_BUILD_LINUX, VM_LINUX, *_CLI …
    sleep,        // waits
    flow,         // performed by the engine itself, without a process: waits, other pipelines
    native,       // performed by Latchkey itself, as a process (runner/native)
    unsupported,  // known, but this version can't run it
};

enum class input_kind : unsigned char { text, password, select, checkbox, integration };

// An input of a custom action: a variable of that name, or an integration that the action uses.
struct action_input {
    std::string name;
    input_kind kind = input_kind::text;
    bool required = false;
    std::string fallback;
    std::vector<std::string> options;  // of a selection
};

struct action_type {
    std::string name;
    std::string title;
    execution_kind execution = execution_kind::unsupported;
    bool needs_integration = false;
    bool gives_integration = false;              // the actions after it are given its integration too
    bool needs_engine = false;                   // of containers, though it has no image of its own
    std::vector<std::string> integration_types;  // empty: any
    std::vector<std::string> required;           // keys
    std::vector<std::string> optional;
    std::vector<std::string>
        unsupported;  // those of them that this version does nothing with: not run, never ignored
    std::vector<std::string> secret_fields;   // those of them whose values are masked and delivered as secrets
    std::string default_image;                // image:tag, empty: the action names one, or none is needed
    std::string image_tag;                    // the key whose value replaces that tag: version
    std::vector<std::string> setup_commands;  // prepare that image, once
    // What a script finds of the action's fields, as templates over them: values reach it in these two ways only.
    // A list is its items, one a line; a boolean is the word as written. What is not given, or empty, is left out; of
    // several files for one variable the first whose fields are all given stands.
    std::vector<delivered_variable> variables;
    std::vector<delivered_file> files;
    std::vector<std::string> prelude;   // commands before the action's own
    std::vector<std::string> commands;  // of a type whose actions have none of their own

    std::vector<action_input> inputs;  // of a custom action, which has them in its map `inputs`

    bool takes_fields() const { return !variables.empty() || !files.empty() || !inputs.empty(); }
};

const action_type* find_action_type(std::string_view name);
std::vector<std::string_view> action_type_names();  // sorted

}  // namespace latchkey::pipelines
