/* What the derivation of a way back asks the catalog for, as it is in this transaction. */
#pragma once

#include "core/inverse.hpp"

#include <map>
#include <set>

namespace surefoot {

class LiveSurroundings : public core::Surroundings {
public:
	using Kept = std::map<std::pair<std::string, std::string>, std::string>;
	using Places = std::map<std::string, std::string>;
	explicit LiveSurroundings(Kept kept = {}, Places places = {});
	std::vector<Dependent> dependents(const core::Object &object) override;
	std::string storage_of(const std::string &type) override;
	std::string filler_of(const std::string &type) override;
	bool is_final() override { return false; }
	bool is_remade(const core::Object &object) override { return first_ && !first_->contains(object.address); }
	std::string refill(const core::Object &object) override
	{
		const auto it = kept_.find({object.kind, object.identity});
		return it == kept_.end() ? std::string() : it->second;
	}
	std::optional<std::string> revalue(const core::Object &column) override
	{
		const auto it = kept_.find({"values", column.identity});
		return it == kept_.end() ? std::nullopt : std::optional(it->second);
	}
	std::string place(const core::Object &column) override
	{
		const auto it = places_.find(column.identity);
		return it == places_.end() ? std::string() : it->second;
	}
	std::vector<Hole> holes(const core::Object &table) override;
	/* What is there before the first statement runs. */
	void look(const core::Objects &now);

private:
	std::optional<std::set<std::string>> first_;
	const Kept kept_;
	const Places places_;
};

} // namespace surefoot
