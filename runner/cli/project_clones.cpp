// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/project_clones.hpp"

#include "runner/exec/descriptor.hpp"
#include "runner/source/pack.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace latchkey::cli {

namespace {

std::string setting_named(const store::team_project_record& p, std::string_view name) {
    const auto at = std::ranges::find(p.settings, name, &std::pair<std::string, std::string>::first);
    return at == p.settings.end() ? std::string() : at->second;
}

// What forges call the head of refs/pull/7.
std::vector<std::string> names_of_request(const std::string& ref) {
    const std::string number = ref.substr(ref.rfind('/') + 1);
    return {"refs/pull/" + number + "/head", "refs/merge-requests/" + number + "/head",
            "refs/pull-requests/" + number + "/from"};
}

class project_clones final : public server::project_files {
public:
    explicit project_clones(clone_options o) : options_(std::move(o)) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category(), "pipe2");
        stopped_.reset(ends[0]);
        stop_.reset(ends[1]);
    }
    ~project_clones() override {
        stop_.reset();  // what is fetched for the first time is given up
        std::map<policy::project_id, std::shared_ptr<first_fetch>> left;
        {
            const std::lock_guard lock(mutex_);
            left.swap(first_);
        }
    }
    project_clones(const project_clones&) = delete;
    project_clones& operator=(const project_clones&) = delete;

    result<state> find(const store::team_project_record& project, const policy::ref& ref,
                       const std::string& revision) override {
        const std::string address = setting_named(project, "custom_repo_url");
        if (address.empty()) return failure(errc::usage, "the project has no repository: set custom_repo_url");
        const source::project_clone clone(options_.data, project.id.value(), project.handle);
        const std::string wanted = revision == "HEAD" ? "" : revision;
        if (ref.type == policy::ref_type::pull_request) return find_request(clone, project, address, ref, wanted);
        // A whole commit that is there needs nobody's answer.
        if (wanted.size() == 40 && ref.type != policy::ref_type::none)
            if (auto known = clone.commit_in(ref.name, wanted)) {
                if (auto all = fetch_modules(clone, project, address, *known); !all) return all.error();
                return state{clone.path(), std::move(*known), ref};
            }
        if (auto fetched = fetch(clone, project, address, std::vector<std::string>()); !fetched)
            return fetched.error();
        policy::ref of = ref;
        if (ref.type == policy::ref_type::none) {
            auto branch = clone.default_branch();
            if (!branch) return branch.error();
            of = {policy::ref_type::branch, "refs/heads/" + *branch};
        }
        auto commit = wanted.empty() ? clone.commit_of(of.name) : clone.commit_in(of.name, wanted);
        if (!commit) return commit.error();
        if (auto all = fetch_modules(clone, project, address, *commit); !all) return all.error();
        return state{clone.path(), std::move(*commit), std::move(of)};
    }

    result<state> find_to_show(const store::team_project_record& project, const policy::ref& ref) override {
        const std::string address = setting_named(project, "custom_repo_url");
        if (address.empty()) return failure(errc::usage, "the project has no repository: set custom_repo_url");
        const source::project_clone clone(options_.data, project.id.value(), project.handle);
        if (!is_there(clone)) {
            if (auto fetched = fetch_first(clone, project, address); !fetched) return fetched.error();
        } else if (!is_fresh(project.id, address)) {
            source::fetch_options o;
            o.local = options_.local;
            o.limit = options_.look_limit;
            o.patience = options_.look_patience;
            if (auto fetched = fetch(clone, project, address, std::move(o)); !fetched) return fetched.error();
        }
        policy::ref of = ref;
        if (ref.type == policy::ref_type::none) {
            auto branch = clone.default_branch();
            if (!branch) return branch.error();
            of = {policy::ref_type::branch, "refs/heads/" + *branch};
        }
        auto commit = clone.commit_of(of.name);
        if (!commit) return commit.error();
        return state{clone.path(), std::move(*commit), std::move(of)};
    }

    result<void> have(const store::team_project_record& project) override {
        const std::string address = setting_named(project, "custom_repo_url");
        if (address.empty()) return failure(errc::usage, "the project has no repository: set custom_repo_url");
        const source::project_clone clone(options_.data, project.id.value(), project.handle);
        if (is_there(clone)) return {};
        return fetch_first(clone, project, address);
    }

    result<written> write(const store::team_project_record& project, const source::file_change& change,
                          const source::push_notice& about_to) override {
        const std::string address = setting_named(project, "custom_repo_url");
        if (address.empty()) return failure(errc::usage, "the project has no repository: set custom_repo_url");
        const writer_turn mine(*this, project.id);
        if (!mine)
            return failure(errc::conflict, "somebody else is writing to the project's repository: try again soon");
        const source::project_clone clone(options_.data, project.id.value(), project.handle);
        auto login = options_.login(project);
        if (!login) return login.error();
        source::fetch_options o;
        o.local = options_.local;
        o.limit = options_.write_limit;
        o.patience = options_.look_patience;
        auto done = clone.write(address, *login, change, o, about_to);
        if (!done) return done.error();
        const policy::ref of{policy::ref_type::branch, "refs/heads/" + change.branch};
        return written{{clone.path(), std::move(done->commit), of}, done->made};
    }

    result<std::string> commit(const state& at, const std::string& revision) override {
        const bool is_number = revision.size() >= 7 && revision.size() <= 40 &&
                               revision.find_first_not_of("0123456789abcdef") == std::string::npos;
        const failure none(errc::not_found, "the repository has no commit \"" + revision + "\"");
        if (!is_number) return none;
        auto found = source::project_clone(at.repository).commit_of(revision);
        // A branch may be called like one.
        if (found && !found->starts_with(revision)) return none;
        return found;
    }

    result<std::string> read(const state& at, const std::string& path) override {
        return source::project_clone(at.repository).file_at(at.commit, path);
    }

    result<std::vector<source::git_ref>> refs(const state& at) override {
        return source::project_clone(at.repository).refs();
    }

    result<std::vector<source::commit_info>> history(const state& at, const std::string& commit, int skip,
                                                     int most) override {
        return source::project_clone(at.repository).history_of(commit, skip, most);
    }

    result<std::string> default_branch(const state& at) override {
        return source::project_clone(at.repository).default_branch();
    }

    result<std::string> subject(const state& at) override {
        return source::project_clone(at.repository).subject_of(at.commit);
    }

    result<content> look(const state& at, const std::string& path) override {
        auto found = source::project_clone(at.repository).content_at(at.commit, path);
        if (!found) return found.error();
        return as_shown(std::move(*found));
    }

    result<std::vector<content>> contents(const state& at, const std::string& folder) override {
        auto found = source::project_clone(at.repository).contents_of(at.commit, folder);
        if (!found) return found.error();
        std::vector<content> all;
        for (source::content& c : *found) all.push_back(as_shown(std::move(c)));
        return all;
    }

    result<std::vector<std::string>> list(const state& at, const std::string& folder) override {
        return source::project_clone(at.repository).paths_at(at.commit, folder);
    }

    result<void> pack(const state& at, const std::filesystem::path& file) override {
        return source::write_pack(at.repository, at.commit, file);
    }

