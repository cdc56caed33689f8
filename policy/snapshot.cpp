// SPDX-License-Identifier: Apache-2.0
#include "policy/snapshot.hpp"

#include "policy/snapshot_tables.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace latchkey::policy {

namespace {

// Puts `fact` where the one of the same id stands, else at the end.
template <class Facts, class Index, class Fact>
void put(Facts& facts, Index& index, Fact fact) {
    const auto [at, is_new] = index.try_emplace(fact.id, static_cast<std::uint32_t>(facts.size()));
    if (is_new)
        facts.push_back(std::move(fact));
    else
        facts[at->second] = std::move(fact);
}

bool always_holds(const grant& g) {
    return !g.expires && g.ref_pattern.empty() && !g.only_run.valid();
}

}  // namespace

// While facts are collected, ids map to indices; build() turns them into the slots that decide() reads.
struct snapshot_builder::collected {
    std::unique_ptr<snapshot::tables> tables = std::make_unique<snapshot::tables>();
    boost::unordered_flat_map<integration_id, std::uint32_t, std::hash<integration_id>> integrations;
    boost::unordered_flat_map<pipeline_id, std::uint32_t, std::hash<pipeline_id>> pipelines;
    boost::unordered_flat_map<grant_id, std::uint32_t, std::hash<grant_id>> grants;
};

snapshot::snapshot(std::unique_ptr<const tables> tables) : tables_(std::move(tables)) {}
snapshot::snapshot(snapshot&&) noexcept = default;
snapshot& snapshot::operator=(snapshot&&) noexcept = default;
snapshot::~snapshot() = default;

revision snapshot::revision() const {
    return tables_->revision;
}

const integration* snapshot::find(integration_id id) const {
    const auto at = tables_->integration_slots.find(id);
    return at == tables_->integration_slots.end() ? nullptr : &tables_->integrations[at->second.index];
}

const pipeline* snapshot::find(pipeline_id id) const {
    const auto at = tables_->pipeline_slots.find(id);
    return at == tables_->pipeline_slots.end() ? nullptr : &tables_->pipelines[at->second.index];
}

const user* snapshot::find(user_id id) const {
    const auto at = tables_->user_index.find(id);
    return at == tables_->user_index.end() ? nullptr : &tables_->users[at->second];
}

std::span<const grant> snapshot::grants(integration_id integration, pipeline_id pipeline) const {
    const auto at = tables_->grant_slots.find(pair_key{integration, pipeline});
    if (at == tables_->grant_slots.end()) return {};
    return std::span(tables_->grants).subspan(at->second.first, at->second.count);
}

pipeline_level snapshot::project_access(project_id project, const user& user) const {
    const auto& members = tables_->members;
    if (const auto own = members.find({project, user.id.value()}); own != members.end()) return own->second;
    pipeline_level highest = pipeline_level::denied;
    for (const group_id group : user.groups) {
        const auto row = members.find({project, -group.value()});
        if (row != members.end()) highest = std::max(highest, row->second);
    }
    return highest;
}

std::span<const user> snapshot::users() const {
    return tables_->users;
}

snapshot_builder::snapshot_builder(policy::revision revision) : collected_(std::make_unique<collected>()) {
    collected_->tables->revision = revision;
}
snapshot_builder::~snapshot_builder() = default;

snapshot_builder& snapshot_builder::add(integration fact) {
    put(collected_->tables->integrations, collected_->integrations, std::move(fact));
    return *this;
}

snapshot_builder& snapshot_builder::add(pipeline fact) {
    put(collected_->tables->pipelines, collected_->pipelines, std::move(fact));
    return *this;
}

snapshot_builder& snapshot_builder::add(user fact) {
    put(collected_->tables->users, collected_->tables->user_index, std::move(fact));
    return *this;
}

snapshot_builder& snapshot_builder::add(grant fact) {
    put(collected_->tables->grants, collected_->grants, std::move(fact));
    return *this;
}

snapshot_builder& snapshot_builder::add(project_member fact) {
    const std::int64_t member = fact.user.valid() ? fact.user.value() : -fact.group.value();
    // A project role is about pipelines itself; a row that points back at the project role says nothing.
    const bool says_something =
        fact.access > pipeline_level::project_role && fact.access <= pipeline_level::read_write && member != 0;
    collected_->tables->members[{fact.project, member}] = says_something ? fact.access : pipeline_level::denied;
    return *this;
}

snapshot snapshot_builder::build() && {
    snapshot::tables& t = *collected_->tables;
    t.integration_slots.reserve(t.integrations.size());
    for (std::uint32_t i = 0; i < t.integrations.size(); ++i) {
        const integration& fact = t.integrations[i];
        t.integration_slots[fact.id] = {fact.project, i, fact.scope, fact.all_pipelines_allowed};
    }
    t.pipeline_slots.reserve(t.pipelines.size());
    for (std::uint32_t i = 0; i < t.pipelines.size(); ++i)
        t.pipeline_slots[t.pipelines[i].id] = {t.pipelines[i].project, i};

    // By pair and then by id, so that the order in which facts were added changes nothing.
    std::sort(t.grants.begin(), t.grants.end(), [](const grant& a, const grant& b) {
        return std::tie(a.integration, a.pipeline, a.id) < std::tie(b.integration, b.pipeline, b.id);
    });
    t.grant_slots.reserve(t.grants.size());
    for (std::uint32_t i = 0; i < t.grants.size(); ++i) {
        grant_slot& slot =
            t.grant_slots.try_emplace({t.grants[i].integration, t.grants[i].pipeline}, grant_slot{{}, i, 0})
                .first->second;
        ++slot.count;
        if (!slot.unconditional.valid() && always_holds(t.grants[i])) slot.unconditional = t.grants[i].id;
    }
    return snapshot(std::move(collected_->tables));
}

}  // namespace latchkey::policy
