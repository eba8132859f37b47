/* What the derivation of a way back asks the catalog for, as it is in this transaction. */
#pragma once

#include "core/inverse.hpp"

#include <map>
#include <set>

namespace surefoot {

class LiveSurroundings : public core::Surroundings {
public:
	/* What of a migration's objects is still somewhere, and the statements that bring it back; see Recorder. */
	struct Kept {
		std::string version; /* of the migration; empty when nobody asks whether values fit their former type */
		std::map<std::pair<std::string, std::string>, std::string> rows; /* by kind and identity, also of single columns, and sequences' positions */
		std::map<std::string, std::string> places;						 /* by column */
		std::set<std::string> empty_places, truncated;					 /* of the places; tables whose rows come back last of all */
	};
	explicit LiveSurroundings(Kept kept = {});
	std::vector<Dependent> dependents(const core::Object &object) override;
	std::string storage_of(const std::string &type) override;
	std::string filler_of(const std::string &type) override;
	bool is_final() override { return false; }
	bool is_remade(const core::Object &object) override { return first_ && !first_->contains(object.address); }
	std::string refill(const core::Object &object) override
	{
		const auto it = kept_.rows.find({object.kind, object.identity});
		return it == kept_.rows.end() ? std::string() : it->second;
	}
	std::optional<std::string> revalue(const core::Object &column) override
	{
		const auto it = kept_.rows.find({"values", column.identity});
		return it == kept_.rows.end() ? std::nullopt : std::optional(it->second);
	}
	std::string cast_check(const core::Object &column) override;
	std::string place(const core::Object &column) override
	{
		const auto it = kept_.places.find(column.identity);
		return it == kept_.places.end() ? std::string() : it->second;
	}
	bool is_empty_place(const core::Object &column) override { return kept_.empty_places.contains(column.identity); }
	bool has_rows_to_come(const core::Object &table) override { return kept_.truncated.contains(table.identity); }
	std::vector<Hole> holes(const core::Object &table) override;
	/* What is there before the first statement runs. */
	void look(const core::Objects &now);

private:
	std::optional<std::set<std::string>> first_;
	const Kept kept_;
};

} // namespace surefoot