private:
    static bool is_there(const source::project_clone& clone) {
        std::error_code ec;
        return std::filesystem::exists(clone.path() / "HEAD", ec);
    }

    // One who writes to a project's repository at a time: where its host hangs, nobody else's call hangs with it.
    class writer_turn {
    public:
        writer_turn(project_clones& of, policy::project_id project) : of_(of), project_(project) {
            const std::lock_guard lock(of_.mutex_);
            mine_ = of_.writing_.insert(project_).second;
        }
        ~writer_turn() {
            const std::lock_guard lock(of_.mutex_);
            if (mine_) of_.writing_.erase(project_);
        }
        writer_turn(const writer_turn&) = delete;
        writer_turn& operator=(const writer_turn&) = delete;
        explicit operator bool() const { return mine_; }

    private:
        project_clones& of_;
        policy::project_id project_;
        bool mine_ = false;
    };

    static content as_shown(source::content c) {
        constexpr const char* types[] = {"FILE", "DIR", "SUB_MODULE", "SYMLINK"};
        return {types[static_cast<std::size_t>(c.kind)], std::move(c.path), c.size};
    }

    // Of a pull request none: a fork's file would name what is fetched.
    result<void> fetch_modules(const source::project_clone& clone, const store::team_project_record& project,
                               const std::string& address, const std::string& commit) const {
        if (setting_named(project, "fetch_submodules") != "true") return {};
        auto login = options_.login(project);
        if (!login) return login.error();
        source::fetch_options o;
        o.local = options_.local;
        o.limit = options_.limit;
        return clone.fetch_submodules(address, commit, *login, o);
    }

    result<void> fetch(const source::project_clone& clone, const store::team_project_record& project,
                       const std::string& address, std::vector<std::string> also) {
        source::fetch_options o;
        o.also = std::move(also);
        o.local = options_.local;
        o.limit = options_.limit;
        return fetch(clone, project, address, std::move(o));
    }

    result<void> fetch(const source::project_clone& clone, const store::team_project_record& project,
                       const std::string& address, source::fetch_options o) {
        auto login = options_.login(project);
        if (!login) return login.error();
        const auto began = std::chrono::steady_clock::now();
        auto fetched = clone.fetch(address, *login, o);
        if (!fetched) return fetched;
        const std::lock_guard lock(mutex_);
        fetched_[project.id] = {address, began};
        return fetched;
    }

    // A fetch that nobody who looks waits for to its end.
    struct first_fetch {
        std::string address;
        bool done = false;
        result<void> outcome;
        std::jthread thread;
    };

    result<void> fetch_first(const source::project_clone& clone, const store::team_project_record& project,
                             const std::string& address) {
        std::unique_lock lock(mutex_);
        auto& slot = first_[project.id];
        const bool mine = slot == nullptr;
        if (mine) {
            slot = std::make_shared<first_fetch>();
            slot->address = address;
            slot->thread = std::jthread([this, clone, project, address, to = slot.get()] {
                source::fetch_options o;
                o.local = options_.local;
                o.limit = options_.limit;
                o.patience = options_.limit;
                o.stop = stopped_.get();
                auto fetched = fetch(clone, project, address, std::move(o));
                const std::lock_guard done(mutex_);
                to->outcome = std::move(fetched);
                to->done = true;
                first_ended_.notify_all();
            });
        }
        const auto known = slot;
        first_ended_.wait_for(lock, mine ? options_.look_limit : options_.look_patience,
                              [&known] { return known->done; });
        if (!known->done)
            return failure(errc::conflict,
                           "the repository is fetched for the first time, which takes a while: it goes "
                           "on, try again soon");
        // Who comes first after its end is told how it went; who comes later tries again.
        if (const auto at = first_.find(project.id); at != first_.end() && at->second == known) first_.erase(at);
        if (known->address != address)
            return failure(errc::conflict, "the project's repository has changed: try again");
        return known->outcome;
    }

    bool is_fresh(policy::project_id project, const std::string& address) {
        const std::lock_guard lock(mutex_);
        const auto last = fetched_.find(project);
        return last != fetched_.end() && last->second.first == address &&
               std::chrono::steady_clock::now() - last->second.second < options_.fresh_for;
    }

    result<state> find_request(const source::project_clone& clone, const store::team_project_record& project,
                               const std::string& address, const policy::ref& ref, const std::string& wanted) {
        const auto names = names_of_request(ref.name);
        if (wanted.size() == 40)
            for (const std::string& name : names)
                if (auto known = clone.commit_in(name, wanted)) return state{clone.path(), std::move(*known), ref};
        std::optional<failure> last;
        for (const std::string& name : names) {
            auto fetched = fetch(clone, project, address, std::vector<std::string>{name});
            if (!fetched && fetched.error().code != errc::not_found) return fetched.error();
            if (!fetched) {
                last = fetched.error();
                continue;
            }
            auto commit = wanted.empty() ? clone.commit_of(name) : clone.commit_in(name, wanted);
            if (!commit) return commit.error();
            return state{clone.path(), std::move(*commit), ref};
        }
        // Where pull requests have no refs, their branch may be one of the project's own.
        if (wanted.empty()) return *last;
        if (auto fetched = fetch(clone, project, address, std::vector<std::string>()); !fetched)
            return fetched.error();
        auto known = clone.commit_of(wanted);
        if (!known) return known.error();
        return state{clone.path(), std::move(*known), ref};
    }

    clone_options options_;
    exec::descriptor stopped_;  // can be read from as soon as
    exec::descriptor stop_;     // this one is closed
    std::mutex mutex_;
    std::condition_variable first_ended_;
    std::map<policy::project_id, std::shared_ptr<first_fetch>> first_;
    std::set<policy::project_id> writing_;
    std::map<policy::project_id, std::pair<std::string, std::chrono::steady_clock::time_point>>
        fetched_;  // from where
};

}  // namespace

std::unique_ptr<server::project_files> make_project_clones(clone_options o) {
    return std::make_unique<project_clones>(std::move(o));
}

}  // namespace latchkey::cli
