// SPDX-License-Identifier: Apache-2.0
//
// latchkey completion SHELL, and the hidden `__complete` that its scripts ask for names.
#include "pipelines/catalogue.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/files.hpp"

#include <ostream>
#include <set>

namespace latchkey::cli {

namespace {

constexpr std::string_view bash_script = R"sh(_latchkey_names() {
    local name quoted
    while IFS= read -r name; do
        printf -v quoted %q "$name"
        if [[ $name == "$word"* || $quoted == "$word"* ]]; then COMPREPLY+=("$quoted"); fi
    done < <(latchkey __complete "$1" 2>/dev/null)
}
_latchkey() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _latchkey_names commands
        return
    fi
    case $previous in
        -f|--file|--secret-file) compopt -o default; return ;;
        --pipeline) _latchkey_names pipelines; return ;;
        --run) _latchkey_names runs; return ;;
        --type) _latchkey_names types; return ;;
        --backend) COMPREPLY=($(compgen -W "host sandbox container" -- "$word")); return ;;
    esac
    case $word in
        -*) _latchkey_names "options $command ${COMP_WORDS[2]}"; return ;;
    esac
    case $command in
        run|plan|runs) _latchkey_names pipelines ;;
        why) if [ "$COMP_CWORD" -eq 2 ]; then _latchkey_names pipelines; else _latchkey_names integrations; fi ;;
        retry|cancel|approve|logs|files) _latchkey_names runs ;;
        grant|revoke) _latchkey_names integrations ;;
        integration)
            if [ "$COMP_CWORD" -eq 2 ]; then
                COMPREPLY=($(compgen -W "add list show edit rm types" -- "$word"))
            elif [ "${COMP_WORDS[2]}" = types ]; then
                _latchkey_names types
            else
                _latchkey_names integrations
            fi ;;
        audit) COMPREPLY=($(compgen -W "verify export tail" -- "$word")) ;;
        key) COMPREPLY=($(compgen -W "rotate" -- "$word")) ;;
        completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")) ;;
        *) compopt -o default ;;
    esac
}
complete -F _latchkey latchkey
)sh";

constexpr std::string_view zsh_script = R"sh(#compdef latchkey
_latchkey() {
    local -a names
    if (( CURRENT == 2 )); then
        names=(${(f)"$(latchkey __complete commands 2>/dev/null)"})
        compadd -a names
        return
    fi
    case $words[CURRENT-1] in
        -f|--file|--secret-file) _files; return ;;
        --pipeline) names=(${(f)"$(latchkey __complete pipelines 2>/dev/null)"}); compadd -a names; return ;;
        --run) names=(${(f)"$(latchkey __complete runs 2>/dev/null)"}); compadd -a names; return ;;
        --type) names=(${(f)"$(latchkey __complete types 2>/dev/null)"}); compadd -a names; return ;;
    esac
    if [[ $words[CURRENT] == -* ]]; then
        names=(${(f)"$(latchkey __complete "options $words[2] $words[3]" 2>/dev/null)"})
        compadd -a names
        return
    fi
    case $words[2] in
        run|plan|runs) names=(${(f)"$(latchkey __complete pipelines 2>/dev/null)"}) ;;
        why)
            if (( CURRENT == 3 )); then
                names=(${(f)"$(latchkey __complete pipelines 2>/dev/null)"})
            else
                names=(${(f)"$(latchkey __complete integrations 2>/dev/null)"})
            fi ;;
        retry|cancel|logs|files) names=(${(f)"$(latchkey __complete runs 2>/dev/null)"}) ;;
        grant|revoke) names=(${(f)"$(latchkey __complete integrations 2>/dev/null)"}) ;;
        integration) names=(add list show edit rm types ${(f)"$(latchkey __complete integrations 2>/dev/null)"}) ;;
        audit) names=(verify export tail) ;;
        key) names=(rotate) ;;
        completion) names=(bash zsh fish) ;;
        *) _files; return ;;
    esac
    compadd -a names
}
compdef _latchkey latchkey
)sh";

constexpr std::string_view fish_script = R"sh(function __latchkey
    latchkey __complete $argv 2>/dev/null
end
complete -c latchkey -f
complete -c latchkey -n __fish_use_subcommand -a '(__latchkey commands)'
complete -c latchkey -n '__fish_seen_subcommand_from run plan runs why' -a '(__latchkey pipelines)'
complete -c latchkey -n '__fish_seen_subcommand_from retry cancel logs files' -a '(__latchkey runs)'
complete -c latchkey -n '__fish_seen_subcommand_from grant revoke why' -a '(__latchkey integrations)'
complete -c latchkey -n '__fish_seen_subcommand_from integration' -a 'add list show edit rm types (__latchkey integrations)'
complete -c latchkey -n '__fish_seen_subcommand_from audit' -a 'verify export tail'
complete -c latchkey -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
complete -c latchkey -n '__fish_seen_subcommand_from key' -a rotate
complete -c latchkey -n 'not __fish_use_subcommand' -a '(__latchkey "options "(string join " " (commandline -opc)[2..3]))'
complete -c latchkey -l run -x -a '(__latchkey runs)'
complete -c latchkey -l pipeline -x -a '(__latchkey pipelines)'
complete -c latchkey -l type -x -a '(__latchkey types)'
complete -c latchkey -s f -l file -r
complete -c latchkey -l secret-file -r
)sh";

// Shells take a candidate a line; the scripts quote what has spaces and the like.
bool one_line(std::string_view name) {
    return !name.empty() && plain(name) == name && name.find('\t') == std::string_view::npos;
}

}  // namespace

int completion_command(context& c, const std::string& shell) {
    if (shell == "bash")
        c.out << bash_script;
    else if (shell == "zsh")
        c.out << zsh_script;
    else if (shell == "fish")
        c.out << fish_script;
    else
        return c.usage("there is no completion for \"" + shell + "\": bash, zsh and fish are known");
    return exit_success;
}

// Answers quietly: a completion that can't be made is none.
int complete_command(context& c, const std::string& what) {
    std::set<std::string> names;
    if (what == "pipelines") {
        for (const auto& file : pipeline_files_in(c.project_root()))
            if (auto bytes = read_pipeline_file(file)) {
                const auto definition = run::read_definition("", std::move(*bytes), "");
                for (const auto& p : definition->parsed.model.pipelines) names.insert(p.id.value);
            }
    } else if (what == "types") {
        for (const std::string_view name : pipelines::integration_type_names()) names.emplace(name);
    } else if (what == "integrations") {
        if (auto s = c.store())
            if (auto all = (*s)->integrations(store::local_workspace))
                for (const auto& i : *all) names.insert(i.identifier);
    } else if (what == "runs") {
        auto s = c.store();
        auto project = s ? c.project() : result<store::project_record>(s.error());
        if (project)
            if (auto runs = (*s)->runs({project->id, std::nullopt, 20}))
                for (const auto& r : *runs) names.insert(std::to_string(r.number));
    }
    for (const std::string& name : names)
        if (one_line(name)) c.out << name << "\n";
    return exit_success;
}

}  // namespace latchkey::cli
